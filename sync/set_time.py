"""What a server takes for the time when its own machine is wrong, kept from one start to the next.

Owns the file `clock.json` in the folder of a node, and the rule for when it still holds. It is of
this node alone: it is never sent, and is in no copy. Who said it is in the log. The rule is pure.
"""

import contextlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from darasa.sync.errors import HomeError
from darasa.sync.home_files import speaking, write_whole

FILE_NAME: Final = "clock.json"
_BYTES_MAX: Final = 4_096
_MONTH_MS: Final = 30 * 24 * 3_600_000

_Ms = Annotated[int, Meta(ge=-(2**53), lt=2**53)]


class By(StrEnum):
    """Whose word it is. A person's stands against a hub's until she takes it back."""

    PERSON = "person"
    HUB = "hub"


class SetTime(Struct, frozen=True, forbid_unknown_fields=False):
    """When the machine said `machine_ms` it was `true_ms`, both since 1970."""

    machine_ms: _Ms
    true_ms: _Ms
    by: By

    @property
    def offset_ms(self) -> int:
        """How much the machine lacks."""
        return self.true_ms - self.machine_ms


def holds(said: SetTime, machine_ms: int) -> bool:
    """Whether it is still to be applied, by what the machine says at a start.

    A machine that was years behind and is now past what was said has been set right since; so has
    one that was ahead and is now behind what it said then. By less than a month it cannot be told,
    and the word holds.
    """
    if said.offset_ms < 0:
        return machine_ms >= said.machine_ms
    return machine_ms < said.true_ms or said.offset_ms <= _MONTH_MS


def read_set_time(folder: Path) -> SetTime | None:
    """What is kept; None for no file, and for one that cannot be read."""
    try:
        with (folder / FILE_NAME).open("rb") as stream:
            return msgspec.json.decode(stream.read(_BYTES_MAX), type=SetTime, strict=True)
    except (OSError, ValueError):
        return None


def keep_set_time(folder: Path, said: SetTime | None) -> None:
    """Keep it, durably; None forgets. Raises HomeError."""
    with speaking(folder, "written"):
        if said is None:
            (folder / FILE_NAME).unlink(missing_ok=True)
        else:
            write_whole(folder / FILE_NAME, msgspec.json.encode(said) + b"\n")


class KeptTime:
    """The file of one node, for a clock that changes it; only who holds the node `writes`."""

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self._folder = folder
        self._writes = writes

    def read(self) -> SetTime | None:
        """What is kept."""
        return read_set_time(self._folder)

    def keep(self, said: SetTime | None) -> None:
        """Keep it. A folder that cannot be written now keeps what it had: the clock goes on."""
        if self._writes:
            with contextlib.suppress(HomeError):
                keep_set_time(self._folder, said)
