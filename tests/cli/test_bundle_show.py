"""`darasa bundle show` of what a stranger has put on a stick."""

import os
import random

import msgspec
import pytest
from click.testing import CliRunner

from darasa.cli.bundle import bundle
from darasa.cli.main import run
from darasa.learning.classroom import Classroom
from darasa.learning.sticks import export_bundles
from darasa.sync.bundle import BUNDLE_FORMAT, MAGIC, BundleHead, BundleKind, signed_head
from darasa.sync.clock import ManualClock
from darasa.sync.contacts import PeerRow
from darasa.sync.frames import FrameType, encode_frame
from darasa.sync.home import Home, Peer, open_home
from darasa.sync.ids import Role
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.stick_files import FILE_BYTES_MAX


def _head(**changes) -> bytes:
    home = Home.in_memory(role=Role.SCHOOL, name="x", rng=random.Random(4).randbytes)
    plain = BundleHead(
        magic=MAGIC,
        format=BUNDLE_FORMAT,
        kind=BundleKind.PACKS,
        maker=home.certificate.to_payload(),
        receiver_role="computer",
        receiver_school=None,
        receiver=None,
        key_id=None,
        ephemeral=None,
        answers8=None,
        made_ms=5,
        logs=0,
        events=0,
        signature=bytes(64),
    )
    return signed_head(home.node_key, msgspec.structs.replace(plain, **changes)).to_frame()


@pytest.fixture
def show(tmp_path, capsys):
    """`show(path)`: the exit code, and all that a person reads; for a program it is the same."""

    def shown(path):
        home = str(tmp_path / "none")
        code = run(["bundle", "show", "--home", home, str(path)])
        said = capsys.readouterr()
        assert run(["bundle", "show", "--home", home, "--json", str(path)]) == code
        capsys.readouterr()
        return code, said.out, said.err

    return shown


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_what_is_no_bundle_hides_no_other_one(stick, show):
    (stick / "darasa-a.bundle").write_bytes(b"MZ" * 100)
    (stick / "darasa-b.bundle").write_bytes(_head())
    code, out, err = show(stick)
    assert code == 3
    assert "darasa-b.bundle: packs" in out
    assert "darasa-a.bundle: This file is not a Darasa bundle." in err


@pytest.mark.parametrize(
    "changes",
    [
        {"made_ms": 2**53 - 1},
        {"made_ms": -(2**53)},
        {"logs": 2**48 - 1, "events": 2**48 - 1},
        {"kind": 255},
        {"format": 255},
        {"receiver_role": "\x1b[2J"},
        {"kind": 1, "ephemeral": bytes(32), "key_id": bytes(8)},
        {"kind": 4},
    ],
)
def test_any_head_is_a_sentence(stick, show, changes):
    (stick / "darasa-b.bundle").write_bytes(_head(**changes))
    code, out, err = show(stick)
    assert code in {0, 3}
    assert "\x1b" not in out + err
    assert "itself" not in err


def test_a_maker_with_escapes_for_a_name_is_a_sentence(stick, show):
    maker = (b"\x1b" * 32, "\x1b[31m", None, None, b"x" * 16, bytes(64))
    fields = (MAGIC, 1, 3, maker, "computer", *(None,) * 5, 5, 0, 0, bytes(64))
    (stick / "darasa-b.bundle").write_bytes(encode_frame(FrameType.BUNDLE, fields))
    code, _, err = show(stick)
    assert code == 3
    assert err == "The first part of this bundle cannot be read.\n"


def test_links_and_huge_files_are_a_sentence(stick, show):
    (stick / "real").write_bytes(_head())
    (stick / "darasa-l.bundle").symlink_to(stick / "real")
    code, _, err = show(stick / "darasa-l.bundle")
    assert (code, "is a link" in err) == (3, True)
    os.truncate(stick / "real", FILE_BYTES_MAX + 1)
    code, _, err = show(stick / "real")
    assert (code, "larger" in err) == (3, True)


_HOSTILE = "darasa\x1b[2J\x1b]0;x\x07\u202e.bundle"


@pytest.fixture
def on_a_terminal():
    """`on_a_terminal(*argv)`: what is written to a terminal, where nothing is taken out."""

    def said(*argv):
        done = CliRunner().invoke(bundle, argv, color=True)
        return f"{done.output} {done.exception}"

    return said


@pytest.mark.parametrize("raw", [_head(), b"MZ" * 100], ids=["a bundle", "none"])
def test_the_name_of_a_file_moves_no_terminal(stick, tmp_path, on_a_terminal, raw):
    (stick / _HOSTILE).write_bytes(raw)
    home = str(tmp_path / "none")
    said = on_a_terminal("show", "--home", home, str(stick / _HOSTILE))
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_the_name_of_a_machine_moves_no_terminal(tmp_path, stick, on_a_terminal):
    assert run(["school", "init", "--home", str(tmp_path / "school"), "--name", "Kisima"]) == 0
    home = open_home(tmp_path / "school")
    rng = random.Random(5).randbytes
    computer = Home.in_memory(role=Role.COMPUTER, name="x", rng=rng)
    given = issue_certificate(
        home.node_key,
        subject_public=computer.node_key.public,
        role=Role.COMPUTER,
        school_id=home.school_id,
    )
    with Store.open(home.store_path, rng=rng) as store, store.transaction() as tx:
        tx.put_certificate(given)
        tx.put_peer(PeerRow(given.node_id, home.school_id, Role.COMPUTER, _HOSTILE, None))
    peer = Peer("http://x", home.node_id, home.node_key.public, "x", home.role, home.certificate)
    computer.save_peer(
        peer, certificate=given, school_id=home.school_id, seal_public=home.seal_public
    )
    with Classroom.in_memory(
        role=Role.COMPUTER, clock=ManualClock(1_800_000_000_000), rng=rng, home=computer
    ) as room:
        export_bundles(room, receiver="school", path=stick)
    said = on_a_terminal("import", "--home", str(home.path), str(stick))
    assert "From darasa" in said
    said += on_a_terminal("export", "--home", str(home.path), "--for", "computers", str(stick))
    assert "For darasa" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_courses_on_a_stick_are_called_courses(tmp_path, capsys):
    """They were said to be answers and lists, for a computer called "courses for all"."""
    home = str(tmp_path / "school")
    assert run(["school", "init", "--home", home, "--name", "Kisima Primary"]) == 0
    capsys.readouterr()
    assert run(["bundle", "export", "--home", home, "--for", "computers", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("For all: courses, ")
