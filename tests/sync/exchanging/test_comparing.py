"""RANGES in sessions: what differs among thousands of logs is found when no mark says it."""

import msgspec
import pytest

from darasa.sync.capabilities import Capability
from darasa.sync.frames import FrameType
from darasa.sync.ids import Role
from darasa.sync.messages import Hello, Ranges, WireRange
from darasa.sync.ranges import Mode
from darasa.sync.session import Limits, Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.transport.exchange import LinkError
from darasa.sync.versions import SPOKEN, Program

AMINA = b"A" * 16


@pytest.fixture(scope="module")
def school_of_twelve_thousand(kit):
    """A hub and a school that have met; each holds the same 12,000 logs."""
    with kit.district(seed=11) as made:
        hub, school = made.hub(), made.school()
        made.join(school, hub)
        many_logs(school, 12_000)
        made.good(school, hub)
        yield made, school, hub


def many_logs(node, count):
    """So many runs of one event, written in one transaction."""
    with node.store.transaction() as tx:
        for n in range(count):
            node.restart()
            append(tx, node, n)
    node.store._logs.clear()  # runs that have ended
    node.restart()


def append(tx, node, n):
    tx.append(node.log, kind=18, version=1, learner_id=AMINA, lamport=1, body=(n, node.rng(6)))


def forget_marks(node, other):
    """All that was noted of the other is lost, and that a session ever ended well."""
    with node.store.transaction() as tx:
        for table in ("mark_given", "receipt"):
            tx.connection.execute(f"DELETE FROM {table} WHERE peer = ?", (other.home.node_id,))


def test_thirty_new_logs_in_twelve_thousand_cost_little(
    school_of_twelve_thousand, make_link, frames_of
):
    district, school, hub = school_of_twelve_thousand
    written = school.store.event_count()
    many_logs(school, 30)
    link = make_link(hub)
    report = district.good(school, hub, link=link)
    assert (report.rounds, report.events_out) == (1, 30)
    work = frames_of(link.bodies[0], FrameType.HEADS, FrameType.EVENTS)
    assert report.bytes_out + report.bytes_in - sum(map(len, work)) <= 1_500

    many_logs(school, 30)
    forget_marks(school, hub)
    report = district.good(school, hub)
    assert report.events_out == 30
    assert report.rounds <= 4
    assert report.bytes_out + report.bytes_in <= 40_000
    assert hub.store.event_count() == written + 60
    assert school.store.frontier_digest() == hub.store.frontier_digest()
    assert district.good(school, hub).rounds == 1


def test_a_lost_mark_among_thousands_of_equal_logs_costs_a_kilobyte(school_of_twelve_thousand):
    district, school, hub = school_of_twelve_thousand
    forget_marks(school, hub)
    report = district.good(school, hub)
    assert (report.rounds, report.events_out) == (1, 0)
    assert report.bytes_out + report.bytes_in <= 1_200
    assert district.good(school, hub).rounds == 1
    assert school.store.unsent(hub.home.node_id).total == 0


def test_marks_that_are_all_unknown_cost_one_round_more(school_of_twelve_thousand):
    district, school, hub = school_of_twelve_thousand
    for _ in range(3):
        many_logs(school, 1)
        district.good(school, hub)
    many_logs(school, 5)
    with hub.store.transaction() as tx:  # a damaged hub: no mark, and some logs are gone
        tx.connection.execute("DELETE FROM mark_issued")
        gone = "(SELECT log_key FROM log ORDER BY log_id LIMIT 10)"
        for table in ("event", "tip", "log"):
            tx.connection.execute(f"DELETE FROM {table} WHERE log_key IN {gone}")
    report = district.good(school, hub)
    assert report.rounds == 4
    assert school.store.frontier_digest() == hub.store.frontier_digest()
    assert report.bytes_out + report.bytes_in <= 40_000
    assert district.good(school, hub).rounds == 1


def test_a_hub_that_lost_everything_gets_everything_by_lists(district, pair):
    computer, school = pair
    computer.limits = Limits(named_logs=20, frame=2_000)
    many_logs(computer, 300)
    report = district.good(computer, school)
    assert (report.rounds, report.events_out) == (2, 300)
    assert computer.places() == school.places()
    assert district.good(computer, school).rounds == 1


@pytest.mark.parametrize("twins_first", [True, False])
def test_forked_logs_among_many_are_compared_with_all_their_tips(district, pair, twins_first):
    computer, school = pair
    computer.limits = Limits(named_logs=20)
    many_logs(computer, 100)
    computer.write(3)
    twin = district.twin(computer)
    twin.limits = computer.limits
    computer.write(2)
    twin.write(4)
    for each in (twin, computer) if twins_first else (computer, twin):
        district.good(each, school)
    for each in (computer, twin):
        forget_marks(each, school)
        each.write(1)
        district.good(each, school)
        assert district.good(each, school).rounds == 1
    assert set(school.hooks.told.values()) == {1}
    assert len(school.places()) == 100 + 3 + 2 + 4 + 2


