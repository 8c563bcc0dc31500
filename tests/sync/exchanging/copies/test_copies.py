"""A folder that was copied or moved: both go on, the school lists both, and nothing is lost."""

import shutil

import msgspec
import pytest

from darasa.sync import contacts
from darasa.sync.errors import HomeError
from darasa.sync.home import init_home, open_home
from darasa.sync.home_files import CONFIG_NAME
from darasa.sync.ids import Role
from darasa.sync.lineage import is_child
from darasa.sync.moving import notice_place
from darasa.sync.signing import issue_certificate
from darasa.sync.transport import relay
from darasa.sync.transport.bundle_reading import read_head


def test_a_folder_that_stays_where_it_is_stays_the_node_it_is(folders):
    computer = folders.computer()
    for _ in range(2):
        again = folders.again(computer)
        assert again.home.node_id == computer.home.node_id
        assert again.home.former == ()
        computer = again


def test_two_copies_of_a_folder_both_work_and_the_school_lists_both(folders, district):
    computer = folders.computer()
    computer.write(3)
    district.good(computer, folders.school)
    copy = folders.copy(computer, "pc2")
    first = folders.start("pc1")
    assert copy.home.node_id != first.home.node_id == computer.home.node_id
    for each in (copy, first):
        each.write(2)
        district.good(each, folders.school)
    assert len(folders.school.places()) == 7
    assert folders.listed() == ["Lab 1", "Lab 1 (2)"]
    assert folders.school.store.read(contacts.parents) == {copy.home.node_id: first.home.node_id}
    for each in (copy, first):
        assert each.store.unsent(each.home.peer.node_id).total == 0


def test_what_the_old_node_wrote_and_never_sent_comes_with_the_moved_one(folders, district):
    computer = folders.computer()
    computer.write(3)
    district.good(computer, folders.school)
    computer.write(4)
    computer.store.close()
    shutil.copytree(computer.home.path, folders.path / "pc2")
    shutil.rmtree(computer.home.path)
    moved = folders.start("pc2")
    moved.write(1)
    district.good(moved, folders.school)
    assert len(folders.school.places()) == 8
    assert folders.school.places() == moved.places()


def test_thirty_clones_of_an_unsent_image_bring_its_work_once(folders, district):
    computer = folders.computer()
    computer.write(5)
    computer.store.close()
    clones = []
    for n in range(30):
        shutil.copytree(computer.home.path, folders.path / f"clone{n}")
        clones.append(folders.start(f"clone{n}"))
    for clone in clones:
        clone.write(1)
    for clone in clones:
        district.good(clone, folders.school)
    assert len({clone.home.node_id for clone in clones}) == 30
    assert len(folders.school.places()) == 35
    assert len(folders.listed()) == 31
    assert set(folders.school.hooks.told.values()) == {1}


def test_a_copys_certificate_is_replaced_at_its_second_contact(folders, district):
    copy = folders.copy(folders.computer(), "pc2")
    assert is_child(copy.home.certificate)
    district.good(copy, folders.school)
    assert is_child(copy.home.certificate)
    district.good(copy, folders.school)
    certificate = copy.home.certificate
    assert certificate.issuer == folders.school.home.node_id
    assert certificate.parent == copy.home.former[0].node_id
    kept = open_home(copy.home.path)
    assert kept.certificate == certificate
    assert kept.node_id == copy.home.node_id
    assert kept.former == copy.home.former


def test_a_confirmed_copy_says_no_more_of_it(folders, district, make_link):
    copy = folders.copy(folders.computer(), "pc2")
    for _ in range(3):
        district.good(copy, folders.school)
    link = make_link(folders.school)
    district.good(copy, folders.school, link=link)
    assert all(len(body) < 300 for body in link.bodies)
    assert copy.home.certificate.to_bytes() not in link.answers[0]


def test_a_confirmation_whose_answer_was_lost_is_given_again(folders, district, make_link):
    copy = folders.copy(folders.computer(), "pc2")
    district.good(copy, folders.school)
    link = make_link(folders.school)
    assert not district.exchange(copy, folders.school, link=link.unanswered).ok
    assert is_child(copy.home.certificate)
    district.good(copy, folders.school)
    assert copy.home.certificate.issuer == folders.school.home.node_id
    given = folders.school.store.read(contacts.certificates_of, copy.home.node_id)
    assert copy.home.certificate in given


