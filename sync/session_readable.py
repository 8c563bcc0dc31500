"""What of the offers the peer can read: codec 1, its contexts, and leaves (PROTOCOL.md 5 and 18).

Both are tried until the peer says that it does not read them. Then events go as codec 0, and of a
log with erased events what is before the first of them: a side that does not know STUB ends the
session there. Owns what is held back so; does not know rounds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from darasa.sync.capabilities import Capability
from darasa.sync.erased import KNOWS_NO_ERASURE
from darasa.sync.event_codec import Coded, CodedRun
from darasa.sync.event_runs import CODEC_CANONICAL
from darasa.sync.ids import LogId
from darasa.sync.messages import Events, Stubs
from darasa.sync.session_view import Myself, OfferedRun, Other, View
from darasa.sync.squeeze import EXPANDED_BYTES_MAX

_RATIO: Final = 4  # what zstd does to events at the least, mostly; else the batch is smaller
_RATIO_CODED: Final = 24  # what codec 1 does
_CLEAR_BYTES_MAX: Final = EXPANDED_BYTES_MAX - 64 * 1024
_PIECE_BYTES: Final = 16 * 1024


@dataclass(slots=True)
class Readable:
    """What one peer reads, over the rounds of a session."""

    me: Myself
    other: Other
    view: View
    reads_codec_1: bool = True  # until its HELLO says otherwise
    takes_leaves: bool = True
    _withheld: dict[LogId, int] = field(default_factory=dict)  # log -> known up to this ordinal
    _is_coded: bool = False  # this round has events of codec 1 ...
    _is_in_context: bool = False  # ... that need a context
    _has_leaves: bool = False

    def __post_init__(self) -> None:
        self.takes_leaves = self.view.erased_said(self.other.node_id) != KNOWS_NO_ERASURE

    @property
    def withholds(self) -> bool:
        """Whether something of a log was held back: then nothing counts as offered whole."""
        return bool(self._withheld)

    @property
    def withheld(self) -> Collection[LogId]:
        """The logs of which something was held back."""
        return self._withheld.keys()

    @property
    def may_withhold(self) -> bool:
        """Whether something may be: someone is erased, and the peer knows nothing of it."""
        return not self.takes_leaves and self.view.erased_digest(self.me.school_id) is not None

    def begin_round(self) -> None:
        """A new body."""
        self._is_coded = self._is_in_context = self._has_leaves = False

    def forget(self, *, base: int) -> None:
        """This side begins from another place: what it then offers anew may be held back anew.

        What was held back and came before that place is not offered again: it stays owed.
        """
        self._withheld = {log: after for log, after in self._withheld.items() if after < base}

    def note(self, messages: Sequence[Events | Stubs]) -> None:
        """How a batch goes, for an answer that cannot read it."""
        for message in messages:
            if isinstance(message, Events):
                self._is_coded |= message.codec != CODEC_CANONICAL
                self._is_in_context |= message.context8 is not None
            else:
                self._has_leaves = True

    # -- events ---------------------------------------------------------------------------

    def target_bytes(self, frame_bytes: int) -> tuple[int, int]:
        """About how many bytes of events fill a frame, and of one run of them."""
        target = frame_bytes * _RATIO
        if self.me.codec is not None and self.reads_codec_1:
            target = min(frame_bytes * _RATIO_CODED, _CLEAR_BYTES_MAX)
        return target, min(_PIECE_BYTES, target // (_RATIO * _RATIO))

    def cut(self, log_id: LogId, runs: Iterable[OfferedRun], after: int) -> Iterator[OfferedRun]:
        """The runs of a log as far as the peer can read them."""
        for run in runs:
            if run.leaves and not self.takes_leaves:
                self._withheld[log_id] = after
                return
            yield run

    def encode(
        self, runs: Sequence[tuple[CodedRun, Sequence[bytes]]], *, known_upto: int
    ) -> Coded | None:
        """The payload of runs in codec 1; None: codec 0 then."""
        if self.me.codec is None:
            return None
        return self.me.codec.encode(runs, peer=self.other.node_id, known_upto=known_upto)

    # -- what the peer says ---------------------------------------------------------------

    def on_capabilities(self, capabilities: int) -> Mapping[LogId, int]:
        """What the peer's HELLO says that it can; the logs that were held back and may go now."""
        self.reads_codec_1 = bool(capabilities & Capability.COLUMNS)
        self.takes_leaves = bool(capabilities & Capability.ERASURE)
        if self.me.codec is not None:
            self.me.codec.peer_reads(self.other.node_id, codec_1=self.reads_codec_1)
        released = dict(self._withheld) if self.takes_leaves else {}
        if released:
            self._withheld.clear()
        return released

    def is_unread(self) -> bool:
        """The peer asks for logs again: it may be that it could not read what was encoded.

        Once only: what goes again needs no context, or is of codec 0.
        """
        if not self._is_coded or self.me.codec is None:
            return False
        if not self._is_in_context and self.reads_codec_1:
            return False
        self.me.codec.context_missing(self.other.node_id)
        return True

    @property
    def was_beyond(self) -> bool:
        """Whether this round had what the peer, as its HELLO says now, cannot read."""
        is_beyond = self._is_coded and not self.reads_codec_1
        return is_beyond or (self._has_leaves and not self.takes_leaves)
