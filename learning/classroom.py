"""The classroom: one node opened, with its store, packs, people and recorder. Apps start here.

Owns: opening and closing in the right order, and putting the parts together. Decides nothing.
"""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from darasa.learning import resume, tables
from darasa.learning.aliases import aliases_of, root_of
from darasa.learning.deciding.acts import Decisions
from darasa.learning.deciding.trust import Trust
from darasa.learning.digest import learner_ids
from darasa.learning.errors import LearningError
from darasa.learning.evidence import ItemKey
from darasa.learning.folding import Weighed
from darasa.learning.hooks import LearningHooks
from darasa.learning.kinds import ADOPTED_MAX, Adopt
from darasa.learning.learner_values import LearnerState
from darasa.learning.marks import SchoolMarks
from darasa.learning.node_names import NodeBook
from darasa.learning.parts import Given, people_parts, personal_text, projection_of
from darasa.learning.people.people import LearnerRow
from darasa.learning.personal_text import MachineSecret
from darasa.learning.presence import PresenceBoard
from darasa.learning.recorder import Recorder
from darasa.learning.scopes import SCHOOL_SCOPE, PackValue, Value, parse_value
from darasa.learning.version import APP_VERSION
from darasa.sync import reads
from darasa.sync.adoption import logs_without_school
from darasa.sync.clock import Clock
from darasa.sync.contacts import has_issued
from darasa.sync.erased_home import forgotten, join_erased, note_beginning
from darasa.sync.erased_rows import erased_among
from darasa.sync.errors import StoreError
from darasa.sync.event import StoredEvent
from darasa.sync.home import Home
from darasa.sync.ids import ID_BYTES, NO_SCHOOL, LearnerId, Rng, Role
from darasa.sync.moving import notice_place
from darasa.sync.own_certificates import keep_own_certificates
from darasa.sync.rescue import Rescue, open_sound
from darasa.sync.store import Store
from darasa.sync.timekeeping import is_believable

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack
    from darasa.content_packs.shelf import Shelf
    from darasa.learning.reports.course_book import CourseBook
    from darasa.sync.copy_folder import Note
    from darasa.sync.event_codec import EventCodec

_SECRET_BYTES: Final = 32


