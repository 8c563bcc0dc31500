"""Links for benches: they carry the real session's bytes and count; time is worked out, not waited.

A simulated link has a rate, a round trip and, if wanted, dies after so many seconds up: exact, and
the same each time. HTTP's own bytes are counted as this product's client and server write them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from darasa.learning.classroom import Classroom
from darasa.sync.event_codec import EventCodec
from darasa.sync.frames import FrameReader
from darasa.sync.hooks import Hooks, NoHooks
from darasa.sync.messages import Events, Heads, Message, Receipt, parse_message
from darasa.sync.session import Limits
from darasa.sync.transport.exchange import Exchange, ExchangeReport, LinkError
from darasa.sync.transport.responder import Responder

PART = 128
RETRY_S = 5.0


def request_headers(body: bytes) -> int:
    """Bytes of HTTP around a request, as the client writes it."""
    text = f"POST /sync/1 HTTP/1.1\r\nHost: 127.0.0.1:8710\r\nContent-Length: {len(body)}\r\n\r\n"
    return len(text)


def answer_headers(body: bytes) -> int:
    """Bytes of HTTP around an answer, as `darasa serve` writes it."""
    return len(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n")


def messages(body: bytes) -> list[Message | None]:
    """The messages of a body."""
    return [parse_message(frame) for frame in FrameReader().feed(body)]


class Counted:
    """A link without delay that counts what it carries."""

    def __init__(self, responder: Responder) -> None:
        self.responder = responder
        self.requests = 0
        self.all_bytes = 0
        self.bodies: list[bytes] = []
        self.answers: list[bytes] = []

    def __call__(self, body: bytes) -> Iterator[bytes]:
        answer = self.responder.handle((body,))
        self.answers.append(answer)
        self.requests += 1
        self.bodies.append(body)
        self.all_bytes += len(body) + request_headers(body) + len(answer) + answer_headers(answer)
        yield answer

    @property
    def last(self) -> tuple[int, int]:
        """Bytes of the last request and of its answer, HTTP headers too."""
        body, answer = self.bodies[-1], self.answers[-1]
        return len(body) + request_headers(body), len(answer) + answer_headers(answer)

    def sent(self) -> tuple[int, int]:
        """Bytes of EVENTS payloads, and of HEADS and EVENTS frames whole."""
        found = [each for body in self.bodies for each in messages(body)]
        payload = sum(len(each.payload) for each in found if isinstance(each, Events))
        framed = sum(len(each.to_frame()) for each in found if isinstance(each, Events | Heads))
        return payload, framed

    def receipts(self) -> int:
        """Bytes of RECEIPT frames."""
        found = [each for answer in self.answers for each in messages(answer)]
        return sum(len(each.to_frame()) for each in found if isinstance(each, Receipt))


@dataclass
class Slow:
    """A link of `bit_s` and `rtt_s`; dies `up_s` after it came up, the first time after `first_s`.

    The clock `now_s` is its own. A new connection costs a round trip.
    """

    responder: Responder
    bit_s: float
    rtt_s: float
    up_s: float | None = None
    first_s: float | None = None
    now_s: float = 0.0
    carried: int = 0
    cuts: int = 0
    requests: int = 0
    dies_s: float = field(init=False)
    is_open: bool = False

    def __post_init__(self) -> None:
        first = self.up_s if self.first_s is None else self.first_s
        self.dies_s = float("inf") if first is None else first

    def __call__(self, body: bytes) -> Iterator[bytes]:
        self.requests += 1
        if not self.is_open:
            self._wait(self.rtt_s)
            self.is_open = True
        self._carry(request_headers(body))
        one = self.responder.round()
        for part in _parts(body):
            self._carry(len(part))
            one.feed(part)
        self._wait(self.rtt_s)
        answer = one.answer()
        self._carry(answer_headers(answer))
        for part in _parts(answer):
            self._carry(len(part))
            yield part

    def _carry(self, size: int) -> None:
        self._wait(size * 8 / self.bit_s)
        self.carried += size

    def _wait(self, seconds: float) -> None:
        if self.now_s + seconds >= self.dies_s:
            self.now_s = self.dies_s
            self.cuts += 1
            self.is_open = False
            assert self.up_s is not None
            self.dies_s = self.now_s + self.up_s
            raise LinkError("The link broke.")
        self.now_s += seconds

    def pause(self, seconds: float) -> None:
        """Time in which nothing is sent; the link may die and come back in it."""
        self.now_s += seconds
        while self.now_s >= self.dies_s:
            assert self.up_s is not None
            self.dies_s += self.up_s


def _parts(raw: bytes) -> Iterable[bytes]:
    return (raw[at : at + PART] for at in range(0, len(raw), PART))


def responder(
    room: Classroom, *, hooks: Hooks | None = None, codec: EventCodec | None = None
) -> Responder:
    """What a node answers with; without `hooks` it folds nothing."""
    return Responder(
        room.home,
        room.store,
        hooks=hooks or NoHooks(),
        clock=room.clock,
        rng=room.rng,
        codec=codec or room.codec,
    )


def exchange(
    room: Classroom,
    link: "Counted | Slow",
    *,
    limits: Limits | None = None,
    trusted: bool = True,
    hooks: Hooks | None = None,
) -> ExchangeReport:
    """One exchange over a link."""
    peer = room.home.peer
    assert peer is not None
    one = Exchange(
        room.home,
        room.store,
        peer,
        hooks=hooks or room.hooks,
        clock=room.clock,
        presence=None,
        limits=limits,
        trusted=trusted,
        codec=room.codec,
    )
    return one.run(link)


def good(room: Classroom, link: "Counted | Slow", **how: object) -> ExchangeReport:
    """An exchange that must work."""
    report = exchange(room, link, **how)  # type: ignore[arg-type]
    assert report.ok, report.error
    return report


def until_done(room: Classroom, link: Slow, *, limits: Limits) -> float:
    """Exchange again and again over a link that dies; seconds until all is receipted."""
    began, trusted = link.now_s, True
    for _ in range(1000):
        report = exchange(room, link, limits=limits, trusted=trusted)
        if report.ok:
            return link.now_s - began
        trusted = False
        link.pause(RETRY_S)
    raise AssertionError("the link never carried it")
