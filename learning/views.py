"""What screens are given: frozen values with everything a presenter needs and nothing more.

Owns: the shapes only. Made by planning/ and practice/, read by every client. Text
in them comes from packs as SafeText, and is made safe again where it is displayed. Times are
milliseconds since 1970 by this machine; probabilities are in units of 1e-6.
"""

from dataclasses import dataclass
from enum import StrEnum

from darasa.content_packs.grading import Picked, Verdict
from darasa.content_packs.instance import ItemInstance
from darasa.content_packs.lesson import Section
from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import SkillKey
from darasa.learning.reports.said import ENGLISH, Said


class Standing(StrEnum):
    """Where a learner is with a skill (ux.md section 3.3)."""

    LATER = "later"
    READY = "ready"
    LEARNING = "learning"
    GOT = "got"
    KEPT = "kept"
    REFRESH = "refresh"


class PlanKind(StrEnum):
    """What a line of the plan of the day is."""

    CARRY_ON = "carry-on"
    REFRESH = "refresh"
    GROUP = "group"
    ASSIGNED = "assigned"
    WEEK = "week"
    GOAL = "goal"
    TOPIC = "topic"
    HARDER = "harder"
    START = "start"
    REST = "rest"
    CHOICE = "choice"


class Phase(StrEnum):
    """Where a learner is with the item on the screen."""

    ASK = "ask"
    FEEDBACK = "feedback"
    SOLUTION = "solution"


class ItemRole(StrEnum):
    """Why an item is in a set."""

    SET = "set"  # of the set's own skill
    REVIEW = "review"  # of a skill that it is time to refresh
    MIXED = "mixed"  # of a skill she knows, between the last ones before "Got it"
    NEEDED = "needed"  # of a skill that comes before, as this one was too hard now
    HARDER = "harder"  # a challenge, which she chose


@dataclass(frozen=True, slots=True)
class SkillStanding:
    """One skill for one learner. `needs` are titles of what comes before and is not there yet.

    `before` are the same skills by their keys. `challenges` are items that are harder and new to
    her, once she has got it.
    """

    key: SkillKey
    title: SafeText
    unit: SafeText
    standing: Standing
    p_micro: int
    depth: int  # how far it is indented: the longest way from a skill that needs nothing
    needs: tuple[SafeText, ...] = ()
    attempts: int = 0
    last_ms: int | None = None
    shown_ms: int | None = None
    due_ms: int | None = None  # when it is time to refresh; None before "Got it"
    resting: bool = False  # enough for today
    before: tuple[SkillKey, ...] = ()
    challenges: int = 0
    is_judged: bool = False  # the standing is a teacher's word
    placed: bool = False  # taken as known when she looked for her start
    leans_on_start: bool = False  # something that it requires was, and has not been got


@dataclass(frozen=True, slots=True)
class UnitView:
    """One unit of the map, skills in the pack's order."""

    pack: str
    course: SafeText
    title: SafeText
    skills: tuple[SkillStanding, ...]

    @property
    def got(self) -> int:
        """How many were got, whatever has become of them since."""
        got = (Standing.GOT, Standing.KEPT, Standing.REFRESH)
        return sum(skill.standing in got for skill in self.skills)

    @property
    def to_refresh(self) -> int:
        """How many it is time to practise again."""
        return sum(skill.standing is Standing.REFRESH for skill in self.skills)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the plan of the day; `why` is its reason in sentences the learner can read.

    `key` is None for a free choice. `nth` and `of` are the place in a set that goes on; `of` alone
    is about how many items the line offers.
    """

    kind: PlanKind
    key: SkillKey | None
    title: SafeText
    standing: Standing | None
    why: tuple[Said, ...]
    nth: int = 0
    of: int = 0

    @property
    def reason(self) -> str:
        """The reason in English, as commands and the teacher's page say it."""
        return ENGLISH.paragraph(self.why)


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal of hers: `got` of `of` skills; `of` is 0 where its course is not here.

    `until_ms` is the end of its day, and `days_left` is 0 on that day; None for no day.
    """

    goal: bytes
    words: Said
    got: int
    of: int
    until_ms: int | None
    days_left: int | None
    is_reached: bool

    @property
    def is_open(self) -> bool:
        """There is something left to do, and time for it."""
        return not self.is_reached and (self.days_left is None or self.days_left >= 0)


@dataclass(frozen=True, slots=True)
class HomeView:
    """The home screen: the plan, its first line marked; this week's learning days; her goal."""

    plan: tuple[PlanRow, ...]
    week: tuple[bool, ...]  # Monday … Sunday: an item was tried on that day
    today: int  # index into `week`
    stopped_ms: int | None  # a sitting that was cut: "last time stopped at"; said once
    hand_up: bool
    goal: GoalView | None = None  # the open one that ends first