class OldServer:
    """A server of before RANGES: it skips them, and its HELLO does not know of them."""

    def __init__(self, server, link, frames_of):
        self.server = server
        self.link = link
        self.frames_of = frames_of
        self.asked = []

    def __call__(self, body):
        self.asked += self.frames_of(body, FrameType.RANGES)
        kinds = set(FrameType) - {FrameType.RANGES, FrameType.END}
        answer = b"".join(self.link(body_of(self.frames_of(body, *kinds))))
        greeting, *rest = self.frames_of(answer, *kinds)
        (asked,) = (Hello.parse(frame[6:-4]) for frame in self.frames_of(body, FrameType.HELLO))
        me = self.server.home
        hello = msgspec.structs.replace(Hello.parse(greeting[6:-4]), capabilities=0)
        raw = hello.signed_bytes(receiver=asked.node_id, answers_to=asked.signature)
        signed = msgspec.structs.replace(hello, signature=me.node_key.sign("hello", raw))
        return iter([body_of([signed.to_frame(), *rest])])


def test_a_server_of_before_is_told_names_in_bounded_bodies(district, pair, make_link, frames_of):
    computer, school = pair
    computer.limits = Limits(named_logs=20, frame=600, body=6_000)
    many_logs(computer, 300)
    district.good(computer, school)
    forget_marks(computer, school)
    many_logs(computer, 3)
    link = make_link(school)
    old = OldServer(school, link, frames_of)
    report = district.good(computer, school, link=old)
    assert len(old.asked) == 1
    assert report.events_out == 3
    assert report.rounds >= 4  # ranges, then names in parts, then the events
    assert all(len(raw) <= 6_000 for raw in [*link.bodies, *link.answers])
    assert computer.places() == school.places()
    assert district.good(computer, school).rounds == 1


def test_what_is_said_of_ranges_counts_only_under_the_signature(
    district, pair, make_link, frames_of
):
    """A link that says "all the same" cannot make work count as sent."""
    computer, school = pair
    computer.limits = Limits(named_logs=20)
    many_logs(computer, 60)
    same = Ranges((WireRange(b"", Mode.SAME, None),)).to_frame()
    link = make_link(school)

    def lying(body):
        answer = b"".join(link(body))
        others = frames_of(answer, *set(FrameType) - {FrameType.RANGES, FrameType.END})
        return iter([body_of([others[0], same, *others[1:]])])

    def silent(body):
        kinds = set(FrameType) - {FrameType.RANGES, FrameType.RECEIPT, FrameType.END}
        return iter([body_of([*frames_of(b"".join(link(body)), *kinds), same])])

    for liar in (lying, silent):
        report = district.exchange(computer, school, link=liar)
        assert "sign" in report.error
        assert computer.store.unsent(school.home.node_id).total == 60
    district.good(computer, school)
    assert computer.places() == school.places()


def test_ranges_out_of_order_end_the_session(district, pair):
    computer, school = pair
    me = Myself(computer.home.node_key, Role.COMPUTER, computer.home.school_id)
    hello = signed_hello(
        me, receiver=school.home.node_id, school_id=computer.home.school_id, wall_ms=5
    )
    backwards = Ranges((WireRange(b"\x02", 0, None), WireRange(b"\x01", 0, None)))
    answer = school.responder().handle([body_of([hello.to_frame(), backwards.to_frame()])])
    assert b"out of order" in answer


def test_a_cut_anywhere_in_a_comparison_heals(district, pair, make_link):
    computer, school = pair
    computer.limits = Limits(named_logs=5, frame=600)
    many_logs(computer, 60)
    whole = make_link(school)
    district.good(computer, school, link=whole)
    for cut_at in range(1, whole.carried, whole.carried // 40):
        forget_marks(computer, school)
        many_logs(computer, 2)
        district.exchange(computer, school, link=make_link(school, cut_at=cut_at, part=11))
        assert district.good(computer, school).rounds <= 4
        assert computer.store.frontier_digest() == school.store.frontier_digest()
    assert set(school.hooks.told.values()) == {1}
    assert district.good(computer, school).rounds == 1


def test_news_of_levels_from_a_server_that_knows_no_ranges_is_no_word_on_what_was_compared(
    district, chain_of_three
):
    """It skips them, and its receipt is of older work: what it was never sent still goes."""
    computer, school, hub = chain_of_three
    computer.write(1)
    district.good(computer, school)
    district.good(school, hub)  # news for the computer: level 3
    forget_marks(computer, school)
    for _ in range(3):
        computer.restart()
        computer.write(1)
    computer.limits = Limits(frame=300, named_logs=2)

    responder = school.responder()
    responder.program = Program(SPOKEN, lacks=int(Capability.RANGES))
    rounds = []

    def breaks_after_a_round(body):
        rounds.append(body)
        if len(rounds) > 1:
            raise LinkError("The link broke.")
        yield responder.handle([body])

    assert not district.exchange(computer, school, link=breaks_after_a_round).ok
    assert len(rounds) == 2
    assert district.exchange(computer, school, link=lambda body: [responder.handle([body])]).ok
    assert school.places() == computer.places()
