"""What an asker keeps between sessions, written from sync/PROTOCOL.md sections 4, 7, 18 alone."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .feed import Feed
from .log import Log, read_genesis
from .wire import KNOWS_ERASED, node_of, pack, verify

MARKS_MAX = 32
MARKS_NEWEST = 16
OFFSET_MS_MIN = 10_000
YEAR_2026_MS, YEAR_2086_MS = 1_767_225_600_000, 3_660_681_600_000


@dataclass(frozen=True)
class Identity:
    """A computer that has joined: its key, its certificate, and that of its server."""

    key: Ed25519PrivateKey
    certificate: list[Any]
    server_certificate: list[Any]

    @property
    def node_id(self) -> bytes:
        """The id of this computer."""
        return node_of(self.certificate[0])

    @property
    def school_id(self) -> bytes:
        """The school of this computer."""
        return bytes(self.certificate[2])

    @property
    def server_key(self) -> bytes:
        """The one key under which answers are believed."""
        return bytes(self.server_certificate[0])

    @property
    def server_id(self) -> bytes:
        """The id of the server."""
        return node_of(self.server_key)


class Clock(Protocol):
    """What the machine knows of the time."""

    def wall_ms(self) -> int:
        """What its clock says."""

    def elapsed_ms(self) -> int:
        """A count that nobody sets."""


@dataclass
class Memory:
    """What a store has to keep; `ordinal` numbers the transactions that wrote events."""

    logs: dict[bytes, Log] = field(default_factory=dict)
    ordinal: int = 0
    marks: list[tuple[bytes, int]] = field(default_factory=list)
    ended_well: bool = True
    levels: dict[tuple[bytes, int], int] = field(default_factory=dict)
    feed: Feed = field(default_factory=Feed)
    erased: dict[bytes, bytes] = field(default_factory=dict)
    peer_capabilities: int | None = None
    peer_erased: bytes | None = None
    open_log: tuple[Log, int] | None = None
    correction: list[Any] | None = None
    corrected: dict[bytes, int] = field(default_factory=dict)

    def begin_log(self, node_id: bytes, nonce8: bytes, clock: Clock) -> Log:
        """Begin a log, as a run of a program does: its clock's word goes into the genesis."""
        log = Log(pack([1, node_id, nonce8, clock.wall_ms(), "second"]))
        self.logs[log.log_id] = log
        self.open_log = (log, clock.elapsed_ms())
        return log

    def write(self, log: Log, *events: list[Any]) -> None:
        """Commit events of one transaction."""
        self.ordinal += 1
        for event in events:
            log.append(event, self.ordinal)

    def note(self, mark: bytes, ordinal: int) -> None:
        """Note a mark: its server holds all that was offered up to `ordinal`."""
        older = [(one, at) for one, at in self.marks if one != mark and at < ordinal]
        self.marks = [(mark, ordinal), *older]

    def peer_lacks_erased(self) -> bool:
        """Whether the server is known not to know ERASED and STUB."""
        return self.peer_capabilities is not None and not self.peer_capabilities & KNOWS_ERASED

    def measure(self, server_ms: int, sent_ms: int, came_ms: int) -> None:
        """How much later the open log began than it says, by a server's clock read meanwhile."""
        if self.open_log is None or not YEAR_2026_MS <= server_ms < YEAR_2086_MS:
            return
        log, begun_ms = self.open_log
        began_ms = server_ms - ((sent_ms + came_ms) // 2 - begun_ms)
        offset_ms = began_ms - read_genesis(log.genesis)[3]
        uncertainty_ms = (came_ms - sent_ms + 1) // 2
        told = self.corrected.get(log.log_id)
        is_better = told is None or uncertainty_ms <= told // 2
        if abs(offset_ms) > max(OFFSET_MS_MIN, uncertainty_ms) and is_better:
            self.correction = [log.log_id, offset_ms, uncertainty_ms]

    def was_told(self, correction: list[Any]) -> None:
        """The server was told; it hears of that log again when a measure is better by half."""
        self.corrected[correction[0]] = correction[2]
        self.correction = None

    def named_marks(self) -> list[bytes]:
        """The newest 16 marks, then marks at doubling distance."""
        found, at, step = self.marks[:MARKS_NEWEST], MARKS_NEWEST, 1
        while at < len(self.marks) and len(found) < MARKS_MAX:
            found = [*found, self.marks[at]]
            step *= 2
            at += step
        return [mark for mark, _ in found]

    def forget_newer(self, mark: bytes | None) -> int:
        """Forget the marks newer than the one that is known; up to where that one stands."""
        known = [place for place, (one, _) in enumerate(self.marks) if one == mark]
        self.marks = self.marks[known[0] :] if known else []
        return self.marks[0][1] if self.marks else 0

    def erased_digest(self) -> bytes | None:
        """The sum of the hashes of the erased, or nil."""
        if not self.erased:
            return None
        total = sum(int.from_bytes(one, "big") for one in self.erased)
        return (total % 2**128).to_bytes(16, "big")

    def erase(self, school_id: bytes, records: list[Any], school_key: bytes) -> bool:
        """Take records of erased learners and let what names them go; whether one was new."""
        known = len(self.erased)
        for learner_hash, signature in records:
            verify(school_key, "erase", [school_id, learner_hash], signature)
            if learner_hash not in self.erased:
                self.erased[learner_hash] = signature
                self.feed.erase(learner_hash)
                for log in self.logs.values():
                    log.erase(learner_hash)
        return len(self.erased) > known
