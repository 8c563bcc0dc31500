"""When and where a learner signed in before, and which of it she says was not she (T3).

Owns: those lists, for herself after she signed in and for her teacher. Reads only; what she says is
an event that changes no work.
"""

from typing import TYPE_CHECKING, Final

from darasa.learning.aliases import root_of
from darasa.learning.people.short_names import clean_name
from darasa.learning.views import EarlierSitting
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    import sqlite3

    from darasa.learning.classroom import Classroom

LISTED_MAX: Final = 5


_SITTINGS: Final = (
    "SELECT s.sitting, s.begun_ms, s.ended_ms, s.author, n.said_ms FROM lt_sitting s"
    " LEFT JOIN lt_not_me n USING (learner_id, sitting) WHERE s.learner_id = ?"
)


def earlier_sittings(
    room: "Classroom", learner_id: LearnerId, *, but: bytes = b"", limit: int = LISTED_MAX
) -> list[EarlierSitting]:
    """The last sittings that are known here, the newest first; `but` is the one that goes on."""
    with room.store.reading() as connection:
        rows = connection.execute(
            f"{_SITTINGS} AND s.sitting <> ? ORDER BY s.begun_ms DESC, s.sitting LIMIT ?",
            (root_of(connection, learner_id), but, limit),
        ).fetchall()
        return _told(room, connection, rows)


def not_hers(room: "Classroom", learner_id: LearnerId) -> list[EarlierSitting]:
    """The sittings of which she said that it was not she, the last said first."""
    with room.store.reading() as connection:
        rows = connection.execute(
            f"{_SITTINGS} AND n.said_ms IS NOT NULL ORDER BY n.said_ms DESC, s.sitting",
            (root_of(connection, learner_id),),
        ).fetchall()
        return _told(room, connection, rows)


def said_since(room: "Classroom", after_ms: int) -> dict[LearnerId, EarlierSitting]:
    """Of each learner who said so after then the last such sitting: for the live page."""
    with room.store.reading() as connection:
        who = connection.execute(
            "SELECT DISTINCT learner_id FROM lt_not_me WHERE said_ms > ?", (after_ms,)
        ).fetchall()
    found = {LearnerId(each): not_hers(room, LearnerId(each)) for (each,) in who}
    return {learner_id: sittings[0] for learner_id, sittings in found.items() if sittings}


def _told(
    room: "Classroom",
    connection: "sqlite3.Connection",
    rows: "list[tuple[bytes, int, int | None, bytes, int | None]]",
) -> list[EarlierSitting]:
    names = room.nodes.names(connection) if rows else {}
    return [
        EarlierSitting(
            sitting=sitting,
            begun_ms=begun_ms,
            ended_ms=ended_ms,
            computer=clean_name(names.get(author, "")),
            is_here=author in room.home.own_ids,
            said_ms=said_ms,
        )
        for sitting, begun_ms, ended_ms, author, said_ms in rows
    ]
