"""Skip by showing and placement as a learner meets them: through her sitting, and after a cut."""

import random
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from darasa.content_packs.grading import Typed, Verdict, correct_response, wrong_responses
from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import Var, with_version
from darasa.content_packs.pack import Pack
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import (
    Attempt,
    Challenge,
    Kind,
    MasteryShown,
    NotSure,
    Payload,
    Placement,
    payload_of,
)
from darasa.learning.learner_state import to_bytes
from darasa.learning.planning.challenge import RULE
from darasa.learning.planning.placement import ITEMS_LEAST, ITEMS_MOST
from darasa.learning.practice.challenging import ShowingSkill
from darasa.learning.practice.desk import PracticeError
from darasa.learning.practice.placing import FindingStart
from darasa.learning.practice.sitting import Sitting
from darasa.learning.simulated.starts import invented_course
from darasa.learning.skill_state import DAY_MS
from darasa.learning.trial_kinds import ChallengePhase
from darasa.learning.views import PlanKind, Standing
from darasa.sync.clock import ManualClock
from darasa.sync.errors import StoreError
from darasa.sync.ids import LearnerId, Role

CARRY = ("sums", "carry")
CHAIN = "invented"


def said(room: Classroom, learner: LearnerId) -> list[Payload | None]:
    return [payload_of(stored.event) for stored in room.store.events_of(learner)]


def standing(sitting: Sitting, key: tuple[str, str]) -> Standing:
    return next(row.standing for row in sitting.standings() if row.key == key)


def give(trial: ShowingSkill | FindingStart, clock: ManualClock, *, right: bool) -> Verdict:
    view = trial.current
    assert view is not None
    clock.advance(9_000)
    wrong = wrong_responses(view.instance)[0]
    return trial.answer(correct_response(view.instance) if right else wrong)


def shows(sitting: Sitting) -> ShowingSkill:
    trial = sitting.show_skill(CARRY)
    assert trial is not None
    return trial


@pytest.fixture
def chain(clock: ManualClock) -> Iterator[Classroom]:
    """A computer with a course of eight skills in a row."""
    pack = invented_course("chain", 8, random.Random(4))
    rng = random.Random(7).randbytes
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(pack,)) as room:
        yield room


@pytest.fixture
def newcomer(chain: Classroom) -> LearnerId:
    return chain.guest().learner_id


def finds(sitting: Sitting) -> FindingStart:
    trial = sitting.find_start()
    assert trial is not None
    return trial


# -- skip by showing ----------------------------------------------------------------------------


def test_two_right_show_a_skill_that_was_later(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock
) -> None:
    assert standing(sitting, CARRY) is Standing.LATER
    trial = shows(sitting)
    assert give(trial, clock, right=True) is Verdict.RIGHT
    assert standing(sitting, CARRY) is Standing.LATER
    assert give(trial, clock, right=True) is Verdict.RIGHT
    assert (trial.phase, trial.current) == (ChallengePhase.PASSED, None)
    assert standing(sitting, CARRY) is Standing.GOT
    *_, first, second, passed, shown = said(computer, learner)
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    assert isinstance(passed, Challenge)
    assert isinstance(shown, MasteryShown)
    assert (shown.rule, passed.phase) == (RULE, ChallengePhase.PASSED)
    assert sitting.state.skill(CARRY).right_alone == 2
    assert first.values != second.values or first.item != second.item


def test_what_was_shown_is_checked_within_a_week(sitting: Sitting, clock: ManualClock) -> None:
    trial = shows(sitting)
    for _ in range(2):
        give(trial, clock, right=True)
    clock.advance(7 * DAY_MS)
    assert standing(sitting, CARRY) is Standing.REFRESH
    assert any(row.key == CARRY for row in sitting.plan() if row.kind is PlanKind.REFRESH)


@pytest.mark.parametrize("ending", ["wrong", "right then wrong", "not sure", "stopped", "cut"])
def test_a_try_that_does_not_succeed_is_seen_nowhere(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock, ending: str
) -> None:
    rows = sitting.standings()
    trial = shows(sitting)
    match ending:
        case "wrong":
            give(trial, clock, right=False)
        case "right then wrong":
            give(trial, clock, right=True)
            give(trial, clock, right=False)
        case "not sure":
            trial.not_sure()
        case "stopped":
            trial.stop()
        case _:
            give(trial, clock, right=True)
            sitting = Sitting.begin(computer, learner)
    assert sitting.standings() == rows
    assert sitting.state.skill(CARRY).chances == sitting.state.skill(CARRY).not_sure_run == 0
    assert not sitting.state.tail
    assert not any(isinstance(payload, MasteryShown) for payload in said(computer, learner))
    assert not sitting.may_show(CARRY)  # one try a day
    clock.advance(DAY_MS)
    assert sitting.may_show(CARRY)


def test_an_answer_that_is_not_understood_ends_nothing(
    sitting: Sitting, clock: ManualClock
) -> None:
    trial = shows(sitting)
    assert trial.answer(Typed("what?")) is Verdict.NOT_UNDERSTOOD
    assert trial.phase is ChallengePhase.BEGUN
    assert give(trial, clock, right=True) is Verdict.RIGHT


