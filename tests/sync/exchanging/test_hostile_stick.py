"""A stick is a stranger's: cut, changed, replayed, made up, and full of what is no bundle."""

import os
import random
import resource
from contextlib import contextmanager

import msgspec
import pytest

from darasa.sync import stick
from darasa.sync.bundle import BundleError, BundleKind, Sealer
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
from darasa.sync.transport.stick_files import (
    FILE_BYTES_MAX,
    FILES_MAX,
    StickError,
    StickNotFoundError,
    bundle_files,
    read_blocks,
    write_whole,
)

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


@pytest.fixture
def put(tmp_path):
    """`put(raw)`: a file on the stick."""

    def placed(raw: bytes, name: str = "darasa-x.bundle"):
        file = tmp_path / name
        file.write_bytes(raw)
        return file

    return placed


# -- cut and changed ----------------------------------------------------------------------


def test_a_bundle_cut_at_any_byte_does_no_harm_and_its_whole_comes_in_later(pair, stick_of, put):
    computer, school = pair
    computer.write(3)
    made = stick_of(computer).export_work(put(b"", "darasa-w.bundle"))
    raw = _read(made)
    taking = stick_of(school)
    for length in range(0, len(raw), 3):
        taken = taking.take(put(raw[:length]))
        assert not taken.ok
        assert taken.error
        assert taken.events_in == 0
    assert taking.take(put(raw)).events_in == 3
    assert school.places() == computer.places()


def _read(made) -> bytes:
    with open(made.file, "rb") as file:  # noqa: PTH123 (the report has a plain name)
        return file.read()


