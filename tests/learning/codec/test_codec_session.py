"""Codec 1 between nodes: what one side cannot read comes again plainer, and all arrives."""

import random
from collections.abc import Iterator

import msgspec
import pytest

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.source import load_source
from darasa.learning.attempt_columns.codec import AttemptCodec
from darasa.learning.classroom import Classroom
from darasa.learning.practice.sitting import Sitting
from darasa.learning.simulated.learner import HABITS, SimulatedLearner
from darasa.sync.clock import ManualClock
from darasa.sync.errors import CodecError
from darasa.sync.event_codec import Coded
from darasa.sync.frames import FrameReader
from darasa.sync.ids import Role
from darasa.sync.messages import Events, Hello, parse_message
from darasa.sync.session import Limits
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.responder import Responder

COURSE = load_source(bundled_courses()[0])


def messages(body: bytes):
    return [parse_message(frame) for frame in FrameReader().feed(body)]


class Wire:
    """Carries bodies to a server and keeps what they were."""

    def __init__(self, responder: Responder) -> None:
        self.responder = responder
        self.bodies: list[bytes] = []
        self.answers: list[bytes] = []

    def __call__(self, body: bytes) -> Iterator[bytes]:
        self.bodies.append(body)
        answer = self.responder.handle((body,))
        self.answers.append(answer)
        yield answer

    def events(self) -> list[Events]:
        """The EVENTS frames that were sent, in order."""
        sent = [each for body in self.bodies for each in messages(body)]
        return [each for each in sent if isinstance(each, Events)]

    def codecs(self) -> list[tuple[int, bool]]:
        """(codec, whether it needed a context) of each."""
        return [(each.codec, each.context8 is not None) for each in self.events()]


class OldCodec:
    """A program that does not know codec 1: it ends the session, as version 0.1 did."""

    def encode(self, runs, *, peer, known_upto):
        return None

    def decode(self, runs, *, context8, payload, school_id):
        raise CodecError("This version reads events of codec 0 only, not of 1.")

    def peer_reads(self, peer, *, codec_1):
        pass

    def context_missing(self, peer):
        pass


class OldWire(Wire):
    """A server as it was before codec 1: no capability, and codec 1 is damage to it."""

    def __init__(self, room: Classroom) -> None:
        super().__init__(responder(room, codec=OldCodec()))

    def __call__(self, body: bytes) -> Iterator[bytes]:
        for answer in super().__call__(body):
            yield without_capabilities(self.responder, answer, body)


def without_capabilities(server: Responder, answer: bytes, asked: bytes) -> bytes:
    """The answer with a HELLO that says nothing of codecs, signed anew."""
    from darasa.sync.messages import End
    from darasa.sync.session_body import EndCode, body_of

    (greeting, *_), frames = messages(asked), messages(answer)
    key, made = server.home.node_key, []
    for each in frames[:-1]:
        if isinstance(each, Hello):
            old = msgspec.structs.replace(each, capabilities=0)
            raw = old.signed_bytes(receiver=greeting.node_id, answers_to=greeting.signature)
            made.append(msgspec.structs.replace(old, signature=key.sign("hello", raw)).to_frame())
        else:
            made.append(each.to_frame())
    end = frames[-1]
    assert isinstance(end, End)
    return body_of(made, reason=end.reason, code=EndCode(end.code))


def responder(room: Classroom, *, codec=None) -> Responder:
    return Responder(
        room.home, room.store, hooks=room.hooks, clock=room.clock, rng=room.rng, codec=codec
    )


def exchange(room: Classroom, wire: Wire, *, codec=None, limits=None, trusted=True):
    peer = room.home.peer
    assert peer is not None
    one = Exchange(
        room.home,
        room.store,
        peer,
        hooks=room.hooks,
        clock=room.clock,
        presence=None,
        limits=limits,
        trusted=trusted,
        codec=codec,
    )
    return one.run(wire)


def good(room: Classroom, wire: Wire, **how):
    report = exchange(room, wire, **how)
    assert report.error == ""
    return report


