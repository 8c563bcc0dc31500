"""A teacher's three questions about a skill: why is she there, what would make it Got it, what now?

Owns: the sentences, of at most 14 words. What the model says and what a screen has said are told
apart. Pure: facts in, sentences out. Does not know the page, the language or where facts are from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import Outcome
from darasa.learning.mastery.base import Part
from darasa.learning.planning.mastery_rule import Condition, Lack
from darasa.learning.planning.plan_of_day import set_size
from darasa.learning.planning.standing import REFRESH_NOT_YETS, judged_word
from darasa.learning.planning.way_to_got import RIGHTS_MAX, WayToGot
from darasa.learning.planning.wording import Wording
from darasa.learning.reports.history import Reason
from darasa.learning.reports.said import Day, Said, counted, said
from darasa.learning.skill_state import Judged, SkillState
from darasa.learning.views import SkillStanding, Standing

WORDS: Final = {
    Standing.LATER: said("Later"),
    Standing.READY: said("Ready"),
    Standing.LEARNING: said("Learning"),
    Standing.GOT: said("Got it"),
    Standing.KEPT: said("Kept it"),
    Standing.REFRESH: said("Refresh"),
}
_BY_ANSWERS: Final = WORDS[Standing.LEARNING]
JUDGED: Final = {"learning": WORDS[Standing.LEARNING], "got": WORDS[Standing.GOT]}
"""What a teacher may say of a skill."""
_CERTAINTY: Final = {
    "sure": said("sure"),
    "likely": said("likely"),
    "not sure yet": said("not sure yet"),
    "too few answers": said("too few answers"),
    "no answers": said("no answers"),
}
_DIFFICULTY: Final = "how hard the item is"
_OUTCOMES: Final = {
    Outcome.RIGHT: said("right"),
    Outcome.WITH_HELP: said("with help"),
    Outcome.NOT_YET: said("not yet"),
}
PARTS: Final = {
    _DIFFICULTY: said("how hard the question is"),
    "all answers so far": said("all answers so far"),
    "this skill": said("the answers on this skill"),
    "this item before": said("this question before"),
    "time since": said("the time since"),
}
"""The parts of a model's sum, by the names that models give them, in a teacher's words."""

SURE: Final = {
    "sure": said("sure"),
    "likely": said("likely, not sure"),
}
"""How sure a state is, by `certainty`."""


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """What would be asked first, if she sat down to this skill now."""

    prompt: SafeText
    p_micro: int


@dataclass(frozen=True, slots=True)
class SkillFacts:
    """What the answers are made of. `uncounted`: answers on it that weigh nothing; `judged`: the
    words of teachers, by name, the one in force first.
    """

    name: SafeText
    standing: SkillStanding
    skill: SkillState
    certainty: str
    reason: Reason | None
    way: WayToGot
    uncounted: int
    next_question: NextQuestion | None
    judged: tuple[tuple[SafeText, Judged], ...]
    wording: Wording | None = None  # what a question with few words showed, after two with many


@dataclass(frozen=True, slots=True)
class SkillAnswers:
    """The three answers, sentence by sentence. `teacher`: what teachers say themselves of it."""

    teacher: tuple[Said, ...]
    why: tuple[Said, ...]
    got: tuple[Said, ...]
    next: tuple[Said, ...]


def skill_answers(facts: SkillFacts) -> SkillAnswers:
    """The three answers about one skill."""
    return SkillAnswers(
        teacher=tuple(_teacher(facts)),
        why=(*_where(facts), *_answers(facts), *_wording(facts), *_estimate(facts)),
        got=tuple(_got(facts)),
        next=tuple(_next(facts)),
    )


def part_words(part: Part) -> Said:
    """A part of the sum in a teacher's words."""
    return PARTS.get(part.name) or said("{name}", name=part.name)


def certainty_words(certainty: str) -> Said:
    """How sure a state is, beside its figure."""
    return _CERTAINTY.get(certainty) or said("{word}", word=certainty)


