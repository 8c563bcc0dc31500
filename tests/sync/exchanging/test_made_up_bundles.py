"""Bundles that somebody made up: sealed as they should be, and not to be believed."""

import msgspec
import pytest

from darasa.sync import stick
from darasa.sync.bundle import BundleKind, Sealer
from darasa.sync.codec import pack
from darasa.sync.event_runs import pack_runs
from darasa.sync.frames import FrameType, encode_frame
from darasa.sync.ids import Role
from darasa.sync.messages import Feed, Heads, Receipt, WireCursor, WireHead, WireTip
from darasa.sync.node_seal import seal_public_of
from darasa.sync.session import Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.session_stick import Asked
from darasa.sync.session_store import StoreView
from darasa.sync.signing import issue_certificate
from darasa.sync.squeeze import squeeze
from darasa.sync.transport import bundle_show
from darasa.sync.transport.bundle_show import show_bundle

CLASS = b"c" * 17


def _work(node, server, *frames, hello_key=None) -> bytes:
    """A WORK bundle of a joined node with a body of one's own making."""
    me = Myself(hello_key or node.home.node_key, node.home.role, node.home.school_id)
    hello = signed_hello(me, receiver=server.home.node_id, school_id=node.home.school_id, wall_ms=5)
    return _sealed(
        node,
        BundleKind.WORK,
        body_of([hello.to_frame(), *frames]),
        role=Role.SCHOOL,
        public=server.home.seal_public,
    )


def _sealed(node, kind, body, *, role, public, answers8=None) -> bytes:
    sealer = Sealer(
        node.home.node_key,
        node.home.certificate,
        kind=kind,
        receiver_role=role,
        receiver_school=node.home.school_id,
        receiver=None,
        seal_public=public,
        made_ms=5,
        rng=node.rng,
        answers8=answers8,
    )
    return b"".join([sealer.head_frame, *sealer.add(body), sealer.finish()])


def _offer(node):
    view = StoreView(node.store, Myself(node.home.node_key, node.home.role, node.home.school_id))
    runs = [
        run
        for log_id in view.offered_logs(after=0)
        for run in view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20)
    ]
    return pack_runs(runs)


def test_a_planted_tail_is_kept_apart_and_not_believed(pair, stick_of, put):
    computer, school = pair
    computer.write(4)
    events, heads = _offer(computer)
    short = tuple(WireHead(each.log_id, 2, _chain(computer, 2)) for each in heads)
    signature = computer.home.node_key.sign("heads", Heads.bytes_to_sign(short))
    signed = Heads(short, computer.home.node_id, signature).to_frame()
    taken = stick_of(school).take(put(_work(computer, school, signed, events.to_frame())))
    assert taken.events_in == 2
    assert len(school.places()) == 2
    assert sum(school.hooks.told.values()) == 2


def _chain(node, seq):
    return next(each.chain for each in node.store.events_after(0) if each.seq == seq)


def test_events_under_a_head_of_a_stranger_are_not_believed(pair, district, stick_of, put):
    computer, school = pair
    stranger = district.computer()
    computer.write(2)
    events, heads = _offer(computer)
    wire = tuple(WireHead(each.log_id, each.seq, each.chain) for each in heads)
    key = stranger.home.node_key
    forged = Heads(wire, key.node_id, key.sign("heads", Heads.bytes_to_sign(wire))).to_frame()
    taken = stick_of(school).take(put(_work(computer, school, forged, events.to_frame())))
    assert taken.events_in == 0
    assert school.places() == []


@pytest.mark.parametrize("kind", [FrameType.STUB, FrameType.ERASED, FrameType.SEALED, 77])
def test_a_frame_that_does_not_belong_ends_it_with_a_sentence(pair, stick_of, put, kind):
    computer, school = pair
    taken = stick_of(school).take(put(_work(computer, school, encode_frame(kind, (1, 2, 3)))))
    assert not taken.ok
    assert ("does not speak" if kind in {FrameType.SEALED, 77} else "does not fit") in taken.error


@pytest.mark.parametrize("records", [5, None, "text", b"bytes", (5,), ((),)])
def test_records_that_are_none_are_shown_with_a_sentence(pair, put, records):
    computer, school = pair
    cursor = WireCursor(1, b"t" * 8, None)
    feed = Feed(CLASS, None, cursor, squeeze(pack(records)), bytes(64))
    told = show_bundle(put(_work(computer, school, feed.to_frame())), school.home)["contents"]
    assert (told["whole"], told["records"]) == (False, 0)
    assert "cannot be read" in told["damage"]


def test_more_logs_than_a_school_has_are_not_counted(pair, put, monkeypatch):
    computer, school = pair
    for _ in range(4):
        computer.restart()
        computer.write()
    file = put(_work(computer, school, _offer(computer)[0].to_frame()))
    assert show_bundle(file, school.home)["contents"]["logs"] == 4
    monkeypatch.setattr(bundle_show, "LOGS_MAX", 3)
    told = show_bundle(file, school.home)["contents"]
    assert "more logs" in told["damage"]


def test_an_unknown_frame_that_is_optional_is_skipped(pair, stick_of, put):
    computer, school = pair
    extra = encode_frame(77, (1,), optional=True)
    assert stick_of(school).take(put(_work(computer, school, extra))).ok


