"""What each learner of a school tried, one row a learner, packed.

Owns: the table `lt_tried`, filled at a school only: every item that a learner met at first tries
(tried.py). It is made from her answers in the order they fold; one that comes late folds her anew.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from darasa.learning.aliases import root_of
from darasa.learning.kept_bytes import cleared, squeezed
from darasa.learning.kinds import Attempt
from darasa.learning.tried import Tried, TriedRow
from darasa.sync.codec import convert, pack_struct, unpack_kept

ITEMS_MAX: Final = 4_000
"""Items of one row; the codec takes arrays of at most 5,000. More are not looked at."""


def add(connection: sqlite3.Connection, learner_id: bytes, attempts: Iterable[Attempt]) -> None:
    """Take answers of a learner, which come after all that are there, in the order they fold."""
    first_tries = [each for each in attempts if each.try_nth == 1]
    if not first_tries:
        return
    row = connection.execute(
        "SELECT items FROM lt_tried WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    items = {} if row is None else {(each.pack, each.item): each for each in _unpacked(row[0])}
    for attempt in first_tries:
        key = (attempt.pack, attempt.item)
        known = items.get(key)
        if known is None:
            if len(items) >= ITEMS_MAX:
                continue
            known = Tried(*key, attempt.skills, attempt.difficulty_milli, attempt.nth)
        items[key] = known.after(attempt)
    rows = tuple(items[key] for key in sorted(items))
    connection.execute(
        "INSERT OR REPLACE INTO lt_tried VALUES (?, ?, ?)",
        (learner_id, len(rows), squeezed(pack_struct(rows))),
    )


def of_learners(connection: sqlite3.Connection, learner_ids: Iterable[bytes]) -> Iterator[TriedRow]:
    """What these tried, by any id of theirs; those who tried nothing are left out."""
    for each in learner_ids:
        learner_id = root_of(connection, each)
        row = connection.execute(
            "SELECT items FROM lt_tried WHERE learner_id = ?", (learner_id,)
        ).fetchone()
        if row is not None:
            yield TriedRow(learner_id, _unpacked(row[0]))


def of_everybody(connection: sqlite3.Connection, *, items_max: int) -> Iterator[TriedRow]:
    """What everybody here tried, learners by id, until so many items are read.

    Ids are drawn at random: the first of them are as good as any.
    """
    left = items_max
    cursor = connection.execute("SELECT learner_id, count, items FROM lt_tried ORDER BY learner_id")
    for learner_id, count, raw in cursor:
        yield TriedRow(learner_id, _unpacked(raw))
        left -= count
        if left <= 0:
            return


def learners_count(connection: sqlite3.Connection) -> int:
    """How many learners tried anything."""
    (count,) = connection.execute("SELECT count(*) FROM lt_tried").fetchone()
    return int(count)


def _unpacked(raw: bytes) -> list[Tried]:
    return convert(unpack_kept(cleared(raw)), list[Tried])
