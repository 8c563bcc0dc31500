"""An exchange with a server whose program knew of no erasure: a table of link faults.

It skips ERASED, ends the session at STUB, and its HELLO says neither bit 8 nor a digest. What it
lacks must stay owed until it knows more, whatever else happens in the session.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from darasa.sync.capabilities import Capability
from darasa.sync.frames import Frame, FrameError, FrameReader, FrameType
from darasa.sync.messages import EndCode, Hello
from darasa.sync.session_body import body_of

if TYPE_CHECKING:
    from darasa.sync.verify.meeting import Meeting

_SENTENCE: Final = "This version speaks no STUB."


class _Before:
    """One exchange with such a server."""

    def __init__(self, meeting: "Meeting") -> None:
        self._meeting = meeting
        self._asked: Hello | None = None
        self._ends_at_stub = False

    def heard(self, raw: bytes) -> bytes:
        """What of a body it reads."""
        frames = _frames(raw)
        kinds = [frame.type for frame in frames]
        self._ends_at_stub = FrameType.STUB in kinds
        self._asked = Hello.parse(frames[0].payload) if kinds[:1] == [FrameType.HELLO] else None
        if self._asked is None:
            return raw
        world = self._meeting.world
        if self._ends_at_stub or FrameType.ERASED in kinds:
            world.fault("server before erasure")
        if self._ends_at_stub:
            world.mark("leaves sent to a server before erasure")
        read = kinds.index(FrameType.STUB) if self._ends_at_stub else len(frames) - 1
        return body_of([each.raw for each in frames[:read] if each.type != FrameType.ERASED])

    def said(self, raw: bytes) -> bytes:
        """Its answer, signed as if it had never known more."""
        frames = _frames(raw)
        if self._asked is None or not frames or frames[0].type != FrameType.HELLO:
            return raw
        server = self._meeting.server.home
        hello = Hello.parse(frames[0].payload)
        older = replace(
            hello, capabilities=hello.capabilities & ~Capability.ERASURE, erased_digest=None
        )
        told = older.signed_bytes(
            receiver=self._meeting.asker.home.node_id, answers_to=self._asked.signature
        )
        older = replace(older, signature=server.node_key.sign("hello", told))
        rest = [each.raw for each in frames[1:] if each.type != FrameType.ERASED]
        if not self._ends_at_stub:
            return b"".join((older.to_frame(), *rest))
        return body_of([older.to_frame(), *rest[:-1]], reason=_SENTENCE, code=EndCode.DAMAGED)


def _frames(raw: bytes) -> list[Frame]:
    try:
        return list(FrameReader().feed(raw))
    except FrameError:
        return []


def _before_erasure(meeting: "Meeting", random: Random) -> None:
    del random
    before = _Before(meeting)
    meeting.on_body.append(before.heard)
    meeting.on_answer.append(before.said)


OLDER_FAULTS: Final[Mapping[str, Callable[["Meeting", Random], None]]] = {
    "server before erasure": _before_erasure,
}
