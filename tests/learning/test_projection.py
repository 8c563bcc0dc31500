"""Read tables are a function of the set of events: rebuilt, shuffled or split, they are equal."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.learning import tables
from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest, learner_digest, learner_events
from darasa.learning.kinds import Hand, LessonProgress, MasteryShown, Op, SignIn, SignOut
from darasa.learning.people import class_lists
from darasa.learning.projection import VERSION
from darasa.sync.clock import ManualClock
from darasa.sync.errors import StoreError
from darasa.sync.event import EventCopy
from darasa.sync.home import Home, init_home
from darasa.sync.ids import LearnerId, Role
from darasa.sync.rows import find_log

A, B = LearnerId(b"a" * 16), LearnerId(b"b" * 16)


def dump(room):
    return room.store.read(lambda connection: list(tables.dump(connection)))


def play(room, clock, make_attempt, learner, *, seed, answers=12):
    """One sitting with everything in it that a computer writes."""
    draw = random.Random(seed)
    sitting = draw.randbytes(8)
    room.record.record((learner, SignIn(sitting, "pin")))
    for nth in range(1, answers + 1):
        clock.advance(draw.randrange(2_000, 90_000))
        right = draw.random() < 0.6
        attempt = make_attempt(
            sitting=sitting,
            item=f"q{draw.randrange(5)}",
            nth=nth,
            values=(nth,),
            right=right,
            skills=(draw.choice(["add", "compare"]),),
            help=draw.choice([0, 0, 1]),
        )
        (stored,) = room.record.record((learner, attempt))
        if draw.random() < 0.1:
            shown = MasteryShown(
                sitting, "fractions", attempt.skills[0], "rule-1", stored.log_id, stored.seq
            )
            room.record.record((learner, shown))
    room.record.record(
        (learner, Hand(sitting, True, "add", "q1")),
        (learner, LessonProgress(sitting, "fractions", "l-add", "middle", "en", 1, 3)),
        (learner, SignOut(sitting, "asked")),
    )


def copies_of(room, *learners):
    """Their events as a feed would bring them."""
    with room.store.reading() as connection:
        return [
            _copy(stored, find_log(connection, stored.school_id, stored.log_id).genesis)
            for learner in learners
            for stored in room.store.events_of(learner)
        ]


def _copy(stored, genesis):
    return EventCopy(
        stored.school_id, stored.log_id, stored.seq, stored.chain, stored.canonical, genesis
    )


def bring(room, learner, copies):
    with room.store.transaction() as tx:
        room.hooks.on_events(tx, tx.insert_copies(b"l" + learner, copies))


def test_dropping_every_read_table_and_folding_anew_gives_equal_rows(school, clock, make_attempt):
    class_id = school.people.add_class("5B")
    for name in ("Amina Kato", "Amina Kisa", "Juma Ali"):
        learner = school.people.add_learner(name, class_id, pin="4821")
        play(school, clock, make_attempt, learner, seed=name)
    class_lists.rename(school, learner, "Juma Baraka")
    school.people.add_teacher("Mwalimu", "correct horse battery")
    play(school, clock, make_attempt, A, seed=5)
    before = dump(school)
    assert {name for name, _ in before} >= {
        "lt_learner", "lt_answers", "lt_tried", "lt_sitting", "lt_op", "lt_class", "lt_person",
        "lt_membership", "lt_teacher",
    }  # fmt: skip
    school.rebuild()
    assert dump(school) == before


def test_read_tables_of_another_version_are_folded_anew_at_opening(school, clock, make_attempt):
    play(school, clock, make_attempt, A, seed=1)
    before = dump(school)
    with school.store.transaction() as tx:
        tx.connection.execute("UPDATE lt_meta SET value = 'elo-0/fold-0/tables-0'")
        tx.connection.execute("DELETE FROM lt_answers")
        tx.connection.execute("CREATE TABLE lt_of_another_version (a)")
    school._start()
    assert dump(school) == before
    assert ("lt_meta", ("version", VERSION)) in before


def test_a_store_with_the_tables_of_an_older_program_is_not_read_before_it_was_started(
    tmp_path, clock, rng
):
    home = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=rng)
    with Classroom.open(home, clock=clock, rng=rng) as room, room.store.transaction() as tx:
        tx.connection.execute("DROP TABLE lt_alias")
    with pytest.raises(StoreError, match="Start it once"):
        Classroom.open(home, clock=clock, rng=rng, writable=False)
    Classroom.open(home, clock=clock, rng=rng).close()
    Classroom.open(home, clock=clock, rng=rng, writable=False).close()


def test_events_of_a_kind_that_is_not_known_count_and_change_nothing_else(
    school, clock, make_attempt
):
    play(school, clock, make_attempt, A, seed=1)
    state, events = school.state(A), learner_events(school, A)
    with school.store.transaction() as tx:
        later = tx.append(
            school.record._log, kind=900, version=1, learner_id=A, lamport=1, body=("later",)
        )
        broken = tx.append(
            school.record._log, kind=18, version=1, learner_id=A, lamport=1, body=("broken",)
        )
        school.hooks.on_events(tx, [later, broken])
    assert learner_events(school, A) == events + 2 == school.store.event_count_of(A)
    assert school.state(A).skills == state.skills
    school.rebuild()
    assert learner_events(school, A) == events + 2


def test_ops_about_a_learner_count_but_are_no_part_of_her_state(school, clock, make_attempt):
    class_id = school.people.add_class("5B")
    learner = school.people.add_learner("Amina Kato", class_id, pin="4821")
    digest, events = learner_digest(school, learner), learner_events(school, learner)
    assert events == 3
    class_lists.rename(school, learner, "Amina Kisa")
    assert learner_digest(school, learner) == digest
    assert learner_events(school, learner) == 4


def test_late_copies_fold_that_learner_anew_and_no_other(make_room, clock, make_attempt):
    first, second = make_room(Role.SCHOOL), make_room(Role.SCHOOL)
    play(first, clock, make_attempt, A, seed=1)
    play(first, clock, make_attempt, A, seed=2)
    play(second, clock, make_attempt, B, seed=3)
    play(second, clock, make_attempt, A, seed=4)
    before = learner_digest(second, B)
    hers = copies_of(second, A)
    bring(second, A, copies_of(first, A))
    assert learner_digest(second, B) == before
    bring(first, A, hers)
    assert learner_digest(first, A) == learner_digest(second, A)
    assert learner_events(first, A) == learner_events(second, A)


def test_a_hub_keeps_no_state_and_folds_the_same_when_asked(make_room, clock, make_attempt):
    school, hub = make_room(Role.SCHOOL), make_room(Role.HUB)
    play(school, clock, make_attempt, A, seed=1)
    for copies in (copies_of(school, A), []):
        play(school, clock, make_attempt, B, seed=len(copies))
        bring(hub, A, copies)
    bring(hub, B, copies_of(school, B))
    assert hub.state(A) == school.state(A)
    assert learner_digest(hub, B) == learner_digest(school, B)
    assert all_digest(hub) == all_digest(school)
    assert learner_events(hub, A) == learner_events(school, A)
    kept = {(name, row[1]) for name, row in dump(hub) if name == "lt_learner"}
    assert kept == {("lt_learner", b"")}
    before = dump(hub)
    hub.rebuild()
    assert dump(hub) == before


@pytest.fixture(scope="module")
def written(make_attempt):
    """Copies of one learner's events from three nodes that worked at the same time."""
    copies: list[EventCopy] = []
    for node in range(3):
        clock = ManualClock(1_800_000_000_000 + node * 1_000)
        with Classroom.in_memory(
            role=Role.SCHOOL, clock=clock, rng=random.Random(node).randbytes
        ) as room:
            for sitting in range(2):
                play(room, clock, make_attempt, A, seed=f"{node}/{sitting}", answers=5)
            copies += copies_of(room, A)
    return copies


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.randoms(use_true_random=False), parts=st.integers(1, 12), repeats=st.integers(0, 9))
def test_any_order_of_arrival_in_any_parts_gives_equal_rows(written, order, parts, repeats):
    arriving = [*written, *order.sample(written, repeats)]
    order.shuffle(arriving)
    with (
        _room(1) as shuffled,
        _room(2) as straight,
    ):
        for part in range(parts):
            bring(shuffled, A, arriving[part::parts])
        bring(straight, A, written)
        rows = [row for row in dump(straight) if row[0] != "lt_meta"]
        assert [row for row in dump(shuffled) if row[0] != "lt_meta"] == rows
        assert all_digest(shuffled) == all_digest(straight)
        straight.rebuild()
        assert [row for row in dump(straight) if row[0] != "lt_meta"] == rows


