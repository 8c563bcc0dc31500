"""The log of this run (sync.md section 2): minted before its first write, never continued.

Owns: when a log is minted, which place comes next, and `t_ms`. Does not write; `writes.Tx` does.
"""

from typing import NamedTuple

from darasa.sync.clock import Clock
from darasa.sync.event import GENESIS_FORMAT, TIME_STEP_MS, YEAR_MS, Genesis
from darasa.sync.ids import SHORT_BYTES, Chain, LogId, NodeId, Rng, SchoolId
from darasa.sync.rows import LogRow
from darasa.sync.signing import NodeKey
from darasa.sync.timekeeping import LogTime, Moment, correction_by


class Place(NamedTuple):
    """Where a minted log stands: the last event, and the elapsed clock at genesis."""

    log: LogRow
    seq: int
    chain: Chain
    genesis_elapsed_ms: int


class LocalLog:
    """What one run of one program writes. Has no id until its first event.

    A transaction that is rolled back puts it back where it was. After a commit whose outcome is
    not known, after `abandon`, and after a year, the next event begins a new log.
    """

    def __init__(
        self, *, key: NodeKey, school_id: SchoolId, clock: Clock, app_version: str, rng: Rng
    ) -> None:
        self.key = key
        self.school_id = school_id
        self.clock = clock
        self.app_version = app_version
        self.place: Place | None = None
        self.times: tuple[LogTime, ...] = ()  # of the log that is open, and of the one before
        self._rng = rng

    @property
    def node_id(self) -> NodeId:
        """The author."""
        return self.key.node_id

    @property
    def log_id(self) -> LogId | None:
        """The id, once there is a first event."""
        return None if self.place is None else self.place.log.log_id

    @property
    def seq(self) -> int:
        """The number of the last event; 0 before the first."""
        return 0 if self.place is None else self.place.seq

    def heard(self, moment: Moment) -> None:
        """A server said what time it is: measure the log that is open."""
        place = self.place
        if place is None:
            return
        if not self.times or self.times[-1].log_id != place.log.log_id:
            self.times = (*self.times[-1:], LogTime(place.log.log_id))
        self.times[-1].measured(
            correction_by(
                moment,
                log_id=place.log.log_id,
                genesis_wall_ms=place.log.wall_ms,
                genesis_elapsed_ms=place.genesis_elapsed_ms,
            )
        )

    def abandon(self) -> None:
        """Leave the log as it is; the next event begins another."""
        self.place = None

    def next_genesis(self) -> Genesis:
        """The genesis of a log that would begin now."""
        return Genesis(
            GENESIS_FORMAT,
            self.node_id,
            self._rng(SHORT_BYTES),
            self.clock.wall_ms(),
            self.app_version,
        )

    def t_ms(self) -> int:
        """Milliseconds since the genesis of the log that is open, in tenths of a second, never
        below 0.
        """
        if self.place is None:
            return 0
        elapsed_ms = max(0, self.clock.elapsed_ms() - self.place.genesis_elapsed_ms)
        return elapsed_ms - elapsed_ms % TIME_STEP_MS

    def is_too_old(self) -> bool:
        """Whether readers would clamp the time of an event written now."""
        return self.t_ms() > YEAR_MS
