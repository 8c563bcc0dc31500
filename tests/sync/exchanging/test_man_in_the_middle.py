"""Frames that somebody on the way takes out of an answer, or brings back from an earlier one."""

import sqlite3
from contextlib import contextmanager

from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.messages import Ranges, Tips, WireRange, WireTip
from darasa.sync.session import Limits
from darasa.sync.session_body import body_of
from darasa.sync.session_store import StoreView
from darasa.sync.transport.exchange import myself


def _frames(answer):
    """(type, bytes) of the frames of a body, without END."""
    return [(each.type, each.raw) for each in FrameReader().feed(answer)][:-1]


def _end_first(school):
    return school.responder().handle([body_of([])])


def test_an_end_before_any_greeting_is_refused_with_a_sentence(pair):
    _, school = pair
    assert b"does not know this machine" in _end_first(school)


def test_a_mark_is_not_noted_when_somebody_takes_marks_out_of_the_answer(district, pair, make_link):
    """The server was set back, and says so in MARKS alone: without it all would seem well."""
    computer, school = pair
    with school.store.reading() as connection:
        old = sqlite3.connect(":memory:")
        connection.backup(old)
    computer.write(3)
    district.good(computer, school)
    with school.store.reading() as connection:
        old.backup(connection)
    old.close()
    computer.write(1)
    link = make_link(school)

    def without_marks(body):
        frames = _frames(b"".join(link(body)))
        return [body_of([raw for kind, raw in frames if kind != FrameType.MARKS])]

    report = district.exchange(computer, school, link=without_marks)
    assert not report.ok
    district.good(computer, school)
    assert computer.places() == school.places()


def test_a_receipt_of_an_earlier_round_is_refused(district, pair, make_link):
    computer, school = pair
    computer.write(2)
    first = make_link(school)
    district.good(computer, school, link=first)
    kept = [raw for kind, raw in _frames(first.answers[0]) if kind == FrameType.RECEIPT]
    assert kept
    district.clock.advance(1)
    computer.write(2)
    second = make_link(school)

    def with_old_receipt(body):
        frames = _frames(b"".join(second(body)))
        return [body_of([*(raw for _, raw in frames), *kept])]

    report = district.exchange(computer, school, link=with_old_receipt)
    assert "receipt is not signed" in report.error


@contextmanager
def _put_back(node):
    """Inside, the node's store goes on; `restore()` sets it back to what it was."""
    old = sqlite3.connect(":memory:")
    with node.store.reading() as connection:
        connection.backup(old)

    def restore():
        with node.store.reading() as connection:  # the memory store shares its one connection
            old.backup(connection)

    try:
        yield restore
    finally:
        old.close()


def _on_the_way(link, change):
    """A link on which somebody changes each answer: `change(round, [(type, bytes)…])`."""

    def carried(body):
        frames = _frames(b"".join(link(body)))
        return [body_of([raw for _, raw in change(len(link.answers), frames)])]

    return carried


def test_no_mark_is_noted_when_the_answer_to_marks_is_taken_out_too(
    district, chain_of_three, make_link
):
    """The round that names older marks may have a receipt: it tells what the hub holds."""
    computer, school, hub = chain_of_three
    for _ in range(2):
        computer.write(2)
        district.good(computer, school)
    district.good(school, hub)
    with _put_back(school) as restore:
        computer.write(3)
        district.good(computer, school)
        restore()
    link = make_link(school)

    def change(n, frames):
        return [each for each in frames if n != 2 or each[0] != FrameType.MARKS]

    report = district.exchange(computer, school, link=_on_the_way(link, change))
    assert b"".join(raw for kind, raw in _frames(link.answers[1]) if kind == FrameType.RECEIPT)
    assert not report.ok
    district.good(computer, school)
    assert computer.places() == school.places()


def test_ranges_after_the_receipt_that_signs_them_end_the_session(district, pair, make_link):
    computer, school = pair
    computer.limits = Limits(frame=300, named_logs=3)
    for _ in range(6):
        computer.restart()
        computer.write(6)
    link = make_link(school)

    def change(_, frames):
        nothing = Ranges((WireRange(b"", 0, None),)).to_frame()
        return [*frames, (FrameType.RANGES, nothing)]

    report = district.exchange(computer, school, link=_on_the_way(link, change))
    kinds = [kind for kind, _ in _frames(link.answers[0])]
    assert FrameType.RECEIPT in kinds[kinds.index(FrameType.RANGES) :]
    assert "did not sign" in report.error


def test_work_that_was_taken_out_is_not_held_because_unsigned_tips_say_so(
    district, pair, make_link
):
    """EVENTS of one log are taken out, and TIPS are put in that say it is held whole."""
    computer, school = pair
    computer.write(2)
    victim = computer.log.place
    computer.restart()
    computer.write(2)
    view = StoreView(computer.store, myself(computer.home))
    (other,) = [each for each in view.offered_logs(after=0) if each != victim.log.log_id]
    tip = WireTip(victim.log.log_id, victim.seq, victim.chain[:8])
    link = make_link(school)

    def without_events(body):
        n = len(link.bodies)
        frames = _frames(body)
        if n == 0:  # as if both had been refused
            frames = [each for each in frames if each[0] != FrameType.EVENTS]
        answered = _frames(b"".join(link(body_of([raw for _, raw in frames]))))
        if n == 0:
            said = Tips((tip, WireTip(other, 0, bytes(8)))).to_frame()
            answered.insert(1, (FrameType.TIPS, said))
        return [body_of([raw for _, raw in answered])]

    district.exchange(computer, school, link=without_events, trusted=True)
    assert len(school.places()) == 2
    district.good(computer, school)
    assert computer.places() == school.places()


def test_records_that_are_taken_out_of_an_answer_come_with_the_next(district, pair, make_link):
    """A scope's cursor moves by its own frames, or by word that it has nothing new."""
    computer, school = pair
    scopes = (b"c1", b"c2")
    school.hooks.allowed = computer.hooks.wanted = scopes
    for value in (b"one", b"two"):
        with school.store.transaction() as tx:
            for scope in scopes:
                tx.publish(scope, b"r", value)
        link = make_link(school)

        def change(_, frames):
            fed = [each for each in frames if each[0] == FrameType.FEED]
            return [each for each in frames if each not in fed[:1]]

        report = district.exchange(computer, school, link=_on_the_way(link, change))
        assert report.records_in == 1
        district.good(computer, school)
        assert [computer.store.records(scope) for scope in scopes] == [{b"r": value}] * 2
