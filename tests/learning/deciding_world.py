"""Helpers for tests of decisions: work, deliveries of whole logs in any order, digests."""

import random

from darasa.learning import tables
from darasa.learning.kinds import SignIn, SignOut
from darasa.sync import reads
from darasa.sync.event import chain_after, leaf_of, parse_event
from darasa.sync.ids import Chain
from darasa.sync.session_view import Arrived


def work(room, learner, make_attempt, *, sitting=b"sitting1", answers=3, right=True):
    """A sitting with a few answers."""
    room.record.record((learner, SignIn(sitting, "pin")))
    for nth in range(1, answers + 1):
        attempt = make_attempt(sitting=sitting, nth=nth, values=(nth,), right=right)
        room.record.record((learner, attempt))
    room.record.record((learner, SignOut(sitting, "asked")))


def dump(room):
    """All read tables but those that say of which version they are."""
    return room.store.read(lambda c: [row for row in tables.dump(c) if row[0] != "lt_meta"])


def runs_of(*rooms):
    """Every log that these rooms hold, as (school, log, genesis, [event...]) with each branch."""
    found = {}
    for room in rooms:
        with room.store.reading() as connection:
            for school_id in reads.schools(connection):
                for log in reads.logs_after(connection, school_id):
                    for run in reads.runs(connection, school_id, log.log_id):
                        chain = run.prev_chain
                        for seq, raw in enumerate(run.canonicals, run.first_seq):
                            before, chain = chain, Chain(chain_after(chain, leaf_of(raw)))
                            one = Arrived(seq, chain, raw, parse_event(raw))
                            found[log.log_id, seq, chain] = (log, before, one)
    return found


def deliver(room, found, order: random.Random | None = None, *, parts=1, decides=True):
    """Bring events as an exchange would: each log in its order, logs interleaved at random.

    `decides` False: the room only folds, and writes no decision of its own about what comes.
    """
    waiting: dict[bytes, list] = {}
    for (log_id, _, _), each in sorted(found.items(), key=lambda item: item[0][1]):
        waiting.setdefault(log_id, []).append(each)
    logs = sorted(waiting)
    while logs:
        log_id = logs[0] if order is None else order.choice(logs)
        take = len(waiting[log_id]) if order is None else order.randint(1, parts)
        for log, before, arrived in waiting[log_id][:take]:
            with room.store.transaction() as tx:
                visible = tx.insert_received(
                    log.school_id,
                    log.log_id,
                    genesis=log.genesis,
                    prev_chain=before,
                    events=[arrived],
                    believed=1,
                )
                (room.hooks.on_events if decides else room._projection.advance)(tx, visible)
        del waiting[log_id][:take]
        if not waiting[log_id]:
            logs.remove(log_id)


def is_rebuilt_equal(room) -> bool:
    """Whether dropping every read table and folding anew gives the same rows."""
    before = dump(room)
    room.rebuild()
    return dump(room) == before


def tries(room, learner) -> int:
    """First tries of a learner, as a room folds her."""
    return room.state(learner).attempts
