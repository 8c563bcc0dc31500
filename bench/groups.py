"""Reports on a class of 40 and statistics of items over a school of 10,000: processor time."""

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from darasa.cli.budgets import row
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.source import load_source
from darasa.learning.classroom import Classroom
from darasa.learning.planning.groups import By
from darasa.learning.reports.changes import class_changes
from darasa.learning.reports.class_groups import class_groups
from darasa.learning.reports.heat_map import heat_map
from darasa.learning.reports.item_statistics import statistics_of
from darasa.learning.reports.skill_report import OUTSIDE_MIN
from darasa.learning.reports.tried_read import read_tried
from darasa.learning.reports.wrong_answers import wrong_answers
from darasa.learning.simulated.school_class import simulate_class
from darasa.sync.clock import ManualClock
from darasa.sync.ids import RecordId, Role

LEARNERS, ATTEMPTS = 40, 60
SCHOOL = 10_000
NOW_MS = 1_715_764_800_000


def main() -> None:
    packs = tuple(load_source(path) for path in bundled_courses())
    room = Classroom.in_memory(
        role=Role.SCHOOL, clock=ManualClock(NOW_MS), rng=random.Random(1).randbytes, packs=packs
    )
    with room:
        class_id = simulate_class(room, learners=LEARNERS, attempts=ATTEMPTS, seed=1).class_id
        json.dump([*group_rows(room, class_id), *statistics_rows(room)], sys.stdout)


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
    reports: list[tuple[str, Callable[[], object]]] = [
        ("changes of a week, 40", lambda: class_changes(room, class_id)),
        ("map of skills, 40", lambda: heat_map(room, class_id)),
    ]
    for name, read in reports:
        began = time.process_time()
        read()
        how = f"{LEARNERS} learners, states at hand"
        rows.append(row(name, time.process_time() - began, "s", 2, how, digits=3))
    return rows


def statistics_rows(room: Classroom) -> list[dict[str, Any]]:
    """What the class tried, under the ids of as many learners as a school has."""
    rng = random.Random(2)
    with room.store.transaction() as tx:
        rows = tx.connection.execute("SELECT count, items FROM lt_tried").fetchall()
        tx.connection.executemany(
            "INSERT INTO lt_tried VALUES (?, ?, ?)",
            [(rng.randbytes(16), *rows[n % len(rows)]) for n in range(SCHOOL - len(rows))],
        )
        (items, size) = tx.connection.execute(
            "SELECT sum(count), sum(length(items)) FROM lt_tried"
        ).fetchone()
    packs = {pack.id: pack for pack in room.packs()}
    began = time.process_time()
    tried = read_tried(room, None)
    skills = statistics_of(tried).skills()
    took = time.process_time() - began
    began = time.process_time()
    common = wrong_answers(tried, packs, least=OUTSIDE_MIN)
    words = time.process_time() - began
    how = f"{SCHOOL} learners, {items} items tried, {size / items:.0f} bytes each on disk"
    return [
        row("statistics of items", took, "s", 10, f"{how}; {len(skills)} skills"),
        row("common wrong answers", words, "s", 10, f"the same; {len(common)} told"),
    ]


if __name__ == "__main__":
    main()
