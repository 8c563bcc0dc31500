"""What a set asks: what comes back, looks back or is harder, and when it ends."""

import random
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace
from practice_world import attempts, shown

from darasa.content_packs.pack import Pack
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Kind, MasteryShown, payload_of
from darasa.learning.practice.sitting import Sitting
from darasa.learning.views import ItemRole, Phase, PlanKind, Standing
from darasa.sync.clock import ManualClock
from darasa.sync.ids import LearnerId, Role


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


@pytest.fixture
def harder(sums: Pack, make_pack: Callable[..., Pack]) -> Pack:
    """Counting, with three challenges."""
    hard = [replace(sums.items["count-2"], id=f"hard-{n}", challenge=True) for n in range(3)]
    plain = [item for item in sums.items.values() if item.skills == ("count",)]
    return make_pack((sums.skills["count"],), (*plain, *hard))


@pytest.fixture
def challenged(clock: ManualClock, harder: Pack) -> Iterator[Sitting]:
    """A sitting of a guest, whose course has them."""
    rng = random.Random(7).randbytes
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(harder,)) as room:
        yield Sitting.begin(room, room.guest().learner_id)


def test_once_got_something_harder_is_offered_and_is_a_short_set(
    challenged: Sitting, answer: Callable[..., None]
) -> None:
    sitting = challenged
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
    challenged: Sitting, answer: Callable[..., None]
) -> None:
    sitting = challenged
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
