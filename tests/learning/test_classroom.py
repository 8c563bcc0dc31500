import os
import stat

import pytest

from darasa.content_packs.build import build_pack
from darasa.content_packs.scaffold import new_folder
from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest, learner_digest
from darasa.learning.errors import LearningError
from darasa.learning.kinds import Adopt, SignIn, SignOut, payload_of
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.sync import clock_rows
from darasa.sync.clock_events import KIND, Correction, body_of
from darasa.sync.errors import HomeBusyError, StoreError
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import NO_SCHOOL, Role

SITTING = b"sitting1"


@pytest.fixture
def opened(tmp_path, clock, rng):
    """opened("school", Role.SCHOOL) opens that folder, made a node at the first time."""
    rooms: list[Classroom] = []

    def open_room(name, role, *, writable=True):
        path = tmp_path / name
        if not (path / "darasa.toml").exists():
            init_home(path, role=role, name=name, rng=rng)
        room = Classroom.open(open_home(path), clock=clock, rng=rng, writable=writable)
        rooms.append(room)
        return room

    yield open_room
    for room in rooms:
        room.close()


def test_what_was_recorded_is_there_after_closing_and_opening(opened, make_attempt):
    room = opened("school", Role.SCHOOL)
    learner = room.people.add_learner("Amina Kato", room.people.add_class("5B"), pin="4821")
    room.record.record((learner, SignIn(SITTING, "pin")))
    room.record.record((learner, make_attempt()), place=(learner, b"here"))
    state, digest = room.state(learner), all_digest(room)
    room.close()
    again = opened("school", Role.SCHOOL)
    assert again.state(learner) == state
    assert all_digest(again) == digest
    assert again.place(learner) == b"here"
    assert again.people.find("Amina").learner_id == learner
    assert again.desk.try_pin(learner, "4821") == SignedIn(learner)


def test_every_run_writes_a_log_of_its_own(opened, make_attempt):
    for _ in range(3):
        room = opened("school", Role.SCHOOL)
        room.people.add_class("5B")
        room.close()
    assert opened("school", Role.SCHOOL).store.log_count() == 3


def test_one_process_at_a_time_writes_and_others_may_read(opened, make_attempt):
    room = opened("school", Role.SCHOOL)
    learner = room.guest().learner_id
    with pytest.raises(HomeBusyError):
        opened("school", Role.SCHOOL)
    reader = opened("school", Role.SCHOOL, writable=False)
    room.record.record((learner, SignIn(SITTING, "guest")), (learner, make_attempt()))
    assert reader.state(learner).attempts == 1
    with pytest.raises(StoreError, match="reading only"):
        reader.people.add_class("5B")


def test_a_new_folder_can_be_read_at_once(opened):
    room = opened("school", Role.SCHOOL, writable=False)
    assert room.people.learners() == []
    assert room.learner_ids() == []


def test_a_pause_after_wrong_pins_outlives_a_restart(opened, clock):
    room = opened("school", Role.SCHOOL)
    learner = room.people.add_learner("Amina Kato", None, pin="4821")
    for _ in range(5):
        room.desk.try_pin(learner, "0000")
    room.close()
    clock.elapsed = 0
    assert opened("school", Role.SCHOOL).desk.try_pin(learner, "4821") == WrongSecret(30)


def test_the_folder_of_a_school_lets_nobody_else_in(opened, tmp_path):
    opened("school", Role.SCHOOL)
    assert stat.S_IMODE((tmp_path / "school").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "school" / "machine-secret").stat().st_mode) == 0o600


def test_a_guest_practises_before_the_computer_has_joined(make_room, make_attempt):
    room = make_room(Role.COMPUTER)
    guest = room.guest()
    assert room.guest() == guest
    assert guest.name == "Guest"
    room.record.record((guest.learner_id, SignIn(SITTING, "guest")))
    room.record.record((guest.learner_id, make_attempt()))
    assert room.state(guest.learner_id).attempts == 1
    assert room.people.learners() == [guest]
    assert room.people.find_id(guest.learner_id) == guest


