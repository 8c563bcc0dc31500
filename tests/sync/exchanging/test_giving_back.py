"""A school whose store is older than its hub's gets its events back, without a word said of it."""

import sqlite3
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync import audit, contacts
from darasa.sync.capabilities import Capability
from darasa.sync.event_runs import pack_runs
from darasa.sync.frames import FRAME_OVERHEAD, FrameReader, FrameType
from darasa.sync.ids import Role
from darasa.sync.messages import Heads, WireHead
from darasa.sync.session import Limits, Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.session_store import StoreView
from darasa.sync.transport.exchange import Exchange
from darasa.sync.versions import SPOKEN, Program

REQUEST_HEADERS = len(
    b"POST /sync/1 HTTP/1.1\r\nHost: 127.0.0.1:8710\r\nContent-Length: 222\r\n\r\n"
)
ANSWER_HEADERS = len(b"HTTP/1.1 200 OK\r\ncontent-length: 135\r\n\r\n")


@contextmanager
def copy_of(node):
    """A copy of a node's store as it is now; `restore()` puts it back, as at a new start."""
    copy = sqlite3.connect(":memory:")
    told = node.hooks.told.copy()
    with node.store.reading() as connection:
        connection.backup(copy)

    def restore():
        with node.store.reading() as connection:  # the memory store shares its one connection
            copy.backup(connection)
        node.hooks.told = told.copy()
        node.restart()

    try:
        yield restore
    finally:
        copy.close()


def emptied(district, node):
    """The same node with an empty store: its folder's keys were kept, its data was not."""
    fresh = district.node(Role.COMPUTER, "a disk").store
    reborn = district.opened(node.home, fresh)
    reborn.limits = node.limits
    return reborn


def frames_of(raw, *kinds):
    """The frames of these types in a body."""
    found, at = [], 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big") + FRAME_OVERHEAD
        if raw[at + 4] in kinds:
            found.append(raw[at : at + size])
        at += size
    return found


def same(*nodes):
    """All hold the same, told once, whole."""
    first, *others = nodes
    assert all(each.places() == first.places() for each in others)
    for node in nodes:
        assert set(node.hooks.told.values()) <= {1}
        with node.store.reading() as connection:
            assert list(audit.audit(connection)) == []


def quiet(district, school, hub):
    """A contact with nothing to say: one request, and its bytes."""
    report = district.good(school, hub)
    assert (report.rounds, report.events_out, report.events_in) == (1, 0, 0)
    assert school.store.unsent(hub.home.node_id).total == 0
    return report.bytes_out + report.bytes_in + REQUEST_HEADERS + ANSWER_HEADERS


