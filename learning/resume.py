"""What only this machine needs to know, beside the log: places, guests, who signs in here, tries.

Owns: the tables `local_*`. None of it is derived from events and none of it is sent; losing it
costs a learner the place in a set, and a guest the tie to her work. Written in the transaction of
the events it goes with, so that after a power cut the place fits the answers. Does not know what a
place means.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from darasa.sync.database import connect
from darasa.sync.errors import StoreError
from darasa.sync.ids import LearnerId, hash16

NEWEST_MIGRATION: Final = "m0005_tries_seen"
"""The last one in `migrations.py`, whose import is not cheap: opening asks for it by name."""


_COLUMNS: Final = {
    "local_place": 2,
    "local_guest": 1,
    "local_seen": 2,
    "local_tries": 3,
    "local_newcomer": 3,
    "local_first_secret": 3,
    "local_staff_use": 3,
    "local_first_pin": 2,
    "local_secret": 3,
    "local_tries_seen": 2,
}


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the tables here have had every migration, by sqlite-utils' own record of them."""
    row = connection.execute(
        "SELECT 1 FROM _sqlite_migrations WHERE migration_set = 'learning' AND name = ?",
        (NEWEST_MIGRATION,),
    ).fetchone()
    return row is not None


def save_place(connection: sqlite3.Connection, learner_id: LearnerId, place: bytes | None) -> None:
    """Keep a learner's place; None forgets it."""
    if place is None:
        connection.execute("DELETE FROM local_place WHERE learner_id = ?", (learner_id,))
    else:
        connection.execute("INSERT OR REPLACE INTO local_place VALUES (?, ?)", (learner_id, place))


