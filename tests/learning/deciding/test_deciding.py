"""Decisions at a school and a hub: who is removed, what is held, who may say what."""

import random

import pytest
from deciding_world import deliver, dump, is_rebuilt_equal, runs_of, tries, work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.learning.classroom import Classroom
from darasa.learning.deciding.decisions import Hold
from darasa.learning.deciding.ignored import ignored_counts, ignored_events
from darasa.learning.deciding.judging import Why, hold_bytes, hold_of_bytes, node_rows
from darasa.learning.digest import all_digest, learner_digest, learner_events
from darasa.learning.errors import DecisionError, NotFoundError
from darasa.learning.kinds import Kind, Op, Quarantine, SignIn, body_of
from darasa.learning.people import class_lists
from darasa.learning.records import CLASS_NAME, COMPUTER_NAME, LEARNER_NAME, TEACHER_NAME
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home
from darasa.sync.ids import NodeId, Role
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.responder import Responder

# -- removing a computer ------------------------------------------------------------------


def test_what_a_removed_computer_sent_counts_and_what_comes_later_does_not(
    school, fed, other, amina, *, make_attempt, exchange
):
    work(fed, amina, make_attempt)
    exchange(fed, school)
    before = learner_digest(school, amina)
    school.decisions.remove(fed.home.node_id)
    assert learner_digest(school, amina) == before
    work(fed, amina, make_attempt, sitting=b"sitting2")
    deliver(school, runs_of(fed))  # a neighbour or a stick brings it
    assert learner_digest(school, amina) == before
    assert school.store.read(ignored_counts) == {Why.HELD: 5}
    assert learner_events(school, amina) == 3 + 2 * 5
    work(other, amina, make_attempt, sitting=b"sitting3", answers=1)
    exchange(other, school)
    assert tries(school, amina) == 4
    assert is_rebuilt_equal(school)


def refused(below, above, clock, rng) -> str:
    responder = Responder(above.home, above.store, hooks=above.hooks, clock=clock, rng=rng)
    report = Exchange(below.home, below.store, below.home.peer, hooks=below.hooks, clock=clock).run(
        lambda body: [responder.handle([body])]
    )
    return report.error


def test_a_removed_computer_is_refused_with_a_sentence_and_let_back_it_is_served(
    school, fed, amina, clock, rng, *, make_attempt, exchange
):
    work(fed, amina, make_attempt)
    exchange(fed, school)
    school.decisions.remove(fed.home.node_id)
    assert school.hooks.scopes_of(fed.home.node_id) == ()  # nor is it told anything by a stick
    events = school.store.event_count()
    work(fed, amina, make_attempt, sitting=b"sitting2")
    assert "was removed from the school" in refused(fed, school, clock, rng)
    assert school.store.event_count() == events
    school.decisions.let_back(fed.home.node_id)
    exchange(fed, school)
    assert tries(school, amina) == 6
    assert school.store.read(ignored_counts) == {}
    assert is_rebuilt_equal(school)


def test_held_work_that_a_teacher_accepts_counts_and_the_computer_stays_removed(
    school, fed, amina, clock, rng, *, make_attempt
):
    school.decisions.remove(fed.home.node_id)
    work(fed, amina, make_attempt)
    deliver(school, runs_of(fed))
    assert tries(school, amina) == 0
    school.decisions.accept(fed.home.node_id)
    assert tries(school, amina) == 3
    work(fed, amina, make_attempt, sitting=b"sitting2")
    deliver(school, runs_of(fed))
    assert tries(school, amina) == 3
    assert refused(fed, school, clock, rng)
    assert is_rebuilt_equal(school)


def test_removing_twice_does_not_accept_what_came_between(school, fed, amina, make_attempt):
    school.decisions.quarantine(fed.home.node_id)
    work(fed, amina, make_attempt)
    deliver(school, runs_of(fed))
    school.decisions.remove(fed.home.node_id)
    assert tries(school, amina) == 0
    (standing,) = school.decisions.restricted().values()
    assert standing.is_removed


