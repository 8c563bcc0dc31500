"""A lab on a network of its own: machines with addresses, a switch between them, nobody trusted.

Each machine is a network namespace that the test makes. `DARASA_LAB` is how many computers there
are: 3 in each run, 30 in `make soak`.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

COMPUTERS = int(os.environ.get("DARASA_LAB", "3"))
LEARNERS = 10 * COMPUTERS
KEYS_A_MINUTE = 120  # somebody who does not type for a living
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

    def run(
        self, name: str, *words: str, code: int = 0, typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """One command of the product; its exit code must be `code`."""
        done = subprocess.run(
            [*self._on(name), self.darasa, *words],
            input=typed,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            cwd=self.folder,
            env=self._env(name),
        )
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    def serve(self, name: str) -> "subprocess.Popen[str]":
        """A server, from when it answers."""
        server = subprocess.Popen(
            [*self._on(name), self.darasa, "serve"],
            stdout=subprocess.PIPE,
            text=True,
            env=self._env(name),
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

    def _env(self, name: str) -> dict[str, str]:
        return {**os.environ, "DARASA_HOME": str(self.folder / name)}

    def _ns(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _on(self, name: str) -> list[str]:
        return ["ip", "netns", "exec", self._ns(name)]


def _steps(section: str) -> list[list[str]]:
    """The commands that `docs/lab.md` gives in a section, as their words."""
    page = Path(__file__).parents[2] / "docs" / "lab.md"
    text = page.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line.strip() for line in text.splitlines() if line.startswith("    darasa ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


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
        yield made
    finally:
        made.clear()


def _names(count: int) -> list[str]:
    return [f"pc{number}" for number in range(count)]


def test_a_lab_joins_by_code_alone_and_its_computers_meet_the_server_wherever_it_goes(
    lab: Lab,
) -> None:
    lab.run("school", "school", "init", "--name", "Kisima Primary")
    server = lab.serve("school")
    computers = _names(COMPUTERS)
    for number, name in enumerate(computers):
        lab.add(name, f"10.77.0.{FIRST + number}")
        told = lab.run(name, "join", lab.code("school"), "--name", f"Lab {name}").stdout
        assert f"Found Kisima Primary at {SERVER}:8710." in told
    listed = lab.run("school", "computers", "list").stdout
    assert all(f"Lab {name}" in listed for name in computers)
    lab.stop(server)
    lab.readdress("school", SERVER, "10.77.0.99")
    server = lab.serve("school")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: lab.run(name, "sync"), computers))


def test_nobody_else_is_spoken_to_and_nobody_else_is_let_in(lab: Lab) -> None:
    lab.run("school", "school", "init", "--name", "Kisima Primary")
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


def test_from_fresh_machines_to_the_first_lesson_as_the_page_says_it(lab: Lab) -> None:
    """Word for word; `-s` shows how long the machines took and how much was typed."""
    began, keys = time.monotonic(), 0
    names = [f"Learner{number} Of-Kisima{number}" for number in range(LEARNERS)]
    rows = [f"{name},5{'ABCDEF'[number % 6]}" for number, name in enumerate(names)]
    (lab.folder / "class.csv").write_text("\n".join(["name,class", *rows]), encoding="utf-8")
    printed = ""
    for step in _steps("The server"):
        words = [word.replace("FOLDER", "kit") for word in step]
        keys += len(shlex.join(["darasa", *words])) + 1
        if words == ["serve"]:
            lab.serve("school")
        else:
            printed += lab.run("school", *words).stdout
    pin = re.search(r"5A\s+(\d+)\s+Learner0 ", printed)
    assert pin is not None, printed[:2000]
    invite, join, learn, by_address = _steps("Each computer")
    assert by_address[:2] == ["join", "192.168.1.5:8710"]
    for number, name in enumerate(_names(COMPUTERS)):
        lab.add(name, f"10.77.0.{FIRST + number}")
        assert invite == ["invite"]
        code = lab.code("school")
        words = [word.replace("CODE", code).replace("07", f"{number:02}") for word in join]
        keys += len("darasa invite") + len(shlex.join(["darasa", *words])) + 2
        assert "Found Kisima Primary" in lab.run(name, *words).stdout
    lesson = lab.run("pc0", *learn, typed=f"learner0\n{pin[1]}\n1\n")
    assert "Learner0" in lesson.stdout
    assert "Saved" in lesson.stdout, lesson.stdout
    minutes = (time.monotonic() - began) / 60
    sys.stdout.write(
        f"{LEARNERS} learners, {COMPUTERS} computers: {minutes:.1f} minutes of the machines,"
        f" {keys} keys typed, {keys / KEYS_A_MINUTE:.0f} minutes at {KEYS_A_MINUTE} a minute\n"
    )
