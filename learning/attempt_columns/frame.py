"""What codec 1 remembers while it goes through a frame: learners, sittings, items, words.

Owns: how a learner, a sitting, a moment and an item are named in the columns, in both directions
(see `attempt_columns`). Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import Struct

from darasa.learning.attempt_columns.models import CHOICE_MODEL_MAX, Models
from darasa.learning.attempt_columns.tables import Entry, Group, Table
from darasa.learning.kinds import Kind
from darasa.learning.sitting_ids import SITTING_BYTES, sitting_id
from darasa.sync.codec import CodecError, pack, packed_int, unpack
from darasa.sync.column_models import Model
from darasa.sync.columns import Coder
from darasa.sync.event import EVENT_BYTES_MAX, LAMPORT_MAX
from darasa.sync.ids import ID_BYTES
from darasa.sync.squeeze import EXPANDED_BYTES_MAX

_ATTEMPT_HEAD: Final = b"\xdc\x00\x18" + bytes((Kind.ATTEMPT, 1)) + b"\xc4\x10"
_EIGHT_BYTES: Final = b"\xc4\x08"
PREFIX_BYTES: Final = 3
"""What names a learner whom the other side knows: one school's learners seldom share it."""

_OLD, _KNOWN, _NEW = range(3)
_HERE, _BACK, _RAW = range(3)
_BACK_MAX: Final = 300
_WORD_SEEN, _WORD_NEW = 6, 7
_TOLD_LENGTH: Final = 5

FindLearner = Callable[[bytes], bytes]
"""The one learner known here whose id begins so; raises ContextMissingError."""


@dataclass(slots=True)
class RunState:
    """Where a run of one log stands. Times are in units of the run, but `t_ms`."""

    log_id: bytes
    met: "Met"  # what the frame has of who sits there
    seq: int = 0
    unit: int = 1
    t_ms: int = 0
    lamport: int = 0
    learner: int = -1  # the place of who sits there in the frame's list
    learner_id: bytes = b""
    sitting: bytes = b""
    sitting_lamport: int = 0
    last: "LastTry | None" = None
    group: Group | None = None
    head: bytes = b""  # the canonical bytes of an attempt before its time, ...
    body_head: bytes = b""  # ... and those between its time and its item

    def goes_on(self, learner_id: bytes, lamport: int, sitting: bytes) -> bool:
        """Whether an event is of the sitting that goes on here."""
        here = (self.learner_id, self.sitting_lamport, self.sitting)
        return self.learner >= 0 and here == (learner_id, lamport, sitting)

    def gap(self, t_ms: int) -> int:
        """From the event before to a moment; whole, since all times of a run are."""
        return (t_ms - self.t_ms) // self.unit

    def sit(self, learner: int, met: "Met", sitting: bytes, lamport: int) -> None:
        """Another sitting goes on from here."""
        if learner != self.learner:
            self.last = None
            self.group = None
        learner_id = met.learner_id
        self.learner, self.met, self.learner_id = learner, met, learner_id
        self.sitting, self.sitting_lamport = sitting, lamport
        self.head = _ATTEMPT_HEAD + learner_id + packed_int(lamport)
        self.body_head = _EIGHT_BYTES + sitting


@dataclass(slots=True)
class Met:
    """What a frame has said of one learner."""

    learner_id: bytes
    lamport: int | None = None  # of her last sitting
    pace: int = 0  # ms that her last answers took; 0 before the first
    nths: dict[Entry, int] = field(default_factory=dict)
    orders: dict[Group, list[Entry]] = field(default_factory=dict)

    def order(self, group: Group) -> list[Entry]:
        """The items of a group, those that she met last at the end."""
        order = self.orders.get(group)
        if order is None:
            order = self.orders[group] = group.entries.copy()
        return order


class LastTry(Struct, gc=False):
    """The attempt before, of the same learner."""

    entry: Entry
    nth: int
    values: tuple[int, ...]
    try_nth: int
    right: bool
    help: int
    seq: int

    def told(self) -> tuple[Any, ...]:
        """What the next try at it says again, from the pack to the number of the try."""
        return (*self.entry.told, self.nth, self.values, self.try_nth + 1)


