"""What a school has said of what its learners are folded by: all words, in their order.

Owns: reading them from the ops that are held. Does not know which fits are here.
"""

import sqlite3
from typing import Any, Final

from msgspec import Struct

from darasa.learning.records import SCHOOL_PARAMETERS, RecordState
from darasa.sync.codec import unpack
from darasa.sync.ids import ID_BYTES, SchoolId, hash16

SETTING: Final = hash16(b"setting\0parameters")
"""The record that the op is about."""

_WORDS: Final = (
    "SELECT lamport, log_id, seq, chain, value, teacher FROM lt_op"
    " WHERE school_id = ? AND record_id = ? AND field = ? AND role IS NOT NULL"
    " ORDER BY lamport DESC, log_id DESC, seq DESC, chain DESC"
)


class FitWord(Struct, frozen=True):
    """One word: a fit, or None for what ships; `by` is the record of who was signed in."""

    order_key: tuple[int, bytes, int, bytes]
    fit_id: bytes | None
    by: bytes | None

    @property
    def chain8(self) -> bytes:
        """The name by which a later word replaces it."""
        return self.order_key[3][:8]


def fit_of(value: Any) -> bytes | None:
    """The fit that the value of an op names; None for what ships."""
    fit_id = value[0] if isinstance(value, tuple) and value else None
    return fit_id if isinstance(fit_id, bytes) and len(fit_id) == ID_BYTES else None


def fit_words(connection: sqlite3.Connection, school_id: SchoolId) -> list[FitWord]:
    """Every word of a school that counts, the last in their order first."""
    rows = connection.execute(_WORDS, (school_id, SETTING, SCHOOL_PARAMETERS)).fetchall()
    return [FitWord(tuple(key), fit_of(unpack(raw)), by) for *key, raw, by in rows]


def fits_in_turn(
    connection: sqlite3.Connection, school_id: SchoolId, record: RecordState
) -> list[bytes | None]:
    """What a school goes by, and what it goes by where that is not here: the words before, back to
    the first. Nothing, where it has said nothing.

    It depends on what was said, and not on the order in which it came.
    """
    state = record.fields.get(SCHOOL_PARAMETERS)
    if state is None or state.shown is None:
        return []
    stand = [op.chain8 for op in state.survivors]
    before = [each.fit_id for each in fit_words(connection, school_id) if each.chain8 not in stand]
    return [*(fit_of(op.value) for op in state.survivors), *before]
