"""The tables of the store as SQL, a text a migration (`migrations.py` runs them).

A text is never changed once it has shipped. Blobs are ids as `ids.py` has them. Every key starts
with `school_id`, through `log_key`, a small local number for (school_id, log_id), so that a row
costs a few bytes and a log can be given its school in one place. In tables without a rowid the
key's columns come first: quick_check of SQLite 3.40 reports damage otherwise.
"""

from typing import Final

LOGS: Final = """
-- one row a writing transaction that something must remember: marks and feed cursors name it
CREATE TABLE txn (
  ordinal INTEGER PRIMARY KEY,
  tag BLOB NOT NULL
) STRICT;

-- a log whose genesis is known; the last four columns sum up its believed events
CREATE TABLE log (
  log_key INTEGER PRIMARY KEY,
  school_id BLOB NOT NULL,
  log_id BLOB NOT NULL,
  node_id BLOB NOT NULL,
  wall_ms INTEGER NOT NULL,
  genesis BLOB NOT NULL,
  events INTEGER NOT NULL DEFAULT 0,
  last_ordinal INTEGER NOT NULL DEFAULT 0,
  lamport_max INTEGER NOT NULL DEFAULT 0,
  UNIQUE (school_id, log_id)
) STRICT;
CREATE INDEX log_last_ordinal ON log (school_id, last_ordinal);

-- ordinal: the transaction in which the event was believed; NULL while it is provisional
CREATE TABLE event (
  event_key INTEGER PRIMARY KEY,
  log_key INTEGER NOT NULL REFERENCES log,
  seq INTEGER NOT NULL,
  chain BLOB NOT NULL,
  ordinal INTEGER REFERENCES txn,
  learner_id BLOB,
  kind INTEGER NOT NULL,
  lamport INTEGER NOT NULL,
  canonical BLOB NOT NULL,
  UNIQUE (log_key, seq, chain)
) STRICT;
CREATE INDEX event_log_ordinal ON event (log_key, ordinal);
CREATE INDEX event_learner ON event (learner_id, ordinal, lamport) WHERE learner_id IS NOT NULL;
CREATE INDEX event_provisional ON event (log_key, seq) WHERE ordinal IS NULL;

-- believed events that no believed event follows: one for an unforked log
CREATE TABLE tip (
  log_key INTEGER NOT NULL REFERENCES log,
  chain BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (log_key, chain)
) STRICT, WITHOUT ROWID;
"""

TRUST: Final = """
-- heads under one signature, as they came: a relay passes them on together
CREATE TABLE statement (
  statement_key INTEGER PRIMARY KEY,
  signer BLOB NOT NULL,
  signature BLOB NOT NULL,
  heads BLOB NOT NULL
) STRICT;

CREATE TABLE head (
  school_id BLOB NOT NULL,
  log_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  chain BLOB NOT NULL,
  statement_key INTEGER NOT NULL REFERENCES statement,
  PRIMARY KEY (school_id, log_id, seq, chain)
) STRICT, WITHOUT ROWID;
CREATE INDEX head_statement ON head (statement_key);

CREATE TABLE certificate (
  node_id BLOB NOT NULL,
  issuer BLOB NOT NULL,
  school_id BLOB NOT NULL,
  role TEXT NOT NULL,
  raw BLOB NOT NULL,
  PRIMARY KEY (node_id, issuer)
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_issuer ON certificate (issuer);

CREATE TABLE peer (
  node_id BLOB PRIMARY KEY,
  school_id BLOB NOT NULL,
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  last_contact_ms INTEGER
) STRICT, WITHOUT ROWID;
"""

CONTACTS: Final = """
-- marks that we wrote into receipts: "this mark is in my store"
CREATE TABLE mark_issued (
  school_id BLOB NOT NULL,
  peer BLOB NOT NULL,
  mark BLOB NOT NULL,
  ordinal INTEGER NOT NULL REFERENCES txn,
  PRIMARY KEY (school_id, peer, mark)
) STRICT, WITHOUT ROWID;
CREATE INDEX mark_issued_ordinal ON mark_issued (school_id, peer, ordinal);

-- marks that we were given: that peer holds all we held up to `held_ordinal`
CREATE TABLE mark_given (
  given_key INTEGER PRIMARY KEY,
  school_id BLOB NOT NULL,
  peer BLOB NOT NULL,
  mark BLOB NOT NULL,
  held_ordinal INTEGER NOT NULL,
  UNIQUE (school_id, peer, mark)
) STRICT;

-- what a peer has said, under its signature, that it has committed
CREATE TABLE receipt (
  peer BLOB NOT NULL,
  log_key INTEGER NOT NULL REFERENCES log,
  chain8 BLOB NOT NULL,
  seq INTEGER NOT NULL,
  level INTEGER NOT NULL,
  PRIMARY KEY (peer, log_key, chain8)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_log ON receipt (log_key);
"""

