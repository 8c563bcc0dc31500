"""Columns of small numbers in few bytes: the frame that codec 1 writes (PROTOCOL.md section 5).

Owns: the range coder (rANS, Duda 2013; tables of 12 bits, words of 16) that interleaves all columns
in one stream, each under its own table (`column_models`); a raw column for what no table predicts.
Knows nothing of events: which column is coded when, and what predicts what, is the caller's.

`Writer` and `Reader` have the same methods, so that one function says how a thing is coded in both
directions: a writer codes the value that it is given and returns it, a reader ignores what it is
given and returns the value that was coded. Everything is whole numbers: every machine agrees.
"""

import struct
from collections.abc import Iterator
from typing import Final, Protocol

from darasa.sync.codec import STRING_BYTES_MAX
from darasa.sync.column_models import (
    DIRECT,
    ESCAPE,
    SEEN,
    TABLE_BITS,
    Model,
    bucket,
    number_model,
)
from darasa.sync.errors import CodecError, LocalProtocolError
from darasa.sync.squeeze import expand, squeeze

_TABLE: Final = 1 << TABLE_BITS
_MASK: Final = _TABLE - 1
_LOW: Final = 1 << 16
_STATE_BYTES: Final = 4
_WORD_BITS: Final = 16
_RENORM_SHIFT: Final = 32 - TABLE_BITS
_LOW_BITS: Final = tuple((1 << count) - 1 for count in range(TABLE_BITS + 1))
_LENGTH_BITS: Final = 6
_LONG: Final = (
    DIRECT + 4 * TABLE_BITS
)  # from this symbol on a number has more bits than `bits` takes
_OCTAVES: Final = tuple(
    (4 + (symbol & 3) << rest, TABLE_BITS - rest, (1 << TABLE_BITS - rest) - 1)
    for symbol in range(_LONG)
    if (rest := max(0, (symbol - DIRECT >> 2) + 1)) <= TABLE_BITS
)
"""Of the symbol of a short number: the least one, and how its bits are cut from a slot."""
RAW_BYTES_MAX: Final = 1 << 20
_SQUEEZED_FROM: Final = 48  # below this a zstd frame costs more than it saves
_TEXT_CHARS_MAX: Final = 63


class Coder(Protocol):
    """What `Writer` and `Reader` share."""

    @property
    def writing(self) -> bool:
        """Whether values go in; else they come out."""

    def symbol(self, model: Model, value: int, /) -> int:
        """A value of a column."""

    def bits(self, count: int, value: int, /) -> int:
        """A number of `count` bits that nothing predicts."""

    def below(self, limit: int, value: int, /) -> int:
        """A number from 0 to below `limit` (at most 4,096), each equally likely."""

    def number(self, model: Model, value: int, /) -> int:
        """Any whole number of 63 bits, small ones cheap. `model` is a `number_model`."""

    def raw(self, lengths: Model, value: bytes, /) -> bytes:
        """Bytes, in the raw column; `lengths` is a `number_model`."""

    def text(self, lengths: Model, characters: Model, value: str, /) -> str:
        """A short text; `lengths` is `even(65)`, `characters` a `text_model`."""