class Classroom:
    """One open node. Made by `open` or `in_memory`; close it when done.

    `store`, `record`, `people`, `first_pins`, `secrets`, `codes`, `decisions`, `desk`, `hooks`,
    `nodes`, `fits` and `presence` are its parts; `log` is that of this run. Safe to use from
    several threads; one process at a time has it writable. `rescue` is set when its store was
    damaged and had to be salvaged.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        clock: Clock,
        rng: Rng,
        secret: MachineSecret,
        packs: "Sequence[Pack] | Path",
    ) -> None:
        self.home = home
        self.store = store
        self.clock = clock
        self.rng = rng
        self.presence = PresenceBoard(clock)
        self.meeting = threading.Lock()  # held while the server above is heard, by wire or stick
        self.packs_not_given = False  # the server named a pack that it could not give
        self.looked_for_server_ms: int | None = None  # by the clock of this run
        self.rescue: Rescue | None = None
        self._packs = packs
        self._book: tuple[tuple[tuple[str, int], ...], CourseBook] | None = None
        self._closing = ExitStack()
        trust, personal = Trust(home), personal_text(home, rng)
        self._projection = projection_of(home, trust, personal, secret)
        self._learners = self._projection.learners
        self.fits = self._projection.fits
        self.log = store.begin_log(
            key=home.node_key, school_id=home.school_id, clock=clock, app_version=APP_VERSION
        )
        self.nodes = NodeBook(home)
        self.record = Recorder(store=store, projection=self._projection, clock=clock, log=self.log)
        given = Given(home, store, self.record, self._projection, personal, clock, rng)
        people = people_parts(given, secret=secret, names=self.nodes.names)
        self.first_pins, self.secrets, self.people, self.codes, self.desk = people
        self.decisions = Decisions(
            role=home.role,
            school_id=home.school_id,
            reading=store.reading,
            recorder=self.record,
            rows=self._projection.decisions,
            rng=rng,
        )
        self.hooks = LearningHooks(
            role=home.role,
            school_id=home.school_id,
            reading=store.reading,
            projection=self._projection,
            presence=self.presence,
            role_of=trust.role_of,
            decisions=self.decisions,
            codes=self.codes,
        )

    @classmethod
    def open(cls, home: Home, *, clock: Clock, rng: Rng, writable: bool = True) -> Self:
        """Open the node of a folder.

        Writable takes `home.lock()`, brings the tables up to date and gives the school what this
        computer wrote before it joined; a damaged store is salvaged first. Reading may go on beside
        a writing process. Raises HomeBusyError, StoreError and its kinds.
        """
        with ExitStack() as stack:
            if writable:
                stack.enter_context(home.lock())
                notice_place(home, rng)
            elif not home.store_path.exists() or _has_forgotten(home, rng):
                cls.open(home, clock=clock, rng=rng).close()
            rescue: Rescue | None = None
            if writable:
                hub = home.node_id if home.role is Role.HUB else None
                store, rescue = open_sound(
                    home.store_path,
                    rng=rng,
                    now_ms=clock.wall_ms(),
                    hub=hub,
                    copy=lambda: _newest_copy(home, rng),
                )
            else:
                store = Store.open(home.store_path, rng=rng, read_only=True)
            stack.enter_context(store)
            room = cls(
                home,
                store,
                clock=clock,
                rng=rng,
                secret=MachineSecret.of_home(home.path, rng),
                packs=home.blobs_path,
            )
            room.rescue = rescue
            room._start(None if rescue is None else rescue.aside)
            if rescue is not None and home.role is Role.SCHOOL:
                from darasa.learning.pack_delivery import publish_packs  # late: it is rare
                from darasa.learning.school_key import publish_school_key

                publish_packs(room)
                publish_school_key(room, is_start=True)
            room._closing = stack.pop_all()
        return room

    @classmethod
    def in_memory(
        cls,
        *,
        role: Role,
        clock: Clock,
        rng: Rng,
        packs: "Sequence[Pack]" = (),
        name: str = "in memory",
        home: Home | None = None,
    ) -> Self:
        """A node without a folder, for simulated computers and tests; the same code otherwise."""
        home = home or Home.in_memory(role=role, name=name, rng=rng)
        with ExitStack() as stack:
            store = stack.enter_context(Store.open(None, rng=rng))
            secret = MachineSecret(rng(_SECRET_BYTES))
            room = cls(home, store, clock=clock, rng=rng, secret=secret, packs=tuple(packs))
            room._start()
            room._closing = stack.pop_all()
        return room

    def close(self) -> None:
        """Close the store and let the folder go. A second call does nothing."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what is taught -------------------------------------------------------------------

    @cached_property
    def shelf(self) -> "Shelf":
        """The installed packs. Raises LearningError for a node in memory, which has no folder."""
        from darasa.content_packs.shelf import Shelf  # late: sign-in opens no pack

        if not isinstance(self._packs, Path):
            raise LearningError("A node in memory has no shelf.")
        return Shelf(self._packs)

    @cached_property
    def codec(self) -> "EventCodec":
        """Codec 1 over the packs and learners here, for every exchange of this process."""
        from darasa.learning.attempt_columns.codec import (
            AttemptCodec,  # late: reports exchange nothing
        )

        return AttemptCodec(packs=self.packs, known=self._peer_knows, find=self._learners_like)

    def _peer_knows(self, learner_id: bytes, upto: int) -> bool:
        """A school told its computers of its learners; a peer knows all whose work it holds."""
        with self.store.reading() as connection:
            if reads.knows_learner(connection, learner_id, upto=upto):
                return True
            if self.home.role is not Role.COMPUTER:
                return False
            listed = connection.execute(
                "SELECT 1 FROM lt_membership WHERE learner_id = ? LIMIT 1", (learner_id,)
            )
            return listed.fetchone() is not None

    def _learners_like(self, school_id: bytes, prefix: bytes) -> list[bytes]:
        return self.store.read(reads.learners_like, school_id, prefix)

    def packs(self) -> "list[Pack]":
        """The newest version of every pack here."""
        return self.shelf.all() if isinstance(self._packs, Path) else list(self._packs)

    def course_book(self) -> "CourseBook":
        """Titles and texts of the packs here, looked up once while they stay the same."""
        from darasa.learning.reports.course_book import CourseBook  # late: only reports ask

        packs = self.packs()
        versions = tuple((pack.id, pack.sequence) for pack in packs)
        kept = self._book
        if kept is None or kept[0] != versions:
            kept = self._book = (versions, CourseBook.of(packs))
        return kept[1]

    def publish_pack(self, value: PackValue) -> bool:
        """At a school: tell the computers which version of a pack to have. False when they know."""
        with self.store.transaction() as tx:
            return tx.publish(SCHOOL_SCOPE, value.record_id, value.to_bytes())

    def notices(self) -> list[Value]:
        """At a computer: what its school tells all of the school, classes left out."""
        with self.store.reading() as connection:
            rows = connection.execute("SELECT value FROM lt_notice").fetchall()
        values = (parse_value(raw) for (raw,) in rows)
        return [value for value in values if value is not None]

    def published_packs(self) -> list[PackValue]:
        """At a computer: the packs that its school serves, by id."""
        packs = [value for value in self.notices() if isinstance(value, PackValue)]
        return sorted(packs, key=lambda value: value.pack_id)

    # -- learners -------------------------------------------------------------------------

    def state(self, learner_id: LearnerId) -> LearnerState:
        """What is known of a learner; of an unknown one, the state with nothing in it."""
        with self.store.reading() as connection:
            return self._learners.state(connection, learner_id)

    def language_of(self, learner_id: LearnerId) -> str | None:
        """The language of the screens that a learner chose last, as far as is known here."""
        with self.store.reading() as connection:
            row = connection.execute(
                "SELECT language FROM lt_language WHERE learner_id = ?",
                (root_of(connection, learner_id),),
            ).fetchone()
        return None if row is None else str(row[0])

    def digest(self, learner_id: LearnerId) -> bytes | None:
        """16 bytes over her state, by the rules in force; None when she is unknown here."""
        with self.store.reading() as connection:
            return self._learners.digest(connection, root_of(connection, learner_id))

    def freshen(self, limit: int) -> int:
        """Fold learners whose states are by other rules or marks than those in force; how many.

        In transactions of their own, at most `limit`: who is killed goes on where it was. Until
        then a stale state is folded anew by whoever asks for it.
        """
        stale = self.store.read(self._learners.stale, limit)
        for learner_id in stale:
            with self.store.transaction() as tx:
                self._learners.freshen(tx.connection, learner_id)
        return len(stale)

    def stale(self) -> int:
        """How many learners' states are by other rules than those in force."""
        return self.store.read(self._learners.count_stale)

    def let_go(self, learner_id: LearnerId) -> None:
        """She left this machine: what memory still has of her is dropped."""
        self._learners.states.let_go(learner_id)

    def is_erased(self, learner_id: LearnerId) -> bool:
        """Whether she was erased. Cost: next to nothing while nobody is."""
        return bool(self.store.read(erased_among, NO_SCHOOL, (learner_id,)))

    def events_of(self, learner_id: LearnerId) -> list[StoredEvent]:
        """The events that count of a learner, under all her ids, in the order they fold."""
        return self.store.read(self._learners.events_of, learner_id)

    def weighed(self, learner_id: LearnerId) -> list[Weighed]:
        """Her answers, and what teachers saw of her, in their order: what each weighs and why."""
        return self.store.read(self._learners.weighed, learner_id)

    def item_marks(self) -> SchoolMarks:
        """What teachers said of items, as it stands: withdrawn, and answers taken for right."""
        return self.store.read(self._learners.item_marks)

    def learners_met(self, item: ItemKey) -> set[LearnerId]:
        """Who has met an item, by the ids they are known by."""
        return self.store.read(self._learners.met, {(self.home.school_id, *item)})

    def aliases_of(self, learner_id: LearnerId) -> tuple[LearnerId, ...]:
        """Every id of a learner, the one she is known by first: what erasing her has to name."""
        return self.store.read(aliases_of, learner_id)

    def learner_ids(self) -> list[LearnerId]:
        """Every learner of whom there is an event here, in order."""
        return self.store.read(learner_ids)

    def guest(self) -> LearnerRow:
        """The learner who practises on a computer without a class list: made once, nameless."""
        with self.store.transaction() as tx:
            named = resume.newcomers(tx.connection)
            known = [each for each in resume.guests(tx.connection) if each not in named]
            learner_id = known[0] if known else LearnerId(self.rng(ID_BYTES))
            resume.add_guest(tx.connection, learner_id)
        return self.people.find_id(learner_id)

    def place(self, learner_id: LearnerId) -> bytes | None:
        """Where a learner was on this machine, as the client saved it."""
        return self.store.read(resume.place_of, learner_id)

    def save_place(self, learner_id: LearnerId, place: bytes | None) -> None:
        """Keep where a learner is, without an event; `record.record(…, place=…)` does both."""
        self.record.save_place(learner_id, place)

    def last_here(self) -> list[tuple[LearnerId, int]]:
        """(learner, wall ms) of those who signed in on this machine, the last first."""
        return self.store.read(resume.seen)

    # -- the log --------------------------------------------------------------------------

    def adopt_earlier_logs(self) -> int:
        """Give the school what this computer wrote before it joined; how many logs. Once is enough.

        The events that list them and their new place are one transaction.
        """
        if self.home.school_id == NO_SCHOOL:
            return 0
        logs = [
            log_id
            for node_id in self.home.own_ids
            for log_id in self.store.read(logs_without_school, node_id)
        ]
        if not logs:
            return 0
        adopted = 0
        with self.store.transaction() as tx:
            for first in range(0, len(logs), ADOPTED_MAX):
                some = tuple(logs[first : first + ADOPTED_MAX])
                adopted += tx.adopt(self.home.school_id, some)
                self.record.record((None, Adopt(self.home.school_id, some)))
        return adopted

    def rebuild(self) -> None:
        """Drop every read table and fold everything anew; nothing is lost by it."""
        with self.store.transaction() as tx:
            self._projection.rebuild(tx)

    def _start(self, damaged: Path | None = None) -> None:
        """Bring this node's tables up to date, where it may write; after a rescue, from the rest of
        the damaged store."""
        if not self.store.is_read_only:
            self._migrate()
            is_new = self.store.position().ordinal == 0 and not self.store.read(tables.exist)
            note_beginning(self.home, self.store, is_new=is_new)
            is_retimed = keep_own_certificates(self.home, self.store)
            with self.store.transaction() as tx:
                if is_retimed or not self._projection.is_current(tx.connection):
                    self._projection.rebuild(tx)
                self._projection.decisions.publish(tx)  # a school that has joined has a hub
                if not is_believable(self.clock.wall_ms()):
                    tx.begin_quotas_anew()
                if damaged is not None:
                    resume.take_over(tx.connection, damaged)
            join_erased(self.home, self.store, self.hooks)
            self.adopt_earlier_logs()
            if self.home.role is not Role.COMPUTER:
                from darasa.sync.transport.timekeeper import Timekeeper  # late: servers need it

                Timekeeper(self.store, self.log, hooks=self.hooks, clock=self.clock).say_again()
            if self.home.role is Role.SCHOOL and self.store.read(has_issued, self.home.node_id):
                from darasa.learning.school_key import publish_school_key  # late: as above

                publish_school_key(self, is_start=True)
            if self.store.read(resume.newcomers_untold):
                from darasa.learning.people.newcomers import tell_newcomers  # late: it is rare

                tell_newcomers(self)
            return
        with self.store.reading() as connection:
            if not tables.exist(connection):
                raise StoreError("This folder has not been started yet. Start it once.")

    def _migrate(self) -> None:
        if not self.store.read(resume.is_current):
            from darasa.learning.migrations import MIGRATIONS  # late: it takes long to load

            self.store.migrate(MIGRATIONS)


def _has_forgotten(home: Home, rng: Rng) -> bool:
    """Whether a store that is there lacks what the file of erased learners knows."""
    if not home.erased_path.exists():
        return False
    with Store.open(home.store_path, rng=rng, read_only=True) as store:
        return bool(forgotten(home, store))


def _newest_copy(home: Home, rng: Rng) -> "AbstractContextManager[tuple[Path, Note] | None]":
    from darasa.sync.newest_copy import newest_copy  # late: only a damaged store asks

    return newest_copy(home, rng)
