"""Bundles as operations of a node: who makes which, what is said, what waits."""

import pytest
from fits_world import made_at
from in_parts import InParts

from darasa.content_packs.build import build_pack
from darasa.content_packs.scaffold import new_folder
from darasa.learning.classroom import Classroom
from darasa.learning.digest import learner_digest
from darasa.learning.kinds import SignIn
from darasa.learning.operations import run_operation
from darasa.learning.scopes import SCHOOL_SCOPE, PackValue, parse_value
from darasa.learning.stick_status import OLD_MS, stick_status
from darasa.sync.contacts import PeerRow
from darasa.sync.feed import published
from darasa.sync.home import Home, Peer, init_home
from darasa.sync.ids import Role
from darasa.sync.transport.bundle_show import show_bundle
from darasa.sync.transport.pack_bundle import export_files
from darasa.sync.transport.relay import carried_bytes


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def _export(room: Classroom, receiver: str, stick, **how) -> dict:
    return run_operation(room, "bundle-export", {"for": receiver, "path": str(stick), **how})


def _import(room: Classroom, stick) -> dict:
    return run_operation(room, "bundle-import", {"path": str(stick)})


def test_names_and_work_cross_on_a_stick(school, computer, stick, make_attempt) -> None:
    school.people.add_learner("Amina Kazungu", school.people.add_class("5B"), pin="4729")
    _export(computer, "school", stick)
    assert _import(school, stick)["ok"]
    _export(school, "computers", stick)
    assert _import(computer, stick)["records_in"] > 0
    learner = computer.people.find("Amina Kazungu")
    computer.record.record((learner.learner_id, make_attempt()))
    _export(computer, "school", stick)
    assert _import(school, stick)["events_in"] >= 1
    assert school.state(learner.learner_id) == computer.state(learner.learner_id)


def test_a_stick_of_many_machines_is_taken_as_a_whole(school, make_room, stick) -> None:
    computers = [make_room(Role.COMPUTER, joined=school, name=f"pc {n}") for n in range(3)]
    for computer in computers:
        computer.guest()
        computer.record.record((computer.guest().learner_id, _sign_in()))
        _export(computer, "school", stick)
    told = _import(school, stick)
    assert told["ok"]
    assert told["events_in"] == 3
    _export(school, "computers", stick)
    for computer in computers:
        told = _import(computer, stick)
        assert told["ok"]
        taken = [each for each in told["bundles"] if not each["passed"]]
        assert [each["kind"] for each in taken] == ["answer"]
        assert run_operation(computer, "status", {})["unsent"] == 0
    assert _import(computers[0], stick)["ok"]  # a second time is no mistake


def _knows_its_school(computer: Classroom) -> None:
    """The row that joining over a wire leaves."""
    peer = computer.home.peer
    assert peer is not None
    with computer.store.transaction() as tx:
        tx.put_peer(PeerRow(peer.node_id, computer.home.school_id, peer.role, peer.name, None))


def _sign_in() -> SignIn:
    return SignIn(b"sitting1", "guest")


@pytest.mark.parametrize(
    ("role", "receiver", "word"),
    [
        (Role.COMPUTER, "hub", "school"),
        (Role.COMPUTER, "computers", "school"),
        (Role.SCHOOL, "school", "hub"),
        (Role.HUB, "computers", "school"),
    ],
)
def test_a_bundle_that_this_node_does_not_make_is_refused_with_what_it_makes(
    make_room, stick, role, receiver, word
) -> None:
    answer = _export(make_room(role), receiver, stick)
    assert answer["code"] == 1
    assert word in answer["error"].split("not for")[0]


def test_a_server_that_nobody_has_asked_says_what_to_do(school, stick) -> None:
    assert "Import one first" in _export(school, "computers", stick)["error"]


@pytest.fixture
def near(school, tmp_path, clock, rng, joined):
    """A computer with a folder, which can carry."""
    home = init_home(tmp_path / "near", role=Role.COMPUTER, name="near", rng=rng)
    joined(home, school)
    with Classroom.open(home, clock=clock, rng=rng) as room:
        yield room