def test_a_quarantined_computer_goes_on_exchanging_and_is_accepted_whole(
    school, fed, amina, make_attempt, exchange
):
    school.decisions.quarantine(fed.home.node_id)
    work(fed, amina, make_attempt)
    exchange(fed, school)
    assert tries(school, amina) == 0
    exchange(fed, school)
    assert tries(fed, amina) == 0  # it is told, and folds the same
    school.decisions.accept(fed.home.node_id)
    assert tries(school, amina) == 3
    exchange(fed, school)
    assert learner_digest(fed, amina) == learner_digest(school, amina)


def test_other_computers_fold_what_the_school_folds(
    school, fed, other, amina, *, make_attempt, exchange
):
    work(other, amina, make_attempt, sitting=b"sitting2", answers=1)
    exchange(other, school)
    work(fed, amina, make_attempt)
    exchange(fed, school)
    school.decisions.quarantine(fed.home.node_id)
    work(fed, amina, make_attempt, sitting=b"sitting3")
    exchange(fed, school)
    exchange(other, school)
    assert tries(other, amina) == tries(school, amina) == 4
    assert learner_digest(other, amina) == learner_digest(school, amina)
    assert learner_events(other, amina) == learner_events(school, amina)
    assert is_rebuilt_equal(other)
    school.decisions.accept(fed.home.node_id)
    exchange(other, school)
    assert tries(other, amina) == 7
    assert learner_digest(other, amina) == learner_digest(school, amina)


def test_a_removal_travels_to_the_hub_and_folds_the_same_there(
    make_room, clock, rng, make_attempt, *, exchange
):
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    amina = school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")
    computer = make_room(Role.COMPUTER, joined=school)
    exchange(computer, school)
    work(computer, amina, make_attempt)
    exchange(computer, school)
    exchange(school, hub)
    school.decisions.remove(computer.home.node_id)
    work(computer, amina, make_attempt, sitting=b"sitting2")
    deliver(school, runs_of(computer))
    exchange(school, hub)
    assert tries(hub, amina) == 3
    assert learner_digest(hub, amina) == learner_digest(school, amina)
    assert [each.event.kind for each in hub.events_of(amina)].count(Kind.ATTEMPT) == 3
    assert is_rebuilt_equal(hub)


def test_a_hub_removes_a_school_and_what_that_school_decides_later_does_not_count(
    make_room, clock, rng, make_attempt, *, exchange
):
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    class_id = school.people.add_class("5B")
    computer = make_room(Role.COMPUTER, joined=school)
    exchange(school, hub)
    hub.decisions.remove(school.home.node_id)
    class_lists.rename_class(school, class_id, "Mine")
    school.decisions.remove(computer.home.node_id)
    assert "was removed from the hub" in refused(school, hub, clock, rng)
    deliver(hub, runs_of(school))
    assert [row.name for row in hub.people.classes()] == ["5B"]
    held = hub.store.read(ignored_events)
    assert {(each.kind, each.why) for each in held} == {
        (Kind.OP, Why.HELD), (Kind.REVOCATION, Why.HELD),
    }  # fmt: skip
    assert is_rebuilt_equal(hub)
    hub.decisions.let_back(school.home.node_id)
    assert [row.name for row in hub.people.classes()] == ["Mine"]
    assert set(hub.decisions.restricted()) == set()
    assert is_rebuilt_equal(hub)


def test_of_a_record_of_which_nothing_counts_any_more_no_row_is_left(make_room, exchange):
    """The records came first, the word that takes nothing of their author after them."""
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    class_id = school.people.add_class("5B")
    amina = school.people.add_learner("Amina Kato", class_id, pin="4821")
    computer = make_room(Role.COMPUTER, joined=school)
    school.record.record(
        (None, Op(computer.home.node_id, COMPUTER_NAME, "Lab 1", ())),
        (None, Op(class_id, CLASS_NAME, "5 Blue", ())),
        (amina, Op(amina, LEARNER_NAME, None, ())),
    )
    exchange(school, hub)
    assert hub.people.classes()
    hub.record.record((None, Quarantine(school.home.node_id, (), b"one act.", (), "")))
    rows = {name for name, _ in dump(hub)}
    assert not rows & {"lt_class", "lt_person", "lt_membership", "lt_computer", "lt_conflict"}
    assert is_rebuilt_equal(hub)


