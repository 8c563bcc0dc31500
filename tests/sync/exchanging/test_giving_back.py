"""A school whose store is older than its hub's gets its events back, without a word said of it."""

from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync import contacts
from darasa.sync.session import Limits


def test_a_school_set_back_gets_its_events_from_the_hub_in_one_session(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(20)
    district.up(computer, school, hub)
    with school.copied() as restore:
        lost = []
        for _ in range(3):
            computer.restart()
            lost += computer.write(10)
            lost += school.write(4, learner=None)
            district.up(computer, school, hub)
        restore()
    assert len(school.places()) == 20
    report = district.good(school, hub)
    assert (report.events_in, report.events_out) == (len(lost), 0)
    assert report.rounds == 2  # what came is named once, so that it is not sent
    district.same(school, hub)
    assert sum(school.hooks.told.values()) == 20 + len(lost)
    assert district.quiet(school, hub) <= 500


def test_nothing_new_between_school_and_hub_is_one_small_request(district, chain_of_three):
    computer, school, hub = chain_of_three
    for _ in range(3):
        computer.write(5)
        district.up(computer, school, hub)
        assert district.quiet(school, hub) <= 500


@pytest.mark.parametrize("named_logs", [1_000, 20])
def test_a_school_with_an_empty_store_gets_everything_and_its_certificates(district, named_logs):
    hub, school = district.hub(), district.school()
    district.join(school, hub)
    computers = [district.computer(school) for _ in range(4)]
    for computer in computers:
        for _ in range(12):
            computer.restart()
            computer.write(3)
        district.good(computer, school)
    school.write(5, learner=None)
    district.good(school, hub)
    school.limits = Limits(named_logs=named_logs)
    reborn = district.anew(school)
    report = district.good(reborn, hub)
    assert (report.events_in, report.events_out) == (4 * 36 + 5, 0)
    district.same(reborn, hub)
    assert district.quiet(reborn, hub) <= 500
    for computer in computers:
        (certificate,) = reborn.store.read(contacts.certificates_of, computer.home.node_id)
        assert certificate.issuer == school.home.node_id
        computer.write(1)
        district.up(computer, reborn, hub)
    district.same(reborn, hub)


def test_a_school_that_wrote_after_it_was_set_back_keeps_both(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.up(computer, school, hub)
    with school.copied() as restore:
        school.write(6, learner=None)
        district.good(school, hub)
        restore()
    school.write(2, learner=None)
    computer.write(4)
    district.good(computer, school)
    report = district.good(school, hub)
    assert (report.events_in, report.events_out) == (6, 6)
    district.same(school, hub)
    assert len(hub.places()) == 3 + 6 + 6
    district.quiet(school, hub)


def test_a_damaged_school_that_lost_the_start_of_a_log_gets_the_whole(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(5)
    district.up(computer, school, hub)
    with school.copied() as restore:
        computer.write(5)
        district.up(computer, school, hub)
        restore()
    with school.store.transaction() as tx:  # the mark is there, the log is not
        for table in ("copy", "receipt", "tip", "event", "log"):
            tx.connection.execute(f"DELETE FROM {table}")
    school.hooks.told.clear()
    report = district.good(school, hub)
    assert report.rounds <= 3
    district.same(school, hub)
    assert len(school.places()) == 10


@settings(max_examples=25, deadline=None)
@given(
    schedule=st.lists(
        st.tuples(
            st.sampled_from(["computer", "school", "up", "hub", "copy", "back", "back", "cut"]),
            st.integers(1, 9),
        ),
        min_size=4,
        max_size=24,
    ),
    named_logs=st.sampled_from([2, 1_000]),
    frame=st.sampled_from([400, 64 * 1024]),
)
def test_any_schedule_of_set_backs_ends_with_what_the_hub_has(kit, schedule, named_logs, frame):
    with kit.district(seed=5) as made:
        hub, school = made.hub(), made.school()
        made.join(school, hub)
        computer = made.computer(school)
        hub.limits = school.limits = computer.limits = Limits(frame=frame, named_logs=named_logs)
        with ExitStack() as copies:
            restores = []
            for what, count in schedule:
                match what:
                    case "computer":
                        computer.restart()
                        computer.write(count)
                    case "school":
                        school.write(count, learner=None)
                    case "up":
                        made.good(computer, school)
                    case "hub":
                        made.good(school, hub)
                    case "cut":
                        made.exchange(school, hub, link=kit.Link(hub, cut_at=count * 200))
                    case "copy":
                        restores.append(copies.enter_context(school.copied()))
                    case _ if restores:
                        restores[count % len(restores)]()
        made.good(computer, school)
        at_hub = set(hub.places())
        made.good(school, hub)
        assert at_hub <= set(school.places())
        made.same(school, hub)
        made.quiet(school, hub)


def test_a_stick_after_a_set_back_does_not_hide_what_a_link_gives_back(
    district, chain_of_three, carry
):
    """A bundle gives nothing back: its mark must not say that there was nothing to give."""
    computer, school, hub = chain_of_three
    computer.write(3)
    district.up(computer, school, hub)
    with school.copied() as restore:
        computer.write(4)
        district.up(computer, school, hub)
        restore()
    school.write(2, learner=None)
    for _ in range(2):
        up, down = carry(school, hub)
        assert (up.ok, down.ok) == (True, True)
    assert len(school.places()) == 3 + 2
    report = district.good(school, hub)
    assert report.events_in == 4
    district.same(school, hub)
    district.quiet(school, hub)


def test_a_term_of_sticks_is_not_given_back_at_the_first_contact(district, chain_of_three, carry):
    computer, school, hub = chain_of_three
    for _ in range(5):
        computer.restart()
        computer.write(6)
        district.good(computer, school)
        carry(school, hub)
        carry(computer, school)
    report = district.good(school, hub)
    assert report.events_in == 0
    assert report.rounds == 1
    district.same(school, hub)
    district.quiet(school, hub)


def test_levels_are_told_by_a_stick_too(district, chain_of_three, carry):
    computer, school, hub = chain_of_three
    computer.write(6)
    carry(computer, school)
    carry(school, hub)
    assert carry(computer, school)[1].receipt_level == 3
    level = computer.store.read(
        contacts.receipt_level, school.home.node_id, school_id=school.home.school_id
    )
    assert level == 3