FEED: Final = """
-- authority's side: current records of each scope; a deleted one stays as NULL
CREATE TABLE feed (
  scope BLOB NOT NULL,
  record_id BLOB NOT NULL,
  ordinal INTEGER NOT NULL REFERENCES txn,
  value BLOB,
  PRIMARY KEY (scope, record_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_ordinal ON feed (scope, ordinal);

-- receiver's side; is_fresh: said by the list that is arriving (0: gone when the list is complete)
CREATE TABLE record (
  scope BLOB NOT NULL,
  record_id BLOB NOT NULL,
  value BLOB NOT NULL,
  is_fresh INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (scope, record_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
  scope BLOB PRIMARY KEY,
  authority BLOB NOT NULL,
  ordinal INTEGER NOT NULL,
  tag BLOB NOT NULL,
  after BLOB
) STRICT, WITHOUT ROWID;

-- events from a learner's scope: folded with our own, never part of a log, never offered
CREATE TABLE copy (
  copy_key INTEGER PRIMARY KEY,
  scope BLOB NOT NULL,
  log_key INTEGER NOT NULL REFERENCES log,
  seq INTEGER NOT NULL,
  chain BLOB NOT NULL,
  learner_id BLOB,
  kind INTEGER NOT NULL,
  lamport INTEGER NOT NULL,
  canonical BLOB NOT NULL,
  is_fresh INTEGER NOT NULL DEFAULT 1,
  UNIQUE (scope, log_key, seq, chain)
) STRICT;
CREATE INDEX copy_learner ON copy (learner_id, lamport) WHERE learner_id IS NOT NULL;
CREATE INDEX copy_log ON copy (log_key, seq);
"""

PACKING: Final = """
-- an erased event: canonical is empty, nobody's, and the leaf is what its chain was made of
ALTER TABLE event ADD COLUMN leaf BLOB;

CREATE TABLE learner (
  learner_key INTEGER PRIMARY KEY,
  learner_id BLOB NOT NULL UNIQUE
) STRICT;

-- consecutive believed events of a log, from 1 on without a gap; rows of `event` come after them.
-- kinds: a bit for each; learners: [learner_key, events...] of those who have any
CREATE TABLE packed (
  run_key INTEGER PRIMARY KEY,
  log_key INTEGER NOT NULL REFERENCES log,
  first_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  prev_chain BLOB NOT NULL,
  last_chain BLOB NOT NULL,
  first_ordinal INTEGER NOT NULL,
  last_ordinal INTEGER NOT NULL,
  kinds INTEGER NOT NULL,
  learners BLOB NOT NULL,
  ordinals BLOB NOT NULL,
  form INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX packed_place ON packed (log_key, first_seq);

-- payloads cut small, so that pages are full: part_key is run_key * 256 + which part
CREATE TABLE packed_part (
  part_key INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL,
  is_last INTEGER NOT NULL
) STRICT;

-- a learner's events of a run: how many, their last transaction and their greatest lamport
CREATE TABLE packed_learner (
  learner_key INTEGER NOT NULL,
  last_ordinal INTEGER NOT NULL,
  run_key INTEGER NOT NULL,
  n INTEGER NOT NULL,
  lamport_max INTEGER NOT NULL,
  PRIMARY KEY (learner_key, last_ordinal, run_key)
) STRICT, WITHOUT ROWID;

-- a log whose events were all given away and are old enough: its tips stay, its events are gone
ALTER TABLE log ADD COLUMN is_pruned INTEGER NOT NULL DEFAULT 0;

-- days on which this store was in use, each with where it stood: a clock that jumps is one day
CREATE TABLE use_day (
  day INTEGER PRIMARY KEY,
  ordinal INTEGER NOT NULL
) STRICT;

-- the beginning of each log once more, on other pages: without it no event of it can be salvaged
CREATE TABLE log_again (
  log_key INTEGER PRIMARY KEY,
  school_id BLOB NOT NULL,
  genesis BLOB NOT NULL
) STRICT;
INSERT INTO log_again SELECT log_key, school_id, genesis FROM log;
CREATE TRIGGER log_added AFTER INSERT ON log BEGIN
  INSERT INTO log_again VALUES (new.log_key, new.school_id, new.genesis);
END;
CREATE TRIGGER log_adopted AFTER UPDATE OF school_id ON log BEGIN
  UPDATE log_again SET school_id = new.school_id WHERE log_key = new.log_key;
END;
CREATE TRIGGER log_gone AFTER DELETE ON log BEGIN
  DELETE FROM log_again WHERE log_key = old.log_key;
END;
"""

