"""Computers with folders that can be copied, and a school that lists them."""

import shutil

import pytest

from darasa.sync.contacts import PeerRow
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role
from darasa.sync.moving import notice_place
from darasa.sync.store import Store


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
