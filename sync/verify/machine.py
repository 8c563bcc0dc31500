"""One node of a simulated world: its folder, its disk, and the process that runs on it now.

A process is the production `Store`, the log of its run, hooks, and a server's `Responder`; when it
ends, all of that is gone and the next one finds only the disk. The oracle's account of what was
written is made here, beside the engine.
"""

import copy
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Final

from darasa.sync.care import Care
from darasa.sync.errors import LearnerErasedError
from darasa.sync.event import StoredEvent
from darasa.sync.event_codec import EventCodec
from darasa.sync.fingerprint import Fingerprint
from darasa.sync.home import Home
from darasa.sync.ids import Role
from darasa.sync.local_log import LocalLog
from darasa.sync.own_certificates import keep_own_certificates
from darasa.sync.session import Limits
from darasa.sync.signing import NodeKey, issue_certificate
from darasa.sync.store import Store, Tx
from darasa.sync.transport.responder import Responder
from darasa.sync.transport.timekeeper import Timekeeper
from darasa.sync.verify import fold, removals
from darasa.sync.verify.disk import Copy, Disk, Place
from darasa.sync.verify.fold import FoldHooks
from darasa.sync.verify.gone import note_pruned
from darasa.sync.verify.releases import Columns, RefusingCodec, Release, first_of

if TYPE_CHECKING:
    from darasa.sync.verify.world import World


