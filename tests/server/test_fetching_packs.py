"""A course on a weak link to a small disk: a real server, and a computer that fetches from it."""

import errno
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from darasa.content_packs.build import build_pack
from darasa.content_packs.container import SIGNED_PREFIX, frames, read_head
from darasa.content_packs.scaffold import new_folder
from darasa.learning.checkup import Health, checkup
from darasa.learning.classroom import Classroom
from darasa.learning.enrolment import join_server
from darasa.learning.meeting import meet_server
from darasa.learning.pack_delivery import (
    ROOM_LEFT_BYTES,
    fetch_packs,
    missing_packs,
    publish_packs,
)
from darasa.sync.clock import ManualClock
from darasa.sync.home import open_home
from darasa.sync.transport.download import download
from darasa.sync.transport.exchange import LinkError

MORNING_MS = 1_800_000_000_000


@dataclass
class Asked:
    """One request for a pack: what was asked, and what went over the link."""

    path: str
    headers: dict[str, str]
    status: int = 0
    bytes_out: int = 0


@dataclass
class Link:
    """An application behind a link that can break: in the middle of an answer, after `cut_after`
    bytes of it. `asked` are the requests for packs."""

    app: Any
    cut_after: int = sys.maxsize
    asked: list[Asked] = field(default_factory=list)

    @property
    def state(self) -> Any:
        return self.app.state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope.get("path", "").startswith("/packs/"):
            await self.app(scope, receive, send)
            return
        names = {name.decode(): value.decode() for name, value in scope["headers"]}
        one = Asked(scope["path"], names)
        self.asked.append(one)

        async def through(message: Any) -> None:
            if message["type"] == "http.response.start":
                one.status = message["status"]
            elif one.bytes_out + len(message["body"]) > self.cut_after:
                part = message["body"][: self.cut_after - one.bytes_out]
                one.bytes_out += len(part)
                await send({"type": "http.response.body", "body": part, "more_body": True})
                raise ConnectionResetError("the link broke")
            else:
                one.bytes_out += len(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, through)


@dataclass
class Lab:
    """A school whose link can break, and a computer that has joined it."""

    school: Classroom
    computer: Classroom
    link: Link
    folder: Path

    def build(self, name: str, *, more: str = "", number: int = 1) -> bytes:
        """A course of a few thousand bytes, signed by the school."""
        source = self.folder / f"{name}-{number}"
        new_folder(source)
        facts = (source / "pack.toml").read_text()
        facts = facts.replace(f'id = "{source.name}"', f'id = "{name}"')
        facts = facts.replace("sequence = 1", f"sequence = {number}\n{more}")
        (source / "pack.toml").write_text(facts)
        key = self.school.home.node_key
        return build_pack(source, sign=lambda raw: (key.public, key.sign("pack", raw)))

    def serve(self, built: bytes) -> None:
        """The school has a course, and the computer knows of it."""
        self.school.shelf.install(built, trusted=[self.school.home.node_key.public])
        self.tell()

    def serve_unchecked(self, built: bytes) -> None:
        """The same of a course that this Darasa does not take; a later one at the school did."""
        file, shelf = io.BytesIO(built), self.school.shelf
        head = read_head(file)
        for entry, frame in frames(file, head.manifest):
            place = shelf._blob_path(entry.sha256)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(frame)
        shelf._write_head(head)
        self.tell()

    def tell(self) -> None:
        """The computer hears of what the school serves, and the link breaks before any comes."""
        publish_packs(self.school)
        self.link.cut_after = 0
        meet_server(self.computer)
        self.link.cut_after = sys.maxsize
        self.link.asked.clear()

    def asked_for(self, name: str) -> list[Asked]:
        return [one for one in self.link.asked if one.path == f"/packs/{name}.pack"]

    def here(self) -> list[str]:
        return [pack.id for pack in self.computer.packs()]

    def parts(self) -> list[Path]:
        return list((self.computer.home.path / "arriving").glob("*.pack"))

    def arriving(self) -> list[str]:
        return sorted(file.name for file in (self.computer.home.path / "arriving").glob("*"))


@pytest.fixture
def lab(school: Any, serving: Callable[..., Any], tmp_path: Path) -> Iterator[Lab]:
    link = school.app = Link(school.app)
    clock = ManualClock(MORNING_MS)
    with serving(school) as url:
        code = school.app.state.darasa.enrolment.new_code()
        join_server(tmp_path / "pc", url, code, name="PC 07", clock=clock, rng=os.urandom)
        home = open_home(tmp_path / "pc")
        with Classroom.open(home, clock=clock, rng=os.urandom) as computer:
            yield Lab(school.room, computer, link, tmp_path)


