"""WANT and BLOB: files beside events in a session, whatever cuts it."""

import pytest

from darasa.sync.blob_share import FolderBlobs
from darasa.sync.blob_store import BlobFolder, blob_hash
from darasa.sync.messages import WANTS_MAX, Blob, Want, WantedPart
from darasa.sync.session import Limits
from darasa.sync.session_blobs import SESSION_BYTES_MAX
from darasa.sync.transport.exchange import Exchange

LARGE = 1 << 30


def _folder(path, *, room=LARGE) -> BlobFolder:
    return BlobFolder(path, bytes_max=room, room=room)


@pytest.fixture
def meet(clock):
    """`meet(below, above, link=None)`: one exchange with the files of both; its report."""

    def met(below, above, make_link, *, cut_at=None):
        link = make_link(above, cut_at=cut_at)
        link.responder.blobs = above.blobs
        peer = below.home.peer
        one = Exchange(
            below.home,
            below.store,
            peer,
            hooks=below.hooks,
            clock=below.clock,
            limits=below.limits,
            trusted=True,
            blobs=below.blobs,
        )
        return one.run(link), link

    return met


def _put(folder, raw) -> bytes:
    name = blob_hash(raw)
    assert folder.add(name, 0, len(raw), raw)
    return name


@pytest.fixture
def up(pair, tmp_path):
    """A computer with files for its school."""
    computer, school = pair
    computer.blobs = FolderBlobs(_folder(tmp_path / "below"), offers=True)
    school.blobs = FolderBlobs(_folder(tmp_path / "above"), takes=True, serves=True)
    return computer, school


def test_a_file_goes_up_with_the_events_and_is_offered_once(up, meet, make_link):
    computer, school = up
    name = _put(computer.blobs.folder, b"a drawing" * 1_000)
    computer.write(3)
    report, _ = meet(computer, school, make_link)
    assert report.ok
    assert school.blobs.folder.read(name, 0, 9) == b"a drawing"
    assert meet(computer, school, make_link)[0].rounds == 1


def test_without_files_an_exchange_is_one_round(up, meet, make_link):
    computer, school = up
    assert meet(computer, school, make_link)[0].rounds == 1


@pytest.mark.parametrize("speaks", ["below", "above"])
def test_with_a_peer_that_knows_no_files_nothing_changes(up, meet, make_link, speaks):
    computer, school = up
    _put(computer.blobs.folder, b"x" * 100)
    if speaks == "below":
        school.blobs = None
    else:
        computer.blobs = None
    computer.write(2)
    report, _ = meet(computer, school, make_link)
    assert report.ok
    assert report.rounds == 1
    assert computer.places() == school.places()


def test_a_file_comes_down_when_it_is_wanted_and_not_otherwise(up, meet, make_link, tmp_path):
    computer, school = up
    wanted = _put(school.blobs.folder, b"wanted" * 40_000)
    _put(school.blobs.folder, b"not wanted")
    computer.blobs = FolderBlobs(_folder(tmp_path / "down"), wants=lambda: [wanted, b"n" * 32])
    report, _ = meet(computer, school, make_link)
    assert report.ok
    assert computer.blobs.folder.names() == [wanted]


def test_a_small_file_arrives_whatever_byte_the_link_is_cut_at(kit, tmp_path):
    raw = bytes(range(256)) * 2
    with kit.district() as district:
        school = district.school()
        computer = district.computer(school)
        computer.limits = Limits(frame=600, body=3_000)
        whole = _total(computer, school, kit, tmp_path / "whole", raw)
        for cut in range(0, whole, 5):
            below, above = _sides(computer, school, tmp_path / str(cut), raw)
            _meet_cut(computer, school, kit, cut_at=cut)
            held = above.folder.held(blob_hash(raw))
            link = _meet_cut(computer, school, kit)
            assert above.folder.read(blob_hash(raw), 0, 600) == raw
            assert _file_bytes(link.bodies) <= len(raw) - held
            assert below.folder.names() == [blob_hash(raw)]


