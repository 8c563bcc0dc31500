"""Node keys, signatures and certificates (sync.md section 3). Ed25519 through `cryptography`.

Every signature is over `b"darasa/" + purpose + b"/1\\0" + bytes`, so that what was signed for one
purpose is worth nothing for another.
"""

from functools import lru_cache
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from darasa.sync.codec import CodecError, pack, unpack
from darasa.sync.errors import CertificateError, LocalProtocolError
from darasa.sync.frontier import Head, SignedHeads, heads_bytes
from darasa.sync.ids import ID_BYTES, NO_SCHOOL, NodeId, Rng, Role, SchoolId, node_id_of

PUBLIC_KEY_BYTES: Final = 32
PRIVATE_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
CERTIFICATE_BYTES_MAX: Final = 512
_CERTIFICATE_LENGTH: Final = 6
_REMEMBERED: Final = 1_024
_REMEMBERED_BYTES_MAX: Final = 512
"""What is remembered of signatures: under 1 MB in all, whatever peers send."""


def signed_bytes(purpose: str, raw: bytes) -> bytes:
    """What a signature for `purpose` is over."""
    if not purpose or not purpose.isascii() or not purpose.replace("-", "").isalnum():
        raise LocalProtocolError(f"{purpose!r} is not a purpose: letters, digits and dashes")
    return b"darasa/" + purpose.encode("ascii") + b"/1\0" + raw


class NodeKey:
    """The Ed25519 key of a node: it signs, and its public half names the node."""

    __slots__ = ("_private", "node_id", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()
        self.node_id: NodeId = node_id_of(self.public)

    @classmethod
    def generate(cls, rng: Rng) -> Self:
        """A new key from 32 bytes of `rng`."""
        return cls.from_private(rng(PRIVATE_KEY_BYTES))

    @classmethod
    def from_private(cls, raw: bytes) -> Self:
        """The key of 32 private bytes. Raises LocalProtocolError for another length."""
        if len(raw) != PRIVATE_KEY_BYTES:
            raise LocalProtocolError(f"a private key has {PRIVATE_KEY_BYTES} bytes")
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def private_bytes(self) -> bytes:
        """The 32 private bytes, for the key file."""
        return self._private.private_bytes_raw()

    def sign(self, purpose: str, raw: bytes) -> bytes:
        """The signature (64 bytes) over `signed_bytes(purpose, raw)`."""
        return self._private.sign(signed_bytes(purpose, raw))

    def __repr__(self) -> str:
        return f"NodeKey(node_id={self.node_id.hex()})"


def verify(public: bytes, purpose: str, raw: bytes, signature: bytes) -> bool:
    """Whether `signature` is that key's for this purpose. False for keys and bytes of bad form.

    What was checked lately is remembered: the same certificates and heads come at each contact.
    """
    signed = signed_bytes(purpose, raw)
    if len(signed) > _REMEMBERED_BYTES_MAX:
        return _is_signed(public, signed, signature)
    return _is_signed_remembered(public, signed, signature)


def _is_signed(public: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


_is_signed_remembered = lru_cache(maxsize=_REMEMBERED)(_is_signed)


class Certificate(Struct, frozen=True):
    """Who a node is, under the signature of who enrolled it (or of itself, before it joins).

    On the wire `[node_public_key, role, school_id|nil, parent_node|nil, issuer_node_id,
    signature]`; the signature is for purpose "certificate" over the first five.
    """

    public_key: bytes
    role: Role
    school_id: SchoolId
    parent: NodeId | None
    issuer: NodeId
    signature: bytes

    @property
    def node_id(self) -> NodeId:
        """The node that the certificate is about."""
        return node_id_of(self.public_key)

    @property
    def is_self_signed(self) -> bool:
        """Whether the node certifies itself."""
        return self.issuer == self.node_id

    def to_payload(self) -> tuple[Any, ...]:
        """The six elements, as NODES carries them."""
        return (
            *_certified(self.public_key, self.role, self.school_id, self.parent, self.issuer),
            self.signature,
        )

    def to_bytes(self) -> bytes:
        """The certificate packed, as files and the store keep it."""
        return pack(self.to_payload())

    @classmethod
    def parse(cls, payload: object) -> Self:
        """A certificate from its elements; elements after the sixth are ignored.

        Does not check the signature: see `check_certificate`. Raises CertificateError.
        """
        if not isinstance(payload, tuple) or len(payload) < _CERTIFICATE_LENGTH:
            raise CertificateError("certificate: not an array of six")
        public, role, school_id, parent, issuer, signature = payload[:_CERTIFICATE_LENGTH]
        _check_bytes("public key", public, PUBLIC_KEY_BYTES)
        _check_bytes("issuer", issuer, ID_BYTES)
        _check_bytes("signature", signature, SIGNATURE_BYTES)
        if school_id is not None:
            _check_bytes("school", school_id, ID_BYTES)
        if parent is not None:
            _check_bytes("parent", parent, ID_BYTES)
        try:
            known_role = Role(role)
        except ValueError as error:
            raise CertificateError("certificate: a role that this program does not know") from error
        school = NO_SCHOOL if school_id is None else SchoolId(school_id)
        return cls(public, known_role, school, parent, NodeId(issuer), signature)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """A certificate from its packed bytes. Raises CertificateError."""
        try:
            return cls.parse(unpack(raw, limit=CERTIFICATE_BYTES_MAX))
        except CertificateError:
            raise
        except CodecError as error:
            raise CertificateError(f"certificate: {error}") from error


def issue_certificate(
    issuer: NodeKey,
    *,
    subject_public: bytes,
    role: Role,
    school_id: SchoolId,
    parent: NodeId | None = None,
) -> Certificate:
    """A certificate that `issuer` signs for the node of `subject_public`."""
    fields = _certified(subject_public, role, school_id, parent, issuer.node_id)
    signature = issuer.sign("certificate", pack(fields))
    return Certificate(subject_public, role, school_id, parent, issuer.node_id, signature)


def check_certificate(certificate: Certificate, issuer_public: bytes) -> bool:
    """Whether the certificate names this issuer and bears its signature."""
    if node_id_of(issuer_public) != certificate.issuer:
        return False
    fields = certificate.to_payload()[: _CERTIFICATE_LENGTH - 1]
    return verify(issuer_public, "certificate", pack(fields), certificate.signature)


def sign_heads(key: NodeKey, heads: tuple[Head, ...]) -> SignedHeads:
    """One signature of the author, or of the school that vouches, over many heads."""
    return SignedHeads(heads, key.node_id, key.sign("heads", heads_bytes(heads)))


def check_heads(signed: SignedHeads, signer_public: bytes) -> bool:
    """Whether the heads bear the signature of the node they name as signer."""
    if node_id_of(signer_public) != signed.signer:
        return False
    return verify(signer_public, "heads", heads_bytes(signed.heads), signed.signature)


def _certified(
    public_key: bytes,
    role: Role,
    school_id: SchoolId,
    parent: NodeId | None,
    issuer: NodeId,
) -> tuple[Any, ...]:
    """The five elements that a certificate's signature is over."""
    return (public_key, str(role), None if school_id == NO_SCHOOL else school_id, parent, issuer)


def _check_bytes(name: str, value: object, length: int) -> None:
    """Raise CertificateError unless `value` is bytes of that length."""
    if type(value) is not bytes or len(value) != length:
        raise CertificateError(f"certificate: {name} is not {length} bytes")
