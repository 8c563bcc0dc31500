"""A school that has prepared codes, and two computers that hold what it told them."""

import pytest

from darasa.sync.ids import Role


@pytest.fixture
def prepared(school, amina):
    """The school has made the codes of all its learners."""
    assert school.codes.prepare() == 1
    return school


@pytest.fixture
def fed(prepared, computer, exchange):
    exchange(computer, prepared)
    exchange(computer, prepared)
    return computer


@pytest.fixture
def other(prepared, make_room, exchange):
    room = make_room(Role.COMPUTER, joined=prepared, name="PC 2")
    exchange(room, prepared)
    exchange(room, prepared)
    return room
