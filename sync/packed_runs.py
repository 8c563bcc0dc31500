"""Packed runs: consecutive events of a straight stretch of a log in one blob (sync.md section 9).

Pure. A payload is msgpack values back to back under zstd: an array is the canonical bytes of an
event, a bin of 16 bytes is the leaf of an erased one. Nothing else is needed to read it years
later: no pack, no roster, nothing of another node. What is signed is the chain, never the
packaging, so a run may be cut or packed anew at any time.

`FORM` numbers the encoding. A later one gets the next number; the old ones are read for ever.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple, Protocol

from darasa.sync.codec import pack, split_values, unpack
from darasa.sync.errors import CodecError
from darasa.sync.event import chain_after, leaf_of
from darasa.sync.ids import ID_BYTES, Chain
from darasa.sync.squeeze import expand, squeeze

FORM: Final = 1
"""zstd of msgpack values, without a dictionary."""

EVENTS_MAX: Final = 512
"""Events of one run: a look-up unpacks the run, in a millisecond or so."""

BYTES_MAX: Final = 64 * 1024
"""Clear bytes of one run; up to there `squeeze` takes everything. One event always fits."""

_BIN8: Final = 0xC4
_NOT_ORDINALS: Final = "the transactions of packed events cannot be read"


class Entry(NamedTuple):
    """What is kept of one event: its canonical bytes, or only its leaf when it was erased."""

    canonical: bytes | None
    erased_leaf: bytes | None = None

    @property
    def leaf(self) -> bytes:
        """The leaf, whose chain stays whatever happens to the bytes."""
        return leaf_of(self.canonical) if self.canonical is not None else self._leaf_kept()

    def _leaf_kept(self) -> bytes:
        assert self.erased_leaf is not None
        return self.erased_leaf


class Kept(Protocol):
    """An entry, or a link that is to become one."""

    @property
    def canonical(self) -> bytes | None:
        """Its bytes, or None when it was erased."""

    @property
    def leaf(self) -> bytes:
        """Its leaf."""


def encode(entries: Iterable[Kept]) -> bytes:
    """The payload of a run."""
    return squeeze(
        b"".join(
            pack(entry.leaf) if (canonical := entry.canonical) is None else canonical
            for entry in entries
        )
    )


def decode(form: int, payload: bytes) -> list[Entry]:
    """The entries of a payload. Raises CodecError for damage, or a form that is not known."""
    if form != FORM:
        raise CodecError(f"packed events of form {form} are not known here")
    return [_entry(value) for value in split_values(expand(payload))]


def _entry(value: bytes) -> Entry:
    if value[0] != _BIN8:
        return Entry(value)
    leaf = unpack(value)
    if len(leaf) != ID_BYTES:
        raise CodecError("a packed leaf is not 16 bytes")
    return Entry(None, leaf)


def chains(prev: bytes, entries: Iterable[Entry]) -> Iterator[Chain]:
    """The chain with each entry, computed from the one before the first."""
    chain = Chain(prev)
    for entry in entries:
        chain = chain_after(chain, entry.leaf)
        yield chain


def encode_ordinals(ordinals: Sequence[int]) -> bytes:
    """The transaction of each event: the first, then for each group of one transaction the step to
    it, and minus how many more events it has. Along a straight log they never fall.
    """
    if ordinals[0] == ordinals[-1]:  # as all that comes in one frame has
        more = len(ordinals) - 1
        return pack([ordinals[0], -more] if more else [ordinals[0]])
    numbers: list[int] = []
    before = 0
    for ordinal, same in groupby(ordinals):
        more = sum(1 for _ in same) - 1
        numbers += [ordinal - before, -more] if more else [ordinal - before]
        before = ordinal
    return pack(numbers)


def decode_ordinals(raw: bytes) -> list[int]:
    """The inverse of `encode_ordinals`. Raises CodecError for damage."""
    numbers = unpack(raw)
    if type(numbers) is not tuple or not all(type(number) is int for number in numbers):
        raise CodecError(_NOT_ORDINALS)
    ordinal = 0
    found: list[int] = []
    for number in numbers:
        if number > 0:
            ordinal += number
            found.append(ordinal)
        elif found and number > -EVENTS_MAX:
            found += [ordinal] * -number
        else:
            raise CodecError(_NOT_ORDINALS)
    return found
