"""What learners tried, as reports read it: without the items that were withdrawn. Reads only."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from darasa.learning import tried_rows
from darasa.learning.tried import TriedRow
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

ITEMS_READ: Final = 600_000
"""Items tried that one report reads: seconds, on a small machine."""


def read_tried(classroom: "Classroom", learner_ids: Iterable[LearnerId] | None) -> list[TriedRow]:
    """Of these learners, or of everybody here as far as ITEMS_READ goes for None.

    A withdrawn item says nothing, of itself or of who answered it.
    """
    with classroom.store.reading() as connection:
        if learner_ids is None:
            rows = list(tried_rows.of_everybody(connection, items_max=ITEMS_READ))
        else:
            rows = list(tried_rows.of_learners(connection, learner_ids))
    gone = classroom.item_marks().withdrawn(classroom.home.school_id)
    if not gone:
        return rows
    return [
        TriedRow(who, [each for each in items if (each.pack, each.item) not in gone])
        for who, items in rows
    ]
