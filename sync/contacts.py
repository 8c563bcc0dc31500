"""What the store knows of other nodes: certificates, peers, marks, receipts (sync.md section 6).

Owns those tables, and the count of what a peer has not said it holds. Functions over a connection;
those that write are called inside a writing transaction.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import count
from typing import Final, NamedTuple

from darasa.sync import apart, clock_rows, events_table
from darasa.sync.chains import covered_chains, held_heads
from darasa.sync.frontier import Tip
from darasa.sync.ids import NO_SCHOOL, LearnerId, Mark, NodeId, Role, SchoolId
from darasa.sync.rows import LogRow, find_log, log_of_key
from darasa.sync.signing import Certificate

MARKS_KEPT: Final = 512
"""Marks kept of each peer on each side; of older ones, every 32nd by its own random bytes, so that
both sides keep the same. With none in common a full list of tips follows; nothing is lost."""
OLD_MARKS_KEPT: Final = 2_048
_SAMPLE: Final = 8  # of 256


class PeerRow(NamedTuple):
    """A node that this one has met. `last_contact_ms` is our wall clock's; None: never since."""

    node_id: NodeId
    school_id: SchoolId
    role: Role
    name: str
    last_contact_ms: int | None


class GivenMark(NamedTuple):
    """A mark that a peer gave us: it holds all that we held up to our transaction `ordinal`."""

    mark: Mark
    ordinal: int


class Unsent(NamedTuple):
    """Events that a peer has not said it holds."""

    total: int
    by_learner: dict[LearnerId, int]


# -- nodes --------------------------------------------------------------------------------


def put_certificate(connection: sqlite3.Connection, certificate: Certificate) -> None:
    """Keep a certificate, in place of an earlier one of the same issuer for the same node."""
    connection.execute(
        "INSERT OR REPLACE INTO certificate (node_id, issuer, school_id, role, parent, raw)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            certificate.node_id,
            certificate.issuer,
            certificate.school_id,
            str(certificate.role),
            certificate.parent,
            certificate.to_bytes(),
        ),
    )
    clock_rows.settle_school(connection, certificate.school_id)


def certificates_of(connection: sqlite3.Connection, node_id: bytes) -> list[Certificate]:
    """The certificates of a node; those of others before the one it gave itself."""
    rows = connection.execute(
        "SELECT raw FROM certificate WHERE node_id = ? ORDER BY issuer = node_id, issuer",
        (node_id,),
    )
    return [Certificate.from_bytes(raw) for (raw,) in rows]


def certificates_by(connection: sqlite3.Connection, issuer: bytes) -> list[Certificate]:
    """The certificates that a node has issued, its own included."""
    rows = connection.execute(
        "SELECT raw FROM certificate WHERE issuer = ? ORDER BY node_id", (issuer,)
    )
    return [Certificate.from_bytes(raw) for (raw,) in rows]


def has_issued(connection: sqlite3.Connection, issuer: bytes) -> bool:
    """Whether a node has given a certificate to another one."""
    row = connection.execute(
        "SELECT 1 FROM certificate WHERE issuer = ?1 AND node_id <> ?1 LIMIT 1", (issuer,)
    ).fetchone()
    return row is not None


def put_peer(connection: sqlite3.Connection, peer: PeerRow) -> None:
    """Keep who a node is; an earlier time of contact stays when the new one is None."""
    connection.execute(
        "INSERT INTO peer (node_id, school_id, role, name, last_contact_ms)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (node_id) DO UPDATE SET"
        " school_id = excluded.school_id, role = excluded.role, name = excluded.name,"
        " last_contact_ms = coalesce(excluded.last_contact_ms, last_contact_ms)",
        (peer.node_id, peer.school_id, str(peer.role), peer.name, peer.last_contact_ms),
    )


