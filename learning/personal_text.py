"""Personal text (names, sign-in verifiers) sealed to the school's key (sync.md section 4).

Owns: what the seal's context is, and the machine secret under which a computer keeps verifiers.
Does not know events or tables. A node without the school's private key (the hub, a computer) cannot
read what is sealed; one without the public key (not joined yet) cannot write any.
"""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.learning.errors import NoSchoolKeyError
from darasa.sync.codec import pack
from darasa.sync.errors import SealError
from darasa.sync.home_files import write_whole
from darasa.sync.ids import Rng, SchoolId

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    from darasa.sync.sealing import SealKey

_SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FILE: Final = "machine-secret"


class PersonalText:
    """Seals and opens the personal text of one school at this node."""

    def __init__(
        self,
        *,
        school_id: SchoolId,
        public: "Callable[[], bytes | None]",
        keys: "Callable[[], Sequence[SealKey]]",
        rng: Rng,
    ) -> None:
        """`public` and `keys` are asked each time: a school may get a new key while it runs."""
        self._school_id = school_id
        self._public = public
        self._keys = keys
        self._rng = rng

    def seal(self, owner: bytes, field: str, clear: bytes) -> bytes:
        """Seal `clear` for one field of one learner or record. Raises NoSchoolKeyError."""
        public = self._public()
        if public is None:
            raise NoSchoolKeyError(
                "This computer has not joined a school yet, so it cannot keep names."
            )
        from darasa.sync.sealing import seal  # late: a client that starts seals nothing

        return seal(public, clear, context=self._context(owner, field), rng=self._rng)

    def open(self, owner: bytes, field: str, sealed: object) -> bytes | None:
        """The clear bytes; None when this node may not or cannot read them."""
        keys = self._keys()
        if not keys or not isinstance(sealed, bytes):
            return None
        from darasa.sync.sealing import open_sealed  # late: as above

        try:
            return open_sealed(keys, sealed, context=self._context(owner, field))
        except SealError:
            return None

    def _context(self, owner: bytes, field: str) -> bytes:
        return pack((self._school_id, owner, field))


class MachineSecret:
    """Seals what only this machine may use offline: the sign-in verifiers of its learners.

    The secret is a file apart from the store (0600): a copied store alone gives no verifier to
    guess PINs against. Equal text seals to equal bytes (the nonce is a keyed hash of it), so that
    a rebuilt table is equal to the one before.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._nonce_key = hashlib.blake2b(secret, digest_size=32, person=b"darasa nonce").digest()

    @classmethod
    def of_home(cls, folder: Path, rng: Rng) -> "MachineSecret":
        """The secret of a node's folder, made at first use."""
        path = folder / _FILE
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            secret = rng(_SECRET_BYTES)
            write_whole(path, secret)
            return cls(secret)

    @cached_property
    def _cipher(self) -> "ChaCha20Poly1305":
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # late: as above

        return ChaCha20Poly1305(self._secret)

    def seal(self, owner: bytes, clear: bytes) -> bytes:
        """Nonce, ciphertext and tag; `owner` is authenticated."""
        keyed = hashlib.blake2b(pack((owner, clear)), key=self._nonce_key, digest_size=_NONCE_BYTES)
        nonce = keyed.digest()
        return nonce + self._cipher.encrypt(nonce, clear, owner)

    def open(self, owner: bytes, sealed: bytes) -> bytes | None:
        """The clear bytes; None when they were sealed on another machine or for someone else."""
        from cryptography.exceptions import InvalidTag

        cipher = self._cipher
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner)
        except (InvalidTag, ValueError):
            return None
