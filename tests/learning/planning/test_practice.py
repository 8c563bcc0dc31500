"""Practice at a computer: answers, tries, hints and keys, and what of each is on record."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from practice_world import attempts, shown

from darasa.content_packs.grading import Picked, Typed, Verdict, correct_response, wrong_responses
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Help, NotSure, payload_of
from darasa.learning.planning.day_ends import end_of_day
from darasa.learning.practice.sitting import PracticeError, Sitting
from darasa.learning.views import ItemRole, Phase, PlanKind
from darasa.sync.clock import ManualClock
from darasa.sync.event import TIME_MS_LIMIT
from darasa.sync.ids import LearnerId


def test_a_new_learner_starts_with_the_skill_that_needs_nothing(sitting: Sitting) -> None:
    first, *_, last = sitting.home().plan
    assert (first.kind, first.title) == (PlanKind.TOPIC, "Counting")
    assert last.kind is PlanKind.CHOICE
    view = sitting.start_set()
    assert view is not None
    assert (view.skill, view.nth, view.of, view.phase) == (("sums", "count"), 1, 8, Phase.ASK)


def test_the_answer_is_on_record_with_every_field_when_answer_returns(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock
) -> None:
    view = sitting.start_set("count")
    assert view is not None
    clock.advance(7_500)
    feedback = sitting.answer(correct_response(view.instance))
    [attempt] = attempts(computer, learner)
    assert feedback.verdict is Verdict.RIGHT
    assert feedback.saved_ms == clock.wall_ms()
    assert (attempt.item, attempt.item_version) == (
        view.instance.item.id,
        view.instance.item.version,
    )
    assert (attempt.response_ms, attempt.try_nth, attempt.right) == (7_500, 1, True)
    assert (attempt.sitting, attempt.skills, attempt.nth) == (sitting.sitting, ("count",), 1)
    assert attempt.picked == (0,)


def test_a_second_try_comes_before_the_solution(
    sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("count")
    with pytest.raises(PracticeError):
        sitting.show_me()
    answer(sitting, right=False)
    view = shown(sitting)
    assert view.phase is Phase.FEEDBACK
    assert view.feedback is not None
    assert view.feedback.can_try_again
    assert view.can_show_solution
    assert sitting.show_me() == "This one, because it says so."
    assert shown(sitting).phase is Phase.SOLUTION


def test_after_three_not_yets_comes_the_solution_and_then_an_easier_item(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("count")
    answer(sitting, right=True)
    sitting.next()
    for _ in range(3):
        answer(sitting, right=False)
        if shown(sitting).phase is Phase.FEEDBACK:
            sitting.try_again()
    failed = shown(sitting)
    assert failed.phase is Phase.SOLUTION
    assert failed.solution == "This one, because it says so."
    assert [a.try_nth for a in attempts(computer, learner)] == [1, 1, 2, 3]
    following = sitting.next()
    assert following is not None
    assert following.instance.item.difficulty == 1
    with pytest.raises(PracticeError):
        sitting.show_me()


def test_a_hint_is_help_and_the_next_item_is_a_sister(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("add")
    family = None
    for _ in range(4):  # until an item that has a sister comes
        view = shown(sitting)
        item = view.instance.item
        family = {item.sister_of, item.id} | {
            other.id
            for other in computer.packs()[0].items_of("add")
            if other.sister_of in {item.id, item.sister_of} and other.sister_of is not None
        }
        assert sitting.hint() == "Think of the first."
        answer(sitting, right=True)
        view = shown(sitting)
        assert view.feedback is not None
        assert view.feedback.with_help
        following = sitting.next()
        assert following is not None
        assert following.instance.item.id in family - {item.id}
        assert not following.hints
        answer(sitting, right=True)
        sitting.next()
    helped = attempts(computer, learner)
    assert [a.help for a in helped] == [1, 0] * 4


def test_what_is_not_understood_or_not_written_as_asked_is_no_try(
    computer: Classroom, learner: LearnerId, sitting: Sitting
) -> None:
    view = sitting.start_set("carry")
    assert view is not None
    feedback = sitting.answer(Typed("what?"))
    assert feedback.verdict is Verdict.NOT_UNDERSTOOD
    assert feedback.saved_ms is None
    assert (shown(sitting).phase, shown(sitting).tries) == (Phase.ASK, 0)
    assert sitting.answer(Picked((1,))).verdict is Verdict.NOT_UNDERSTOOD
    assert attempts(computer, learner) == []


def test_not_sure_is_no_answer_and_opens_a_hint(
    computer: Classroom, learner: LearnerId, sitting: Sitting
) -> None:
    sitting.start_set("count")
    assert sitting.not_sure() == "Think of the first."
    assert sitting.not_sure() == "It is the one that says this."
    assert sitting.not_sure() is None
    assert shown(sitting).can_show_solution
    assert attempts(computer, learner) == []
    [said] = not_sures(computer, learner)
    instance = shown(sitting).instance
    assert (said.item, said.nth, said.skills) == (instance.item.id, instance.nth, ("count",))


def not_sures(room: Classroom, learner: LearnerId) -> list[NotSure]:
    payloads = [payload_of(stored.event) for stored in room.store.events_of(learner)]
    return [payload for payload in payloads if isinstance(payload, NotSure)]


def test_not_sure_of_two_items_in_a_row_steps_back_and_two_right_lead_on(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("add")
    for _ in range(2):
        assert (shown(sitting).skill[1], shown(sitting).role) == ("add", ItemRole.SET)
        while sitting.not_sure() is not None:
            pass
        sitting.show_me()
        sitting.next()
    asked = []
    for _ in range(3):
        asked.append((shown(sitting).skill[1], shown(sitting).role))
        answer(sitting, right=True)
        sitting.next()
    back = ("count", ItemRole.NEEDED)
    assert asked == [back, back, ("add", ItemRole.SET)]
    assert len(not_sures(computer, learner)) == 2


def test_being_back_goes_on_after_a_kill(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("add")
    for _ in range(2):
        sitting.not_sure()
        sitting.skip()
    assert shown(sitting).role is ItemRole.NEEDED
    again = Sitting.begin(computer, learner)
    again.start_set()
    for role in (ItemRole.NEEDED, ItemRole.NEEDED, ItemRole.SET):
        assert shown(again).role is role
        answer(again, right=True)
        again.next()


def test_response_time_counts_from_when_the_item_was_asked(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock
) -> None:
    view = sitting.start_set("count")
    assert view is not None
    clock.advance(4_000)
    sitting.answer(wrong_responses(view.instance)[0])
    clock.advance(60_000)  # reads what was said
    sitting.try_again()
    clock.advance(2_500)
    sitting.answer(correct_response(view.instance))
    assert [a.response_ms for a in attempts(computer, learner)] == [4_000, 2_500]


def test_the_solution_seen_makes_the_same_instance_weigh_nothing(
    computer: Classroom,
    learner: LearnerId,
    sitting: Sitting,
    answer: Callable[..., None],
    clock: ManualClock,
) -> None:
    """Twelve items without numbers: after all were met, they come again within seven days."""
    for day in range(3):
        for _ in range(2):
            sitting.start_set("count")
            while sitting.current is not None:
                answer(sitting, right=False)
                sitting.show_me()
                sitting.next()
        clock.advance(26 * 3_600_000)
        del day
    again = [a for a in attempts(computer, learner) if a.nth > 1]
    assert again
    assert all(a.shown_before for a in again)


def test_a_course_without_a_lesson_offers_none(sitting: Sitting) -> None:
    sitting.start_set("count")
    assert sitting.lesson() is None
    assert not shown(sitting).has_lesson


def test_keys_that_are_not_offered_change_nothing(
    sitting: Sitting, answer: Callable[..., None]
) -> None:
    for key in (sitting.try_again, sitting.hint, sitting.next, sitting.skip, sitting.summary):
        with pytest.raises(PracticeError):
            key()
    with pytest.raises(PracticeError):
        sitting.start_set("no such skill")
    sitting.start_set("count")
    answer(sitting, right=True)
    for key in (sitting.try_again, sitting.hint, sitting.show_me):
        with pytest.raises(PracticeError):
            key()
    with pytest.raises(PracticeError):
        sitting.answer(Picked((0,)))


def test_the_hand_goes_up_and_down(computer: Classroom, sitting: Sitting) -> None:
    sitting.start_set("count")
    sitting.hand(up=True)
    assert sitting.home().hand_up
    sitting.hand(up=False)
    assert not sitting.home().hand_up


def test_work_counts_answers_and_nothing_else(
    sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("count")
    for _ in range(3):
        answer(sitting, right=True)
        sitting.next()
    work = sitting.work()
    assert (work.here_answers, work.teacher_unsent) == (3, 3)
    assert [(w.what, w.answers) for w in work.waiting] == [("Counting", 3)]
    assert work.teacher_name is None


def test_first_and_third_day_of_the_week_are_learning_days(
    sitting: Sitting, answer: Callable[..., None], clock: ManualClock
) -> None:
    sitting.start_set("count")
    answer(sitting, right=True)
    clock.advance(2 * 24 * 3_600_000)
    sitting.next()
    answer(sitting, right=True)
    home = sitting.home()
    assert (home.week, home.today) == ((True, False, True, False, False, False, False), 2)


@pytest.fixture(params=[("PST-8", 7), ("NZST-12", 9), ("CST6", 19)])
def monday(
    request: pytest.FixtureRequest, clock: ManualClock, set_zone: Callable[[str], None]
) -> date:
    """A Monday somewhere, which in UTC is a Sunday at that hour, or a Tuesday."""
    zone, hour = request.param
    set_zone(zone)
    day = date(2027, 1, 18)
    clock.wall = end_of_day(day - timedelta(days=1)) + 1 + hour * 3_600_000
    return day


def test_the_week_is_that_of_the_computers_time_zone(
    monday: date, sitting: Sitting, answer: Callable[..., None], clock: ManualClock
) -> None:
    sitting.start_set("count")
    answer(sitting, right=True)
    clock.advance(2 * 24 * 3_600_000)
    sitting.next()
    answer(sitting, right=True)
    home = sitting.home()
    assert (home.week, home.today) == ((True, False, True, False, False, False, False), 2)
    clock.wall = end_of_day(monday + timedelta(days=6))
    assert sitting.home().week == home.week
    clock.wall += 1
    assert sitting.home().week == (False,) * 7


@pytest.mark.parametrize("wall_ms", [-TIME_MS_LIMIT, 0, 253_402_300_799_000, TIME_MS_LIMIT])
def test_there_is_a_week_by_any_clock(sitting: Sitting, clock: ManualClock, wall_ms: int) -> None:
    clock.wall = wall_ms
    home = sitting.home()
    assert home.week == (False,) * 7
    assert 0 <= home.today < 7


def test_a_first_answer_quicker_than_its_words_can_be_read_says_so(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock
) -> None:
    """The question has six words: 900 ms, and nobody reads and answers within a second."""
    for ms in (999, 1_000):
        view = sitting.start_set("count")
        assert view is not None
        clock.advance(ms)
        sitting.answer(wrong_responses(view.instance)[0])
        sitting.try_again()
        clock.advance(ms)
        sitting.answer(correct_response(view.instance))
        sitting.next()
    assert [a.help for a in attempts(computer, learner)] == [int(Help.UNREAD), 0, 0, 0]


def test_an_item_that_comes_back_was_read_before(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("count")
    sitting.skip()
    while not shown(sitting).came_back:
        answer(sitting, right=False)
        sitting.show_me()
        sitting.next()
    sitting.answer(correct_response(shown(sitting).instance))
    assert attempts(computer, learner)[-1].help == 0


def test_a_hand_of_an_earlier_lesson_is_down_for_her_too(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock
) -> None:
    """Her teacher does not see it any more: she must not wait, and one key asks again."""
    sitting.hand(up=True)
    assert sitting.home().hand_up
    sitting.sign_out()
    clock.advance(60 * 60_000)
    assert Sitting.begin(computer, learner, how="guest").home().hand_up
    clock.advance(24 * 60 * 60_000)
    assert not Sitting.begin(computer, learner, how="guest").home().hand_up