@dataclass(frozen=True, slots=True)
class EarlierSitting:
    """One sitting. `computer` is empty for one whose name is not known here.

    `said_ms` is when she said that it was not she, None when she did not.
    """

    sitting: bytes
    begun_ms: int
    ended_ms: int | None
    computer: SafeText
    is_here: bool
    said_ms: int | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is said after an answer, which is on disk by then.

    `saved_ms` is None when nothing was recorded: the answer was not understood, or is right but is
    to be written as the item asks, and is no try. `got` names the skill whose "Got it" this answer
    brought.
    """

    verdict: Verdict
    text: SafeText | None
    read_as: SafeText | None
    saved_ms: int | None
    can_try_again: bool
    with_help: bool = False
    got: SafeText | None = None


@dataclass(frozen=True, slots=True)
class ItemView:
    """The item on the screen."""

    instance: ItemInstance
    skill: SkillKey
    skill_title: SafeText
    nth: int  # in the set, from 1
    of: int  # "of about"
    done: int  # items of this set that are finished
    tries: int
    phase: Phase
    hints: tuple[SafeText, ...]  # those shown so far
    hints_total: int
    feedback: Feedback | None  # of the last answer, while it stands
    solution: SafeText | None  # once shown
    can_show_solution: bool
    has_lesson: bool
    came_back: bool = False  # it was skipped earlier in this set
    role: ItemRole = ItemRole.SET
    has_worked: bool = False  # its solution is shown, and problems done step by step can be
    typed: str = ""  # an answer that was half typed when the item was left

    def picked(self, *places: int) -> Picked:
        """The response for choices by their places on the screen, from 0."""
        return Picked(tuple(sorted(self.instance.order[place] for place in places)))


@dataclass(frozen=True, slots=True)
class Grown:
    """One skill over a set: where it was and where it is."""

    key: SkillKey
    title: SafeText
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class SetSummary:
    """The end of a set in counts. Items: `tried` = right_first + after_hint + later + not_yet."""

    grown: tuple[Grown, ...]
    tried: int
    right_first: int
    after_hint: int
    later: int  # right on a later try, without help
    not_yet: int
    tried_again: bool  # every not-yet was tried again
    resting: SafeText | None  # a skill that rests until tomorrow
    next_up: tuple[PlanRow, ...]


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson at one reading level. `section` is the one she is at, from 1."""

    pack: str
    lesson: str
    title: SafeText
    level: str
    locale: str
    levels: tuple[str, ...]  # one only: no switch
    sections: tuple[Section, ...]
    section: int
    form: str = "main"  # or "worked": problems done step by step


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be sent, in the words of the learner."""

    what: SafeText
    answers: int


@dataclass(frozen=True, slots=True)
class WorkView:
    """ "Where is my work?" in three places. Times are None for "never" or "not known here"."""

    here_answers: int
    here_last_ms: int | None
    teacher_name: SafeText | None  # of the school server; None before the computer has joined
    teacher_unsent: int  # answers given here
    teacher_last_ms: int | None  # the last exchange
    district_has_all: bool  # as far as the school server has said
    waiting: tuple[Waiting, ...]