class _Both:
    """What is made of symbols and bits, the same in both directions."""

    def symbol(self, model: Model, value: int, /) -> int:
        raise NotImplementedError

    def bits(self, count: int, value: int, /) -> int:
        raise NotImplementedError

    def raw(self, lengths: Model, value: bytes, /) -> bytes:
        raise NotImplementedError

    def number(self, model: Model, value: int, /) -> int:
        """See `Coder`."""
        symbol = self.symbol(model, bucket(value))
        if symbol < DIRECT:
            return symbol
        if symbol < ESCAPE:
            rest = (symbol - DIRECT >> 2) + 1
            high = 4 + (symbol & 3) << rest
            return high + self._long_bits(rest, value - high)
        return self._far(symbol, value)

    def _far(self, symbol: int, value: int) -> int:
        """A number beyond the octaves of the table, or below 0."""
        if symbol == ESCAPE:
            count = self.bits(_LENGTH_BITS, value.bit_length())
            return self._long_bits(count, value)
        return -1 - self._long_bits(self.bits(_LENGTH_BITS, (~value).bit_length()), ~value)

    def _long_bits(self, count: int, value: int) -> int:
        if count <= TABLE_BITS:
            return self.bits(count, value)
        high = self._long_bits(count - TABLE_BITS, value >> TABLE_BITS)
        return high << TABLE_BITS | self.bits(TABLE_BITS, value & _MASK)

    def text(self, lengths: Model, characters: Model, value: str, /) -> str:
        """See `Coder`."""
        is_plain = len(value) <= _TEXT_CHARS_MAX and value.isascii()
        length = self.symbol(lengths, len(value) if is_plain else _TEXT_CHARS_MAX + 1)
        if length > _TEXT_CHARS_MAX:
            return self._raw_text(value)
        if len(value) != length:  # a reader knows no value yet
            value = "\0" * length
        codes = [self.symbol(characters, ord(character)) for character in value]
        return bytes(codes).decode("ascii")

    def _raw_text(self, value: str) -> str:
        raw = self.raw(_RAW_TEXT.fresh(), value.encode())
        if len(raw) > STRING_BYTES_MAX:
            raise CodecError("A text in a column is longer than any event has.")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise CodecError("A text in a column is not UTF-8.") from error


_RAW_TEXT: Final = number_model()


