"""A folder that was copied or moved: both go on, the school lists both, and nothing is lost."""

import shutil

import msgspec
import pytest

from darasa.sync import contacts, erasing
from darasa.sync.contacts import PeerRow
from darasa.sync.erased import erase_record
from darasa.sync.errors import HomeError
from darasa.sync.home import init_home, open_home
from darasa.sync.home_files import CONFIG_NAME
from darasa.sync.ids import Role
from darasa.sync.lineage import is_child
from darasa.sync.moving import notice_place
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport import relay
from darasa.sync.transport.bundle_reading import read_head
from darasa.sync.transport.exchange import LinkError

AMINA = b"A" * 16


class Folders:
    """Computers with folders, which can be copied."""

    def __init__(self, district, path):
        self.district = district
        self.path = path
        self.school = district.school()

    def computer(self, name="pc1", *, joined=True):
        home = init_home(self.path / name, role=Role.COMPUTER, name="Lab 1", rng=self.district.rng)
        assert not notice_place(home, self.district.rng)
        made = self.district.opened(home, Store.open(home.store_path, rng=self.district.rng))
        if joined:
            self.district.join(made, self.school)
            row = PeerRow(home.node_id, home.school_id, Role.COMPUTER, "Lab 1", None)
            with self.school.store.transaction() as tx:
                tx.put_peer(row)
        return made

    def start(self, name):
        """What the program does when it is started in a folder."""
        home = open_home(self.path / name)
        notice_place(home, self.district.rng)
        return self.district.opened(home, Store.open(home.store_path, rng=self.district.rng))

    def copy(self, computer, name):
        computer.store.close()
        shutil.copytree(computer.home.path, self.path / name)
        return self.start(name)

    def again(self, computer):
        computer.store.close()
        return self.start(computer.home.path.name)

    def listed(self):
        return sorted(row.name for row in self.school.store.peers())


@pytest.fixture
def folders(district, tmp_path):
    return Folders(district, tmp_path)


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

    def dies_with_the_answer(body):
        for _ in link(body):
            raise LinkError("The link broke.")
        yield b""

    assert not district.exchange(copy, folders.school, link=dies_with_the_answer).ok
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


def test_a_school_that_forgot_the_first_one_takes_the_copy_by_its_line(folders, district):
    computer = folders.computer()
    with folders.school.store.transaction() as tx:
        tx.connection.execute("DELETE FROM certificate WHERE node_id <> issuer")
    copy = folders.copy(computer, "pc2")
    copy.write(2)
    district.good(copy, folders.school)
    assert len(folders.school.places()) == 2


def test_revoking_the_first_one_stops_copies_that_are_not_confirmed(folders, district):
    computer = folders.computer()
    confirmed = folders.copy(computer, "pc2")
    for _ in range(2):
        district.good(confirmed, folders.school)
    fresh, met = (folders.copy(folders.start("pc1"), name) for name in ("pc3", "pc4"))
    district.good(met, folders.school)
    with folders.school.store.transaction() as tx:
        tx.revoke_node(computer.home.node_id, 0)
    for stopped in (fresh, met):
        stopped.write(1)
        report = district.exchange(stopped, folders.school)
        assert not report.ok
        assert stopped.store.unsent(stopped.home.peer.node_id).total == 1
    district.good(confirmed, folders.school)
    assert folders.school.places() == []


def test_a_confirmed_copy_is_served_by_a_school_that_forgot_the_confirmation(folders, district):
    computer = folders.computer()
    copy = folders.copy(computer, "pc2")
    district.good(copy, folders.school)
    met_once = bytes(folders.school.store.read(lambda connection: connection.serialize()))
    district.good(copy, folders.school)
    assert not is_child(copy.home.certificate)
    store = Store.open(None, rng=district.rng)
    store._connection.deserialize(met_once)
    school = district.opened(folders.school.home, store)
    with school.store.transaction() as tx:
        tx.revoke_node(computer.home.node_id, 0)
    copy.write(2)
    district.good(copy, school)
    assert len(school.places()) == 2


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_school_that_forgot_all_of_a_confirmed_copy_takes_what_it_wrote_before(
    folders, district, is_removed
):
    """It may have the work of the copies between by its word alone: they are there no more."""
    computer = folders.computer()
    computer.write(2)
    before = bytes(folders.school.store.read(lambda connection: connection.serialize()))
    copy = folders.copy(folders.copy(computer, "pc2"), "pc3")
    for _ in range(2):
        district.good(copy, folders.school)
    assert not is_child(copy.home.certificate)
    store = Store.open(None, rng=district.rng)
    store._connection.deserialize(before)
    school = district.opened(folders.school.home, store)
    if is_removed:
        with school.store.transaction() as tx:
            tx.revoke_node(computer.home.node_id, 0)
    copy.write(1)
    district.good(copy, school)
    assert len(school.places()) == 3
    assert copy.store.unsent(school.home.node_id).total == 0


