"""What protects a server's connections: a TLS certificate that follows from its node key alone.

The key is P-256, because browsers refuse Ed25519 (threat-model.md section 3). It is derived from
the node key and a number, and so is every byte of the certificate: a server that was put back from
its recovery kit is known again, and nothing more is to be kept. Its dates are wide, and nobody who
pins looks at them. The number rises when the key is to change; the node key signs which one counts.
"""

import datetime
import hashlib
from typing import TYPE_CHECKING, Annotated, Final, Self

import msgspec
from msgspec import Meta, Struct

from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.signing import NodeKey, verify

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

PIN_BYTES: Final = 32
ANNOUNCEMENT_BYTES_MAX: Final = 256
NUMBER_MAX: Final = (1 << 31) - 1
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SECRET_BYTES: Final = (
    48  # 128 bits more than the order: every key is as likely (FIPS 186-5, A.2.1)
)
_FROM: Final = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_TO: Final = datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC)
_PURPOSE: Final = "channel"

TlsNumber = Annotated[int, Meta(ge=0, le=NUMBER_MAX)]


class Channel(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Which certificate a server shows: `pin`, the SHA-256 of its DER bytes, and its number."""

    number: TlsNumber
    pin: Annotated[bytes, Meta(min_length=PIN_BYTES, max_length=PIN_BYTES)]


class Announcement(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A channel under the signature of the server's node key."""

    channel: Channel
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]

    def to_bytes(self) -> bytes:
        """As the server tells it to anyone who asks."""
        return pack(((self.channel.number, self.channel.pin), self.signature))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """What a server told. Raises RemoteProtocolError."""
        try:
            return convert(unpack(raw, limit=ANNOUNCEMENT_BYTES_MAX), cls)
        except (CodecError, msgspec.ValidationError) as error:
            raise RemoteProtocolError("What the server says of its key does not fit.") from error

    def is_of(self, public_key: bytes) -> bool:
        """Whether the server of this node key says so."""
        return verify(public_key, _PURPOSE, _said(self.channel), self.signature)


def announce(key: NodeKey, channel: Channel) -> Announcement:
    """A server says which certificate is its own."""
    return Announcement(channel, key.sign(_PURPOSE, _said(channel)))


def _said(channel: Channel) -> bytes:
    return pack((channel.number, channel.pin))


def pin_of(certificate: bytes) -> bytes:
    """The pin of a certificate in DER; browsers show it as its SHA-256 fingerprint."""
    return hashlib.sha256(certificate).digest()


def channel_of(key: NodeKey, number: int = 0) -> Channel:
    """What a server of this node key shows."""
    from cryptography.hazmat.primitives.serialization import Encoding

    certificate = _certificate(key, _tls_key(key, number))
    return Channel(number, pin_of(certificate.public_bytes(Encoding.DER)))


def channel_pem(key: NodeKey, number: int = 0) -> bytes:
    """The private key and the certificate, for the TLS library. Secret."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    tls_key = _tls_key(key, number)
    return tls_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + _certificate(
        key, tls_key
    ).public_bytes(Encoding.PEM)


def _tls_key(key: NodeKey, number: int) -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"darasa/tls/1/" + number.to_bytes(4, "big")
    raw = HKDF(SHA512(), _SECRET_BYTES, salt=None, info=info).derive(key.private_bytes())
    return derive_private_key(int.from_bytes(raw, "big") % (_P256_ORDER - 1) + 1, SECP256R1())


def _certificate(key: NodeKey, tls_key: "EllipticCurvePrivateKey") -> "Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Darasa {key.node_id.hex()[:12]}")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(tls_key.public_key())
        .serial_number(int.from_bytes(key.node_id[:8], "big") | 1)
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(tls_key, SHA256(), ecdsa_deterministic=True)
    )
