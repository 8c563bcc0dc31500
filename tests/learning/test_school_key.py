"""A school's key for names: changed, told to its computers, and brought back from paper."""

import shutil

import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.errors import LearningError
from darasa.learning.records import LEARNER_NAME
from darasa.learning.school_key import (
    NotASchoolError,
    is_in_kit,
    kit_of_files,
    new_school_key,
    publish_school_key,
    recovery_sheets,
    take_kit,
    take_school_key,
    write_sheets,
)
from darasa.sync.home import Home, init_home, open_home, recovered_home
from darasa.sync.ids import Role
from darasa.sync.recovery_kit import half_of_text, join_kit
from darasa.sync.sealing import sealed_for


@pytest.fixture
def open_school(tmp_path, clock, rng):
    """open_school(): the node in one folder, made at the first call."""
    rooms = []

    def opened(folder="school"):
        path = tmp_path / folder
        if not (path / "darasa.toml").exists():
            init_home(path, role=Role.SCHOOL, name="Kisima Primary", rng=rng)
        room = Classroom.open(open_home(path), clock=clock, rng=rng)
        rooms.append(room)
        return room

    yield opened
    for room in rooms:
        room.close()


def name_of(room, learner_id):
    return room.people.find_id(learner_id).name


def test_names_from_before_a_new_key_stay_readable_and_later_ones_too(open_school):
    school = open_school()
    class_id = school.people.add_class("5B")
    before = school.people.add_learner("Amina Kato", class_id, pin="4821")
    first_key = school.home.seal_public
    new_school_key(school)
    after = school.people.add_learner("Juma Ali", class_id, pin="4821")
    assert school.home.seal_public != first_key
    school.rebuild()
    assert (name_of(school, before), name_of(school, after)) == ("Amina Kato", "Juma Ali")
    school.close()
    again = open_school()
    again.rebuild()
    assert (name_of(again, before), name_of(again, after)) == ("Amina Kato", "Juma Ali")
    assert [key.public for key in again.home.seal_keys][1] == first_key


def test_computers_seal_to_the_new_key_after_their_next_contact(school, computer, exchange):
    exchange(computer, school)
    take_school_key(computer)
    old = computer.home.seal_public
    new_school_key(school)
    exchange(computer, school)
    take_school_key(computer)
    assert computer.home.seal_public == school.home.seal_public != old
    personal = computer.people._personal
    sealed = personal.seal(b"o" * 16, LEARNER_NAME, b"Neema")
    assert sealed_for(sealed) == school.home.seal_key.key_id
    assert school.people._personal.open(b"o" * 16, LEARNER_NAME, sealed) == b"Neema"


def test_text_that_a_computer_sealed_to_the_old_key_is_still_read(school, computer):
    sealed = computer.people._personal.seal(b"o" * 16, LEARNER_NAME, b"Neema")
    new_school_key(school)
    assert school.people._personal.open(b"o" * 16, LEARNER_NAME, sealed) == b"Neema"


def test_a_school_that_never_changed_its_key_says_nothing(school):
    before = school.store.position()
    publish_school_key(school)
    assert school.store.position() == before


def test_a_school_that_was_put_back_from_before_a_new_key_says_the_one_that_it_has(
    open_school, tmp_path, clock, rng, *, joined, exchange
):
    school = open_school()
    home = Home.in_memory(role=Role.COMPUTER, name="Lab 1", rng=rng)
    joined(home, school)
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, home=home) as computer:
        exchange(computer, school)
        school.store.checkpoint(at_least_bytes=0)
        shutil.copytree(tmp_path / "school", tmp_path / "copy")
        new_school_key(school)
        exchange(computer, school)
        take_school_key(computer)
        assert home.seal_public == school.home.seal_public
        school.close()
        shutil.rmtree(tmp_path / "school")
        shutil.move(tmp_path / "copy", tmp_path / "school")
        back = open_school()
        exchange(computer, back)
        take_school_key(computer)
        sealed = computer.people._personal.seal(b"o" * 16, LEARNER_NAME, b"Neema")
        assert back.people._personal.open(b"o" * 16, LEARNER_NAME, sealed) == b"Neema"


