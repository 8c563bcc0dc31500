"""Joined pairs: what arrives, what is believed, and what a broken exchange leaves behind."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync import contacts
from darasa.sync.ids import Mark, Role
from darasa.sync.messages import Doing, PresenceRow
from darasa.sync.session import Limits
from darasa.sync.session_out import marks_to_name
from darasa.sync.session_view import NotedMark
from darasa.sync.transport.exchange import Exchange

AMINA = b"A" * 16


def test_events_reach_school_and_hub_once_and_bit_for_bit(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(5)
    computer.restart()
    computer.write(3)
    first = district.good(computer, school)
    second = district.good(school, hub)
    assert computer.places() == school.places() == hub.places()
    assert len(hub.places()) == 8
    assert (first.events_out, first.receipt_level) == (8, 1)
    assert (second.events_out, second.receipt_level) == (8, 3)
    assert set(school.hooks.told.values()) == set(hub.hooks.told.values()) == {1}


def test_nothing_new_is_one_round_and_no_event(district, pair):
    computer, school = pair
    computer.write(5)
    district.good(computer, school)
    again = district.good(computer, school)
    assert (again.rounds, again.events_out, again.events_in) == (1, 0, 0)


def test_a_known_mark_costs_one_round(district, pair):
    computer, school = pair
    for _ in range(3):
        computer.write(2)
        report = district.good(computer, school)
        assert (report.rounds, report.events_out) == (1, 2)


def test_what_a_receipt_covers_is_no_longer_unsent(district, pair):
    computer, school = pair
    computer.write(4)
    peer = computer.home.peer.node_id
    assert computer.store.unsent(peer).total == 4
    district.good(computer, school)
    assert computer.store.unsent(peer).total == 0


def test_unknown_kinds_and_versions_pass_bit_for_bit(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(kind=60_001, version=9, body=("later", (1, (2, b"\x00")), None, True))
    district.good(computer, school)
    district.good(school, hub)
    assert hub.places() == computer.places()


def test_a_school_offers_its_own_logs_and_those_of_its_computers(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(2)
    school.write(3, learner=None)
    district.good(computer, school)
    district.good(school, hub)
    assert len(hub.places()) == 5
    held = hub.store.read(contacts.certificates_of, computer.home.node_id)
    assert [each.issuer for each in held] == [school.home.node_id]


def test_a_computer_offers_only_its_own_logs(district):
    school = district.school()
    first, second = district.computer(school), district.computer(school)
    first.write(2)
    second.write(2)
    district.good(first, school)
    report = district.good(second, school)
    assert report.events_out == 2
    assert len(school.places()) == 4


def test_a_long_backlog_goes_in_rounds_of_bounded_bodies(district, pair, make_link):
    computer, school = pair
    computer.limits = Limits(frame=4096, body=12 * 1024)
    computer.write(3000)
    link = make_link(school)
    report = district.good(computer, school, link=link)
    assert report.rounds >= 3
    assert all(len(body) <= 12 * 1024 for body in link.bodies)
    assert computer.places() == school.places()
    assert district.good(computer, school).events_out == 0


def test_an_event_above_the_frame_limit_still_goes(district, pair):
    computer, school = pair
    computer.limits = Limits(frame=4096)
    computer.write(3, body=(computer.rng(40_000),))
    district.good(computer, school)
    assert computer.places() == school.places()


def test_delivering_a_body_again_changes_nothing(district, pair, make_link):
    computer, school = pair
    computer.write(6)
    link = make_link(school)
    district.good(computer, school, link=link)
    before = school.places()
    for _ in range(3):
        for body in link.bodies:
            school.responder().handle([body])
    assert school.places() == before
    assert set(school.hooks.told.values()) == {1}


def test_a_replayed_answer_is_refused(district, pair, make_link):
    computer, school = pair
    computer.write(2)
    link = make_link(school)
    district.good(computer, school, link=link)
    district.clock.advance(1000)
    computer.write(2)
    report = district.exchange(computer, school, link=lambda body: iter([link.answers[0]]))
    assert not report.ok
    assert report.error.endswith(".")
    assert computer.store.unsent(computer.home.peer.node_id).total == 2
    district.good(computer, school)
    assert computer.places() == school.places()


def test_a_server_restored_from_an_older_copy_gets_the_events_again(district, pair):
    computer, school = pair
    copy = sqlite3.connect(":memory:")
    for n in range(4):
        computer.write(3)
        district.good(computer, school)
        if n == 1:
            with school.store.reading() as connection:
                connection.backup(copy)
    with school.store.reading() as connection:  # the memory store shares its one connection
        copy.backup(connection)
    copy.close()
    assert len(school.places()) == 6
    report = district.good(computer, school)
    assert computer.places() == school.places()
    assert report.events_out == 6  # from the newest mark that the server still knows
    assert report.rounds <= 4
    again = district.good(computer, school)
    assert (again.rounds, again.events_out) == (1, 0)


def test_a_server_that_lost_everything_gets_everything_again(district, pair):
    computer, school = pair
    for _ in range(3):
        computer.write(3)
        district.good(computer, school)
    fresh = district.node(Role.SCHOOL, "the same server, empty store")
    reborn = district.opened(school.home, fresh.store)
    report = district.good(computer, reborn)
    assert computer.places() == reborn.places()
    assert report.rounds <= 4
    assert district.good(computer, reborn).rounds == 1


def test_both_branches_of_a_fork_are_kept_and_go_on_to_the_hub(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    twin = district.twin(computer)
    computer.write(2)
    twin.write(4)
    district.good(computer, school)
    district.good(twin, school)
    assert len(school.places()) == 3 + 2 + 4
    district.good(school, hub)
    assert hub.places() == school.places()
    computer.write(1)
    twin.write(1)
    district.good(computer, school)
    district.good(twin, school)
    district.good(school, hub)
    assert hub.places() == school.places()
    assert len(hub.places()) == 11
    assert set(hub.hooks.told.values()) == {1}


def test_logs_from_before_joining_are_offered_once_they_are_adopted(district):
    school, computer = district.school(), district.computer()
    computer.write(3)
    district.join(computer, school)
    assert district.good(computer, school).events_out == 0
    with computer.store.transaction() as tx:
        tx.adopt(computer.home.school_id, [each.log_id for each in computer.store.tips()])
    assert district.good(computer, school).events_out == 3
    assert len(school.places()) == 3


def test_a_broken_session_asks_before_it_sends_more_than_a_frame(district, pair, make_link):
    computer, school = pair
    computer.limits = Limits(frame=2048)
    computer.write(400)
    whole = make_link(school)
    body_bytes = district.good(computer, school, link=whole).bytes_out
    computer.write(400)
    broken = district.exchange(
        computer, school, link=make_link(school, cut_at=body_bytes // 2), trusted=True
    )
    assert not broken.ok
    arrived = len(school.places()) - 400
    assert arrived > 0
    healed = district.good(computer, school)
    assert healed.events_out == 400 - arrived  # not even one frame went twice
    assert computer.places() == school.places()
    assert set(school.hooks.told.values()) == {1}


def test_presence_is_told_and_an_empty_one_too(district, pair):
    computer, school = pair
    row = PresenceRow(AMINA, Doing.WORKING, 1200, "fractions/half", 3, 8)
    district.good(computer, school, presence=(row,))
    district.good(computer, school)
    me = computer.home.node_id
    assert school.hooks.presence == [(me, 1), (me, 0)]


def test_hook_errors_leave_nothing_behind(district, pair):
    computer, school = pair
    computer.write(2)

    def refuse(tx, events):
        raise RuntimeError("a fault of the layer above")

    school.hooks.on_events = refuse
    with pytest.raises(RuntimeError):
        district.exchange(computer, school)
    assert school.places() == []


@settings(max_examples=40, deadline=None)
@given(
    schedule=st.lists(
        st.tuples(
            st.integers(0, 6), st.sampled_from(["no cut", "cut", "restart"]), st.floats(0, 1)
        ),
        min_size=1,
        max_size=8,
    ),
    frame=st.sampled_from([400, 1500, 64 * 1024]),
    trusted=st.booleans(),
)
def test_any_schedule_of_cuts_ends_with_the_same_set(kit, schedule, frame, trusted):
    with kit.district(seed=3) as made:
        hub, school = made.hub(), made.school()
        made.join(school, hub)
        computer = made.computer(school)
        computer.limits = school.limits = Limits(frame=frame)
        for count, what, where in schedule:
            if what == "restart":
                computer.restart()
            if count:
                computer.write(count)
            cut = int(where * 1500) + 1 if what == "cut" else None
            made.exchange(computer, school, link=kit.Link(school, cut_at=cut), trusted=trusted)
            made.exchange(school, hub, link=kit.Link(hub, cut_at=cut), trusted=trusted)
        made.good(computer, school)
        made.good(school, hub)
        assert computer.places() == school.places() == hub.places()
        assert set(school.hooks.told.values()) <= {1}
        assert made.good(computer, school).events_out == 0
        assert made.good(school, hub).rounds == 1


def test_a_full_disk_at_the_server_is_a_sentence_and_nothing_is_lost(district, pair):
    computer, school = pair
    computer.write(2)
    district.good(computer, school)
    with school.store.reading() as connection:  # the memory store shares its one connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    computer.write(20, body=(computer.rng(20_000),))
    report = district.exchange(computer, school)
    assert not report.ok
    assert report.error.startswith("The server cannot save now.")
    assert report.retry_after_s
    arrived = len(school.places())  # the frames that still fitted, and their receipt
    assert 2 <= arrived < 22
    assert computer.store.unsent(computer.home.peer.node_id).total == 22 - arrived
    with school.store.reading() as connection:
        connection.execute("PRAGMA max_page_count = 100000")
    district.good(computer, school)
    assert computer.places() == school.places()


def test_marks_are_named_newest_first_then_at_doubling_distance():
    noted = [NotedMark(Mark(number.to_bytes(8, "big")), 10_000 - number) for number in range(5_000)]
    named = [int.from_bytes(mark, "big") for mark in marks_to_name(noted)]
    assert named[:16] == list(range(16))
    assert named[16:] == [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
    assert marks_to_name(noted[:3]) == [each.mark for each in noted[:3]]


def test_contacts_are_noted_on_both_sides(district, pair):
    computer, school = pair
    with school.store.transaction() as tx:
        tx.put_peer(
            contacts.PeerRow(
                computer.home.node_id, school.home.school_id, Role.COMPUTER, "Lab 1", None
            )
        )
    district.clock.advance(120_000)
    district.good(computer, school)
    now = district.clock.wall_ms()
    assert [peer.last_contact_ms for peer in school.store.peers()] == [now]
    assert [peer.last_contact_ms for peer in computer.store.peers()] == [now]


def test_certificates_go_with_the_first_events_even_when_a_body_is_full(district):
    hub, school = district.hub(), district.school()
    district.join(school, hub)
    school.limits = Limits(frame=600, body=3_000)
    computers = [district.computer(school) for _ in range(12)]
    for computer in computers:
        computer.write(30)
        district.good(computer, school)
    assert district.good(school, hub).rounds > 3
    for computer in computers:
        held = hub.store.read(contacts.certificates_of, computer.home.node_id)
        assert [each.issuer for each in held] == [school.home.node_id]
    assert hub.places() == school.places()


def test_a_log_that_grows_while_it_is_sent_is_held_whole_in_the_same_session(
    district, pair, make_link
):
    """Its end was named before it grew: what is sent beyond stands for it."""
    computer, school = pair
    computer.limits = Limits(frame=2_000)
    computer.write(300)
    link = make_link(school)

    def busy(body):
        computer.write(1)
        return link(body)

    assert district.good(computer, school, link=busy).rounds > 1
    home = computer.home
    assert computer.store.read(contacts.given_marks, home.school_id, home.peer.node_id)


def test_the_time_of_the_answer_counts_when_a_server_says_when_to_come_again(pair):
    """A hub whose answers were long never said so: only what came in was counted."""
    computer, school = pair

    def slowly(node_id):
        school.clock.advance(9_000)
        return ()

    school.hooks.scopes_of, computer.hooks.wanted = slowly, (b"s",)
    responder = school.responder()
    waits = []
    for _ in range(6):
        one = Exchange(
            computer.home,
            computer.store,
            computer.home.peer,
            hooks=computer.hooks,
            clock=computer.clock,
        )
        report = one.run(lambda body: [responder.handle([body])])
        assert report.ok, report.error
        waits.append(report.retry_after_s)
    assert waits[0] is None
    assert waits[-1] is not None