NODES: Final = """
-- clock events; ordinal: the transaction in which it was believed, NULL while it is only a copy
CREATE TABLE clock (
  about BLOB NOT NULL,
  log_key INTEGER NOT NULL REFERENCES log,
  seq INTEGER NOT NULL,
  chain BLOB NOT NULL,
  lamport INTEGER NOT NULL,
  offset_ms INTEGER NOT NULL,
  uncertainty_ms INTEGER NOT NULL,
  ordinal INTEGER REFERENCES txn,
  canonical BLOB NOT NULL,
  PRIMARY KEY (about, log_key, seq, chain)
) STRICT, WITHOUT ROWID;
CREATE INDEX clock_ordinal ON clock (ordinal);
CREATE INDEX log_log_id ON log (log_id);

-- what the clock event that counts says of this log, 0 for none
ALTER TABLE log ADD COLUMN offset_ms INTEGER NOT NULL DEFAULT 0;

-- the node that this one was copied or moved from
ALTER TABLE certificate ADD COLUMN parent BLOB;

-- nodes that the school has removed ('revoked'), or that flood ('frozen'); by our wall clock
CREATE TABLE held_back (
  node_id BLOB NOT NULL,
  why TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (node_id, why)
) STRICT, WITHOUT ROWID;

-- events that a node brought today (by our clock): of a log's day, or of all logs (log_id empty)
CREATE TABLE quota (
  node_id BLOB NOT NULL,
  today INTEGER NOT NULL,
  log_id BLOB NOT NULL,
  day INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (node_id, today, log_id, day)
) STRICT, WITHOUT ROWID;
"""

STICK: Final = """
-- what this node asked by a bundle, until the answer has come
CREATE TABLE stick_asked (
  asked_key INTEGER PRIMARY KEY,
  peer BLOB NOT NULL,
  answers8 BLOB NOT NULL,
  request BLOB NOT NULL,
  upto INTEGER NOT NULL,
  made_ms INTEGER NOT NULL,
  UNIQUE (peer, answers8)
) STRICT;

-- what others asked of this node by a bundle: the newest is answered
CREATE TABLE stick_request (
  request_key INTEGER PRIMARY KEY,
  peer BLOB NOT NULL,
  answers8 BLOB NOT NULL,
  frames BLOB NOT NULL,
  UNIQUE (peer, answers8)
) STRICT;
"""

EXCHANGE: Final = """
-- who brought events of a log without a signed head for all of them
CREATE TABLE unsigned_run (
  peer BLOB NOT NULL,
  log_key INTEGER NOT NULL REFERENCES log,
  PRIMARY KEY (peer, log_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX unsigned_run_log ON unsigned_run (log_key);

-- told: up to where the peer was told of all that it may have back; NULL: up to `ordinal`
ALTER TABLE mark_issued ADD COLUMN told INTEGER;

-- noted in transaction `ordinal`: all that was believed here up to `upto` is held elsewhere too,
-- in a second copy (level 2) or at the hub (level 3)
CREATE TABLE held_elsewhere (
  level INTEGER NOT NULL,
  ordinal INTEGER NOT NULL REFERENCES txn,
  upto INTEGER NOT NULL,
  PRIMARY KEY (level, ordinal)
) STRICT, WITHOUT ROWID;
"""

ERASURE: Final = """
-- learners whom a school has erased: BLAKE2b-128 of her id, under the school's signature
CREATE TABLE erased (
  learner_hash BLOB NOT NULL,
  school_id BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (learner_hash, school_id)
) STRICT, WITHOUT ROWID;

-- whether bytes of someone who is erased may still stand in pages that are free
CREATE TABLE unswept (since_ordinal INTEGER NOT NULL) STRICT;

-- the digest of the erased learners that a peer said last
ALTER TABLE peer ADD COLUMN erased_digest BLOB;
"""


UNHEARD: Final = """
-- a school's store that began anew may have forgotten who is erased: it feeds nobody before its hub
-- has told
CREATE TABLE unheard (since_ordinal INTEGER NOT NULL) STRICT;
"""

PEER_CLOCKS = """
-- by how much a node's machine said a later time than ours at its last contact; only to be shown
CREATE TABLE peer_clock (node_id BLOB PRIMARY KEY, off_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