def test_only_a_school_makes_keys_and_kits(computer):
    with pytest.raises(NotASchoolError):
        new_school_key(computer)
    with pytest.raises(NotASchoolError):
        recovery_sheets(computer)


def test_a_burnt_server_comes_back_under_its_identity(open_school, tmp_path, clock, rng):
    school = open_school()
    new_school_key(school)
    names = write_sheets(school, tmp_path / "sheets")
    kit = kit_of_files([tmp_path / "sheets" / name for name in names])
    home = recovered_home(tmp_path / "new", kit)
    assert home.node_id == school.home.node_id
    assert home.school_id == school.home.school_id
    assert [key.key_id for key in home.seal_keys] == [key.key_id for key in school.home.seal_keys]
    assert open_home(tmp_path / "new").seal_public == school.home.seal_public


@pytest.mark.parametrize(("zone", "day"), [("NZST-12", "2027-01-18"), ("CST6", "2027-01-17")])
def test_the_sheets_bear_the_day_that_it_is_at_the_school(open_school, clock, set_zone, zone, day):
    clock.wall = 1_800_228_600_000  # a Sunday, 23:30 UTC
    set_zone(zone)
    assert all(day in sheet for sheet in recovery_sheets(open_school()))


def test_a_kit_gives_a_restored_server_the_newer_key_back(open_school, tmp_path):
    school = open_school()
    kept = {file.name: file.read_bytes() for file in (school.home.path / "keys").glob("seal.key")}
    new_school_key(school)
    newest = school.home.seal_public
    kit = join_kit([half_of_text(text) for text in recovery_sheets(school)])
    school.close()
    keys = tmp_path / "school" / "keys"
    (keys / "seal.key").write_bytes(kept["seal.key"])  # an old copy of the folder is put back
    for file in (keys / "seal-before").iterdir():
        file.unlink()
    restored = open_school()
    assert restored.home.seal_public != newest
    assert take_kit(restored, kit) == 1
    assert restored.home.seal_public == newest
    assert take_kit(restored, kit) == 0


def test_the_kit_of_another_school_changes_nothing(open_school):
    one, other = open_school("one"), open_school("other")
    kit = join_kit([half_of_text(text) for text in recovery_sheets(other)])
    before = one.home.seal_keys
    with pytest.raises(LearningError, match="another school"):
        take_kit(one, kit)
    assert one.home.seal_keys == before


def test_sheets_are_known_until_there_is_a_newer_key(open_school, tmp_path):
    school = open_school()
    assert not is_in_kit(school.home)
    write_sheets(school, tmp_path / "sheets")
    assert is_in_kit(school.home)
    new_school_key(school)
    assert not is_in_kit(school.home)


def test_a_crash_while_a_new_key_is_written_leaves_every_key(open_school, monkeypatch):
    school = open_school()
    old = school.home.seal_public

    def crash(*_args):
        raise OSError(5, "pulled out")

    monkeypatch.setattr("darasa.sync.home.write_config", crash)
    with pytest.raises(OSError, match="pulled out"):
        new_school_key(school)
    monkeypatch.undo()
    school.close()
    assert old in [key.public for key in open_school().home.seal_keys]


def test_an_earlier_key_that_is_damaged_stops_no_server_and_comes_back_from_the_kit(
    open_school, tmp_path
):
    school = open_school()
    class_id = school.people.add_class("5B")
    before = school.people.add_learner("Amina Kato", class_id, pin="4821")
    new_school_key(school)
    write_sheets(school, tmp_path / "sheets")
    school.close()
    (file,) = (school.home.path / "keys" / "seal-before").iterdir()
    file.write_bytes(b"\0" * 40)
    again = open_school()
    again.rebuild()
    assert len(again.home.seal_keys) == 1
    assert take_kit(again, kit_of_files(sorted((tmp_path / "sheets").iterdir()))) == 1
    assert name_of(again, before) == "Amina Kato"
    again.close()
    assert len(open_school().home.seal_keys) == 2
