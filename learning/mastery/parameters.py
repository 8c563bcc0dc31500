"""Parameters of a mastery model: a versioned record, its canonical bytes, its digest, its reader.

Pure. A record says for which model it is, its weights, and what is known of single skills and
items; all numbers are whole, in units of 1e-6. Canonical bytes are JSON with sorted keys and
without spaces: a person can read them, and equal records have equal bytes. Which values a skill or
an item has is the model's affair (see each model's file).

The reader takes what others wrote: it bounds size, rows, names and numbers.
"""

import hashlib
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from darasa.learning.evidence import ItemKey, SkillKey

FORMAT: Final = "darasa-mastery-1"
FILE_BYTES_MAX: Final = 256 << 20
ROWS_MAX: Final = 2_000_000
_LOGIT_MAX: Final = 50_000_000  # of a weight or a difficulty; beyond twelve nothing changes
_VALUES_MAX: Final = 8

Micro = Annotated[int, Meta(ge=-_LOGIT_MAX, le=_LOGIT_MAX)]
_Name = Annotated[str, Meta(max_length=4_096)]
_Short = Annotated[str, Meta(min_length=1, max_length=64)]
_Values = Annotated[tuple[Micro, ...], Meta(max_length=_VALUES_MAX)]
_Rows = Annotated[tuple["NamedValues", ...], Meta(max_length=ROWS_MAX)]

Mode = Literal["cold", "pack", "refit"]
"""Nothing known; difficulties of items known; everything fitted to answers."""


class ParametersError(ValueError):
    """The bytes are no parameters, or not of this model; the text says why."""


class NamedValues(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """What is known of one skill or item."""

    pack: _Name
    name: _Name
    values: _Values


class Parameters(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of a model's parameters. `weights` by the names of the model's features."""

    format: Literal["darasa-mastery-1"] = FORMAT
    model: _Short
    name: _Short
    version: Annotated[int, Meta(ge=1, le=1 << 31)] = 1
    mode: Mode
    weights: Annotated[dict[_Short, Micro], Meta(max_length=256)]
    skills: _Rows = ()
    items: _Rows = ()
    source: Annotated[str, Meta(max_length=4_096)] = ""

    def to_bytes(self) -> bytes:
        """Canonical bytes: equal parameters, equal bytes, in whatever order their rows came."""
        rows = {
            "skills": sorted(self.skills, key=_key),
            "items": sorted(self.items, key=_key),
        }
        return msgspec.json.encode(msgspec.structs.asdict(self) | rows, order="sorted") + b"\n"

    def digest(self) -> str:
        """BLAKE2b-128 of the canonical bytes, 32 hex digits."""
        return hashlib.blake2b(self.to_bytes(), digest_size=16).hexdigest()

    def values_of_skills(self, count: int) -> dict[SkillKey, tuple[int, ...]]:
        """By skill; raises ParametersError unless each has `count` values and comes once."""
        return _by_key(self.skills, count, "skill")

    def values_of_items(self, count: int) -> dict[ItemKey, tuple[int, ...]]:
        """By item; raises ParametersError unless each has `count` values and comes once."""
        return _by_key(self.items, count, "item")


_DECODER: Final = msgspec.json.Decoder(Parameters)


def parameters_from(raw: bytes) -> Parameters:
    """The record in these bytes, canonical or not. Raises ParametersError."""
    if len(raw) > FILE_BYTES_MAX:
        raise ParametersError("it is too large for parameters")
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParametersError(f"it holds no mastery parameters: {error}") from error


def _by_key(
    rows: tuple[NamedValues, ...], count: int, what: str
) -> dict[tuple[str, str], tuple[int, ...]]:
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for row in rows:
        if len(row.values) != count:
            raise ParametersError(f"{what} {row.name!r} has {len(row.values)} values, not {count}")
        found[row.pack, row.name] = row.values
    if len(found) != len(rows):
        raise ParametersError(f"a {what} is named twice")
    return found


def _key(row: NamedValues) -> tuple[str, str]:
    return row.pack, row.name
