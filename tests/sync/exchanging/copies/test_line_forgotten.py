"""A school that was set back, or lost a page, is shown the line of a copy and takes its work."""

import msgspec
import pytest

from darasa.sync.lineage import is_child


def test_a_school_that_forgot_the_first_one_takes_the_copy_by_its_line(folders, district):
    computer = folders.computer()
    with folders.school.store.transaction() as tx:
        tx.connection.execute("DELETE FROM certificate WHERE node_id <> issuer")
    copy = folders.copy(computer, "pc2")
    copy.write(2)
    district.good(copy, folders.school)
    assert len(folders.school.places()) == 2


def test_a_confirmed_copy_is_served_by_a_school_that_forgot_the_confirmation(folders, district):
    computer = folders.computer()
    copy = folders.copy(computer, "pc2")
    district.good(copy, folders.school)
    met_once = folders.school.image()
    district.good(copy, folders.school)
    assert not is_child(copy.home.certificate)
    school = district.anew(folders.school, met_once)
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
    before = folders.school.image()
    copy = folders.copy(folders.copy(computer, "pc2"), "pc3")
    for _ in range(2):
        district.good(copy, folders.school)
    assert not is_child(copy.home.certificate)
    school = district.anew(folders.school, before)
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
    before = folders.school.image()
    copy = folders.copy(folders.copy(computer, "pc2"), "pc3")
    for _ in range(2):
        district.good(copy, folders.school)
    school = district.anew(folders.school, before)
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
    before = folders.school.image()
    copy = computer
    for generation in range(4):
        copy = folders.copy(copy, f"copy {generation}")
        for _ in range(2):
            district.good(copy, folders.school)
    school = district.anew(folders.school, before)
    district.good(copy, school)
    assert len(school.places()) == 2


def test_a_school_that_lost_one_of_the_line_takes_leaves_of_what_that_one_wrote(folders, district):
    """Who may not name them is told that it is not known, and shows its line."""
    computer = folders.computer()
    computer.write(2)
    computer.write(2, learner=b"B" * 16)
    before = folders.school.image()
    district.good(computer, folders.school)
    folders.school.erase()
    copy = folders.copy(folders.copy(computer, "pc2"), "pc3")
    for _ in range(2):
        district.good(copy, folders.school)
    school = district.anew(folders.school, before)
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
    pictures = [folders.school.image()]
    confirmed = folders.copy(computer, "pc2")
    district.good(confirmed, folders.school)
    pictures.append(folders.school.image())
    district.good(confirmed, folders.school)
    copy = folders.copy(confirmed, "pc3")
    school = district.anew(folders.school, pictures[holds_link])
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