def test_nobody_restricts_himself_a_server_or_a_stranger(school, fed):
    for node in (school.home.node_id, NodeId(b"x" * 16)):
        with pytest.raises(NotFoundError):
            school.decisions.remove(node)
    with pytest.raises(DecisionError):
        fed.decisions.remove(fed.home.node_id)


def test_a_thief_who_forks_a_log_below_its_accepted_tip_is_held(
    school, fed, amina, clock, *, rng, make_attempt, exchange
):
    work(fed, amina, make_attempt)
    honest = runs_of(fed)
    deliver(school, honest)
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, home=fed.home) as thief:
        first_two = {place: each for place, each in honest.items() if place[1] <= 2}
        deliver(thief, first_two)
        place = fed.record._log.place
        (log, _, arrived) = max(first_two.values(), key=lambda each: each[2].seq)
        thief.record._log.place = place._replace(log=log, seq=2, chain=arrived.chain)
        forged = make_attempt(nth=9, values=(9,))
        thief.record.record((amina, forged), (amina, make_attempt(nth=10)))
        stolen = runs_of(thief)
    before = learner_digest(school, amina)
    school.decisions.remove(fed.home.node_id)
    deliver(school, stolen)
    assert len(school.store.tips(school.home.school_id)) == 3  # its own, and both branches
    assert learner_digest(school, amina) == before
    assert school.store.read(ignored_counts) == {Why.HELD: 2}
    assert is_rebuilt_equal(school)


# -- who may say what ---------------------------------------------------------------------


def test_an_attempt_of_a_hub_is_kept_listed_and_not_folded(make_room, make_attempt, exchange):
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    amina = school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")
    before = learner_digest(school, amina)
    with hub.store.transaction() as tx:
        tx.append(
            hub.record._log, kind=18, version=1, learner_id=amina, lamport=9,
            body=(b"sitting1", "f", "q", b"version1", ("add",), 0, 1, (), 1, True, (), "", 0,
                  False, 9_000, 0, 0, None, False),
        )  # fmt: skip
    found = {
        place: (log._replace(school_id=school.home.school_id), before_chain, one)
        for place, (log, before_chain, one) in runs_of(hub).items()
    }
    deliver(school, found)
    assert learner_digest(school, amina) == before
    (ignored,) = school.store.read(ignored_events)
    assert (ignored.author, ignored.kind, ignored.why, ignored.learner_id) == (
        hub.home.node_id, Kind.ATTEMPT, Why.MAY_NOT, amina,
    )  # fmt: skip
    assert learner_events(school, amina) == 4
    assert is_rebuilt_equal(school)
    computer = make_room(Role.COMPUTER, joined=school)
    school._start()  # as after joining the hub: its computers are told which node that is
    exchange(computer, school)
    computer.record.record((amina, SignIn(b"sitting2", "pin")))
    for _ in range(2):
        exchange(computer, school)
    assert learner_events(computer, amina) == learner_events(school, amina) == 5
    assert learner_digest(computer, amina) == learner_digest(school, amina)
    assert tries(computer, amina) == 0


def test_an_observation_from_a_computer_waits_for_the_school(school, fed, amina, exchange):
    with fed.store.transaction() as tx:
        tx.append(
            fed.record._log, kind=Kind.OBSERVATION, version=1, learner_id=amina, lamport=1,
            body=("she explained it to others",),
        )  # fmt: skip
    before = school.state(amina).events
    exchange(fed, school)
    assert school.state(amina).events == before
    (waiting,) = school.decisions.unconfirmed()
    assert (waiting.kind, waiting.learner_id) == (Kind.OBSERVATION, amina)
    school.decisions.confirm(waiting)
    assert school.state(amina).events == before + 1
    assert is_rebuilt_equal(school)