def test_a_school_set_back_gets_its_events_from_the_hub_in_one_session(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(20)
    district.good(computer, school)
    district.good(school, hub)
    with copy_of(school) as restore:
        lost = []
        for _ in range(3):
            computer.restart()
            lost += computer.write(10)
            lost += school.write(4, learner=None)
            district.good(computer, school)
            district.good(school, hub)
        restore()
    assert len(school.places()) == 20
    report = district.good(school, hub)
    assert (report.events_in, report.events_out) == (len(lost), 0)
    assert report.rounds == 2  # what came is named once, so that it is not sent
    same(school, hub)
    assert sum(school.hooks.told.values()) == 20 + len(lost)
    assert quiet(district, school, hub) <= 500


def test_a_head_that_is_lost_on_the_way_back_is_asked_for_before_a_mark_counts(
    district, chain_of_three, make_link
):
    """Events came whole and their HEADS did not: named as held, the hub would never give them."""
    computer, school, hub = chain_of_three
    with copy_of(school) as restore:
        computer.write(5)
        district.good(computer, school)
        district.good(school, hub)
        restore()
    link, lost = make_link(hub), []

    def without_heads(body):
        answer = b"".join(link(body))
        frames = [each.raw for each in FrameReader().feed(answer)][:-1]
        if not lost:
            lost.extend(frames_of(answer, FrameType.HEADS))
            frames = [raw for raw in frames if raw not in lost]
        return [body_of(frames)]

    report = district.exchange(school, hub, link=without_heads)
    assert lost
    assert report.ok
    same(school, hub)
    assert quiet(district, school, hub) <= 500


def test_a_mark_of_a_body_that_ended_badly_does_not_say_that_all_was_told(
    district, chain_of_three, make_link
):
    """A program that takes nothing back notes it all the same; the next program names it."""
    computer, school, hub = chain_of_three
    computer.write(5)
    district.good(computer, school)
    district.good(school, hub)
    with copy_of(school) as restore:
        computer.write(5)
        district.good(computer, school)
        district.good(school, hub)
        restore()
    school.write(2, learner=None)
    link = make_link(hub)

    def doubled(body):
        (events,) = frames_of(body, FrameType.EVENTS)
        at = body.index(events)
        return link(body[:at] + events + body[at:])

    older = Exchange(
        school.home,
        school.store,
        school.home.peer,
        hooks=school.hooks,
        clock=district.clock,
        limits=school.limits,
        trusted=True,
        program=Program(SPOKEN, lacks=int(Capability.RANGES)),
    )
    assert not older.run(doubled).ok
    district.good(school, hub)
    same(school, hub)


def test_nothing_new_between_school_and_hub_is_one_small_request(district, chain_of_three):
    computer, school, hub = chain_of_three
    for _ in range(3):
        computer.write(5)
        district.good(computer, school)
        district.good(school, hub)
        assert quiet(district, school, hub) <= 500


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
    reborn = emptied(district, school)
    report = district.good(reborn, hub)
    assert (report.events_in, report.events_out) == (4 * 36 + 5, 0)
    same(reborn, hub)
    assert quiet(district, reborn, hub) <= 500
    for computer in computers:
        (certificate,) = reborn.store.read(contacts.certificates_of, computer.home.node_id)
        assert certificate.issuer == school.home.node_id
        computer.write(1)
        district.good(computer, reborn)
    district.good(reborn, hub)
    same(reborn, hub)


def test_a_school_that_wrote_after_it_was_set_back_keeps_both(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.good(computer, school)
    district.good(school, hub)
    with copy_of(school) as restore:
        school.write(6, learner=None)
        district.good(school, hub)
        restore()
    school.write(2, learner=None)
    computer.write(4)
    district.good(computer, school)
    report = district.good(school, hub)
    assert (report.events_in, report.events_out) == (6, 6)
    same(school, hub)
    assert len(hub.places()) == 3 + 6 + 6
    quiet(district, school, hub)


@pytest.mark.parametrize("named_logs", [1_000, 5])
def test_much_that_is_given_back_comes_in_bounded_answers(
    district, chain_of_three, make_link, named_logs
):
    computer, school, hub = chain_of_three
    for _ in range(60):
        computer.restart()
        computer.write(20)
    district.good(computer, school)
    district.good(school, hub)
    reborn = emptied(district, school)
    reborn.limits = hub.limits = Limits(frame=2_000, body=12_000, named_logs=named_logs)
    link = make_link(hub)
    report = district.good(reborn, hub, link=link)
    assert report.events_in == 1_200
    assert report.events_out == 0
    assert len(link.answers) > 4
    assert all(len(raw) <= 12_000 for raw in [*link.answers, *link.bodies])
    same(reborn, hub)
    quiet(district, reborn, hub)


def test_a_log_larger_than_an_answer_comes_back_in_parts(district, chain_of_three, make_link):
    computer, school, hub = chain_of_three
    computer.write(1_500)
    district.good(computer, school)
    district.good(school, hub)
    reborn = emptied(district, school)
    hub.limits = Limits(frame=2_000, body=12_000)
    link = make_link(hub)
    report = district.good(reborn, hub, link=link)
    assert len(link.answers) > 2
    assert report.events_in == 1_500
    same(reborn, hub)
    quiet(district, reborn, hub)


def test_an_answer_to_a_list_gives_back_what_a_small_body_holds(district, chain_of_three):
    """Not one log a round: what is kept for ranges is a part of a body, however small that is."""
    computer, school, hub = chain_of_three
    for _ in range(12):
        computer.restart()
        computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    reborn = emptied(district, school)
    for _ in range(3):  # more than a frame, and more logs than are named
        reborn.restart()
        reborn.write(9, learner=None)
    reborn.limits = Limits(frame=400, named_logs=2)
    hub.limits = Limits(frame=4_096, body=16_384)
    report = district.good(reborn, hub, trusted=False)
    assert report.events_in == 24
    assert report.rounds <= 4
    same(reborn, hub)


@pytest.mark.parametrize("named_logs", [1_000, 5])
def test_a_cut_anywhere_keeps_every_whole_frame_and_goes_on(
    district, chain_of_three, make_link, named_logs
):
    computer, school, hub = chain_of_three
    limits = Limits(frame=600, named_logs=named_logs)
    for _ in range(12):
        computer.restart()
        computer.write(6)
    district.good(computer, school)
    district.good(school, hub)
    whole = make_link(hub)
    district.good(emptied(district, school), hub, link=whole)
    for cut_at in range(200, whole.carried, whole.carried // 25):
        reborn = emptied(district, school)
        reborn.limits = hub.limits = limits
        come = 0
        for _ in range(40):
            link = make_link(hub, cut_at=max(cut_at, 2_500), part=50)
            report = district.exchange(reborn, hub, link=link)
            come += report.events_in
            if report.ok:
                break
        district.good(reborn, hub)
        assert come == 72  # no frame came twice as news
        same(reborn, hub)
        quiet(district, reborn, hub)


def test_both_branches_of_a_fork_come_back(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.good(computer, school)
    district.good(school, hub)
    with copy_of(school) as restore:
        twin = district.opened(computer.home, district.node(Role.COMPUTER, "copy").store)
        with computer.store.reading() as source, twin.store.reading() as target:
            source.backup(target)
        twin.log.place = computer.log.place  # a running machine that was copied
        twin.write(4)
        district.good(twin, school)
        district.good(school, hub)
        restore()
    computer.write(2)
    district.good(computer, school)  # the other branch, after the set-back
    district.good(school, hub)
    same(school, hub)
    assert len(school.places()) == 3 + 4 + 2
    quiet(district, school, hub)


@pytest.mark.parametrize("branches", [2, 6])
def test_all_branches_come_back_to_a_school_that_has_another(district, chain_of_three, branches):
    """The hub names every branch in one answer: that is one thing to ask for, not one a branch."""
    computer, school, hub = chain_of_three
    computer.write(3)
    for _ in range(branches):
        twin = district.opened(computer.home, district.node(Role.COMPUTER, "copy").store)
        with computer.store.reading() as source, twin.store.reading() as target:
            source.backup(target)
        twin.log.place = computer.log.place  # a running machine that was copied
        twin.write(2)
        district.good(twin, school)
        district.good(school, hub)
    reborn = emptied(district, school)
    reborn.limits = Limits(frame=400)
    computer.write(90)
    district.good(computer, reborn)
    report = district.good(reborn, hub, trusted=False)  # it names its logs first
    assert report.events_in == branches * 2
    same(reborn, hub)
    quiet(district, reborn, hub)


def test_of_a_forked_log_that_goes_on_the_hub_keeps_no_more_heads_than_tips(
    district, chain_of_three
):
    """A statement a session would be more than one answer holds, and the log would never go."""
    computer, school, hub = chain_of_three
    computer.write(3)
    twin = district.opened(computer.home, district.node(Role.COMPUTER, "copy").store)
    with computer.store.reading() as source, twin.store.reading() as target:
        source.backup(target)
    twin.log.place = computer.log.place  # a running machine that was copied
    for _ in range(12):
        for each in (twin, computer):
            each.write(1)
            district.good(each, school, trusted=True)
        school.write(1, learner=None)
        district.good(school, hub, trusted=True)
    for node, most in ((school, 2), (hub, 3)):
        assert node.store.read(lambda one: one.execute("SELECT count(*) FROM head").fetchone()) == (
            most,
        )
    reborn = emptied(district, school)
    district.good(reborn, hub)
    same(reborn, hub)
    quiet(district, reborn, hub)


def test_logs_that_ended_under_a_statement_each_come_back_in_bounded_answers(
    district, chain_of_three, make_link
):
    """The statements of a day weigh more than its events: they count, for the first part too."""
    _, school, hub = chain_of_three
    computers = [district.computer(school) for _ in range(40)]
    for n in range(40):
        for each in computers[n:]:
            each.write(1)
            district.good(each, school, trusted=True)
        district.good(school, hub, trusted=True)
    reborn = emptied(district, school)
    hub.limits = Limits(body=12_000)
    link = make_link(hub)
    report = district.good(reborn, hub, link=link)
    assert len(link.answers) > 2
    assert all(len(raw) <= 12_000 for raw in link.answers)
    assert report.events_in == 40 * 41 // 2
    same(reborn, hub)
    quiet(district, reborn, hub)


def test_work_that_is_not_receipted_stays_owed_though_something_was_given_back(
    district, chain_of_three, make_link
):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.good(computer, school)
    district.good(school, hub)
    with copy_of(school) as restore:
        school.write(2, learner=None)
        district.good(school, hub)
        restore()
    computer.write(4)
    district.good(computer, school)
    link = make_link(hub)

    def without_work(body):
        kinds = set(FrameType) - {FrameType.HEADS, FrameType.EVENTS, FrameType.END}
        return link(body_of(frames_of(body, *kinds)))

    assert district.exchange(school, hub, link=without_work, trusted=True).events_in == 2
    assert school.store.unsent(hub.home.node_id).total >= 4
    district.good(school, hub)
    same(school, hub)
    quiet(district, school, hub)


def test_a_computer_is_given_nothing_back_but_copies(district, pair, make_link):
    computer, school = pair
    computer.write(4)
    district.good(computer, school)
    reborn = emptied(district, computer)
    link = make_link(school)
    assert district.good(reborn, school, link=link).events_in == 0
    assert frames_of(link.answers[0], FrameType.HEADS, FrameType.EVENTS, FrameType.RANGES) == []


def test_a_school_that_does_not_say_it_takes_is_given_nothing(district, chain_of_three):
    import msgspec

    computer, school, hub = chain_of_three
    computer.write(4)
    district.good(computer, school)
    district.good(school, hub)
    me = Myself(school.home.node_key, Role.SCHOOL, school.home.school_id)
    hello = signed_hello(me, receiver=hub.home.node_id, school_id=school.home.school_id, wall_ms=5)
    older = msgspec.structs.replace(hello, capabilities=0)
    raw = older.signed_bytes(receiver=hub.home.node_id, answers_to=b"")
    signed = msgspec.structs.replace(older, signature=school.home.node_key.sign("hello", raw))
    answer = hub.responder().handle([body_of([signed.to_frame()])])
    assert frames_of(answer, FrameType.HEADS, FrameType.EVENTS, FrameType.RANGES) == []


def test_what_is_unsigned_at_the_hub_is_not_given_back(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.good(computer, school)
    view = StoreView(school.store, Myself(school.home.node_key, Role.SCHOOL, school.home.school_id))
    (log_id,) = view.offered_logs(after=0)
    events, _ = pack_runs(list(view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20)))
    hello = signed_hello(
        view._me, receiver=hub.home.node_id, school_id=school.home.school_id, wall_ms=5
    )
    hub.responder().handle([body_of([hello.to_frame(), events.to_frame()])])
    reborn = emptied(district, school)
    assert district.good(reborn, hub).events_in == 0
    assert reborn.places() == []


def test_a_hub_cannot_put_words_into_a_schools_mouth(district, chain_of_three, make_link):
    """Events whose heads only the hub has signed are not believed."""
    computer, school, hub = chain_of_three
    computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    forger = district.computer()
    forger.log.school_id = school.home.school_id
    forger.write(3)
    me = Myself(forger.home.node_key, Role.COMPUTER, school.home.school_id)
    view = StoreView(forger.store, me)
    (log_id,) = view.offered_logs(after=0)
    events, heads = pack_runs(list(view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20)))
    wire = tuple(WireHead(each.log_id, each.seq, each.chain) for each in heads)
    key = hub.home.node_key
    signed = Heads(wire, key.node_id, key.sign("heads", Heads.bytes_to_sign(wire)))
    link = make_link(hub)

    def lying(body):
        answer = b"".join(link(body))
        greeting, *rest = frames_of(answer, *set(FrameType) - {FrameType.END})
        return iter([body_of([greeting, signed.to_frame(), events.to_frame(), *rest])])

    before = school.places()
    report = district.exchange(school, hub, link=lying)
    assert report.events_in == 0
    assert school.places() == before


def test_events_that_were_taken_out_of_an_answer_are_asked_for_again(
    district, chain_of_three, make_link
):
    computer, school, hub = chain_of_three
    computer.write(9)
    district.good(computer, school)
    district.good(school, hub)
    reborn = emptied(district, school)
    link = make_link(hub)

    def without_events(body):
        answer = b"".join(link(body))
        kinds = set(FrameType) - {FrameType.EVENTS, FrameType.END}
        return iter([body_of(frames_of(answer, *kinds))])

    report = district.exchange(reborn, hub, link=without_events)
    assert "does not give" in report.error
    district.good(reborn, hub)
    same(reborn, hub)


def test_a_damaged_school_that_lost_the_start_of_a_log_gets_the_whole(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(5)
    district.good(computer, school)
    district.good(school, hub)
    with copy_of(school) as restore:
        computer.write(5)
        district.good(computer, school)
        district.good(school, hub)
        restore()
    with school.store.transaction() as tx:  # the mark is there, the log is not
        for table in ("copy", "receipt", "tip", "event", "log"):
            tx.connection.execute(f"DELETE FROM {table}")
    school.hooks.told.clear()
    report = district.good(school, hub)
    assert report.rounds <= 3
    same(school, hub)
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
                        restores.append(copies.enter_context(copy_of(school)))
                    case _ if restores:
                        restores[count % len(restores)]()
        made.good(computer, school)
        at_hub = set(hub.places())
        made.good(school, hub)
        assert at_hub <= set(school.places())
        same(school, hub)
        quiet(made, school, hub)


def test_a_stick_after_a_set_back_does_not_hide_what_a_link_gives_back(
    district, chain_of_three, carry
):
    """A bundle gives nothing back: its mark must not say that there was nothing to give."""
    computer, school, hub = chain_of_three
    computer.write(3)
    district.good(computer, school)
    district.good(school, hub)
    with copy_of(school) as restore:
        computer.write(4)
        district.good(computer, school)
        district.good(school, hub)
        restore()
    school.write(2, learner=None)
    for _ in range(2):
        up, down = carry(school, hub)
        assert (up.ok, down.ok) == (True, True)
    assert len(school.places()) == 3 + 2
    report = district.good(school, hub)
    assert report.events_in == 4
    same(school, hub)
    quiet(district, school, hub)


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
    same(school, hub)
    quiet(district, school, hub)


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


def test_a_branch_whose_head_is_lost_is_asked_for_though_the_other_came_whole(
    district, chain_of_three, make_link
):
    """Each end is told apart: a head on one branch covers nothing on the other."""
    computer, school, hub = chain_of_three
    computer.write(3)
    twin = district.opened(computer.home, district.node(Role.COMPUTER, "copy").store)
    with computer.store.reading() as source, twin.store.reading() as target:
        source.backup(target)
    twin.log.place = computer.log.place  # a running machine that was copied
    with copy_of(school) as restore:
        for each in (twin, computer):
            each.write(2)
            district.good(each, school)
            district.good(school, hub)
        restore()
    for taken_out in range(4):
        with copy_of(school) as restore_again:
            link = make_link(hub)

            def without_one(body, link=link, taken_out=taken_out):
                answer = b"".join(link(body))
                frames = [each.raw for each in FrameReader().feed(answer)][:-1]
                heads = frames_of(answer, FrameType.HEADS)
                lost = frames_of(answer, FrameType.TIPS)  # they would say it, too
                if len(link.answers) == 1:
                    lost += heads[taken_out : taken_out + 1]
                return [body_of([raw for raw in frames if raw not in lost])]

            district.exchange(school, hub, link=without_one)
            district.good(school, hub)
            same(school, hub)
            assert len(school.places()) == 3 + 2 + 2
            restore_again()