def place_of(connection: sqlite3.Connection, learner_id: LearnerId) -> bytes | None:
    """A learner's place as last saved here, None when there is none."""
    row = connection.execute(
        "SELECT place FROM local_place WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    return None if row is None else bytes(row[0])


def add_guest(connection: sqlite3.Connection, learner_id: LearnerId) -> None:
    """Note a learner who is known here only by a random id."""
    connection.execute("INSERT OR IGNORE INTO local_guest VALUES (?)", (learner_id,))


def guests(connection: sqlite3.Connection) -> list[LearnerId]:
    """The guests of this machine."""
    rows = connection.execute("SELECT learner_id FROM local_guest ORDER BY learner_id").fetchall()
    return [LearnerId(learner_id) for (learner_id,) in rows]


def add_newcomer(connection: sqlite3.Connection, learner_id: LearnerId, name: str) -> None:
    """Note a guest by the name that she typed; the school has not been told."""
    add_guest(connection, learner_id)
    connection.execute("INSERT OR REPLACE INTO local_newcomer VALUES (?, ?, 0)", (learner_id, name))


def newcomers(connection: sqlite3.Connection) -> dict[LearnerId, str]:
    """The names of the guests of this machine who typed one."""
    rows = connection.execute("SELECT learner_id, name FROM local_newcomer").fetchall()
    return {LearnerId(learner_id): name for learner_id, name in rows}


def newcomers_untold(connection: sqlite3.Connection) -> dict[LearnerId, str]:
    """Those of whom the school has not been told."""
    rows = connection.execute(
        "SELECT learner_id, name FROM local_newcomer WHERE told = 0 ORDER BY learner_id"
    ).fetchall()
    return {LearnerId(learner_id): name for learner_id, name in rows}


def note_told(connection: sqlite3.Connection, learner_id: LearnerId) -> None:
    """The school is told of this newcomer with the next exchange."""
    connection.execute("UPDATE local_newcomer SET told = 1 WHERE learner_id = ?", (learner_id,))


def note_seen(connection: sqlite3.Connection, learner_id: LearnerId, now_ms: int) -> None:
    """Note that a learner signed in here."""
    connection.execute("INSERT OR REPLACE INTO local_seen VALUES (?, ?)", (learner_id, now_ms))


def seen(connection: sqlite3.Connection) -> list[tuple[LearnerId, int]]:
    """(learner, wall ms) of those who signed in here, the last first."""
    rows = connection.execute(
        "SELECT learner_id, last_ms FROM local_seen ORDER BY last_ms DESC, learner_id"
    ).fetchall()
    return [(LearnerId(learner_id), last_ms) for learner_id, last_ms in rows]


def forget(connection: sqlite3.Connection, learner_id: bytes) -> None:
    """Forget a learner who is erased."""
    connection.execute("DELETE FROM local_place WHERE learner_id = ?", (learner_id,))
    connection.execute("DELETE FROM local_guest WHERE learner_id = ?", (learner_id,))
    connection.execute("DELETE FROM local_seen WHERE learner_id = ?", (learner_id,))
    connection.execute("DELETE FROM local_secret WHERE learner_id = ?", (learner_id,))
    clear_tries(connection, learner_id)
    connection.execute("DELETE FROM local_newcomer WHERE learner_id = ?", (learner_id,))
    connection.execute("DELETE FROM local_first_secret WHERE learner_id = ?", (learner_id,))
    drop_first_pin(connection, learner_id)


def keep_first_pin(connection: sqlite3.Connection, learner_id: bytes, sealed: bytes) -> None:
    """Keep a first PIN, sealed, until it is hashed (first_pins.py)."""
    connection.execute("INSERT OR REPLACE INTO local_first_pin VALUES (?, ?)", (learner_id, sealed))


def first_pin_of(connection: sqlite3.Connection, learner_id: bytes) -> bytes | None:
    """The sealed first PIN of a learner that waits; None when none does."""
    row = connection.execute(
        "SELECT sealed FROM local_first_pin WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    return None if row is None else bytes(row[0])


def first_pins(connection: sqlite3.Connection, limit: int) -> list[tuple[LearnerId, bytes]]:
    """Some of the first PINs that wait: those of one class after those of another."""
    rows = connection.execute(
        "SELECT learner_id, sealed FROM local_first_pin LEFT JOIN lt_membership USING (learner_id)"
        " GROUP BY learner_id ORDER BY min(class_id), learner_id LIMIT ?",
        (limit,),
    ).fetchall()
    return [(LearnerId(learner_id), sealed) for learner_id, sealed in rows]


def first_pins_waiting(connection: sqlite3.Connection) -> int:
    """How many first PINs wait."""
    (waiting,) = connection.execute("SELECT count(*) FROM local_first_pin").fetchone()
    return int(waiting)


def drop_first_pin(connection: sqlite3.Connection, learner_id: bytes) -> None:
    """A first PIN is hashed, or nobody's any more."""
    connection.execute("DELETE FROM local_first_pin WHERE learner_id = ?", (learner_id,))


def take_over(connection: sqlite3.Connection, damaged: Path) -> int:
    """Take what can be read from the same tables of a damaged store; how many rows.

    A guest's id is nowhere else: without it her work has nobody. Row by row, up to the damage.
    """
    taken = 0
    for table, columns in _COLUMNS.items():
        places = ", ".join("?" * columns)
        for row in _rows_of(damaged, table):
            if len(row) != columns or not isinstance(row[0], bytes):
                continue
            with suppress(sqlite3.IntegrityError):  # wreckage in the shape of a row
                connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({places})", row)  # noqa: S608
                taken += 1
    return taken


def _rows_of(damaged: Path, table: str) -> Iterator[tuple[object, ...]]:
    """The rows of a table of a damaged file, until SQLite gives up."""
    try:
        other = connect(damaged, read_only=True)
    except StoreError:
        return
    with closing(other), suppress(sqlite3.Error):
        yield from other.execute(f"SELECT * FROM {table}")  # noqa: S608 (own names)


class OwnSecret(NamedTuple):
    """A secret that a learner chose on this machine and the school had not seen.

    `sealed` is its verifier under the machine's secret, `code_mark` tells the code that she used.
    """

    sealed: bytes
    code_mark: bytes


def own_secret(connection: sqlite3.Connection, learner_id: bytes) -> OwnSecret | None:
    """What a learner chose here, until the school's list has it."""
    row = connection.execute(
        "SELECT sealed, code_mark FROM local_secret WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    return None if row is None else OwnSecret(*row)


def save_own_secret(
    connection: sqlite3.Connection, learner_id: bytes, secret: OwnSecret | None
) -> None:
    """Keep what a learner chose here; None forgets it."""
    connection.execute("DELETE FROM local_secret WHERE learner_id = ?", (learner_id,))
    if secret is not None:
        connection.execute("INSERT INTO local_secret VALUES (?, ?, ?)", (learner_id, *secret))


def code_owner(learner_id: bytes) -> bytes:
    """Who wrong one-use codes of a learner are counted under: a pause after wrong PINs must not
    keep her from the code that mends it."""
    return hash16(b"code\0" + learner_id)


def clear_tries(connection: sqlite3.Connection, learner_id: bytes) -> None:
    """Forget a learner's wrong secrets and codes."""
    for owner in (learner_id, code_owner(learner_id)):
        save_tries(connection, owner, failures=0, failed_ms=0)


def tries_of(connection: sqlite3.Connection, owner: bytes) -> tuple[int, int]:
    """(wrong secrets in a row, wall ms of the last)."""
    row = connection.execute(
        "SELECT failures, failed_ms FROM local_tries WHERE owner = ?", (owner,)
    ).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def save_tries(
    connection: sqlite3.Connection, owner: bytes, *, failures: int, failed_ms: int
) -> None:
    """Keep the count of wrong secrets; 0 forgets it."""
    connection.execute("DELETE FROM local_tries WHERE owner = ?", (owner,))
    if failures:
        connection.execute("INSERT INTO local_tries VALUES (?, ?, ?)", (owner, failures, failed_ms))