def test_work_that_the_school_has_answered_is_not_carried_round_the_lab(
    school, near, make_room, stick, tmp_path
) -> None:
    far = make_room(Role.COMPUTER, joined=school, name="far")
    _export(far, "school", stick)
    assert [each["kind"] for each in _import(near, stick)["bundles"]] == ["carried"]
    (near.home.path / "relay").rename(tmp_path / "gone")
    _export(near, "school", stick)
    _import(school, stick)
    _export(school, "computers", stick)
    told = _import(near, stick)
    assert told["ok"]
    assert [each["kind"] for each in told["bundles"] if not each["passed"]] == ["answer"]
    assert carried_bytes(near.home) == (0, 0)


def test_answers_for_many_do_not_go_into_one_file(school, make_room, stick) -> None:
    computers = [make_room(Role.COMPUTER, joined=school, name=f"pc {n}") for n in range(2)]
    for computer in computers:
        _export(computer, "school", stick)
    _import(school, stick)
    told = _export(school, "computers", stick / "all.bundle")
    assert "folder" in told["error"]
    assert not (stick / "all.bundle").exists()


def test_a_stick_that_is_not_in_is_not_found(school, stick) -> None:
    assert _import(school, stick / "none")["code"] == 4
    assert _export(school, "computers", stick)["code"] == 1


def test_status_says_what_waits_for_a_stick(school, computer, stick, clock) -> None:
    _knows_its_school(computer)
    computer.record.record((computer.guest().learner_id, _sign_in()))
    assert stick_status(computer)["wanted"] is True  # it has never met its school
    _export(computer, "school", stick)
    assert stick_status(computer)["asked_ms"] == clock.wall_ms()
    clock.advance(1_000)
    _import(school, stick)
    assert stick_status(school)["to_answer"] == 1
    _export(school, "computers", stick)
    _import(computer, stick)
    told = stick_status(computer)
    assert (told["wanted"], told["asked_ms"]) == (False, None)
    computer.record.record((computer.guest().learner_id, _sign_in()))
    assert stick_status(computer)["wanted"] is False
    clock.advance(OLD_MS + 1)
    assert stick_status(computer)["wanted"] is True


def test_a_contact_over_the_wire_ends_the_wait_for_an_answer(
    school, computer, stick, clock, exchange
) -> None:
    _knows_its_school(computer)
    _export(computer, "school", stick)
    assert stick_status(computer)["asked_ms"] is not None
    clock.advance(120_000)
    exchange(computer, school)
    assert stick_status(computer)["asked_ms"] is None


def test_a_fit_of_the_hub_crosses_to_its_schools_and_their_computers_on_a_stick(
    make_room, stick, make_attempt
) -> None:
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    computer = make_room(Role.COMPUTER, joined=school)
    school.people.add_learner("Amina Kazungu", school.people.add_class("5B"), pin="4729")
    made_at(hub, 2)
    _export(school, "hub", stick)
    assert _import(hub, stick)["ok"]
    _export(hub, "school", stick)
    assert _import(school, stick)["ok"]
    adopted = run_operation(school, "adopt-fit", {"version": "2"})
    assert adopted["parameters_version"] == 2
    _export(computer, "school", stick)
    assert _import(school, stick)["ok"]
    _export(school, "computers", stick)
    assert _import(computer, stick)["ok"]
    learner = computer.people.find("Amina Kazungu").learner_id
    computer.record.record((learner, make_attempt()))
    assert "fit-2" in computer.state(learner).rules.name
    _export(computer, "school", stick)
    assert _import(school, stick)["events_in"] >= 1
    assert learner_digest(school, learner) == learner_digest(computer, learner)
    assert run_operation(computer, "fits", {})["fits"][0]["in_use"]


@pytest.fixture
def school_in_a_folder(tmp_path, clock, rng):
    """A school with a folder, that has joined a hub: `(school, hub)`."""
    hub = Home.in_memory(role=Role.HUB, name="District", rng=rng)
    home = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima Primary", rng=rng)
    home.save_peer(
        Peer("http://hub", hub.node_id, hub.node_key.public, hub.name, hub.role, hub.certificate)
    )
    with Classroom.open(home, clock=clock, rng=rng) as school:
        yield school, hub


