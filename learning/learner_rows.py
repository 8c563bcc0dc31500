"""Rows of learners: the folded state of each, her attempts and her sittings.

Owns: when a learner's rows move; kept_states.py keeps the states, event_rows.py, answer_rows.py and
tried_rows.py the rows of her answers. A learner's rows are under the id she is known by, and
fold her events under all her ids, but those that do not count (`judging.py`). Advances her event by
event; one that comes late in the order folds her anew. A hub keeps no state of anyone: it counts,
and folds when it is asked. Does not know where events come from.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from darasa.learning import learner_state, tables, tried_rows
from darasa.learning.aliases import aliases_of, root_of
from darasa.learning.deciding.ignored import note_ignored
from darasa.learning.deciding.judging import Judge
from darasa.learning.deciding.mark_rows import Item, MarkBook
from darasa.learning.event_rows import note_rows
from darasa.learning.fold_rules import FoldRules
from darasa.learning.folding import Hears, Weighed
from darasa.learning.kept_states import KeptStates, digest_of
from darasa.learning.kinds import Attempt
from darasa.learning.learner_state import LearnerState
from darasa.learning.marks import SchoolMarks
from darasa.learning.trials import NO_TRIALS
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId

EventsOf = Callable[[sqlite3.Connection, bytes], Sequence[StoredEvent]]
"""All events of one learner id that this node holds, each once, in their order."""

CountOf = Callable[[sqlite3.Connection, bytes], int]
"""How many those are."""

JudgeOf = Callable[[sqlite3.Connection], Judge]
"""Who says which events count, as things are decided now."""

RulesOf = Callable[[sqlite3.Connection, bytes | None], FoldRules]
"""By what the learners of a school are folded; of this node's own where none is named."""

# Kinds below this are about logs and records: they say nothing of what a learner can do. Ops take
# the greatest lamport known, so folding them would make each later answer of a sitting come late.
_FIRST_FOLDED_KIND: Final = 16


