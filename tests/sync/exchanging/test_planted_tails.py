"""Events that nobody signs for do not stay: dropped when their head does not come out."""

import pytest

from darasa.sync import audit
from darasa.sync.event_runs import pack_runs
from darasa.sync.frontier import Head
from darasa.sync.ids import Role
from darasa.sync.messages import Heads, Tips, WireHead
from darasa.sync.session import Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.session_store import StoreView


def hello(node, server):
    me = Myself(node.home.node_key, node.home.role, node.home.school_id)
    school_id = node.home.school_id
    return signed_hello(me, receiver=server.home.node_id, school_id=school_id, wall_ms=5).to_frame()


def offer(node):
    """The one log of a node as EVENTS, and its heads."""
    view = StoreView(node.store, Myself(node.home.node_key, node.home.role, node.home.school_id))
    (log_id,) = view.offered_logs(after=0)
    return pack_runs(list(view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20)))


def ask(node, server, *frames):
    return server.responder().handle([body_of([hello(node, server), *frames])])


def unsigned(node):
    """How many events nobody has signed for."""
    with node.store.reading() as connection:
        assert list(audit.audit(connection)) == []
        query = "SELECT count(*) FROM event WHERE ordinal IS NULL"
        return connection.execute(query).fetchone()[0]


@pytest.fixture
def planted(district):
    """A school with an honest computer's log, and a tail of it that a rogue has made up."""
    school = district.school()
    honest, rogue = district.computer(school), district.computer(school)
    honest.write(3)
    district.good(honest, school)
    liar = district.twin(honest)
    liar.write(5)  # it has the log, not the key: what it sends comes without a head
    events, _ = offer(liar)
    ask(rogue, school, events.to_frame())
    assert unsigned(school) == 5
    return school, honest, rogue, events


def test_a_planted_tail_goes_when_who_brought_it_has_nothing_more_to_say(district, planted):
    school, honest, rogue, _ = planted
    district.good(rogue, school)
    assert unsigned(school) == 0
    assert school.places() == honest.places()
    honest.write(2)
    district.good(honest, school)
    assert school.places() == honest.places()


def test_a_planted_tail_goes_when_the_author_names_what_it_has(district, planted):
    school, honest, _, _ = planted
    view = StoreView(
        honest.store, Myself(honest.home.node_key, Role.COMPUTER, honest.home.school_id)
    )
    tips = view.offered_tips(view.offered_logs(after=0))
    ask(honest, school, Tips(tuple(tips)).to_frame())
    assert unsigned(school) == 0
    assert school.places() == honest.places()


def test_another_computers_names_drop_nothing(district, planted):
    school, honest, _, _ = planted
    view = StoreView(
        honest.store, Myself(honest.home.node_key, Role.COMPUTER, honest.home.school_id)
    )
    tips = view.offered_tips(view.offered_logs(after=0))
    other = district.computer(school)
    other.write(1)
    ask(other, school, Tips(tuple(tips)).to_frame())
    assert unsigned(school) == 5


def test_an_author_that_is_further_drops_nothing_that_may_be_its_own(district, pair):
    computer, school = pair
    computer.write(3)
    events, _ = offer(computer)
    relay = district.computer(school)
    ask(relay, school, events.to_frame())  # carried by another, its heads to come
    computer.write(2)
    view = StoreView(
        computer.store, Myself(computer.home.node_key, Role.COMPUTER, computer.home.school_id)
    )
    tips = view.offered_tips(view.offered_logs(after=0))
    ask(computer, school, Tips(tuple(tips)).to_frame())
    assert unsigned(school) == 3


def test_a_tail_waits_for_its_head_while_its_bringer_goes_on(district, pair):
    computer, school = pair
    computer.write(3)
    events, heads = offer(computer)
    ask(computer, school, events.to_frame())
    computer.write(1)
    more, _ = offer(computer)
    ask(computer, school, more.to_frame())  # another round of the session
    assert unsigned(school) == 4
    key = computer.home.node_key
    wire = tuple(WireHead(each.log_id, each.seq, each.chain) for each in heads)
    signed = Heads(wire, key.node_id, key.sign("heads", Heads.bytes_to_sign(wire)))
    ask(computer, school, signed.to_frame())
    assert len(school.places()) == 3
    assert set(school.hooks.told.values()) == {1}


def test_a_tail_that_two_have_brought_waits_for_both(district, planted):
    school, honest, rogue, events = planted
    second = district.computer(school)
    ask(second, school, events.to_frame())
    district.good(rogue, school)
    assert unsigned(school) == 5
    district.good(second, school)
    assert unsigned(school) == 0
    assert school.places() == honest.places()


def test_a_cut_body_drops_nothing(district, planted):
    school, _, rogue, _ = planted
    body = body_of([hello(rogue, school)])
    school.responder().handle([body[:-1]])
    assert unsigned(school) == 5


def test_what_is_believed_never_goes(district, pair):
    computer, school = pair
    written = computer.write(6)
    events, _ = offer(computer)
    partial = Head(written[2].log_id, 3, written[2].chain)
    wire = (WireHead(partial.log_id, partial.seq, partial.chain),)
    key = computer.home.node_key
    signed = Heads(wire, key.node_id, key.sign("heads", Heads.bytes_to_sign(wire)))
    ask(computer, school, signed.to_frame(), events.to_frame())
    assert (len(school.places()), unsigned(school)) == (3, 3)
    ask(computer, school)
    assert (len(school.places()), unsigned(school)) == (3, 0)
    district.good(computer, school)  # they were never receipted: they come again
    assert school.places() == computer.places()
    assert set(school.hooks.told.values()) == {1}
