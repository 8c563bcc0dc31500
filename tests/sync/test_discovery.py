"""Servers find each other on loopback; what is announced is read as a stranger's word."""

import socket
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from zeroconf import ServiceInfo, Zeroconf

from darasa.sync.home import Home
from darasa.sync.ids import Role
from darasa.sync.transport import discovery
from darasa.sync.transport.discovery import addresses_of, announced, find_servers

HERE = "127.0.0.1"
SERVICE = "_darasa._tcp.local."


@pytest.fixture
def school(rng):
    return Home.in_memory(role=Role.SCHOOL, name="Kisima “Primary” 🐘", rng=rng)


def _found(node_id, *, role=Role.SCHOOL, within_s=20):
    """What announces itself here, once that node has, or what came in time."""
    return find_servers(
        role=role,
        within_s=within_s,
        is_enough=lambda each: each.node_id == node_id,
        interfaces=[HERE],
    )


def test_a_server_that_announces_itself_is_found_with_its_name_and_address(school):
    with announced(school, 8710, addresses=lambda: [HERE]):
        (found,) = [each for each in _found(school.node_id) if each.node_id == school.node_id]
    assert (found.name, found.address, found.role) == (school.name, "127.0.0.1:8710", "school")


def test_a_hub_is_not_taken_for_a_school(rng, school):
    hub = Home.in_memory(role=Role.HUB, name="District", rng=rng)
    with announced(hub, 8710, addresses=lambda: [HERE]):
        assert hub.node_id in [each.node_id for each in _found(hub.node_id, role=Role.HUB)]
        schools = _found(school.node_id, within_s=0.5)
    assert hub.node_id not in [each.node_id for each in schools]


def test_a_server_without_an_address_for_others_is_not_announced(school):
    with announced(school, 8710, addresses=list):
        found = _found(school.node_id, within_s=0.5)
    assert school.node_id not in [each.node_id for each in found]


@contextmanager
def _saying(**properties):
    """Somebody who announces what he likes."""
    with closing(Zeroconf(interfaces=[HERE])) as speaker:
        info = ServiceInfo(
            SERVICE,
            f"noise{time.monotonic_ns()}.{SERVICE}",
            port=1,
            addresses=[socket.inet_aton(HERE)],
            properties=properties,
            server="noise.local.",
        )
        speaker.register_service(info)
        yield


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"id": "00" * 16, "role": "school"},
        {"id": "zz", "role": "school", "name": "x"},
        {"id": "00" * 99, "role": "school", "name": "x"},
        {"id": b"\xff\xfe", "role": b"\xff", "name": b"\xff"},
        {"id": "00" * 16, "role": "king", "name": "x"},
    ],
)
def test_announcements_that_do_not_fit_are_passed_over(properties, school):
    with _saying(**properties), announced(school, 8710, addresses=lambda: [HERE]):
        found = _found(school.node_id)
    assert [each.node_id for each in found] == [school.node_id]


def test_a_server_on_loopback_has_no_address_for_others():
    assert addresses_of(HERE) == []
    assert HERE not in addresses_of("0.0.0.0")
    assert addresses_of("192.168.7.8") == ["192.168.7.8"]


def _open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_server_that_cannot_be_announced_keeps_nothing_open_for_it(school, caplog, monkeypatch):
    """Tried again each minute, five open files and a thread each time stop a server by noon."""
    with announced(school, 8710, addresses=lambda: [HERE]):
        assert school.node_id in [each.node_id for each in _found(school.node_id)]
        before = threading.active_count(), _open_files()
        monkeypatch.setattr(discovery, "_LOOK_AGAIN_S", 0.01)
        with announced(school, 8711, addresses=lambda: [HERE]):  # a name that is taken
            while len(caplog.records) < 2:
                time.sleep(0.005)
        assert (threading.active_count(), _open_files()) == before


def test_looking_for_servers_leaves_no_thread_behind():
    before = threading.active_count()
    find_servers(role=Role.SCHOOL, within_s=0.01, interfaces=[HERE])
    assert threading.active_count() == before


def test_a_machine_that_cannot_tell_its_addresses_now_is_asked_again(school, monkeypatch):
    monkeypatch.setattr(discovery, "_LOOK_AGAIN_S", 0.01)
    answers = [OSError("no memory for that now")]

    def addresses():
        if answers:
            raise answers.pop()
        return [HERE]

    with announced(school, 8710, addresses=addresses):
        assert school.node_id in [each.node_id for each in _found(school.node_id, within_s=5)]


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")  # the library's, at its error
def test_a_machine_without_any_network_finds_nothing(monkeypatch):
    """The library has an error of its own for it, which ended join and sync instead."""
    monkeypatch.setattr("ifaddr.get_adapters", lambda *_, **__: [])
    assert find_servers(role=Role.SCHOOL, within_s=0.01) == []
