"""Programs of two versions meet: the highest that both know is spoken, and nothing is guessed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.capabilities import Capability
from darasa.sync.codec import pack
from darasa.sync.frames import FrameReader, FrameType, encode_frame
from darasa.sync.messages import End, EndCode, Hello, Ranges, WireRange, parse_message
from darasa.sync.ranges import Mode
from darasa.sync.session import Answering, Asking, Other
from darasa.sync.session_body import body_of
from darasa.sync.session_store import StoreView, apply_write
from darasa.sync.transport.exchange import myself
from darasa.sync.versions import SPOKEN, Program, Versions

OLD, BOTH, NEW = Versions(1, 1), Versions(1, 2), Versions(2, 2)


class Meeting:
    """One round between a computer and a school that know other versions."""

    def __init__(self, pair, mine, theirs, *, lacks=0):
        computer, school = pair
        self.school = school
        me = myself(computer.home, program=Program(mine))
        server = myself(school.home, program=Program(theirs, int(lacks)))
        peer = computer.home.peer
        other = Other(peer.node_id, peer.public_key, peer.role, computer.home.school_id)
        self.asking = Asking(me=me, other=other, view=StoreView(computer.store, me), trusted=True)
        self.answering = Answering(
            me=server,
            view=StoreView(school.store, server),
            rng=school.rng,
            scopes_of=lambda _: (),
        )
        self.server = server

    def run(self, change=lambda frames: frames):
        frames = [each.raw for each in FrameReader().feed(self.asking.send(0))][:-1]
        body = body_of(change(frames))
        for steps in (self.answering.receive(body), self.answering.finish()):
            for step in steps:
                with self.school.store.transaction() as tx:
                    for write in step.writes:
                        apply_write(tx, write, me=self.server, hooks=self.school.hooks)
        answer = self.answering.send(0)
        list(self.asking.receive(answer))
        list(self.asking.finish())
        return answer


@pytest.mark.parametrize(
    ("mine", "theirs", "spoken"),
    [
        (OLD, OLD, 1),
        (OLD, BOTH, 1),
        (BOTH, OLD, 1),
        (BOTH, BOTH, 2),
        (NEW, BOTH, 2),
        (BOTH, NEW, 2),
        (Versions(1, 9), Versions(2, 4), 4),
    ],
    ids=str,
)
def test_the_highest_version_that_both_know_is_spoken(pair, mine, theirs, spoken):
    pair[0].write(3)
    meeting = Meeting(pair, mine, theirs)
    meeting.run()
    assert (meeting.asking.fault, meeting.answering.fault) == ("", "")
    assert meeting.asking.version == meeting.answering.version == spoken
    assert len(pair[1].places()) == 3


@pytest.mark.parametrize(("mine", "theirs"), [(OLD, NEW), (NEW, OLD)], ids=str)
def test_without_a_common_version_the_session_ends_with_a_sentence(pair, mine, theirs):
    pair[0].write(3)
    meeting = Meeting(pair, mine, theirs)
    answer = meeting.run()
    (end,) = map(parse_message, FrameReader().feed(answer))
    assert isinstance(end, End)
    assert end.code == EndCode.VERSION
    assert end.reason == meeting.asking.fault
    assert f"version {theirs} of the exchange, the other side {mine}." in end.reason
    assert pair[1].places() == []


def test_the_first_body_is_written_in_the_least_version(pair):
    assert Meeting(pair, BOTH, BOTH).asking.version == 1


def _with_capabilities(me, receiver, bits):
    """The frames of a body whose HELLO, signed anew, has these capability bits."""

    def change(frames):
        (frame,) = FrameReader().feed(frames[0])
        hello = parse_message(frame)
        assert isinstance(hello, Hello)
        fields = list(hello.to_payload())
        fields[7] = bits
        signed = pack((receiver, b"", *fields[:-1]))
        fields[9] = me.key.sign("hello", signed)
        return [encode_frame(1, tuple(fields)), *frames[1:]]

    return change


@pytest.mark.parametrize("bits", [0, 1, 0x8000_0000, 0xFFFF_FFFF])
def test_unknown_capabilities_are_ignored(pair, bits):
    computer, school = pair
    computer.write(2)
    meeting = Meeting(pair, SPOKEN, SPOKEN)
    me = myself(computer.home)
    change = _with_capabilities(me, school.home.node_id, bits)
    meeting.run(change)
    assert meeting.answering.fault == ""
    assert len(school.places()) == 2


def test_frames_of_unknown_types_are_skipped_when_they_are_optional(pair):
    computer, school = pair
    computer.write(2)
    later = encode_frame(99, ("from a later version", 7), optional=True)
    meeting = Meeting(pair, SPOKEN, SPOKEN)
    meeting.run(lambda frames: [each for frame in frames for each in (frame, later)])
    assert meeting.answering.fault == ""
    assert len(school.places()) == 2


@pytest.mark.parametrize("lacks", [Capability(0), Capability.RANGES])
def test_a_program_from_before_ranges_neither_reads_nor_writes_them(pair, lacks):
    computer, _ = pair
    computer.write(2)
    meeting = Meeting(pair, SPOKEN, SPOKEN, lacks=lacks)
    asked = Ranges((WireRange(b"", Mode.FINGERPRINT, bytes(16)),)).to_frame()
    answer = meeting.run(lambda frames: [*frames, asked])
    types = {frame.type for frame in FrameReader().feed(answer)}
    assert meeting.answering.fault == ""
    assert (FrameType.RANGES in types) == (not lacks)


def test_a_frame_of_an_unknown_type_that_is_not_optional_ends_the_session(pair):
    computer, school = pair
    computer.write(2)
    meeting = Meeting(pair, SPOKEN, SPOKEN)
    meeting.run(lambda frames: [*frames, encode_frame(99, ("later",))])
    assert "does not speak type 99 frames" in meeting.answering.fault
    assert len(school.places()) == 2  # what came before it stays


versions = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: Versions(*sorted(pair)))


@given(versions, versions)
def test_both_sides_choose_the_same(mine, theirs):
    common = mine.common(theirs)
    assert common == theirs.common(mine)
    both = set(range(mine.least, mine.most + 1)) & set(range(theirs.least, theirs.most + 1))
    assert common == (max(both) if both else None)


def test_neighbouring_releases_always_meet():
    """Each release knows the version of the one before it (N-1 and N mixed)."""
    releases = [Versions(max(1, n - 1), n) for n in range(1, 9)]
    for old, new in pairwise(releases):
        assert old.common(new) == old.most