def _sides(computer, school, path, raw):
    path.mkdir(parents=True)
    computer.blobs = FolderBlobs(_folder(path / "below"), offers=True)
    school.blobs = FolderBlobs(_folder(path / "above"), takes=True)
    _put(computer.blobs.folder, raw)
    return computer.blobs, school.blobs


def _meet_cut(computer, school, kit, *, cut_at=None):
    link = kit.Link(school, cut_at=cut_at)
    link.responder.blobs = school.blobs
    one = Exchange(
        computer.home,
        computer.store,
        computer.home.peer,
        hooks=computer.hooks,
        clock=computer.clock,
        limits=computer.limits,
        trusted=True,
        blobs=computer.blobs,
    )
    report = one.run(link)
    assert report.ok or cut_at is not None
    return link


def _total(computer, school, kit, path, raw) -> int:
    _sides(computer, school, path, raw)
    return _meet_cut(computer, school, kit, cut_at=1 << 30).carried


def _file_bytes(bodies) -> int:
    """How many bytes of files went up."""
    from darasa.sync.frames import FrameReader, FrameType

    frames = [frame for body in bodies for frame in FrameReader().feed(body)]
    return sum(
        len(Blob.parse(frame.payload).raw) for frame in frames if frame.type == FrameType.BLOB
    )


def test_a_large_file_goes_on_after_programs_on_both_sides_were_killed(
    up, meet, make_link, tmp_path, rng
):
    computer, school = up
    raw = rng(3 << 20)
    name = _put(computer.blobs.folder, raw)
    sent = 0
    for turn in range(40):
        # only what is on the disks is left of each side
        computer.blobs = FolderBlobs(_folder(tmp_path / "below"), offers=True)
        school.blobs = FolderBlobs(_folder(tmp_path / "above"), takes=True)
        _, link = meet(computer, school, make_link, cut_at=150_000 + 1_000 * turn)
        sent += _file_bytes_of(link)
        if school.blobs.folder.size(name):
            break
    assert school.blobs.folder.read(name, 0, len(raw)) == raw
    assert sent < len(raw) * 1.5


def _file_bytes_of(link) -> int:
    return min(link.carried, sum(map(len, link.bodies)))


def test_a_program_killed_in_the_middle_of_a_piece_does_no_harm(up, meet, make_link, tmp_path):
    computer, school = up
    raw = bytes(range(250)) * 1_000
    name = _put(computer.blobs.folder, raw)
    above = tmp_path / "above"
    above.mkdir(mode=0o700)
    (above / f"{name.hex()}.part").write_bytes(raw[:77_777])  # a torn write, no piece's end
    report, link = meet(computer, school, make_link)
    assert report.ok
    assert school.blobs.folder.read(name, 0, len(raw)) == raw
    assert _file_bytes(link.bodies) == len(raw) - 77_777


@pytest.mark.parametrize("more", [b"", b"?"], ids=["all of it", "more than it has"])
def test_a_program_killed_before_the_last_part_had_its_name_takes_the_file(
    up, meet, make_link, tmp_path, more
):
    computer, school = up
    raw = bytes(range(250)) * 100
    name = _put(computer.blobs.folder, raw)
    above = tmp_path / "above"
    above.mkdir(mode=0o700)
    (above / f"{name.hex()}.part").write_bytes(raw + more)
    for _ in range(2):
        computer.blobs = FolderBlobs(computer.blobs.folder, offers=True)  # of a new run
        assert meet(computer, school, make_link)[0].ok
    assert school.blobs.folder.names() == [name]


def test_a_wanted_file_that_came_whole_before_a_kill_is_there_after_it(
    up, meet, make_link, tmp_path
):
    computer, school = up
    raw = bytes(range(250)) * 100
    name = _put(school.blobs.folder, raw)
    below = tmp_path / "down"
    below.mkdir(mode=0o700)
    (below / f"{name.hex()}.part").write_bytes(raw)
    computer.blobs = FolderBlobs(_folder(below), wants=lambda: [name])
    assert meet(computer, school, make_link)[0].ok
    assert computer.blobs.folder.names() == [name]


