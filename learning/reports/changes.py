"""What changed in a class since a week ago: states, recovery, strengths, and what was not met.

Owns: folding each learner as of then beside what she is now. A change of state is one that a
teacher can see on the map; what became open since is none. Recovery is of the answers since then
that count: of those after a not-yet on the same skill, how many were right alone. Reads only. Cost:
two folds of each learner's events, about 70 us an answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning import learner_state
from darasa.learning.evidence import Evidence, Outcome, SkillKey
from darasa.learning.folding import Weighed
from darasa.learning.learner_values import LearnerState
from darasa.learning.people.lists import ClassRow, LearnerRow
from darasa.learning.planning.needs import GOT
from darasa.learning.planning.standing import skill_standings
from darasa.learning.reports.class_read import ClassRead, read_class
from darasa.learning.reports.strengths import Strength, strengths
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import SkillStanding, Standing
from darasa.sync.ids import RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

DAYS: Final = 7

HERS_NOW: Final = frozenset((Standing.LEARNING, Standing.REFRESH))
"""What she would meet if she came: begun and not got, or due."""

_OPEN: Final = HERS_NOW | {Standing.READY}
_FIRST_FOLDED_KIND: Final = 16


@dataclass(frozen=True, slots=True)
class Change:
    """A skill of one learner: where it was and where it is."""

    key: SkillKey
    title: SafeText
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class Recovery:
    """Of `chances` that came after a not-yet on the skill, `right` were right alone."""

    chances: int = 0
    right: int = 0

    @property
    def rate(self) -> float | None:
        """0 to 1; None where there was no such chance."""
        return self.right / self.chances if self.chances else None


@dataclass(frozen=True, slots=True)
class LearnerChanges:
    """One learner. `answers` are first tries since then; `not_met` is hers now and was not met."""

    learner: LearnerRow
    answers: int
    changes: tuple[Change, ...]
    recovery: Recovery
    strengths: tuple[Strength, ...]
    not_met: tuple[SafeText, ...]


@dataclass(frozen=True, slots=True)
class SkillChanges:
    """One skill: how many had got it then and have now, and how many met it since."""

    key: SkillKey
    title: SafeText
    got_before: int
    got_now: int
    met: int
    could: int  # for how many it is open, begun or due


@dataclass(frozen=True, slots=True)
class ClassChanges:
    """A class since `since_ms`: learners by name, skills in the order of the packs."""

    record: ClassRow
    learners: tuple[LearnerChanges, ...]
    skills: tuple[SkillChanges, ...]
    recovery: Recovery
    since_ms: int
    as_of_ms: int

    @property
    def not_met(self) -> tuple[SkillChanges, ...]:
        """Skills that nobody met since, though somebody could."""
        return tuple(each for each in self.skills if each.could and not each.met)


def class_changes(classroom: "Classroom", class_id: RecordId, *, days: int = DAYS) -> ClassChanges:
    """What changed within so many days. Raises NotFoundError for an unknown class."""
    read = read_class(classroom, class_id)
    since_ms = read.now_ms - days * DAY_MS
    rows, befores = [], []
    for learner in read.learners:
        before, heard = _as_of(classroom, learner, since_ms)
        befores.append(before)
        rows.append(_learner(read, learner, before, heard, since_ms))
    recovered = [row.recovery for row in rows]
    return ClassChanges(
        record=read.record,
        learners=tuple(rows),
        skills=tuple(_skills(read, befores, since_ms)),
        recovery=Recovery(
            sum(each.chances for each in recovered), sum(each.right for each in recovered)
        ),
        since_ms=since_ms,
        as_of_ms=read.now_ms,
    )


def recovery_of(evidence: Iterable[Evidence], *, since_ms: int = 0) -> Recovery:
    """The recovery in answers in their order; those that weigh nothing are not looked at.

    Of those since then, the first of them after what came before it.
    """
    last: dict[SkillKey, Outcome] = {}
    chances = right = 0
    for each in evidence:
        if not each.weight:
            continue
        after = any(last.get(key) is Outcome.NOT_YET for key in each.skills)
        if after and each.happened_ms >= since_ms:
            chances += 1
            right += each.right_alone
        last.update(dict.fromkeys(each.skills, each.outcome))
    return Recovery(chances, right)


def _as_of(
    classroom: "Classroom", learner: LearnerRow, since_ms: int
) -> tuple[LearnerState, list[Weighed]]:
    """What was known of her then, and all her answers until now."""
    events = classroom.events_of(learner.learner_id)
    folded = [each for each in events if each.event.kind >= _FIRST_FOLDED_KIND]
    marks = classroom.item_marks()
    heard: list[Weighed] = []
    learner_state.fold(folded, school_marks=marks, hears=heard.append)
    early = [each for each in folded if each.happened_ms < since_ms]
    rules = classroom.state(learner.learner_id).rules
    return learner_state.fold(early, school_marks=marks, rules=rules), heard


def _learner(
    read: ClassRead,
    learner: LearnerRow,
    before: LearnerState,
    heard: Sequence[Weighed],
    since_ms: int,
) -> LearnerChanges:
    now = read.states[learner.learner_id]
    standings = _standings(read, now, read.now_ms)
    was = _standings(read, before, since_ms)
    changes = tuple(
        Change(key, row.title, was[key].standing, row.standing)
        for key, row in standings.items()
        if row.standing is not was[key].standing and row.standing is not Standing.READY
    )
    not_met = tuple(
        row.title
        for row in standings.values()
        if row.standing in HERS_NOW and not _met(row, since_ms)
    )
    return LearnerChanges(
        learner=learner,
        answers=sum(
            each.stored.happened_ms >= since_ms and getattr(each.said, "try_nth", 1) == 1
            for each in heard
        ),
        changes=changes,
        recovery=recovery_of((each.evidence for each in heard), since_ms=since_ms),
        strengths=strengths(tuple(standings.values()), now),
        not_met=not_met,
    )


def _skills(
    read: ClassRead, befores: Sequence[LearnerState], since_ms: int
) -> Iterable[SkillChanges]:
    was = [_standings(read, before, since_ms) for before in befores]
    now = [_standings(read, read.states[who], read.now_ms) for who in read.ids]
    for pack in read.packs:
        for row in skill_standings(pack, learner_state.start(), read.now_ms):
            rows = [each[row.key] for each in now]
            yield SkillChanges(
                key=row.key,
                title=row.title,
                got_before=sum(each[row.key].standing in GOT for each in was),
                got_now=sum(each.standing in GOT for each in rows),
                met=sum(_met(each, since_ms) for each in rows),
                could=sum(each.standing in _OPEN for each in rows),
            )


def _standings(
    read: ClassRead, state: LearnerState, now_ms: int
) -> Mapping[SkillKey, SkillStanding]:
    return {row.key: row for pack in read.packs for row in skill_standings(pack, state, now_ms)}


def _met(row: SkillStanding, since_ms: int) -> bool:
    return row.last_ms is not None and row.last_ms >= since_ms
