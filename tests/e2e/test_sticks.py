"""A district whose cables are cut: work, receipts, lists and courses go on a stick."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from darasa.content_packs.bundled import bundled_courses

pytestmark = pytest.mark.e2e


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A folder that is carried about."""
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def _newer_course(nodes: Any, folder: Path) -> None:
    """The hub has version 1.0.1 of the first course, made and signed there."""
    course = folder / "course"
    shutil.copytree(bundled_courses()[0], course)
    facts = (course / "pack.toml").read_text()
    (course / "pack.toml").write_text(
        facts.replace('"1.0.0"', '"1.0.1"').replace("sequence = 1", "sequence = 2")
    )
    packed = folder / "newer.pack"
    nodes.run("pack", "build", str(course), "--out", str(packed), home="hub")
    nodes.run("pack", "install", str(packed), home="hub")


def test_a_term_by_stick_from_a_computer_to_the_hub_and_back(
    nodes: Any, stick: Path, tmp_path: Path
) -> None:
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    nodes.run("hub", "init", "--name", "Kisima District", home="hub")
    hub = nodes.serve("hub")
    nodes.join("school", hub.url, inviting="hub")
    hub.stop()
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    school.stop()  # from here on nobody reaches anybody
    nodes.run("simulate-class", "--learners", "3", "--attempts", "5", "--days", "1", home="school")
    _newer_course(nodes, tmp_path)

    nodes.run("bundle", "export", "--for", "school", str(stick), home="hub")
    assert nodes.json("bundle", "import", str(stick), home="school")["packs"]
    for file in stick.iterdir():
        file.unlink()
    nodes.run("bundle", "export", "--for", "school", str(stick), home="pc")
    nodes.serve("school")  # a running server takes the stick as well
    assert nodes.json("bundle", "import", str(stick), home="school")["ok"]
    down = nodes.json("bundle", "export", "--for", "computers", str(stick), home="school")["made"]
    assert len(down) == 2  # an answer for the computer, and the courses for all
    brought = nodes.json("bundle", "import", str(stick), home="pc")
    assert brought["records_in"] >= 3
    assert brought["packs"]
    assert "1.0.1" in nodes.run("pack", "list", home="pc").stdout

    assert nodes.json("status", home="school")["unsent"] > 0
    nodes.run("bundle", "export", "--for", "hub", str(stick), home="school")
    shown = nodes.json("bundle", "show", str(stick), home="hub")["bundles"]
    mine = [each for each in shown if each["can_open"] and each["kind"] == "work"]
    assert [(each["contents"]["events"], each["maker_role"]) for each in mine] == [
        (nodes.json("status", home="school")["events"], "school")
    ]
    nodes.run("bundle", "import", str(stick / mine[0]["file"]), home="hub")
    nodes.run("bundle", "export", "--for", "school", str(stick), home="hub")
    assert nodes.json("bundle", "import", str(stick), home="school")["ok"]
    there, here = nodes.json("status", home="hub"), nodes.json("status", home="school")
    assert here["unsent"] == 0
    assert (there["events"], there["state_digest"]) == (here["events"], here["state_digest"])


def test_what_is_wrong_with_a_stick_is_said_with_its_exit_code(
    nodes: Any, stick: Path, tmp_path: Path
) -> None:
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    said = nodes.run("bundle", "export", "--for", "hub", str(stick), home="school", code=1)
    assert "has not joined" in said.stderr
    said = nodes.run("bundle", "export", "--for", "school", str(stick), home="school", code=1)
    assert "computers" in said.stderr
    said = nodes.run("bundle", "import", str(tmp_path / "none"), home="school", code=4)
    assert "Is the stick in?" in said.stderr
    said = nodes.run("bundle", "import", str(stick), home="school", code=4)
    assert "no bundle" in said.stderr
    (stick / "darasa-x.bundle").write_bytes(b"MZ" * 200)
    said = nodes.run("bundle", "import", str(stick), home="school", code=3)
    assert "Nothing was taken" in said.stderr
    assert "Traceback" not in said.stderr
