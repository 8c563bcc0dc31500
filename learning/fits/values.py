"""Records of the scope `b"p"` of the feed: parts of fits, and which fit a school goes by. Pure.

    ["fit", fit_id, nth, of, bytes]     a part; its record id follows from the first three
    ["rules", fit_id|nil]               the fit that the learners of this school are folded by

The second comes last in a list, as its record id sorts last: what it names is there by then.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from darasa.learning.kind_fields import Bytes16
from darasa.learning.kinds import FIT_PART_BYTES_MAX, FIT_PARTS_MAX, FitPart
from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.ids import hash16

RULES_RECORD: Final = b"\xff" * 16
_PART_ID_BYTES: Final = 15  # after a zero: before the record of the rules


class FitPartValue(Struct, frozen=True, array_like=True, tag="fit"):
    """A part of a fit."""

    fit: Bytes16
    nth: Annotated[int, Meta(ge=0, lt=FIT_PARTS_MAX)]
    of: Annotated[int, Meta(ge=1, le=FIT_PARTS_MAX)]
    data: Annotated[bytes, Meta(min_length=1, max_length=FIT_PART_BYTES_MAX)]

    @property
    def record_id(self) -> bytes:
        """One record a part."""
        return b"\0" + hash16(b"fit\0" + self.fit + bytes((self.nth,)))[:_PART_ID_BYTES]

    def to_bytes(self) -> bytes:
        """As it is published."""
        return pack(("fit", self.fit, self.nth, self.of, self.data))


class RulesValue(Struct, frozen=True, array_like=True, tag="rules"):
    """The fit in force; None: what ships with the program."""

    fit: Bytes16 | None

    @property
    def record_id(self) -> bytes:
        """The one record of a school."""
        return RULES_RECORD

    def to_bytes(self) -> bytes:
        """As it is published."""
        return pack(("rules", self.fit))


def parse_fit_value(raw: bytes) -> FitPartValue | RulesValue | None:
    """The value of a record; None for a shape that this version does not know."""
    try:
        return convert(unpack(raw), FitPartValue | RulesValue)
    except (CodecError, msgspec.ValidationError):
        return None


def whole_fits(
    parts: Iterable[FitPart | FitPartValue],
) -> Mapping[bytes, list[bytes]]:
    """The parts of each fit of which all are there, in their order."""
    found: dict[bytes, dict[int, FitPart | FitPartValue]] = {}
    for part in parts:
        found.setdefault(part.fit, {})[part.nth] = part
    return {
        fit_id: [by_nth[nth].data for nth in range(by_nth[0].of)]
        for fit_id, by_nth in found.items()
        if 0 in by_nth and all(nth in by_nth for nth in range(by_nth[0].of))
    }