def work(room: Classroom, learner_id, clock: ManualClock, *, items=6, seed=1) -> None:
    sitting = Sitting.begin(room, learner_id, how="simulated")
    mind = SimulatedLearner(HABITS[0], seed=seed)
    mind.play(sitting, items=items, pass_ms=clock.advance)
    sitting.sign_out()


def canonicals(room: Classroom, author: bytes) -> list[bytes]:
    events = room.store.events_after(0)
    return sorted(each.canonical for each in events if each.author == author)


@pytest.fixture
def school(make_room):
    room = make_room(Role.SCHOOL, packs=(COURSE,))
    class_id = room.people.add_class("5B")
    for name in ("Amina", "Baraka"):
        room.people.add_learner(name, class_id, pin="4821")
    return room


@pytest.fixture
def computer(make_room, school, clock):
    room = make_room(Role.COMPUTER, joined=school, packs=(COURSE,))
    good(room, Wire(responder(school)))
    good(room, Wire(responder(school)))
    work(room, school.people.learners()[0].learner_id, clock)
    return room


def arrived(computer: Classroom, school: Classroom) -> bool:
    mine = canonicals(computer, computer.home.node_id)
    return bool(mine) and canonicals(school, computer.home.node_id) == mine


def test_a_computer_and_its_school_use_the_roster_and_the_dictionary(computer, school):
    wire = Wire(responder(school, codec=school.codec))
    report = good(computer, wire, codec=computer.codec)
    assert arrived(computer, school)
    assert wire.codecs() == [(1, True)]
    assert report.rounds == 1
    (frame,) = wire.events()
    assert school.people.learners()[0].learner_id not in frame.payload


def test_a_receiver_without_the_dictionary_gets_all_without_context(computer, school):
    stranger = AttemptCodec(packs=lambda: (), known=lambda *_: False, find=lambda *_: ())
    wire, codec = Wire(responder(school, codec=stranger)), computer.codec
    report = good(computer, wire, codec=codec)
    assert arrived(computer, school)
    assert wire.codecs() == [(1, True), (1, False)]
    assert report.rounds == 2


def test_what_a_receiver_lacked_is_remembered_in_the_process(computer, school, clock):
    stranger = AttemptCodec(packs=lambda: (), known=lambda *_: False, find=lambda *_: ())
    codec = computer.codec
    good(computer, Wire(responder(school, codec=stranger)), codec=codec)
    work(computer, school.people.learners()[1].learner_id, clock)
    wire = Wire(responder(school, codec=stranger))
    report = good(computer, wire, codec=codec)
    assert arrived(computer, school)
    assert wire.codecs() == [(1, False)]
    assert report.rounds == 1


def test_a_receiver_without_the_codec_gets_codec_0(computer, school, clock):
    wire, codec = Wire(responder(school)), computer.codec
    good(computer, wire, codec=codec)
    assert arrived(computer, school)
    assert wire.codecs() == [(1, True), (0, False)]
    work(computer, school.people.learners()[1].learner_id, clock)
    again = Wire(responder(school))
    good(computer, again, codec=codec)
    assert again.codecs() == [(0, False)]
    assert arrived(computer, school)


def test_an_old_receiver_that_ends_the_session_gets_codec_0_in_the_same_one(computer, school):
    wire = OldWire(school)
    good(computer, wire, codec=computer.codec)
    assert arrived(computer, school)
    assert wire.codecs() == [(1, True), (0, False)]


def test_an_older_program_on_a_restored_store_gets_what_the_store_has_lost(computer, school, clock):
    learner_id = school.people.learners()[0].learner_id
    codec, connection = computer.codec, school.store._connection
    good(computer, Wire(responder(school, codec=school.codec)), codec=codec)
    backup = connection.serialize()
    work(computer, learner_id, clock)
    good(computer, Wire(responder(school, codec=school.codec)), codec=codec)
    connection.deserialize(backup)
    for log in computer.store.local_logs:
        log.abandon()  # what comes now is in another log
    work(computer, learner_id, clock)
    good(computer, OldWire(school), codec=codec)
    assert arrived(computer, school)


