"""A school server with a disk for its copies."""

import pytest

from darasa.sync.copy_folder import node_folder
from darasa.sync.copying import make_copy
from darasa.sync.home import init_home
from darasa.sync.ids import Role
from darasa.sync.restoring import restore

NOW_MS = 1_790_000_000_000


@pytest.fixture
def home(tmp_path, rng):
    return init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=rng)


@pytest.fixture
def author(home, make_author):
    return make_author(home.store_path, school_id=home.school_id, key=home.node_key)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.fixture
def copy(home, author, disk, rng):
    """copy(now_ms=...): a copy of the store as it is."""

    def made(now_ms=NOW_MS, store=None):
        return make_copy(home, store or author.store, disk, now_ms=now_ms, rng=rng, program="test")

    return made


@pytest.fixture
def put_back(home, disk, rng):
    def done(**how):
        return restore(home, disk, now_ms=NOW_MS, rng=rng, **how)

    return done


@pytest.fixture
def folder(home, disk):
    """Where the copies of the server are on the disk."""
    return node_folder(disk, home.node_id)