def in_thousandths(parts: Sequence[Part]) -> tuple[tuple[int, ...], int]:
    """The parts in thousandths of a logit and their sum, which they add up to as shown."""
    exact, given, amounts = 0, 0, []
    for part in parts:
        exact += part.amount_micro
        upto = (exact + 500) // 1_000
        amounts.append(upto - given)
        given = upto
    return tuple(amounts), given


def _teacher(facts: SkillFacts) -> Iterator[Said]:
    """A teacher's own word, told apart from the model's; of several, all."""
    for name, judged in facts.judged:
        yield said(
            "{teacher} says: “{word}” ({day}).",
            teacher=name,
            word=JUDGED.get(judged.word) or said("{word}", word=judged.word),
            day=Day(judged.ms),
        )
    if len({judged.word for _, judged in facts.judged}) > 1:
        yield said("They said different things at the same time; both stand.")
        yield said("Whoever says it again ends that.")
    if facts.judged:
        yield said("That is a teacher's word; the model's figures leave it out.")


def _where(facts: SkillFacts) -> Iterator[Said]:
    """Which state, and what has made it so."""
    name, row, skill = facts.name, facts.standing, facts.skill
    if row.standing is Standing.LATER:
        yield said("{name} has not begun it: other skills come first.", name=name)
        yield said("They are: {needs}.", needs=", ".join(row.needs))
        return
    if row.standing is Standing.READY:
        yield said("{name} has not begun it, and can start now.", name=name)
        return
    if row.is_judged and (row.standing is Standing.GOT or not skill.chances):
        state = WORDS[row.standing]
        yield said("{name} is at “{state}” because a teacher says so.", name=name, state=state)
        if skill.chances:
            yield said("By the answers alone it would be “{state}”.", state=_BY_ANSWERS)
        return
    yield said("{name} is at “{state}”.", name=name, state=WORDS[row.standing])
    if skill.shown_ms is None:
        yield said("No screen has said “Got it” yet.")
        return
    yield said("The screen said “Got it” on {day}.", day=Day(skill.shown_ms))
    if row.standing is Standing.KEPT:
        yield said("Right alone again a day or more after.")
    elif row.standing is Standing.REFRESH:
        yield _why_refresh(skill)


def _why_refresh(skill: SkillState) -> Said:
    if judged_word(skill) == "learning":
        return said("A teacher says “{state}” since then.", state=WORDS[Standing.LEARNING])
    if skill.not_yet_run >= REFRESH_NOT_YETS:
        return counted(
            "The last answer was not yet right alone.",
            "The last {n} answers were not yet right alone.",
            skill.not_yet_run,
        )
    last_ms = skill.shown_ms if skill.last_right_ms is None else skill.last_right_ms
    return said("The last right answer alone was on {day}.", day=Day(last_ms or 0))


def _answers(facts: SkillFacts) -> Iterator[Said]:
    """What counted and what did not."""
    skill = facts.skill
    if skill.attempts:
        yield counted(
            "{right} of {n} counted answer was right alone.",
            "{right} of {n} counted answers were right alone.",
            skill.attempts,
            right=skill.right_alone,
        )
        recent = tuple(_OUTCOMES[Outcome(each)] for each in skill.recent)
        yield said("The last ones: {recent}.", recent=recent)
    elif skill.chances:
        yield said("No answer counted so far.")
    if facts.uncounted:
        yield counted(
            "{n} answer is kept and does not count.",
            "{n} answers are kept and do not count.",
            facts.uncounted,
        )


def _wording(facts: SkillFacts) -> Iterator[Said]:
    """Whether it was the words or the skill."""
    match facts.wording:
        case Wording.WORDS:
            yield said("Two wordy questions were not yet right; one with few words was.")
            yield said("The words may be in the way: read one together.")
        case Wording.SKILL:
            yield said("Not yet with many words, nor with few: it is the skill.")
        case None:
            pass