def test_courses_that_cannot_be_saved_keep_no_work_away(
    school_in_a_folder, make_room, stick
) -> None:
    school, hub = school_in_a_folder
    export_files(hub, stick, [InParts(b"a course")], receiver_role=Role.SCHOOL, made_ms=5)
    computer = make_room(Role.COMPUTER, joined=school)
    computer.record.record((computer.guest().learner_id, _sign_in()))
    _export(computer, "school", stick)
    (school.home.path / "arriving").write_text("a disk without room")
    told = _import(school, stick)
    assert told["events_in"] == 1
    told_of = {each["kind"]: each for each in told["bundles"]}
    assert told_of["work"]["ok"]
    assert "could not be saved" in told_of["packs"]["error"]


def _course(folder, key, *, facts: str = "", sequence: int = 1) -> bytes:
    """A course, signed by a hub. Its lesson is one of its own."""
    new_folder(folder)
    (lesson,) = folder.glob("lessons/*/*.md")
    lesson.write_text(f"{lesson.read_text()}\nThis is about {folder.name}.\n")
    file = folder / "pack.toml"
    file.write_text(file.read_text().replace("sequence = 1", f"sequence = {sequence}") + facts)
    return build_pack(folder, sign=lambda raw: (key.public, key.sign("pack", raw)))


def _published(school) -> list[PackValue]:
    values = map(parse_value, school.store.read(published, SCHOOL_SCOPE).values())
    return [value for value in values if isinstance(value, PackValue)]


def test_a_course_for_a_later_darasa_is_not_told_as_taken(
    school_in_a_folder, stick, tmp_path
) -> None:
    school, hub = school_in_a_folder
    later = _course(tmp_path / "later", hub.node_key, facts='least_client = "99.0"\n')
    good = _course(tmp_path / "rivers", hub.node_key)
    export_files(hub, stick, [InParts(later), InParts(good)], receiver_role=Role.SCHOOL, made_ms=5)
    told = _import(school, stick)
    (packs,) = told["bundles"]
    assert not packs["ok"]
    assert "needs Darasa 99.0" in packs["error"]
    assert packs["packs"] == ["Rivers"]


def test_a_course_that_is_damaged_here_keeps_no_other_off_the_stick(
    school_in_a_folder, stick, tmp_path
) -> None:
    school, hub = school_in_a_folder
    for name in ("bridges", "rivers"):
        course = _course(tmp_path / name, hub.node_key)
        worn = school.shelf.install(course, trusted=[hub.node_key.public])
    lesson = next(each for each in worn.manifest.blobs if each.path.startswith("lessons/"))
    school.shelf._blob_path(lesson.sha256).write_bytes(b"worn")
    told = _export(school, "computers", stick)
    assert "damaged here: course rivers. All else is there." in told["error"]
    (bundle,) = stick.iterdir()
    assert show_bundle(bundle, None)["contents"]["files"] == 1


def test_an_older_course_on_a_stick_is_no_fault(school_in_a_folder, stick, tmp_path) -> None:
    school, hub = school_in_a_folder
    older = _course(tmp_path / "one" / "rivers", hub.node_key)
    newer = _course(tmp_path / "two" / "rivers", hub.node_key, sequence=2)
    school.shelf.install(newer, trusted=[hub.node_key.public])
    export_files(hub, stick, [InParts(older)], receiver_role=Role.SCHOOL, made_ms=5)
    (packs,) = _import(school, stick)["bundles"]
    assert packs["ok"]
    assert packs["error"] == ""


def test_a_stick_that_comes_again_tells_computers_of_what_a_kill_left_untold(
    school_in_a_folder, stick, tmp_path
) -> None:
    school, hub = school_in_a_folder
    course = _course(tmp_path / "rivers", hub.node_key)
    export_files(hub, stick, [InParts(course)], receiver_role=Role.SCHOOL, made_ms=5)
    school.shelf.install(course, trusted=[hub.node_key.public])  # and here the power went
    assert not _published(school)
    assert _import(school, stick)["ok"]
    assert len(_published(school)) == 1