def _cut(lab: Lab, after: int) -> None:
    """A try in which the link breaks."""
    lab.link.cut_after = after
    with pytest.raises(LinkError):
        fetch_packs(lab.computer)
    lab.link.cut_after = sys.maxsize
    lab.link.asked.clear()


def test_a_course_that_was_cut_goes_on_at_the_byte(lab: Lab) -> None:
    built = lab.build("bridges")
    lab.serve(built)
    _cut(lab, 1_000)
    _cut(lab, 500)
    assert fetch_packs(lab.computer) == []
    (asked,) = lab.asked_for("bridges")
    assert (asked.status, asked.bytes_out) == (206, len(built) - 1_500)
    assert "bridges" in lab.here()


def test_a_course_that_changed_on_the_server_meanwhile_is_not_glued_to_what_had_come(
    lab: Lab,
) -> None:
    built = lab.build("bridges")
    lab.serve(built)
    _cut(lab, 1_000)
    other = Ed25519PrivateKey.generate()  # one more signature: the same manifest, another file
    countersign = (
        other.public_key().public_bytes_raw(),
        lambda raw: other.sign(SIGNED_PREFIX + raw),
    )
    trusted = [lab.school.home.node_key.public]
    lab.school.shelf.install(built, trusted=trusted, countersign=countersign)
    changed = b"".join(lab.school.shelf.pack_file("bridges").read())
    _cut(lab, 700)
    assert fetch_packs(lab.computer) == []
    (asked,) = lab.asked_for("bridges")
    assert (asked.status, asked.bytes_out) == (206, len(changed) - 700)
    assert "bridges" in lab.here()
    assert b"".join(lab.computer.shelf.pack_file("bridges").read()) == changed


def test_a_whole_file_that_was_not_installed_yet_is_not_fetched_again(lab: Lab) -> None:
    lab.serve(lab.build("bridges"))
    (value,) = [each for each in missing_packs(lab.computer) if each.pack_id == "bridges"]
    file = lab.computer.home.path / "arriving" / f"{value.manifest.hex()}.pack"
    download(lab.computer.home, "/packs/bridges.pack", file, bytes_max=100_000)
    lab.link.asked.clear()  # the power went before it was installed
    assert fetch_packs(lab.computer) == []
    (asked,) = lab.asked_for("bridges")
    assert (asked.status, asked.bytes_out) == (416, 0)
    assert "bridges" in lab.here()


LATER = 'least_client = "99.0"'


def test_a_course_that_does_not_check_is_fetched_once_and_named_each_time(lab: Lab) -> None:
    built = lab.build("bridges", more=LATER)
    lab.serve_unchecked(built)
    (fault,) = fetch_packs(lab.computer)
    assert "needs Darasa 99.0" in fault
    (asked,) = lab.asked_for("bridges")
    assert asked.bytes_out == len(built)
    lab.link.asked.clear()
    for _ in range(2):
        (fault,) = fetch_packs(lab.computer)
        assert "bridges" in fault
        assert "needs Darasa 99.0" in fault
        assert "not fetched again" in fault
    assert [(one.status, one.bytes_out) for one in lab.asked_for("bridges")] == [(304, 0)] * 2
    told = {check.name: check for check in checkup(lab.computer)}["course bridges"]
    assert told.health is Health.ACT
    assert "needs Darasa 99.0" in told.what


def test_a_course_that_does_not_check_keeps_no_other_away(lab: Lab) -> None:
    lab.serve_unchecked(lab.build("bridges", more=LATER))
    assert len(fetch_packs(lab.computer)) == 1
    lab.serve(lab.build("canals"))
    assert len(fetch_packs(lab.computer)) == 1
    assert "canals" in lab.here()


def test_another_file_of_a_course_that_did_not_check_is_fetched(lab: Lab) -> None:
    lab.serve_unchecked(lab.build("bridges", more=LATER))
    assert len(fetch_packs(lab.computer)) == 1
    lab.serve(lab.build("bridges", number=2))
    assert fetch_packs(lab.computer) == []
    assert "bridges" in lab.here()
    assert fetch_packs(lab.computer) == []
    assert lab.arriving() == []


def test_another_file_under_the_same_list_of_contents_is_fetched(lab: Lab) -> None:
    lab.serve_unchecked(lab.build("bridges", more=LATER))
    assert len(fetch_packs(lab.computer)) == 1
    whole = lab.build("bridges", number=2)
    lab.school.shelf.install(whole, trusted=[lab.school.home.node_key.public])  # and says nothing
    assert fetch_packs(lab.computer) == []
    assert "bridges" in lab.here()