def test_a_copy_of_a_copy_is_accepted_too(folders, district):
    copy = folders.copy(folders.computer(), "pc2")
    district.good(copy, folders.school)
    second = folders.copy(copy, "pc3")
    second.write(2)
    district.good(second, folders.school)
    assert len(folders.school.places()) == 2
    assert folders.listed() == ["Lab 1", "Lab 1 (2)", "Lab 1 (2) (2)"]


def test_a_copy_of_a_copy_that_never_met_the_school_is_accepted_too(folders, district):
    second = folders.copy(folders.copy(folders.computer(), "pc2"), "pc3")
    second.write(2)
    district.good(second, folders.school)
    district.good(second, folders.school)
    assert second.home.certificate.issuer == folders.school.home.node_id
    assert len(folders.school.places()) == 2


def test_a_crash_while_the_new_key_is_made_leaves_the_old_node_or_the_new_one(folders):
    computer = folders.computer()
    computer.store.close()
    shutil.copytree(computer.home.path, folders.path / "pc2")
    home = open_home(folders.path / "pc2")
    in_the_way = home.path / ".darasa.toml.new"
    in_the_way.mkdir()
    with pytest.raises(HomeError):
        notice_place(home, folders.district.rng)
    in_the_way.rmdir()
    assert open_home(folders.path / "pc2").node_id == computer.home.node_id
    started = folders.start("pc2")
    assert started.home.node_id != computer.home.node_id
    assert open_home(folders.path / "pc2").node_id == started.home.node_id


def test_a_server_that_moved_keeps_its_key(tmp_path, district):
    made = init_home(tmp_path / "school", role=Role.SCHOOL, name="Mlima", rng=district.rng)
    shutil.copytree(tmp_path / "school", tmp_path / "moved")
    moved = open_home(tmp_path / "moved")
    assert not notice_place(moved, district.rng)
    assert moved.node_id == made.node_id


@pytest.fixture
def moved_twice(folders, district):
    """A folder that was moved twice without a contact, and the school that knows the first."""
    computer = folders.computer()
    computer.write(3)
    district.good(computer, folders.school)
    computer.write(2)
    second = folders.copy(computer, "pc2")
    third = folders.copy(second, "pc3")
    assert len(third.home.former) == 2
    third.write(1)
    return third, folders.school


def test_a_stick_brings_the_line_of_a_machine_that_was_copied_and_its_certificate_back(
    moved_twice, carry
):
    moved, school = moved_twice
    up, down = carry(moved, school)
    assert (up.error, up.ok, down.ok) == ("", True, True)
    assert school.places() == moved.places()
    assert moved.store.unsent(school.home.node_id).total == 0
    moved.write(1)
    assert carry(moved, school)[0].ok
    assert moved.home.certificate.issuer == school.home.node_id
    assert moved.home.certificate.parent == moved.home.former[1].node_id


def test_a_neighbour_carries_the_work_of_a_machine_that_was_copied(
    moved_twice, folders, stick_of, tmp_path
):
    moved, _ = moved_twice
    near, stranger = folders.computer("near"), folders.computer("stranger")
    made = stick_of(moved).export_work(tmp_path)
    head, maker, _ = read_head(tmp_path / made.file)
    assert is_child(maker)
    assert relay.carries(near.home, head, maker)
    cut = msgspec.structs.replace(head, line=head.line[:1])
    assert not relay.carries(near.home, cut, maker)
    forged = issue_certificate(
        stranger.home.node_key,
        subject_public=maker.public_key,
        role=Role.COMPUTER,
        school_id=near.home.school_id,
        parent=maker.parent,
    )
    assert not relay.carries(near.home, head, forged)


def test_a_certificate_that_cannot_be_saved_ends_the_exchange_with_a_sentence(folders, district):
    """The disk may be full there, too: what was sent is receipted, and the rest comes later."""
    computer = folders.computer()
    copy = folders.copy(computer, "pc2")
    district.good(copy, folders.school)
    config = copy.home.path / CONFIG_NAME
    config.rename(config.with_name("away"))
    (config / "in the way").mkdir(parents=True)
    copy.write(2)
    report = district.exchange(copy, folders.school)
    assert "cannot be saved" in report.error
    assert len(folders.school.places()) == 2
    shutil.rmtree(config)
    config.with_name("away").rename(config)
    district.good(copy, folders.school)
    assert copy.home.certificate.issuer == folders.school.home.node_id