def test_an_old_sender_is_understood(computer, school):
    wire = Wire(responder(school, codec=school.codec))
    good(computer, wire)
    assert arrived(computer, school)
    assert wire.codecs() == [(0, False)]


def test_a_receiver_that_was_updated_gets_codec_1_again(computer, school, clock):
    codec = computer.codec
    good(computer, Wire(responder(school)), codec=codec)
    for who, codecs in ((0, [(0, False)]), (1, [(1, False)])):
        work(computer, school.people.learners()[who].learner_id, clock)
        wire = Wire(responder(school, codec=school.codec))
        good(computer, wire, codec=codec)
        assert wire.codecs() == codecs
        assert arrived(computer, school)


def test_an_encoder_that_cannot_leaves_codec_0(computer, school):
    class Unable(AttemptCodec):
        def encode(self, runs, *, peer, known_upto) -> Coded | None:
            return None

    codec = Unable(packs=lambda: (), known=lambda *_: False, find=lambda *_: ())
    wire = Wire(responder(school, codec=school.codec))
    good(computer, wire, codec=codec)
    assert wire.codecs() == [(0, False)]
    assert arrived(computer, school)


def test_a_damaged_payload_ends_the_session_and_nothing_of_it_is_kept(computer, school):
    class Spoiling(AttemptCodec):
        def encode(self, runs, *, peer, known_upto) -> Coded | None:
            coded = super().encode(runs, peer=peer, known_upto=known_upto)
            assert coded is not None
            return Coded(coded.context8, coded.payload[:-1])

    codec = Spoiling(packs=lambda: (), known=lambda *_: False, find=lambda *_: ())
    report = exchange(computer, Wire(responder(school, codec=school.codec)), codec=codec)
    assert not report.ok
    assert not canonicals(school, computer.home.node_id)
    good(computer, Wire(responder(school, codec=school.codec)), codec=computer.codec)
    assert arrived(computer, school)


@pytest.mark.parametrize("trusted", [True, False])
def test_small_frames_are_well_filled_and_none_is_too_large(computer, school, clock, trusted):
    for seed in range(24):
        work(computer, school.people.learners()[seed % 2].learner_id, clock, seed=seed, items=20)
        clock.advance(86_400_000)
    wire = Wire(responder(school, codec=school.codec))
    limits = Limits(frame=512)
    good(computer, wire, codec=computer.codec, limits=limits, trusted=trusted)
    assert arrived(computer, school)
    sizes = [len(each.to_frame()) for each in wire.events()]
    assert max(sizes) <= 512
    assert len(sizes) > 2
    assert sum(sizes[:-1]) > 0.5 * 512 * len(sizes[:-1])


def test_a_school_and_its_hub_use_only_what_the_hub_was_told(make_room, computer, school, clock):
    hub = make_room(Role.HUB, packs=(COURSE,))
    from darasa.sync.home import Peer
    from darasa.sync.signing import issue_certificate

    certificate = issue_certificate(
        hub.home.node_key,
        subject_public=school.home.node_key.public,
        role=Role.SCHOOL,
        school_id=school.home.school_id,
    )
    with hub.store.transaction() as tx:
        tx.put_certificate(certificate)
    peer = Peer(
        url="",
        node_id=hub.home.node_id,
        public_key=hub.home.node_key.public,
        name="hub",
        role=Role.HUB,
        certificate=hub.home.certificate,
    )
    school.home.save_peer(
        peer, certificate=certificate, school_id=school.home.school_id, seal_public=None
    )
    wire = Wire(responder(hub, codec=hub.codec))
    good(school, wire, codec=school.codec)
    good(computer, Wire(responder(school, codec=school.codec)), codec=computer.codec)
    good(school, wire, codec=school.codec)
    work(computer, school.people.learners()[1].learner_id, clock, seed=random.Random(5).random())
    good(computer, Wire(responder(school, codec=school.codec)), codec=computer.codec)
    good(school, wire, codec=school.codec)
    assert canonicals(hub, computer.home.node_id) == canonicals(computer, computer.home.node_id)
    assert all(codec == 1 for codec, _ in wire.codecs()[1:])
    assert len(wire.answers) == 3