@pytest.mark.parametrize("has_it", [True, False])
def test_an_older_version_than_was_promised_is_fetched_once(lab: Lab, *, has_it: bool) -> None:
    lab.serve(lab.build("bridges"))
    if has_it:
        assert fetch_packs(lab.computer) == []
    lab.serve(lab.build("bridges", number=2))
    newest = max((lab.school.home.blobs_path / "packs" / "bridges").glob("*.head"))
    whole = newest.read_bytes()
    newest.write_bytes(b"a worn card")
    for _ in range(3):
        (fault,) = fetch_packs(lab.computer)
        assert "older version only" in fault
    assert [one.status for one in lab.asked_for("bridges")][-2:] == [304, 304]
    assert "bridges" in lab.here()
    newest.write_bytes(whole)
    assert fetch_packs(lab.computer) == []
    (info,) = [info for info in lab.computer.shelf.list() if info.id == "bridges"]
    assert info.sequence == 2


def test_a_course_that_was_damaged_on_its_way_is_fetched_anew(lab: Lab) -> None:
    lab.serve(lab.build("bridges"))
    _cut(lab, 1_000)
    part = max(lab.parts(), key=lambda file: file.stat().st_size)
    part.write_bytes(part.read_bytes()[:-10] + bytes(10))  # as a power cut leaves a file
    (fault,) = fetch_packs(lab.computer)
    assert "bridges" in fault
    assert "not fetched again" not in fault
    assert fetch_packs(lab.computer) == []
    assert "bridges" in lab.here()


def test_a_later_darasa_tries_again_what_an_earlier_one_could_not_read(lab: Lab) -> None:
    lab.serve_unchecked(lab.build("bridges", more=LATER))
    assert len(fetch_packs(lab.computer)) == 1
    (note,) = (lab.computer.home.path / "arriving").glob("*.refused")
    told = json.loads(note.read_text()) | {"app_version": "0.0.1"}
    note.write_text(json.dumps(told))
    lab.link.asked.clear()
    assert len(fetch_packs(lab.computer)) == 1
    (asked,) = lab.asked_for("bridges")
    assert asked.status == 200


@dataclass(frozen=True)
class Disk:
    """What a disk says of itself."""

    free: int
    total: int = 1 << 30
    used: int = 0


def test_a_course_leaves_room_on_a_small_disk_for_the_work(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = lab.build("bridges")
    lab.serve(built)
    needed = ROOM_LEFT_BYTES + 2 * len(built)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(needed - 1))
    assert meet_server(lab.computer).ok  # the work has gone
    fault = next(each for each in fetch_packs(lab.computer) if "bridges" in each)
    assert "no room for it: 1 MB more" in fault
    assert sum(file.stat().st_size for file in lab.parts()) == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(needed))
    assert not any("bridges" in each for each in fetch_packs(lab.computer))
    assert "bridges" in lab.here()


def test_what_came_of_a_course_gives_way_to_the_work_when_the_disk_fills(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.serve(lab.build("bridges"))
    _cut(lab, 1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(ROOM_LEFT_BYTES - 1))
    assert any("no room" in each for each in fetch_packs(lab.computer))
    assert lab.arriving() == []


def test_a_course_that_could_not_be_saved_is_not_fetched_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.serve(lab.build("bridges"))
    real = os.fsync

    def worn(handle: int) -> None:
        if "/.new-" in Path(f"/proc/self/fd/{handle}").readlink().as_posix():
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", worn)
    told = meet_server(lab.computer)
    assert told.ok
    assert "bridges did not come. It could not be saved here." in told.error
    monkeypatch.undo()
    lab.link.asked.clear()
    assert fetch_packs(lab.computer) == []
    (asked,) = lab.asked_for("bridges")
    assert (asked.status, asked.bytes_out) == (416, 0)
    assert "bridges" in lab.here()


def test_what_older_versions_take_is_told_where_it_is_some(lab: Lab) -> None:
    assert "older courses" not in {check.name for check in checkup(lab.computer)}
    part = lab.computer.shelf._blob_path("0" * 64)
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as file:
        file.truncate(12 << 20)
    told = {check.name: check for check in checkup(lab.computer)}["older courses"]
    assert (told.health, told.remedy) == (Health.NOTE, "")
    assert "12 MB" in told.what


@pytest.mark.parametrize("raw", [b"", b"\xff{", b"[" * 9_000, b'{"tag": 5}'])
def test_a_damaged_note_is_no_note(lab: Lab, raw: bytes) -> None:
    lab.serve(lab.build("bridges"))
    (value,) = [each for each in missing_packs(lab.computer) if each.pack_id == "bridges"]
    folder = lab.computer.home.path / "arriving"
    (folder / f"{value.manifest.hex()}.refused").write_bytes(raw)
    (folder / f"{value.manifest.hex()}.tag").write_bytes(raw)
    (folder / f"{value.manifest.hex()}.pack").write_bytes(b"some bytes")
    assert fetch_packs(lab.computer) == []
    assert "bridges" in lab.here()