def put_copied_peer(connection: sqlite3.Connection, certificate: Certificate) -> None:
    """List a node that came from another: "Lab 1" becomes "Lab 1 (2)", the next one "(3)"."""
    row = connection.execute(
        "SELECT name FROM peer WHERE node_id = ?", (certificate.parent,)
    ).fetchone()
    if row is None:
        return
    stem = row[0]
    taken = {name for (name,) in connection.execute("SELECT name FROM peer")}
    number = next(n for n in count(2) if f"{stem} ({n})" not in taken)
    node_id, school_id = certificate.node_id, certificate.school_id
    if connection.execute("SELECT 1 FROM peer WHERE node_id = ?", (node_id,)).fetchone() is None:
        put_peer(
            connection, PeerRow(node_id, school_id, certificate.role, f"{stem} ({number})", None)
        )


def parents(connection: sqlite3.Connection) -> dict[NodeId, NodeId]:
    """The nodes that came from another one: a folder that was copied or moved."""
    rows = connection.execute("SELECT node_id, parent FROM certificate WHERE parent IS NOT NULL")
    return {NodeId(node_id): NodeId(parent) for node_id, parent in rows}


def unconfirmed_children(connection: sqlite3.Connection, node_id: bytes) -> list[NodeId]:
    """The nodes that came from this one, and from those, and have no certificate of a server."""
    rows = connection.execute(
        "WITH RECURSIVE child (node_id) AS (SELECT ?1 UNION"
        " SELECT held.node_id FROM certificate AS held JOIN child ON held.parent = child.node_id"
        "  WHERE held.issuer = held.parent AND NOT EXISTS (SELECT 1 FROM certificate AS given"
        "   WHERE given.node_id = held.node_id"
        "   AND given.issuer NOT IN (given.node_id, held.parent)))"
        " SELECT node_id FROM child WHERE node_id <> ?1 ORDER BY node_id",
        (node_id,),
    )
    return [NodeId(child) for (child,) in rows]


def note_contact(connection: sqlite3.Connection, node_id: bytes, wall_ms: int) -> None:
    """An exchange with a known peer went well, at this time of our wall clock."""
    connection.execute("UPDATE peer SET last_contact_ms = ? WHERE node_id = ?", (wall_ms, node_id))


def peers(connection: sqlite3.Connection) -> list[PeerRow]:
    """All nodes that this one has met, by name."""
    rows = connection.execute(
        "SELECT node_id, school_id, role, name, last_contact_ms FROM peer ORDER BY name, node_id"
    )
    return [
        PeerRow(NodeId(node), SchoolId(school), Role(role), name, contact)
        for node, school, role, name, contact in rows
    ]


# -- marks --------------------------------------------------------------------------------


def issue_mark(
    connection: sqlite3.Connection,
    ordinal: int,
    school_id: bytes,
    peer: bytes,
    mark: bytes,
    *,
    instead_of: bytes | None = None,
    told: int | None = None,
) -> None:
    """Note that this mark is in our store, for a receipt; `instead_of` was never sent.

    `told`: up to which transaction its answer told the peer of what it may have back; None: to now.
    """
    if instead_of is not None:
        connection.execute(
            "DELETE FROM mark_issued WHERE school_id = ? AND peer = ? AND mark = ?",
            (school_id, peer, instead_of),
        )
    connection.execute(
        "INSERT OR REPLACE INTO mark_issued (school_id, peer, mark, ordinal, told)"
        " VALUES (?, ?, ?, ?, ?)",
        (school_id, peer, mark, ordinal, told),
    )
    if mark[1] < _SAMPLE:
        _thin(connection, "mark_issued", "ordinal", school_id, peer)


def knows_mark(connection: sqlite3.Connection, school_id: bytes, peer: bytes, mark: bytes) -> bool:
    """Whether this store wrote that mark for that peer."""
    return (
        connection.execute(
            "SELECT 1 FROM mark_issued WHERE school_id = ? AND peer = ? AND mark = ?",
            (school_id, peer, mark),
        ).fetchone()
        is not None
    )


