"""A server from before erasure: nothing breaks on it, and nothing is lost to it."""

import msgspec
import pytest

from darasa.sync import erased_rows, erasing
from darasa.sync.capabilities import Capability
from darasa.sync.erased import erase_record
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.ids import Role
from darasa.sync.messages import EndCode, Hello, Receipt
from darasa.sync.session import Limits, Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.session_store import StoreView
from darasa.sync.transport.exchange import myself

AMINA, BARAKA = b"A" * 16, b"B" * 16


def parted(raw):
    """(type, bytes) of the frames of a body, without END."""
    return [(each.type, each.raw) for each in FrameReader().feed(raw)][:-1]


class Older:
    """A link to a server as it was before: it skips ERASED, ends at STUB, and says no bit 8."""

    def __init__(self, link, server):
        self.link = link
        self.server = server
        self.stubs = 0
        self.erased = 0

    def __call__(self, body):
        frames = parted(body)
        kinds = [kind for kind, _ in frames]
        self.erased += kinds.count(FrameType.ERASED)
        at = kinds.index(FrameType.STUB) if FrameType.STUB in kinds else len(frames)
        self.stubs += at < len(frames)
        taken = [raw for kind, raw in frames[:at] if kind != FrameType.ERASED]
        hello = Hello.parse(FrameReader().feed(frames[0][1])[0].payload)
        answer = parted(b"".join(self.link(body_of(taken))))
        said = Hello.parse(FrameReader().feed(answer[0][1])[0].payload)
        older = msgspec.structs.replace(
            said, capabilities=said.capabilities & ~Capability.ERASURE, erased_digest=None
        )
        signed = older.signed_bytes(receiver=hello.node_id, answers_to=hello.signature)
        key = self.server.home.node_key
        older = msgspec.structs.replace(older, signature=key.sign("hello", signed))
        rest = [raw for kind, raw in answer[1:] if kind != FrameType.ERASED]
        made = [older.to_frame(), *rest]
        if at < len(frames):
            yield body_of(made, reason="This version speaks no STUB.", code=EndCode.DAMAGED)
        else:
            yield body_of(made)


@pytest.fixture
def forgotten(chain_of_three, district):
    """A school that erased Amina, whose events are in the middle of a log; and its hub."""
    computer, school, hub = chain_of_three
    computer.write(3, learner=BARAKA)
    computer.write(2)
    computer.write(2, learner=BARAKA)
    computer.restart()
    computer.write(4, learner=BARAKA)
    district.good(computer, school)
    school.erase()
    return computer, school, hub


def test_what_is_before_the_first_leaf_goes_and_the_rest_is_not_said_to_be_held(
    district, forgotten, make_link
):
    _, school, hub = forgotten
    older = Older(make_link(hub), hub)
    for n in range(3):
        report = district.exchange(school, hub, link=older, trusted=True)
        assert report.error == ""
        assert (older.stubs, older.erased) == (1, 1)  # tried once, and known from then on
        assert hub.store.event_count() == 3 + 4 + n
        assert school.store.unsent(hub.home.node_id).total == 4  # two leaves, two after them
        school.write(1, learner=None)


def test_when_the_server_is_updated_the_rest_comes_and_the_record_with_it(
    district, forgotten, make_link
):
    _, school, hub = forgotten
    for _ in range(2):
        district.exchange(school, hub, link=Older(make_link(hub), hub))
    district.good(school, hub)
    assert hub.places() == school.places()
    assert hub.store.event_count() == school.store.event_count() == 11
    assert hub.hooks.erased == school.hooks.erased
    assert school.store.unsent(hub.home.node_id).total == 0
    assert district.good(school, hub).rounds == 1


def test_what_is_held_back_stays_owed_though_something_was_given_back(
    district, forgotten, make_link
):
    """What came is named, from a place after what is held back: a mark then would hide that."""
    _, school, hub = forgotten
    older = Older(make_link(hub), hub)
    district.exchange(school, hub, link=older)
    kept = school.image()
    school.write(3, learner=None)
    district.exchange(school, hub, link=older)
    back = district.anew(school, kept)
    for _ in range(2):
        assert district.exchange(back, hub, link=older, trusted=True).ok
        assert back.store.unsent(hub.home.node_id).total == 4
    district.good(back, hub)
    assert hub.places() == back.places()
    assert hub.store.frontier_digest() == back.store.frontier_digest()


