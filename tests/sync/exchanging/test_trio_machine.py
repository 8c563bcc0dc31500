"""A computer, its school and a hub under any order of work, exchanges, cuts, crashes and restores.

The production engine over real stores. The oracle is a dict of every event ever written; after each
step every store must hold whole logs of unchanged events, and every mark must be true.
"""

import importlib.util
import os
import sqlite3
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from darasa.sync import contacts
from darasa.sync.audit import audit

EXAMPLES = 60 * int(os.environ.get("DARASA_EXAMPLES", "1"))
STEPS = 30
LEARNERS = (b"A" * 16, b"B" * 16, None)
SCOPES = (b"c" + b"1" * 16, b"l" + b"A" * 16)


def _nodes() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "trio_nodes", Path(__file__).parent / "conftest.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


NODES = _nodes()


class Image:
    """A backup of a node's store."""

    def __init__(self, node: Any) -> None:
        self.copy = sqlite3.connect(":memory:")
        with node.store.reading() as connection:
            connection.backup(self.copy)

    def into(self, node: Any) -> None:
        with node.store.reading() as connection:
            self.copy.backup(connection)


class Trio(RuleBasedStateMachine):
    """`nodes` by name: the two computers, the second a running copy once it was made."""

    backups = Bundle("backups")
    LOWER = ("computer", "school", "copy")

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.stack = ExitStack()
        rng = NODES.random.Random(seed).randbytes
        self.district = NODES.District(self.stack, rng, NODES.ManualClock(1_760_000_000_000))
        hub, school = self.district.hub(), self.district.school()
        self.district.join(school, hub)
        computer = self.district.computer(school)
        self.nodes: dict[str, Any] = {"hub": hub, "school": school, "computer": computer}
        self.above = {"computer": "school", "copy": "school", "school": "hub"}
        school.hooks.allowed = computer.hooks.wanted = SCOPES
        self.written: dict[bytes, Any] = {}
        self.records = 0
        self.images: list[Image] = []

    def teardown(self) -> None:
        if hasattr(self, "nodes"):
            self.everything_arrives()
            for image in self.images:
                image.copy.close()
            self.stack.close()

    # -- what people and machines do ------------------------------------------------------

    @rule(name=st.sampled_from(LOWER), learner=st.sampled_from(LEARNERS), count=st.integers(1, 4))
    def write(self, name, learner, count) -> None:
        self.tick()
        for event in self.node(name).write(count, learner=learner):
            self.written[event.chain] = event

    @rule(name=st.sampled_from(LOWER))
    def crash_while_writing(self, name) -> None:
        """The transaction was not done; the next run begins another log."""
        node = self.node(name)
        with suppress(ZeroDivisionError), node.store.transaction():
            node.write(2)
            raise ZeroDivisionError
        node.restart()

    @rule(scope=st.sampled_from(SCOPES[:1]), place=st.integers(0, 3), is_gone=st.booleans())
    def publish(self, scope, place, is_gone) -> None:
        self.records += 1
        value = None if is_gone else b"value %d" % self.records
        with self.nodes["school"].store.transaction() as tx:
            tx.publish(scope, bytes([place]) * 16, value)

    @rule(name=st.sampled_from(LOWER), trusted=st.booleans())
    def exchange(self, name, trusted) -> None:
        self.tick()
        self.district.exchange(self.node(name), self.server(name), trusted=trusted)

    @rule(
        name=st.sampled_from(LOWER),
        cut_at=st.integers(0, 3_000),
        trusted=st.booleans(),
        crash=st.booleans(),
    )
    def cut_exchange(self, name, cut_at, trusted, crash) -> None:
        """The link dies at a byte, both ways counted; perhaps the computer too."""
        self.tick()
        node, server = self.node(name), self.server(name)
        link = NODES.Link(server, cut_at=cut_at, part=64)
        self.district.exchange(node, server, link=link, trusted=trusted)
        if crash:
            node.restart()

    @rule(name=st.sampled_from(LOWER))
    def lose_the_answer(self, name) -> None:
        """All arrived, and nobody who sent it knows."""
        self.tick()
        server = self.server(name)

        def unanswered(body):
            server.responder().handle([body])
            raise NODES.LinkError("The link broke.")

        self.district.exchange(self.node(name), server, link=unanswered)

    @rule(target=backups, name=st.sampled_from(("computer", "school", "hub")))
    def back_up(self, name):
        image = Image(self.nodes[name])
        self.images.append(image)
        return multiple((name, image))

    @rule(backup=backups)
    def restore(self, backup) -> None:
        """Nobody is told. What was written since and is nowhere else is lost with the disk."""
        name, image = backup
        node = self.nodes[name]
        image.into(node)
        allowed, wanted = node.hooks.allowed, node.hooks.wanted
        node.hooks = NODES.RecordingHooks()
        node.hooks.allowed, node.hooks.wanted = allowed, wanted
        node.restart()

    @rule()
    def copy_running_computer(self) -> None:
        """Memory and disk: both go on in one log, and neither knows."""
        original = self.nodes["computer"]
        if "copy" in self.nodes:
            return
        store = NODES.Store.open(None, rng=self.district.rng)
        copy = self.district.opened(original.home, store)
        image = Image(original)
        image.into(copy)
        image.copy.close()
        copy.restart()
        copy.log.place = original.log.place
        copy.hooks.wanted = original.hooks.wanted
        self.nodes["copy"] = copy

    def node(self, name: str) -> Any:
        """The node; before there is a copy, the computer is meant."""
        return self.nodes.get(name) or self.nodes["computer"]

    def server(self, name: str) -> Any:
        return self.nodes[self.above[name]]

    def tick(self) -> None:
        self.district.clock.advance(1_000)

    # -- what must be so after each step ----------------------------------------------------

    @invariant()
    def every_store_holds_whole_unchanged_logs(self) -> None:
        for name, node in getattr(self, "nodes", {}).items():
            held = node.store.events_after(0)
            assert len({event.chain for event in held}) == len(held), name
            for event in held:
                assert event.canonical == self.written[event.chain].canonical, name
            with node.store.reading() as connection:
                assert list(audit(connection)) == [], name
            assert set(node.hooks.told.values()) <= {1}, name

    @invariant()
    def every_known_mark_is_true(self) -> None:
        """Who gave it and still knows it holds all that was here when it was noted (I5)."""
        for name, node in getattr(self, "nodes", {}).items():
            if name == "hub":
                continue
            server = self.nodes[self.above[name]]
            school_id = node.home.school_id
            with node.store.reading() as connection:
                given = contacts.given_marks(connection, school_id, server.home.node_id)
            with server.store.reading() as connection:
                known = [
                    each
                    for each in given
                    if contacts.knows_mark(connection, school_id, node.home.node_id, each.mark)
                ]
            there = {event.chain for event in server.store.events_after(0)}
            for mark in known:
                later = {event.chain for event in node.store.events_after(mark.ordinal)}
                here = {e.chain for e in node.store.events_after(0) if self.is_offered(node, e)}
                assert here - later <= there, f"{name}: a mark that says too much"

    @staticmethod
    def is_offered(node: Any, event: Any) -> bool:
        is_school = node.home.role is NODES.Role.SCHOOL
        return is_school or event.author == node.home.node_id

    def everything_arrives(self) -> None:
        """Once the links hold, all that any disk has is at school and hub (I4)."""
        lower = [name for name in self.LOWER if name in self.nodes]
        for _ in range(3):
            for name in sorted(lower, key=lambda each: each == "school"):
                self.tick()
                self.district.good(self.nodes[name], self.nodes[self.above[name]])
        held = {
            name: {event.chain for event in node.store.events_after(0)}
            for name, node in self.nodes.items()
        }
        for name in lower:
            missing = held[name] - held[self.above[name]]
            assert missing == set(), f"{name} has what {self.above[name]} has not"
        self.every_store_holds_whole_unchanged_logs()
        self.every_known_mark_is_true()


Trio.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
TestTrio = Trio.TestCase
