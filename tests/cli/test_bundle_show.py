"""`darasa bundle show` of what a stranger has put on a stick."""

import os
import random

import msgspec
import pytest

from darasa.cli.main import run
from darasa.sync.bundle import BUNDLE_FORMAT, MAGIC, BundleHead, BundleKind, signed_head
from darasa.sync.frames import FrameType, encode_frame
from darasa.sync.home import Home
from darasa.sync.ids import Role
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