def test_a_branch_that_cannot_go_is_not_compared_without_end(district, forgotten, make_link):
    """A hub gives of a log when it has all that the school lists of it: here it never has."""
    computer, school, hub = forgotten
    older = Older(make_link(hub), hub)
    district.exchange(school, hub, link=older)
    twin = district.twin(computer)
    kept = school.image()
    twin.write(2, learner=BARAKA)
    district.good(twin, school)
    district.exchange(school, hub, link=older)
    back = district.anew(school, kept)
    with back.store.transaction() as tx:
        tx.forget_marks_after(school.home.school_id, hub.home.node_id, 0)
    computer.write(1, learner=b"C" * 16)
    computer.write(60, learner=BARAKA)
    district.good(computer, back)
    back.erase(b"C" * 16)
    back.write(60, learner=None)  # more than a frame: it compares first
    back.limits = Limits(frame=400, named_logs=0)
    report = district.exchange(back, hub, link=older)
    assert report.ok
    assert report.rounds < 10
    district.good(back, hub)
    assert hub.places() == back.places()
    assert hub.store.frontier_digest() == back.store.frontier_digest()


def test_many_logs_are_compared_and_not_sent_again_each_time(district, forgotten, make_link):
    computer, school, hub = forgotten
    for _ in range(12):
        computer.restart()
        computer.write(5, learner=BARAKA)
    district.good(computer, school)
    school.limits = Limits(frame=400)
    older = Older(make_link(hub), hub)
    for n in range(3):
        report = district.exchange(school, hub, link=older, trusted=True)
        assert report.error == ""
        assert n == 0 or report.events_out == 0
    assert hub.store.event_count() == 3 + 4 + 60


def test_a_server_that_was_downgraded_does_not_end_the_session(district, forgotten, make_link):
    computer, school, hub = forgotten
    district.good(school, hub)
    computer.write(1, learner=BARAKA)
    computer.write(1)
    computer.write(1, learner=BARAKA)
    district.good(computer, school)
    older = Older(make_link(hub), hub)
    assert district.exchange(school, hub, link=older, trusted=True).error == ""
    assert hub.store.event_count() == 12
    district.good(school, hub)
    assert hub.store.event_count() == school.store.event_count() == 14
    assert hub.store.frontier_digest() == school.store.frontier_digest()


def test_a_hub_gives_no_leaf_to_a_school_that_says_no_erasure(district, forgotten):
    """And its mark does not say that all was told: the school is given it when it is updated."""
    _, school, hub = forgotten
    district.good(school, hub)
    me = Myself(school.home.node_key, Role.SCHOOL, school.home.school_id)
    hello = signed_hello(
        me,
        receiver=hub.home.node_id,
        school_id=school.home.school_id,
        wall_ms=5,
        capabilities=Capability.RANGES,
    )
    answer = parted(hub.responder().handle([body_of([hello.to_frame()])]))
    given = {FrameType.HEADS, FrameType.EVENTS, FrameType.STUB, FrameType.ERASED}
    assert given.isdisjoint(kind for kind, _ in answer)
    marks = [Receipt.parse(raw[6:-4]).mark for kind, raw in answer if kind == FrameType.RECEIPT]
    view = StoreView(hub.store, myself(hub.home))
    told = [view.relay.told_upto(me.school_id, me.key.node_id, mark) for mark in marks]
    assert told in ([], [0])


def test_sticks_to_an_older_server_bring_what_it_reads(district, forgotten, make_link, carry):
    _, school, hub = forgotten
    district.exchange(school, hub, link=Older(make_link(hub), hub))
    for _ in range(100):  # more than a frame
        school.write(1, learner=None, body=(district.rng(4_000),))
    up, down = carry(school, hub)  # a server that reads all, and is not known to
    assert (up.error, down.error) == ("", "")
    assert hub.store.event_count() == 3 + 4 + 100
    assert carry(school, hub)[0].ok  # its answer said so
    assert hub.store.frontier_digest() == school.store.frontier_digest()


@pytest.mark.parametrize(("mine", "theirs"), [(50, 0), (0, 50), (40, 60), (7, 40)])
def test_more_records_than_a_body_takes_come_in_several_rounds(
    district, chain_of_three, make_link, mine, theirs
):
    """Each side of a school and its hub has forgotten what the other knows."""
    _, school, hub = chain_of_three
    school.write(3)
    district.good(school, hub)
    records = [
        erase_record(school.home.node_key, school.home.school_id, district.rng(16))
        for _ in range(mine + theirs)
    ]
    for node, known in ((school, records[:mine]), (hub, records[mine:])):
        with node.store.transaction() as tx:
            erasing.erase(tx, node.hooks, known)
        node.limits = Limits(body=5_000)  # 19 records
    link = make_link(hub)
    report = district.good(school, hub, link=link)
    assert report.rounds <= 2 + (mine + theirs) // 15
    assert all(len(raw) <= 5_000 for raw in [*link.bodies, *link.answers])
    for node in (school, hub):
        assert len(node.store.read(erased_rows.records, school.home.school_id)) == mine + theirs
    assert district.good(school, hub).rounds == 1
