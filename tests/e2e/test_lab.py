"""A lab on a network of its own: machines with addresses, a switch between them, nobody trusted.

Each machine is a network namespace that the test makes. `DARASA_LAB` is how many computers there
are: 3 in each run, 30 in `make soak`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

COMPUTERS = int(os.environ.get("DARASA_LAB", "3"))
SERVER, ROGUE = "10.77.0.1", "10.77.0.2"
FIRST = 10  # the last part of the first computer's address


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


@dataclass
class Lab:
    """Machines by name; `run` is a command on one of them."""

    folder: Path
    darasa: str
    prefix: str
    machines: list[str] = field(default_factory=list)
    running: list["subprocess.Popen[str]"] = field(default_factory=list)

    def switch(self) -> None:
        """What all cables end in."""
        _ip("netns", "add", self._ns("switch"))
        self.machines.append("switch")
        _ip("-n", self._ns("switch"), "link", "add", "br0", "type", "bridge")
        _ip("-n", self._ns("switch"), "link", "set", "br0", "up")

    def add(self, name: str, address: str) -> None:
        """A machine with an address, on a cable."""
        _ip("netns", "add", self._ns(name))
        self.machines.append(name)
        end, port = f"e{len(self.machines)}", f"p{len(self.machines)}"
        cable = ("type", "veth", "peer", "name", port, "netns", self._ns("switch"))
        _ip("link", "add", end, "netns", self._ns(name), *cable)
        _ip("-n", self._ns("switch"), "link", "set", port, "master", "br0", "up")
        _ip("-n", self._ns(name), "link", "set", "lo", "up")
        _ip("-n", self._ns(name), "link", "set", end, "name", "eth0")
        _ip("-n", self._ns(name), "addr", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", self._ns(name), "link", "set", "eth0", "up")

    def readdress(self, name: str, old: str, new: str) -> None:
        """A machine gets another address, and the others forget who had it."""
        _ip("-n", self._ns(name), "addr", "del", f"{old}/24", "dev", "eth0")
        _ip("-n", self._ns(name), "addr", "add", f"{new}/24", "dev", "eth0")
        for each in self.machines:
            _ip("-n", self._ns(each), "neigh", "flush", "all")

    def run(self, name: str, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """One command of the product; its exit code must be `code`."""
        done = subprocess.run(
            [*self._on(name), self.darasa, *words, "--home", str(self.folder / name)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    def serve(self, name: str) -> "subprocess.Popen[str]":
        """A server, from when it answers."""
        server = subprocess.Popen(
            [*self._on(name), self.darasa, "serve", "--home", str(self.folder / name)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running.append(server)
        assert server.stdout is not None
        assert " answers at " in server.stdout.readline()
        return server

    def stop(self, server: "subprocess.Popen[str]") -> None:
        """End a server."""
        server.terminate()
        server.communicate(timeout=60)

    def code(self, name: str) -> str:
        """A code of a running server."""
        found = re.search(r"\b\w{4}-\w{4}\b", self.run(name, "invite").stdout)
        assert found is not None
        return found[0]

    def python(self, name: str, code: str) -> str:
        """What a small program prints on a machine."""
        python = str(Path(self.darasa).with_name("python"))
        done = subprocess.run(
            [*self._on(name), python, "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    def clear(self) -> None:
        """End what runs, and take the machines away."""
        for server in self.running:
            if server.poll() is None:
                server.kill()
                server.communicate(timeout=30)
        for name in self.machines:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", self._ns(name))

    def _ns(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _on(self, name: str) -> list[str]:
        return ["ip", "netns", "exec", self._ns(name)]


@pytest.fixture
def lab(tmp_path: Path, tools: Any) -> Iterator[Lab]:
    """A lab with a school server that answers, and a machine that nobody knows."""
    made = Lab(tmp_path, tools.DARASA, f"darasa{os.getpid()}")
    if shutil.which("ip") is None:
        pytest.skip("there is no ip command to make networks with")
    try:
        try:
            made.switch()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network can be made here: {error.stderr.decode()}")
        made.add("school", SERVER)
        made.add("rogue", ROGUE)
        made.run("school", "school", "init", "--name", "Kisima Primary")
        yield made
    finally:
        made.clear()


def _names(count: int) -> list[str]:
    return [f"pc{number}" for number in range(count)]


def test_a_lab_joins_by_code_alone_and_its_computers_meet_the_server_wherever_it_goes(
    lab: Lab,
) -> None:
    server = lab.serve("school")
    computers = _names(COMPUTERS)
    for number, name in enumerate(computers):
        lab.add(name, f"10.77.0.{FIRST + number}")
        told = lab.run(name, "join", "--code", lab.code("school"), "--name", f"Lab {name}").stdout
        assert f"Found Kisima Primary at {SERVER}:8710." in told
    listed = lab.run("school", "computers", "list").stdout
    assert all(f"Lab {name}" in listed for name in computers)
    lab.stop(server)
    lab.readdress("school", SERVER, "10.77.0.99")
    server = lab.serve("school")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: lab.run(name, "sync"), computers))


def test_nobody_else_is_spoken_to_and_nobody_else_is_let_in(lab: Lab) -> None:
    server = lab.serve("school")
    lab.add("pc0", f"10.77.0.{FIRST}")
    lab.run("pc0", "join", SERVER, "--code", lab.code("school"))
    asked = "import urllib.request as u; print(u.urlopen('{}', timeout=5).status)"
    assert "200" not in lab.python("pc0", asked.format(f"http://{SERVER}:8710/health"))
    assert "200" in lab.python("school", asked.format("http://127.0.0.1:8710/health"))
    name = re.search(r"Computer \S+", lab.run("school", "computers", "list").stdout)
    assert name is not None
    lab.stop(server)
    # another school at the very address of the server, announcing itself
    lab.readdress("rogue", ROGUE, "10.77.0.200")
    lab.readdress("school", SERVER, ROGUE)
    lab.readdress("rogue", "10.77.0.200", SERVER)
    lab.run("rogue", "school", "init", "--name", "Kisima Primary")
    rogue = lab.serve("rogue")
    told = lab.run("pc0", "sync", code=5)
    assert "Another machine answers at this address. Nothing was said to it." in told.stderr
    lab.stop(rogue)
    # back again, and removed
    server = lab.serve("school")
    lab.run("pc0", "sync")
    lab.run("school", "computers", "remove", name[0], "--yes")
    told = lab.run("pc0", "sync", code=5)
    assert "removed" in told.stderr
