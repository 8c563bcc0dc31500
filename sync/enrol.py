"""Enrolment: a short code proves two public keys to each other by SPAKE2 (threat-model section 3).

Two requests. START: the joiner's SPAKE2 message; the answer has one message for each open code.
FINISH: who the joiner is, its signature, and a confirmation under each key (the joiner confirms
first, so that an unfinished try tells it nothing); the answer is who the server is, the joiner's
certificate, and the server's confirmation. Both confirmations cover both SPAKE2 messages and both
public keys. Pure: the open codes, their lifetime and what is saved are `enrol_desk.py`'s.
"""

import copy
import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, Any, Final, Self

import msgspec
from msgspec import Meta, Struct
from spake2 import SPAKE2_A, SPAKE2_B, SPAKEError
from spake2.ed25519_basic import NotOnCurve

from darasa.sync.channel import Channel, TlsNumber
from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.errors import CertificateError, SyncError
from darasa.sync.ids import NO_SCHOOL, Rng, Role, SchoolId
from darasa.sync.signing import Certificate, NodeKey, check_certificate, verify

ENROL_VERSION: Final = 1
CODE_ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No 0 O 1 I L. 31 letters, 8 places: 39 bits, and few guesses."""
CODES_MAX: Final = 4
"""Codes open at once; each costs the server 12 ms a try, and gives a rogue server one guess."""
ENROL_BYTES_MAX: Final = 128 * 1024
ISSUED_MAX: Final = 400
_CODE_PLACES: Final = 8
_JOINER_ID: Final = b"darasa/enrol/1/joiner"
_SERVER_ID: Final = b"darasa/enrol/1/server"

Key32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Id16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
SpakeMessage = Annotated[bytes, Meta(min_length=33, max_length=33)]


class EnrolError(SyncError):
    """Joining was refused; the message says why and what to do."""


class _Wire(Struct, frozen=True, array_like=True):
    def to_bytes(self) -> bytes:
        """The fields as a packed array."""
        return pack(tuple(getattr(self, name) for name in self.__struct_fields__))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The fields of a packed array. Raises EnrolError."""
        try:
            value = unpack(raw, limit=ENROL_BYTES_MAX)
            return convert(value, cls)
        except (CodecError, msgspec.ValidationError, RecursionError) as error:
            raise EnrolError(f"The other side's joining message does not fit: {error}.") from error


class StartRequest(_Wire, frozen=True, array_like=True):
    """The joiner's SPAKE2 message."""

    version: Annotated[int, Meta(ge=0, le=65_535)]
    message: SpakeMessage


class StartAnswer(_Wire, frozen=True, array_like=True):
    """The server's key (not yet proved) and one SPAKE2 message for each open code."""

    attempt: Annotated[bytes, Meta(min_length=8, max_length=8)]
    server_public: Key32
    messages: Annotated[tuple[SpakeMessage, ...], Meta(min_length=1, max_length=CODES_MAX)]


class Joiner(_Wire, frozen=True, array_like=True):
    """Who wants to join; a school names its school_id and the certificates that it issued."""

    public_key: Key32
    role: Annotated[str, Meta(max_length=16)]
    name: Name
    school_id: Id16 | None
    issued: Annotated[tuple[tuple[Any, ...], ...], Meta(max_length=ISSUED_MAX)]


