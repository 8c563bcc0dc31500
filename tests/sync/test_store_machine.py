"""The store against a plain dict, under any order of writes, failures, deliveries and restarts."""

import contextlib
import os
import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from darasa.sync import packing, reads
from darasa.sync.audit import audit
from darasa.sync.clock import ManualClock
from darasa.sync.event import Event, StoredEvent, canonical_bytes, chain_after, leaf_of
from darasa.sync.frontier import frontier_digest
from darasa.sync.rows import find_log
from darasa.sync.signing import NodeKey, sign_heads
from darasa.sync.store import Store

SCHOOL = b"s" * 16
LEARNERS = (b"A" * 16, b"B" * 16, None)


class Model:
    """What a store should hold: believed and provisional events by chain, and who follows whom."""

    def __init__(self) -> None:
        self.believed: dict[bytes, StoredEvent] = {}
        self.provisional: dict[bytes, StoredEvent] = {}

    def tips(self, parents: dict[bytes, bytes]) -> set[tuple[bytes, int, bytes]]:
        followed = {parents[chain] for chain in self.believed}
        return {
            (each.log_id, each.seq, chain)
            for chain, each in self.believed.items()
            if chain not in followed
        }


class StoreMachine(RuleBasedStateMachine):
    """A computer that writes, and a school that receives what the rules let through."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.rng = random.Random(seed).randbytes
        self.folder = Path(tempfile.mkdtemp(prefix="darasa-machine-"))
        self.clock = ManualClock(1_760_000_000_000)
        self.key = NodeKey.generate(self.rng)
        self.parents: dict[bytes, bytes] = {}
        self.genesis: dict[bytes, bytes] = {}
        self.models = {"computer": Model(), "school": Model()}
        self.stores: dict[str, Store] = {}
        for name in self.models:
            self.open(name)

    def open(self, name: str) -> None:
        self.stores[name] = Store.open(self.folder / f"{name}.sqlite3", rng=self.rng)
        if name == "computer":
            self.log = self.stores[name].begin_log(
                key=self.key, school_id=SCHOOL, clock=self.clock, app_version="machine"
            )

    def teardown(self) -> None:
        for store in getattr(self, "stores", {}).values():
            store.close()
        shutil.rmtree(getattr(self, "folder", ""), ignore_errors=True)

    def append(self, learner, lamport: int, count: int, *, fail: bool) -> list[StoredEvent]:
        written = []
        with self.stores["computer"].transaction() as tx:
            for number in range(count):
                self.clock.advance(10)
                before = self.log.place
                event = tx.append(
                    self.log,
                    kind=18,
                    version=1,
                    learner_id=learner,
                    lamport=lamport,
                    body=(number, self.rng(2)),
                )
                after = self.log.place
                parent = before.chain if event.seq > 1 else after.log.chain_0
                written.append((event, parent, after.log.genesis))
            if fail:
                raise ZeroDivisionError
        for event, parent, genesis in written:
            self.note(event, parent, genesis)
        return [event for event, _, _ in written]

    def note(self, event: StoredEvent, parent: bytes, genesis: bytes) -> None:
        self.models["computer"].believed[event.chain] = event
        self.parents[event.chain] = parent
        self.genesis[event.log_id] = genesis

    @rule(learner=st.sampled_from(LEARNERS), lamport=st.integers(0, 9), count=st.integers(1, 4))
    def write(self, learner, lamport, count) -> None:
        self.append(learner, lamport, count, fail=False)

    @rule(learner=st.sampled_from(LEARNERS), count=st.integers(1, 3))
    def write_and_fail(self, learner, count) -> None:
        with contextlib.suppress(ZeroDivisionError):
            self.append(learner, 1, count, fail=True)

    @rule(name=st.sampled_from(["computer", "school"]))
    def restart(self, name) -> None:
        self.stores[name].close()
        self.open(name)

    @rule(name=st.sampled_from(["computer", "school"]), at_least=st.integers(1, 6))
    def pack(self, name, at_least) -> None:
        """Every log that can be is packed from its first rows; nothing that is read changes."""
        with self.stores[name].transaction() as tx:
            for log_id in self.genesis:
                log = find_log(tx.connection, SCHOOL, log_id)
                if log is not None:
                    packing.pack_log(tx.connection, log, at_least=at_least)

    def path_to(self, event: StoredEvent) -> list[StoredEvent]:
        """The events of a log up to one, oldest first."""
        path, chain = [], event.chain
        while chain in self.parents:
            path.append(self.models["computer"].believed[chain])
            chain = self.parents[chain]
        return path[::-1]

    @precondition(lambda self: self.models["computer"].believed)
    @rule(data=st.data(), signed=st.booleans())
    def deliver(self, data, signed) -> None:
        """A run up to any event, from a place that the school holds; under a head or not."""
        school = self.models["school"]
        held = {**school.believed, **school.provisional}
        last = data.draw(st.sampled_from(list(self.models["computer"].believed.values())))
        path = self.path_to(last)
        begin_max = 0
        while begin_max < len(path) and path[begin_max].chain in held:
            begin_max += 1
        begin = data.draw(st.integers(0, min(begin_max, len(path) - 1)))
        run = path[begin:]
        with self.stores["school"].transaction() as tx:
            visible = tx.insert_received(
                SCHOOL,
                last.log_id,
                genesis=self.genesis[last.log_id],
                prev_chain=self.parents[run[0].chain][:8],
                events=run,
                believed=len(run) if signed else 0,
            )
        if signed:
            fresh = [each for each in path if each.chain not in school.believed]
            for each in path:
                school.provisional.pop(each.chain, None)
                school.believed[each.chain] = each
            assert sorted(visible, key=lambda e: e.seq) == fresh
        else:
            assert visible == []
            for each in run:
                if each.chain not in held:
                    school.provisional[each.chain] = each

    @precondition(lambda self: self.models["computer"].believed)
    @rule()
    def head_arrives(self) -> None:
        """The computer signs its tips; the school believes what it holds up to them."""
        heads = tuple(self.stores["computer"].tips(SCHOOL))
        with self.stores["school"].transaction() as tx:
            tx.insert_heads(SCHOOL, sign_heads(self.key, heads))
            tx.drop_provisional(b"another school!!")
        school = self.models["school"]
        for head in heads:
            event = self.models["computer"].believed[head.chain]
            path = self.path_to(event)
            if event.chain in school.provisional:
                for each in path:
                    school.believed[each.chain] = each
                    school.provisional.pop(each.chain, None)
        # a head that waits for its events would make `deliver` believe more than it says
        with self.stores["school"].transaction() as tx:
            tx.connection.execute("DELETE FROM head")
            tx.connection.execute("DELETE FROM statement")

    @precondition(lambda self: self.models["school"].provisional)
    @rule()
    def drop_provisional(self) -> None:
        with self.stores["school"].transaction() as tx:
            assert tx.drop_provisional(SCHOOL) == len(self.models["school"].provisional)
        self.models["school"].provisional.clear()

    @precondition(lambda self: self.models["computer"].believed)
    @rule(data=st.data())
    def copied_machine_writes(self, data) -> None:
        """A branch in any log of the computer, as its running copy would write it."""
        after = data.draw(st.sampled_from(list(self.models["computer"].believed.values())))
        event = Event(18, 1, LEARNERS[0], 5, 0, (self.rng(4), "copy"))
        raw = canonical_bytes(event)
        chain = chain_after(after.chain, leaf_of(raw))
        made = replace(
            after,
            seq=after.seq + 1,
            chain=chain,
            canonical=raw,
            event=event,
            happened_ms=after.happened_ms - after.event.t_ms,
        )
        with self.stores["computer"].transaction() as tx:
            tx.insert_received(
                SCHOOL,
                after.log_id,
                genesis=None,
                prev_chain=after.chain,
                events=[made],
                believed=1,
            )
        self.note(made, after.chain, self.genesis[after.log_id])

    @invariant()
    def the_stores_hold_what_the_model_says(self) -> None:
        for name, model in getattr(self, "models", {}).items():
            store = self.stores[name]
            with store.reading() as connection:
                assert list(audit(connection)) == []
                found = list(reads.all_events(connection))
                tips = reads.tips(connection)
                sums = (reads.event_count(connection), reads.max_lamport(connection))
            assert found == sorted(model.believed.values(), key=lambda each: each.order_key)
            assert sums == (
                len(model.believed),
                max((each.event.lamport for each in found), default=0),
            )
            expected = model.tips(self.parents)
            assert {(tip.log_id, tip.seq, tip.chain) for tip in tips} == expected
            assert store.frontier_digest() == frontier_digest(tip.tip for tip in tips)
            assert store.events_of(LEARNERS[0]) == [
                each for each in found if each.event.learner_id == LEARNERS[0]
            ]

    @invariant()
    def runs_rebuild_every_log(self) -> None:
        """Whatever the computer holds, `runs` sends each event once, after the one before."""
        if not getattr(self, "genesis", None):
            return
        with self.stores["computer"].reading() as connection:
            for log_id in self.genesis:
                if find_log(connection, SCHOOL, log_id) is None:
                    continue
                sent: set[bytes] = set()
                for run in reads.runs(connection, SCHOOL, log_id, bytes_max=60):
                    chain = run.prev_chain
                    assert chain in sent or run.first_seq == 1
                    for canonical in run.canonicals:
                        chain = chain_after(chain, leaf_of(canonical))
                        assert chain not in sent
                        sent.add(chain)
                    assert run.head.chain == chain
                believed = self.models["computer"].believed.values()
                assert sent == {each.chain for each in believed if each.log_id == log_id}


StoreMachine.TestCase.settings = settings(
    max_examples=40 * int(os.environ.get("DARASA_EXAMPLES", "1")),
    stateful_step_count=25,
    deadline=None,
    print_blob=True,
)
TestStoreMachine = StoreMachine.TestCase
