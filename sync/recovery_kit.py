"""A school's recovery kit: its keys on two sheets of paper, of which each alone tells nothing.

Owns: what a kit holds, its split into two halves (the first is random, the second is the kit under
it), and the rows of letters that people keep and type again. Pure. Whoever holds both halves can
read the school's personal text and speak as its server (sync.md section 4, threat-model.md).

A row is `NN XXXX XXXX XXXX XXXX CC`: its number, ten bytes in Crockford's base 32, and a check of
half, row and bytes, so that a mistyped row is named. The kit itself ends with a check of its own.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta, Struct

from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.errors import SyncError
from darasa.sync.ids import Rng

FORMAT: Final = 1
SEAL_KEYS_MAX: Final = 32
KIT_ID_BYTES: Final = 4
_CHECK_BYTES: Final = 4
_ROW_BYTES: Final = 10
_ROW_LETTERS: Final = 16
_GROUP: Final = 4
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE: Final = str.maketrans("OIL", "011")
_TITLE: Final = "DARASA RECOVERY KIT"

Key32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Id16 = Annotated[bytes, Meta(min_length=16, max_length=16)]


class KitError(SyncError):
    """A half that cannot be read, or halves that do not belong together; the message says where."""


class RecoveryKit(Struct, frozen=True, array_like=True):
    """What brings a school's server back: `seal_keys` are private halves, the newest first."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    school_id: Id16
    name: Annotated[str, Meta(max_length=200)]
    node_key: Key32
    seal_keys: Annotated[tuple[Key32, ...], Meta(min_length=1, max_length=SEAL_KEYS_MAX)]

    def to_bytes(self) -> bytes:
        """Packed, with its check at the end."""
        raw = pack((self.format, self.school_id, self.name, self.node_key, self.seal_keys))
        return raw + _check(raw)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """The kit of joined halves. Raises KitError."""
        body, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
        if _check(body) != check:
            raise KitError("These two halves do not belong together.")
        try:
            return convert(unpack(body), cls)
        except (CodecError, msgspec.ValidationError) as error:
            raise KitError("This kit was made by a newer Darasa. Update Darasa.") from error


class KitHalf(Struct, frozen=True):
    """One sheet: `which` is 1 or 2, `kit_id` is on both sheets of a kit."""

    kit_id: bytes
    which: int
    raw: bytes


def split_kit(kit: RecoveryKit, rng: Rng) -> tuple[KitHalf, KitHalf]:
    """The two halves; takes as many bytes of `rng` as the kit has, and four."""
    raw = kit.to_bytes()
    kit_id, veil = rng(KIT_ID_BYTES), rng(len(raw))
    return KitHalf(kit_id, 1, veil), KitHalf(kit_id, 2, _xor(raw, veil))


def join_kit(halves: Sequence[KitHalf]) -> RecoveryKit:
    """The kit of its two halves, in any order. Raises KitError."""
    if sorted(half.which for half in halves) != [1, 2]:
        raise KitError("A kit needs its half 1 and its half 2.")
    one, two = halves
    if one.kit_id != two.kit_id or len(one.raw) != len(two.raw):
        raise KitError("These two halves do not belong together.")
    return RecoveryKit.from_bytes(_xor(one.raw, two.raw))


def half_to_text(half: KitHalf, *, name: str, made: str) -> str:
    """The sheet for printing. `name` is the school's, cleaned; `made` a date for people."""
    rows = [
        f"{number:02} {_grouped(part)} {_row_check(half.which, number, part)}"
        for number, part in enumerate(_parts(_framed(half.raw)), start=1)
    ]
    return "\n".join(
        [
            f"{_TITLE}   half {half.which} of 2   kit {half.kit_id.hex()}",
            f"School: {name}",
            f"Made:   {made}",
            "Keep the two halves with two people, in two places. Never photograph them.",
            "",
            *rows,
            "",
        ]
    )


def half_of_text(text: str) -> KitHalf:
    """The half of a printed or typed sheet; case and look-alike letters do not matter.

    Raises KitError with the row that is wrong.
    """
    which, kit_id = _heading(text)
    raw = bytearray()
    expected = 1
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3 or not words[0].isdecimal():  # a ² is a digit, and no number
            continue
        number = int(words[0])
        if number != expected:
            raise KitError(f"Row {expected} is missing in half {which}.")
        raw += _row_bytes(which, number, "".join(words[1:]))
        expected += 1
    return KitHalf(kit_id, which, _unframed(bytes(raw), which))


def _heading(text: str) -> tuple[int, bytes]:
    """Which half, of which kit."""
    for line in text.splitlines():
        words = line.upper().split()
        if words[:3] == _TITLE.split() and len(words) >= 9 and words[4] in ("1", "2"):
            try:
                kit_id = bytes.fromhex(words[8])
            except ValueError:
                continue
            return int(words[4]), kit_id
    raise KitError(f"The first line must begin with “{_TITLE}” and name the half and the kit.")


def _row_bytes(which: int, number: int, letters: str) -> bytes:
    """The bytes of a typed row. Raises KitError."""
    letters = letters.upper().translate(_LOOKS_LIKE)
    body, check = letters[:-2], letters[-2:]
    if not body or set(letters) - set(_ALPHABET) or len(body) > _ROW_LETTERS:
        raise KitError(f"Row {number} of half {which} is not as printed. Type it again.")
    raw = _unlettered(body)
    if _row_check(which, number, raw) != check:
        raise KitError(f"Row {number} of half {which} has a mistake. Type it again.")
    return raw


def _framed(raw: bytes) -> bytes:
    """With its length in front and zeros behind: whole rows."""
    framed = len(raw).to_bytes(2, "big") + raw
    return framed + bytes(-len(framed) % _ROW_BYTES)


def _unframed(framed: bytes, which: int) -> bytes:
    length = int.from_bytes(framed[:2], "big")
    if len(framed) < 2 or not length <= len(framed) - 2 < length + _ROW_BYTES:
        raise KitError(f"Rows are missing at the end of half {which}.")
    return framed[2 : 2 + length]


def _parts(raw: bytes) -> Iterator[bytes]:
    for start in range(0, len(raw), _ROW_BYTES):
        yield raw[start : start + _ROW_BYTES]


def _grouped(raw: bytes) -> str:
    letters = _lettered(raw, _ROW_LETTERS)
    return " ".join(letters[at : at + _GROUP] for at in range(0, _ROW_LETTERS, _GROUP))


def _row_check(which: int, number: int, raw: bytes) -> str:
    digest = hashlib.blake2b(bytes([which, number]) + raw, digest_size=2).digest()
    return _lettered((int.from_bytes(digest, "big") & 0x3FF).to_bytes(2, "big"), 2)


def _lettered(raw: bytes, letters: int) -> str:
    value = int.from_bytes(raw, "big")
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in range(letters - 1, -1, -1))


def _unlettered(letters: str) -> bytes:
    value = 0
    for letter in letters:
        value = value << 5 | _ALPHABET.index(letter)
    return value.to_bytes(_ROW_BYTES, "big")


def _check(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=_CHECK_BYTES, person=b"darasa kit").digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
