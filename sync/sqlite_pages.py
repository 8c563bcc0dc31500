"""Rows of a damaged SQLite file, page by page, without SQLite (sqlite.org/fileformat2.html).

Pure: bytes in, values out. A page that holds rows is read whatever became of those above it; what
cannot be read is left out, silently: whoever uses the rows must be able to tell true ones from
wreckage. Committed frames of the WAL stand in for the pages that they replace.
"""

import mmap
import struct
from collections.abc import Iterator
from typing import Final

Value = int | float | bytes | str | None

Raw = bytes | mmap.mmap

PAGE_BYTES: Final = 4096
"""What our stores have; the header of a damaged file is not asked."""

_HEADER_BYTES: Final = 100  # of the first page, before its b-tree
_INDEX_LEAF: Final = 0x0A
_TABLE_LEAF: Final = 0x0D
_CELLS_MAX: Final = (PAGE_BYTES - 8) // 4
_ROW_BYTES_MAX: Final = 1 << 20
_FIXED: Final = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_WAL_HEADER: Final = struct.Struct(">8I")
_FRAME_HEADER: Final = struct.Struct(">6I")
_WAL_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}  # the byte order of its checksums


class Pages:
    """The pages of a file with those of its WAL over them; numbered from 1."""

    def __init__(self, raw: Raw, wal: Raw = b"") -> None:
        self._raw = raw
        self._newer = _committed(wal)
        self.count = max(-(-len(raw) // PAGE_BYTES), *self._newer, 0)

    def page(self, number: int) -> bytes:
        """One page; zeros where the file ends before it does."""
        newer = self._newer.get(number)
        if newer is not None:
            return newer
        part = bytes(self._raw[(number - 1) * PAGE_BYTES : number * PAGE_BYTES])
        return part.ljust(PAGE_BYTES, b"\0")

    def rows(self) -> Iterator[tuple[int | None, tuple[Value, ...]]]:
        """(rowid, columns) of every row of every table that can be read; None WITHOUT ROWID."""
        for number in range(1, self.count + 1):
            page = self.page(number)
            at = _HEADER_BYTES if number == 1 else 0
            kind, cells = page[at], int.from_bytes(page[at + 3 : at + 5], "big")
            if kind not in {_TABLE_LEAF, _INDEX_LEAF} or cells > _CELLS_MAX:
                continue
            for nth in range(cells):
                place = at + 8 + 2 * nth
                try:
                    yield self._row(page, kind, int.from_bytes(page[place : place + 2], "big"))
                except (ValueError, IndexError, struct.error):
                    continue

    def _row(self, page: bytes, kind: int, at: int) -> tuple[int | None, tuple[Value, ...]]:
        size, at = _varint(page, at)
        rowid: int | None = None
        if kind == _TABLE_LEAF:
            rowid, at = _varint(page, at)
        return rowid, _columns(self._payload(page, kind, at, size))

    def _payload(self, page: bytes, kind: int, at: int, size: int) -> bytes:
        """The bytes of a row, those on overflow pages too. Raises ValueError."""
        if size > _ROW_BYTES_MAX:
            raise ValueError(size)
        largest = PAGE_BYTES - 35 if kind == _TABLE_LEAF else (PAGE_BYTES - 12) * 64 // 255 - 23
        if size <= largest:
            return _whole(page[at : at + size], size)
        least = (PAGE_BYTES - 12) * 32 // 255 - 23
        here = least + (size - least) % (PAGE_BYTES - 4)
        here = here if here <= largest else least
        parts = [page[at : at + here]]
        following = int.from_bytes(page[at + here : at + here + 4], "big")
        while (left := size - sum(map(len, parts))) > 0:
            if not 0 < following <= self.count or len(parts) > size // 1000 + 2:
                raise ValueError(following)
            overflow = self.page(following)
            following = int.from_bytes(overflow[:4], "big")
            parts.append(overflow[4 : 4 + left])
        return b"".join(parts)


def _whole(part: bytes, size: int) -> bytes:
    if len(part) != size:
        raise ValueError(size)
    return part


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A number of 1 to 9 bytes, and where it ends. Raises IndexError."""
    value = 0
    for nth in range(8):
        byte = raw[at + nth]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + nth + 1
    value = value << 8 | raw[at + 8]
    return value - (value >> 63 << 64), at + 9


def _columns(payload: bytes) -> tuple[Value, ...]:
    """The values of a record. Raises ValueError, IndexError or struct.error."""
    length, at = _varint(payload, 0)
    body = length
    found: list[Value] = []
    while at < length:
        kind, at = _varint(payload, at)
        size = _FIXED[kind] if kind in _FIXED else (kind - 12) // 2
        if kind in {10, 11} or kind < 0:
            raise ValueError(kind)
        found.append(_value(kind, _whole(payload[body : body + size], size)))
        body += size
    return tuple(found)


def _value(kind: int, raw: bytes) -> Value:
    if kind == 0:
        return None
    if kind <= 6:
        return int.from_bytes(raw, "big", signed=True)
    if kind == 7:
        value: float = struct.unpack(">d", raw)[0]
        return value
    if kind <= 9:
        return kind - 8
    return raw.decode("utf-8") if kind % 2 else raw


def _committed(wal: Raw) -> dict[int, bytes]:
    """The newest committed frame of each page, up to the first frame whose checksum is wrong."""
    if len(wal) < _WAL_HEADER.size:
        return {}
    magic, _, page_bytes, _, *salts, first, second = _WAL_HEADER.unpack_from(wal)
    order = _WAL_MAGIC.get(magic)
    if order is None or page_bytes != PAGE_BYTES:
        return {}
    sums = _sums(order, wal[: _WAL_HEADER.size - 8], (0, 0))
    found: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    at = _WAL_HEADER.size
    while sums == (first, second) and at + _FRAME_HEADER.size + PAGE_BYTES <= len(wal):
        number, committed, *frame_salts, first, second = _FRAME_HEADER.unpack_from(wal, at)
        page = wal[at + _FRAME_HEADER.size : at + _FRAME_HEADER.size + PAGE_BYTES]
        sums = _sums(order, wal[at : at + 8] + page, sums)
        if frame_salts != salts or sums != (first, second):
            break
        pending[number] = page
        if committed:
            found |= pending
            pending = {}
        at += _FRAME_HEADER.size + PAGE_BYTES
    return found


def _sums(order: str, raw: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's running checksum over pairs of words."""
    first, second = sums
    words = struct.unpack(f"{order}{len(raw) // 4}I", raw)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