class Writer(_Both):
    """Values into columns; `finish` gives the bytes."""

    writing: Final = True

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []
        self._raw = bytearray()

    def symbol(self, model: Model, value: int, /) -> int:
        """See `Coder`. (As in `Reader.symbol`, what `Model.saw` does stands inside.)"""
        self._spans.append(model.spans[value])
        model.weights[value] += SEEN
        left = model.left = model.left - 1
        if not left:
            model.learn()
        return value

    def number(self, model: Model, value: int, /) -> int:
        """See `Coder`."""
        symbol = bucket(value)
        if not DIRECT <= symbol < _LONG:
            return super().number(model, value)
        self.symbol(model, symbol)
        high, rest, _ = _OCTAVES[symbol]
        self._spans.append((value - high << rest, 1 << rest))
        return value

    def bits(self, count: int, value: int, /) -> int:
        """See `Coder`; at most 12 bits."""
        share = 1 << (TABLE_BITS - count)
        self._spans.append((value * share, share))
        return value

    def below(self, limit: int, value: int, /) -> int:
        """See `Coder`."""
        start = value * _TABLE // limit
        self._spans.append((start, (value + 1) * _TABLE // limit - start))
        return value

    def raw(self, lengths: Model, value: bytes, /) -> bytes:
        """See `Coder`."""
        self.number(lengths, len(value))
        self._raw += value
        return value

    def finish(self) -> bytes:
        """The stream, and after it the raw column: `varint words | state | words | raw`."""
        words: list[int] = []
        state = _LOW
        for start, share in reversed(self._spans):
            if state >= share << _RENORM_SHIFT:
                words.append(state & 0xFFFF)
                state >>= _WORD_BITS
            # that is (state // share << TABLE_BITS) + state % share + start, divided once
            state += state // share * (_TABLE - share) + start
        words.reverse()
        head = _varint(len(words)) + state.to_bytes(_STATE_BYTES, "big")
        return head + struct.pack(f">{len(words)}H", *words) + self._raw_column()

    def _raw_column(self) -> bytes:
        if not self._raw:
            return b""
        raw = bytes(self._raw)
        if len(raw) > RAW_BYTES_MAX:
            raise LocalProtocolError(f"{len(raw)} bytes in a raw column are too many")
        if len(raw) >= _SQUEEZED_FROM:
            squeezed = squeeze(raw)
            if len(squeezed) < len(raw):
                return b"\1" + squeezed
        return b"\0" + raw


class Reader(_Both):
    """Values out of columns. Every method raises CodecError when there are none left.

    `finish` raises CodecError unless the columns end there.
    """

    writing: Final = False

    def __init__(self, payload: bytes) -> None:
        count, at = _read_varint(payload)
        end = at + _STATE_BYTES + 2 * count
        if len(payload) < end:
            raise CodecError("A part of the columns is missing.")
        self._state = int.from_bytes(payload[at : at + _STATE_BYTES], "big")
        words = struct.unpack_from(f">{count}H", payload, at + _STATE_BYTES)
        self._words: Iterator[int] = iter(words)
        self._raw = _raw_of(payload[end:])
        self._raw_at = 0
        if self._state < _LOW:
            raise CodecError("The columns begin wrong.")

    def symbol(self, model: Model, value: int = 0, /) -> int:
        """See `Coder`. Half of the time of a frame is spent here: `saw` stands inside."""
        state = self._state
        slot = state & _MASK
        symbol = model.slots[slot]
        start, share = model.spans[symbol]
        state = share * (state >> TABLE_BITS) + slot - start
        self._state = state if state >= _LOW else self._more(state)
        model.weights[symbol] += SEEN
        left = model.left = model.left - 1
        if not left:
            model.learn()
        return symbol

    def bits(self, count: int, value: int = 0, /) -> int:
        """See `Coder`; at most 12 bits."""
        state = self._state
        rest = TABLE_BITS - count
        found = (state & _MASK) >> rest
        state = (state >> TABLE_BITS << rest) + (state & _LOW_BITS[rest])
        self._state = state if state >= _LOW else self._more(state)
        return found

    def number(self, model: Model, value: int = 0, /) -> int:
        """See `Coder`. `symbol`, and what `bits` does for short ones, stand inside here too."""
        state = self._state
        slot = state & _MASK
        symbol = model.slots[slot]
        start, share = model.spans[symbol]
        state = share * (state >> TABLE_BITS) + slot - start
        if state < _LOW:
            state = self._more(state)
        model.weights[symbol] += SEEN
        left = model.left = model.left - 1
        if not left:
            model.learn()
        if not DIRECT <= symbol < _LONG:
            self._state = state
            return symbol if symbol < DIRECT else self._long(symbol)
        high, rest, mask = _OCTAVES[symbol]
        found = high + ((state & _MASK) >> rest)
        state = (state >> TABLE_BITS << rest) + (state & mask)
        self._state = state if state >= _LOW else self._more(state)
        return found

    def _long(self, symbol: int) -> int:
        """The rest of a number of more than 12 bits."""
        if symbol >= ESCAPE:
            return self._far(symbol, 0)
        rest = (symbol - DIRECT >> 2) + 1
        return (4 + (symbol & 3) << rest) + self._long_bits(rest, 0)

    def below(self, limit: int, value: int = 0, /) -> int:
        """See `Coder`."""
        state = self._state
        slot = state & _MASK
        found = ((slot + 1) * limit - 1) // _TABLE
        start = found * _TABLE // limit
        share = (found + 1) * _TABLE // limit - start
        state = share * (state >> TABLE_BITS) + slot - start
        self._state = state if state >= _LOW else self._more(state)
        return found

    def raw(self, lengths: Model, value: bytes = b"", /) -> bytes:
        """See `Coder`."""
        length = self.number(lengths, 0)
        end = self._raw_at + length
        if length < 0 or end > len(self._raw):
            raise CodecError("The raw column holds less than the others say.")
        found = self._raw[self._raw_at : end]
        self._raw_at = end
        return found

    def finish(self) -> None:
        """Check that nothing is left."""
        if self._state != _LOW or next(self._words, None) is not None:
            raise CodecError("The columns hold more than their rows.")
        if self._raw_at != len(self._raw):
            raise CodecError("The raw column holds more than the others say.")

    def _more(self, state: int) -> int:
        word = next(self._words, None)
        if word is None:
            raise CodecError("The columns hold less than their rows.")
        return state << _WORD_BITS | word


def _raw_of(column: bytes) -> bytes:
    if not column:
        return b""
    if column[0] > 1 or len(column) == 1:
        raise CodecError("The raw column is of an unknown kind.")
    return expand(column[1:], limit=RAW_BYTES_MAX) if column[0] else column[1:]


def _varint(value: int) -> bytes:
    """Seven bits a byte, low ones first; the high bit says that more follow."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _read_varint(raw: bytes) -> tuple[int, int]:
    """A varint of at most four bytes at the front, and where it ends. Raises CodecError."""
    value = 0
    for at, byte in enumerate(raw[:4]):
        value |= (byte & 0x7F) << (7 * at)
        if byte <= 0x7F:
            return value, at + 1
    raise CodecError("The columns have no length.")
