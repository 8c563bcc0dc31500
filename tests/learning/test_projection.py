"""Read tables are a function of the set of events: rebuilt, shuffled or split, they are equal."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.learning import tables
from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest, learner_digest, learner_events
from darasa.learning.kinds import Hand, LessonProgress, MasteryShown, SignIn, SignOut
from darasa.learning.projection import VERSION
from darasa.sync.clock import ManualClock
from darasa.sync.event import EventCopy
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


def copies_of(room, learner):
    """Her events as a feed would bring them."""
    with room.store.reading() as connection:
        return [
            EventCopy(
                stored.school_id,
                stored.log_id,
                stored.seq,
                stored.chain,
                stored.canonical,
                find_log(connection, stored.school_id, stored.log_id).genesis,
            )
            for stored in room.store.events_of(learner)
        ]


def bring(room, learner, copies):
    with room.store.transaction() as tx:
        room.hooks.on_events(tx, tx.insert_copies(b"l" + learner, copies))


def test_dropping_every_read_table_and_folding_anew_gives_equal_rows(school, clock, make_attempt):
    class_id = school.people.add_class("5B")
    for name in ("Amina Kato", "Amina Kisa", "Juma Ali"):
        learner = school.people.add_learner(name, class_id, pin="4821")
        play(school, clock, make_attempt, learner, seed=name)
    school.people.rename(learner, "Juma Baraka")
    school.people.add_teacher("Mwalimu", "correct horse battery")
    play(school, clock, make_attempt, A, seed=5)
    before = dump(school)
    assert {name for name, _ in before} >= {
        "lt_learner", "lt_attempt", "lt_sitting", "lt_op", "lt_class", "lt_person",
        "lt_membership", "lt_teacher",
    }  # fmt: skip
    school.rebuild()
    assert dump(school) == before


def test_read_tables_of_another_version_are_folded_anew_at_opening(school, clock, make_attempt):
    play(school, clock, make_attempt, A, seed=1)
    before = dump(school)
    with school.store.transaction() as tx:
        tx.connection.execute("UPDATE lt_meta SET value = 'elo-0/fold-0/tables-0'")
        tx.connection.execute("DELETE FROM lt_attempt")
        tx.connection.execute("CREATE TABLE lt_of_another_version (a)")
    school._start()
    assert dump(school) == before
    assert ("lt_meta", ("version", VERSION)) in before


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
    school.people.rename(learner, "Amina Kisa")
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


def _room(seed):
    return Classroom.in_memory(
        role=Role.SCHOOL, clock=ManualClock(0), rng=random.Random(seed).randbytes
    )