def told_upto(
    connection: sqlite3.Connection, school_id: bytes, peer: bytes, mark: bytes
) -> int | None:
    """The transaction up to which a peer that noted this mark was told all; None: unknown mark."""
    row = connection.execute(
        "SELECT coalesce(told, ordinal) FROM mark_issued"
        " WHERE school_id = ? AND peer = ? AND mark = ?",
        (school_id, peer, mark),
    ).fetchone()
    return None if row is None else int(row[0])


def note_mark(
    connection: sqlite3.Connection, school_id: bytes, peer: bytes, mark: bytes, held_ordinal: int
) -> None:
    """A receipt gave us a mark: the peer holds all that we held up to `held_ordinal`."""
    connection.execute(
        "INSERT OR REPLACE INTO mark_given (school_id, peer, mark, held_ordinal)"
        " VALUES (?, ?, ?, ?)",
        (school_id, peer, mark, held_ordinal),
    )
    if mark[1] < _SAMPLE:
        _thin(connection, "mark_given", "given_key", school_id, peer)


def given_marks(
    connection: sqlite3.Connection, school_id: bytes, peer: bytes, *, limit: int = -1
) -> list[GivenMark]:
    """The marks that a peer gave us, newest first."""
    rows = connection.execute(
        "SELECT mark, held_ordinal FROM mark_given WHERE school_id = ? AND peer = ?"
        " ORDER BY given_key DESC LIMIT ?",
        (school_id, peer, limit),
    )
    return [GivenMark(Mark(mark), ordinal) for mark, ordinal in rows]


def forget_marks_after(
    connection: sqlite3.Connection, school_id: bytes, peer: bytes, ordinal: int
) -> None:
    """The peer's store turned out older than this: drop later marks, and its receipts.

    It holds what was here up to the newest mark that is left; receipts say the rest again.
    """
    connection.execute(
        "DELETE FROM mark_given WHERE school_id = ? AND peer = ? AND held_ordinal > ?",
        (school_id, peer, ordinal),
    )
    # that a school says what its hub holds stays true when the school's own store is set back
    connection.execute(
        "DELETE FROM receipt WHERE peer = ?1 AND NOT (level = 3 AND EXISTS"
        " (SELECT 1 FROM peer WHERE node_id = ?1 AND role = 'school'))",
        (peer,),
    )


def _thin(
    connection: sqlite3.Connection, table: str, order: str, school_id: bytes, peer: bytes
) -> None:
    """Delete marks of a peer beyond what is kept."""
    for kept, least in ((MARKS_KEPT, _SAMPLE), (OLD_MARKS_KEPT, 0)):
        connection.execute(
            f"DELETE FROM {table} WHERE school_id = ?1 AND peer = ?2 AND mark >= ?3 AND {order} <="
            f" (SELECT {order} FROM {table} WHERE school_id = ?1 AND peer = ?2"
            f"  ORDER BY {order} DESC LIMIT 1 OFFSET {kept})",
            (school_id, peer, bytes([least])),
        )


# -- receipts -----------------------------------------------------------------------------


def note_receipt(
    connection: sqlite3.Connection,
    school_id: bytes,
    peer: bytes,
    tips: Iterable[Tip],
    *,
    level: int,
) -> None:
    """A signed receipt: the peer has committed these logs up to these tips.

    Tips of logs that are not here, or of events that are not, count for nothing.
    """
    for tip in tips:
        log = find_log(connection, school_id, tip.log_id)
        if log is None or not held_heads(connection, log, (tip,)):
            continue
        if _is_straight(connection, log.log_key):
            connection.execute(
                "DELETE FROM receipt WHERE peer = ? AND log_key = ? AND seq < ? AND level <= ?",
                (peer, log.log_key, tip.seq, level),
            )
        connection.execute(
            "INSERT INTO receipt (peer, log_key, chain8, seq, level) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (peer, log_key, chain8) DO UPDATE SET level = max(level, excluded.level)",
            (peer, log.log_key, tip.chain8, tip.seq, level),
        )


