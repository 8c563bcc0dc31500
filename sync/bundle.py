"""`*.bundle`: the frames of a session, sealed for one receiver, in a file (PROTOCOL.md section 11).

A file is a BUNDLE frame in the clear, which says who made it for whom and bears the maker's
signature, and SEALED frames: pieces of one body, each under an AEAD with its number and whether it
is the last. So a file that was cut short has a readable prefix, and a piece that was changed,
moved, left out or put in is noticed. Pure; what is in the body is the session's.
"""

import hashlib
from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from darasa.sync.codec import pack_struct
from darasa.sync.errors import CertificateError, RemoteProtocolError, SealError
from darasa.sync.frames import Frame, FrameType
from darasa.sync.ids import NodeId, Rng, Role, SchoolId
from darasa.sync.lineage import GENERATIONS_MAX
from darasa.sync.messages import Id8, Id16, Message, MessageError, Ordinal, Signature
from darasa.sync.sealing import KEY_BYTES, SealKey, key_id_of
from darasa.sync.signing import Certificate, NodeKey, verify

BUNDLE_FORMAT: Final = 1
MAGIC: Final = "darasa bundle"
PIECE_BYTES: Final = 64_000
"""Clear bytes of a SEALED frame: with tag and envelope it stays under 64 KiB."""

_DOMAIN: Final = b"darasa/bundle/1\0"
_COUNTER_BYTES: Final = 11

Key32 = Annotated[bytes, Meta(min_length=32, max_length=32)]


class BundleError(RemoteProtocolError):
    """A file that is no bundle, is damaged, or is not for this node."""


class NotForUsError(BundleError):
    """A bundle that is for someone else, or was answered: it is passed over, nothing is wrong."""


class BundleKind(IntEnum):
    """What a bundle carries; a number is never reused."""

    WORK = 1  # up: the body of a round
    ANSWER = 2  # down: the answer to one
    PACKS = 3  # down, in the clear: BLOB frames
    COPY = 4  # a server's own store, sealed to itself: copying.py


class BundleHead(Message, frozen=True, array_like=True):
    """The clear part, signed by its maker for purpose "bundle" over all but the signature.

    `answers8` names the WORK that an ANSWER belongs to. `logs` and `events` are what the maker
    says that it put in: for people, believed by nobody. `line` has the certificates of the nodes
    that a copied maker came from: each bears its own signature.
    """

    frame_type = FrameType.BUNDLE
    magic: Literal["darasa bundle"]
    format: Annotated[int, Meta(ge=1, le=255)]
    kind: Annotated[int, Meta(ge=1, le=255)]
    maker: tuple[Any, ...]
    receiver_role: Annotated[str, Meta(max_length=16)]
    receiver_school: Id16 | None
    receiver: Id16 | None
    key_id: Id8 | None
    ephemeral: Key32 | None
    answers8: Id8 | None
    made_ms: Annotated[int, Meta(ge=-(2**53), lt=2**53)]
    logs: Ordinal
    events: Ordinal
    signature: Signature
    line: Annotated[tuple[tuple[Any, ...], ...], Meta(max_length=GENERATIONS_MAX)] = ()

    def elements(self) -> tuple[Any, ...]:
        """The fields; a maker that its server certified has no line, and no element for it."""
        whole = super().elements()
        return whole if self.line else whole[:-1]

    def signed_bytes(self) -> bytes:
        """The bytes under the signature."""
        return pack_struct(super().elements()[:-2])


class Sealed(Message, frozen=True, array_like=True):
    """One piece of the body."""

    frame_type = FrameType.SEALED
    is_last: bool
    sealed: bytes


def answers8_of(ephemeral: bytes) -> bytes:
    """The 8 bytes by which an answer names the bundle that it answers: its key was random."""
    return hashlib.blake2b(ephemeral, digest_size=8).digest()


def parse_head(frame: Frame) -> tuple[BundleHead, Certificate]:
    """The head of a bundle and its maker's certificate. Raises BundleError.

    The signature holds. Whether the maker is known, and may say anything, is for the session.
    """
    if frame.type != FrameType.BUNDLE:
        raise BundleError("This file is not a Darasa bundle.")
    try:
        head = BundleHead.parse(frame.payload)
        maker = Certificate.parse(head.maker)
        Role(head.receiver_role)
    except (MessageError, CertificateError, ValueError) as error:
        raise BundleError("The first part of this bundle cannot be read.") from error
    if head.format > BUNDLE_FORMAT or head.kind not in tuple(BundleKind):
        raise BundleError("This bundle was made by a newer Darasa. Update Darasa first.")
    if not verify(maker.public_key, "bundle", head.signed_bytes(), head.signature):
        raise BundleError("The signature of this bundle does not hold. Nothing was taken.")
    return head, maker


