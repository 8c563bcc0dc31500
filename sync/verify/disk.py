"""The simulated disk of one node: a SQLite image, its failures, and the oracle's account of it.

The store's own SQL runs on a real SQLite in memory. Here is what a file system and a power supply
would do: a process that dies around a commit, a disk that is full, a commit whose outcome nobody
knows, and older copies of the whole. `holds` is the oracle: plain places of the events that this
disk must still have, kept apart from anything that the engine says of itself.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache
from random import Random
from typing import Any, Final

from darasa.sync.store import Store
from darasa.sync.verify.fold import FOLD_TABLES

Place = tuple[bytes, int, bytes]
"""(log_id, seq, chain): one event of one branch of one log."""

_PAGE_BYTES: Final = 1024  # images are copied often; nothing here depends on the page
_SQLITE_FULL: Final = 13
_SQLITE_IOERR: Final = 10
_COPIES_KEPT: Final = 4
_PAGES_MAX: Final = 1 << 30


class ProcessDiedError(BaseException):
    """The process was killed at this very place; what its disk holds is all that is left.

    Not an `Exception`: no handler of the engine may catch a death.
    """


class Trap(StrEnum):
    """What waits for a process at one of its next commits."""

    DIES_BEFORE = auto()
    DIES_AFTER = auto()
    FULL = auto()  # at a writing statement: SQLite gives up the whole transaction
    NO_ROOM = auto()  # the file may not grow: SQLite itself finds out where
    ERROR_KEPT = auto()  # the disk gives an error, and has kept the transaction
    ERROR_LOST = auto()  # the disk gives an error, and has not


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that somebody or something kept of a whole disk."""

    raw: bytes
    holds: frozenset[Place]
    luggage: Any  # what lies beside the store in the node's folder


class DiskConnection(sqlite3.Connection):
    """A connection whose writes and commits the disk sees."""

    disk: "Disk | None" = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As SQLite does it, unless the disk has something in store."""
        disk = self.disk
        if disk is None:
            return super().execute(sql, parameters)
        if sql == "COMMIT":
            return disk.commit(lambda: super(DiskConnection, self).execute(sql))
        if sql.startswith("BEGIN"):  # a transaction before this one may have undone itself
            disk.pending.clear()
        elif disk.trap is Trap.FULL and sql.startswith("INSERT"):
            disk.run_full(self)
        elif disk.trap is Trap.NO_ROOM:
            with disk.noticing_no_room():
                return super().execute(sql, parameters)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        """As SQLite does it, unless the disk is full."""
        disk = self.disk
        if disk is not None and disk.trap is Trap.FULL:
            disk.run_full(self)
        elif disk is not None and disk.trap is Trap.NO_ROOM:
            with disk.noticing_no_room():
                return super().executemany(sql, parameters)
        return super().executemany(sql, parameters)


@cache
def empty_image() -> bytes:
    """The image of a store that was just made: all tables, no rows. Cost: 30 ms, once a process."""
    scratch = sqlite3.connect(":memory:", isolation_level=None)
    scratch.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    with Store.open(None, rng=bytes) as store:
        with store.transaction() as tx:
            for statement in FOLD_TABLES:
                tx.connection.execute(statement)
        with store.reading() as connection:
            connection.backup(scratch)
    scratch.execute("VACUUM")
    raw = scratch.serialize()
    scratch.close()
    return raw


class Disk:
    """One disk. `on_commit` hears which events a commit has made durable."""

    def __init__(self, copy: Copy | None, *, on_commit: Callable[[Sequence[Place]], None]) -> None:
        self.holds: set[Place] = set() if copy is None else set(copy.holds)
        self.pending: list[Place] = []
        self.trap: Trap | None = None
        self.trap_in = 0
        self.sprung: list[Trap] = []
        self.copies: list[Copy] = []
        self.first_copy = copy
        self.last_copy = copy
        self.connection = self._opened(empty_image() if copy is None else copy.raw)
        self._on_commit = on_commit

    def _opened(self, raw: bytes) -> DiskConnection:
        connection = sqlite3.connect(
            ":memory:", factory=DiskConnection, isolation_level=None, check_same_thread=False
        )
        connection.deserialize(raw)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.disk = self
        return connection

    def close(self) -> None:
        """Nobody uses this disk any more."""
        self.connection.disk = None
        self.connection.close()

    def settle(self) -> None:
        """The process is gone: what it had not committed is gone too."""
        self.trap = None
        self.pending.clear()
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def image(self, luggage: Any) -> Copy:
        """A copy of the whole as it is now. Not inside a transaction."""
        return Copy(self.connection.serialize(), frozenset(self.holds), luggage)

    def keep_copy(self, random: Random, luggage: Any) -> None:
        """Keep a copy, in place of any of the earlier ones: some stay for long."""
        self.last_copy = copy = self.image(luggage)
        if len(self.copies) < _COPIES_KEPT:
            self.copies.append(copy)
        else:
            self.copies[random.randrange(_COPIES_KEPT)] = copy

    def set_back(self, copy: Copy) -> None:
        """The whole is as it was when the copy was made."""
        self.trap = None
        self.pending.clear()
        self.connection.disk = None
        self.connection = self._opened(copy.raw)
        self.holds = set(copy.holds)

    def arm(self, trap: Trap, after: int) -> None:
        """Let a trap wait for the commit (FULL: the writing statement) after `after` others."""
        self.trap, self.trap_in = trap, after
        if trap is Trap.NO_ROOM:
            pages = self.connection.execute("PRAGMA page_count").fetchone()[0]
            self.connection.execute(f"PRAGMA max_page_count = {pages}")

    def disarm(self) -> None:
        """Take away a trap that nothing sprang; there is room again."""
        self.trap = None
        self.connection.execute(f"PRAGMA max_page_count = {_PAGES_MAX}")

    def _springs(self) -> bool:
        if self.trap_in > 0:
            self.trap_in -= 1
            return False
        return True

    def run_full(self, connection: DiskConnection) -> None:
        """A writing statement meets a full disk: SQLite has undone the transaction by itself."""
        if not connection.in_transaction or not self._springs():
            return
        self.sprung.append(Trap.FULL)
        self.trap = None
        connection.execute("ROLLBACK")
        raise _error("database or disk is full", _SQLITE_FULL)

    @contextmanager
    def noticing_no_room(self) -> Iterator[None]:
        """Note that SQLite found its file may not grow."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == _SQLITE_FULL:
                self.sprung.append(Trap.NO_ROOM)
            raise

    def commit(self, really: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        """A commit, or what happens instead."""
        trap = self.trap
        if trap in {None, Trap.FULL, Trap.NO_ROOM} or not self._springs():
            done = really()
            self._committed()
            return done
        assert trap is not None
        self.trap = None
        self.sprung.append(trap)
        if trap in {Trap.DIES_AFTER, Trap.ERROR_KEPT}:
            really()
            self._committed()
        if trap in {Trap.DIES_BEFORE, Trap.DIES_AFTER}:
            raise ProcessDiedError
        raise _error("disk I/O error", _SQLITE_IOERR)

    def _committed(self) -> None:
        places, self.pending = self.pending, []
        self.holds.update(places)
        self._on_commit(places)


def _error(message: str, code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return error
