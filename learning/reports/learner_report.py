"""One learner's page: each skill with the evidence behind it ("why?"), and her last answers.

Owns: putting together, for each skill, the state, the sum behind it, the answers in their rows and
the three answers to a teacher's questions; and what she should do next. Reads only.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.content_packs.errors import InstanceError
from darasa.content_packs.instance import draw
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.learner_state import name_of
from darasa.learning.learner_values import LearnerState
from darasa.learning.mastery.base import MICRO
from darasa.learning.mastery.parameters import Parameters
from darasa.learning.people.people import LearnerRow
from darasa.learning.planning import wording
from darasa.learning.planning.mastery_rule import RULE
from darasa.learning.planning.next_item import Before, Chosen, next_item
from darasa.learning.planning.plan_of_day import plan_of_day
from darasa.learning.planning.standing import skill_standings, standing_of
from darasa.learning.planning.way_to_got import WayToGot, way_to_got
from darasa.learning.practice.desk import Desk
from darasa.learning.practice.goals import GoalBook
from darasa.learning.practice.placing import with_start
from darasa.learning.practice.set_run import Place
from darasa.learning.reports.certainty import certainty_of
from darasa.learning.reports.course_book import CourseBook
from darasa.learning.reports.evidence_rows import Dated, EvidenceRow, dates, evidence_row
from darasa.learning.reports.history import History, Reason, Shown, history
from darasa.learning.reports.skill_answers import (
    NextQuestion,
    SkillAnswers,
    SkillFacts,
    skill_answers,
)
from darasa.learning.sitting_ids import SITTING_BYTES
from darasa.learning.skill_state import Judged
from darasa.learning.views import GoalView, PlanRow, SkillStanding, Standing
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack
    from darasa.learning.classroom import Classroom

__all__ = ["Dated", "EvidenceRow", "LearnerPage", "Rules", "SkillEvidence", "learner_page"]

LAST_ANSWERS: Final = 20


@dataclass(frozen=True, slots=True)
class Rules:
    """What the states depend on besides the answers: named, so that they can be worked out again.

    `fold` names model, parameters and the fold's version; `mastery` the rule for "Got it".
    """

    fold: str
    mastery: str
    model: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class SkillEvidence:
    """A skill: where she is, how sure that is, why, and the answers behind it (newest first).

    `p_micro` is the probability of a right answer alone to the reference item, in units of 1e-6;
    `reason` its sum, None without a counted answer. `judged`: teachers' own words, those in force
    first; the model does not see them. `is_judged`: the standing is a teacher's word.
    """

    skill: SkillKey
    title: SafeText
    unit: SafeText
    standing: Standing
    is_judged: bool
    certainty: str
    p_micro: int
    reason: Reason | None
    shown: tuple[Shown, ...]
    way: WayToGot
    next_question: NextQuestion | None
    judged: tuple[Judged, ...]
    answers: SkillAnswers
    events: tuple[EvidenceRow, ...]

    @property
    def counted(self) -> int:
        """How many of its answers count."""
        return sum(row.weight > 0 for row in self.events)

    @property
    def p(self) -> float:
        """The probability, 0 to 1."""
        return self.p_micro / MICRO


@dataclass(frozen=True, slots=True)
class LearnerPage:
    """One learner as of `as_of_ms`. Skills in the order of the packs; newest answers first.

    `plan` is what a computer would offer her now, the first line on top; `goals` are her own.
    """

    learner: LearnerRow
    plan: tuple[PlanRow, ...]
    goals: tuple[GoalView, ...]
    skills: tuple[SkillEvidence, ...]
    last: tuple[EvidenceRow, ...]
    answers: int  # first tries, whatever they weigh
    sittings: int
    last_ms: int | None
    as_of_ms: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class _Look:
    """What all skills of one page are looked at with."""

    learner: LearnerRow
    state: LearnerState
    past: History
    book: CourseBook
    withdrawn: Collection[ItemKey]
    teacher: "Teachers"
    now_ms: int


def learner_page(classroom: "Classroom", learner_id: LearnerId) -> LearnerPage:
    """The page of a learner. Raises NotFoundError when she is not known here."""
    state, marks = classroom.state(learner_id), classroom.item_marks()
    look = _Look(
        learner=classroom.people.find_id(learner_id),
        state=state,
        past=history(classroom.events_of(learner_id), state.rules, marks),
        book=classroom.course_book(),
        withdrawn=marks.withdrawn(classroom.home.school_id),
        teacher=teacher_names(classroom),
        now_ms=classroom.clock.wall_ms(),
    )
    dated = dates(classroom, look.now_ms)
    rows = [
        evidence_row(each, look.book, dated, look.teacher) for each in reversed(look.past.weighed)
    ]
    plan, goals = _plan(classroom, learner_id, state, look.now_ms)
    return LearnerPage(
        learner=look.learner,
        plan=plan,
        goals=goals,
        skills=tuple(_skills(look, rows)),
        last=tuple(rows[:LAST_ANSWERS]),
        answers=state.attempts,
        sittings=state.sittings,
        last_ms=rows[0].when_ms if rows else None,
        as_of_ms=look.now_ms,
        rules=Rules(
            name_of(state.rules),
            RULE,
            f"{state.rules.model.name}-{state.rules.version}",
            state.rules.model.parameters,
        ),
    )


Teachers = Callable[[bytes | None], SafeText]
"""The name of a teacher by her record; None is whoever has the server's folder."""


