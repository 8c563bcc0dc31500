"""Personal text sealed to a school's key (sync.md section 4): only its private half opens it.

Sealed bytes are `key_id8 | ephemeral X25519 public key (32) | ChaCha20-Poly1305 ciphertext and
tag`. The AEAD key is HKDF-SHA256 of the X25519 secret with both public keys as salt; it serves one
message, so its nonce is zero. The context (say, learner and field) is authenticated, not stored.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from darasa.sync.errors import LocalProtocolError, SealError
from darasa.sync.ids import SHORT_BYTES, Rng

KEY_BYTES: Final = 32
SEAL_OVERHEAD_BYTES: Final = SHORT_BYTES + KEY_BYTES + 16
_DOMAIN: Final = b"darasa/seal/1\0"
_NONCE: Final = bytes(12)

__all__ = ["SealError", "SealKey", "key_id_of", "open_sealed", "seal", "sealed_for"]


def key_id_of(public: bytes) -> bytes:
    """The 8 bytes that name a seal key: the first of BLAKE2b-256 of its public half."""
    return hashlib.blake2b(public, digest_size=32).digest()[:SHORT_BYTES]


def sealed_for(sealed: bytes) -> bytes:
    """The key id in front of sealed bytes. Raises SealError when they are too short."""
    if len(sealed) < SEAL_OVERHEAD_BYTES:
        raise SealError("sealed text is too short")
    return sealed[:SHORT_BYTES]


def seal(public: bytes, clear: bytes, *, context: bytes, rng: Rng) -> bytes:
    """`clear` sealed to the X25519 key `public` (32 bytes); 56 bytes longer than it was.

    Takes 32 bytes of `rng`. Raises LocalProtocolError when `public` is not a usable key.
    """
    ephemeral = X25519PrivateKey.from_private_bytes(rng(KEY_BYTES))
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    try:
        secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise LocalProtocolError("the public key to seal to is not an X25519 key") from error
    cipher = _cipher(secret, ephemeral_public, public)
    return key_id_of(public) + ephemeral_public + cipher.encrypt(_NONCE, clear, _DOMAIN + context)


class SealKey:
    """The private half of a seal key, held by a school or a hub."""

    __slots__ = ("_private", "key_id", "public")

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()
        self.key_id: bytes = key_id_of(self.public)

    @classmethod
    def generate(cls, rng: Rng) -> Self:
        """A new key from 32 bytes of `rng`."""
        return cls.from_private(rng(KEY_BYTES))

    @classmethod
    def from_private(cls, raw: bytes) -> Self:
        """The key of 32 private bytes. Raises LocalProtocolError for another length."""
        if len(raw) != KEY_BYTES:
            raise LocalProtocolError(f"a private key has {KEY_BYTES} bytes")
        return cls(X25519PrivateKey.from_private_bytes(raw))

    def private_bytes(self) -> bytes:
        """The 32 private bytes, for the key file."""
        return self._private.private_bytes_raw()

    def agree(self, other_public: bytes) -> bytes:
        """The X25519 secret (32 bytes) with another public key. Raises SealError for a bad one."""
        try:
            return self._private.exchange(X25519PublicKey.from_public_bytes(other_public))
        except ValueError as error:
            raise SealError("the other public key cannot be used") from error

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """The clear bytes. Raises SealError: another key, another context, or damaged."""
        if sealed_for(sealed) != self.key_id:
            raise SealError("sealed text is for another key")
        ephemeral_public = sealed[SHORT_BYTES : SHORT_BYTES + KEY_BYTES]
        try:
            secret = self._private.exchange(X25519PublicKey.from_public_bytes(ephemeral_public))
            cipher = _cipher(secret, ephemeral_public, self.public)
            ciphertext = sealed[SHORT_BYTES + KEY_BYTES :]
            return cipher.decrypt(_NONCE, ciphertext, _DOMAIN + context)
        except (InvalidTag, ValueError) as error:
            raise SealError("sealed text is damaged or belongs elsewhere") from error

    def __repr__(self) -> str:
        return f"SealKey(key_id={self.key_id.hex()})"


def open_sealed(keys: Iterable[SealKey], sealed: bytes, *, context: bytes) -> bytes:
    """The clear bytes, by whichever of a node's keys they were sealed to. Raises SealError."""
    key_id = sealed_for(sealed)
    for key in keys:
        if key.key_id == key_id:
            return key.open(sealed, context=context)
    raise SealError("sealed text is for another key")


def _cipher(secret: bytes, ephemeral_public: bytes, public: bytes) -> ChaCha20Poly1305:
    """The one-message cipher of an X25519 secret and both public keys."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=ephemeral_public + public, info=_DOMAIN)
    return ChaCha20Poly1305(kdf.derive(secret))
