"""Connections to the store's SQLite file: the settings, and SQLite's errors as sentences.

The one place where settings are made (sync.md section 9): WAL, `synchronous=FULL`, foreign keys,
a busy timeout. Only the writer's connection may write or checkpoint; all others are read-only.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from darasa.sync.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    SyncError,
)

if TYPE_CHECKING:
    from darasa.sync.sqlite_tools import Migrations

SQLITE_SOUND: Final = (3, 51, 3)
"""SQLite before this can damage a WAL store that two connections write or checkpoint at once."""
BUSY_TIMEOUT_MS: Final = 5_000
WAL_BYTES_KEPT: Final = 4 << 20
"""A WAL that a burst has made longer is cut to this when SQLite begins it anew."""
SCHEMA_VERSION: Final = 11
"""How many migrations `migrations.py` holds; kept in the file as `user_version`."""

_FULL: Final = "This computer cannot save now: the disk is full. What was saved is safe."
_DAMAGED: Final = (
    "The saved data in this folder is damaged. Run  darasa doctor --repair  to save what is safe."
)
_BUSY: Final = "Another program is using the saved data. Close it and try again."
_REFUSED: Final = "Darasa may not write in this folder. Ask for write permission and try again."
_CANNOT_OPEN: Final = "The saved data in this folder cannot be opened."
_DISK: Final = "The disk gave an error. What was saved before is not touched."
_NEWER: Final = "This folder was used by a newer Darasa. Update Darasa to open it."
_OLDER: Final = "This folder was made by an older Darasa. Start it once with this one."

_IOERR_SHMSIZE: Final = 4874  # no room for the wal-index: how a full disk shows when opening
# Primary result codes (sqlite.org/rescode.html); the extended ones have them in the low byte.
_SENTENCES: Final[dict[int, tuple[type[StoreError], str]]] = {
    3: (StoreError, _REFUSED),  # SQLITE_PERM
    5: (StoreBusyError, _BUSY),  # SQLITE_BUSY
    6: (StoreBusyError, _BUSY),  # SQLITE_LOCKED
    8: (StoreError, _REFUSED),  # SQLITE_READONLY
    10: (StoreError, _DISK),  # SQLITE_IOERR
    11: (StoreDamagedError, _DAMAGED),  # SQLITE_CORRUPT
    13: (StoreFullError, _FULL),  # SQLITE_FULL, also for the system's ENOSPC
    14: (StoreError, _CANNOT_OPEN),  # SQLITE_CANTOPEN
    26: (StoreDamagedError, _DAMAGED),  # SQLITE_NOTADB
}


def translate(error: sqlite3.Error) -> StoreError | None:
    """The StoreError that a person can read, or None when the error is a bug of ours."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code == _IOERR_SHMSIZE:
        return StoreFullError(_FULL)
    kind, sentence = _SENTENCES.get(code & 0xFF, (None, ""))
    return None if kind is None else kind(sentence)


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLite's errors, and stored events that do not parse, into StoreErrors."""
    try:
        yield
    except sqlite3.Error as error:
        sentence = translate(error)
        if sentence is None:
            raise
        raise sentence from error


@contextmanager
def _opening() -> Iterator[None]:
    """Like `translated`; and what SQLite cannot make sense of is a damaged file, not our query."""
    try:
        with translated():
            yield
    except (sqlite3.OperationalError, UnicodeDecodeError) as error:
        raise StoreDamagedError(_DAMAGED) from error


def damaged(error: SyncError | None = None) -> StoreDamagedError:
    """The error for bytes in the store that were an event, or a run, when they were written."""
    found = StoreDamagedError(_DAMAGED)
    found.__cause__ = error
    return found


def connect(path: Path | None, *, read_only: bool) -> sqlite3.Connection:
    """A connection with our settings; None is a new store in memory.

    Transactions are begun and ended by hand. The caller serialises use across threads.
    """
    if path is None:
        return _opened(":memory:", read_only=False)
    uri = f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rwc'}"
    try:
        return _opened(uri, read_only=read_only)
    except StoreError as error:
        if not read_only or type(error) is not StoreError or _has_writer(path):
            raise
    # a folder that nobody may write in: a backup, a stick; WAL needs a file beside it otherwise
    return _opened(f"{uri}&immutable=1", read_only=True)


def _has_writer(path: Path) -> bool:
    """Whether a process may be writing: while one has the store open, its WAL is there."""
    return path.with_name(f"{path.name}-wal").exists()


def _opened(uri: str, *, read_only: bool) -> sqlite3.Connection:
    with _opening():
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            _settle(connection, read_only=read_only)
        except BaseException:
            connection.close()
            raise
    return connection


def _settle(connection: sqlite3.Connection, *, read_only: bool) -> None:
    """The settings of every connection."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file only, before WAL
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date. Raises StoreError when a newer Darasa made them."""
    with _opening():
        version = _schema_version(connection)
        if version == SCHEMA_VERSION:
            return
        # late: loading it takes longer than all else that opens a store, and is needed but once
        from darasa.sync.migrations import MIGRATIONS
        from darasa.sync.sqlite_tools import Database

        MIGRATIONS.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def migrate_room(
    connection: sqlite3.Connection, migrations: "Migrations", *, read_only: bool
) -> None:
    """Bring tables of a room above up to date; `read_only`: raise StoreError unless they are."""
    from darasa.sync.sqlite_tools import Database

    with _opening():
        db = Database(connection, execute_plugins=False)
        if not read_only:
            migrations.apply(db)
        elif migrations.pending(db):
            raise StoreError(_OLDER)


def check_migrated(connection: sqlite3.Connection) -> None:
    """Raise StoreError unless the tables are those that this program knows."""
    with _opening():
        if _schema_version(connection) < SCHEMA_VERSION:
            raise StoreError(_OLDER)


def _schema_version(connection: sqlite3.Connection) -> int:
    """How many migrations the file has had. Raises StoreError for more than there are."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(_NEWER)
    return version


def sync_folder(folder: Path) -> None:
    """Make a new file's name in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
