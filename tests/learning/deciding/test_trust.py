import pytest

from darasa.learning.deciding.trust import Trust
from darasa.sync.home import Home
from darasa.sync.ids import NO_SCHOOL, Role, SchoolId
from darasa.sync.signing import NodeKey, issue_certificate


@pytest.fixture
def hub(make_room):
    return make_room(Role.HUB)


@pytest.fixture
def school(make_room, hub):
    return make_room(Role.SCHOOL, joined=hub)


def role_in(room, node_id, school_id):
    with room.store.reading() as connection:
        return Trust(room.home).role_of(connection, node_id, school_id)


def keep(room, certificate):
    with room.store.transaction() as tx:
        tx.put_certificate(certificate)


def test_a_node_knows_itself_those_it_enrolled_and_its_server(hub, school, computer):
    its = school.home.school_id
    assert role_in(school, school.home.node_id, its) is Role.SCHOOL
    assert role_in(school, computer.home.node_id, its) is Role.COMPUTER
    assert role_in(computer, school.home.node_id, its) is Role.SCHOOL
    assert role_in(school, hub.home.node_id, NO_SCHOOL) is Role.HUB
    assert role_in(hub, school.home.node_id, its) is Role.SCHOOL


def test_a_hub_knows_the_computers_of_a_school_by_the_schools_word(hub, school, computer):
    keep(hub, computer.home.certificate)
    assert role_in(hub, computer.home.node_id, school.home.school_id) is Role.COMPUTER
    assert role_in(hub, computer.home.node_id, SchoolId(b"x" * 16)) is None


def test_nobody_makes_himself_a_school(hub, school, rng):
    its, thief = school.home.school_id, NodeKey.generate(rng)
    keep(
        hub, issue_certificate(thief, subject_public=thief.public, role=Role.SCHOOL, school_id=its)
    )
    assert role_in(hub, thief.node_id, its) is None
    assert role_in(school, thief.node_id, its) is None


def test_a_computer_or_another_school_makes_nobody_a_school(
    hub, school, computer, *, rng, make_room
):
    its = school.home.school_id
    other = make_room(Role.SCHOOL, joined=hub)
    for issuer, role in ((computer, Role.SCHOOL), (other, Role.SCHOOL), (other, Role.COMPUTER)):
        key = NodeKey.generate(rng)
        keep(hub, issuer.home.certificate)
        keep(
            hub,
            issue_certificate(
                issuer.home.node_key, subject_public=key.public, role=role, school_id=its
            ),
        )
        assert role_in(hub, key.node_id, its) is None


def test_two_who_vouch_for_each_other_are_nothing(hub, school, rng):
    its, one, two = school.home.school_id, NodeKey.generate(rng), NodeKey.generate(rng)
    for issuer, subject in ((one, two), (two, one)):
        keep(
            hub,
            issue_certificate(
                issuer, subject_public=subject.public, role=Role.SCHOOL, school_id=its
            ),
        )
    assert role_in(hub, one.node_id, its) is None


def test_a_stranger_has_no_role(rng):
    home = Home.in_memory(role=Role.SCHOOL, name="s", rng=rng)
    assert Trust(home)._root_role(NodeKey.generate(rng).node_id, home.school_id) is None
