"""One learner's page: each skill with the evidence behind it ("why?"), and her last answers.

Owns: from events to rows a teacher can read. The fold and its rules are elsewhere; here every
answer says whether it counted and why, with its place in the log. Reads only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.clocks import OFF_MS
from darasa.learning.evidence import Evidence, Outcome, SkillKey, evidence_of, sentence
from darasa.learning.kinds import Attempt, Help, Kind, KindError, payload_of
from darasa.learning.learner_values import MODEL, LearnerState
from darasa.learning.mastery.base import MICRO, ItemRef, Part
from darasa.learning.people.people import LearnerRow
from darasa.learning.planning.standing import skill_standings, standing_of
from darasa.learning.reports.course_book import CourseBook
from darasa.learning.skill_state import DAY_MS, SkillState
from darasa.learning.views import SkillStanding, Standing
from darasa.sync import clock_rows
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId
from darasa.sync.timekeeping import EARLIEST_MS, LATEST_MS, is_believable

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

LAST_ANSWERS: Final = 20
_FEW: Final = 3
_SURE_MICRO: Final = 850_000

_STANDING_WORDS: Final = {
    Standing.LATER: "comes later",
    Standing.READY: "ready to begin",
    Standing.LEARNING: "learning",
    Standing.GOT: "got it",
    Standing.KEPT: "kept it",
    Standing.REFRESH: "time to refresh",
}


class Dated(Enum):
    """How far the date of an answer can be believed."""

    RIGHT = 0
    ABOUT = 1  # its computer's clock was wrong, and a server said by how much
    UNKNOWN = 2  # no server did, and the date cannot be right


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One answer. `log` and `seq` are its place: anyone who holds the log can look it up."""

    when_ms: int
    item: SafeText
    answer: SafeText
    right: bool
    help: SafeText
    try_nth: int
    weight: int
    reason: SafeText
    skills: tuple[SkillKey, ...]
    log: str
    seq: int
    dated: Dated


@dataclass(frozen=True, slots=True)
class PartRow:
    """One term of the sum behind a probability, in thousandths of a logit."""

    name: SafeText
    amount_milli: int


@dataclass(frozen=True, slots=True)
class SkillEvidence:
    """A skill: where she is, how sure that is, why, and the answers behind it (newest first).

    `p` is the probability of a right answer alone to the reference item, 0 to 1.
    """

    skill: SkillKey
    title: SafeText
    unit: SafeText
    standing: Standing
    certainty: str
    p: float
    why: SafeText
    parts: tuple[PartRow, ...]
    events: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True)
class LearnerPage:
    """One learner as of `as_of_ms`. Skills in the order of the packs; newest answers first."""

    learner: LearnerRow
    skills: tuple[SkillEvidence, ...]
    last: tuple[EvidenceRow, ...]
    answers: int  # first tries, whatever they weigh
    sittings: int
    last_ms: int | None
    as_of_ms: int


def learner_page(classroom: "Classroom", learner_id: LearnerId) -> LearnerPage:
    """The page of a learner. Raises NotFoundError when she is not known here."""
    learner = classroom.people.find_id(learner_id)
    state, now_ms = classroom.state(learner_id), classroom.clock.wall_ms()
    book = classroom.course_book()
    rows = _evidence_rows(classroom.events_of(learner_id), book, _dates(classroom, now_ms))
    rows.reverse()
    skills = tuple(
        _skill(standing, state, [row for row in rows if standing.key in row.skills], book)
        for standing in _standings(state, book, now_ms)
    )
    return LearnerPage(
        learner=learner,
        skills=skills,
        last=tuple(rows[:LAST_ANSWERS]),
        answers=state.attempts,
        sittings=state.sittings,
        last_ms=rows[0].when_ms if rows else None,
        as_of_ms=now_ms,
    )


def certainty(skill: SkillState) -> str:
    """How sure a state is, in words: "sure", "likely" or "too few answers"."""
    if skill.attempts < _FEW:
        return "too few answers"
    sure = skill.p_micro >= _SURE_MICRO or skill.p_micro <= MICRO - _SURE_MICRO
    return "sure" if sure and skill.attempts >= 2 * _FEW else "likely"


def _standings(state: LearnerState, book: CourseBook, now_ms: int) -> list[SkillStanding]:
    """Every skill of every pack here, then those she met in packs that are not here."""
    standings = [row for pack in book.packs for row in skill_standings(pack, state, now_ms)]
    known = {row.key for row in standings}
    for key in sorted(state.skills.keys() - known):
        skill = state.skills[key]
        standings.append(
            SkillStanding(
                key=key,
                title=book.title(key),
                unit=safe_line(key[0]),
                standing=standing_of(skill, missing=False, now_ms=now_ms),
                p_micro=skill.p_micro,
                depth=0,
            )
        )
    return standings


