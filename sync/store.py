"""The SQLite store of one node: opening, transactions, snapshots, and the reads most callers want.

One writer connection and one lock; readers have connections of their own that cannot write (a store
in memory shares the one connection under the lock). SQLite's errors leave here as StoreErrors.
"""

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from darasa.sync import contacts, feed, reads
from darasa.sync.clock import Clock
from darasa.sync.contacts import PeerRow, Unsent
from darasa.sync.database import (
    BUSY_TIMEOUT_MS,
    check_migrated,
    connect,
    damaged,
    migrate,
    migrate_room,
    sync_folder,
    translated,
)
from darasa.sync.erased_file import FILE_NAME as ERASED_FILE
from darasa.sync.errors import LocalProtocolError, StoreDamagedError, StoreError
from darasa.sync.event import StoredEvent
from darasa.sync.frontier import Head
from darasa.sync.ids import NodeId, RecordId, Rng, SchoolId
from darasa.sync.local_log import LocalLog, Place
from darasa.sync.reading import InsideWriter, Readers, Snapshot
from darasa.sync.signing import NodeKey
from darasa.sync.writes import Tx

if TYPE_CHECKING:
    from darasa.sync.sqlite_tools import Migrations

__all__ = ["LocalLog", "Store", "Tx"]

_Args = ParamSpec("_Args")
_Answer = TypeVar("_Answer")
SWEPT_AT_ONCE_BYTES = 32 << 20
"""A store up to this is written anew right after an erasure, in about a second; see `clean_up`."""
CHECKPOINT_BYTES = 256 * 1024
"""A WAL below this is left to SQLite, which folds it in at 4 MB and when the store is closed."""
_READ_ONLY = "This folder was opened for reading only; nothing was changed."
_UNDONE = "Something went wrong while saving. Nothing of it was kept."