def receipt_level(connection: sqlite3.Connection, peer: bytes, *, school_id: bytes) -> int:
    """The level up to which a peer's receipts cover every tip of a school's logs; 0 when not."""
    row = connection.execute(
        "SELECT min(coalesce((SELECT max(level) FROM receipt WHERE peer = ?"
        " AND receipt.log_key = tip.log_key AND receipt.seq = tip.seq"
        " AND receipt.chain8 = substr(tip.chain, 1, 8)), 0))"
        " FROM log JOIN tip USING (log_key) WHERE log.school_id = ?",
        (peer, school_id),
    ).fetchone()
    return int(row[0] or 0)


def unsent(
    connection: sqlite3.Connection,
    peer: bytes | None,
    *,
    school_id: bytes | None = None,
    author: bytes | None = None,
    kinds: Collection[int] | None = None,
) -> Unsent:
    """The believed events that `peer` has not said it holds (None: no peer yet, so all).

    It holds what was here of a school up to its newest mark for it, and what its receipts cover:
    work for a school that was left is still owed. Narrowed to a school, an author, event kinds.
    Copies are not counted, they came from above; but those that a salvage kept apart did not. Cost:
    a look at each log that changed since the mark, and at each run of it; those that are counted in
    part, and all for `kinds`, are unpacked.
    """
    home = connection.execute("SELECT school_id FROM peer WHERE node_id = ?", (peer,)).fetchone()
    # of a school that is not the peer's, the word of the server that was left is what there is
    rows = connection.execute(
        "WITH base AS (SELECT school_id, max(held_ordinal) AS held FROM mark_given"
        "  WHERE peer = ?1 OR (?4 <> zeroblob(16) AND school_id <> ?4) GROUP BY school_id)"
        " SELECT log_key, coalesce(held, 0),"
        " (SELECT count(*) FROM tip WHERE tip.log_key = log.log_key),"
        " coalesce((SELECT max(seq) FROM receipt"
        "  WHERE (peer = ?1 OR (?4 <> zeroblob(16) AND log.school_id <> ?4))"
        "  AND receipt.log_key = log.log_key), 0)"
        " FROM log LEFT JOIN base USING (school_id) WHERE last_ordinal > coalesce(held, 0)"
        " AND (?2 IS NULL OR school_id = ?2) AND (?3 IS NULL OR node_id = ?3)",
        (peer, school_id, author, NO_SCHOOL if home is None else home[0]),
    ).fetchall()
    counts: Counter[bytes | None] = Counter()
    for log_key, base, tips, receipted in rows:
        if tips > 1:
            log = log_of_key(connection, log_key)
            counts.update(_unsent_of_fork(connection, log, peer, base, kinds))
            continue
        counts.update(
            events_table.counts(
                connection, log_key, after_seq=receipted, after_ordinal=base, kinds=kinds
            )
        )
    counts.update(apart.owed(connection, school_id=school_id, author=author, kinds=kinds))
    by_learner = {LearnerId(who): count for who, count in counts.items() if who is not None}
    return Unsent(counts.total(), by_learner)


def _unsent_of_fork(
    connection: sqlite3.Connection,
    log: LogRow,
    peer: bytes | None,
    base: int,
    kinds: Collection[int] | None,
) -> list[bytes | None]:
    """The learner of each uncovered event of a log with several tips."""
    rows = connection.execute(
        "SELECT seq, chain8 FROM receipt WHERE peer = ? AND log_key = ?", (peer, log.log_key)
    )
    tips = [Tip(log.log_id, seq, chain8) for seq, chain8 in rows]
    covered = covered_chains(connection, log, held_heads(connection, log, tips))
    uncovered = (
        events_table.learner_and_kind(link)
        for link in events_table.links_after(connection, log, base)
        if link.chain not in covered
    )
    return [learner_id for learner_id, kind in uncovered if kinds is None or kind in kinds]


def _is_straight(connection: sqlite3.Connection, log_key: int) -> bool:
    count: int = connection.execute(
        "SELECT count(*) FROM tip WHERE log_key = ?", (log_key,)
    ).fetchone()[0]
    return count == 1
