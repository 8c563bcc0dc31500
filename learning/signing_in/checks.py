"""What a learner's sign-in is checked against, as bytes: her secrets, and her next one-use code.

Pure. Owns: three packed shapes. `Checks` is what a node keeps of a learner and a school tells its
computers. A *chosen* secret is what a computer writes when she gave a code: the verifier with the
code that proves it (docs/decisions/0017). A *made* code is what the school keeps for itself. Does
not know sealing, storage or who may write.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from darasa.learning.errors import SecretError
from darasa.learning.signing_in.verifier import SecretKind, Verifier
from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.ids import Rng
from darasa.sync.timekeeping import is_believable

CODE_DIGITS: Final = 6
CODE_LASTS_MS: Final = 24 * 3_600_000
SECRETS_MAX: Final = 8
"""Of a learner whose secrets are in conflict each works; more than these nobody chose."""

_CHOSEN: Final = "chosen"
_CODES: Final = 10**CODE_DIGITS

Bytes8 = Annotated[bytes, Meta(min_length=8, max_length=8)]
SmallBytes = Annotated[bytes, Meta(max_length=200)]


class CodeCheck(Struct, frozen=True, array_like=True):
    """`[verifier, until_ms|nil, [chain8…]]`: what the next one-use code is checked against.

    `until_ms` is nil until a teacher has seen the code; the chains are those of the secrets that a
    new one replaces.
    """

    verifier: SmallBytes
    until_ms: Annotated[int, Meta(ge=0, le=2**53)] | None
    replaces: Annotated[tuple[Bytes8, ...], Meta(max_length=64)]

    def is_over(self, now_ms: int) -> bool:
        """Whether its day is over, by two clocks that may be wrong: before the day it is not, nor
        while one of them cannot be right. It still works once only.
        """
        until_ms = self.until_ms
        if until_ms is None or not (is_believable(until_ms) and is_believable(now_ms)):
            return False
        return now_ms > until_ms

    def parts(self) -> tuple[object, ...]:
        """As packed."""
        return (self.verifier, self.until_ms, self.replaces)


class Checks(Struct, frozen=True, array_like=True):
    """`[[verifier…], code|nil, unlocked|nil]`.

    `unlocked` is another one each time that a teacher ends a pause.
    """

    verifiers: Annotated[tuple[SmallBytes, ...], Meta(max_length=SECRETS_MAX)] = ()
    code: CodeCheck | None = None
    unlocked: Bytes8 | None = None

    def to_bytes(self) -> bytes:
        """Packed."""
        code = None if self.code is None else self.code.parts()
        return pack((self.verifiers, code, self.unlocked))

    def kinds(self) -> list[SecretKind]:
        """The kinds of her secrets, the first one's first."""
        parsed = (parsed_verifier(raw) for raw in self.verifiers)
        return list(dict.fromkeys(each.kind for each in parsed if each is not None))


NO_CHECKS: Final = Checks()


def checks_of(raw: bytes | None) -> Checks:
    """The inverse of `to_bytes`; a bare verifier, as earlier versions kept it, is one secret."""
    if raw is None:
        return NO_CHECKS
    try:
        return convert(unpack(raw), Checks)
    except (CodecError, msgspec.ValidationError):
        return NO_CHECKS if parsed_verifier(raw) is None else Checks((raw,))


def parsed_verifier(raw: bytes) -> Verifier | None:
    """A verifier that arrived; None when it is damaged or asks for too much."""
    try:
        return Verifier.from_bytes(raw)
    except SecretError:
        return None


class Secret(Struct, frozen=True):
    """A secret as an op bears it, opened. `code` is what proves one from a computer."""

    verifier: bytes
    code: str | None = None


def chosen_bytes(verifier: bytes, code: str) -> bytes:
    """`["chosen", verifier, code]`: what a computer seals to the school."""
    return pack((_CHOSEN, verifier, code))


def secret_of(opened: bytes | None) -> Secret | None:
    """A secret from either form; None for what is neither."""
    if opened is None:
        return None
    if parsed_verifier(opened) is not None:
        return Secret(opened)
    try:
        word, verifier, code = convert(unpack(opened), tuple[str, bytes, str])
    except (CodecError, msgspec.ValidationError):
        return None
    if word != _CHOSEN or parsed_verifier(verifier) is None:
        return None
    return Secret(verifier, code)


class MadeCode(Struct, frozen=True, array_like=True):
    """`[code, verifier, until_ms|nil]`: a code as the school keeps it, sealed."""

    code: str
    verifier: bytes
    until_ms: int | None = None

    def to_bytes(self) -> bytes:
        """Packed."""
        return pack((self.code, self.verifier, self.until_ms))

    def is_over(self, now_ms: int) -> bool:
        """Whether its day is over, or was begun by a clock that was set back since."""
        until_ms = self.until_ms
        return until_ms is not None and not until_ms - CODE_LASTS_MS <= now_ms <= until_ms


def made_code_of(opened: bytes | None) -> MadeCode | None:
    """The inverse; None for what is no code."""
    if opened is None:
        return None
    try:
        return convert(unpack(opened), MadeCode)
    except (CodecError, msgspec.ValidationError):
        return None


def random_code(rng: Rng) -> str:
    """Six random digits."""
    while True:
        number = int.from_bytes(rng(3), "big")
        if number < (1 << 24) // _CODES * _CODES:  # else the low ones would come more often
            return f"{number % _CODES:0{CODE_DIGITS}d}"


def check_code(text: str) -> str:
    """A code as it is hashed, however it was spaced; what is no code fits nothing."""
    return "".join(text.split())


def spaced(code: str) -> str:
    """A code as it is read out: "482 117"."""
    return f"{code[:3]} {code[3:]}"