def test_nothing_more_is_taken_once_a_try_is_over(sitting: Sitting, clock: ManualClock) -> None:
    trial = shows(sitting)
    trial.stop()
    for late in (trial.stop, trial.not_sure, lambda: trial.answer(Typed("1"))):
        with pytest.raises(PracticeError):
            late()
    assert sitting.show_skill(CARRY) is None


def test_the_set_that_was_open_is_where_it_was_after_a_try(
    sitting: Sitting, clock: ManualClock
) -> None:
    before = sitting.start_set("count")
    trial = shows(sitting)
    give(trial, clock, right=False)
    after = sitting.current
    assert before is not None
    assert after is not None
    assert (after.instance, after.nth) == (before.instance, before.nth)


# -- placement ----------------------------------------------------------------------------------


def test_a_start_is_offered_until_something_of_the_course_is_answered(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    sitting = Sitting.begin(chain, newcomer)
    kinds = [row.kind for row in sitting.plan()]
    assert kinds[-2:] == [PlanKind.START, PlanKind.CHOICE]
    assert kinds[0] is not PlanKind.START
    view = sitting.start_set()
    assert view is not None
    clock.advance(9_000)
    sitting.answer(correct_response(view.instance))
    assert PlanKind.START not in [row.kind for row in sitting.plan()]
    assert sitting.find_start() is None


def test_a_start_is_not_offered_in_a_course_of_three_skills(sitting: Sitting) -> None:
    assert PlanKind.START not in [row.kind for row in sitting.plan()]
    assert sitting.find_start() is None


def test_who_knows_half_a_course_starts_in_the_middle(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    sitting = Sitting.begin(chain, newcomer)
    trial = finds(sitting)
    asked = 0
    while (view := trial.current) is not None:
        asked += 1
        give(trial, clock, right=int(view.skill[1][1:]) < 4)
    assert ITEMS_LEAST <= asked <= ITEMS_MOST
    assert trial.known == tuple((CHAIN, f"s{k}") for k in range(4))
    rows = {row.key[1]: row for row in sitting.standings()}
    assert [rows[f"s{k}"].standing for k in range(8)] == [Standing.READY] * 5 + [Standing.LATER] * 3
    topic = next(row for row in sitting.plan() if row.kind is PlanKind.TOPIC)
    assert topic.key == (CHAIN, "s4")
    assert topic.reason == "Your answers say that you are ready for this."
    assert not any(isinstance(payload, MasteryShown) for payload in said(chain, newcomer))
    assert PlanKind.START not in [row.kind for row in sitting.plan()]


def test_nothing_is_lost_by_a_low_result(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    sitting = Sitting.begin(chain, newcomer)
    rows = sitting.standings()
    mastery = sitting.state.mastery.to_bytes()
    trial = finds(sitting)
    while trial.current is not None:
        give(trial, clock, right=False)
        if trial.current is not None:
            trial.not_sure()
    assert trial.known == ()
    assert sitting.standings() == rows
    assert sitting.state.mastery.to_bytes() == mastery
    assert not sitting.state.tail
    assert [payload for payload in said(chain, newcomer) if isinstance(payload, Placement)][-1] == (
        Placement(sitting.sitting, CHAIN, 1, ())
    )


def test_it_may_be_stopped_at_any_time_with_what_was_answered(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    sitting = Sitting.begin(chain, newcomer)
    trial = finds(sitting)
    give(trial, clock, right=True)
    give(trial, clock, right=True)
    trial.stop()
    assert trial.stopped
    assert trial.known
    assert sitting.state.placed == set(trial.known)
    with pytest.raises(PracticeError):
        trial.stop()


def test_a_placement_that_was_cut_goes_on_at_the_same_item_in_the_next_sitting(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    trial = finds(Sitting.begin(chain, newcomer))
    for _ in range(3):
        give(trial, clock, right=True)
    before = trial.current
    sitting = Sitting.begin(chain, newcomer)  # the program was killed and started anew
    first = sitting.plan()[0]
    assert (first.kind, first.title) == (
        PlanKind.START,
        "Find your start: go on where you stopped",
    )
    after = finds(sitting).current
    assert before is not None
    assert after is not None
    assert (after.instance, after.nth) == (before.instance, 4)


def test_a_placement_that_was_cut_and_left_leaves_nothing_odd(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    trial = finds(Sitting.begin(chain, newcomer))
    give(trial, clock, right=True)
    sitting = Sitting.begin(chain, newcomer)
    view = sitting.start_set((CHAIN, "s0"))
    assert view is not None
    clock.advance(9_000)
    sitting.answer(correct_response(view.instance))
    assert sitting.state.skill((CHAIN, "s0")).attempts == 1
    assert sitting.state.placed == frozenset()
    assert sitting.plan()[0].kind is PlanKind.START  # she may still go on


def test_a_placement_of_which_nothing_is_left_to_ask_ends_when_she_goes_on(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    """A newer version of the course has none of the other items: its line must not stay."""
    trial = finds(Sitting.begin(chain, newcomer))
    for _ in range(6):
        give(trial, clock, right=True)
    asked = {each.item for each in said(chain, newcomer) if isinstance(each, Attempt)}
    (pack,) = chain.packs()
    kept = tuple(item for item in pack.items.values() if item.id in asked)
    chain._packs = (invented_pack(tuple(pack.skills.values()), kept, pack_id=pack.id),)
    sitting = Sitting.begin(chain, newcomer)
    assert sitting.plan()[0].kind is PlanKind.START
    assert sitting.find_start() is None
    assert sitting.state.placed
    assert all(row.kind is not PlanKind.START for row in sitting.plan())


def test_practice_counts_after_a_placement_that_is_left_for_later(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    """In the same sitting; and she goes on where she stopped, even from another one."""
    sitting = Sitting.begin(chain, newcomer)
    trial = finds(sitting)
    give(trial, clock, right=True)
    view = sitting.start_set((CHAIN, "s0"))
    assert view is not None
    clock.advance(9_000)
    sitting.answer(correct_response(view.instance))
    assert sitting.state.skill((CHAIN, "s0")).attempts == 1
    assert sitting.state.placed == frozenset()
    sitting = Sitting.begin(chain, newcomer)
    assert sitting.plan()[0].title == "Find your start: go on where you stopped"
    trial = finds(sitting)
    assert trial.current is not None
    assert trial.current.nth == 2
    give(trial, clock, right=True)
    trial.stop()
    assert sitting.state.placed
    assert all(row.kind is not PlanKind.START for row in sitting.plan())


def test_practice_counts_after_a_try_to_show_that_was_left(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock
) -> None:
    give(shows(sitting), clock, right=True)
    view = sitting.start_set(CARRY)
    assert view is not None
    clock.advance(9_000)
    sitting.answer(correct_response(view.instance))
    assert sitting.state.skill(CARRY).attempts == 1


def test_not_sure_is_on_record_and_counts_for_nothing_else(
    chain: Classroom, newcomer: LearnerId
) -> None:
    sitting = Sitting.begin(chain, newcomer)
    trial = finds(sitting)
    trial.not_sure()
    trial.not_sure()
    assert sum(isinstance(payload, NotSure) for payload in said(chain, newcomer)) == 2
    assert not any(skill.not_sure_run for skill in sitting.state.skills.values())


def test_when_the_disk_is_full_the_item_stays_and_nothing_has_changed(
    chain: Classroom, newcomer: LearnerId, clock: ManualClock
) -> None:
    sitting = Sitting.begin(chain, newcomer)
    trial = finds(sitting)
    before, state = trial.current, to_bytes(sitting.state)
    fill_disk(chain)
    with pytest.raises(StoreError):
        give(trial, clock, right=True)
    assert trial.current == before
    assert to_bytes(sitting.state) == state
    fill_disk(chain, full=False)
    give(trial, clock, right=True)
    assert trial.current is not None
    assert trial.current.nth == 2


def test_got_it_is_said_with_the_last_answer_or_not_at_all(
    computer: Classroom, learner: LearnerId, sitting: Sitting, clock: ManualClock
) -> None:
    trial = shows(sitting)
    give(trial, clock, right=True)
    fill_disk(computer, kind=Kind.MASTERY_SHOWN)
    with pytest.raises(StoreError):
        give(trial, clock, right=True)
    assert sum(isinstance(payload, Attempt) for payload in said(computer, learner)) == 1
    fill_disk(computer, full=False)
    give(trial, clock, right=True)
    assert trial.phase is ChallengePhase.PASSED


def fill_disk(room: Classroom, *, full: bool = True, kind: Kind = Kind.ATTEMPT) -> None:
    """A disk without room for events of a kind, or with room again."""
    with room.store.transaction() as tx:
        tx.connection.execute("DROP TRIGGER IF EXISTS no_room")
        tx.connection.execute("CREATE TABLE IF NOT EXISTS filler (raw BLOB)")
        tx.connection.execute(f"PRAGMA max_page_count = {1_000 if full else 2**30}")
        if full:
            tx.connection.execute(
                f"CREATE TRIGGER no_room BEFORE INSERT ON event WHEN NEW.kind = {int(kind)}"
                " BEGIN INSERT INTO filler VALUES (zeroblob(100000000)); END"
            )


def test_an_item_that_cannot_be_drawn_costs_itself_and_no_more(
    make_pack: Callable[..., Pack], clock: ManualClock
) -> None:
    whole = invented_course("chain", 6, random.Random(4))
    never = (Var("a", low="9", high="1"),)
    items = [
        with_version(replace(item, vars=never)) if item.difficulty == 2 else item
        for item in whole.items.values()
    ]
    pack = make_pack(tuple(whole.skills.values()), tuple(items), pack_id="whole")
    rng = random.Random(7).randbytes
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(pack,)) as room:
        trial = finds(Sitting.begin(room, room.guest().learner_id))
        asked = 0
        while (view := trial.current) is not None:
            assert view.instance.item.difficulty != 2
            give(trial, clock, right=False)
            asked += 1
        assert asked >= ITEMS_LEAST
