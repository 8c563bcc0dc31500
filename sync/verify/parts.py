"""The tables of all that may happen in a district, and the parts that only a share of them has.

A part is a way of exchanging, or of losing trust, with its habits, what goes wrong in their tries,
and what befalls nodes. Each is drawn for itself: what else happens in a seed is the same with it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from darasa.sync.verify.caring import CARE_BLOWS, CARE_HABITS
from darasa.sync.verify.floods import FLOOD_BLOWS, FLOOD_HABITS
from darasa.sync.verify.life import LIFE, Habit
from darasa.sync.verify.link_faults import LINK_FAULTS
from darasa.sync.verify.node_faults import NODE_FAULTS, Blow
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
}

HABITS: Final[dict[str, Habit]] = LIFE | {
    name: habit for part in PARTS.values() for name, habit in part.habits.items()
}
BLOWS: Final[dict[str, Blow]] = NODE_FAULTS | {
    name: blow for part in PARTS.values() for name, blow in part.blows.items()
}


def parts_of(seed: int) -> list[tuple[Part, Random]]:
    """The parts of a seed's district, each with a source of chance of its own."""
    drawn = ((part, Random(f"{name} {seed}")) for name, part in PARTS.items())
    return [(part, random) for part, random in drawn if random.random() < part.share]