class FinishRequest(_Wire, frozen=True, array_like=True):
    """`joiner` packed; a signature of its key; a confirmation for each of the server's messages."""

    attempt: Annotated[bytes, Meta(min_length=8, max_length=8)]
    joiner: Annotated[bytes, Meta(max_length=ENROL_BYTES_MAX)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    confirmations: Annotated[tuple[Key32, ...], Meta(min_length=1, max_length=CODES_MAX)]


class Welcome(_Wire, frozen=True, array_like=True):
    """Who the server is and what the joiner gets."""

    server_certificate: tuple[Any, ...]
    name: Name
    school_id: Id16 | None
    seal_public: Key32 | None
    certificate: tuple[Any, ...]
    channel: tuple[TlsNumber, Key32]


class FinishAnswer(_Wire, frozen=True, array_like=True):
    """`welcome` packed, the place of the code that fitted, and the server's confirmation."""

    place: Annotated[int, Meta(ge=0, lt=CODES_MAX)]
    welcome: Annotated[bytes, Meta(max_length=4096)]
    confirmation: Key32


class Enrolled(Struct, frozen=True):
    """What a joiner has after a proved welcome. `school_id` is NO_SCHOOL from a hub; `channel`
    is None where no network lies between."""

    certificate: Certificate
    server_certificate: Certificate
    server_name: str
    school_id: SchoolId
    seal_public: bytes | None
    channel: Channel | None = None


def new_code(rng: Rng) -> str:
    """A fresh code as people read it: `ABCD-EFGH`, every letter equally likely."""
    letters: list[str] = []
    fair = 256 - 256 % len(CODE_ALPHABET)
    while len(letters) < _CODE_PLACES:
        letters += [CODE_ALPHABET[byte % len(CODE_ALPHABET)] for byte in rng(16) if byte < fair]
    code = "".join(letters[:_CODE_PLACES])
    return f"{code[:4]}-{code[4:]}"


def is_code(typed: str) -> bool:
    """Whether what somebody typed has the form of a code: no address has, but for a bare name."""
    try:
        plain_code(typed)
    except EnrolError:
        return False
    return True


def plain_code(typed: str) -> str:
    """A typed code without case, spaces and dashes. Raises EnrolError when it cannot be one."""
    code = "".join(typed.split()).replace("-", "").upper()
    if len(code) != _CODE_PLACES or any(letter not in CODE_ALPHABET for letter in code):
        raise EnrolError("A code has 8 letters and digits, and no 0, O, 1, I or L. Check it.")
    return code


class EnrolClient:
    """The joiner's side of one try. Raises EnrolError from every step that does not fit."""

    def __init__(self, *, code: str, key: NodeKey, rng: Rng) -> None:
        password = plain_code(code).encode("ascii")
        self._rng = rng
        self._key = key
        self._spake = SPAKE2_A(password, idA=_JOINER_ID, idB=_SERVER_ID, entropy_f=rng)
        self._message: bytes = self._spake.start()
        self._answer: StartAnswer | None = None
        self._joiner = b""
        self._shared: list[bytes] = []

    def start(self) -> bytes:
        """The body of the first request."""
        return StartRequest(ENROL_VERSION, self._message).to_bytes()

    def finish(self, start_answer: bytes, joiner: Joiner) -> bytes:
        """The body of the second request, from the answer to the first."""
        answer = StartAnswer.parse(start_answer)
        self._answer = answer
        self._joiner = joiner.to_bytes()
        self._shared = [self._shared_key(message) for message in answer.messages]
        confirmations = tuple(
            _confirmation(shared, b"joiner", self._transcript(place), self._joiner)
            for place, shared in enumerate(self._shared)
        )
        signature = self._key.sign("enrol", answer.attempt + self._joiner)
        return FinishRequest(answer.attempt, self._joiner, signature, confirmations).to_bytes()

    def welcomed(self, finish_answer: bytes) -> Enrolled:
        """What the second answer gives, once the server's confirmation and certificates hold."""
        answer = FinishAnswer.parse(finish_answer)
        if self._answer is None or answer.place >= len(self._shared):
            raise EnrolError("The server answered another try. Ask for a new code.")
        transcript = self._transcript(answer.place)
        expected = _confirmation(
            self._shared[answer.place], b"server", transcript, self._joiner + answer.welcome
        )
        if not hmac.compare_digest(expected, answer.confirmation):
            raise EnrolError("The server could not prove that it showed this code. Do not join it.")
        return self._enrolled(Welcome.parse(answer.welcome), self._answer.server_public)

    def _enrolled(self, welcome: Welcome, server_public: bytes) -> Enrolled:
        mine, server = _certificates((welcome.certificate, welcome.server_certificate))
        if server.public_key != server_public or mine.public_key != self._key.public:
            raise EnrolError("The server's certificates are for other keys. Ask for a new code.")
        if not check_certificate(mine, server_public):
            raise EnrolError("The server's certificate for this machine does not hold.")
        school_id = NO_SCHOOL if welcome.school_id is None else SchoolId(welcome.school_id)
        return Enrolled(
            mine, server, welcome.name, school_id, welcome.seal_public, Channel(*welcome.channel)
        )

    def _shared_key(self, message: bytes) -> bytes:
        """The key that this message of the server gives; the secret scalar serves all of them."""
        return _finished(copy.copy(self._spake), message)  # a side finishes once only

    def _transcript(self, place: int) -> bytes:
        assert self._answer is not None
        answer = self._answer
        return _transcript(
            self._message,
            answer.messages[place],
            joiner_public=self._key.public,
            server_public=answer.server_public,
        )


class EnrolServer:
    """The server's side of one try, against each of the codes that are open now."""

    def __init__(self, *, codes: Sequence[str], key: NodeKey, rng: Rng) -> None:
        if not 1 <= len(codes) <= CODES_MAX:
            raise EnrolError("No code is open. Ask for one at the server, then try again.")
        self._key = key
        self.attempt = rng(8)
        self._sides = [
            SPAKE2_B(
                plain_code(code).encode("ascii"), idA=_JOINER_ID, idB=_SERVER_ID, entropy_f=rng
            )
            for code in codes
        ]
        self._messages: tuple[bytes, ...] = tuple(side.start() for side in self._sides)
        self._shared: list[bytes] = []
        self._joiner_message = b""

    def start(self, request: bytes) -> bytes:
        """The answer to the first request. Raises EnrolError."""
        start = StartRequest.parse(request)
        if start.version != ENROL_VERSION:
            raise EnrolError("This machine's program is of another age. Update it, then try again.")
        self._joiner_message = start.message
        self._shared = [_finished(side, start.message) for side in self._sides]
        return StartAnswer(self.attempt, self._key.public, self._messages).to_bytes()

    def is_asked(self, request: bytes) -> bool:
        """Whether a second request belongs to this try. Raises EnrolError for other bytes."""
        return FinishRequest.parse(request).attempt == self.attempt

    def proved(self, request: bytes) -> tuple[int, Joiner]:
        """The place of the code that fitted, and who joins. Raises EnrolError for a wrong code."""
        finish = FinishRequest.parse(request)
        joiner = Joiner.parse(finish.joiner)
        place = self._fitting(finish, joiner.public_key)
        if place is None:
            raise EnrolError("That code does not fit. It is used up now: ask for a new one.")
        proof = self.attempt + finish.joiner
        if not verify(joiner.public_key, "enrol", proof, finish.signature):
            raise EnrolError("The machine could not prove its key. Ask for a new code.")
        return place, joiner

    def _fitting(self, finish: FinishRequest, joiner_public: bytes) -> int | None:
        if len(finish.confirmations) != len(self._shared):
            return None
        fitting: int | None = None
        for place, given in enumerate(finish.confirmations):  # all of them, whichever fits
            transcript = self._transcript(place, joiner_public)
            expected = _confirmation(self._shared[place], b"joiner", transcript, finish.joiner)
            if hmac.compare_digest(expected, given):
                fitting = place
        return fitting

    def welcome(self, request: bytes, place: int, welcome: Welcome) -> bytes:
        """The answer to the second request, after `proved`."""
        finish = FinishRequest.parse(request)
        packed = welcome.to_bytes()
        transcript = self._transcript(place, Joiner.parse(finish.joiner).public_key)
        confirmation = _confirmation(
            self._shared[place], b"server", transcript, finish.joiner + packed
        )
        return FinishAnswer(place, packed, confirmation).to_bytes()

    def _transcript(self, place: int, joiner_public: bytes) -> bytes:
        return _transcript(
            self._joiner_message,
            self._messages[place],
            joiner_public=joiner_public,
            server_public=self._key.public,
        )


def brought_certificates(joiner: Joiner) -> tuple[Certificate, ...]:
    """The certificates that a joiner brings, not checked."""
    return _certificates(joiner.issued)


def issued_certificates(joiner: Joiner) -> tuple[Certificate, ...]:
    """The certificates that a joining school issued, each checked under its key."""
    certificates = _certificates(joiner.issued)
    for certificate in certificates:
        holds = check_certificate(certificate, joiner.public_key)
        if not holds or certificate.role is not Role.COMPUTER:
            raise EnrolError("A certificate that the school brings was not given by the school.")
    return certificates


def _certificates(payloads: Sequence[tuple[Any, ...]]) -> tuple[Certificate, ...]:
    try:
        return tuple(Certificate.parse(payload) for payload in payloads)
    except CertificateError as error:
        raise EnrolError(f"A certificate cannot be read: {error}.") from error


def _finished(side: SPAKE2_A | SPAKE2_B, message: bytes) -> bytes:
    """The shared key of 32 bytes. Raises EnrolError for a message that is no point of the group."""
    try:
        shared: bytes = side.finish(message)
    except (SPAKEError, NotOnCurve, ValueError) as error:
        raise EnrolError("The other side's joining message does not fit. Try again.") from error
    return shared


def _transcript(
    joiner_message: bytes, server_message: bytes, *, joiner_public: bytes, server_public: bytes
) -> bytes:
    return pack((ENROL_VERSION, joiner_message, server_message, joiner_public, server_public))


def _confirmation(shared: bytes, side: bytes, transcript: bytes, said: bytes) -> bytes:
    """BLAKE2b-256 under the shared key over the side, the transcript and what that side says."""
    return hashlib.blake2b(pack((side, transcript, said)), digest_size=32, key=shared).digest()