def test_a_school_that_lost_one_of_the_line_is_shown_it_again(folders, district):
    """A page of its disk had it: what that one wrote would be nobody's to bring."""
    computer = folders.computer()
    computer.write(2)
    before = bytes(folders.school.store.read(lambda connection: connection.serialize()))
    copy = folders.copy(folders.copy(computer, "pc2"), "pc3")
    for _ in range(2):
        district.good(copy, folders.school)
    store = Store.open(None, rng=district.rng)
    store._connection.deserialize(before)
    school = district.opened(folders.school.home, store)
    with school.store.transaction() as tx:
        tx.put_certificate(copy.home.certificate)
    copy.write(1)
    district.good(copy, school)
    assert len(school.places()) == 3
    assert copy.store.unsent(school.home.node_id).total == 0


def test_a_school_that_forgot_a_long_line_is_shown_all_of_it(folders, district):
    """Each was confirmed before it was copied, so the school had its own word for each."""
    computer = folders.computer()
    computer.write(2)
    before = bytes(folders.school.store.read(lambda connection: connection.serialize()))
    copy = computer
    for generation in range(4):
        copy = folders.copy(copy, f"copy {generation}")
        for _ in range(2):
            district.good(copy, folders.school)
    store = Store.open(None, rng=district.rng)
    store._connection.deserialize(before)
    school = district.opened(folders.school.home, store)
    district.good(copy, school)
    assert len(school.places()) == 2


def test_a_school_that_lost_one_of_the_line_takes_leaves_of_what_that_one_wrote(folders, district):
    """Who may not name them is told that it is not known, and shows its line."""
    computer = folders.computer()
    computer.write(2)
    computer.write(2, learner=b"B" * 16)
    before = bytes(folders.school.store.read(lambda connection: connection.serialize()))
    district.good(computer, folders.school)
    record = erase_record(folders.school.home.node_key, folders.school.home.school_id, AMINA)
    with folders.school.store.transaction() as tx:
        erasing.erase(tx, folders.school.hooks, [record])
    copy = folders.copy(folders.copy(computer, "pc2"), "pc3")
    for _ in range(2):
        district.good(copy, folders.school)
    store = Store.open(None, rng=district.rng)
    store._connection.deserialize(before)
    school = district.opened(folders.school.home, store)
    with school.store.transaction() as tx:
        tx.put_certificate(copy.home.certificate)
    copy.write(1, learner=b"B" * 16)
    district.good(copy, school)
    assert school.store.event_count() == 5
    assert len(school.places()) == 3
    assert copy.store.unsent(school.home.node_id).total == 0


@pytest.mark.parametrize("holds_link", [False, True])
def test_a_copy_of_a_confirmed_copy_is_served_though_the_first_one_was_removed(
    folders, district, holds_link
):
    """Also by a school that was set back to before it confirmed: what it gave is shown to it."""
    computer = folders.computer()
    pictures = [bytes(folders.school.store.read(lambda connection: connection.serialize()))]
    confirmed = folders.copy(computer, "pc2")
    district.good(confirmed, folders.school)
    pictures.append(bytes(folders.school.store.read(lambda connection: connection.serialize())))
    district.good(confirmed, folders.school)
    copy = folders.copy(confirmed, "pc3")
    store = Store.open(None, rng=district.rng)
    store._connection.deserialize(pictures[holds_link])
    school = district.opened(folders.school.home, store)
    with school.store.transaction() as tx:
        tx.revoke_node(computer.home.node_id, 0)
    school.hooks.refusals[computer.home.node_id] = "The school has removed this computer."
    copy.write(2)
    for _ in range(2):
        district.good(copy, school)
    assert len(school.places()) == 2


def test_of_a_line_that_is_lost_for_good_the_rest_goes_on(folders, district):
    """A computer that was copied before it joined shows its line once, to the school it joins."""
    copy = folders.copy(folders.computer(), "pc2")
    for _ in range(2):
        district.good(copy, folders.school)
    with folders.school.store.transaction() as tx:
        tx.connection.execute(
            "DELETE FROM certificate WHERE node_id = ?", (copy.home.certificate.parent,)
        )
    copy.home._config = msgspec.structs.replace(copy.home._config, former=())
    copy.write(1)
    for _ in range(2):
        district.good(copy, folders.school)
    assert len(folders.school.places()) == 1