def test_a_teachers_op_from_a_computer_counts_once_the_school_confirms_it(
    school, fed, class_id, exchange
):
    seen = school.people.record_of(class_id).chains(CLASS_NAME)
    fed.record.record((None, Op(class_id, CLASS_NAME, "5 Blue", seen)))
    fed.record.record((None, Op(b"t" * 16, TEACHER_NAME, b"sealed", ())))
    exchange(fed, school)
    assert [row.name for row in school.people.classes()] == ["5B"]
    (waiting,) = school.decisions.unconfirmed()
    assert (waiting.author, waiting.field) == (fed.home.node_id, CLASS_NAME)
    assert school.store.read(ignored_counts) == {Why.MAY_NOT: 1, Why.UNCONFIRMED: 1}
    assert is_rebuilt_equal(school)
    school.decisions.confirm(waiting)
    assert [row.name for row in school.people.classes()] == ["5 Blue"]
    assert school.store.read(ignored_counts) == {Why.MAY_NOT: 1}
    assert is_rebuilt_equal(school)
    exchange(fed, school)
    assert [row.name for row in fed.people.classes()] == ["5 Blue"]


# -- lamports that nobody can have come to ------------------------------------------------


def leap(room, learner, make_attempt, *, lamport):
    with room.store.transaction() as tx:
        stored = tx.append(
            room.record._log, kind=18, version=1, learner_id=learner, lamport=lamport,
            body=body_of(make_attempt(nth=77)),
        )  # fmt: skip
        room._projection.advance(tx, [stored])


def test_a_jump_is_quarantined_by_an_event_and_poisons_no_lamport(
    school, fed, other, amina, *, make_attempt, exchange
):
    work(fed, amina, make_attempt)
    exchange(fed, school)
    leap(fed, amina, make_attempt, lamport=1 << 40)
    exchange(fed, school)
    assert tries(school, amina) == 3
    (standing,) = school.decisions.restricted().values()
    assert (standing.node_id, standing.is_removed) == (fed.home.node_id, False)
    assert school.store.read(ignored_counts) == {Why.HELD: 1}
    assert is_rebuilt_equal(school)
    class_lists.rename(school, amina, "Amina Kisa")
    work(school, amina, make_attempt, sitting=b"sitting2", answers=1)
    school_log = school.record._log.log_id
    assert max(e.event.lamport for e in school.store.events_after(0) if e.log_id == school_log) < 99
    exchange(other, school)
    work(other, amina, make_attempt, sitting=b"sitting3", answers=1)
    exchange(other, school)
    assert len(school.decisions.restricted()) == 1
    school.decisions.accept(fed.home.node_id)
    assert tries(school, amina) == 6
    exchange(fed, school)
    assert len(school.decisions.restricted()) == 0


def test_a_sittings_lamport_just_below_the_jump_is_folded(
    school, fed, amina, make_attempt, exchange
):
    leap(fed, amina, make_attempt, lamport=1 << 24)
    exchange(fed, school)
    assert tries(school, amina) == 1
    assert not school.decisions.restricted()


# -- the order of arrival -----------------------------------------------------------------


class District:
    """No dataclass: each example of a property would print all of it."""

    def __init__(self, homes, certificates, found, learners) -> None:
        self.homes = homes
        self.certificates = certificates
        self.found = found
        self.learners = learners


