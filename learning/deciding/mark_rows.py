"""Rows of what teachers said of items: overturned answers and withdrawn items, a school each.

Owns: the table lt_mark. At a school or hub it is worked out from the words as they are seen
(lt_decision); a computer is told it in its school's feed. Does not fold learners.
"""

import sqlite3
from collections.abc import Iterable

from darasa.learning.deciding.bodies import payload_in
from darasa.learning.deciding.decisions import OF_ITEMS
from darasa.learning.evidence import Mark
from darasa.learning.kinds import Overturn, WithdrawItem
from darasa.learning.marks import (
    NOTHING_SAID,
    AnswerToItem,
    ItemMarks,
    OrderKey,
    SchoolMarks,
    item_marks,
    plain_answer,
)
from darasa.learning.scopes import ItemValue, OverturnedValue, WithdrawnValue, parse_value
from darasa.sync.ids import SchoolId

Item = tuple[bytes, str, str]
"""(school, pack, item)."""


def words_on_items(
    connection: sqlite3.Connection, school_id: SchoolId
) -> tuple[list[tuple[OrderKey, Overturn]], list[tuple[OrderKey, WithdrawItem]]]:
    """What was said in a school of answers and of items to all, of what counts."""
    rows = connection.execute(
        "SELECT kind, lamport, log_id, seq, chain, body FROM lt_decision"
        " WHERE school_id = ? AND kind IN (?, ?) AND role IS NOT NULL",
        (school_id, *sorted(OF_ITEMS)),
    ).fetchall()
    overturned: list[tuple[OrderKey, Overturn]] = []
    withdrawn: list[tuple[OrderKey, WithdrawItem]] = []
    for kind, lamport, log_id, seq, chain, body in rows:
        said, key = payload_in(kind, body), (lamport, log_id, seq, chain)
        if isinstance(said, Overturn):
            overturned.append((key, said))
        else:
            withdrawn.append((key, said))
    return overturned, withdrawn


def settle_marks(connection: sqlite3.Connection, school_id: SchoolId) -> set[Item]:
    """Work out anew what stands of a school's words about items; the items for which it changed."""
    answers, items = item_marks(*words_on_items(connection, school_id))
    values: list[ItemValue] = [WithdrawnValue(*item) for item in items]
    values += [
        OverturnedValue(
            key.pack, key.item, key.values, key.answer, mark.right, mark.ever_right, key.version
        )
        for key, mark in answers.items()
    ]
    return write_marks(connection, school_id, values)


def write_marks(
    connection: sqlite3.Connection, school_id: SchoolId, values: Iterable[ItemValue]
) -> set[Item]:
    """These are all marks of a school now; the items for which something changed."""
    before = _rows_of(connection, school_id)
    after = {value.record_id: value.to_bytes() for value in values}
    if before == after:
        return set()
    changed = before.items() ^ after.items()
    connection.execute("DELETE FROM lt_mark WHERE school_id = ?", (school_id,))
    connection.executemany(
        "INSERT INTO lt_mark VALUES (?, ?, ?)",
        [(school_id, record_id, raw) for record_id, raw in after.items()],
    )
    about = [parse_value(raw) for _, raw in changed]
    return {(school_id, each.pack, each.item) for each in about if isinstance(each, ItemValue)}


def marks_of_school(connection: sqlite3.Connection, school_id: SchoolId) -> list[ItemValue]:
    """The marks of one school, as its feed tells them."""
    values = (parse_value(raw) for raw in _rows_of(connection, school_id).values())
    return [value for value in values if isinstance(value, ItemValue)]


def _rows_of(connection: sqlite3.Connection, school_id: SchoolId) -> dict[bytes, bytes]:
    return dict(
        connection.execute(
            "SELECT record_id, value FROM lt_mark WHERE school_id = ?", (school_id,)
        ).fetchall()
    )


class MarkBook:
    """The marks of all schools, read once for as long as they stay the same."""

    def __init__(self) -> None:
        self._known: tuple[list[tuple[bytes, bytes]], SchoolMarks] = ([], NOTHING_SAID)

    def read(self, connection: sqlite3.Connection) -> SchoolMarks:
        """As they stand now. Cost: a row a mark."""
        rows = connection.execute("SELECT school_id, value FROM lt_mark").fetchall()
        known, marks = self._known
        if rows == known:
            return marks
        marks = _school_marks(rows)
        self._known = (rows, marks)
        return marks


def _school_marks(rows: Iterable[tuple[bytes, bytes]]) -> SchoolMarks:
    withdrawn: set[Item] = set()
    answers: dict[Item, dict[AnswerToItem, Mark]] = {}
    for school_id, raw in rows:
        value = parse_value(raw)
        if isinstance(value, WithdrawnValue):
            withdrawn.add((school_id, value.pack, value.item))
        elif isinstance(value, OverturnedValue):
            of_item = answers.setdefault((school_id, value.pack, value.item), {})
            # a school with an earlier program tells it less plain
            answer = plain_answer(value.answer)
            of_item[value.values, answer, value.version] = Mark(value.right, value.ever)
    return SchoolMarks(
        {
            item: ItemMarks(withdrawn=item in withdrawn, answers=answers.get(item, {}))
            for item in withdrawn | answers.keys()
        }
    )