class Sealer:
    """Makes the frames of one bundle: `head_frame` first, then what `add` and `finish` give.

    `name8` is how an answer names this bundle.
    """

    def __init__(
        self,
        key: NodeKey,
        certificate: Certificate,
        *,
        kind: BundleKind,
        receiver_role: Role,
        receiver_school: SchoolId | None,
        receiver: NodeId | None,
        seal_public: bytes,
        made_ms: int,
        rng: Rng,
        answers8: bytes | None = None,
        logs: int = 0,
        events: int = 0,
        line: Sequence[Certificate] = (),
    ) -> None:
        ephemeral = SealKey.generate(rng)
        unsigned = BundleHead(
            magic=MAGIC,
            format=BUNDLE_FORMAT,
            kind=kind,
            maker=certificate.to_payload(),
            receiver_role=str(receiver_role),
            receiver_school=receiver_school,
            receiver=receiver,
            key_id=key_id_of(seal_public),
            ephemeral=ephemeral.public,
            answers8=answers8,
            made_ms=made_ms,
            logs=logs,
            events=events,
            signature=bytes(64),
            line=tuple(each.to_payload() for each in line),
        )
        self.name8 = answers8_of(ephemeral.public)
        self.head_frame = signed_head(key, unsigned).to_frame()
        self._cipher = _cipher(
            ephemeral.agree(seal_public), ephemeral.public, seal_public, self.head_frame
        )
        self._waiting = bytearray()
        self._number = 0

    def add(self, raw: bytes) -> list[bytes]:
        """The SEALED frames that more of the body completes; at most one piece is held back."""
        self._waiting += raw
        frames: list[bytes] = []
        while len(self._waiting) > PIECE_BYTES:
            frames.append(self._piece(bytes(self._waiting[:PIECE_BYTES]), is_last=False))
            del self._waiting[:PIECE_BYTES]
        return frames

    def finish(self) -> bytes:
        """The last frame."""
        return self._piece(bytes(self._waiting), is_last=True)

    def _piece(self, clear: bytes, *, is_last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._number, is_last=is_last), clear, None)
        self._number += 1
        return Sealed(is_last, sealed).to_frame()


class Opener:
    """Opens the SEALED frames of one bundle, in order."""

    def __init__(self, key: SealKey, head: BundleHead, head_frame: bytes) -> None:
        """Raises BundleError when the bundle is not for this key."""
        if head.ephemeral is None or head.key_id != key.key_id:
            raise BundleError("This bundle is sealed for someone else.")
        try:
            secret = key.agree(head.ephemeral)
        except SealError as error:
            raise BundleError("The first part of this bundle cannot be read.") from error
        self._cipher = _cipher(secret, head.ephemeral, key.public, head_frame)
        self._number = 0
        self.is_whole = False

    def open(self, frame: Frame) -> bytes:
        """The clear bytes of the next piece. Raises BundleError for any other."""
        if frame.type != FrameType.SEALED:
            if frame.optional:
                return b""
            raise BundleError("This bundle holds a part that this version does not know.")
        if self.is_whole:
            raise BundleError("Something was put behind the end of this bundle.")
        piece = Sealed.parse(frame.payload)
        nonce = _nonce(self._number, is_last=piece.is_last)
        try:
            clear = self._cipher.decrypt(nonce, piece.sealed, None)
        except InvalidTag as error:
            raise BundleError("A part of this bundle was changed, moved or left out.") from error
        self._number += 1
        self.is_whole = piece.is_last
        return clear


def signed_head(key: NodeKey, unsigned: BundleHead) -> BundleHead:
    """A head under its maker's signature."""
    signature = key.sign("bundle", unsigned.signed_bytes())
    return msgspec.structs.replace(unsigned, signature=signature)


def _cipher(secret: bytes, ephemeral: bytes, public: bytes, head_frame: bytes) -> ChaCha20Poly1305:
    """The cipher of one bundle: its key hangs on every byte of the head."""
    info = _DOMAIN + hashlib.blake2b(head_frame, digest_size=32).digest()
    kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=ephemeral + public, info=info)
    return ChaCha20Poly1305(kdf.derive(secret))


def _nonce(number: int, *, is_last: bool) -> bytes:
    """12 bytes: the piece's number, and 1 for the last."""
    return number.to_bytes(_COUNTER_BYTES, "big") + bytes([is_last])