def teacher_names(classroom: "Classroom") -> Teachers:
    """The names of teachers, looked up once."""
    names = {bytes(row.record_id): row.name for row in classroom.people.teachers()}

    def name_of(record_id: bytes | None) -> SafeText:
        if record_id is None:
            return SafeText("The office")
        return names.get(record_id) or SafeText("A teacher who left")

    return name_of


def _plan(
    classroom: "Classroom", learner_id: LearnerId, state: LearnerState, now_ms: int
) -> tuple[tuple[PlanRow, ...], tuple[GoalView, ...]]:
    """What a sitting that begins now would offer, and her goals; what was left open is known at
    its computer."""
    nowhere = bytes(SITTING_BYTES)
    desk = Desk(classroom, learner_id, sitting=nowhere, place=Place(nowhere))
    standings = [row for pack in desk.packs() for row in skill_standings(pack, state, now_ms)]
    book = GoalBook(desk)
    plan = plan_of_day(
        standings,
        open_set=None,
        now_ms=now_ms,
        topics=desk.topics(),
        goals=book.wanted(standings),
        closed=desk.closed_skills(),
    )
    return with_start(desk, plan), book.views(standings)


def _skills(look: _Look, rows: Sequence[EvidenceRow]) -> Iterator[SkillEvidence]:
    """Every skill of every pack here, then those she met in packs that are not here."""
    packs = {pack.id: pack for pack in look.book.packs}
    by_skill: dict[SkillKey, list[EvidenceRow]] = {}
    for row in rows:
        for key in row.skills:
            by_skill.setdefault(key, []).append(row)
    for standing in _standings(look.state, look.book, look.now_ms):
        events = tuple(by_skill.get(standing.key, ()))
        yield _evidence(look, standing, packs.get(standing.key[0]), events)


def _evidence(
    look: _Look, standing: SkillStanding, pack: "Pack | None", events: tuple[EvidenceRow, ...]
) -> SkillEvidence:
    key, past = standing.key, look.past
    skill, judged = look.state.skill(key), past.judged.get(key, ())
    facts = SkillFacts(
        name=look.learner.short or look.learner.name,
        standing=standing,
        skill=skill,
        certainty=str(certainty_of(skill)) if events else "no answers",
        reason=past.reasons.get(key),
        way=_way(look, pack, key),
        uncounted=sum(not row.weight for row in events),
        next_question=None if pack is None else _question(look, pack, standing),
        judged=tuple((look.teacher(each.by), each) for each in judged),
        wording=wording.found(look.state.tail, look.book.course.words).get(key),
    )
    return SkillEvidence(
        skill=key,
        title=standing.title,
        unit=standing.unit,
        standing=standing.standing,
        is_judged=standing.is_judged,
        certainty=facts.certainty,
        p_micro=skill.p_micro,
        reason=facts.reason,
        shown=past.shown.get(key, ()),
        way=facts.way,
        next_question=facts.next_question,
        judged=judged,
        answers=skill_answers(facts),
        events=events,
    )


def _standings(state: LearnerState, book: CourseBook, now_ms: int) -> Iterator[SkillStanding]:
    known: set[SkillKey] = set()
    for pack in book.packs:
        for row in skill_standings(pack, state, now_ms):
            known.add(row.key)
            yield row
    for key in sorted(state.skills.keys() - known):
        skill = state.skills[key]
        yield SkillStanding(
            key=key,
            title=book.title(key),
            unit=safe_line(key[0]),
            standing=standing_of(skill, missing=False, now_ms=now_ms),
            p_micro=skill.p_micro,
            depth=0,
        )


def _way(look: _Look, pack: "Pack | None", key: SkillKey) -> WayToGot:
    if pack is None:
        return way_to_got(look.state, key, at_ms=look.now_ms)
    return way_to_got(
        look.state,
        key,
        at_ms=look.now_ms,
        p_micro=pack.mastery.got_milli * 1_000,
        instances=pack.mastery.attempts_least,
    )


def _question(look: _Look, pack: "Pack", standing: SkillStanding) -> NextQuestion | None:
    """What a sitting that begins now would ask first; None where nothing is asked now."""
    if standing.standing in (Standing.LATER, Standing.GOT, Standing.KEPT):
        return None
    learner_id, skill = look.learner.learner_id, standing.key[1]
    before = Before(seed=b"", first=True, set_aside=tuple(sorted(look.withdrawn)))
    chosen = next_item(pack, look.state, skill, before, learner_id=learner_id, now_ms=look.now_ms)
    if not isinstance(chosen, Chosen):
        return None
    try:
        drawn = draw(chosen.item, learner_id=learner_id, nth=chosen.nth)
    except InstanceError:
        return None
    return NextQuestion(safe_line(drawn.prompt), chosen.p_micro)
