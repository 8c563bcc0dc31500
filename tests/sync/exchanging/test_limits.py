"""What an honest node can make, a receiver takes: at each limit, and one beyond it."""

import pytest

from darasa.sync import erasing
from darasa.sync.codec import ARRAY_MAX, STRING_BYTES_MAX
from darasa.sync.erased import erase_record
from darasa.sync.errors import EventError
from darasa.sync.event import EVENT_BYTES_MAX, SEQ_MAX
from darasa.sync.frames import FrameReader
from darasa.sync.lineage import GENERATIONS_MAX
from darasa.sync.messages import TIPS_MAX, Ranges, WireRange, WireTip
from darasa.sync.ranges import Mode
from darasa.sync.session import Limits
from darasa.sync.session_comparing import ranges_frames
from darasa.sync.signing import NodeKey, issue_certificate
from darasa.sync.store import Store

AMINA = b"A" * 16
HEADER = 5


def moved(computer):
    """The node is on another machine now: it has a new key, and a certificate by the old one."""
    home, key = computer.home, NodeKey.generate(computer.rng)
    child = issue_certificate(
        home.node_key,
        subject_public=key.public,
        role=home.role,
        school_id=home.school_id,
        parent=home.node_id,
    )
    home.become(key, child, home.fingerprint)
    computer.restart()


@pytest.mark.parametrize(
    "body",
    [
        ("x" * (STRING_BYTES_MAX + 1),),
        ("ŵ" * (STRING_BYTES_MAX // 2) + "x",),
        ((0,) * (ARRAY_MAX + 1),),
        (0,) * (ARRAY_MAX + 1 - HEADER),
        (b"x" * EVENT_BYTES_MAX,),
    ],
)
def test_an_event_that_no_receiver_would_read_is_not_written(district, pair, body):
    """Once in the log, it and all that came after it would never be taken."""
    computer, school = pair
    with pytest.raises(EventError):
        computer.write(1, body=body)
    computer.write(2)
    district.good(computer, school)
    assert len(school.places()) == 2


@pytest.mark.parametrize(
    "body",
    [
        ("x" * STRING_BYTES_MAX,),
        ("ŵ" * (STRING_BYTES_MAX // 2),),
        ((0,) * ARRAY_MAX,),
        (0,) * (ARRAY_MAX - HEADER),
        (b"x" * (EVENT_BYTES_MAX - 40),),
    ],
)
def test_the_largest_event_that_may_be_written_goes(district, pair, body):
    computer, school = pair
    computer.write(1, body=body)
    district.good(computer, school)
    assert computer.places() == school.places()
    assert len(school.places()) == 1


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_the_longest_line_of_copies_brings_all_that_was_written_on_the_way(
    district, pair, is_confirmed
):
    """Also to a school whose store is lost: nobody else has what they wrote."""
    computer, school = pair
    computer.write(2)
    for _ in range(GENERATIONS_MAX):
        moved(computer)
        computer.write(1)
        for _ in range(2 * is_confirmed):
            district.good(computer, school)
    if is_confirmed:
        school = district.opened(school.home, Store.open(None, rng=district.rng))
    for _ in range(2):
        district.good(computer, school)
    assert len(school.places()) == 2 + GENERATIONS_MAX
    assert computer.store.unsent(school.home.node_id).total == 0
    assert district.good(computer, school).events_out == 0


@pytest.mark.parametrize("more", [0, 1])
def test_a_bundle_of_the_longest_line_is_taken_and_of_a_longer_one_refused_in_words(
    district, pair, stick_of, tmp_path, more
):
    computer, school = pair
    for _ in range(GENERATIONS_MAX + more):
        moved(computer)
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    taken = stick_of(school).take(tmp_path / made.file)
    assert (taken.ok, taken.events_in) == ((True, 2), (False, 0))[more]
    assert not more or "Join it with a new code" in taken.error


def test_a_log_in_which_every_other_event_is_erased_fits_its_bodies(
    district, chain_of_three, make_link
):
    """Each change from clear to erased is a frame of its own: none is full, all are too much."""
    _, school, hub = chain_of_three
    for _ in range(60):
        school.write(1, learner=None, body=(school.rng(300),))
        school.write(1, learner=AMINA)
    record = erase_record(school.home.node_key, school.home.school_id, AMINA)
    with school.store.transaction() as tx:
        erasing.erase(tx, school.hooks, [record])
    school.limits = Limits(frame=4_000, body=8_000)
    for trusted in (True, False):
        link = make_link(hub)
        district.good(school, hub, link=link, trusted=trusted)
        assert max(map(len, link.bodies)) <= 8_000
        hub = district.opened(hub.home, Store.open(None, rng=district.rng))
        with hub.store.transaction() as tx:
            tx.put_certificate(school.home.certificate)


def test_the_longest_list_of_one_log_goes_beside_other_ranges():
    """A range is never cut within a log: the list of 2,000 branches nearly fills a frame."""
    tips = tuple(
        WireTip(b"\x80" + bytes(7), SEQ_MAX, n.to_bytes(8, "big")) for n in range(TIPS_MAX)
    )
    before = [WireRange(n.to_bytes(8, "big"), Mode.FINGERPRINT, bytes(16)) for n in range(1, 600)]
    said = [*before, WireRange(b"\x81", Mode.TIPS, tips), WireRange(b"", Mode.SAME, None)]
    frames = [each for raw in ranges_frames(said) for each in FrameReader().feed(raw)]
    assert [each for frame in frames for each in Ranges.parse(frame.payload).ranges] == said
