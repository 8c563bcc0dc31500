"""Groups of a class of 40, and the reports about it: processor time, cold and with states read."""

import json
import random
import sys
import time
from typing import Any

from _rows import row

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.source import load_source
from darasa.learning.classroom import Classroom
from darasa.learning.planning.groups import By
from darasa.learning.reports.class_groups import class_groups
from darasa.learning.simulated.school_class import simulate_class
from darasa.sync.clock import ManualClock
from darasa.sync.ids import RecordId, Role

LEARNERS, ATTEMPTS = 40, 60
NOW_MS = 1_715_764_800_000


def main() -> None:
    packs = tuple(load_source(path) for path in bundled_courses())
    room = Classroom.in_memory(
        role=Role.SCHOOL, clock=ManualClock(NOW_MS), rng=random.Random(1).randbytes, packs=packs
    )
    with room:
        class_id = simulate_class(room, learners=LEARNERS, attempts=ATTEMPTS, seed=1).class_id
        json.dump(group_rows(room, class_id), sys.stdout)


def group_rows(room: Classroom, class_id: RecordId) -> list[dict[str, Any]]:
    """Each way of grouping; the first has every state to read."""
    for learner_id in room.learner_ids():
        room.let_go(learner_id)
    rows = []
    for by in By:
        began = time.process_time()
        made = class_groups(room, class_id, by)
        took = time.process_time() - began
        how = f"{LEARNERS} learners, about {ATTEMPTS} items each: {len(made.groups)} groups"
        rows.append(row(f"groups of 40 by {by}", took, "s", 2, how, digits=3))
    return rows


if __name__ == "__main__":
    main()
