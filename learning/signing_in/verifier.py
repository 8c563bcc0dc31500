"""Secrets of people as Argon2id verifiers: PINs and pictures of learners, passphrases of teachers.

Owns: the format of a verifier and its parameters, and the rules for a good PIN and passphrase
(threat-model section 4). Does not know who a verifier belongs to, nor where it is kept.
"""

import hmac
import itertools
from enum import IntEnum
from typing import Final

import msgspec

from darasa.learning.errors import SecretError
from darasa.learning.signing_in.hashing import (
    DIGEST_BYTES,
    LANES,
    MEMORY_KIB_MAX,
    PASSES_MAX,
    SMALLEST,
    Cost,
    argon2id,
)
from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.ids import Rng

_SALT_BYTES: Final = 16
PIN_DIGITS: Final = 4
PASSPHRASE_CHARS_MIN: Final = 10
_SECRET_CHARS_MAX: Final = 200


class SecretKind(IntEnum):
    """How a secret is given: typed, or chosen among pictures (`pictures.py`)."""

    TYPED = 0
    PICTURES = 1

    @property
    def word(self) -> str:
        """What a class and a command call it."""
        return "pictures" if self is SecretKind.PICTURES else "pin"


def kind_named(word: object) -> SecretKind:
    """The kind that a class is set up for; whatever this version does not know is a PIN."""
    return SecretKind.PICTURES if word == SecretKind.PICTURES.word else SecretKind.TYPED


class Verifier(msgspec.Struct, frozen=True, array_like=True):
    """What a secret is checked against: algorithm 1 is Argon2id.

    `kind` is left out when the secret is typed; a version before pictures shows a field for a PIN,
    in which the keys of the pictures fit as well.
    """

    algorithm: int
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes
    digest: bytes
    kind: SecretKind = SecretKind.TYPED

    def to_bytes(self) -> bytes:
        """Canonical msgpack."""
        kind = (int(self.kind),) if self.kind else ()
        parts = (self.algorithm, self.memory_kib, self.passes, self.lanes, self.salt, self.digest)
        return pack((*parts, *kind))

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Verifier":
        """Parse and check the bounds; raises SecretError."""
        try:
            verifier = convert(unpack(raw), cls)
        except (CodecError, msgspec.ValidationError) as error:
            raise SecretError("This sign-in check is damaged.") from error
        sane = (
            verifier.algorithm == 1
            and 8 <= verifier.memory_kib <= MEMORY_KIB_MAX
            and 1 <= verifier.passes <= PASSES_MAX
            and verifier.lanes == LANES
            and len(verifier.salt) >= 8
            and len(verifier.digest) == DIGEST_BYTES
        )
        if not sane:
            raise SecretError("This sign-in check is of another version.")
        return verifier

    def fits(self, secret: str) -> bool:
        """Whether the secret is the one; 30-250 ms, after all hashes that came before it."""
        return hmac.compare_digest(argon2id(secret, self.salt, self.cost), self.digest)

    @property
    def cost(self) -> Cost:
        """What checking it takes."""
        return Cost(self.memory_kib, self.passes)

    def is_cheaper_than(self, cost: Cost) -> bool:
        """Whether it was made when secrets cost less than now: it goes on working."""
        return self.memory_kib * self.passes < cost.memory_kib * cost.passes


def make_verifier(
    secret: str,
    rng: Rng,
    *,
    cost: Cost = SMALLEST,
    kind: SecretKind = SecretKind.TYPED,
) -> Verifier:
    """A verifier with a new salt; 30-250 ms by its cost."""
    salt = rng(_SALT_BYTES)
    digest = argon2id(secret, salt, cost)
    return Verifier(1, cost.memory_kib, cost.passes, LANES, salt, digest, kind)


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
