"""Readings of the store: connections that see one state of it, and SQLite's errors as ours.

Owns: the connections that only read, kept for whoever asks next. (Context managers written out: a
server enters one for every few rows, and generators take three times as long.)
"""

import sqlite3
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from darasa.sync.database import connect, translate
from darasa.sync.errors import LocalProtocolError


class Readers:
    """The connections of one file that cannot write. Each is used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._is_closed = False

    def take(self) -> sqlite3.Connection:
        """One that nobody uses, or a new one. Raises LocalProtocolError once closed."""
        with self._lock:
            if self._is_closed:
                raise LocalProtocolError("the store is closed")
            if self._idle:
                return self._idle.pop()
        return connect(self._path, read_only=True)

    def give_back(self, reader: sqlite3.Connection) -> None:
        """For the next who asks."""
        with self._lock:
            if not self._is_closed:
                self._idle.append(reader)
                return
        reader.close()

    def close(self) -> None:
        """Close those that are idle; the others are when they come back."""
        with self._lock:
            self._is_closed = True
            for reader in self._idle:
                reader.close()
            self._idle.clear()


class Snapshot(AbstractContextManager[sqlite3.Connection]):
    """A reader's connection in a transaction of its own."""

    __slots__ = ("_reader", "_readers")

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def __enter__(self) -> sqlite3.Connection:
        reader = self._reader = self._readers.take()
        try:
            reader.execute("BEGIN")
        except BaseException as error:
            reader.close()
            _raise_translated(error)
            raise
        return reader

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        reader = self._reader
        try:
            reader.execute("ROLLBACK")
        except BaseException as at_end:
            reader.close()
            _raise_translated(at_end)
            raise
        if error is None:
            self._readers.give_back(reader)
            return
        reader.close()
        _raise_translated(error)


class InsideWriter(AbstractContextManager[sqlite3.Connection]):
    """The writer's connection under its lock: for who is in a transaction, or has no file."""

    __slots__ = ("_connection", "_lock")

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock) -> None:
        self._connection = connection
        self._lock = lock

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        return self._connection

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        self._lock.release()
        if error is not None:
            _raise_translated(error)


def _raise_translated(error: BaseException) -> None:
    """Raise SQLite's error as a sentence, when there is one for it."""
    if isinstance(error, sqlite3.Error) and (sentence := translate(error)) is not None:
        raise sentence from error