def test_a_copy_that_missed_its_confirmation_is_served_though_the_first_one_was_removed(
    folders, district, make_link
):
    """The school gave it a certificate; the answer was lost, and then its parent was removed."""
    computer = folders.computer()
    copy = folders.copy(computer, "pc2")
    district.good(copy, folders.school)
    link = make_link(folders.school)

    def dies_with_the_answer(body):
        for _ in link(body):
            raise LinkError("The link broke.")
        yield b""

    assert not district.exchange(copy, folders.school, link=dies_with_the_answer).ok
    with folders.school.store.transaction() as tx:
        tx.revoke_node(computer.home.node_id, 0)
    copy.write(2)
    district.good(copy, folders.school)
    assert not is_child(copy.home.certificate)
    assert len(folders.school.places()) == 2


def test_a_stranger_cannot_make_itself_the_child_of_a_computer(folders, district):
    computer = folders.computer()
    thief = folders.computer("thief", joined=False)
    district.join(thief, folders.school, known=False)
    key = thief.home.node_key
    forged = issue_certificate(
        key,
        subject_public=key.public,
        role=Role.COMPUTER,
        school_id=folders.school.home.school_id,
        parent=computer.home.node_id,
    )
    with_issuer = type(forged)(
        forged.public_key,
        forged.role,
        forged.school_id,
        computer.home.node_id,
        computer.home.node_id,
        forged.signature,
    )
    for certificate in (forged, with_issuer):
        thief.home.save_certificate(certificate)
        thief.write(1)
        assert not district.exchange(thief, folders.school).ok
    assert folders.school.places() == []


def test_a_child_may_not_claim_another_role_or_school(folders, district):
    computer = folders.computer()
    copy = folders.copy(computer, "pc2")
    old = computer.home.node_key
    for role, school_id in ((Role.SCHOOL, copy.home.school_id), (Role.COMPUTER, b"z" * 16)):
        copy.home.save_certificate(
            issue_certificate(
                old,
                subject_public=copy.home.node_key.public,
                role=role,
                school_id=school_id,
                parent=old.node_id,
            )
        )
        assert not district.exchange(copy, folders.school).ok


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


def test_a_copy_of_a_frozen_machine_is_not_taken_on_until_that_is_released(folders, district):
    computer = folders.computer()
    computer.write(1)
    district.good(computer, folders.school)
    copy = folders.copy(computer, "pc2")
    copy.write(1)
    with folders.school.store.transaction() as tx:
        tx.freeze_node(computer.home.node_id, 5)
    assert "far too much" in district.exchange(copy, folders.school).error
    assert len(folders.school.places()) == 1
    assert folders.listed() == ["Lab 1"]
    with folders.school.store.transaction() as tx:
        tx.release_node(computer.home.node_id)
    district.good(copy, folders.school)
    assert folders.school.places() == copy.places()


def test_a_copy_that_the_server_knows_goes_on_when_its_parent_is_frozen(folders, district):
    computer = folders.computer()
    computer.write(1)
    district.good(computer, folders.school)
    copy = folders.copy(computer, "pc2")
    for _ in range(2):
        copy.write(1)
        district.good(copy, folders.school)
    with folders.school.store.transaction() as tx:
        tx.freeze_node(computer.home.node_id, 5)
    copy.write(1)
    district.good(copy, folders.school)


def test_a_copy_of_a_machine_that_was_removed_is_refused_like_it(folders, district):
    """Who is removed is the layer above's to say: its word holds for the whole line."""
    computer = folders.computer()
    computer.write(1)
    district.good(computer, folders.school)
    copy = folders.copy(computer, "pc2")
    copy.write(1)
    folders.school.hooks.refusals[computer.home.node_id] = "This computer was removed."
    assert district.exchange(copy, folders.school).error == "This computer was removed."
    assert folders.listed() == ["Lab 1"]
    folders.school.hooks.refusals.clear()
    for _ in range(2):
        district.good(copy, folders.school)  # the school has given it a certificate of its own
    folders.school.hooks.refusals[computer.home.node_id] = "This computer was removed."
    copy.write(1)
    district.good(copy, folders.school)
    assert folders.school.places() == copy.places()


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
