"""Broken engines that mistake what has arrived: what is believed, kept, receipted and told."""

from typing import Any

from damage import Patch, mutant

from darasa.sync import events_table, receiving, session_in, session_store, store
from darasa.sync.ids import Chain
from darasa.sync.messages import WireTip
from darasa.sync.session_view import KeepEvents, Step
from darasa.sync.transport import responder


@mutant
def receipt_counts_provisional(put: Patch) -> None:
    original = session_in.Arrivals._kept

    def kept(self: Any, run: Any, *rest: Any) -> KeepEvents:
        keep = original(self, run, *rest)
        last = keep.events[-1]
        self._note_end(run.log_id, last.seq, last.chain)
        return keep

    put(session_in.Arrivals, "_kept", kept)


@mutant
def receipted_before_the_commit(put: Patch) -> None:
    """A full disk rolls a frame back, and it is receipted."""

    def note_end(self: Any, log_id: bytes, seq: int, chain: bytes) -> None:
        tip = WireTip(log_id, seq, chain[:8])
        for ends in (self._ends, self._next_ends):
            ends[tip.log_id, tip.seq, tip.chain8] = tip

    put(session_in.Arrivals, "_note_end", note_end)


@mutant
def unsigned_events_believed(put: Patch) -> None:
    original = session_in.Arrivals._kept

    def kept(self: Any, *args: Any) -> KeepEvents:
        keep = original(self, *args)
        return KeepEvents(
            keep.school_id, keep.log_id, keep.genesis, keep.prev_chain, keep.events,
            len(keep.events), keep.peer,
        )  # fmt: skip

    put(session_in.Arrivals, "_kept", kept)


@mutant
def last_event_of_a_run_not_believed(put: Patch) -> None:
    original = receiving.insert_run

    def insert_run(*args: Any, believed: int, **rest: Any) -> Any:
        return original(*args, believed=max(0, believed - 1), **rest)

    put(receiving, "insert_run", insert_run)


@mutant
def run_stored_without_its_predecessor(put: Patch) -> None:
    original = session_in.Arrivals._predecessor
    check = receiving._chain_before_run

    def predecessor(self: Any, run: Any, log: Any, fresh: Any) -> Chain:
        return original(self, run, log, fresh) or Chain(run.prev_chain8 + bytes(8))

    def check_run(connection: Any, log: Any, prev: bytes, events: Any) -> Chain:
        try:
            return check(connection, log, prev, events)
        except store.LocalProtocolError:
            return Chain(prev)

    put(session_in.Arrivals, "_predecessor", predecessor)
    put(receiving, "_chain_before_run", check_run)


@mutant
def second_branch_dropped(put: Patch) -> None:
    """Of a forked log only the branch that came first is kept."""

    def events_in(self: Any, events: Any) -> Step:
        step = on_events(self, events)
        writes = tuple(
            each
            for each in step.writes
            if not isinstance(each, KeepEvents) or not _forks(self, each)
        )
        return Step(step.facts, writes)

    def _forks(self: Any, keep: KeepEvents) -> bool:
        held = self.view.held_tips(keep.school_id, keep.log_id)
        return any(tip.seq >= keep.events[0].seq for tip in held) and not any(
            tip.chain8 in {each.chain[:8] for each in keep.events} for tip in held
        )

    on_events = session_in.Arrivals.on_events
    put(session_in.Arrivals, "on_events", events_in)


@mutant
def known_events_inserted_again(put: Patch) -> None:
    put(events_table, "known_chains", lambda *_: set())


@mutant
def unknown_kinds_not_told(put: Patch) -> None:
    original = session_store._tell

    def tell(tx: Any, hooks: Any, events: Any) -> int:
        return original(tx, hooks, [each for each in events if each.event.kind < 100])

    put(session_store, "_tell", tell)


@mutant
def events_told_twice(put: Patch) -> None:
    original = session_store._tell

    def tell(tx: Any, hooks: Any, events: Any) -> int:
        original(tx, hooks, events)
        return original(tx, hooks, events)

    put(session_store, "_tell", tell)


@mutant
def told_outside_the_transaction(put: Patch) -> None:
    """Events are told in a transaction of their own, after the one that stores them."""

    def apply(self: Any, step: Step) -> None:
        late: list[Any] = []
        hooks = self._responder.hooks
        waiting = _Later(hooks, late)
        inner = _Served(self._responder, waiting)
        self._responder = inner
        try:
            original(self, step)
        finally:
            self._responder = inner.real
        if late:
            with inner.real.store.transaction() as tx:
                for events in late:
                    hooks.on_events(tx, events)

    original = responder.Round._apply
    put(responder.Round, "_apply", apply)


class _Later:
    """Hooks that only remember which events they were told of."""

    def __init__(self, hooks: Any, late: list[Any]) -> None:
        self._hooks, self._late = hooks, late

    def on_events(self, tx: Any, events: Any) -> None:
        del tx
        self._late.append(events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hooks, name)


class _Served:
    """A responder with other hooks."""

    def __init__(self, real: Any, hooks: Any) -> None:
        self.real, self.hooks = real, hooks

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
