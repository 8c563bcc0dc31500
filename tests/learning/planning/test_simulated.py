import random
from collections.abc import Callable, Iterator

import pytest

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.pack import Pack
from darasa.content_packs.source import load_source
from darasa.learning.classroom import Classroom
from darasa.learning.digest import learner_digest
from darasa.learning.kinds import Kind
from darasa.learning.planning.standing import skill_standings
from darasa.learning.practice.sitting import Sitting
from darasa.learning.reports.alerts import LiveState, Presence, live_state
from darasa.learning.reports.course_book import CourseBook
from darasa.learning.simulated.days import names, seatings
from darasa.learning.simulated.learner import HABITS, STUCK, Habits
from darasa.learning.simulated.live import LiveLearner
from darasa.learning.simulated.school_class import SimulatedClass, SimulatedLearner, simulate_class
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import Phase, Standing
from darasa.sync.clock import ManualClock
from darasa.sync.ids import Role
from darasa.sync.messages import Doing

NOW_MS = 1_715_587_200_000 + 2 * DAY_MS + 10 * 3_600_000  # Wednesday 15 May 2024, 10:00 UTC


@pytest.fixture(scope="module")
def courses() -> tuple[Pack, ...]:
    return tuple(load_source(path) for path in bundled_courses())


@pytest.fixture
def make_school(courses: tuple[Pack, ...]) -> Iterator[Callable[[], Classroom]]:
    opened: list[Classroom] = []

    def make() -> Classroom:
        room = Classroom.in_memory(
            role=Role.SCHOOL,
            clock=ManualClock(NOW_MS),
            rng=random.Random(11).randbytes,
            packs=courses,
        )
        opened.append(room)
        return room

    yield make
    for room in opened:
        room.close()


@pytest.fixture
def school(make_school: Callable[[], Classroom]) -> Classroom:
    return make_school()


def small(school: Classroom, *, seed: int = 4, today: bool = True) -> SimulatedClass:
    return simulate_class(
        school, learners=8, attempts=12, computers=3, days=9, seed=seed, today=today
    )


def test_every_attempt_made_on_a_computer_is_at_the_school_once(school: Classroom) -> None:
    made = small(school)
    assert made.events == school.store.event_count() == made.written + 1 + 2 * 8
    signed_in = 0
    for learner_id in made.learners:
        events = school.store.events_of(learner_id)
        assert len({(e.log_id, e.seq, e.chain) for e in events}) == len(events)
        signed_in += sum(e.event.kind == Kind.SIGN_IN for e in events)
        assert all(e.happened_ms <= NOW_MS for e in events)
    assert signed_in == made.sittings


def test_the_same_seed_and_clock_make_the_same_class(
    make_school: Callable[[], Classroom],
) -> None:
    one, two, other = make_school(), make_school(), make_school()
    first, second, third = small(one), small(two), small(other, seed=5)
    assert first == second
    assert [learner_digest(one, who) for who in first.learners] == [
        learner_digest(two, who) for who in second.learners
    ]
    assert first.learners != third.learners


def test_the_same_seed_again_at_the_same_school_makes_other_learners(school: Classroom) -> None:
    assert not set(small(school).learners) & set(small(school).learners)


def test_today_two_are_stuck_and_one_has_a_hand_up(
    school: Classroom, courses: tuple[Pack, ...]
) -> None:
    made = small(school)
    book = CourseBook.of(courses)
    said = {
        who: live_state(school.state(who), None, book.course, now_ms=NOW_MS).state
        for who in made.learners
    }
    assert made.hand_up is not None
    assert said[made.hand_up] is LiveState.HAND_UP
    assert [said[who] for who in made.stuck] == [LiveState.STUCK] * 2
    assert made.learners[0] not in (*made.stuck, made.hand_up)


def test_without_today_nobody_sits_there_now(school: Classroom) -> None:
    made = small(school, today=False)
    assert (made.stuck, made.hand_up) == ((), None)
    for who in made.learners:
        last = school.state(who).sitting
        assert last is None or last.ended_ms is not None


def test_the_class_has_the_first_learner_by_name_and_every_name_once(school: Classroom) -> None:
    simulate_class(
        school, learners=30, attempts=2, computers=4, days=1, seed=2, first="Amina Kazungu"
    )
    assert school.people.find("Amina Kazungu").name == "Amina Kazungu"
    called = [row.name for row in school.people.learners()]
    assert len(set(called)) == 30