def test_joining_gives_earlier_logs_to_the_school(
    opened, school, joined, exchange, *, make_attempt
):
    alone = opened("pc", Role.COMPUTER)
    guest = alone.guest().learner_id
    alone.record.record((guest, SignIn(SITTING, "guest")), (guest, make_attempt()))
    alone.record.record((guest, SignOut(SITTING, "closed")))
    assert alone.adopt_earlier_logs() == 0
    digest, home = learner_digest(alone, guest), alone.home
    alone.close()
    joined(home, school)
    computer = opened("pc", Role.COMPUTER)
    assert computer.adopt_earlier_logs() == 0
    *_, adopt = computer.store.events_after(0)
    listed = payload_of(adopt.event)
    assert isinstance(listed, Adopt)
    assert (listed.school_id, len(listed.log_ids)) == (school.home.school_id, 1)
    assert {e.school_id for e in computer.store.events_after(0)} == {school.home.school_id}
    assert learner_digest(computer, guest) == digest
    exchange(computer, school)
    assert learner_digest(school, guest) == digest
    assert NO_SCHOOL not in {e.school_id for e in school.store.events_after(0)}
    assert school.people.find_id(guest).name == "?"


def test_a_computer_that_lost_a_page_with_certificates_tells_the_right_time_again(
    opened, clock, school, joined, exchange, *, make_attempt
):
    right_ms, clock.wall = clock.wall, 5_000
    with opened("pc", Role.COMPUTER) as alone:
        joined(alone.home, school)
    with opened("pc", Role.COMPUTER) as computer:
        guest = computer.guest().learner_id
        computer.record.record((guest, SignIn(SITTING, "guest")), (guest, make_attempt()))
        log_id = computer.log.log_id
        exchange(computer, school)
        with school.store.transaction() as tx:
            said = tx.append(
                school.log, kind=KIND, version=1, learner_id=None, lamport=9,
                body=body_of(Correction(log_id, right_ms - 5_000, 5)),
            )  # fmt: skip
            school.hooks.on_events(tx, [said])
        exchange(computer, school)
        assert computer.state(guest).sitting.began_ms == right_ms
        with computer.store.transaction() as tx:
            tx.connection.execute("DELETE FROM certificate")
            clock_rows.settle(tx.connection, log_id)
        computer.rebuild()
        assert computer.state(guest).sitting.began_ms == 5_000
    again = opened("pc", Role.COMPUTER)
    assert again.state(guest).sitting.began_ms == right_ms


def test_a_node_in_memory_has_packs_and_no_shelf(make_room):
    room = make_room(Role.COMPUTER)
    assert room.packs() == []
    with pytest.raises(LearningError):
        _ = room.shelf


def test_a_course_that_is_built_anew_under_the_same_words_is_read_anew(opened, tmp_path):
    room = opened("school", Role.SCHOOL)
    key, folder = room.home.node_key, tmp_path / "rivers"
    new_folder(folder)

    def install() -> None:
        built = build_pack(folder, sign=lambda raw: (key.public, key.sign("pack", raw)))
        room.shelf.install(built, trusted=[key.public])

    install()
    (course,) = room.packs()
    (skill,) = course.skills.values()
    assert room.course_book().title((course.id, skill.id)) == skill.title
    for name, old, new in (
        ("skills.toml", skill.title, "Another title"),
        ("pack.toml", "sequence = 1", "sequence = 2"),  # and the words of its version stay
    ):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))
    install()
    assert room.course_book().title((course.id, skill.id)) == "Another title"


def test_closing_twice_is_closing_once(opened):
    room = opened("school", Role.SCHOOL)
    room.close()
    room.close()
    opened("school", Role.SCHOOL)


def test_names_are_nowhere_in_a_computers_or_hubs_folder_in_clear(
    opened, tmp_path, joined, exchange
):
    hub = opened("hub", Role.HUB)
    school_home = init_home(tmp_path / "school", role=Role.SCHOOL, name="s", rng=os.urandom)
    joined(school_home, hub)
    school = opened("school", Role.SCHOOL)
    class_id = school.people.add_class("5B")
    school.people.add_learner("Wanjiru Mwangaza", class_id, pin="4821")
    exchange(school, hub)
    hub.close()
    for file in (tmp_path / "hub").rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            assert b"Wanjiru" not in raw
            assert b"Mwangaza" not in raw