@dataclass(slots=True)
class Frame:
    """One payload under way. `known`: whom the reader knows; a reader has `find`."""

    coder: Coder
    tables: Sequence[Table]
    known: Callable[[bytes], bool] | None = None
    find: FindLearner | None = None
    models: Models = field(default_factory=Models)
    nobody: Met = field(default_factory=lambda: Met(b""))  # who sits where a run begins
    named: list[bytes] = field(default_factory=list)  # learners told by prefix, in order
    inline: list[Entry] = field(default_factory=list)
    clear_bytes: int = 0
    _learners: list[Met] = field(default_factory=list)
    _place: dict[bytes, int] = field(default_factory=dict)
    _lamport: int = 0  # of the learner who came last, for one who is new
    _inline_at: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _words: list[str] = field(default_factory=list)

    def spend(self, clear_bytes: int) -> None:
        """Count an event that a reader has made. Raises CodecError beyond a limit."""
        if clear_bytes > EVENT_BYTES_MAX:
            raise CodecError("A frame makes what is longer than any event.")
        self.clear_bytes += clear_bytes
        if self.clear_bytes > EXPANDED_BYTES_MAX:
            raise CodecError(f"A frame makes more than {EXPANDED_BYTES_MAX} bytes.")

    # -- who ------------------------------------------------------------------------------

    def learner(self, learner_id: bytes) -> int:
        """The place of a learner in the frame's list, with her id the first time."""
        coder, models = self.coder, self.models
        place = self._place.get(learner_id, -1)
        how = _OLD
        if coder.writing and place < 0:
            how = _KNOWN if self.known is not None and self.known(learner_id) else _NEW
        how = coder.symbol(models.learner, how)
        if how == _OLD:
            return self._old_learner(place)
        if how == _KNOWN:
            prefix = self.plain(learner_id[:PREFIX_BYTES], PREFIX_BYTES)
            if self.find is not None:
                learner_id = self.find(prefix)
            self.named.append(learner_id)
        else:
            learner_id = self.plain(learner_id, ID_BYTES)
        place = len(self._learners)
        self._learners.append(Met(learner_id))
        self._place[learner_id] = place
        return place

    def _old_learner(self, place: int) -> int:
        count = len(self._learners)
        if not count:
            raise CodecError("A frame names a learner before any.")
        return self.choose("learner at", count, place)

    def plain(self, raw: bytes, length: int) -> bytes:
        """Bytes that nothing predicts."""
        raw = raw if self.coder.writing else bytes(length)
        return bytes([self.coder.bits(8, byte) for byte in raw])

    def learner_id(self, place: int) -> bytes:
        """The id of the learner at a place."""
        return self._learners[place].learner_id

    def lamport_of(self, met: Met, lamport: int) -> int:
        """The lamport of a sitting, near that of her sitting before, or of the learner before."""
        known = met.lamport is not None
        before = self._lamport if met.lamport is None else met.lamport
        model = self.models.lamport_again if known else self.models.lamport
        lamport = before + self.coder.number(model, lamport - before)
        if not 0 <= lamport <= LAMPORT_MAX:
            raise CodecError("A frame has a lamport that there is not.")
        met.lamport = self._lamport = lamport
        return lamport

    def who(
        self,
        state: RunState,
        learner_id: bytes,
        lamport: int,
        sitting: bytes,
        *,
        begins: bool = False,
    ) -> None:
        """A sitting begins or goes on: learner, lamport and id; `state` has them afterwards.

        Where one begins a writer looks for no event before it that the id may be derived from.
        """
        learner = self.learner(learner_id)
        met = self._learners[learner]
        lamport = self.lamport_of(met, lamport)
        sitting = self._sitting(state, met.learner_id, sitting, 1 if begins else _BACK_MAX)
        state.sit(learner, met, sitting, lamport)

    def same_sitting(
        self, state: RunState, learner_id: bytes, lamport: int, sitting: bytes
    ) -> None:
        """An event in a sitting: mostly the one that goes on; `state` has it afterwards."""
        is_other = self.coder.writing and not state.goes_on(learner_id, lamport, sitting)
        if self.coder.symbol(self.models.same, int(is_other)):
            self.who(state, learner_id, lamport, sitting)
        elif state.learner < 0:
            raise CodecError("A frame goes on with a sitting before any.")
        state.lamport = state.sitting_lamport

    def _sitting(self, state: RunState, learner_id: bytes, sitting: bytes, places: int) -> bytes:
        """Derived from this event's place, from one of some before it, or eight bytes."""
        coder, models = self.coder, self.models
        how, back = _RAW, 0
        if coder.writing:
            nearest = range(min(places, state.seq))
            ids = (sitting_id(state.log_id, state.seq - far, learner_id) for far in nearest)
            back = next((far for far, made in enumerate(ids) if made == sitting), -1)
            how = _RAW if back < 0 else _BACK if back else _HERE
        how = coder.symbol(models.sitting, how)
        if how == _RAW:
            return self.plain(sitting, SITTING_BYTES)
        back = coder.number(models.sitting_back, back) if how == _BACK else 0
        if not 0 <= back <= state.seq:
            raise CodecError("A sitting begins before its log.")
        return sitting_id(state.log_id, state.seq - back, learner_id)

    # -- when -----------------------------------------------------------------------------

    def moment(self, state: RunState, model: Model, t_ms: int) -> None:
        """The time of an event, by what went by since the one before; `state` has it then."""
        gap = self.coder.number(model, state.gap(t_ms))
        state.t_ms += gap * state.unit

    # -- what -----------------------------------------------------------------------------

    def choose(self, column: str, count: int, place: int) -> int:
        """One of `count` things. Raises CodecError for a place that is none of them."""
        if count <= CHOICE_MODEL_MAX:
            return self.coder.symbol(self.models.choice(column, count), place)
        return self.far(count, place)

    def far(self, count: int, place: int = 0) -> int:
        """One of many things. Raises CodecError for a place that is none of them."""
        place = self.coder.number(self.models.far, place)
        if not 0 <= place < count:
            raise CodecError("A frame names a thing that is not there.")
        return place

    def rank(self, state: RunState, group: Group, entry: Entry | None) -> Entry:
        """An item of a group, by how long ago this learner met it in this frame."""
        order = state.met.order(group)
        rank = 0 if entry is None else order.index(entry)
        entry = order.pop(self.choose("rank", len(order), rank))
        order.append(entry)
        return entry

    def inline_place(self, told: tuple[Any, ...]) -> int:
        """Where an item that no table has was told in this frame; -1 when it was not."""
        return self._inline_at.get(told, -1)

    def tell(self, told: tuple[Any, ...]) -> Entry:
        """An item that no table has, whole."""
        raw = self.coder.raw(self.models.told_length, pack(told) if told else b"")
        if not self.coder.writing:
            told = unpack(raw)
            if not isinstance(told, tuple) or len(told) != _TOLD_LENGTH:
                raise CodecError("An item in a frame is not whole.")
        entry = Entry(told)
        self._inline_at[told] = len(self.inline)
        self.inline.append(entry)
        return entry

    def word(self, context: int, usual: Sequence[str], word: str) -> str:
        """One of a few words, most often a usual one."""
        coder, models = self.coder, self.models
        which = _WORD_NEW
        if coder.writing:
            if word in usual:
                which = usual.index(word)
            elif word in self._words:
                which = _WORD_SEEN
        which = coder.symbol(models.words[context], which)
        if which < len(usual):
            return usual[which]
        if which == _WORD_SEEN and self._words:
            place = self._words.index(word) if coder.writing else 0
            return self._words[self.choose("word at", len(self._words), place)]
        if which != _WORD_NEW:
            raise CodecError("A frame holds a word that is not there.")
        word = self.text(word)
        self._words.append(word)
        return word

    def text(self, text: str) -> str:
        """What somebody wrote."""
        return self.coder.text(self.models.text_length, self.models.text, text)
