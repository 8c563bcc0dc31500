"""Who is served, and what is believed of whom."""

import pytest

from darasa.sync import contacts
from darasa.sync.event_runs import pack_runs
from darasa.sync.frames import FrameReader, FrameType, encode_frame
from darasa.sync.frontier import Head
from darasa.sync.ids import NO_SCHOOL, Chain, Role
from darasa.sync.messages import Heads, Nodes, Receipt, Tips, WireHead, WireTip, parse_message
from darasa.sync.session import Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.session_store import StoreView
from darasa.sync.signing import NodeKey, issue_certificate


def _hello(node, server, *, key=None, school_id=None, receiver=None):
    me = Myself(key or node.home.node_key, node.home.role, node.home.school_id)
    return signed_hello(
        me,
        receiver=receiver or server.home.node_id,
        school_id=node.home.school_id if school_id is None else school_id,
        wall_ms=5,
    ).to_frame()


def _offer(node):
    """All runs of a node's logs as an EVENTS message, and their heads."""
    me = Myself(node.home.node_key, node.home.role, node.home.school_id)
    view = StoreView(node.store, me)
    runs = [
        run
        for log_id in view.offered_logs(after=0)
        for run in view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20)
    ]
    return pack_runs(runs)


def _heads(key, heads):
    wire = tuple(WireHead(each.log_id, each.seq, each.chain) for each in heads)
    return Heads(wire, key.node_id, key.sign("heads", Heads.bytes_to_sign(wire))).to_frame()


def _ask(server, *frames, **end):
    return server.responder().handle([body_of(list(frames), **end)])


def test_a_stranger_is_refused_and_nothing_is_stored(district):
    school, stranger = district.school(), district.computer()
    stranger.write(2)
    events, heads = _offer(stranger)
    answer = _ask(
        school,
        _hello(stranger, school),
        _heads(stranger.home.node_key, heads),
        events.to_frame(),
    )
    assert b"does not know this machine" in answer
    assert school.places() == []
    assert school.store.log_count() == 0


def test_a_certificate_of_another_school_opens_nothing(district):
    school, other = district.school(), district.school()
    computer = district.computer(other)
    certificate = Nodes((computer.home.certificate.to_payload(),)).to_frame()
    answer = _ask(school, _hello(computer, school), certificate)
    assert b"does not know this machine" in answer
    assert school.store.read(contacts.certificates_of, computer.home.node_id) == []


def test_a_node_that_says_another_school_is_refused(district, pair):
    computer, school = pair
    answer = _ask(school, _hello(computer, school, school_id=b"x" * 16))
    assert b"another school" in answer


def test_a_node_of_the_wrong_role_is_refused(district):
    school, other = district.school(), district.school()
    with school.store.transaction() as tx:
        tx.put_certificate(
            issue_certificate(
                school.home.node_key,
                subject_public=other.home.node_key.public,
                role=Role.SCHOOL,
                school_id=other.home.school_id,
            )
        )
    assert b"does not serve a school" in _ask(school, _hello(other, school))


def test_a_node_that_was_removed_is_refused_and_what_it_sent_before_is_kept(district, pair):
    computer, school = pair
    computer.write(2)
    district.good(computer, school)
    held = school.places()
    school.hooks.refusals[computer.home.node_id] = "This computer was removed."
    computer.write(2)
    report = district.exchange(computer, school)
    assert (report.ok, report.error) == (False, "This computer was removed.")
    assert school.places() == held
    school.hooks.refusals.clear()
    district.good(computer, school)
    assert school.places() == computer.places()


def test_a_greeting_signed_by_another_key_is_refused(district, pair, kit):
    computer, school = pair
    forger = NodeKey.generate(computer.rng)
    me = Myself(forger, Role.COMPUTER, computer.home.school_id)
    hello = signed_hello(
        me, receiver=school.home.node_id, school_id=computer.home.school_id, wall_ms=5
    )
    import msgspec

    forged = msgspec.structs.replace(hello, node_id=computer.home.node_id)
    assert b"not signed" in _ask(school, forged.to_frame())


def test_a_greeting_for_another_server_is_refused(district, pair):
    computer, school = pair
    assert b"not signed" in _ask(school, _hello(computer, school, receiver=b"y" * 16))


def test_a_server_that_forgot_a_node_takes_its_certificate_back(district):
    school, computer = district.school(), district.computer()
    district.join(computer, school, known=False)
    computer.write(3)
    report = district.good(computer, school)
    assert report.rounds <= 3
    assert computer.places() == school.places()
    assert district.good(computer, school).rounds == 1


