"""The recovery kit from the command line."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.cli.options import classroom_at
from darasa.content_packs.shelf import Shelf
from darasa.learning.pack_delivery import publish_packs
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role

Output = pytest.CaptureFixture[str]


@pytest.fixture
def school(tmp_path: Path) -> Path:
    home = tmp_path / "school"
    assert run(["school", "init", "--home", str(home), "--name", "Kisima Primary"]) == 0
    return home


def _status(home: Path, capsys: Output) -> dict[str, object]:
    capsys.readouterr()
    assert run(["status", "--home", str(home), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_a_kit_brings_a_burnt_server_back_under_its_name(
    school: Path, tmp_path: Path, capsys: Output
) -> None:
    assert run(["school", "new-key", "--home", str(school)]) == 0
    sheets = tmp_path / "sheets"
    assert run(["school", "kit", "--home", str(school), "--out", str(sheets)]) == 0
    files = sorted(sheets.iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    new = tmp_path / "new"
    words = ["school", "recover", "--home", str(new), *map(str, files)]
    assert run(words) == 0
    assert _status(new, capsys)["node_id"] == _status(school, capsys)["node_id"]
    assert run(words) == 0  # a second time there is nothing new
    assert "0 keys are new here." in capsys.readouterr().out


@pytest.mark.parametrize("is_burnt", [True, False])
def test_sheets_that_brought_a_server_back_need_no_new_print(
    school: Path, tmp_path: Path, capsys: Output, *, is_burnt: bool
) -> None:
    old = tmp_path / "old"
    shutil.copytree(school, old)
    run(["school", "new-key", "--home", str(school)])
    run(["school", "kit", "--home", str(school), "--out", str(tmp_path / "sheets")])
    sheets = [str(file) for file in sorted((tmp_path / "sheets").iterdir())]
    home = tmp_path / "new" if is_burnt else old
    assert run(["school", "recover", "--home", str(home), *sheets]) == 0
    capsys.readouterr()
    run(["doctor", "--home", str(home)])
    assert "The sheets have every key." in capsys.readouterr().out
    # a key that the sheets lack asks for new ones, as ever
    run(["school", "new-key", "--home", str(home)])
    run(["doctor", "--home", str(home)])
    assert "No sheets have the newest key" in capsys.readouterr().out


def test_names_without_their_key_are_told_and_newer_sheets_bring_them_back(
    school: Path, tmp_path: Path, capsys: Output
) -> None:
    """The key was made after the sheets that were at hand; the work and the names came back."""
    run(["school", "kit", "--home", str(school), "--out", str(tmp_path / "older")])
    run(["school", "new-key", "--home", str(school)])
    run(["people", "add-class", "--home", str(school), "5A"])
    run(["people", "add", "--home", str(school), "5A", "Amina Kazungu"])
    run(["school", "kit", "--home", str(school), "--out", str(tmp_path / "newer")])
    new = tmp_path / "new"
    older, newer = (
        [str(file) for file in sorted((tmp_path / name).iterdir())] for name in ("older", "newer")
    )
    run(["school", "recover", "--home", str(new), *older])
    shutil.copy(school / "store.sqlite3", new / "store.sqlite3")  # as computers bring it
    run(["doctor", "--home", str(new), "--repair"])
    capsys.readouterr()
    assert run(["doctor", "--home", str(new)]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "ACT names: 1 learners' names cannot be read" in told
    assert "darasa school recover" in told
    assert run(["school", "recover", "--home", str(new), *newer]) == 0
    capsys.readouterr()
    run(["doctor", "--home", str(new)])
    assert "names cannot be read" not in capsys.readouterr().out
    run(["people", "list", "--home", str(new)])
    assert "Amina Kazungu" in capsys.readouterr().out


def test_a_mistyped_row_is_named_and_nothing_is_made(
    school: Path, tmp_path: Path, capsys: Output
) -> None:
    sheets = tmp_path / "sheets"
    run(["school", "kit", "--home", str(school), "--out", str(sheets)])
    one, two = sorted(sheets.iterdir())
    text = one.read_text()
    row = next(line for line in text.splitlines() if line.startswith("03 "))
    one.write_text(text.replace(row, row[:3] + ("A" if row[3] != "A" else "B") + row[4:]))
    capsys.readouterr()
    assert run(["school", "recover", "--home", str(tmp_path / "new"), str(one), str(two)]) == 1
    assert "Row 3 of half 1" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_the_sheets_of_another_server_are_not_written_over(
    school: Path, tmp_path: Path, capsys: Output
) -> None:
    """Both have the same names, and a technician carries one stick from server to server."""
    hub, stick = tmp_path / "hub", tmp_path / "stick"
    assert run(["hub", "init", "--home", str(hub), "--name", "Kisima District"]) == 0
    assert run(["school", "kit", "--home", str(school), "--out", str(stick)]) == 0
    before = {file.name: file.read_bytes() for file in stick.iterdir()}
    assert run(["hub", "kit", "--home", str(hub), "--out", str(stick)]) == 1
    assert "has the kit of Kisima Primary" in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in stick.iterdir()} == before
    assert run(["school", "kit", "--home", str(school), "--out", str(stick)]) == 0  # its own, anew
    (stick / "darasa-kit-half-1.txt").unlink()
    assert run(["hub", "kit", "--home", str(hub), "--out", str(stick)]) == 0  # half of one is none


def test_a_computer_has_no_kit(tmp_path: Path, capsys: Output) -> None:
    lab = tmp_path / "lab"
    init_home(lab, role=Role.COMPUTER, name="Lab 3", rng=os.urandom)
    assert run(["school", "kit", "--home", str(lab), "--out", str(tmp_path / "sheets")]) == 1
    assert "Only a server has a recovery kit" in capsys.readouterr().err
    assert not (tmp_path / "sheets").exists()


def test_a_burnt_hub_comes_back_from_its_kit_and_its_copy(tmp_path: Path, capsys: Output) -> None:
    hub, new, disk = tmp_path / "hub", tmp_path / "new", tmp_path / "disk"
    disk.mkdir()
    run(["hub", "init", "--home", str(hub), "--name", "District"])
    run(["people", "add-teacher", "--home", str(hub), "Officer"])
    assert run(["hub", "kit", "--home", str(hub), "--out", str(tmp_path / "sheets")]) == 0
    assert run(["backup", "--home", str(hub), str(disk)]) == 0
    before = _status(hub, capsys)
    assert before["events"]
    sheets = sorted((tmp_path / "sheets").iterdir())
    assert run(["hub", "recover", "--home", str(new), *map(str, sheets)]) == 0
    assert run(["restore", "--home", str(new), str(disk)]) == 0
    after = _status(new, capsys)
    for name in ("node_id", "role", "frontier_digest", "events"):
        assert after[name] == before[name]


def test_a_hub_takes_no_keys_of_another_ones_kit(tmp_path: Path, capsys: Output) -> None:
    hubs = [tmp_path / name for name in ("one", "other")]
    for hub in hubs:
        run(["hub", "init", "--home", str(hub), "--name", "District"])
    run(["hub", "kit", "--home", str(hubs[0]), "--out", str(tmp_path / "sheets")])
    sheets = sorted((tmp_path / "sheets").iterdir())
    capsys.readouterr()
    assert run(["hub", "recover", "--home", str(hubs[1]), *map(str, sheets)]) == 1
    assert "This kit is of another school or hub." in capsys.readouterr().err


def test_a_server_that_came_back_from_its_kit_shows_the_same_certificate(
    school: Path, tmp_path: Path
) -> None:
    sheets = tmp_path / "sheets"
    run(["school", "kit", "--home", str(school), "--out", str(sheets)])
    new = tmp_path / "new"
    run(["school", "recover", "--home", str(new), *map(str, sorted(sheets.iterdir()))])
    assert open_home(new).channel == open_home(school).channel


def test_a_new_tls_key_counts_from_the_next_start(school: Path) -> None:
    before = open_home(school).channel
    assert run(["school", "new-tls-key", "--home", str(school)]) == 0
    after = open_home(school).channel
    assert (before.number, after.number) == (0, 1)
    assert before.pin != after.pin


def test_a_computer_has_no_tls_key(tmp_path: Path, capsys: Output) -> None:
    init_home(tmp_path / "pc", role=Role.COMPUTER, name="PC 07", rng=os.urandom)
    assert run(["school", "new-tls-key", "--home", str(tmp_path / "pc")]) == 1
    assert "A computer has no such key" in capsys.readouterr().err


def test_a_server_that_came_back_has_the_courses_that_come_with_it_again(
    school: Path, tmp_path: Path, capsys: Output
) -> None:
    sheets = tmp_path / "sheets"
    assert run(["school", "kit", "--home", str(school), "--out", str(sheets)]) == 0
    new = tmp_path / "new"
    assert run(["school", "recover", "--home", str(new), *map(str, sorted(sheets.iterdir()))]) == 0
    school_shelf, shelf = (Shelf(open_home(home).blobs_path) for home in (school, new))
    assert shelf.list() == []
    words = ["pack", "install", "--home", str(new)]
    assert run(words) == 0
    assert "Courses: Fractions." in capsys.readouterr().out
    assert shelf.list() == school_shelf.list()
    assert shelf.pack_file("fractions-p5").digest == school_shelf.pack_file("fractions-p5").digest
    assert run(words) == 0  # a second time there is nothing new
    with classroom_at(new, writable=True) as room:
        assert publish_packs(room) == 0  # its computers were told already
