import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from darasa.content_packs.grading import Picked, Typed, Verdict, correct_response, wrong_responses
from darasa.content_packs.pack import Pack
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, Help, Kind, MasteryShown, NotSure, payload_of
from darasa.learning.practice.sitting import PracticeError, Sitting
from darasa.learning.views import ItemRole, ItemView, Phase, PlanKind, Standing
from darasa.sync.clock import ManualClock
from darasa.sync.ids import LearnerId, Role


def shown(sitting: Sitting) -> ItemView:
    view = sitting.current
    assert view is not None
    return view


def attempts(room: Classroom, learner: LearnerId) -> list[Attempt]:
    payloads = [payload_of(stored.event) for stored in room.store.events_of(learner)]
    return [payload for payload in payloads if isinstance(payload, Attempt)]


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


def test_a_skipped_item_comes_back_once_before_the_end(
    sitting: Sitting, answer: Callable[..., None]
) -> None:
    first = sitting.start_set("count")
    assert first is not None
    skipped = first.instance.item.id
    view = sitting.skip()
    items = []
    while view is not None:
        items.append(view.instance.item.id)
        came_back = view.came_back
        if came_back:
            view = sitting.skip()
        else:
            answer(sitting, right=False)
            sitting.show_me()
            view = sitting.next()
    assert items[-1] == skipped
    assert items.count(skipped) == 1
    assert sitting.summary().tried == len(items) - 1 == 7


