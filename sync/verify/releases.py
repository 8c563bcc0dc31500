"""The programs that a simulated node may run: this one, those before it, and those to come.

A release says what its HELLO says and how it takes events of codec 1. All run the same engine: what
an older one has not is switched off, as `versions.Program` and a missing codec do it.
"""

from collections.abc import Sequence
from enum import Enum, auto
from random import Random
from typing import Final, NamedTuple

from darasa.sync.capabilities import Capability
from darasa.sync.errors import CodecError
from darasa.sync.event_codec import Coded, CodedRun, Decoded
from darasa.sync.ids import NodeId, SchoolId
from darasa.sync.versions import SPOKEN, THIS, Program, Versions


class Columns(Enum):
    """How a program takes events of codec 1."""

    READS = auto()
    ASKS_AGAIN = auto()  # it knows that there are codecs which it does not read
    REFUSES = auto()  # to it they are damage: it ends the session, as version 0.1 did


class Release(NamedTuple):
    """One program. `name` is for people."""

    name: str
    program: Program
    columns: Columns


_NEXT: Final = SPOKEN.most + 1
CURRENT: Final = Release("current", THIS, Columns.READS)
BEFORE: Final = Release("before", THIS, Columns.ASKS_AGAIN)
_LACKED: Final = int(Capability.RANGES | Capability.COLUMNS)
FIRST: Final = Release("first", Program(SPOKEN, _LACKED), Columns.REFUSES)
NEXT: Final = Release("next", Program(Versions(SPOKEN.least, _NEXT)), Columns.READS)
FAR: Final = Release("far", Program(Versions(_NEXT, _NEXT)), Columns.READS)
"""It has left this version behind: nobody of the current one can speak with it."""

_MIXED: Final = (BEFORE, BEFORE, FIRST, NEXT)
_ALL: Final = (CURRENT, CURRENT, *_MIXED, FAR)


def first_of(random: Random, older: float) -> Release:
    """What a node runs when it is met; `older` is the share of those that do not run `CURRENT`."""
    return random.choice(_MIXED) if random.random() < older else CURRENT


def another(random: Random, release: Release) -> Release:
    """What it runs after an update, forwards or back."""
    return random.choice([each for each in _ALL if each is not release])


def compares(release: Release) -> bool:
    """Whether it takes back what its peer holds, or gives it."""
    return not release.program.lacks & Capability.RANGES


def speaks(one: Release, other: Release) -> bool:
    """Whether two programs have a version in common."""
    mine, theirs = one.program.versions, other.program.versions
    return mine.least <= theirs.most and theirs.least <= mine.most


class RefusingCodec:
    """An `EventCodec` of a program that has never heard of codec 1."""

    def encode(
        self,
        runs: Sequence[tuple[CodedRun, Sequence[bytes]]],
        *,
        peer: NodeId,
        known_upto: int,
    ) -> Coded | None:
        """All goes as codec 0."""
        del runs, peer, known_upto
        return None

    def decode(
        self,
        runs: Sequence[CodedRun],
        *,
        context8: bytes | None,
        payload: bytes,
        school_id: SchoolId,
    ) -> list[list[Decoded]]:
        """It is damage."""
        del runs, context8, payload, school_id
        raise CodecError("This version reads events of codec 0 only.")

    def peer_reads(self, peer: NodeId, *, codec_1: bool) -> None:
        """It knows of one codec."""

    def context_missing(self, peer: NodeId) -> None:
        """It names no context."""
