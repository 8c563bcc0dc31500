"""Copies of a computer that was removed or frozen, and those that are no copies at all."""

from darasa.sync.ids import Role
from darasa.sync.lineage import is_child
from darasa.sync.signing import issue_certificate


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


def test_a_copy_that_missed_its_confirmation_is_served_though_the_first_one_was_removed(
    folders, district, make_link
):
    """The school gave it a certificate; the answer was lost, and then its parent was removed."""
    computer = folders.computer()
    copy = folders.copy(computer, "pc2")
    district.good(copy, folders.school)
    link = make_link(folders.school)
    assert not district.exchange(copy, folders.school, link=link.unanswered).ok
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
