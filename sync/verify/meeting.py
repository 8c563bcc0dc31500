"""One exchange between two simulated nodes, and the carrier that brings its bodies.

The asker runs the production `Exchange`, the server a production `Round` for each body. Between
them is this carrier, which does to the bytes what the faults of the meeting say, and shows every
body to the world's observer. A server that dies looks to the asker like a link that breaks.
"""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.frames import FrameError, FrameReader
from darasa.sync.session import Limits
from darasa.sync.transport.exchange import Exchange, ExchangeReport, LinkError
from darasa.sync.verify.disk import ProcessDiedError

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_BROKE: Final = "The link broke."
_ENDLESS: Final = 1 << 40
_ROUND_TRIPS_MS: Final = (0, 40, 300, 1_200)

Change = Callable[[bytes], bytes]


class Meeting:
    """An exchange that is to happen. Faults set what goes wrong before `run`."""

    def __init__(
        self, world: "World", asker: "Machine", server: "Machine", *, limits: Limits, random: Random
    ) -> None:
        self.world = world
        self.asker = asker
        self.server = server
        self.limits = limits
        self.random = random
        self.left = _ENDLESS  # bytes that the link still carries, both ways together
        self.on_body: list[Change] = []
        self.on_answer: list[Change] = []
        self.before_round: list[Callable[[int], None]] = []
        self.afterwards: list[Callable[[], None]] = []
        self.instead: Callable[[], bytes] | None = None  # answers, and no body is delivered
        self.refusals: list[str] = []  # marks of what must make the session end
        self.successes: list[str] = []  # marks of what must not make it end
        self.is_hurt = False  # something was done to the body or answer that is under way
        self.is_damaged = False  # a body or an answer is not what was sent: it may not end well
        self.was_unknown = False  # the server took nothing of a body, and asked who this is
        self.went_again = False  # it named damage for want of codec 1, and all went again plain
        self.was_frozen = False  # the server holds the asker back
        self.is_to_wait = False  # the server has no time, and says when to come again
        self.rounds = 0
        self.more_rounds = 0  # a mark or a node that the server does not know costs one each
        self.refused_codec: set[bytes] = set()  # logs that came in codec 1 and are asked for again
        self._asker_boot = asker.boot

    def run(self) -> ExchangeReport | None:
        """The exchange; None when the asking process died in it."""
        asker = self.asker
        peer = asker.home.peer
        assert peer is not None
        self._asker_boot = asker.boot
        report: ExchangeReport | None = None
        try:
            report = Exchange(
                asker.home,
                asker.store,
                peer,
                hooks=asker.hooks,
                clock=asker.clock,
                limits=self.limits,
                trusted=asker.trusted,
                codec=asker.codec,
                program=asker.release.program,
                blobs=self.world.relays.of(asker) if self.world.carries else None,
            ).run(self._post)
        except ProcessDiedError:
            if asker.boot == self._asker_boot:
                asker.start()
        for each in (asker, self.server):
            each.disk.disarm()
        for happens in self.afterwards:
            happens()
        if report is not None:
            asker.trusted = report.ok
        return report

    def _post(self, body: bytes) -> Iterator[bytes]:
        self.rounds += 1
        for happens in self.before_round:
            happens(self.rounds)
        if self.asker.boot != self._asker_boot:
            raise ProcessDiedError
        body = self._changed(body, self.on_body)
        self.world.now_ms += self.random.choice(_ROUND_TRIPS_MS)
        answer = self.instead() if self.instead else self.delivered(body)
        if not self.instead:
            self.world.observer.saw(self, body, answer)
        answer = self._changed(answer, self.on_answer)
        yield from self._carried(answer)

    def _changed(self, raw: bytes, changes: Iterable[Change]) -> bytes:
        """What arrives of a body or an answer; two that hurt it may undo each other."""
        arrives, self.is_hurt = raw, False
        for change in changes:
            arrives = change(arrives)
        self.is_damaged = self.is_damaged or (self.is_hurt and arrives != raw)
        return arrives

    def delivered(self, body: bytes) -> bytes:
        """The server's answer to a body. Raises LinkError when the link or the server breaks."""
        server = self.server
        boot = server.boot
        self.world.observer.sees(server, body)
        try:
            one = server.responder(self.limits).round()
            for piece in self._carried(body):
                one.feed(piece)
            answer = one.answer()
        except ProcessDiedError:
            self.world.mark("server died")
            if server.boot == boot:
                server.start()
            raise LinkError(_BROKE) from None
        server.look_for_provisional()
        self.world.observer.sees(self.asker, answer)  # a hub gives back under signed heads
        return answer

    def _carried(self, raw: bytes) -> Iterator[bytes]:
        """The bytes in parts, as far as the link carries them."""
        part = self.random.choice((100, 1_400, len(raw), len(raw))) or 1
        for start in range(0, len(raw), part):
            piece = raw[start : start + part][: self.left]
            self.left -= len(piece)
            if piece:
                yield piece
            if self.left <= 0:
                self.world.fault("link cut")
                raise LinkError(_BROKE)


def frames_in(raw: bytes) -> list[bytes]:
    """The whole frames of a body, raw; what is damaged or cut ends the list."""
    try:
        return [frame.raw for frame in FrameReader().feed(raw)]
    except FrameError:
        return []


def joined(frames: Iterable[bytes]) -> bytes:
    """A body of frames."""
    return b"".join(frames)
