"""Where a node's server is now: told to a node that joined it, under a key it knows."""

import os

import pytest

from darasa.learning.enrolment import move_server
from darasa.sync.home import Peer, init_home, open_home
from darasa.sync.ids import Role


@pytest.fixture
def joined(tmp_path):
    """`joined(knows_key)`: a computer that has joined a school."""

    def made(*, knows_key):
        school = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=os.urandom)
        home = init_home(tmp_path / "pc", role=Role.COMPUTER, name="PC 07", rng=os.urandom)
        home.save_peer(
            Peer(
                "https://192.168.1.5:8710",
                school.node_id,
                school.node_key.public,
                school.name,
                school.role,
                school.certificate,
                None,
                school.channel if knows_key else None,
            )
        )
        return home

    return made


def test_a_node_that_joined_is_told_the_new_address(joined):
    computer = joined(knows_key=True)
    assert move_server(computer.path, "https://192.168.1.9:8710")
    peer = open_home(computer.path).peer
    assert (peer.url, peer.channel) == ("https://192.168.1.9:8710", computer.peer.channel)


def test_a_node_that_joined_before_connections_had_keys_joins_once_more(joined):
    computer = joined(knows_key=False)
    assert not move_server(computer.path, "https://192.168.1.9:8710")