def test_more_learners_than_invented_names_is_a_large_school() -> None:
    called = names(1_500, random.Random(1))
    assert len(set(called)) == 1_500


def test_nobody_comes_at_the_weekend_but_today_is_a_school_day_whenever_it_is() -> None:
    sunday = NOW_MS + 4 * DAY_MS
    planned = seatings(learners=20, computers=5, days=21, today_ms=sunday, rng=random.Random(3))
    weekdays = {(sunday // DAY_MS - seating.day + 3) % 7 for seating in planned if seating.day}
    assert weekdays == {0, 1, 2, 3, 4}
    assert any(seating.day == 0 for seating in planned)
    per_learner = [sum(s.learner == n and 0 < s.day <= 14 for s in planned) for n in range(20)]
    assert all(2 <= count <= 6 for count in per_learner)


def play(room: Classroom, habits: Habits, *, seed: int, items: int) -> Sitting:
    clock = room.clock
    assert isinstance(clock, ManualClock)
    sitting = Sitting.begin(room, room.guest().learner_id, how="simulated")
    mind = SimulatedLearner(habits, seed=seed)
    mind.play(sitting, items=items, pass_ms=clock.advance)
    return sitting


def test_a_quick_learner_gets_further_than_one_who_finds_it_hard(
    make_school: Callable[[], Classroom], courses: tuple[Pack, ...]
) -> None:
    got = []
    for habits in (HABITS[2], HABITS[7]):
        rooms = [make_school() for _ in range(3)]
        sittings = [play(room, habits, seed=n, items=60) for n, room in enumerate(rooms)]
        rows = [
            row
            for sitting in sittings
            for row in skill_standings(courses[0], sitting.state, NOW_MS)
        ]
        got.append(sum(row.shown_ms is not None for row in rows))
    assert got[0] > got[1]


def test_one_who_never_knows_is_never_declared(school: Classroom) -> None:
    sitting = play(school, STUCK, seed=1, items=40)
    assert all(row.standing is not Standing.GOT for row in sitting.standings())


def test_moves_leave_the_waiting_to_whoever_drives(school: Classroom) -> None:
    sitting = Sitting.begin(school, school.guest().learner_id, how="simulated")
    moves = SimulatedLearner(HABITS[0], seed=1).moves(sitting, items=3)
    before = school.store.event_count()
    assert next(moves) > 0
    assert school.store.event_count() == before  # she reads; nothing has happened
    view = sitting.current
    assert view is not None
    assert view.phase is Phase.ASK


def test_a_live_learner_presses_a_key_when_its_time_has_come(school: Classroom) -> None:
    clock = school.clock
    assert isinstance(clock, ManualClock)
    live = LiveLearner(school, school.guest().learner_id, seed=3)
    assert live.presence().doing == Doing.BETWEEN
    before = school.store.event_count()
    for _ in range(400):
        clock.advance(1_000)
        live.step()
    assert school.store.event_count() > before + 5
    row = live.presence()
    assert (row.doing, row.of) == (Doing.WORKING, 8)
    assert row.about.startswith("fractions")


def test_a_live_learner_who_is_stuck_stays_where_she_is(school: Classroom) -> None:
    clock, learner_id = school.clock, school.guest().learner_id
    assert isinstance(clock, ManualClock)
    live = LiveLearner(school, learner_id, seed=3, habits=STUCK, items=1)
    for _ in range(400):
        clock.advance(1_000)
        live.step()
    state = school.state(learner_id)
    assert (state.attempts, state.tries) == (1, 3)
    presence = Presence(0, live.presence().doing, live.presence().since_ms)
    alert = live_state(state, presence, school.course_book().course, now_ms=clock.wall_ms())
    assert alert.state is LiveState.STUCK


def test_a_class_of_thirty_over_three_weeks_is_more_than_a_thousand_events(
    school: Classroom,
) -> None:
    made = simulate_class(school, seed=7)
    assert made.events >= 1_000
    standings = {
        row.standing
        for who in made.learners
        for row in skill_standings(school.packs()[0], school.state(who), NOW_MS)
    }
    assert standings >= {Standing.LEARNING, Standing.KEPT, Standing.REFRESH, Standing.LATER}
