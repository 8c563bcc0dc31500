"""A school with the bundled course, a class, and a learner in it."""

import pytest

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.source import load_source
from darasa.sync.ids import Role


@pytest.fixture(scope="session")
def pack():
    (course,) = [path for path in bundled_courses() if path.name == "fractions"]
    return load_source(course)


@pytest.fixture
def school(make_room, pack):
    return make_room(Role.SCHOOL, packs=(pack,))