def test_events_without_a_head_are_provisional_until_one_comes(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    events, heads = _offer(computer)
    hello = _hello(computer, school)
    _ask(school, hello, events.to_frame())
    assert school.places() == []
    assert sum(school.hooks.told.values()) == 0
    assert district.good(school, hub).events_out == 0  # what is unsigned is told to nobody
    answer = _ask(school, hello, _heads(computer.home.node_key, heads))
    assert len(school.places()) == 3
    assert set(school.hooks.told.values()) == {1}
    assert FrameType.RECEIPT in {answer[at] for at in _type_offsets(answer)}
    district.good(school, hub)
    assert hub.places() == computer.places()


def test_provisional_events_are_believed_when_they_come_again_signed(district, pair):
    computer, school = pair
    computer.write(3)
    events, _ = _offer(computer)
    _ask(school, _hello(computer, school), events.to_frame())
    computer.write(2)
    district.good(computer, school)
    assert computer.places() == school.places()
    assert set(school.hooks.told.values()) == {1}


def test_a_head_that_covers_a_part_believes_that_part(district, pair):
    computer, school = pair
    written = computer.write(5)
    events, _ = _offer(computer)
    partial = (Head(written[1].log_id, 2, written[1].chain),)
    _ask(
        school,
        _hello(computer, school),
        _heads(computer.home.node_key, partial),
        events.to_frame(),
    )
    assert len(school.places()) == 2
    district.good(computer, school)
    assert len(school.places()) == 5
    assert set(school.hooks.told.values()) == {1}


def test_a_computer_cannot_vouch_for_the_log_of_another(district):
    school = district.school()
    honest, rogue = district.computer(school), district.computer(school)
    honest.write(2)
    events, heads = _offer(honest)
    _ask(
        school,
        _hello(rogue, school),
        _heads(rogue.home.node_key, heads),
        events.to_frame(),
    )
    assert school.places() == []
    district.good(honest, school)
    assert school.places() == honest.places()


def test_an_author_that_nobody_certified_is_not_believed(district, pair):
    computer, school = pair
    stranger = district.node(Role.COMPUTER, "stranger")
    stranger.write(2)
    me = Myself(stranger.home.node_key, Role.COMPUTER, NO_SCHOOL)
    view = StoreView(stranger.store, me)
    (log_id,) = view.offered_logs(after=0)
    runs = list(view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20))
    events, heads = pack_runs(runs)
    _ask(
        school,
        _hello(computer, school),
        _heads(stranger.home.node_key, heads),
        events.to_frame(),
    )
    assert school.places() == []


def test_a_false_signature_over_heads_ends_the_session(district, pair):
    computer, school = pair
    computer.write(2)
    events, heads = _offer(computer)
    false = tuple(Head(each.log_id, each.seq, Chain(b"z" * 16)) for each in heads)
    wire = tuple(WireHead(each.log_id, each.seq, each.chain) for each in heads)
    signature = computer.home.node_key.sign("heads", Heads.bytes_to_sign(wire))
    spoilt = Heads(
        tuple(WireHead(each.log_id, each.seq, each.chain) for each in false),
        computer.home.node_id,
        signature,
    )
    answer = _ask(school, _hello(computer, school), spoilt.to_frame(), events.to_frame())
    assert b"does not hold" in answer
    assert school.places() == []


def test_a_log_whose_start_is_missing_is_asked_for(district, pair, make_link):
    computer, school = pair
    computer.write(3)
    district.good(computer, school)
    with school.store.transaction() as tx:  # a damaged server: the mark is there, the log is not
        for table in ("copy", "receipt", "tip", "event", "log"):
            tx.connection.execute(f"DELETE FROM {table}")
    computer.write(2)
    report = district.good(computer, school)
    assert report.rounds == 2
    assert computer.places() == school.places()
    assert district.good(computer, school).rounds == 1


@pytest.mark.parametrize(
    "kind",
    [FrameType.ERASED, FrameType.STUB, FrameType.BUNDLE, FrameType.SEALED, 77],
)
def test_frames_of_later_versions_end_the_session_with_a_sentence(district, pair, kind):
    computer, school = pair
    answer = _ask(school, _hello(computer, school), encode_frame(kind, ()))
    assert b"does not speak" in answer


def test_unknown_optional_frames_are_skipped(district, pair):
    computer, school = pair
    answer = _ask(school, _hello(computer, school), encode_frame(77, (1,), optional=True))
    assert b"does not speak" not in answer
    assert answer[4] == FrameType.HELLO


@pytest.mark.parametrize("codec", [1, 2, 255])
def test_events_of_a_codec_that_is_not_read_are_asked_for_again(district, pair, codec):
    import msgspec

    computer, school = pair
    computer.write(1)
    events, heads = _offer(computer)
    other = msgspec.structs.replace(events, codec=codec)
    answer = _ask(
        school,
        _hello(computer, school),
        _heads(computer.home.node_key, heads),
        other.to_frame(),
    )
    (tips,) = [each for each in _messages(answer) if isinstance(each, Tips)]
    assert tips.tips == (WireTip(events.runs[0].log_id, 0, bytes(8)),)
    assert not [each for each in _messages(answer) if isinstance(each, Receipt)]
    assert school.places() == []


def _messages(answer):
    return [parse_message(frame) for frame in FrameReader().feed(answer)]


def test_another_protocol_version_is_refused_with_a_sentence(district, pair):
    import msgspec

    computer, school = pair
    me = Myself(computer.home.node_key, Role.COMPUTER, computer.home.school_id)
    hello = signed_hello(me, receiver=school.home.node_id, wall_ms=5)
    later = msgspec.structs.replace(hello, version_min=2, version_max=3)
    assert b"speaks version 1" in _ask(school, later.to_frame())


def test_a_server_with_another_key_is_not_believed(district, pair):
    computer, _ = pair
    computer.write(1)
    impostor = district.school()
    report = district.exchange(computer, impostor)
    assert not report.ok
    assert computer.store.unsent(computer.home.peer.node_id).total == 1


def test_a_node_that_has_not_joined_gets_a_sentence(district):
    from darasa.sync.transport.http import exchange

    computer = district.computer()
    report = exchange(
        computer.home,
        computer.store,
        hooks=computer.hooks,
        clock=district.clock,
        rng=district.rng,
    )
    assert report.error == "This machine has not joined a server yet."


def _type_offsets(raw):
    """Where the type byte of each frame is."""
    at = 0
    while at < len(raw):
        yield at + 4
        at += int.from_bytes(raw[at : at + 4], "big") + 10