class LearnerRows:
    """Keeps the rows of learners for one node."""

    def __init__(
        self,
        events_of: EventsOf,
        judge_of: JudgeOf,
        *,
        count_of: CountOf,
        rules_of: RulesOf,
        keeps_states: bool = True,
        keeps_tried: bool = False,
    ) -> None:
        self._events_of = events_of
        self._judge_of = judge_of
        self._count_of = count_of
        self._rules_of = rules_of
        self._keeps_states = keeps_states
        self._keeps_tried = keeps_tried
        self._marks = MarkBook()
        self.states = KeptStates()

    def state(self, connection: sqlite3.Connection, learner_id: bytes) -> LearnerState:
        """The folded state of a learner, by any id of hers; the starting one when unknown."""
        learner_id = root_of(connection, learner_id)
        rules = self._rules_of(connection, None)
        if not self.states.is_known(connection, learner_id):
            return learner_state.start(rules)
        if not self._keeps_states:
            return self._fold(connection, self.events_of(connection, learner_id))
        state = self.states.state(connection, learner_id, rules)
        if state is None:  # stale; or read only, and another version wrote it
            state = self._fold(connection, self.events_of(connection, learner_id))
            self.states.remember(connection, learner_id, state)
        return state

    def digest(self, connection: sqlite3.Connection, learner_id: bytes) -> bytes | None:
        """16 bytes over her state by the rules in force; None when she is unknown here."""
        if not self.states.is_known(connection, learner_id):
            return None
        rules = self._rules_of(connection, None)
        kept = self.states.digest(connection, learner_id, rules)
        return kept or digest_of(self.state(connection, learner_id))

    def stale(self, connection: sqlite3.Connection, limit: int) -> list[bytes]:
        """Learners whose kept states are by other rules or marks than those in force, at most
        `limit`.
        """
        if not self._keeps_states:
            return []
        return self.states.stale(connection, self._rules_of(connection, None), limit)

    def count_stale(self, connection: sqlite3.Connection) -> int:
        """How many those are in all."""
        if not self._keeps_states:
            return 0
        return self.states.count_stale(connection, self._rules_of(connection, None))

    def freshen(self, connection: sqlite3.Connection, learner_id: bytes) -> None:
        """Fold a learner whose state is stale; her other rows depend on marks, not on rules.

        One who is not stale any more, or was erased meanwhile, is left alone.
        """
        if self.states.is_marked(connection, learner_id):
            self.refold(connection, learner_id)
        elif self._is_stale(connection, learner_id):
            state = self._fold(connection, self.events_of(connection, learner_id))
            self.states.write(connection, learner_id, state)

    def _is_stale(self, connection: sqlite3.Connection, learner_id: bytes) -> bool:
        return self.states.is_stale(connection, learner_id, self._rules_of(connection, None))

    def events_of(self, connection: sqlite3.Connection, learner_id: bytes) -> list[StoredEvent]:
        """The events that count of a learner, under all her ids, in the order they fold."""
        judge = self._judge_of(connection)
        return [each for each in self._held(connection, learner_id) if judge.look(each).counts]

    def _held(self, connection: sqlite3.Connection, learner_id: bytes) -> list[StoredEvent]:
        ids = aliases_of(connection, learner_id)
        events = [each for one in ids for each in self._events_of(connection, one)]
        return events if len(ids) == 1 else sorted(events, key=lambda each: each.order_key)

    def on_events(
        self,
        connection: sqlite3.Connection,
        learner_id: bytes,
        events: Sequence[StoredEvent],
        judge: Judge,
    ) -> None:
        """Take new events of one learner; fold her anew when one of them comes late.

        `learner_id` is the one she is known by; the events may be under any of hers.
        """
        if not self._keeps_states:
            self.states.count(connection, learner_id, len(events))
            return
        counting = sorted(_counting(connection, events, judge), key=lambda each: each.order_key)
        folded = _folded(counting)
        if self._is_stale(connection, learner_id):
            self.refold(connection, learner_id)
            return
        state, marks = self.state(connection, learner_id), self._marks.read(connection)
        is_late = folded and not learner_state.follows(state, folded[0])
        if is_late or any(map(learner_state.looks_back, folded)):
            self.refold(connection, learner_id)
            return
        attempts = note_rows(
            connection, learner_id, folded, state.marks, marks, trials=state.trials
        )
        self._note_tried(connection, learner_id, attempts)
        state = learner_state.fold(folded, state, marks)
        self._keep(connection, learner_id, state, added=len(events), counting=counting)

    def refold(self, connection: sqlite3.Connection, learner_id: bytes) -> None:
        """Delete the rows of one learner and fold all that is held of her."""
        learner_id = root_of(connection, learner_id)
        ids = aliases_of(connection, learner_id)
        for each in ids:
            tables.clear_learner(connection, each)
            self.states.drop(each)
        if not self._keeps_states:
            if count := sum(self._count_of(connection, each) for each in ids):
                self.states.count(connection, learner_id, count)
            return
        events = self._held(connection, learner_id)
        if not events:
            return
        counting = _counting(connection, events, self._judge_of(connection))
        folded = _folded(counting)
        state, marks = self._fold(connection, folded), self._marks.read(connection)
        attempts = note_rows(connection, learner_id, folded, state.marks, marks, trials=NO_TRIALS)
        self._note_tried(connection, learner_id, attempts)
        self._keep(connection, learner_id, state, added=len(events), counting=counting)

    def _note_tried(
        self, connection: sqlite3.Connection, learner_id: bytes, attempts: Sequence[Attempt]
    ) -> None:
        if self._keeps_tried:
            tried_rows.add(connection, learner_id, attempts)

    def _fold(
        self,
        connection: sqlite3.Connection,
        events: Sequence[StoredEvent],
        hears: Hears | None = None,
    ) -> LearnerState:
        """All that counts of one learner, with what teachers said of items.

        By the rules in force; a hub, which has schools with several, takes those of the school of
        her last event.
        """
        folded, marks = _folded(events), self._marks.read(connection)
        school_id = folded[-1].school_id if folded and not self._keeps_states else None
        rules = self._rules_of(connection, school_id)
        return learner_state.fold(folded, school_marks=marks, hears=hears, rules=rules)

    def weighed(self, connection: sqlite3.Connection, learner_id: bytes) -> list[Weighed]:
        """Her answers, and what teachers saw of her, in their order: what each weighs and why.

        Cost: all of hers are folded.
        """
        heard: list[Weighed] = []
        self._fold(connection, self.events_of(connection, learner_id), heard.append)
        return heard

    def item_marks(self, connection: sqlite3.Connection) -> SchoolMarks:
        """What teachers said of items, as it stands."""
        return self._marks.read(connection)

    def met(self, connection: sqlite3.Connection, items: Collection[Item]) -> set[LearnerId]:
        """The learners who have met one of these items. Cost: a glance at the state of each.

        Of one whose state is stale it is enough that its bytes have the name.
        """
        if not self._keeps_states or not items:
            return set()
        rules = self._rules_of(connection, None)
        found: set[LearnerId] = set()
        for learner_id in self.states.which_name(connection, {item.encode() for *_, item in items}):
            state = self.states.state(connection, learner_id, rules)
            if state is None or any((pack, item) in state.items for _, pack, item in items):
                found.add(LearnerId(learner_id))
        return found

    def put_off(self, connection: sqlite3.Connection, items: Collection[Item]) -> None:
        """Teachers said something of these items: the states of those who met one are stale.

        They are folded by whoever asks for them, and kept by `freshen`: of a whole school at once
        it would hold up everybody's answers for a minute.
        """
        met = self.met(connection, items)
        if not met:
            return
        said = connection.execute("SELECT value FROM lt_mark ORDER BY school_id, record_id")
        words = b"".join(raw for (raw,) in said)
        for learner_id in met:
            if not self.states.mark(connection, learner_id, words):
                self.refold(connection, learner_id)

    def _keep(
        self,
        connection: sqlite3.Connection,
        learner_id: bytes,
        state: LearnerState,
        *,
        added: int,
        counting: Sequence[StoredEvent],
    ) -> None:
        lamport_max = max((each.event.lamport for each in counting), default=0)
        self.states.write(connection, learner_id, state, added=added, lamport_max=lamport_max)


def _counting(
    connection: sqlite3.Connection, events: Sequence[StoredEvent], judge: Judge
) -> list[StoredEvent]:
    """The events that count; the others are noted for whoever looks after the school."""
    counting: list[StoredEvent] = []
    for stored in events:
        verdict = judge.look(stored)
        if verdict.counts:
            counting.append(stored)
        else:
            note_ignored(connection, stored, verdict)
    return counting


def _folded(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    return [stored for stored in events if stored.event.kind >= _FIRST_FOLDED_KIND]