def _estimate(facts: SkillFacts) -> Iterator[Said]:
    """What the model makes of it: a guess, and called one."""
    if facts.reason is None:
        return
    yield said(
        "The model expects {percent} % on a usual question.",
        percent=_percent(facts.reason.p_micro),
    )
    if not facts.standing.is_judged:
        sure = SURE.get(facts.certainty)
        state = WORDS[facts.standing.standing]
        if sure is None:
            yield said("The answers do not say enough yet to be sure.")
        else:
            yield said("“{state}” is {sure}.", state=state, sure=sure)
    hers = [part for part in facts.reason.parts if part.name != _DIFFICULTY]
    lifts = [part for part in hers if part.amount_micro > 0]
    lowers = [part for part in hers if part.amount_micro < 0]
    if lifts:
        most = max(lifts, key=lambda part: part.amount_micro)
        yield said("What lifts it most: {part}.", part=part_words(most))
    if lowers:
        most = min(lowers, key=lambda part: part.amount_micro)
        yield said("What lowers it most: {part}.", part=part_words(most))


def _got(facts: SkillFacts) -> Iterator[Said]:
    """What would make it Got it."""
    row, way = facts.standing, facts.way
    if facts.skill.shown_ms is not None:
        yield said("It was said already, and stays said.")
        if row.standing is Standing.REFRESH:
            yield said("A right answer alone ends “Refresh”.")
        return
    if row.is_judged and row.standing is Standing.GOT:
        yield said("A teacher says it; no screen has said it yet.")
    if way.rights is None:
        yield said("It would take more than {n} right answers in a row.", n=RIGHTS_MAX)
        yield said("Teaching will help more than practice alone.")
    else:
        yield counted(
            "{n} more right answer alone would do.",
            "{n} more right answers alone, in a row, would do.",
            way.rights,
        )
        yield counted(
            "On a different question of usual difficulty or harder.",
            "Each on a different question of usual difficulty or harder.",
            way.rights,
        )
    if not facts.skill.attempts:
        return
    if not way.lacks:
        yield said("Nothing else is missing: the next right answer says it.")
    for lack in way.lacks:
        yield _lack(lack)


def _lack(lack: Lack) -> Said:
    match lack.condition:
        case Condition.LAST_RIGHT:
            return said("Missing: the last answer has to be right, alone.")
        case Condition.INSTANCES:
            return said(
                "Missing: {need} different questions; there were {have}.",
                need=lack.need,
                have=lack.have,
            )
        case Condition.USUAL:
            return said("Missing: the last {n} of usual difficulty right, alone.", n=lack.need)
        case Condition.LIKELY:
            return said(
                "Missing: a chance of {need} %; it is {have} %.",
                need=_percent(lack.need),
                have=min(_percent(lack.have), _percent(lack.need) - 1),  # 79.9 % is not 80 %
            )


def _next(facts: SkillFacts) -> Iterator[Said]:
    """What she should do next on this skill."""
    row = facts.standing
    if row.resting:
        yield said("Nothing more today: this skill rests until tomorrow.")
        return
    match row.standing:
        case Standing.LATER:
            yield said("First: {needs}.", needs=", ".join(row.needs))
            return
        case Standing.GOT | Standing.KEPT:
            yield said("Nothing now on this skill.")
            if row.is_judged:
                yield said("Two not-yets in a row would bring it back.")
            elif row.due_ms is not None:
                yield said("It is time to refresh from {day}.", day=Day(row.due_ms))
            return
        case Standing.READY:
            yield said("Start it: about {n} questions.", n=set_size(row.standing))
        case Standing.LEARNING:
            yield said("Go on with it: about {n} questions.", n=set_size(row.standing))
        case Standing.REFRESH:
            yield said("Refresh it: about {n} questions.", n=set_size(row.standing))
    if facts.next_question is None:
        yield said("There is no other question in this pack now.")
    else:
        yield said("The first one: {prompt}", prompt=facts.next_question.prompt)
        yield said("An easier one comes first; later ones are harder.")
        yield said(
            "A right answer has {percent} %, says the model.",
            percent=_percent(facts.next_question.p_micro),
        )


def _percent(p_micro: int) -> int:
    return (p_micro + 5_000) // 10_000
