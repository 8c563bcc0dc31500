"""The tables of all that may happen in a district, and the parts that only a share of them has.

A part is a way of exchanging, or of losing trust, with its habits, what goes wrong in their tries,
and what befalls nodes. Each is drawn for itself: what else happens in a seed is the same with it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from darasa.sync.verify.before_erasure import OLDER_FAULTS
from darasa.sync.verify.by_stick import STICK_FAULTS, STICK_HABITS
from darasa.sync.verify.caring import CARE_BLOWS, CARE_HABITS
from darasa.sync.verify.carrying_days import CARRYING_HABITS
from darasa.sync.verify.erasing_days import ERASURE_BLOWS, ERASURE_HABITS, OLDER_HABITS
from darasa.sync.verify.floods import FLOOD_BLOWS, FLOOD_HABITS
from darasa.sync.verify.life import LIFE, Habit
from darasa.sync.verify.link_faults import LINK_FAULTS
from darasa.sync.verify.node_faults import NODE_FAULTS, Blow
from darasa.sync.verify.removing_days import REMOVAL_BLOWS, REMOVAL_HABITS
from darasa.sync.verify.updates import UPDATE_BLOWS, UPDATE_HABITS


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a `share` of all districts has, `times` as often as ordinary actions."""

    share: float
    times: float
    habits: Mapping[str, Habit]
    faults: Collection[str] = ()  # of a try of one of its habits
    blows: Mapping[str, Blow] = field(default_factory=dict)


PARTS: Final[dict[str, Part]] = {
    "floods": Part(0.5, 0.06, FLOOD_HABITS, (), FLOOD_BLOWS),
    "care": Part(0.5, 0.06, CARE_HABITS, LINK_FAULTS, CARE_BLOWS),
    "updates": Part(0.5, 0.06, UPDATE_HABITS, (), UPDATE_BLOWS),
    "sticks": Part(0.3, 0.25, STICK_HABITS, STICK_FAULTS),
    "carrying": Part(0.15, 0.12, CARRYING_HABITS, LINK_FAULTS),
    "removal": Part(0.2, 0.08, REMOVAL_HABITS, (), REMOVAL_BLOWS),
    "erasure": Part(0.25, 0.12, ERASURE_HABITS, (), ERASURE_BLOWS),
    "before erasure": Part(0.2, 0.12, OLDER_HABITS, OLDER_FAULTS),
}

HABITS: Final[dict[str, Habit]] = LIFE | {
    name: habit for part in PARTS.values() for name, habit in part.habits.items()
}
BLOWS: Final[dict[str, Blow]] = NODE_FAULTS | {
    name: blow for part in PARTS.values() for name, blow in part.blows.items()
}


def parts_of(seed: int) -> dict[str, Random]:
    """The names of the parts of a seed's district, each with a source of chance of its own."""
    drawn = {name: Random(f"{name} {seed}") for name in PARTS}
    return {name: random for name, random in drawn.items() if random.random() < PARTS[name].share}
