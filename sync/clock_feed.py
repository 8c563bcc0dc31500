"""Whose times a clock event changes, and the clock events of a learner's scope.

They travel as copies beside her own events (PROTOCOL.md section 7), so that a computer which holds
one event of another machine computes the same time for it as the school does. Reads only.
"""

import sqlite3

from darasa.sync import events_table, learner_events
from darasa.sync.event import EventCopy
from darasa.sync.feed import FedCopy, copy_key
from darasa.sync.rows import log_of_key


def learners_of(connection: sqlite3.Connection, about: bytes) -> list[bytes]:
    """The learners whose times a clock event about that log may change, in order."""
    logs = connection.execute("SELECT log_key FROM log WHERE log_id = ?", (about,)).fetchall()
    found: set[bytes | None] = set()
    for (log_key,) in logs:
        found.update(events_table.counts(connection, log_key, after_seq=0, after_ordinal=0))
        copies = connection.execute(
            "SELECT DISTINCT learner_id FROM copy WHERE log_key = ?", (log_key,)
        )
        found.update(learner_id for (learner_id,) in copies)
    return sorted(learner_id for learner_id in found if learner_id is not None)


def feed_clocks(
    connection: sqlite3.Connection,
    learner_id: bytes,
    *,
    after: tuple[int, bytes | None] | None,
    upto: int,
) -> list[FedCopy]:
    """The clock events of a learner's scope after (ordinal, key), in no order.

    One is news of hers when both are here: the clock event, and her first event in the log that it
    is about. Cost: a look at the logs with clock events that changed since.
    """
    ordinal, key = after or (0, None)
    found = connection.execute(
        "SELECT log.log_key, clock.ordinal, clock.seq, clock.chain, clock.canonical,"
        " said.school_id, said.log_id, said.genesis"
        " FROM log JOIN clock ON clock.about = log.log_id"
        " JOIN log AS said ON said.log_key = clock.log_key"
        " WHERE clock.ordinal <= :upto"
        " AND (clock.ordinal >= :after OR log.last_ordinal >= :after)"
        " AND said.school_id IN (log.school_id, zeroblob(16))",
        {"after": ordinal, "upto": upto},
    ).fetchall()
    copies: list[FedCopy] = []
    for log_key, believed, seq, chain, canonical, school_id, log_id, genesis in found:
        log = log_of_key(connection, log_key)
        began = learner_events.first_ordinal_of(connection, log, learner_id)
        if began is None:
            continue
        news, place = max(believed, began), copy_key(log_id, seq, chain)
        if ordinal < news <= upto or (news == ordinal and key is not None and place > key):
            copy = EventCopy(school_id, log_id, seq, chain, canonical, genesis)
            copies.append(FedCopy(news, place, copy))
    return copies