def test_events_go_before_files(up, meet, make_link, rng):
    computer, school = up
    _put(computer.blobs.folder, rng(200_000))
    computer.limits = Limits(frame=4_096, body=10_000)
    for _ in range(60):
        computer.write(body=(rng(700),))
    _, link = meet(computer, school, make_link)
    with_files = [n for n, body in enumerate(link.bodies) if _file_bytes([body])]
    from darasa.sync.frames import FrameReader, FrameType

    kinds = [{frame.type for frame in FrameReader().feed(body)} for body in link.bodies]
    with_events = [n for n, each in enumerate(kinds) if FrameType.EVENTS in each]
    assert len(with_events) > 3
    assert max(with_events) <= min(with_files)


def test_one_session_sends_a_bounded_part_of_a_file(up, meet, make_link, rng):
    computer, school = up
    raw = rng(SESSION_BYTES_MAX + 300_000)
    name = _put(computer.blobs.folder, raw)
    report, link = meet(computer, school, make_link)
    assert report.ok
    assert _file_bytes(link.bodies) <= SESSION_BYTES_MAX
    assert school.blobs.folder.size(name) is None
    meet(computer, school, make_link)
    assert school.blobs.folder.size(name) == len(raw)


def test_a_file_for_which_there_is_no_room_is_not_sent(up, meet, make_link, tmp_path, rng):
    computer, school = up
    _put(computer.blobs.folder, rng(5_000))
    school.blobs = FolderBlobs(_folder(tmp_path / "small", room=1_000), takes=True)
    report, link = meet(computer, school, make_link)
    assert report.ok
    assert _file_bytes(link.bodies) == 0


def test_a_file_that_changes_on_the_way_is_not_used(up, meet, make_link, tmp_path):
    computer, school = up
    name = _put(computer.blobs.folder, b"x" * 5_000)
    computer.blobs.folder.file(name).write_bytes(b"y" * 5_000)
    report, link = meet(computer, school, make_link)
    assert report.ok
    assert school.blobs.folder.names() == []
    assert _file_bytes(link.bodies) <= 10_000


def test_files_that_do_not_fit_one_body_go_in_one_session(up, meet, make_link, rng):
    computer, school = up
    names = [_put(computer.blobs.folder, rng(900_000)) for _ in range(3)]
    assert meet(computer, school, make_link)[0].ok
    assert school.blobs.folder.names() == sorted(names)


def _large_before_small(rng) -> tuple[bytes, bytes]:
    """By their names, which is the order that a folder has."""
    while True:
        large, small = rng(1_200_000), rng(1_000)
        if blob_hash(large) < blob_hash(small):
            return large, small


def test_a_large_file_that_is_damaged_keeps_no_other_one_away(up, meet, make_link, rng):
    computer, school = up
    large, small = _large_before_small(rng)
    name = _put(computer.blobs.folder, large)
    computer.blobs.folder.file(name).write_bytes(b"?" + large[1:])
    wanted = _put(computer.blobs.folder, small)
    assert meet(computer, school, make_link)[0].ok
    assert school.blobs.folder.names() == [wanted]


def test_a_file_that_is_damaged_goes_up_once_and_stays_where_it_is(up, meet, make_link):
    computer, school = up
    name = _put(computer.blobs.folder, b"x" * 5_000)
    computer.blobs.folder.file(name).write_bytes(b"y" * 5_000)
    meet(computer, school, make_link)
    _, link = meet(computer, school, make_link)
    assert len(link.bodies) == 1
    assert _file_bytes(link.bodies) == 0
    assert computer.blobs.folder.names() == [name]


def test_a_sound_file_that_came_wrong_goes_up_again(up, meet, make_link):
    computer, school = up
    raw = bytes(range(250)) * 200
    name = _put(computer.blobs.folder, raw)
    above = school.blobs.folder.path
    above.mkdir(mode=0o700)
    (above / f"{name.hex()}.part").write_bytes(b"?" * 10_000)  # a bad card
    meet(computer, school, make_link)
    assert school.blobs.folder.names() == []
    meet(computer, school, make_link)
    assert school.blobs.folder.names() == [name]


