"""Any keys of any learner: what the planner promises holds in every set, and every set ends."""

import os
import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from darasa.content_packs.grading import correct_response, wrong_responses
from darasa.content_packs.item import Text
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.classroom import Classroom
from darasa.learning.planning.mixing import REVIEW_EVERY, SISTERS
from darasa.learning.planning.plan_of_day import LINES_MAX
from darasa.learning.practice.set_run import SetRun
from darasa.learning.practice.sitting import Sitting
from darasa.learning.views import ItemRole, ItemView, Phase, PlanKind, Standing
from darasa.sync.clock import ManualClock
from darasa.sync.ids import Role

T = 1_715_616_000_000
HOUR = 3_600_000
KEYS = ("right", "wrong", "hint", "not sure", "skip", "show", "kill", "night", "other")
WEIGHTS = (6, 2, 1, 1, 1, 1, 1, 1, 1)
KEYS_EACH = 120
SEEDS = int(os.environ.get("DARASA_ANY_KEYS", "16"))


@pytest.fixture
def course(sums: Pack, make_pack: Callable[..., Pack]) -> Pack:
    """Five skills, some kin, in three difficulties, wordy and bare, with challenges and sisters."""
    skills = (
        Skill(id="count", title="Counting", unit="Numbers"),
        Skill(id="add", title="Adding", unit="Sums", requires=("count",)),
        Skill(id="take", title="Taking", unit="Sums", requires=("count",)),
        Skill(id="carry", title="Carrying", unit="Sums", requires=("add",)),
        Skill(id="shape", title="Shapes", unit="Shapes"),
    )
    base, items = sums.items["add-1"], []
    for skill in skills:
        for n in range(9):
            words = " ".join(["word"] * (25 if n % 2 else 6))
            items.append(
                replace(
                    base,
                    id=f"{skill.id}-{n}",
                    skills=tuple(dict.fromkeys((skill.id, "count"))) if n == 8 else (skill.id,),
                    difficulty=n % 3 + 1,
                    challenge=n == 7,
                    prompt=Text(words, words, words),
                    sister_of=f"{skill.id}-{n - 3}" if n in (3, 4) else None,
                )
            )
    return make_pack(skills, tuple(items))


class Keys:
    """A learner who presses whatever is drawn, and what she has seen."""

    def __init__(self, room: Classroom, clock: ManualClock) -> None:
        self.room, self.clock = room, clock
        self.learner = room.guest().learner_id
        self.sitting = Sitting.begin(room, self.learner)
        self.seen: list[ItemView] = []
        self.sets: list[tuple[SetRun, dict[str, Standing]]] = []

    def press(self, key: str, rng: random.Random) -> None:
        view = self.sitting.current
        if key in {"kill", "night"}:
            self.clock.advance(26 * HOUR if key == "night" else 60_000)
            self.sitting = Sitting.begin(self.room, self.learner)
        elif view is None or key == "other":
            rows = self.sitting.plan()
            keys = [row for row in rows if row.key is not None]
            keys += [row for row in rows if row.kind is PlanKind.REST]
            row = rng.choice(keys) if keys else None
            if row is not None:
                self._note(self.sitting.start_set(row.key, harder=row.kind is PlanKind.HARDER))
        elif view.phase is not Phase.ASK:
            self._after(view, key)
        else:
            self._asked(view, key)

    def _asked(self, view: ItemView, key: str) -> None:
        self.clock.advance(9_000)
        match key:
            case "hint":
                self.sitting.hint()
            case "not sure":
                self.sitting.not_sure()
            case "skip":
                self._note(self.sitting.skip())
            case "show" if view.can_show_solution:
                self.sitting.show_me()
            case "right":
                self.sitting.answer(correct_response(view.instance))
            case _:
                self.sitting.answer(wrong_responses(view.instance)[0])

    def _after(self, view: ItemView, key: str) -> None:
        over = view.phase is Phase.SOLUTION or not view.can_show_solution
        if over:
            self._note(self.sitting.next())
        elif key == "show":
            self.sitting.show_me()
        elif key == "skip":
            self._note(self.sitting.skip())
        else:
            self.sitting.try_again()

    def _note(self, view: ItemView | None) -> None:
        if view is not None:
            self.seen.append(view)
        run = self.sitting._desk.place.run
        before = self.sets[-1][0].at if self.sets else None
        goes_on = run is not None and (run.at is None or run.at.came_back or run.at == before)
        if run is not None and not goes_on:
            rows = self.sitting.standings()
            self.sets.append((run, {row.key[1]: row.standing for row in rows}))


def test_what_the_planner_promises_holds_for_any_keys(course: Pack) -> None:
    roles: set[ItemRole] = set()
    for seed in range(SEEDS):
        try:
            roles |= pressed(course, seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert roles == set(ItemRole)


def pressed(course: Pack, seed: int) -> set[ItemRole]:
    """One learner; which kinds of item she met."""
    rng, clock = random.Random(seed), ManualClock(T)
    keys = rng.choices(KEYS, [weight * rng.random() for weight in WEIGHTS], k=KEYS_EACH)
    with Classroom.in_memory(
        role=Role.COMPUTER, clock=clock, rng=random.Random(seed).randbytes, packs=(course,)
    ) as room:
        who = Keys(room, clock)
        for key in keys:
            who.press(key, rng)
            check_plan(who.sitting)
        for run, standings in who.sets:
            check_set(course, run, standings)
        check_ends(who)
        return {view.role for view in who.seen}


def check_plan(sitting: Sitting) -> None:
    plan = sitting.plan()
    assert plan[-1].kind is PlanKind.CHOICE
    assert len({(row.key, row.key or row.kind) for row in plan}) == len(plan) <= LINES_MAX
    refreshed = [row for row in plan if row.kind is PlanKind.REFRESH]
    assert len(refreshed) <= 3
    standings = {row.key: row for row in sitting.standings()}
    for row in plan:
        if row.kind in {PlanKind.REFRESH, PlanKind.TOPIC, PlanKind.HARDER}:
            assert not standings[row.key].resting
            assert standings[row.key].standing is not Standing.LATER


def check_set(course: Pack, run: SetRun, standings: dict[str, Standing]) -> None:
    """A set at the moment at which a new item of it came."""
    done = len(run.results)
    assert done <= 8
    assert len(set(run.mixed)) <= SISTERS
    assert len(set(run.reviewed)) <= (done + 1) // REVIEW_EVERY
    assert len(set(run.left)) == len(run.left)
    assert not {run.skill, *run.left} & set(run.steps[1:])
    assert run.at is not None
    item = course.items[run.at.item]
    assert (run.at.skill or run.skill) in item.skills
    match run.at.role:
        case ItemRole.HARDER:
            assert item.challenge
        case ItemRole.SET:
            assert run.at.skill in {"", run.skill}
        case ItemRole.REVIEW:
            assert not run.is_refresh
            assert standings[run.at.skill] is Standing.REFRESH
        case ItemRole.MIXED | ItemRole.NEEDED:
            assert run.at.skill != run.skill
    assert run.at.item not in run.recent[-3:-1]


def check_ends(who: Keys) -> None:
    """From wherever she is: right answers bring the end of the set."""
    if who.sitting.current is None:
        return
    for _ in range(60):
        view = who.sitting.current
        if view is None:
            return
        if view.phase is Phase.ASK:
            who.clock.advance(9_000)
            who.sitting.answer(correct_response(view.instance))
        elif view.phase is Phase.FEEDBACK and view.can_show_solution:
            who.sitting.try_again()
        else:
            who.sitting.next()
    raise AssertionError("the set does not end")
