"""Whoever stands on the way may take out, double, move and bring back any frame of any round.

A broken TLS is no reason to believe more: END's digest is made anew here, and still nobody may take
for held, or for given, what is not there.
"""

import random
import sqlite3
from contextlib import ExitStack, contextmanager

import pytest

from darasa.sync import audit, erasing
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.messages import Tips, WireTip
from darasa.sync.session import Limits
from darasa.sync.session_body import body_of

WHAT = ("write", "write", "run", "school", "feed", "copy", "back", "erase")
WHAT += ("up", "up", "hub", "good up", "good hub")
LEARNERS = (b"A" * 16, b"B" * 16, b"C" * 16)


class Mangled:
    """A link on which frames are taken out, doubled, moved, and brought back from other rounds.

    And TIPS, which bear no signature, are made up: they say that all that `asker` has is held.
    """

    def __init__(self, link, rng, pool, asker):
        self.link = link
        self.asker = asker
        self.rng = rng
        self.pool = pool

    def __call__(self, body):
        answer = b"".join(self.link(self._changed(body)))
        return [self._changed(answer, *self._forged())]

    def _forged(self):
        tips = [WireTip(each.log_id, each.seq, each.chain[:8]) for each in self.asker.store.tips()]
        return [Tips(tuple(tips)).to_frame()] if tips and self.rng.random() < 0.3 else []

    def _changed(self, raw, *forged):
        *frames, end = [each.raw for each in FrameReader().feed(raw)]
        if self.rng.random() < 0.5:
            return raw
        old, self.pool[:] = list(self.pool), [*self.pool, *frames][-200:]
        frames[1:1] = forged
        for _ in range(self.rng.randint(1, 3)):
            at = self.rng.randrange(1, len(frames) + 1)
            match self.rng.choice(["out", "out", "double", "move", "old"]):
                case "out" if len(frames) > 1:
                    del frames[self.rng.randrange(1, len(frames))]
                case "double":
                    frames.insert(at, self.rng.choice(frames))
                case "move" if len(frames) > 1:
                    frames.insert(at - 1 or 1, frames.pop(self.rng.randrange(1, len(frames))))
                case _ if old:
                    frames.insert(at, self.rng.choice(old))
        if end[4] != FrameType.END or len(end) > 40:  # it said why it ended
            return raw
        return body_of(frames)


@contextmanager
def copy_of(node):
    """A copy of a node's store as it is; `restore()` puts it back, as at a new start."""
    copy = sqlite3.connect(":memory:")
    with node.store.reading() as connection:
        connection.backup(copy)

    def restore():
        with node.store.reading() as connection:
            copy.backup(connection)
        node.restart()

    try:
        yield restore
    finally:
        copy.close()


def _told_again(node, records):
    """What the file beside the store does after a restore."""
    if records:
        with node.store.transaction() as tx:
            erasing.erase(tx, node.hooks, records)


def play(kit, seed):
    rng = random.Random(seed)
    with kit.district(seed=seed) as made, ExitStack() as copies:
        hub, school = made.hub(), made.school()
        made.join(school, hub)
        computers = [made.computer(school) for _ in range(2)]
        school.hooks.allowed = (b"c1", b"c2")
        for each in computers:
            each.hooks.wanted = school.hooks.allowed
        limits = Limits(
            frame=rng.choice([400, 4_000, 64 * 1024]), named_logs=rng.choice([2, 1_000])
        )
        for node in (hub, school, *computers):
            node.limits = limits
        pools = {"up": [], "hub": []}
        restores, records = [], []
        for _ in range(rng.randint(6, 18)):
            computer = rng.choice(computers)
            match rng.choice(WHAT):
                case "write":
                    learner = rng.choice(LEARNERS[: 3 - len(records)])
                    computer.write(rng.randint(1, 6), learner=learner)
                case "run":
                    computer.restart()
                case "school":
                    school.write(rng.randint(1, 4), learner=None)
                case "feed":
                    with school.store.transaction() as tx:
                        tx.publish(
                            rng.choice(school.hooks.allowed), rng.randbytes(1), rng.randbytes(4)
                        )
                case "erase" if len(records) < 2:
                    records.append(school.erase(LEARNERS[2 - len(records)]))
                case "copy":
                    node = rng.choice([school, hub])
                    restores.append((node, copies.enter_context(copy_of(node))))
                case "back" if restores:
                    node, restore = rng.choice(restores)
                    restore()
                    _told_again(node, records)
                case "up":
                    link = Mangled(kit.Link(school), rng, pools["up"], computer)
                    made.exchange(computer, school, link=link, trusted=rng.random() < 0.5)
                case "hub":
                    link = Mangled(kit.Link(hub), rng, pools["hub"], school)
                    made.exchange(school, hub, link=link, trusted=rng.random() < 0.5)
                case "good up":
                    made.exchange(computer, school)
                case "good hub":
                    made.exchange(school, hub)
        for _ in range(2):
            for computer in computers:
                made.good(computer, school)
            made.good(school, hub)
        for computer in computers:
            made.good(computer, school)
        erased = hub.store.frontier_digest(school.home.school_id)
        assert erased == school.store.frontier_digest(school.home.school_id)
        assert hub.places() == school.places()
        for computer in computers:
            assert set(computer.places()) <= set(school.places())
            for scope in school.hooks.allowed:
                assert computer.store.records(scope) == school.store.published(scope)
            assert (
                computer.store.unsent(school.home.node_id, author=computer.home.node_id).total == 0
            )
            assert made.good(computer, school).rounds == 1
        for node in (hub, school, *computers):
            with node.store.reading() as connection:
                assert list(audit.audit(connection)) == []


@pytest.mark.parametrize("seed", [*range(20), 156, 194, 267])
def test_no_frame_that_is_lost_doubled_moved_or_old_loses_work(kit, seed):
    play(kit, seed)