@pytest.mark.parametrize("what", ["feed", "receipt"])
def test_a_computer_that_speaks_as_a_server_is_refused(pair, stick_of, put, what):
    computer, school = pair
    frames = {
        "feed": Feed(CLASS, None, WireCursor(1, b"t" * 8, None), squeeze(pack(())), bytes(64)),
        "receipt": Receipt(b"m" * 8, (WireTip(b"l" * 8, 1, b"c" * 8),), 3, bytes(64)),
    }
    taken = stick_of(school).take(put(_work(computer, school, frames[what].to_frame())))
    assert "only a server may send" in taken.error


def test_a_bundle_in_which_another_machine_greets_is_refused(pair, district, stick_of, put):
    computer, school = pair
    other = district.computer(school)
    other.write(1)
    events, heads = _offer(other)
    wire = tuple(WireHead(each.log_id, each.seq, each.chain) for each in heads)
    key = other.home.node_key
    signed = Heads(wire, key.node_id, key.sign("heads", Heads.bytes_to_sign(wire))).to_frame()
    raw = _work(computer, school, signed, events.to_frame(), hello_key=key)
    taken = stick_of(school).take(put(raw))
    assert "Another machine speaks" in taken.error
    assert school.places() == []


def _question(computer, stick_of, tmp_path) -> bytes:
    """A computer has asked; the name of its question."""
    stick_of(computer).export_work(tmp_path)
    return computer.store.read(
        lambda connection: connection.execute("SELECT answers8 FROM stick_asked").fetchone()[0]
    )


def _answer(maker, computer, answers8, *frames) -> bytes:
    return _sealed(
        maker,
        BundleKind.ANSWER,
        body_of(list(frames)),
        role=Role.COMPUTER,
        public=seal_public_of(computer.home.node_key.public),
        answers8=answers8,
    )


def test_an_answer_of_another_server_is_passed_over(pair, district, stick_of, put, tmp_path):
    computer, _ = pair
    answers8 = _question(computer, stick_of, tmp_path)
    taken = stick_of(computer).take(put(_answer(district.school(), computer, answers8)))
    assert "not from the server" in taken.passed


def test_an_answer_without_the_servers_greeting_counts_for_nothing(pair, stick_of, put, tmp_path):
    computer, school = pair
    computer.hooks.wanted = (CLASS,)
    computer.write(1)
    answers8 = _question(computer, stick_of, tmp_path)
    key = school.home.node_key
    unsigned = Feed(
        CLASS, None, WireCursor(1, b"t" * 8, None), squeeze(pack(((b"a", b"x"),))), bytes(64)
    )
    (request,) = computer.store.read(
        lambda connection: connection.execute("SELECT request FROM stick_asked").fetchone()
    )
    asked = Asked(answers8, request, 0).hello.signature
    raw = unsigned.signed_bytes(receiver=computer.home.node_id, answers_to=asked)
    feed = msgspec.structs.replace(unsigned, signature=key.sign("feed", raw)).to_frame()
    taken = stick_of(computer).take(put(_answer(school, computer, answers8, feed)))
    assert not taken.ok
    assert computer.store.records(CLASS) == {}


def test_an_answer_to_a_greeting_that_was_not_asked_counts_for_nothing(
    pair, stick_of, put, tmp_path
):
    computer, school = pair
    answers8 = _question(computer, stick_of, tmp_path)
    me = Myself(school.home.node_key, Role.SCHOOL, school.home.school_id)
    hello = signed_hello(me, receiver=computer.home.node_id, answers_to=b"x" * 64, wall_ms=5)
    taken = stick_of(computer).take(put(_answer(school, computer, answers8, hello.to_frame())))
    assert "not signed by the server" in taken.error


def test_an_answer_for_another_computer_opens_nothing(pair, district, carry, stick_of, tmp_path):
    computer, school = pair
    other = district.computer(school)
    computer.write(1)
    carry(computer, school)
    (answer,) = tmp_path.glob("darasa-answer-*")
    assert stick_of(other).take(answer).passed == (
        "This bundle is for another computer. Nothing was taken."
    )


@pytest.mark.parametrize("y", [0, 1], ids=["of low order", "no point of the other curve"])
def test_a_machine_that_nothing_can_be_sealed_to_keeps_no_answer_from_others(
    pair, stick_of, tmp_path, y
):
    computer, school = pair
    stick_of(school).take(tmp_path / stick_of(computer).export_work(tmp_path).file)
    chosen = issue_certificate(
        school.home.node_key,
        subject_public=y.to_bytes(32, "little"),
        role=Role.COMPUTER,
        school_id=school.home.school_id,
    )
    with school.store.transaction() as tx:
        tx.put_certificate(chosen)
        stick.note_request(tx.connection, chosen.node_id, b"question", b"")
    (answer,) = stick_of(school).export_answers(tmp_path)
    assert stick_of(computer).take(tmp_path / answer.file).ok


def test_a_computer_takes_no_work_of_others(pair, district, stick_of, put):
    computer, school = pair
    other = district.computer(school)
    body = _sealed(
        other,
        BundleKind.WORK,
        body_of([]),
        role=Role.COMPUTER,
        public=seal_public_of(computer.home.node_key.public),
    )
    taken = stick_of(computer).take(put(body))
    assert "Only a server" in taken.error