def _room(seed, home=None):
    role = Role.SCHOOL if home is None else home.role
    rng = random.Random(seed).randbytes
    return Classroom.in_memory(role=role, clock=ManualClock(0), rng=rng, home=home)


@pytest.fixture(scope="module")
def district(joined):
    """(make a hub, all events of a school whose lists were changed in many ways)."""
    rng = random.Random(3).randbytes
    hub_home = Home.in_memory(role=Role.HUB, name="hub", rng=rng)
    with (
        _room(4, home=hub_home) as hub,
        _room(5) as school,
    ):
        joined(school.home, hub)
        people = school.people
        classes = [people.add_class(name) for name in ("5B", "5C")]
        learners = [
            people.add_learner(f"Learner {n}", classes[n % 2], pin="4821") for n in range(4)
        ]
        class_lists.move(school, learners[0], classes[1])
        class_lists.also_in(school, learners[1], classes[0])
        class_lists.rename(school, learners[1], "Another Name")
        class_lists.take_off(school, learners[2])
        class_lists.rename_class(school, classes[0], "5 Blue")
        school.record.record((None, Op(classes[0], "class.name", "5 Red", ())))
        school.record.record((None, Op(classes[1], "class.later", "kept", ())))
        class_lists.close_class(school, classes[1])
        people.add_teacher("Mwalimu", "correct horse battery")
        copies = copies_of(school, *learners)
        with school.store.reading() as connection:
            for stored in school.store.events_after(0):
                if stored.event.learner_id is None:
                    log = find_log(connection, stored.school_id, stored.log_id)
                    copies.append(_copy(stored, log.genesis))
        return hub_home, school.home.certificate, copies


@settings(max_examples=40, deadline=None)
@given(order=st.randoms(use_true_random=False), parts=st.integers(1, 9))
def test_lists_do_not_depend_on_the_order_in_which_ops_come(district, order, parts):
    hub_home, certificate, copies = district
    arriving = list(copies)
    order.shuffle(arriving)
    with _room(1, home=hub_home) as shuffled, _room(2, home=hub_home) as straight:
        for room in (shuffled, straight):
            with room.store.transaction() as tx:
                tx.put_certificate(certificate)
        for part in range(parts):
            bring(shuffled, A, arriving[part::parts])
        bring(straight, A, copies)
        assert dump(shuffled) == dump(straight)
        assert [row.name for row in straight.people.classes()] == ["5 Blue"]
        assert [conflict.others for conflict in straight.people.conflicts()] == [("5 Red",)]
