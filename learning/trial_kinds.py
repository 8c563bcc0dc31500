"""Kinds 25 and 26: a learner shows that she knows a skill, or finds her start in a course.

Owns: their bodies. Each brackets answers of one sitting in one log: those between the event that
begins a trial and the one that ends it. One that was never ended, by a power cut or because the
screen was left, was stopped. What they come to is in trials.py. Pure.
"""

from enum import IntEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from darasa.learning.kind_fields import Bytes8, Key

KNOWN_MAX: Final = 2_000
"""Skills that one placement takes as known."""


class ChallengePhase(IntEnum):
    """Where a try to skip by showing is."""

    BEGUN = 0
    PASSED = 1
    FAILED = 2
    STOPPED = 3


class PlacementPhase(IntEnum):
    """Where a placement is. One that goes on in another sitting is begun there once more."""

    BEGUN = 0
    ENDED = 1
    STOPPED = 2


class Challenge(Struct, frozen=True, array_like=True):
    """A learner tries to skip a skill by showing that she knows it."""

    sitting: Bytes8
    pack: Key
    skill: Key
    phase: Annotated[int, Meta(ge=0, le=3)]  # ChallengePhase


class Placement(Struct, frozen=True, array_like=True):
    """A learner looks for her start. `known`, at its end: the skills that it takes as known."""

    sitting: Bytes8
    pack: Key
    phase: Annotated[int, Meta(ge=0, le=2)]  # PlacementPhase
    known: Annotated[tuple[Key, ...], Meta(max_length=KNOWN_MAX)]


TrialSaid = Challenge | Placement
