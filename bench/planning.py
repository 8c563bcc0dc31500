"""What the right next item costs, with 2,000 items in the course (mastery.md section 4).

Two courses: 40 skills of 50 items, and one skill with all 2,000, the worst there can be. A learner
has met most of what a year brings. Processor time, which a busy machine stretches less.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from darasa.cli.budgets import row
from darasa.content_packs.grading import correct_response, wrong_responses
from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import Answer, Choice, Item, Text, Var, with_version
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.classroom import Classroom
from darasa.learning.planning.next_item import Before, next_item
from darasa.learning.planning.standing import skill_standings
from darasa.learning.practice.sitting import Sitting
from darasa.learning.skill_state import DAY_MS
from darasa.sync.clock import ManualClock
from darasa.sync.ids import Role

ITEMS = 2_000
SKILLS = 40
DAYS = 30
ITEMS_A_DAY = 24
CHOICES = 300
BUDGET_MS = 50
BEGAN_MS = 1_772_000_000_000


def main() -> None:
    rows: list[dict[str, Any]] = []
    for skills, words in ((SKILLS, f"{SKILLS} skills"), (1, "one skill")):
        rows += rows_of(made(skills), f"{ITEMS} items in {words}")
    json.dump(rows, sys.stdout)


def rows_of(pack: Pack, course: str) -> Iterator[dict[str, Any]]:
    clock, rng = ManualClock(BEGAN_MS), random.Random(3)
    with Classroom.in_memory(
        role=Role.COMPUTER, clock=clock, rng=rng.randbytes, packs=(pack,)
    ) as room:
        learner_id = room.guest().learner_id
        steps: list[float] = []
        for _ in range(DAYS):
            sitting = Sitting.begin(room, learner_id, how="simulated")
            steps += [ms for ms in day(sitting, clock, rng) if ms is not None]
            sitting.sign_out()
            clock.advance(DAY_MS)
        state, skills = room.state(learner_id), list(pack.skills)
        now_ms = clock.wall_ms()

        def choose(n: int) -> None:
            before = Before(n.to_bytes(4, "big"))
            skill = skills[n % len(skills)]
            next_item(pack, state, skill, before, learner_id=learner_id, now_ms=now_ms)

        chosen = [spent_ms(partial(choose, n)) for n in range(CHOICES)]
        mapped = [spent_ms(lambda: skill_standings(pack, state, now_ms)) for _ in range(CHOICES)]
    how = f"{course}; {state.attempts} answers before; p95 of "
    yield row("the next item of a skill", p95(chosen), "ms", BUDGET_MS, f"{how}{len(chosen)}")
    yield row("where she is with every skill", p95(mapped), "ms", None, f"{how}{len(mapped)}")
    words = "from Enter to the next item, saved"
    yield row(words, p95(steps), "ms", BUDGET_MS, f"{how}{len(steps)}; store in memory")


def day(sitting: Sitting, clock: ManualClock, rng: random.Random) -> Iterator[float | None]:
    """A day's items, set after set; what each next one cost."""
    for _ in range(ITEMS_A_DAY):
        view = sitting.current or sitting.start_set()
        if view is None:  # the plan is done: what she likes
            view = sitting.start_set(rng.choice(sitting.standings()).key)
        if view is None:
            return
        clock.advance(20_000)
        wrong = wrong_responses(view.instance)
        right = rng.random() < 0.75 or not wrong
        sitting.answer(correct_response(view.instance) if right else wrong[0])
        if not right:
            sitting.show_me()
        yield spent_ms(sitting.next)


def spent_ms(step: Callable[[], object]) -> float:
    began = time.process_time_ns()
    step()
    return (time.process_time_ns() - began) / 1e6


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def made(skills: int) -> Pack:
    """A course: a chain of skills in units of five, half of the items with drawn numbers."""
    names = [f"skill-{n}" for n in range(skills)]
    return invented_pack(
        tuple(
            Skill(
                id=name,
                title=f"Skill {n}",
                unit=f"Unit {n // 5}",
                requires=(names[n - 1],) if n % 5 else (),
            )
            for n, name in enumerate(names)
        ),
        tuple(item(n, names[n % skills]) for n in range(ITEMS)),
    )


def item(n: int, skill: str) -> Item:
    words = " ".join(f"word{k}" for k in range(n % 30))
    asked = f"{words} What is @{{a}} + @{{b}}?" if n % 2 else f"{words} Which one is it?"
    known: dict[str, Any] = {
        "id": f"item-{n}",
        "skills": (skill,),
        "prompt": Text(asked, asked, asked),
        "difficulty": n % 3 + 1,
    }
    if n % 2:
        draws = (Var("a", low="1", high="40"), Var("b", low="1", high="40"))
        answers = (Answer("@{a + b}", "number"),)
        return with_version(Item(kind="answer", answers=answers, vars=draws, **known))
    choices = tuple(Choice(Text(w, w, w), right=w == "this") for w in ("this", "that", "none"))
    return with_version(Item(kind="choice", choices=choices, **known))


if __name__ == "__main__":
    main()
