"""The main job on real processes: keys, files, cables and power cuts between them."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from darasa.cli.cable import Cable, CableSwitch
from darasa.learning.kinds import Kind
from darasa.sync.home import open_home
from darasa.sync.reads import all_events
from darasa.sync.store import Store

pytestmark = pytest.mark.e2e

AMINA = "Amina Kazungu"
MID_EXCHANGE = 450  # bytes: HTTP headers and HELLO have gone, the events have begun


@dataclass
class District:
    """Hub, school and two computers; the computers' cable; Amina's PIN."""

    nodes: Any
    hub: Any
    school: Any
    cable: Cable
    pin: str

    def status(self, home: str) -> dict[str, Any]:
        return dict(self.nodes.json("status", "--learner", AMINA_ID[0], home=home))

    def settle(self) -> None:
        """Exchange until everyone has what everyone else wrote."""
        for home in ("pc1", "pc2", "school", "pc1", "pc2", "school"):
            assert self.nodes.json("sync", home=home)["ok"]

    def attempts_at(self, home: str) -> list[tuple[bytes, int]]:
        """(log, seq) of each attempt that the node holds as part of a log."""
        home_path = open_home(self.nodes.folder / home).store_path
        with Store.open(home_path, rng=os.urandom, read_only=True) as store:
            events = store.read(lambda held: list(all_events(held, kinds=(Kind.ATTEMPT,))))
        return [(event.log_id, event.seq) for event in events]


AMINA_ID: list[str] = []


@pytest.fixture
def district(nodes: Any, tmp_path: Path) -> Iterator[District]:
    nodes.run("hub", "init", "--name", "Kisima District", home="hub")
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    roster = tmp_path / "class.csv"
    roster.write_text(f"name,class\n{AMINA},5B\nJuma Ali,5B\n")
    made = nodes.json("roster", "import", str(roster), home="school")
    pin = next(row["pin"] for row in made["learners"] if row["name"] == AMINA)
    AMINA_ID[:] = [nodes.json("status", "--learner", AMINA, home="school")["learner_id"]]
    hub = nodes.serve("hub")
    nodes.join("school", hub.url, inviting="hub")
    school = nodes.serve("school")
    switch = CableSwitch(tmp_path / "cut")
    with Cable(("127.0.0.1", school.port), switch) as cable:
        for computer in ("pc1", "pc2"):
            nodes.join(computer, cable.url, inviting="school")
        yield District(nodes, hub, school, cable, pin)


def _everything_arrived(district: District) -> None:
    """30 attempts, each once; one state everywhere; no name at the hub."""
    district.settle()
    for home in ("school", "hub"):
        attempts = district.attempts_at(home)
        assert len(attempts) == 30, home
        assert len(set(attempts)) == 30, home
    told = {home: district.status(home) for home in ("pc1", "pc2", "school", "hub")}
    assert len({row["state_digest"] for row in told.values()}) == 1, told
    assert len({row["events"] for row in told.values()}) == 1, told
    for path in (district.nodes.folder / "hub").rglob("*"):
        if path.is_file():
            held = path.read_bytes().lower()
            assert b"amina" not in held, path
            assert b"kazungu" not in held, path


def _same_map_on_both(district: District, learn: Callable[[str], Any]) -> None:
    """On her next sign-in both computers show the same map."""
    maps = []
    for home in ("pc1", "pc2"):
        client = learn(home)
        client.sign_in("Amina", district.pin)
        maps.append(client.map())
        client.sign_out()
        client.terminal.close()
    assert maps[0] == maps[1]
    assert any("Parts of a whole" in line for line in maps[0])


def _sync_through_a_cut(district: District, home: str) -> None:
    """Cut the cable in the middle of the exchange, mend it, and exchange again."""
    cable = district.cable
    cable.bytes_forward, cable.spent_after_bytes = 0, MID_EXCHANGE
    district.nodes.run("sync", home=home, code=5)
    assert cable.switch.is_cut()
    cable.switch.mend()
    assert district.nodes.json("sync", home=home)["ok"]


def test_work_on_two_computers_reaches_school_and_hub_once(
    district: District, learn: Callable[[str], Any]
) -> None:
    district.school.stop()
    for home, answers in (("pc1", 20), ("pc2", 10)):
        client = learn(home)
        client.sign_in("Amina", district.pin)
        client.answer(answers)
        assert f"Teacher: {answers} to send" in client.terminal.text()
        client.sign_out()
        client.terminal.close()
    district.school = district.nodes.serve("school", district.school.port)
    for home in ("pc1", "pc2"):
        _sync_through_a_cut(district, home)
    _everything_arrived(district)
    _same_map_on_both(district, learn)


def test_power_cuts_lose_and_double_nothing(
    district: District, learn: Callable[[str], Any]
) -> None:
    district.school.stop()
    for home, answers in (("pc1", 20), ("pc2", 10)):
        client = learn(home)
        client.sign_in("Amina", district.pin)
        client.answer(answers // 2)
        client.terminal.kill9()
        again = learn(home)
        again.sign_in("Amina", district.pin)
        again.answer(answers - answers // 2)
        again.sign_out()
        again.terminal.close()
    district.school = district.nodes.serve("school", district.school.port)
    for home in ("pc1", "pc2"):
        _kill_server_during_an_exchange(district, home)
    _everything_arrived(district)
    _same_map_on_both(district, learn)


def _kill_server_during_an_exchange(district: District, home: str) -> None:
    """The server dies when part of an exchange has reached it, and comes back."""
    cable = district.cable
    cable.bytes_forward, cable.spent_after_bytes = 0, MID_EXCHANGE
    cable.on_spent = district.school.process.kill
    district.nodes.run("sync", home=home, code=5)
    cable.on_spent = None
    district.school.kill9()
    district.school = district.nodes.serve("school", district.school.port)
    assert district.nodes.json("sync", home=home)["ok"]