def test_got_it_is_said_written_and_ends_the_set(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("count")
    tried = 0
    while sitting.current is not None:
        answer(sitting, right=True)
        tried += 1
        said = shown(sitting).feedback
        sitting.next()
    assert said is not None
    assert said.got == "Counting"
    assert tried <= 8
    events = computer.store.events_of(learner)
    [word] = [p for e in events if isinstance(p := payload_of(e.event), MasteryShown)]
    last = [e for e in events if e.event.kind == Kind.ATTEMPT][-1]
    assert (word.evidence_log, word.evidence_seq) == (last.log_id, last.seq)
    summary = sitting.summary()
    assert [(g.title, g.before, g.after) for g in summary.grown] == [
        ("Counting", Standing.READY, Standing.GOT)
    ]
    assert (summary.tried, summary.right_first, summary.not_yet) == (tried, tried, 0)
    assert [row.title for row in summary.next_up][:1] == ["Adding"]


def test_one_who_never_answers_right_is_never_declared_and_the_skill_rests(
    sitting: Sitting, answer: Callable[..., None]
) -> None:
    for _ in range(4):
        if sitting.start_set("count") is None:
            break
        while sitting.current is not None:
            answer(sitting, right=False)
            sitting.show_me()
            sitting.next()
    summary = sitting.summary()
    assert summary.resting == "Counting"
    [count, *_] = sitting.map()[0].skills
    assert (count.standing, count.attempts, count.resting) == (Standing.LEARNING, 12, True)
    assert [row.kind for row in sitting.plan() if row.key == count.key] == [PlanKind.REST]


def test_no_item_comes_twice_within_three(sitting: Sitting, answer: Callable[..., None]) -> None:
    shown_items: list[str] = []
    rng = random.Random(5)
    for _ in range(6):
        sitting.start_set(("sums", rng.choice(("count", "add", "carry"))))
        while sitting.current is not None:
            shown_items.append(shown(sitting).instance.item.id)
            answer(sitting, right=rng.random() < 0.6)
            if shown(sitting).phase is Phase.FEEDBACK and not shown(sitting).feedback.saved_ms:
                continue
            if shown(sitting).can_show_solution and shown(sitting).tries:
                sitting.show_me()
            sitting.next()
    assert len(shown_items) > 20
    assert all(item not in shown_items[max(0, n - 2) : n] for n, item in enumerate(shown_items))


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


def test_within_a_set_about_one_in_four_looks_back_and_the_summary_says_what_it_kept(
    computer: Classroom,
    learner: LearnerId,
    sitting: Sitting,
    answer: Callable[..., None],
    clock: ManualClock,
) -> None:
    sitting.start_set("count")
    while sitting.current is not None:
        answer(sitting, right=True)
        sitting.next()
    clock.advance(26 * 3_600_000)
    sitting.start_set("add")
    asked: list[tuple[str, ItemRole]] = []
    rights = iter((True, False, True, True, False, False, True, False))
    while sitting.current is not None:
        view = shown(sitting)
        asked.append((view.skill_title, view.role))
        answer(sitting, right=next(rights))
        if shown(sitting).can_show_solution:
            sitting.show_me()
        sitting.next()
    back = ("Counting", ItemRole.REVIEW)
    assert asked[3] == back
    assert asked.count(back) == 1
    assert "count" in attempts(computer, learner)[-5].skills
    summary = sitting.summary()
    assert [(g.title, g.before, g.after) for g in summary.grown] == [
        ("Adding", Standing.READY, Standing.LEARNING),
        ("Counting", Standing.REFRESH, Standing.KEPT),
    ]


def test_near_got_it_a_sister_skill_comes_between(
    sitting: Sitting, answer: Callable[..., None]
) -> None:
    for skill in ("count", "add"):
        sitting.start_set(skill)
        asked: list[tuple[str, ItemRole]] = []
        while sitting.current is not None:
            view = shown(sitting)
            asked.append((view.skill[1], view.role))
            answer(sitting, right=True)
            sitting.next()
    assert ("count", ItemRole.MIXED) in asked
    assert asked[-1] == ("add", ItemRole.SET)
    assert sitting.summary().grown[0].after is Standing.GOT


def test_after_a_kill_an_item_of_another_skill_is_still_what_it_was(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    for skill in ("count", "add"):
        sitting.start_set(skill)
        while sitting.current is not None and shown(sitting).role is ItemRole.SET:
            answer(sitting, right=True)
            sitting.next()
    before = shown(sitting)
    assert (before.skill, before.role) == (("sums", "count"), ItemRole.MIXED)
    again = Sitting.begin(computer, learner)
    assert again.start_set() == before


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


@pytest.fixture
def harder(sums: Pack, make_pack: Callable[..., Pack]) -> Pack:
    """Counting, with three challenges."""
    hard = [replace(sums.items["count-2"], id=f"hard-{n}", challenge=True) for n in range(3)]
    plain = [item for item in sums.items.values() if item.skills == ("count",)]
    return make_pack((sums.skills["count"],), (*plain, *hard))


def test_once_got_something_harder_is_offered_and_is_a_short_set(
    clock: ManualClock, harder: Pack, answer: Callable[..., None]
) -> None:
    rng = random.Random(7).randbytes
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(harder,)) as room:
        sitting = Sitting.begin(room, room.guest().learner_id)
        sitting.start_set()
        while sitting.current is not None:
            assert not shown(sitting).instance.item.challenge
            answer(sitting, right=True)
            sitting.next()
        offered = sitting.summary().next_up[0]
        assert (offered.kind, offered.of) == (PlanKind.HARDER, 3)
        sitting.start_set()
        asked = []
        while sitting.current is not None:
            view = shown(sitting)
            asked.append((view.role, view.instance.item.challenge, view.of))
            answer(sitting, right=len(asked) != 2)
            if shown(sitting).can_show_solution:
                sitting.show_me()
            sitting.next()
        challenge = (ItemRole.HARDER, True, 3)
        assert asked == [challenge, challenge, (ItemRole.SET, False, 3)]
        assert sitting.standings()[0].standing is Standing.GOT
        [again] = [row for row in sitting.plan() if row.kind is PlanKind.HARDER]
        assert again.of == 1


def test_choosing_harder_leaves_an_ordinary_set_on_the_same_skill(
    clock: ManualClock, harder: Pack, answer: Callable[..., None]
) -> None:
    rng = random.Random(7).randbytes
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(harder,)) as room:
        sitting = Sitting.begin(room, room.guest().learner_id)
        sitting.start_set()
        while sitting.current is not None:
            answer(sitting, right=True)
            sitting.next()
        sitting.start_set("count")
        assert shown(sitting).role is ItemRole.SET
        sitting.start_set("count", harder=True)
        chosen = shown(sitting)
        assert chosen.role is ItemRole.HARDER
        sitting.start_set("count", harder=True)
        assert shown(sitting) == chosen


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
