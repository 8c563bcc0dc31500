"""When each of the staff last signed in at this server: for whoever ends a sign-in (T19).

Owns: the table local_staff_use. It is of this server alone and in no log: it says nothing of
learners, and nobody else needs it.
"""

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from darasa.sync.errors import StoreError
from darasa.sync.ids import RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


def note_use(room: "Classroom", teacher_id: RecordId) -> None:
    """She signed in now. A disk that cannot keep it keeps nobody out."""
    with contextlib.suppress(StoreError), room.store.transaction() as tx:
        tx.connection.execute(
            "INSERT INTO local_staff_use VALUES (?, ?, 1) ON CONFLICT (teacher_id)"
            " DO UPDATE SET last_ms = excluded.last_ms, sign_ins = sign_ins + 1",
            (teacher_id, room.clock.wall_ms()),
        )


def last_use(room: "Classroom") -> dict[RecordId, tuple[int, int]]:
    """(wall ms of the last sign-in, how many there were) of each who ever signed in here."""
    return room.store.read(_all)


def _all(connection: sqlite3.Connection) -> dict[RecordId, tuple[int, int]]:
    rows = connection.execute("SELECT teacher_id, last_ms, sign_ins FROM local_staff_use")
    return {RecordId(teacher_id): (last_ms, times) for teacher_id, last_ms, times in rows}
