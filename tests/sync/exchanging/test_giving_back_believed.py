"""What a school believes of what is given back and asks for again, and who is given nothing."""

import msgspec

from darasa.sync.capabilities import Capability
from darasa.sync.event_runs import pack_runs
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.ids import Role
from darasa.sync.messages import Heads, WireHead
from darasa.sync.session import Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.session_store import StoreView
from darasa.sync.transport.exchange import Exchange
from darasa.sync.versions import SPOKEN, Program


def test_a_head_that_is_lost_on_the_way_back_is_asked_for_before_a_mark_counts(
    district, chain_of_three, make_link, frames_of
):
    """Events came whole and their HEADS did not: named as held, the hub would never give them."""
    computer, school, hub = chain_of_three
    with school.copied() as restore:
        computer.write(5)
        district.up(computer, school, hub)
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
    district.same(school, hub)
    assert district.quiet(school, hub) <= 500


def test_a_mark_of_a_body_that_ended_badly_does_not_say_that_all_was_told(
    district, chain_of_three, make_link, frames_of
):
    """A program that takes nothing back notes it all the same; the next program names it."""
    computer, school, hub = chain_of_three
    computer.write(5)
    district.up(computer, school, hub)
    with school.copied() as restore:
        computer.write(5)
        district.up(computer, school, hub)
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
    district.same(school, hub)


def test_work_that_is_not_receipted_stays_owed_though_something_was_given_back(
    district, chain_of_three, make_link, frames_of
):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.up(computer, school, hub)
    with school.copied() as restore:
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
    district.same(school, hub)
    district.quiet(school, hub)


def test_a_computer_is_given_nothing_back_but_copies(district, pair, make_link, frames_of):
    computer, school = pair
    computer.write(4)
    district.good(computer, school)
    reborn = district.anew(computer)
    link = make_link(school)
    assert district.good(reborn, school, link=link).events_in == 0
    assert frames_of(link.answers[0], FrameType.HEADS, FrameType.EVENTS, FrameType.RANGES) == []


def test_a_school_that_does_not_say_it_takes_is_given_nothing(district, chain_of_three, frames_of):
    computer, school, hub = chain_of_three
    computer.write(4)
    district.up(computer, school, hub)
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
    reborn = district.anew(school)
    assert district.good(reborn, hub).events_in == 0
    assert reborn.places() == []


def test_a_hub_cannot_put_words_into_a_schools_mouth(
    district, chain_of_three, make_link, frames_of
):
    """Events whose heads only the hub has signed are not believed."""
    computer, school, hub = chain_of_three
    computer.write(2)
    district.up(computer, school, hub)
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
    district, chain_of_three, make_link, frames_of
):
    computer, school, hub = chain_of_three
    computer.write(9)
    district.up(computer, school, hub)
    reborn = district.anew(school)
    link = make_link(hub)

    def without_events(body):
        answer = b"".join(link(body))
        kinds = set(FrameType) - {FrameType.EVENTS, FrameType.END}
        return iter([body_of(frames_of(answer, *kinds))])

    report = district.exchange(reborn, hub, link=without_events)
    assert "does not give" in report.error
    district.good(reborn, hub)
    district.same(reborn, hub)
