"""The goals of the learner who sits here: what there is to choose from, and what she says of them.

Owns: the starters of a goal and the days that are offered, and the event of each word. Progress is
planning/topics.py. Nobody else sets a goal for her, and she can give each up.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from darasa.learning.aliases import root_of
from darasa.learning.errors import LearningError
from darasa.learning.goal_kinds import GOAL_SKILLS_MAX, SetGoal
from darasa.learning.planning.day_ends import day_of, end_of_day
from darasa.learning.planning.goals import GoalWord, HerGoal, goals_of, sentence, wanted
from darasa.learning.planning.standing import skill_standings, units
from darasa.learning.planning.topics import Goal, GoalProgress, goal_progress
from darasa.learning.reports.said import Said, counted, said
from darasa.learning.views import GoalView, SkillStanding, Standing
from darasa.sync.codec import convert, unpack
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.practice.desk import Desk

GOALS_MAX: Final = 5
"""At a time: a goal is what one looks at each day."""

_MORE: Final = (1, 3, 5, 10)
_FRIDAYS: Final = (0, 1, 3)
_FRIDAY: Final = 4
_GOAL_BYTES: Final = 8
_OPEN: Final = frozenset((Standing.LATER, Standing.READY, Standing.LEARNING))


@dataclass(frozen=True, slots=True)
class Starter:
    """A goal that she may choose: its sentence, and what it is of."""

    words: Said
    pack: str
    skills: tuple[str, ...]
    count: int
    what: Literal["unit", "skill", "count"]


class GoalBook:
    """One learner's goals at one computer."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def goals(self) -> tuple[HerGoal, ...]:
        """Those that she has not given up, the first that was set first."""
        return self._desk.classroom.store.read(goals_in, self._desk.learner_id)

    def wanted(self, standings: Sequence[SkillStanding]) -> tuple[Goal, ...]:
        """The same for the plan of the day."""
        return tuple(wanted(each, standings) for each in self.goals())

    def views(self, standings: Sequence[SkillStanding]) -> tuple[GoalView, ...]:
        """The same for a screen: how far each is."""
        now_ms = self._desk.now_ms()
        found = []
        for each in self.goals():
            progress = goal_progress(wanted(each, standings), standings, now_ms=now_ms)
            found.append(_view(each, progress, standings))
        return tuple(found)

    def units(self) -> tuple[Starter, ...]:
        """ "Finish …": the units that are not finished, in the order of the map."""
        found = []
        for pack in self._desk.packs():
            for unit in units(pack, skill_standings(pack, self._desk.state(), self._desk.now_ms())):
                ids = tuple(row.key[1] for row in unit.skills)[:GOAL_SKILLS_MAX]
                if unit.got < len(unit.skills):
                    words = said("Finish {unit}", unit=unit.title)
                    found.append(Starter(words, pack.id, ids, len(ids), "unit"))
        return tuple(found)

    def skills(self, standings: Sequence[SkillStanding]) -> tuple[Starter, ...]:
        """ "Learn …": the skills that were not got, those that are open first."""
        rows = [row for row in standings if row.standing in _OPEN]
        rows.sort(key=lambda row: row.standing is Standing.LATER)
        return tuple(
            Starter(said("Learn {skill}", skill=row.title), row.key[0], (row.key[1],), 1, "skill")
            for row in rows
        )

    def counts(self, standings: Sequence[SkillStanding]) -> tuple[Starter, ...]:
        """ "Have got … skills": some more than now, as far as there are so many."""
        got = sum(row.standing not in _OPEN for row in standings)
        return tuple(
            Starter(
                counted(
                    "Have got {n} skill of my map", "Have got {n} skills of my map", got + more
                ),
                "",
                (),
                got + more,
                "count",
            )
            for more in _MORE
            if got + more <= len(standings)
        )

    def days(self) -> tuple[int | None, ...]:
        """The days that are offered, as the ends of Fridays to come; the last is no day."""
        today = day_of(self._desk.now_ms())
        ahead = (_FRIDAY - today.weekday()) % 7 or 7
        fridays = [today + timedelta(days=ahead + 7 * weeks) for weeks in _FRIDAYS]
        return (*(end_of_day(each) for each in fridays), None)

    def set(self, starter: Starter, until_ms: int | None) -> None:
        """A new goal, durably. Raises LearningError for one too many, StoreError."""
        if len(self.goals()) >= GOALS_MAX:
            raise LearningError("That is enough goals for now. Give one up first.")
        desk = self._desk
        self._say(
            SetGoal(
                sitting=desk.sitting,
                goal=desk.classroom.rng(_GOAL_BYTES),
                what=starter.what,
                pack=starter.pack,
                skills=starter.skills,
                count=starter.count,
                until_ms=until_ms,
                given_up=False,
                supersedes=(),
            )
        )

    def move(self, goal: bytes, until_ms: int | None) -> None:
        """Another day for a goal. One that is gone stays so. Raises StoreError."""
        self._change(goal, until_ms=until_ms, given_up=False)

    def give_up(self, goal: bytes) -> None:
        """She wants it no longer. Raises StoreError."""
        self._change(goal, given_up=True)

    def _change(self, goal: bytes, **changes: object) -> None:
        for each in self.goals():
            if each.body.goal == goal:
                sitting = self._desk.sitting
                said_now = {"sitting": sitting, "supersedes": each.replaces, **changes}
                self._say(replace(each.body, **said_now))

    def _say(self, said_now: SetGoal) -> None:
        self._desk.record(said_now)


def goals_in(connection: sqlite3.Connection, learner_id: LearnerId) -> tuple[HerGoal, ...]:
    """The goals of a learner that were not given up, by any id of hers."""
    rows = connection.execute(
        "SELECT lamport, log_id, seq, chain, said_ms, body FROM lt_goal WHERE learner_id = ?",
        (root_of(connection, learner_id),),
    ).fetchall()
    return goals_of(
        GoalWord((lamport, log_id, seq, chain), said_ms, convert(unpack(body), SetGoal))
        for lamport, log_id, seq, chain, said_ms, body in rows
    )


def first_open(views: Sequence[GoalView]) -> GoalView | None:
    """The goal of the home screen: of those that are open, the one that ends first."""
    found = [each for each in views if each.is_open and each.of]
    return min(found, key=lambda e: (e.until_ms is None, e.until_ms or 0), default=None)


def _view(goal: HerGoal, progress: GoalProgress, standings: Sequence[SkillStanding]) -> GoalView:
    return GoalView(
        goal=goal.body.goal,
        words=sentence(goal, standings),
        got=progress.got,
        of=progress.of,
        until_ms=goal.body.until_ms,
        days_left=progress.days_left,
        is_reached=progress.of > 0 and progress.is_reached,
    )
