"""First secrets that the school made up and can print again (decision 0019).

Owns: the table local_first_secret of the server that made them: each is sealed to the school's key,
in no event and on no other machine, and is dropped as soon as the learner has another. Nobody can
find out what a learner chose herself.
"""

import sqlite3
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.people.facts import PeopleFacts
from darasa.learning.signing_in import first_secrets as made_up
from darasa.learning.signing_in.verifier import SecretKind, Verifier, make_verifier
from darasa.sync.ids import LearnerId, hash16

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_CONTEXT: Final = "first secret"


def new_secret(room: "Classroom", kind: SecretKind = SecretKind.TYPED) -> tuple[str, Verifier]:
    """A first secret as it is printed, and what it is checked against; 30-60 ms."""
    first = made_up.first_secret(kind, room.rng)
    return first.shown, make_verifier(first.typed, room.rng, kind=kind)


def keep_first_secret(
    connection: sqlite3.Connection, facts: PeopleFacts, learner_id: LearnerId, secret: str
) -> None:
    """Keep what was just made up for a learner, in the transaction that records its verifier.

    The verifier has been folded: the secret is kept for as long as she has that one.
    """
    verifier = _verifier(connection, learner_id)
    if verifier is not None:
        connection.execute(
            "INSERT OR REPLACE INTO local_first_secret VALUES (?, ?, ?)",
            (learner_id, hash16(verifier), facts.sealed(learner_id, _CONTEXT, secret)),
        )


def drop_changed(connection: sqlite3.Connection, learner_id: bytes, verifier: bytes | None) -> None:
    """She has another secret, or none: the first one is forgotten."""
    connection.execute(
        "DELETE FROM local_first_secret WHERE learner_id = ? AND made_for != ?",
        (learner_id, b"" if verifier is None else hash16(verifier)),
    )


def first_secret(room: "Classroom", learner_id: LearnerId) -> SafeText | str:
    """The secret that was made up for her, while she has it and this server knows it."""
    with room.store.reading() as connection:
        verifier = _verifier(connection, learner_id)
        row = connection.execute(
            "SELECT made_for, sealed FROM local_first_secret WHERE learner_id = ?", (learner_id,)
        ).fetchone()
    if verifier is None:
        waiting = room.first_pins.pin_of(learner_id)  # it is not hashed yet
        return "" if waiting is None else safe_line(waiting)
    if row is None or row[0] != hash16(verifier):
        return ""
    return room.people.facts.opened(learner_id, _CONTEXT, row[1]) or ""


def _verifier(connection: sqlite3.Connection, learner_id: bytes) -> bytes | None:
    """What she signs in with, as it is kept: sealed, so that equal bytes are the same verifier."""
    row = connection.execute(
        "SELECT verifier FROM lt_person WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])