def _skill(
    standing: SkillStanding, state: LearnerState, rows: list[EvidenceRow], book: CourseBook
) -> SkillEvidence:
    skill = state.skill(standing.key)
    parts: tuple[Part, ...] = ()
    if rows:
        ref = ItemRef((standing.key,), at_ms=skill.last_ms or 0)
        parts = MODEL.explain(MODEL.settled(state.mastery), ref)
    return SkillEvidence(
        skill=standing.key,
        title=standing.title,
        unit=standing.unit,
        standing=standing.standing,
        certainty=certainty(skill) if rows else "no answers",
        p=skill.p_micro / MICRO,
        why=_why(standing, skill),
        parts=tuple(
            PartRow(
                safe_line(part.name if part.skill is None else book.title(part.skill)),
                part.amount_micro // 1_000,
            )
            for part in parts
            if part.amount_micro  # nobody has met the reference item: there is no such part
        ),
        events=tuple(rows),
    )


def _why(standing: SkillStanding, skill: SkillState) -> SafeText:
    """The state in a sentence or two."""
    word = _STANDING_WORDS[standing.standing].capitalize()
    if not skill.chances:
        needs = ", ".join(standing.needs)
        return safe_line(f"{word}: first {needs}." if needs else f"{word}: no answers yet.")
    signs = {Outcome.RIGHT: "right", Outcome.WITH_HELP: "with help", Outcome.NOT_YET: "not yet"}
    recent = ", ".join(signs[Outcome(outcome)] for outcome in skill.recent)
    counted = f"{skill.right_alone} of {skill.attempts} counted answers right alone"
    chance = f"a right answer alone is {round(skill.p_micro / 10_000)} % likely"
    last = f" The last ones: {recent}." if recent else ""
    return safe_line(f"{word}: {counted}; {chance}.{last}")


def _dates(classroom: "Classroom", now_ms: int) -> Callable[[StoredEvent], Dated]:
    """How far the date of an event can be believed, as this node knows it now."""
    school_id = classroom.home.school_id
    with classroom.store.reading() as connection:
        moved = clock_rows.corrected(connection, school_id, by_ms=OFF_MS)
    latest_ms = (now_ms if is_believable(now_ms) else LATEST_MS) + DAY_MS

    def dated(stored: StoredEvent) -> Dated:
        if not EARLIEST_MS <= stored.happened_ms <= latest_ms:
            return Dated.UNKNOWN
        return Dated.ABOUT if stored.log_id in moved else Dated.RIGHT

    return dated


def _evidence_rows(
    events: Sequence[StoredEvent], book: CourseBook, dated: Callable[[StoredEvent], Dated]
) -> list[EvidenceRow]:
    """Her answers in their order, each with what the fold made of it."""
    rows: list[EvidenceRow] = []
    last: dict[tuple[str, str], tuple[bytes, int]] = {}
    for stored in events:
        if stored.event.kind != Kind.ATTEMPT:
            continue
        try:
            attempt = payload_of(stored.event)
        except KindError:
            continue
        if not isinstance(attempt, Attempt):
            continue
        here, item = (attempt.sitting, attempt.nth), (attempt.pack, attempt.item)
        again = last.get(item) == here
        last[item] = here
        evidence = evidence_of(attempt, happened_ms=stored.happened_ms, again=again)
        rows.append(_row(stored, attempt, evidence, book, dated(stored)))
    return rows


def _row(
    stored: StoredEvent, attempt: Attempt, evidence: Evidence, book: CourseBook, dated: Dated
) -> EvidenceRow:
    return EvidenceRow(
        when_ms=stored.happened_ms,
        item=book.asked(attempt),
        answer=book.answered(attempt),
        right=attempt.right,
        help=_help(attempt),
        try_nth=attempt.try_nth,
        weight=evidence.weight,
        reason=safe_line(sentence(evidence.why)),
        skills=evidence.skills,
        log=stored.log_id.hex(),
        seq=stored.seq,
        dated=dated,
    )


def _help(attempt: Attempt) -> SafeText:
    words: list[str] = []
    hints = attempt.help & Help.HINTS
    if hints:
        words.append("1 hint" if hints == 1 else f"{hints} hints")
    if attempt.help & Help.LESSON:
        words.append("lesson")
    if attempt.help & Help.SOLUTION:
        words.append("solution")
    return SafeText(", ".join(words))