class NodeClock:
    """A node's clock: wall time may be wrong by decades, elapsed time begins at each start."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.wrong_by_ms = 0
        self._started_ms = world.now_ms

    def wall_ms(self) -> int:
        """What this machine believes."""
        return self._world.now_ms + self.wrong_by_ms

    def elapsed_ms(self) -> int:
        """Since the machine was started."""
        return self._world.now_ms - self._started_ms

    def start(self) -> None:
        """The machine is started."""
        self._started_ms = self._world.now_ms


class Machine:
    """One node. `boot` counts its processes: whoever holds an older number is dead."""

    def __init__(
        self,
        world: "World",
        name: str,
        home: Home,
        disk_copy: Copy | None = None,
        *,
        notices: bool = False,
        like: "Machine | None" = None,
    ) -> None:
        """`like`: what is installed here is what is installed there."""
        self.world = world
        self.name = name
        own = Random(f"{world.seed} installed {name}")
        self.release: Release = like.release if like else first_of(own, world.shape.older)
        self.editions: tuple[int, ...] = like.editions if like else own.choice(EDITIONS)
        self.has_lists: bool = like.has_lists if like else own.random() < _LISTED
        self.home = home
        self.clock = NodeClock(world)
        self.disk = Disk(disk_copy, on_commit=self._on_commit)
        self.flushes_in = 0  # commits until one that a lying disk really flushes
        self.ever: set[Place] = set()  # all that this node ever believed
        self.boot: int = 0
        self.is_salvaged = False  # a page of its disk was spoilt, once
        self._copied_from = home.node_id if notices else None
        self.start()

    def __str__(self) -> str:
        return self.name

    @property
    def role(self) -> Role:
        """What it is."""
        return self.home.role

    # -- processes ------------------------------------------------------------------------

    def start(self) -> None:
        """A new process on what the disk holds now; the one before is gone."""
        self.disk.settle()
        self.boot += 1
        self._provisional = 0
        self.trusted = False
        self.clock.start()
        if self.home.node_id == self._copied_from and self.home.peer is not None:
            self._become_a_child()
        self.store = Store(self.disk.connection, None, self.world.rng)
        keep_own_certificates(self.home, self.store)
        self.hooks = FoldHooks(
            self.wanted,
            allowed=lambda node_id: self.world.scopes_of(self, node_id),
            on_told=self._on_told,
            on_anew=lambda: self.world.mark("copies dropped"),
            refuses=lambda node_id: self.world.removes and node_id in removals.removed_at(self),
        )
        if self.world.erases:
            self.world.erasures.open(self)
        self.log = self._begin_log()
        is_computer = self.role is Role.COMPUTER
        if not is_computer:
            Timekeeper(self.store, self.log, hooks=self.hooks, clock=self.clock).say_again()
        prunes = self.home.node_id if is_computer else None
        self.care = Care(self.store, self.clock, prunes=prunes)
        self.codec = self._new_codec()
        self.desk = None if self.world.schoolwork is None else self.world.schoolwork.desk()
        self._responder: Responder | None = None
        if is_computer and self._has_pruned():  # and may have died before that was noted
            note_pruned(self.world, self)

    def _become_a_child(self) -> None:
        """What `moving.notice_place` does in a folder: a new key under a certificate of the old."""
        home = self.home
        key = NodeKey.generate(self.world.rng)
        child = issue_certificate(
            home.node_key,
            subject_public=key.public,
            role=home.role,
            school_id=home.certificate.school_id,
            parent=home.node_id,
        )
        home.become(key, child, Fingerprint())
        self.world.mark("copy made a key of its own")

    def _begin_log(self) -> LocalLog:
        return self.store.begin_log(
            key=self.home.node_key,
            school_id=self.home.school_id,
            clock=self.clock,
            app_version="sim",
        )

    def _new_codec(self) -> EventCodec | None:
        """Codec 1 of this process, as its program knows it."""
        work, columns = self.world.schoolwork, self.release.columns
        if work is None or not self.world.shape.work or columns is Columns.ASKS_AGAIN:
            return None
        if columns is Columns.REFUSES:
            return RefusingCodec()
        is_listed = self.role is Role.COMPUTER and self.has_lists
        return work.codec(self.store, editions=lambda: self.editions, listed=lambda _: is_listed)

    def install(self, release: Release) -> None:
        """Another program from now on."""
        self.release = release
        self.start()

    def set_back(self, kept: Copy, *, is_salvaged: bool = False) -> None:
        """The disk is as it was when that copy was made, and the machine is started; `is_salvaged`:
        it is the same disk, and what lies beside the store stays.
        """
        removed = removals.removed_at(self) if self.world.removes else frozenset()
        self.disk.set_back(kept)
        self.home = copy.copy(kept.luggage)
        if self.world.erases and not is_salvaged:
            self.world.erasures.set_back(self, self.world.random)
        if self.world.carries:
            self.world.relays.set_back(self, self.world.random)
        if self.world.removes and removed - removals.removed_at(self):
            self.world.mark("removal forgotten")
        self.start()

    def image(self) -> Copy:
        """A copy of the disk with the node's folder, as it is now."""
        return self.disk.image(copy.copy(self.home))

    def responder(self, limits: Limits) -> Responder:
        """What this server answers with, one for the life of its process."""
        if self._responder is None or self._responder.limits != limits:
            blobs = self.world.relays.of(self) if self.world.carries else None
            self._responder = Responder(
                self.home,
                self.store,
                hooks=self.hooks,
                clock=self.clock,
                rng=self.world.rng,
                limits=limits,
                log=self.log,
                codec=self.codec,
                program=self.release.program,
                quotas=self.world.quotas,
                blobs=blobs,
            )
        return self._responder

    def wanted(self) -> list[bytes]:
        """The scopes that this node asks for: a computer's are kept beside its events."""
        if self.role is Role.COMPUTER:
            return self.store.read(fold.wanted)
        return [HUB_SCOPE] if self.role is Role.SCHOOL else []

    def forget(self, tx: Tx, scope: bytes) -> None:
        """This computer is no longer to have a scope."""
        tx.drop_scope(scope)
        fold.want_no_more(tx.connection, scope)
        if scope.startswith(b"l"):
            self.hooks.fold_anew(tx, scope[1:])

    # -- the oracle -----------------------------------------------------------------------

    def _on_told(self, events: Sequence[StoredEvent]) -> None:
        """A server believes events of others, or has written some itself: its disk holds them."""
        if self.role is Role.COMPUTER:
            return
        places = [(each.log_id, each.seq, each.chain) for each in events]
        for place, each in zip(places, events, strict=True):
            if each.author == self.home.node_id and self.world.is_new(place):
                self.world.mark("clock corrected")
                self.world.drafted(place, self.world.before(place), each.canonical, author=self)
        self.disk.pending += places
        self.world.observer.told(self, places)

    def _on_commit(self, places: Sequence[Place]) -> None:
        self.ever.update(places)
        self.world.committed(places)
        self.flushes_in -= 1
        if not self.flushes_in or self.world.keeps_copy():
            self.disk.keep_copy(self.world.random, copy.copy(self.home))

    def look_for_provisional(self) -> None:
        """Mark that events wait here for a head, or wait no longer."""
        with self.store.reading() as connection:
            waiting = connection.execute("SELECT count(*) FROM event WHERE ordinal IS NULL")
            count = waiting.fetchone()[0]
        if count > self._provisional:
            self.world.mark("provisional kept")
        elif count < self._provisional:
            self.world.mark("head believed later")
        self._provisional = count

    def tidy(self, steps_max: int = 100) -> None:
        """Care for the store as if nothing had been written for long: events are packed, and a
        computer's old ones pruned.
        """
        self.care.all_is_quiet()
        before, held = self._rows(), self.store.event_count()
        try:
            for _ in range(steps_max):
                if not self.care.step():
                    break
        finally:
            if self.store.event_count() < held:
                note_pruned(self.world, self)
        if self._rows() < before:
            self.world.mark("events packed")

    def _has_pruned(self) -> bool:
        with self.store.reading() as connection:
            found = connection.execute("SELECT 1 FROM log WHERE is_pruned LIMIT 1").fetchone()
        return found is not None

    def _rows(self) -> int:
        """How many events are in rows of their own."""
        with self.store.reading() as connection:
            count: int = connection.execute("SELECT count(*) FROM event").fetchone()[0]
        return count

    # -- what a program on this node does -------------------------------------------------

    def write(
        self,
        count: int,
        *,
        learner: bytes | None,
        lamport: int,
        random: Random,
        also: Callable[[Tx], Any] = lambda tx: None,
        size: int | None = None,
    ) -> None:
        """Append events in one transaction and fold them, as a layer above does; `size`: bytes of
        each, else as it comes.
        """
        if learner is not None and self.world.erases and self.world.erasures.knows(self, learner):
            self._is_refused(learner)
            return
        share = self.world.shape.work
        is_work = share > 0 and learner is not None and random.random() < share and size is None
        with self.store.transaction() as tx:
            for _ in range(count):
                kind, version, body = self._next(tx, learner if is_work else None, random, size)
                before = self.log.place
                stored = tx.append(
                    self.log,
                    kind=kind,
                    version=version,
                    learner_id=learner,
                    lamport=lamport,
                    body=body,
                )
                place = (stored.log_id, stored.seq, stored.chain)
                parent = None
                if stored.seq > 1:
                    assert before is not None
                    parent = (stored.log_id, before.seq, before.chain)
                self.world.drafted(place, parent, stored.canonical, author=self)
                self.disk.pending.append(place)
                self.hooks.on_events(tx, (stored,))
            also(tx)

    def _next(
        self, tx: Tx, learner: bytes | None, random: Random, size: int | None
    ) -> tuple[int, int, tuple[Any, ...]]:
        """Kind, version and body of the next event: a learner's real work, or anything."""
        if learner is None or self.desk is None:
            return random.choice(KINDS), random.choice(VERSIONS), _body(random, size)
        written = self.desk.next_event(learner, tx.next_place(self.log), random)
        self.world.now_ms += written.after_ms
        return written.kind, written.version, written.body

    def _is_refused(self, learner: bytes) -> None:
        """Nothing new may be written of a learner who is erased here."""
        try:
            with self.store.transaction() as tx:
                tx.append(self.log, kind=18, version=1, learner_id=learner, lamport=1, body=())
        except LearnerErasedError:
            self.world.mark("erased learner refused")
        else:
            self.world.problem(f"{self} wrote of a learner who is erased")


HUB_SCOPE: Final = b"h"
UNKNOWN_KIND: Final = 900
EDITIONS: Final = ((0,), (0,), (0, 1), (1,), ())
"""The versions of the content pack that a node has."""
_LISTED: Final = 0.4
KINDS: Final = (18, 18, 18, 18, 19, 16, UNKNOWN_KIND)
VERSIONS: Final = (1, 1, 1, 77)


def _body(random: Random, size: int | None) -> tuple[Any, ...]:
    if size is None:
        size = random.choice((0, 3, 9, 9, 9, 40)) if random.random() < 0.98 else 1_500
    return (
        random.randrange(200),
        random.randbytes(6),
        random.randbytes(size),
        random.choice((None, True, "ü")),
    )