def test_the_readable_part_of_a_long_bundle_is_kept_and_the_rest_follows(pair, stick_of, put, rng):
    computer, school = pair
    for _ in range(400):
        computer.write(body=(rng(800),))
    made = stick_of(computer).export_work(put(b"", "darasa-w.bundle"))
    raw = _read(made)
    assert len(raw) > 300_000
    taken = stick_of(school).take(put(raw[: len(raw) * 2 // 3]))
    assert not taken.ok
    assert 0 < taken.events_in < 400
    assert "What came before is safe" in taken.error
    again = stick_of(school).take(put(raw))
    assert again.ok
    assert taken.events_in + again.events_in == 400
    assert set(school.hooks.told.values()) == {1}


def test_a_changed_bit_anywhere_is_noticed_and_brings_nothing(pair, stick_of, put):
    computer, school = pair
    computer.write(3)
    raw = bytearray(_read(stick_of(computer).export_work(put(b"", "darasa-w.bundle"))))
    chance = random.Random(3)
    for place in range(0, len(raw), 3):
        changed = bytearray(raw)
        changed[place] ^= 1 << chance.randrange(8)
        taken = stick_of(school).take(put(bytes(changed)))
        assert taken.events_in == 0
        assert not taken.ok or taken.passed
    assert school.store.log_count() == 0


def test_bytes_of_chance_are_no_bundle(pair, stick_of, put, rng):
    _, school = pair
    for length in (0, 1, 9, 10, 100, 70_000):
        assert not stick_of(school).take(put(rng(length))).ok
        with pytest.raises((BundleError, StickError)):
            show_bundle(put(rng(length)), school.home)


def test_a_frame_that_claims_200_mb_is_not_waited_for(pair, stick_of, put):
    _, school = pair
    file = put((200 << 20).to_bytes(4, "big") + b"\x10\x00")
    os.truncate(file, 200 << 20)
    assert "not a Darasa bundle" in stick_of(school).take(file).error


def test_a_file_larger_than_a_bundle_can_be_is_not_read(pair, stick_of, put):
    _, school = pair
    file = put(b"")
    os.truncate(file, FILE_BYTES_MAX + 1)
    assert "larger" in stick_of(school).take(file).error


# -- what is no file ----------------------------------------------------------------------


def test_links_pipes_devices_and_folders_are_not_opened(pair, stick_of, tmp_path, put):
    computer, school = pair
    computer.write(1)
    real = put(_read(stick_of(computer).export_work(put(b"", "darasa-w.bundle"))), "secret")
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "darasa-link.bundle").symlink_to(real)
    (stick / "darasa-zero.bundle").symlink_to("/dev/zero")
    os.mkfifo(stick / "darasa-pipe.bundle")
    (stick / "darasa-folder.bundle").mkdir()
    (stick / "autorun.inf").write_text("x")
    (stick / "Darasa-x.bundle").write_text("x")
    (stick / "darasa-..bundle").write_text("x")
    with pytest.raises(StickNotFoundError, match="no bundle"):
        bundle_files(stick)
    for name in ("darasa-link.bundle", "darasa-pipe.bundle", "darasa-folder.bundle"):
        taken = stick_of(school).take(stick / name)
        assert not taken.ok
        with pytest.raises(StickError):
            list(read_blocks(stick / name))
    assert school.store.log_count() == 0


def test_of_thousands_of_files_a_bounded_number_is_read(tmp_path):
    for n in range(FILES_MAX + 40):
        (tmp_path / f"darasa-{n:05}.bundle").write_bytes(b"")
    files, left_out = bundle_files(tmp_path)
    assert (len(files), left_out) == (FILES_MAX, 40)


def test_of_thousands_of_files_those_for_the_reader_are_read_first(tmp_path):
    for n in range(FILES_MAX + 40):
        (tmp_path / f"darasa-answer-ab12-{n:05}.bundle").write_bytes(b"")
    (tmp_path / "darasa-packs-ab12.bundle").write_bytes(b"")
    files, left_out = bundle_files(tmp_path, reader="00539")
    assert [file.name for file in files[:2]] == [
        "darasa-answer-ab12-00539.bundle",
        "darasa-packs-ab12.bundle",
    ]
    assert (len(files), left_out) == (FILES_MAX, 41)


def test_the_work_of_all_schools_of_a_district_is_read_of_one_folder(tmp_path):
    for n in range(2_000):
        (tmp_path / f"darasa-work-{n:010x}-{0:010x}.bundle").write_bytes(b"")
    assert [*map(len, bundle_files(tmp_path, reader=f"{0:010x}")[:1])] == [2_000]


# -- made up ------------------------------------------------------------------------------


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


# -- writing ------------------------------------------------------------------------------


@contextmanager
def _room_for(size: int):
    """No file may grow beyond `size`: a full stick."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_stick_says_so_and_keeps_the_old_bundle(pair, stick_of, tmp_path):
    computer, _ = pair
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    before = _read(made)
    computer.write(1, body=(os.urandom(5_000),))
    with _room_for(2_000), pytest.raises(StickError, match="The stick is full"):
        stick_of(computer).export_work(tmp_path)
    assert _read(made) == before
    assert [file.name for file in tmp_path.iterdir()] == [os.path.basename(made.file)]  # noqa: PTH119


def test_a_stick_that_may_not_be_written_says_so(pair, stick_of):
    from pathlib import Path

    computer, _ = pair
    with pytest.raises(StickError, match="Is the stick locked"):
        stick_of(computer).export_work(Path("/sys"))


def test_a_folder_that_is_not_there_is_not_made(pair, stick_of, tmp_path):
    computer, _ = pair
    with pytest.raises(StickNotFoundError, match="Is the stick in"):
        stick_of(computer).export_work(tmp_path / "media" / "stick")
    assert not (tmp_path / "media").exists()


def test_a_stick_pulled_out_while_writing_leaves_the_old_bundle(tmp_path):
    target = tmp_path / "darasa-x.bundle"
    write_whole(target, [b"old"])

    def parts():
        yield b"new"
        raise OSError(5, "pulled out")

    with pytest.raises(StickError, match="does not answer"):
        write_whole(target, parts())
    assert target.read_bytes() == b"old"


def test_what_a_pulled_out_stick_left_behind_is_written_over_never_through(tmp_path):
    target = tmp_path / "darasa-x.bundle"
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / "darasa-x.bundle.new").symlink_to(precious)
    target.symlink_to(precious)
    write_whole(target, [b"new"])
    assert precious.read_bytes() == b"mine"
    assert target.read_bytes() == b"new"
    assert not target.is_symlink()


def test_nothing_is_asked_when_the_bundle_was_not_written(pair, stick_of, tmp_path):
    computer, _ = pair
    computer.write(1)
    with _room_for(10), pytest.raises(StickError):
        stick_of(computer).export_work(tmp_path)
    asked = computer.store.read(
        lambda connection: connection.execute("SELECT count(*) FROM stick_asked").fetchone()[0]
    )
    assert asked == 0


def test_a_node_that_was_removed_is_refused_on_a_stick_as_on_a_link(
    pair, carry, stick_of, tmp_path
):
    computer, school = pair
    school.hooks.allowed = computer.hooks.wanted = (CLASS,)
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    assert stick_of(school).take(tmp_path / made.file).ok  # a question that waits for its answer
    before = school.places()
    school.hooks.refusals[computer.home.node_id] = "This computer was removed."
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"r", b"news")
    computer.write(3)
    up, down = carry(computer, school)
    assert (up.error, down.error) == ("This computer was removed.",) * 2
    assert school.places() == before
    assert down.records_in == 0
    assert computer.store.unsent(school.home.node_id).total == 5
