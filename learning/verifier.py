"""Secrets of people as Argon2id verifiers: PINs of learners and passphrases of teachers.

Owns: the format of a verifier and its parameters, the rules for a good PIN and passphrase, and the
one worker that hashes (threat-model section 4). Does not know who a verifier belongs to, nor where
it is kept.
"""

import hmac
import itertools
import threading
from typing import Final

import msgspec
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from darasa.learning.errors import SecretError
from darasa.sync.codec import CodecError, pack, unpack
from darasa.sync.ids import Rng

# OWASP's minimum; stored with each verifier, so that a school can raise it later.
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
# A verifier that arrives may ask for no more than this: hashing must not fill a small machine.
_MEMORY_KIB_MAX: Final = 256 * 1024
_PASSES_MAX: Final = 16

PIN_DIGITS: Final = 4
PASSPHRASE_CHARS_MIN: Final = 10
_SECRET_CHARS_MAX: Final = 200
# One hash at a time: 40 sign-ins at a bell then need 32 MB and not 316 MB (measured).
_one_at_a_time = threading.Lock()


class Verifier(msgspec.Struct, frozen=True, array_like=True):
    """What a secret is checked against: algorithm 1 is Argon2id."""

    algorithm: int
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes
    digest: bytes

    def to_bytes(self) -> bytes:
        """Canonical msgpack."""
        return pack(tuple(getattr(self, name) for name in self.__struct_fields__))

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Verifier":
        """Parse and check the bounds; raises SecretError."""
        try:
            verifier = msgspec.convert(unpack(raw), cls, strict=True)
        except (CodecError, msgspec.ValidationError) as error:
            raise SecretError("This sign-in check is damaged.") from error
        sane = (
            verifier.algorithm == 1
            and 8 <= verifier.memory_kib <= _MEMORY_KIB_MAX
            and 1 <= verifier.passes <= _PASSES_MAX
            and verifier.lanes == 1
            and len(verifier.salt) >= 8
            and len(verifier.digest) == _HASH_BYTES
        )
        if not sane:
            raise SecretError("This sign-in check is of another version.")
        return verifier

    def fits(self, secret: str) -> bool:
        """Whether the secret is the one; about 30-60 ms, waiting for other checks before it."""
        digest = _hash(secret, self.salt, self.memory_kib, self.passes)
        return hmac.compare_digest(digest, self.digest)


def make_verifier(secret: str, rng: Rng, *, memory_kib: int = MEMORY_KIB) -> Verifier:
    """A verifier with a new salt; about 30-60 ms."""
    salt = rng(_SALT_BYTES)
    digest = _hash(secret, salt, memory_kib, PASSES)
    return Verifier(1, memory_kib, PASSES, LANES, salt, digest)


def check_pin(pin: str) -> str:
    """The PIN without spaces; raises SecretError unless it is four digits."""
    digits = "".join(pin.split())
    if len(digits) != PIN_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise SecretError("A PIN is four digits.")
    return digits


def check_passphrase(passphrase: str) -> str:
    """The passphrase, stripped; raises SecretError when it is too short or too long."""
    stripped = passphrase.strip()
    if len(stripped) < PASSPHRASE_CHARS_MIN:
        raise SecretError(f"A passphrase has at least {PASSPHRASE_CHARS_MIN} characters.")
    if len(stripped) > _SECRET_CHARS_MAX:
        raise SecretError(f"A passphrase has at most {_SECRET_CHARS_MAX} characters.")
    return stripped


def first_pin(rng: Rng) -> str:
    """A random PIN that is no repeat (0000, 4747) and no run (1234, 8765, 9012)."""
    while True:
        number = int.from_bytes(rng(2), "big")
        if number >= 60_000:  # 65,536 is no multiple of 10,000: drop the rest, or low PINs win
            continue
        pin = f"{number % 10_000:04d}"
        if not easy_pin(pin):
            return pin


def easy_pin(pin: str) -> bool:
    """Whether a PIN is among the first that anyone tries."""
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    repeats = pin[:2] == pin[2:] or pin[:2] == pin[3:1:-1]
    return steps in ({0}, {1}, {9}) or repeats


def _hash(secret: str, salt: bytes, memory_kib: int, passes: int) -> bytes:
    with _one_at_a_time:
        argon = Argon2id(
            salt=salt, length=_HASH_BYTES, iterations=passes, lanes=LANES, memory_cost=memory_kib
        )
        return argon.derive(secret.encode("utf-8", "replace"))
