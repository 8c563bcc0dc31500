"""A learner's goals: what stands of the words that she said of them, and what each asks for.

Owns: the fold of those words, which is a function of their set, and a goal's sentence. Pure; how
far a goal is, and which skill is next, is topics.py.

Of one goal the words that no other replaces stand. It is given up when all of them say so: a day
that she changed at one computer keeps a goal that she gave up at another without having seen it.
Else the last of the others, by the order of events, is in force, and the next word replaces all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.evidence import SkillKey
from darasa.learning.goal_kinds import SetGoal
from darasa.learning.kinds import SUPERSEDES_MAX
from darasa.learning.planning.topics import Goal
from darasa.learning.reports.said import ENGLISH, Said, counted, said
from darasa.learning.views import SkillStanding


@dataclass(frozen=True, slots=True)
class GoalWord:
    """One word on a goal, with its place in the order of events."""

    order_key: tuple[int, bytes, int, bytes]
    said_ms: int
    body: SetGoal

    @property
    def chain8(self) -> bytes:
        """The name by which a later word replaces this one."""
        return self.order_key[3][:8]


@dataclass(frozen=True, slots=True)
class HerGoal:
    """A goal that stands: what was said of it last, when first, and what a next word replaces."""

    body: SetGoal
    set_ms: int
    replaces: tuple[bytes, ...]


def goals_of(words: Iterable[GoalWord]) -> tuple[HerGoal, ...]:
    """The goals that were not given up, the first that was set first; a word counts once."""
    once = {word.order_key: word for word in words}
    by_goal: dict[bytes, list[GoalWord]] = {}
    for key in sorted(once):
        by_goal.setdefault(once[key].body.goal, []).append(once[key])
    return tuple(goal for each in by_goal.values() if (goal := _standing(each)) is not None)


def _standing(words: Sequence[GoalWord]) -> HerGoal | None:
    replaced = frozenset[bytes]().union(*(word.body.supersedes for word in words))
    survivors = [word for word in words if word.chain8 not in replaced]
    wanted = [word for word in survivors if not word.body.given_up]
    if not wanted:
        return None
    chains = tuple(word.chain8 for word in survivors)
    return HerGoal(wanted[-1].body, words[0].said_ms, chains[:SUPERSEDES_MAX])


def wanted(goal: HerGoal, standings: Sequence[SkillStanding]) -> Goal:
    """A goal as the plan of the day takes it."""
    body = goal.body
    title = safe_line(ENGLISH.words(sentence(goal, standings)))
    if body.what == "count":
        every = tuple(row.key for row in standings)
        return Goal(title, every, body.until_ms, count=body.count)
    return Goal(title, keys_of(body), body.until_ms)


def keys_of(body: SetGoal) -> tuple[SkillKey, ...]:
    """The skills that a goal names."""
    return tuple((body.pack, skill) for skill in body.skills)


def sentence(goal: HerGoal, standings: Sequence[SkillStanding]) -> Said:
    """What she wants, in the words that she chose it by."""
    body = goal.body
    known: Mapping[SkillKey, SkillStanding] = {row.key: row for row in standings}
    first = next((known[key] for key in keys_of(body) if key in known), None)
    name = SafeText(body.pack) if first is None else first.title
    if body.what == "count":
        return counted("Have got {n} skill of my map", "Have got {n} skills of my map", body.count)
    if body.what == "unit":
        return said("Finish {unit}", unit=safe_line(name if first is None else first.unit))
    return said("Learn {skill}", skill=safe_line(name))
