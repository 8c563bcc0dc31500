"""A link that breaks at every byte, and bytes that change on the way."""

import pytest

from darasa.sync import feed, reads
from darasa.sync.session import Limits

SCOPES = (b"s", b"c" + b"1" * 16)


def _busy(computer, school, n):
    """New work on both sides: two runs of the computer, and records at the school."""
    computer.write(2)
    computer.restart()
    computer.write(3)
    with school.store.transaction() as tx:
        tx.publish(SCOPES[n % 2], n.to_bytes(16, "big"), b"value %d" % n)


@pytest.fixture
def feeding(pair):
    """A pair whose school also has records for its computer."""
    computer, school = pair
    computer.hooks.wanted = school.hooks.allowed = SCOPES
    computer.limits = school.limits = Limits(frame=600)
    return computer, school


@pytest.fixture
def session_bytes(district, feeding, make_link):
    """How many bytes one busy session takes, both ways."""
    computer, school = feeding
    _busy(computer, school, 0)
    district.good(computer, school)
    _busy(computer, school, 1)
    link = make_link(school)
    district.good(computer, school, link=link)
    return link.carried


def _same(computer, school):
    assert computer.places() == school.places()
    assert set(school.hooks.told.values()) == {1}
    for scope in SCOPES:
        with computer.store.reading() as here, school.store.reading() as there:
            assert feed.records(here, scope) == feed.published(there, scope)


@pytest.mark.parametrize(("trusted", "step"), [(False, 1), (True, 3)])
def test_a_cut_at_every_byte_heals_to_the_same_set(  # noqa: PLR0917 (fixtures)
    district, feeding, make_link, session_bytes, trusted, step
):
    computer, school = feeding
    for cut_at in range(1, session_bytes + 20, step):
        _busy(computer, school, cut_at)
        link = make_link(school, cut_at=cut_at, part=5)
        report = district.exchange(computer, school, link=link, trusted=trusted)
        assert report.ok or report.error
        if cut_at % 7 == 0:  # a second cut elsewhere before it heals
            again = make_link(school, cut_at=session_bytes - cut_at % session_bytes, part=5)
            district.exchange(computer, school, link=again, trusted=trusted)
        healed = district.good(computer, school, trusted=trusted)
        assert healed.events_out <= 5
        assert computer.store.frontier_digest() == school.store.frontier_digest()
    _same(computer, school)
    assert district.good(computer, school).rounds == 1


def test_nothing_is_believed_that_was_cut_before_its_head(district, pair, make_link):
    computer, school = pair
    computer.write(20)
    link = make_link(school, cut_at=300)
    district.exchange(computer, school, link=link)
    with school.store.reading() as connection:
        assert reads.event_count(connection) in {0, 20}


def test_a_flipped_bit_in_any_byte_of_a_body_is_refused(district, pair, make_link):
    computer, school = pair
    computer.write(4)
    clean = make_link(school)
    spoilt = district.exchange(
        computer, school, link=lambda body: iter([clean.responder.handle([_flipped(body, 40)])])
    )
    assert not spoilt.ok
    body = _body_of(district, computer, school)
    for at in range(len(body)):
        for bit in (0x01, 0x80):
            answered = school.responder().handle([_flipped(body, at, bit)])
            assert b"." in answered[-200:], at  # END carries a sentence
    held = school.places()
    assert held in ([], computer.places())  # a frame before the spoilt one may have been whole
    district.good(computer, school)
    assert computer.places() == school.places()
    assert set(school.hooks.told.values()) == {1}


def test_a_flipped_bit_in_any_byte_of_an_answer_is_refused(district, feeding, make_link):
    computer, school = feeding
    peer = computer.home.peer.node_id
    _busy(computer, school, 0)
    link = make_link(school)
    district.good(computer, school, link=link)
    for at in range(len(link.answers[0])):
        _busy(computer, school, at)
        spoiling = make_link(school)

        def spoilt(body, carrier=spoiling, place=at):
            answer = b"".join(carrier(body))
            return iter([_flipped(answer, place)])

        unsent = computer.store.unsent(peer).total
        report = district.exchange(computer, school, link=spoilt)
        assert not report.ok
        assert report.error
        assert computer.store.unsent(peer).total in {0, unsent}
        district.good(computer, school)
    _same(computer, school)


@pytest.mark.parametrize("part", [1, 3, 1000])
def test_parts_of_any_size_say_the_same(district, pair, make_link, part):
    computer, school = pair
    computer.write(4)
    district.good(computer, school, link=make_link(school, cut_at=10**9, part=part))
    assert computer.places() == school.places()


def test_a_truncated_body_keeps_its_whole_frames_and_says_so(district, pair):
    computer, school = pair
    computer.write(4)
    body = _body_of(district, computer, school)
    for length in range(len(body)):
        answer = school.responder().handle([body[:length]])
        assert b"cut short" in answer or b"does not know" in answer
    district.good(computer, school)
    assert computer.places() == school.places()


def _flipped(raw: bytes, at: int, bit: int = 0x10) -> bytes:
    at %= len(raw)
    return raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]


def _body_of(district, computer, school) -> bytes:
    """The body that the next exchange would send, without sending it."""
    taken = []

    def take(body):
        taken.append(body)
        return iter(())

    district.exchange(computer, school, link=take)
    return taken[0]
