"""How well a placement finds a learner's start, and what it asks of her (mastery.md section 5).

Invented learners of two worlds (learning/simulated/starts.py) are placed in the bundled courses and
in invented ones of five shapes; no share is over learners that were used when it was designed.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from darasa.cli.budgets import row
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.pack import Pack
from darasa.content_packs.source import read_source, sound
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.placement import Given, known_by, next_item_of
from darasa.learning.planning.standing import skill_standings
from darasa.learning.simulated.starts import (
    SHAPES,
    THIRDS,
    WORLDS,
    Placed,
    invented_course,
    mind_of,
    place,
)
from darasa.learning.skill_state import SkillState
from darasa.learning.trials import Trials
from darasa.learning.views import Standing

LEARNERS = 12  # of each third, in each course
SIZES = (8, 20, 40)
BUDGET = 0.80
ITEMS_BUDGET = 12
MS_BUDGET = 50


def main() -> None:
    json.dump([*placed_rows(), *dead_end_rows(), *latency_rows()], sys.stdout)


def placed_rows() -> Iterator[dict[str, Any]]:
    for world in WORLDS:
        thirds: list[list[Placed]] = [[] for _ in range(THIRDS)]
        courses: dict[str, list[Placed]] = {}
        for name, pack in [*bundled(), *invented()]:
            for third in range(THIRDS):
                for n in range(LEARNERS):
                    rng = random.Random(f"bench/{world}/{name}/{third}/{n}")
                    placed = place(pack, mind_of(world, pack, third, rng), rng)
                    thirds[third].append(placed)
                    courses.setdefault(name, []).append(placed)
        yield from rows_of(world, thirds, courses)


def rows_of(
    world: str, thirds: list[list[Placed]], courses: dict[str, list[Placed]]
) -> Iterator[dict[str, Any]]:
    everybody = [placed for third in thirds for placed in third]
    how = f"{len(everybody)} invented learners, {len(courses)} courses, world: {world}"
    yield row("skills placed right", right(everybody), "", BUDGET, how, least=True, digits=3)
    for name, third in zip(("lowest", "middle", "highest"), thirds, strict=True):
        yield row(f"the {name} third", right(third), "", None, how, digits=3)
    worst = min(courses, key=lambda name: right(courses[name]))
    yield row("the course placed worst", right(courses[worst]), "", None, worst, digits=3)
    high = statistics.mean(placed.too_high for placed in everybody)
    yield row("skills placed too high", high, "", None, how, digits=3)
    used = [placed.items for placed in everybody]
    yield row("items used, most", max(used), "items", ITEMS_BUDGET, how)
    yield row("items used, median", statistics.median(used), "items", None, how)


def right(placed: list[Placed]) -> float:
    return statistics.mean(each.right for each in placed)


def dead_end_rows() -> Iterator[dict[str, Any]]:
    """From what every placement comes to, stopped after any answer: is every skill reached?"""
    walks = dead = 0
    for name, pack in [*bundled(), *invented()]:
        rng = random.Random(f"bench/walk/{name}")
        for _ in range(3):
            given: list[Given] = []
            while True:
                walks += 1
                dead += reached(pack, known_by(pack, LearnerState(), given)) < len(pack.skills)
                item = next_item_of(pack, LearnerState(), given, seed=rng.randbytes(16))
                if item is None:
                    break
                given.append(Given(item.id, rng.random() < 0.5))
    how = f"{walks} walks of the bundled and the invented courses"
    yield row("placements that end dead", dead, "", 0, how)


def reached(pack: Pack, known: tuple[str, ...]) -> int:
    """How many skills are got when whatever is Ready is got in its turn."""
    trials = Trials(placed=frozenset((pack.id, skill) for skill in known))
    skills: dict[tuple[str, str], SkillState] = {}
    while True:
        standings = skill_standings(pack, LearnerState(skills=dict(skills), trials=trials), 2)
        ready = [each.key for each in standings if each.standing is Standing.READY]
        if not ready:
            return len(skills)
        skills |= {key: SkillState(*key, shown_ms=1) for key in ready}


def latency_rows() -> Iterator[dict[str, Any]]:
    """The next item of a course of 200 skills and 1,200 items, in processor time."""
    rng = random.Random("bench/latency")
    pack, state = invented_course("layers", 200, rng), LearnerState()
    mind, took, given = mind_of("paths", pack, 1, rng), [], list[Given]()
    for _ in range(10):
        given = []
        while True:
            began = time.process_time_ns()
            item = next_item_of(pack, state, given, seed=b"bench")
            took.append((time.process_time_ns() - began) / 1e6)
            if item is None:
                break
            given.append(Given(item.id, rng.random() < mind.chance(item)))
    how = f"200 skills, 1,200 items, {len(took)} choices, the drawing of states apart"
    yield row("next item, p95", sorted(took[1:])[len(took) * 95 // 100 - 1], "ms", MS_BUDGET, how)


def bundled() -> Iterator[tuple[str, Pack]]:
    for folder in bundled_courses():
        source = sound(read_source(folder))
        if source.manifest is not None:
            yield folder.name, Pack(source.manifest, source.blobs.__getitem__)


def invented() -> Iterator[tuple[str, Pack]]:
    for shape in SHAPES:
        for size in SIZES:
            name = f"{shape} of {size}"
            yield name, invented_course(shape, size, random.Random(f"bench/{name}"))


if __name__ == "__main__":
    main()