@pytest.fixture(scope="module")
def district(joined, make_attempt):
    """A school's history with removals, acceptances, merges and jumps, and who folds it anew."""
    rng, clock = random.Random(11).randbytes, ManualClock(1_800_000_000_000)
    hub_home = Home.in_memory(role=Role.HUB, name="hub", rng=rng)
    school_home = Home.in_memory(role=Role.SCHOOL, name="school", rng=rng)
    with Classroom.in_memory(role=Role.HUB, clock=clock, rng=rng, home=hub_home) as hub:
        joined(school_home, hub)
    with Classroom.in_memory(role=Role.SCHOOL, clock=clock, rng=rng, home=school_home) as school:
        class_id = school.people.add_class("5B")
        learners = [school.people.add_learner(f"L {n}", class_id, pin="4821") for n in range(3)]
        homes = [Home.in_memory(role=Role.COMPUTER, name=f"PC {n}", rng=rng) for n in range(2)]
        for home in homes:
            joined(home, school)
        rooms = [
            Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, home=home)
            for home in homes
        ]
        one, two = rooms
        for turn, room in enumerate((one, two, one)):
            for learner in learners[:2]:
                sitting = bytes([turn]) * 7 + learner[:1]
                work(room, learner, make_attempt, sitting=sitting, answers=2)
        deliver(school, runs_of(one, two))
        school.decisions.remove(homes[0].node_id)
        work(one, learners[0], make_attempt, sitting=b"late-one", answers=2)
        work(two, learners[2], make_attempt, sitting=b"late-two", answers=2)
        deliver(school, runs_of(one, two))
        school.decisions.merge(learners[0], learners[2])
        two.record.record((None, Op(class_id, CLASS_NAME, "5 Blue", ())))
        leap(two, learners[1], make_attempt, lamport=1 << 30)
        deliver(school, runs_of(two))
        school.decisions.confirm(school.decisions.unconfirmed()[0])
        school.decisions.accept(homes[0].node_id)
        work(one, learners[1], make_attempt, sitting=b"last-one", answers=1)
        deliver(school, runs_of(one))
        found = runs_of(school)
        certificates = [home.certificate for home in (school_home, *homes)]
        for room in rooms:
            room.close()
        return District((hub_home, school_home), certificates, found, learners)


@pytest.mark.parametrize("role", [Role.HUB, Role.SCHOOL])
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32), parts=st.integers(1, 5))
def test_decisions_and_what_they_are_about_may_come_in_any_order(district, role, seed, parts):
    (home,) = (
        each for each in district.homes if each.role is role
    )  # the school: one restored empty

    def opened(seed):
        room = Classroom.in_memory(
            role=role, clock=ManualClock(0), rng=random.Random(seed).randbytes, home=home
        )
        with room.store.transaction() as tx:
            for certificate in district.certificates:
                tx.put_certificate(certificate)
        return room

    with opened(1) as straight, opened(2) as shuffled:
        deliver(straight, district.found, decides=False)
        deliver(shuffled, district.found, random.Random(seed), parts=parts, decides=False)
        rows = dump(straight)
        assert dump(shuffled) == rows
        noted = {"lt_ignored"} if role is Role.SCHOOL else set()  # a hub notes nobody's work
        assert {name for name, _ in rows} >= {"lt_node", "lt_alias", "lt_decision", *noted}
        assert all_digest(shuffled) == all_digest(straight)
        assert {tries(straight, learner) for learner in district.learners} == {10, 6}
        shuffled.rebuild()
        assert dump(shuffled) == rows


def test_a_restriction_on_thousands_of_logs_is_told_to_computers_in_parts(school, fed, *, exchange):
    """A machine that begins a log at each start has them after some years."""
    node_id = NodeId(b"n" * 16)
    logs = {n.to_bytes(8, "big"): 2**39 + n for n in range(7_000)}
    hold = Hold(logs, frozenset(n.to_bytes(8, "little") for n in range(2_000)))
    assert hold_of_bytes(hold_bytes(hold)) == hold
    home = school.home
    with school.store.transaction() as tx:
        tx.connection.execute(
            "INSERT INTO lt_node VALUES (?, ?, NULL, ?, 1)",
            (home.school_id, node_id, hold_bytes(hold)),
        )
        school._projection.decisions.publish(tx)
    exchange(fed, school)
    assert fed.store.read(node_rows)[home.school_id, node_id].hold == hold
    with school.store.transaction() as tx:
        tx.connection.execute("DELETE FROM lt_node WHERE node_id = ?", (node_id,))
        school._projection.decisions.publish(tx)
    exchange(fed, school)
    assert (home.school_id, node_id) not in fed.store.read(node_rows)