class Store:
    """The store of one node. Safe to use from several threads; close it when done."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None, rng: Rng) -> None:
        self._connection = connection
        self._path = path
        self._rng = rng
        self._lock = threading.RLock()
        self._tx: Tx | None = None
        self._depth = 0
        self._is_doomed = False
        self._is_read_only = False
        self._logs: list[LocalLog] = []
        self._readers = None if path is None else Readers(path)
        self._swept_upto: int | None = None
        self.erased_file = None if path is None else path.with_name(ERASED_FILE)

    @classmethod
    def open(cls, path: Path | None, *, rng: Rng, read_only: bool = False) -> Self:
        """Open the store in a file, made when it is not there; None is a new one in memory.

        The caller holds the home's lock unless `read_only`: then another process may be writing.
        Raises StoreDamagedError, StoreFullError, or StoreError when it cannot be opened.
        """
        if read_only and (path is None or not path.exists()):
            raise StoreError("There is nothing saved in this folder yet.")
        connection = connect(path, read_only=read_only)
        try:
            if read_only:
                check_migrated(connection)
            else:
                migrate(connection)
                if path is not None:
                    sync_folder(path.parent)
        except BaseException:
            connection.close()
            raise
        store = cls(connection, path, rng)
        store._is_read_only = read_only
        return store

    def close(self) -> None:
        """Close all connections. A second call does nothing."""
        with self._lock:
            if self._readers is not None:
                self._readers.close()
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_read_only(self) -> bool:
        """Whether it was opened for reading."""
        return self._is_read_only

    # -- transactions ---------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """A writing transaction: durable when the block ends, undone whole when it raises.

        One at a time; others wait. Inside another transaction of the same thread it is part of
        that one, and an error here undoes that one too, even when it is caught between the two.
        """
        with self._lock:
            if self._tx is not None:
                with self._nested(self._tx) as tx:
                    yield tx
                return
            if self._is_read_only:
                raise StoreError(_READ_ONLY)
            places = [log.place for log in self._logs]
            schools = [log.school_id for log in self._logs]
            with translated():
                self._connection.execute("BEGIN IMMEDIATE")
                tx = self._tx = Tx(self._connection, self._rng, self._logs, self.erased_file)
                self._is_doomed = False
                try:
                    yield self._tx
                    if self._is_doomed:
                        raise StoreError(_UNDONE)
                except BaseException:
                    self._roll_back(places, schools)
                    raise
                finally:
                    self._tx = None
                self._commit(schools)
            if tx.has_erased:
                self.clean_up()

    @contextmanager
    def _nested(self, tx: Tx) -> Iterator[Tx]:
        """A transaction inside the one that is open."""
        try:
            yield tx
        except BaseException:
            self._is_doomed = True
            raise

    def _commit(self, schools: list[SchoolId]) -> None:
        """Make it durable. When that fails nobody knows what the disk holds: leave the logs."""
        try:
            self._connection.execute("COMMIT")
        except BaseException:
            for log, school_id in zip(self._logs, schools, strict=False):
                log.abandon()
                log.school_id = school_id
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _roll_back(self, places: list[Place | None], schools: list[SchoolId]) -> None:
        """Undo the rows, and put our own logs back where they were."""
        for log, place, school_id in zip(self._logs, places, schools, strict=False):
            log.place, log.school_id = place, school_id
        for log in self._logs[len(places) :]:
            log.abandon()
        if self._connection.in_transaction:  # a full disk has rolled back by itself
            self._connection.execute("ROLLBACK")

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that sees one state of the store; inside a transaction, that one's."""
        if self._readers is None or self._is_in_own_transaction():
            return InsideWriter(self._connection, self._lock)
        return Snapshot(self._readers)

    def _is_in_own_transaction(self) -> bool:
        """Whether this very thread has a transaction open."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return self._tx is not None
        finally:
            self._lock.release()

    def read(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _Args], _Answer],
        *args: _Args.args,
        **kwargs: _Args.kwargs,
    ) -> _Answer:
        """`function(connection, ...)` in a snapshot of its own: any read of the table modules.

        Not for a function that answers an iterator: the snapshot ends when it returns.
        """
        with self.reading() as connection:
            return function(connection, *args, **kwargs)

    # -- our own log, tables of the room above, health -----------------------------------

    def begin_log(
        self, *, key: NodeKey, school_id: SchoolId, clock: Clock, app_version: str
    ) -> LocalLog:
        """The log of this run. Nothing is written before its first event."""
        log = LocalLog(
            key=key, school_id=school_id, clock=clock, app_version=app_version, rng=self._rng
        )
        with self._lock:
            self._logs.append(log)
        return log

    @property
    def local_logs(self) -> tuple[LocalLog, ...]:
        """The logs that this run writes."""
        with self._lock:
            return tuple(self._logs)

    def migrate(self, migrations: "Migrations") -> None:
        """Bring the tables of a room above up to date, in the same file.

        Raises StoreError on a store that is open for reading, when something is to be done.
        """
        with self._lock:
            migrate_room(self._connection, migrations, read_only=self._is_read_only)

    def checkpoint(self, *, at_least_bytes: int = CHECKPOINT_BYTES) -> bool:
        """Put a WAL of at least so many bytes into the file and cut it; False when it was shorter.

        False also while a reader still needs it: nobody is waited for.
        """
        if self._path is None or self._is_read_only:
            return False
        wal = self._path.with_name(f"{self._path.name}-wal")
        with self._lock, translated():
            if self._tx is not None or not wal.exists() or wal.stat().st_size < at_least_bytes:
                return False
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                row = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        return bool(row[0] == 0)

    def clean_up(self) -> None:
        """After an erasure, what must be gone at once: her rows are overwritten, the WAL is cut.

        A large store still has pages that were split or merged before; `sweep` cleans them, when
        `Care` finds it quiet. A reader in the way or a full disk leaves all of it for later.
        """
        with suppress(StoreError):
            if not self.is_large:
                self.sweep()
            elif self.is_unswept():
                self.checkpoint(at_least_bytes=1)

    def is_unswept(self) -> bool:
        """Whether bytes of someone who is erased may still stand in pages of the file."""
        return self.read(_unswept_since) is not None

    @property
    def is_large(self) -> bool:
        """Whether writing it anew would keep people waiting."""
        return self._path is not None and self._path.stat().st_size > SWEPT_AT_ONCE_BYTES

    def sweep(self) -> bool:
        """After an erasure: write the file anew without its free pages, and cut the WAL.

        False when there was nothing to do, or a reader was in the way: then only the WAL is left
        to be cut. Raises StoreError, a full disk too. Cost: the size of the store, on the disk
        twice; nobody writes meanwhile.
        """
        if self._is_read_only:
            return False
        with self._lock, translated():
            since = _unswept_since(self._connection)
            if self._tx is not None or since is None:
                return False
            if self._path is not None:
                if self._swept_upto != since:
                    self._connection.execute("VACUUM")
                    self._swept_upto = since
                if not self.checkpoint(at_least_bytes=1):
                    return False
            self._connection.execute("DELETE FROM unswept")
        return True

    def quick_check(self) -> None:
        """Let SQLite look through the whole file. Raises StoreDamagedError. Cost: reads it all."""
        with self.reading() as connection:
            found = connection.execute("PRAGMA quick_check").fetchall()
        if found != [("ok",)]:
            raise StoreDamagedError(str(damaged())) from LocalProtocolError(str(found[0][0]))

    # -- reads ----------------------------------------------------------------------------

    def events_of(self, learner_id: bytes) -> list[StoredEvent]:
        """All events of a learner, each once, in the order they fold."""
        return self.read(reads.events_of, learner_id)

    def events_after(self, ordinal: int, *, school_id: SchoolId | None = None) -> list[StoredEvent]:
        """The events of logs that were believed after a transaction, oldest first."""
        with self.reading() as connection:
            return list(reads.events_after(connection, ordinal, school_id=school_id))

    def max_lamport(self, learner_id: bytes | None = None) -> int:
        """The greatest lamport known, of a learner or of all."""
        return self.read(reads.max_lamport, learner_id)

    def event_count(self) -> int:
        """How many events the logs here hold."""
        return self.read(reads.event_count)

    def event_count_of(self, learner_id: bytes) -> int:
        """How many events of a learner are here, copies too, each once."""
        return self.read(reads.event_count_of, learner_id)

    def log_count(self) -> int:
        """How many logs here hold an event."""
        return self.read(reads.log_count)

    def tips(self, school_id: SchoolId | None = None) -> list[Head]:
        """The tips of all logs, or of one school's."""
        return self.read(reads.tips, school_id)

    def frontier_digest(self, school_id: SchoolId | None = None, *, key: bytes = b"") -> bytes:
        """16 bytes that are equal where the same events are held."""
        return self.read(reads.digest, school_id, key=key)

    def position(self) -> reads.Position:
        """The newest writing transaction."""
        return self.read(reads.position)

    def records(self, scope: bytes) -> dict[RecordId, bytes]:
        """The records held of a scope, on the receiver's side."""
        return self.read(feed.records, scope)

    def published(self, scope: bytes) -> dict[RecordId, bytes]:
        """The current records of a scope, on the authority's side."""
        return self.read(feed.published, scope)

    def peers(self) -> list[PeerRow]:
        """All nodes that this one has met."""
        return self.read(contacts.peers)

    def unsent(
        self,
        peer: NodeId | None,
        *,
        school_id: SchoolId | None = None,
        author: NodeId | None = None,
        kinds: Collection[int] | None = None,
    ) -> Unsent:
        """The events that a peer has not said it holds; see `contacts.unsent`."""
        return self.read(contacts.unsent, peer, school_id=school_id, author=author, kinds=kinds)


def _unswept_since(connection: sqlite3.Connection) -> int | None:
    """The newest transaction that erased someone and was not swept after; None for none."""
    row = connection.execute("SELECT max(since_ordinal) FROM unswept").fetchone()
    return None if row[0] is None else int(row[0])
