"""Real work for the simulator of the exchange: this layer's codec 1, and events as it writes them.

What `darasa verify-sync` gives the simulator (`sync.verify.schoolwork`). A few sittings of invented
learners are played once through `Sitting`, and then told again by whoever sits down in a district;
of the content pack there are two versions, so that computers may have other dictionaries. Does not
know districts or faults.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.item import ItemFile
from darasa.content_packs.manifest import decode_json
from darasa.content_packs.pack import Pack
from darasa.content_packs.source import read_source, sound
from darasa.learning.attempt_columns.codec import AttemptCodec
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Kind
from darasa.learning.practice.sitting import Sitting
from darasa.learning.simulated.learner import HABITS, SimulatedLearner
from darasa.learning.sitting_ids import sitting_id
from darasa.sync import reads
from darasa.sync.clock import ManualClock
from darasa.sync.ids import ID_BYTES, LearnerId, Role
from darasa.sync.verify.schoolwork import Written

if TYPE_CHECKING:
    from darasa.sync.event import StoredEvent
    from darasa.sync.event_codec import EventCodec
    from darasa.sync.store import Store
    from darasa.sync.verify.schoolwork import Desk, Listed

_SITTINGS: Final = 6
_ITEMS: Final = 8
_BEGAN_MS: Final = 1_770_000_000_000


class SimulatedWork:
    """A `Schoolwork`. Holds nothing: what it needs is made once a process, when it is asked for."""

    editions: int = 2

    def desk(self) -> "Desk":
        """A program that has just been started."""
        return _Desk()

    def codec(
        self, store: "Store", *, editions: Callable[[], Iterable[int]], listed: "Listed"
    ) -> "EventCodec":
        """As `Classroom.codec`, with whom a class list names told by `listed`."""

        def known(learner_id: bytes, upto: int) -> bool:
            return store.read(reads.knows_learner, learner_id, upto=upto) or listed(learner_id)

        def find(school_id: bytes, prefix: bytes) -> list[bytes]:
            return store.read(reads.learners_like, school_id, prefix)

        packs = _editions()
        return AttemptCodec(packs=lambda: [packs[n] for n in editions()], known=known, find=find)


class _Told(NamedTuple):
    """An event of a sitting that was played: its body without what changes from one to another."""

    kind: int
    version: int
    after_ms: int
    body: tuple[Any, ...]
    back: int  # "Got it": so many events after the attempt that it names


class _Desk:
    """Sittings told again, one at a time."""

    def __init__(self) -> None:
        self._learner_id = b""
        self._log_id = b""
        self._sitting = b""
        self._left: Iterator[_Told] = iter(())

    def next_event(self, learner_id: bytes, place: tuple[bytes, int], random: Random) -> Written:
        """The sitting goes on while the same learner sits there and the log is the same."""
        log_id, seq = place
        told = None
        if (learner_id, log_id) == (self._learner_id, self._log_id):
            told = next(self._left, None)
        if told is None:
            self._learner_id, self._log_id = learner_id, log_id
            self._left = iter(random.choice(_sittings()))
            self._sitting = sitting_id(log_id, seq, learner_id)
            told = next(self._left)
        body = (self._sitting, *told.body)
        if told.kind == Kind.MASTERY_SHOWN:
            body = (*body, log_id, seq - told.back)
        return Written(told.kind, told.version, body, told.after_ms)


@cache
def _editions() -> tuple[Pack, Pack]:
    """The bundled course, and as it was before its last group of items was written."""
    source = sound(read_source(bundled_courses()[0]))
    manifest, read_blob = source.manifest, source.blobs.__getitem__
    assert manifest is not None
    newest = Pack(manifest, read_blob)
    hashes = {blob.path: blob.sha256 for blob in manifest.blobs}
    files = manifest.item_files[:-1]
    items = sum(len(decode_json(read_blob(hashes[each]), ItemFile).items) for each in files)
    before = msgspec.structs.replace(manifest, item_files=files, items=items, dictionary=None)
    return newest, Pack(before, read_blob)


@cache
def _sittings() -> tuple[tuple[_Told, ...], ...]:
    """A few sittings, played in a classroom in memory."""
    random, clock = Random("sittings"), ManualClock(_BEGAN_MS)  # noqa: S311 - invented
    with Classroom.in_memory(
        role=Role.COMPUTER, clock=clock, rng=random.randbytes, packs=_editions()[:1]
    ) as room:
        for nth in range(_SITTINGS):
            learner_id = LearnerId(random.randbytes(ID_BYTES))
            sitting = Sitting.begin(room, learner_id, how="simulated")
            learner = SimulatedLearner(HABITS[nth % len(HABITS)], seed=nth)
            learner.play(sitting, items=_ITEMS, pass_ms=clock.advance)
            sitting.sign_out()
        events = room.store.events_after(0)
    return tuple(_told(list(some)) for some in _by_sitting(events))


def _by_sitting(events: "Sequence[StoredEvent]") -> "Iterator[Sequence[StoredEvent]]":
    starts = [at for at, each in enumerate(events) if each.event.kind == Kind.SIGN_IN]
    for at, end in zip(starts, [*starts[1:], len(events)], strict=True):
        yield events[at:end]


def _told(events: "Sequence[StoredEvent]") -> tuple[_Told, ...]:
    told: list[_Told] = []
    before_ms = events[0].event.t_ms
    for each in events:
        event = each.event
        is_shown = event.kind == Kind.MASTERY_SHOWN
        body = event.body[1:-2] if is_shown else event.body[1:]
        back = each.seq - event.body[-1] if is_shown else 0
        told.append(_Told(event.kind, event.version, event.t_ms - before_ms, body, back))
        before_ms = event.t_ms
    return tuple(told)
