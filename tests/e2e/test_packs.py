"""A course on its way: from a teacher's folder to the school's running server to a computer."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from darasa.cli.exits import Exit
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.scaffold import new_folder
from darasa.learning.classroom import Classroom
from darasa.learning.meeting import meet_server
from darasa.sync.clock import SystemClock
from darasa.sync.home import open_home

pytestmark = pytest.mark.e2e


def _versions(nodes: Any, home: str) -> str:
    return str(nodes.run("pack", "list", home=home).stdout)


def test_a_newer_version_reaches_a_joined_computer_at_its_next_meeting(
    nodes: Any, tmp_path: Path
) -> None:
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    assert "1.0.0" in _versions(nodes, "pc")
    course = tmp_path / "course"
    shutil.copytree(bundled_courses()[0], course)
    facts = (course / "pack.toml").read_text()
    newer = facts.replace('"1.0.0"', '"1.0.1"').replace("sequence = 1", "sequence = 2")
    assert newer != facts
    (course / "pack.toml").write_text(newer)
    packed = tmp_path / "newer.pack"
    nodes.run("pack", "build", str(course), "--out", str(packed), home="school")
    nodes.run("pack", "install", str(packed), home="school")
    assert nodes.json("sync", home="pc")["ok"]
    assert "1.0.1" in _versions(nodes, "pc")


def test_a_course_of_an_author_whom_the_school_accepted_reaches_its_computers(
    nodes: Any, tmp_path: Path
) -> None:
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    course, packed, key = tmp_path / "rivers", tmp_path / "rivers.pack", tmp_path / "author.key"
    new_folder(course)
    signed = ("--key", str(key), "--out", str(packed))
    said = nodes.run("pack", "build", str(course), *signed, home="school").stdout
    public = str(said).split("Signed by ")[1].split()[0]
    nodes.run("pack", "install", str(packed), "--trust", public, home="school")
    assert nodes.json("sync", home="pc")["ok"]
    assert "rivers" in _versions(nodes, "pc")


def _built(nodes: Any, folder: Path, *, edits: tuple[tuple[str, str], ...] = ()) -> str:
    """A course of the school, built and installed there; the file."""
    new_folder(folder)
    facts = folder / "pack.toml"
    for old, new in edits:
        assert old in facts.read_text()
        facts.write_text(facts.read_text().replace(old, new))
    file = str(folder.with_suffix(".pack"))
    nodes.run("pack", "build", str(folder), "--out", file, home="school")
    nodes.run("pack", "install", file, home="school")
    return file


def test_a_course_that_cannot_be_had_keeps_no_other_away_and_is_named(
    nodes: Any, tmp_path: Path
) -> None:
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    for name in ("anthills", "bridges"):
        _built(nodes, tmp_path / name)
    for blob in (nodes.folder / "school" / "blobs" / "packs" / "anthills").glob("*.head"):
        blob.write_bytes(b"a worn card")
    told = nodes.json("sync", home="pc")
    assert told["ok"]  # the work was exchanged
    assert "anthills" in told["error"]
    assert "bridges" in _versions(nodes, "pc")
    assert "anthills" in nodes.run("sync", home="pc").stderr
    assert "anthills" in nodes.run("doctor", home="pc").stdout
    assert "anthills" in nodes.run("doctor", home="school", code=Exit.REFUSED).stdout


def test_a_school_that_can_give_an_older_version_only_says_so(nodes: Any, tmp_path: Path) -> None:
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    _built(nodes, tmp_path / "bridges")
    assert not nodes.json("sync", home="pc")["error"]
    newer = (("sequence = 1", "sequence = 2"),)
    _built(nodes, tmp_path / "newer" / "bridges", edits=newer)
    heads = nodes.folder / "school" / "blobs" / "packs" / "bridges"
    max(heads.glob("*.head")).write_bytes(b"a worn card")
    assert "older version only" in nodes.json("sync", home="pc")["error"]


def test_a_course_that_was_not_given_is_asked_for_until_it_is(nodes: Any, tmp_path: Path) -> None:
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    file = _built(nodes, tmp_path / "bridges")
    heads = nodes.folder / "school" / "blobs" / "packs" / "bridges"
    max(heads.glob("*.head")).write_bytes(b"a worn card")
    home = open_home(nodes.folder / "pc")
    with Classroom.open(home, clock=SystemClock(), rng=os.urandom) as room:
        assert "bridges" in meet_server(room).error
        nodes.run("pack", "install", file, home="school")
        meet_server(room, trusted=True)  # the lists are as they were
        assert "bridges" in [pack.id for pack in room.packs()]