def test_files_that_are_not_taken_keep_no_other_one_away(up, meet, make_link, rng, tmp_path):
    computer, school = up
    school.blobs = FolderBlobs(_folder(tmp_path / "small", room=10_000), takes=True)
    small = rng(100)
    while len(computer.blobs.folder.names()) < 70:  # more than one WANT can name
        large = rng(8) * 2_000
        if blob_hash(large) < blob_hash(small):
            _put(computer.blobs.folder, large)
    wanted = _put(computer.blobs.folder, small)
    report, _ = meet(computer, school, make_link)
    assert report.ok
    assert school.blobs.folder.names() == [wanted]


def test_files_that_the_server_lacks_keep_no_other_one_away(up, meet, make_link, rng, tmp_path):
    computer, school = up
    wanted = _put(school.blobs.folder, b"wanted" * 4)
    names = [*(rng(32) for _ in range(70)), wanted]
    computer.blobs = FolderBlobs(_folder(tmp_path / "down"), wants=lambda: names)
    report, _ = meet(computer, school, make_link)
    assert report.ok
    assert report.rounds <= 4
    assert computer.blobs.folder.names() == [wanted]


@pytest.mark.parametrize("body", [200, 300, 400])
def test_a_body_without_room_for_any_file_ends_the_session_well(up, meet, make_link, rng, body):
    computer, school = up
    for _ in range(3):
        _put(computer.blobs.folder, rng(2_000))
    computer.limits = Limits(frame=600, body=body)
    report, _ = meet(computer, school, make_link)
    assert report.ok
    assert report.rounds < 40


def test_parts_that_nobody_wants_are_ignored(up, make_link, stick_of):
    computer, school = up
    from darasa.sync.session import Myself
    from darasa.sync.session_body import body_of
    from darasa.sync.session_hello import signed_hello

    school.blobs = FolderBlobs(school.blobs.folder, takes=False)
    responder = school.responder()
    responder.blobs = school.blobs
    me = Myself(computer.home.node_key, computer.home.role, computer.home.school_id)
    hello = signed_hello(
        me, receiver=school.home.node_id, school_id=computer.home.school_id, wall_ms=5
    )
    frames = [
        Blob(b"a" * 32, 0, 5, b"12345").to_frame(),
        Blob(b"a" * 32, 2**39, 5, b"12345").to_frame(),
        Want((WantedPart(b"q" * 32, 0, 2**40 - 1),)).to_frame(),
        Want((WantedPart(b"q" * 32, 5, 1),) * 64).to_frame(),
    ]
    one = responder.round()
    one.feed(body_of([hello.to_frame(), *frames]))
    assert one.answer()
    assert one.fault == ""
    assert school.blobs.folder.names() == []


def test_a_disk_that_is_full_ends_the_session_with_a_sentence(up, meet, make_link, tmp_path):
    computer, school = up
    _put(computer.blobs.folder, b"x" * 5_000)
    (tmp_path / "blocked").write_text("a file where the folder should be")
    school.blobs = FolderBlobs(_folder(tmp_path / "blocked" / "x"), takes=True)
    computer.write(2)
    report, _ = meet(computer, school, make_link)
    assert not report.ok
    assert "cannot save now" in report.error
    assert computer.places() == school.places()


def test_offers_wait_when_the_events_fill_the_body(up, meet, make_link):
    """A server refuses a body beyond its limit, with all the events in it."""
    computer, school = up
    names = [_put(computer.blobs.folder, bytes([n]) * 30) for n in range(WANTS_MAX)]
    computer.limits = Limits(frame=4_000, body=20_000)
    for _ in range(32):
        computer.write(1, body=(computer.rng(1_000),))
    report, link = meet(computer, school, make_link)
    assert report.ok
    assert max(map(len, link.bodies)) <= 20_000
    assert all(name in school.blobs.folder.names() for name in names)
