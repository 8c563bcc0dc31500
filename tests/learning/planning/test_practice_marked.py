"""What a teacher has said of items and answers is there when a learner practises."""

from collections.abc import Callable, Iterator

import pytest

from darasa.content_packs.grading import Verdict, correct_response, wrong_responses
from darasa.content_packs.pack import Pack
from darasa.learning import marking
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, payload_of
from darasa.learning.marks import AnswerKey
from darasa.learning.practice.sitting import Sitting
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import ItemView, PlanKind
from darasa.sync.clock import ManualClock
from darasa.sync.ids import LearnerId, Role

COUNT = ("sums", "count")


@pytest.fixture
def school(clock: ManualClock, rng: Callable[[int], bytes], sums: Pack) -> Iterator[Classroom]:
    with Classroom.in_memory(role=Role.SCHOOL, clock=clock, rng=rng, packs=(sums,)) as room:
        yield room


@pytest.fixture
def amina(school: Classroom) -> LearnerId:
    return school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")


def current(sitting: Sitting) -> ItemView:
    view = sitting.current
    assert view is not None
    return view


def last_attempt(room: Classroom, learner: LearnerId) -> Attempt:
    said = [payload_of(stored.event) for stored in room.store.events_of(learner)]
    return [each for each in said if isinstance(each, Attempt)][-1]


def test_nobody_is_asked_an_item_that_was_withdrawn(
    school: Classroom, amina: LearnerId, sums: Pack, clock: ManualClock
) -> None:
    kept = {"count-1", "count-4", "count-7"}
    for item in sums.items_of("count"):
        if item.id not in kept:
            marking.withdraw_item(school, ("sums", item.id))
    sitting = Sitting.begin(school, amina)
    view = sitting.start_set(COUNT)
    asked: list[str] = []
    while view is not None and len(asked) < 12:
        asked.append(view.instance.item.id)
        clock.advance(9_000)
        sitting.answer(wrong_responses(view.instance)[0])
        view = sitting.skip()
    assert {each for each in asked if each.startswith("count")} <= kept
    assert asked


def test_no_line_of_the_plan_leads_to_a_skill_of_which_all_is_withdrawn(
    school: Classroom, amina: LearnerId, sums: Pack
) -> None:
    sitting = Sitting.begin(school, amina)
    assert COUNT in {row.key for row in sitting.plan()}
    for item in sums.items_of("count"):
        marking.withdraw_item(school, ("sums", item.id))
    led_to = {row.key for row in Sitting.begin(school, amina).plan()} - {None}
    assert COUNT not in led_to
    for key in led_to:
        assert Sitting.begin(school, amina).start_set(key) is not None


def test_a_goal_does_not_wait_for_a_skill_of_which_all_is_withdrawn(
    school: Classroom, amina: LearnerId, sums: Pack
) -> None:
    after = next(each.id for each in sums.skills.values() if each.requires == ("count",))
    for item in sums.items_of("count"):
        marking.withdraw_item(school, ("sums", item.id))
    sitting = Sitting.begin(school, amina)
    [learn] = [
        each for each in sitting.goals.skills(sitting.standings()) if each.skills == (after,)
    ]
    sitting.goals.set(learn, None)
    [line] = [row for row in sitting.plan() if row.kind is PlanKind.GOAL]
    assert line.key == ("sums", after)


def test_an_answer_that_a_teacher_takes_for_right_is_right_on_the_screen_too(
    school: Classroom, amina: LearnerId, clock: ManualClock
) -> None:
    sitting = Sitting.begin(school, amina)
    sitting.start_set(COUNT)
    view = current(sitting)
    wrong = wrong_responses(view.instance)[0]
    clock.advance(9_000)
    assert sitting.answer(wrong).verdict is Verdict.NOT_YET
    said = AnswerKey.of(last_attempt(school, amina))
    marking.overturn_for_all(school, said, right=True)
    sitting.try_again()
    clock.advance(9_000)
    feedback = sitting.answer(wrong)
    assert (feedback.verdict, feedback.text, feedback.can_try_again) == (Verdict.RIGHT, None, False)
    kept = last_attempt(school, amina)
    assert not kept.right  # the event says what the course says: a word can be taken back
    assert school.state(amina).skill(COUNT).right_alone == 1
    marking.overturn_for_all(school, said, right=None)
    assert school.state(amina).skill(COUNT).right_alone == 0


@pytest.mark.parametrize(("days", "seen"), [(1, True), (6, True), (8, False)])
def test_a_solution_that_was_seen_at_another_computer_is_known_here(
    school: Classroom,
    amina: LearnerId,
    clock: ManualClock,
    make_attempt: Callable[..., Attempt],
    *,
    days: int,
    seen: bool,
) -> None:
    """Her place is of each machine; that the last try was not right is in her events."""
    (pack,) = school.packs()
    for item in pack.items_of("count"):
        if item.id != "count-3":
            marking.withdraw_item(school, ("sums", item.id))
    there = [make_attempt(item="count-3", right=False, try_nth=n) for n in (1, 2, 3)]
    there += [make_attempt("add", item=f"add-{n}") for n in (1, 2)]
    school.record.record(*((amina, each) for each in there))
    clock.advance(days * DAY_MS)
    sitting = Sitting.begin(school, amina)
    sitting.start_set(COUNT)
    assert current(sitting).instance.item.id == "count-3"
    clock.advance(9_000)
    sitting.answer(correct_response(current(sitting).instance))
    assert last_attempt(school, amina).shown_before is seen
