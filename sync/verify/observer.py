"""What can be seen of the engine from outside: the bodies on the wire, and what servers claim.

Owns the coverage marks that frames show, the receipts that were given (a promise the oracle holds
servers to), and the bodies and answers that a bad network may bring again.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from darasa.sync.capabilities import Capability
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.event_codec import CODEC_COLUMNS
from darasa.sync.frames import Frame, FrameError, FrameReader, FrameType
from darasa.sync.ids import Role
from darasa.sync.levels import HUB, SECOND_COPY
from darasa.sync.messages import (
    End,
    EndCode,
    Events,
    Feed,
    Heads,
    Hello,
    Marks,
    Receipt,
    Tips,
    WireTip,
    parse_message,
)
from darasa.sync.verify.disk import Place
from darasa.sync.verify.gone import note_joined

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.meeting import Meeting
    from darasa.sync.verify.world import World

_KEPT: Final = 5
_RECEIPTS_CHECKED: Final = 400


class Promise(NamedTuple):
    """A receipt that a server gave: its mark is in the store that has these tips."""

    server: "Machine"
    school_id: bytes
    asker: bytes
    mark: bytes
    tips: tuple[WireTip, ...]


class Observer:
    """Sees every body that reaches a server, and its answer."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.promises: list[Promise] = []
        self._twice: dict[bytes, list[WireTip]] = {}  # by node: receipts of level 2 and 3
        self._signed: dict[str, set[Place]] = {}
        self._bodies: dict[str, list[bytes]] = {}
        self._answers: dict[str, list[bytes]] = {}
        self._late: dict[str, list[bytes]] = {}

    # -- what the network may bring again -------------------------------------------------

    def old_bodies(self, server: "Machine") -> list[bytes]:
        """Bodies that came to a server once."""
        return self._bodies.get(server.name, [])

    def old_answers(self, asker: "Machine") -> list[bytes]:
        """Answers that a node was given once."""
        return self._answers.get(asker.name, [])

    def delay(self, server: "Machine", body: bytes) -> None:
        """A body is under way for long."""
        self._late.setdefault(server.name, []).append(body)

    def late_bodies(self, server: "Machine") -> list[bytes]:
        """The bodies that are still under way, which arrive now."""
        return self._late.pop(server.name, [])

    def _keep(self, kept: list[bytes], raw: bytes) -> None:
        if len(kept) < _KEPT:
            kept.append(raw)
        elif self.world.random.random() < 0.3:
            kept[self.world.random.randrange(_KEPT)] = raw

    # -- what may be believed -------------------------------------------------------------

    def sees(self, receiver: "Machine", body: bytes) -> None:
        """A body or an answer is on its way: what a signed head in it covers may be believed."""
        signed = self._signed.setdefault(receiver.name, set())
        for frame in frames_of(body):
            heads = _message(frame) if frame.type == FrameType.HEADS else None
            for head in heads.heads if isinstance(heads, Heads) else ():
                place = (head.log_id, head.seq, head.chain)
                if place in self.world.parents:
                    signed.update(
                        takewhile(lambda each: each not in signed, self.world.up_to(place))
                    )

    def told(self, server: "Machine", places: Sequence[Place]) -> None:
        """A server believes these: it wrote them itself, or a signed head covers them (I14)."""
        signed = self._signed.get(server.name, set())
        for place in places:
            if place not in signed and place in self.world.parents:
                self.world.problem(f"{server} believed {place[0].hex()}/{place[1]} unsigned")

    def held_twice(self, machine: "Machine") -> set[Place]:
        """What this computer was told that two others hold, by receipts that a school signed."""
        told: set[Place] = set()
        for tip in {tip for own in machine.home.own_ids for tip in self._twice.get(own, ())}:
            place = self.world.place_of(tip)
            if place is not None:
                told.update(takewhile(lambda each: each not in told, self.world.up_to(place)))
        return told

    # -- what is seen ---------------------------------------------------------------------

    def saw(self, meeting: "Meeting", body: bytes, answer: bytes) -> None:
        """A body reached its server, which gave this answer."""
        self._keep(self._bodies.setdefault(meeting.server.name, []), body)
        self._keep(self._answers.setdefault(meeting.asker.name, []), answer)
        asked = {frame.type: frame for frame in frames_of(body)}
        answered = frames_of(answer)
        if self.world.erases:
            self.world.erasures.served(meeting.server, meeting.asker, answer)
        self._mark_rounds(meeting, asked, answered)
        if self.world.schoolwork is not None:
            self._mark_codecs(meeting, body, answered)
        for frame in answered:
            if frame.type == FrameType.RECEIPT:
                self._promised(meeting.server, meeting.asker, frame)

    def _mark_rounds(
        self, meeting: "Meeting", asked: dict[int, Frame], answered: list[Frame]
    ) -> None:
        mark = self.world.mark
        types = {frame.type for frame in answered}
        hello = _message(asked.get(FrameType.HELLO))
        if FrameType.CLOCK in asked:
            meeting.more_rounds += 1  # told at once, in one more round
        self._mark_parts(meeting, asked, types)
        if FrameType.TIPS in asked:
            mark("tips named")
        if FrameType.TIPS in types and FrameType.TIPS not in asked:
            mark("hole answered")
        if FrameType.NODES in asked and meeting.asker.role is Role.SCHOOL:
            mark("relayed certificates")
        if FrameType.RANGES in asked:
            mark("ranges compared")
        elif FrameType.RANGES in types:
            meeting.more_rounds += 1  # more may be lacking than an answer holds: it is compared
            mark("given back in part")
        if FrameType.EVENTS in types:
            mark("given back")
        if FrameType.EVENTS in asked and meeting.rounds == 1:
            mark("events in the first body")
        if asked.keys() == {FrameType.HELLO, FrameType.END} and len(answered) == 2:
            mark("nothing new")
        for frame in answered:
            self._mark_answer(meeting, asked, hello, frame)

    def _mark_codecs(self, meeting: "Meeting", body: bytes, answered: list[Frame]) -> None:
        """How events went, and whether they had to go again for want of a codec or a context."""
        mark = self.world.mark
        sent = [_message(each) for each in frames_of(body) if each.type == FrameType.EVENTS]
        events = [each for each in sent if isinstance(each, Events)]
        for each in events:
            is_again = not meeting.refused_codec.isdisjoint(run.log_id for run in each.runs)
            if each.codec == CODEC_COLUMNS:
                mark("codec 1 used" if each.context8 is None else "codec 1 in a context")
            if is_again and each.codec != CODEC_COLUMNS:
                mark("codec fall-back")
            elif is_again and each.context8 is None:
                mark("context missing")
        coded = [each for each in events if each.codec == CODEC_COLUMNS]
        named = {
            tip.log_id
            for each in answered
            if each.type == FrameType.TIPS and isinstance(told := _message(each), Tips)
            for tip in told.tips
        }
        logs = {run.log_id for each in coded for run in each.runs}
        is_unread = _refuses_codec_1(answered)  # what it was sent may have come damaged
        meeting.refused_codec = logs if is_unread else logs & named
        meeting.more_rounds += is_unread + bool(meeting.refused_codec)
        meeting.went_again = meeting.went_again or is_unread

    def _mark_parts(
        self, meeting: "Meeting", asked: dict[int, Frame], types: set[FrameType | int]
    ) -> None:
        """Of erasure and of carried files; both cost rounds."""
        mark = self.world.mark
        if FrameType.ERASED in asked or FrameType.ERASED in types:
            meeting.more_rounds += 1  # who is erased is told first of all
            if FrameType.FEED not in types and FrameType.ERASED not in asked:
                mark("nothing served to one who knows more")
        if FrameType.STUB in asked:
            mark("leaves sent")
        if FrameType.BLOB in asked:
            meeting.more_rounds += 1
            if meeting.rounds > 2:
                mark("carried in parts")

    def _mark_answer(
        self, meeting: "Meeting", asked: dict[int, Frame], hello: object, frame: Frame
    ) -> None:
        mark = self.world.mark
        match _message(frame) if frame.type in _LOOKED_AT else None:
            case Marks(marks=()):
                meeting.more_rounds += 1
                mark("no mark known" if FrameType.MARKS in asked else "mark unknown")
            case Marks():
                mark("older mark known")
            case Feed() as feed:
                if feed.to.after is not None:
                    mark("feed in parts")
                if feed.start is not None:
                    mark("feed goes on")
                elif isinstance(hello, Hello) and any(each.cursor for each in hello.cursors):
                    mark("feed from the start")
            case End(code=EndCode.UNKNOWN_NODE):
                meeting.more_rounds += 1
                meeting.was_unknown = True
                mark("server forgot a node")
            case End(code=EndCode.FROZEN):
                meeting.was_frozen = True
            case End(code=EndCode.CANNOT_SAVE):
                mark("server could not save")
            case End(code=EndCode.DAMAGED) if meeting.is_damaged:
                mark("damage named")
            case End(code=EndCode.REFUSED):
                mark("session refused")
            case _:
                pass

    def wrote(self, server: "Machine", asker: "Machine", body: bytes) -> None:
        """A server has put this answer on a stick."""
        for frame in frames_of(body):
            if frame.type == FrameType.RECEIPT:
                self._promised(server, asker, frame)

    def _is_held(self, server: "Machine", place: Place) -> bool:
        world = self.world
        in_clear = place in server.disk.holds
        return in_clear or (world.erases and place in world.erasures.leaves(server))

    def _was_at_hub(self, place: Place) -> bool:
        """Whether the hub ever believed an event; of the erased it may have had but the leaf."""
        world = self.world
        is_gone = world.erases and world.erasures.was_erased(place)
        return is_gone or place in world.hub.ever

    def _promised(self, server: "Machine", asker: "Machine", frame: Frame) -> None:
        receipt = _message(frame)
        assert isinstance(receipt, Receipt)
        if server.is_salvaged:
            note_joined(server)
        is_hubs = receipt.level == HUB and server.role is Role.SCHOOL
        if receipt.level >= SECOND_COPY:
            self._twice.setdefault(asker.home.node_id, []).extend(receipt.tips)
        for tip in receipt.tips:
            place = self.world.place_of(tip)
            if place is None or not self._is_held(server, place):
                self.world.problem(f"{server} receipted {_shown(tip)}, which it does not hold")
            elif is_hubs and not self._was_at_hub(place):
                self.world.problem(f"{server} says of {_shown(tip)} that the hub holds it")
        if len(self.promises) >= _RECEIPTS_CHECKED:
            del self.promises[self.world.random.randrange(_RECEIPTS_CHECKED)]
        home = asker.home
        self.promises.append(
            Promise(server, home.school_id, home.node_id, receipt.mark, receipt.tips)
        )


_AROUND: Final = frozenset({FrameType.HELLO, FrameType.END})
_LOOKED_AT: Final = frozenset({FrameType.MARKS, FrameType.FEED, FrameType.END})


def frames_of(raw: bytes) -> list[Frame]:
    """The whole frames of a body; none of one that is damaged."""
    try:
        return FrameReader().feed(raw)
    except FrameError:
        return []


def _message(frame: Frame | None) -> object:
    if frame is None:
        return None
    try:
        return parse_message(frame)
    except RemoteProtocolError:
        return None


def _refuses_codec_1(answered: list[Frame]) -> bool:
    """Whether a program that does not read codec 1 names damage: what is coded goes again."""
    messages = [_message(each) for each in answered if each.type in _AROUND]
    is_damage = any(isinstance(each, End) and each.code == EndCode.DAMAGED for each in messages)
    return is_damage and any(
        isinstance(each, Hello) and not each.capabilities & Capability.COLUMNS for each in messages
    )


def _shown(tip: WireTip) -> str:
    return f"{tip.log_id.hex()}/{tip.seq}"
