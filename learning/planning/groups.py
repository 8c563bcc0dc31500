"""Groups of a class: by need, by mixed strength, by interest, or free (ux.md section 8.6).

Owns: who goes with whom, how large a group is, its name, and its reason in a sentence. Names are
neutral and dealt by the seed, so that neither a name nor the order of groups says anything of who
is in it. Pure, and the same for the same class, time and seed, in whatever order it comes.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final, NamedTuple, TypeVar

from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.evidence import SkillKey
from darasa.learning.learner_values import LearnerState
from darasa.learning.mastery.base import MICRO
from darasa.learning.planning.needs import GOT, Lack, Need, needs_of
from darasa.learning.planning.standing import skill_standings
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import SkillStanding
from darasa.sync.ids import LearnerId

MOST: Final = 5
"""Learners of a group, unless the teacher says another number: more do not talk to each other."""

LEAST: Final = 2
MOST_MIN: Final = 3
"""Less would leave one over, of three."""

MOST_MAX: Final = 12
LATELY_MS: Final = 14 * DAY_MS

NAMES: Final = (
    "Sun", "Moon", "Star", "River", "Hill", "Cloud", "Rain", "Wind", "Lake", "Sea", "Stone", "Leaf",
    "Tree", "Bird", "Fish", "Drum", "Boat", "Bell", "Kite", "Road", "Lamp", "Nest", "Seed", "Shell",
)  # fmt: skip
"""What learners see of a group: things that are neither more nor less than each other."""

_COUNTS: Final = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip


class By(StrEnum):
    """What a class is put into groups by."""

    NEED = "need"
    MIXED = "mixed"
    INTEREST = "interest"
    FREE = "free"


class Member(NamedTuple):
    """One learner. `interests` in her own words, the dearest first; none: what she worked at."""

    learner_id: LearnerId
    state: LearnerState
    interests: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Learners who work together, and why. `skill` is what to work at, where that is the reason."""

    name: str
    reason: SafeText
    learners: tuple[LearnerId, ...]
    skill: SkillKey | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A class in groups; `left` are in none, each with why not."""

    by: By
    groups: tuple[Group, ...]
    left: tuple[tuple[LearnerId, SafeText], ...]


class _Part(NamedTuple):
    """A group without a name."""

    learners: tuple[LearnerId, ...]
    reason: str
    skill: SkillKey | None = None


class _Class(NamedTuple):
    """What the rules look at. `members` are in the order of the seed."""

    members: Mapping[LearnerId, Member]
    packs: tuple[Pack, ...]
    standings: Mapping[LearnerId, Mapping[SkillKey, SkillStanding]]
    now_ms: int
    most: int

    def title(self, key: SkillKey) -> str:
        """The title of a skill, in quotation marks."""
        (title,) = (pack.skills[key[1]].title for pack in self.packs if pack.id == key[0])
        return f'"{safe_line(title)}"'


def make_groups(
    by: By,
    members: Iterable[Member],
    packs: Iterable[Pack],
    *,
    now_ms: int,
    seed: bytes,
    most: int = MOST,
) -> Grouping:
    """Put a class into groups of two to `most`. Raises ValueError for `most` out of its bounds.

    `seed`: deals what is left to chance; the class and the day, so that a page that is looked at
    again shows the same groups. Cost: a look at every skill of every learner.
    """
    if not MOST_MIN <= most <= MOST_MAX:
        raise ValueError(f"The most that a group has is a number from {MOST_MIN} to {MOST_MAX}.")
    packs = tuple(packs)
    dealt = sorted(members, key=lambda member: _order(seed, member.learner_id))
    of_class = _Class(
        {member.learner_id: member for member in dealt},
        packs,
        {
            member.learner_id: {
                row.key: row
                for pack in packs
                for row in skill_standings(pack, member.state, now_ms)
            }
            for member in dealt
        },
        now_ms,
        most,
    )
    parts = _RULES[by](of_class)
    parts.sort(key=lambda part: _order(seed, *part.learners))
    names = sorted(NAMES, key=lambda name: _order(seed, name.encode()))
    groups = tuple(
        Group(_name(names, nth), safe_line(part.reason), part.learners, part.skill)
        for nth, part in enumerate(parts)
    )
    placed = {each for group in groups for each in group.learners}
    left = tuple(
        (each, safe_line(_left(of_class, by, each)))
        for each in of_class.members
        if each not in placed
    )
    return Grouping(by, groups, left)


def _order(seed: bytes, *parts: bytes) -> bytes:
    return hashlib.blake2b(b"".join(parts), key=seed[:64], digest_size=8).digest()


def _name(names: Sequence[str], nth: int) -> str:
    again = nth // len(names)
    return names[nth % len(names)] + (f" {again + 1}" if again else "")


def _split(learners: Sequence[LearnerId], most: int) -> list[tuple[LearnerId, ...]]:
    """Parts of two to `most`, as even as they can be; one learner alone is none."""
    count = -(-len(learners) // most)
    return [tuple(learners[at::count]) for at in range(count)] if len(learners) >= LEAST else []


# -- by need --------------------------------------------------------------------------------


def _by_need(of_class: _Class) -> list[_Part]:
    """Those who lack the same skill, the largest group first; what was missed before what is next.

    A learner lacks several skills at times: she goes where most others lack the same.
    """
    needs = {
        who: {need.key: need for need in needs_of(of_class.packs, member.state, of_class.now_ms)}
        for who, member in of_class.members.items()
    }
    parts: list[_Part] = []
    for lacks in ((Lack.MISSED, Lack.SKIPPED), (Lack.READY, Lack.MISSED, Lack.SKIPPED)):
        placed = set(chain.from_iterable(part.learners for part in parts))
        wanted = {
            who: [key for key, need in hers.items() if need.lack in lacks]
            for who, hers in needs.items()
            if who not in placed
        }
        for key, learners in _gathered(wanted):
            for some in _split(learners, of_class.most):
                reason = _need_reason(of_class, key, [needs[who][key] for who in some])
                parts.append(_Part(some, reason, key))
    return parts


def _need_reason(of_class: _Class, key: SkillKey, needs: Sequence[Need]) -> str:
    """ "These four missed "Same-size fractions", which "Add" needs." """
    lacks = {need.lack for need in needs}
    if lacks == {Lack.MISSED}:
        said = f"missed {of_class.title(key)}"
    elif Lack.MISSED not in lacks:
        said = f"have not begun {of_class.title(key)}"
    else:
        said = f"have not got {of_class.title(key)} yet"
    waits = Counter(chain.from_iterable(need.waiting for need in needs))
    needed = f", which {of_class.title(waits.most_common(1)[0][0])} needs" if waits else ""
    return f"These {_count(len(needs))} {said}{needed}."


T = TypeVar("T")


def _gathered(wanted: Mapping[LearnerId, Sequence[T]]) -> list[tuple[T, list[LearnerId]]]:
    """Learners put where most go, then again of those who are left; two at least.

    Ties go to what comes first for whoever comes first.
    """
    left = dict(wanted)
    found: list[tuple[T, list[LearnerId]]] = []
    while counts := Counter(chain.from_iterable(left.values())):
        topic, count = counts.most_common(1)[0]
        if count < LEAST:
            break
        there = [who for who, topics in left.items() if topic in topics]
        found.append((topic, there))
        left = {who: topics for who, topics in left.items() if topic not in topics}
    return found


# -- mixed, interest, free ------------------------------------------------------------------


def _by_mixed(of_class: _Class) -> list[_Part]:
    """Dealt out from the strongest to the least strong, to and fro, so that groups are alike."""
    strength = {who: _strength(rows.values()) for who, rows in of_class.standings.items()}
    ranked = sorted(of_class.members, key=lambda who: -strength[who])
    count = max(1, -(-len(ranked) // of_class.most))
    dealt: list[list[LearnerId]] = [[] for _ in range(count)]
    for nth, who in enumerate(ranked):
        row, place = divmod(nth, count)
        dealt[place if row % 2 == 0 else count - 1 - place].append(who)
    order = {who: nth for nth, who in enumerate(of_class.members)}  # who is first is no rank
    parts = [tuple(sorted(part, key=order.__getitem__)) for part in dealt]
    return [_Part(part, _mixed_reason(of_class, part)) for part in parts if len(part) >= LEAST]


def _strength(rows: Iterable[SkillStanding]) -> int:
    return sum(MICRO if row.standing in GOT else row.p_micro for row in rows)


def _mixed_reason(of_class: _Class, part: Sequence[LearnerId]) -> str:
    """The skill at which they can help each other most: as many have got it as have not."""
    best: tuple[int, SkillKey, int] | None = None
    for key in of_class.standings[part[0]]:
        got = sum(of_class.standings[who][key].standing in GOT for who in part)
        even = min(got, len(part) - got)
        if even and (best is None or even > best[0]):
            best = (even, key, got)
    if best is None:
        return "Put together so that strengths differ."
    _, key, got = best
    have = "One has" if got == 1 else f"{_count(got).capitalize()} have"
    return f"{have} got {of_class.title(key)} and can show the others."


def _by_interest(of_class: _Class) -> list[_Part]:
    """Those who like the same: what they said, or else the unit that they lately worked at most."""
    topics: dict[LearnerId, list[tuple[str, bool]]] = {}
    for who, member in of_class.members.items():
        said = [(str(each), True) for each in member.interests]
        topics[who] = said or [(each, False) for each in _units_lately(of_class, member)]
    parts: list[_Part] = []
    for (topic, is_said), learners in _gathered(topics):
        like = f'chose "{topic}"' if is_said else f'lately worked most at "{topic}"'
        parts += [
            _Part(part, f"These {_count(len(part))} {like}.")
            for part in _split(learners, of_class.most)
        ]
    return parts


def _units_lately(of_class: _Class, member: Member) -> list[str]:
    """The unit with most chances on its skills, of those met within two weeks."""
    chances: Counter[str] = Counter()
    for row in of_class.standings[member.learner_id].values():
        skill = member.state.skill(row.key)
        if skill.last_ms is not None and of_class.now_ms - skill.last_ms <= LATELY_MS:
            chances[str(row.unit or row.title)] += skill.chances
    return [unit for unit, _ in chances.most_common(1)]


def _free(of_class: _Class) -> list[_Part]:
    """By chance, for whoever wants to begin from something and move people by hand."""
    parts = _split(tuple(of_class.members), of_class.most)
    return [_Part(part, "Put together by chance. Change it as you like.") for part in parts]


_RULES: Final[dict[By, Callable[[_Class], list[_Part]]]] = {
    By.NEED: _by_need,
    By.MIXED: _by_mixed,
    By.INTEREST: _by_interest,
    By.FREE: _free,
}


def _left(of_class: _Class, by: By, who: LearnerId) -> str:
    """Why one learner is in no group."""
    if by is By.NEED:
        lacks = needs_of(of_class.packs, of_class.members[who].state, of_class.now_ms)
        return "Nobody else lacks the same." if lacks else "Lacks nothing now."
    return (
        "Shares no topic with another yet." if by is By.INTEREST else "Nobody is left to go with."
    )


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else str(number)
