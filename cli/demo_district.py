"""The demo's district: its nodes made once, then run as the ordinary programs they are.

Owns: making hub, school, practice class and computer in a folder (whole or not at all), starting
and stopping their servers, and the card that tells a newcomer what to try. Everybody in it is
invented; everything they do goes through the functions that real keys call.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from darasa.cli.cable import Cable
from darasa.cli.demo_files import DemoFacts, cable_of, is_made, read_facts, save_facts
from darasa.cli.exits import CommandError
from darasa.cli.nodes import init_school
from darasa.cli.options import classroom_at, on_running_node
from darasa.sync.ids import LearnerId

_SCHOOL: Final = "Kisima Primary"
_DISTRICT: Final = "Kisima District"
_CLASS: Final = "5B"
_TEACHER: Final = "Grace Otieno"
_OFFICER: Final = "Peter Lema"
_LEARNER: Final = "Amina Kazungu"
_PC: Final = "Lab PC 01"
_LEARNERS: Final = 30
_SEED: Final = 7
_ANSWERS_WITHIN_S: Final = 60
_ENDS_WITHIN_S: Final = 15
_LOOK_EVERY_S: Final = 0.05
_HUB_EVERY_S: Final = 2
_HERE: Final = "127.0.0.1"  # nobody else's network sees the demo


@dataclass(frozen=True, slots=True)
class LiveDistrict:
    """A district that answers."""

    computer: Path
    school_url: str
    hub_url: str
    facts: DemoFacts

    def card(self) -> str:
        """What to try in five minutes, with the addresses and secrets to do it."""
        who = self.facts
        return _CARD.format(
            learner=who.learner,
            first=who.learner.split()[0],
            pin=who.pin,
            school=self.school_url,
            teacher=who.teacher,
            passphrase=who.passphrase,
            hub=self.hub_url,
            officer=who.officer,
            officer_passphrase=who.officer_passphrase,
        )


_CARD: Final = """\

  Darasa: a school to try, with {first} and 29 other invented learners

  Learner   {learner}        PIN  {pin}
  Teacher   {school}/class   {teacher} / {passphrase}
  District  {hub}/hub        {officer} / {officer_passphrase}

  1  Sign in as {first}. Answer wrongly once, press H for a hint, answer again.
  2  Open the teacher's page: the row changes. The name leads to "why?".
  3  In another terminal:  darasa demo cut    Three answers: "3 to send".
  4  Then:                 darasa demo mend   "has all"; the district has them.
"""


class District:
    """A district in a folder, on two ports of this machine."""

    def __init__(self, folder: Path, *, port: int, progress: Callable[[str], None]) -> None:
        self._folder = folder
        self._progress = progress
        self._port = _free_pair(port)

    @contextlib.contextmanager
    def running(self) -> Iterator[LiveDistrict]:
        """Make what is missing, start everything, and stop it again at the end."""
        hub_port = self._port + 1
        with contextlib.ExitStack() as stack:
            if not is_made(self._folder):
                self._make()
            for home in self._folder.glob("**/darasa.toml"):
                _wait_until_free(home.parent)
            stack.enter_context(self._served("hub", hub_port))
            self._join_hub(f"https://127.0.0.1:{hub_port}")
            stack.enter_context(self._served("school", self._port))
            cable = stack.enter_context(Cable(("127.0.0.1", self._port), cable_of(self._folder)))
            self._join_computer(cable.url)
            work = ("demo", "work", "--home", str(self._folder), "--port", str(self._port))
            stack.enter_context(self._program("class", *work))
            yield LiveDistrict(
                computer=self._folder / "computer",
                school_url=f"http://127.0.0.1:{self._port}",
                hub_url=f"http://127.0.0.1:{hub_port}",
                facts=read_facts(self._folder),
            )

    def _make(self) -> None:
        self._progress("Making a school with a practice class (once, about ten seconds) ...")
        for half_made in ("hub", "school", "computer", "computers"):
            if (self._folder / half_made).exists():
                shutil.rmtree(self._folder / half_made)  # only invented work, never finished
        school = self._folder / "school"
        init_school(school, _SCHOOL)
        facts = _people_and_work(school, _make_hub(self._folder / "hub"))
        save_facts(self._folder, facts)

    @contextlib.contextmanager
    def _served(self, node: str, port: int) -> Iterator[None]:
        """The server of a node, from when it answers."""
        words = ("serve", "--home", str(self._folder / node), "--port", str(port), "--host", _HERE)
        cable = str(cable_of(self._folder).flag)
        more = ("--sync-every", str(_HUB_EVERY_S), "--cable", cable)
        with self._program(node, *words, *more) as process:
            _wait_for_health(port, process, self._folder / f"{node}.log")
            yield

    @contextlib.contextmanager
    def _program(self, name: str, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A command of ours as a program of its own; it ends with this one, however that ends."""
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "darasa.cli.main", *words, "--until-input-ends"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
            try:
                yield process
            finally:
                assert process.stdin is not None
                process.stdin.close()
                process.wait()

    def _join_hub(self, url: str) -> None:
        self._join("school", url, inviting="hub")

    def _join_computer(self, url: str) -> None:
        """The computer that the newcomer uses, with her earlier work on it."""
        from darasa.learning.meeting import bring_learner

        self._join("computer", url, inviting="school")
        with classroom_at(self._folder / "computer", writable=True) as room:
            learner_id = LearnerId(bytes.fromhex(read_facts(self._folder).learner_id))
            bring_learner(room, learner_id)

    def _join(self, node: str, url: str, *, inviting: str) -> None:
        """Enrol a node once; later runs only tell it where its server is now."""
        from darasa.learning.enrolment import join_server, move_server
        from darasa.sync.clock import SystemClock

        home = self._folder / node
        if move_server(home, url):
            return
        code = on_running_node(self._folder / inviting, "new-code", {})["code"]
        name = _PC if node == "computer" else None
        join_server(home, url, code, name=name, clock=SystemClock(), rng=os.urandom)


def _make_hub(home: Path) -> str:
    """Make the hub with its officer; the officer's passphrase."""
    from darasa.learning.operations import run_operation
    from darasa.sync.clock import SystemClock
    from darasa.sync.home import init_home
    from darasa.sync.ids import Role

    init_home(home, role=Role.HUB, name=_DISTRICT, rng=os.urandom, clock=SystemClock())
    with classroom_at(home, writable=True) as room:
        return str(run_operation(room, "add-teacher", {"name": _OFFICER})["passphrase"])


def _people_and_work(home: Path, officer_passphrase: str) -> DemoFacts:
    """Give the school a teacher and a class with three weeks of work."""
    from darasa.learning.operations import run_operation
    from darasa.learning.simulated.school_class import simulate_class

    with classroom_at(home, writable=True) as room:
        teacher = run_operation(room, "add-teacher", {"name": _TEACHER})
        made = simulate_class(
            room, learners=_LEARNERS, first=_LEARNER, seed=_SEED, class_name=_CLASS
        )
        learner = run_operation(room, "first-secret", {"name": _LEARNER})
    return DemoFacts(
        teacher=_TEACHER,
        passphrase=str(teacher["passphrase"]),
        officer=_OFFICER,
        officer_passphrase=officer_passphrase,
        learner=_LEARNER,
        learner_id=made.learners[0].hex(),
        pin=str(learner["pin"]),
        stuck=tuple(each.hex() for each in made.stuck),
        hand_up=tuple(each.hex() for each in [made.hand_up] if each is not None),
    )


def _wait_until_free(home: Path) -> None:
    """Let a demo that was killed end: its programs notice within moments."""
    from darasa.sync.errors import HomeBusyError
    from darasa.sync.home import open_home

    deadline = time.monotonic() + _ENDS_WITHIN_S
    while True:
        try:
            with open_home(home).lock():
                return
        except HomeBusyError:
            if time.monotonic() > deadline:
                raise CommandError(
                    f"A demo is running in {home.parent} already. End that one first."
                ) from None
            time.sleep(_LOOK_EVERY_S)


def _wait_for_health(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(_LOOK_EVERY_S)
    raise CommandError(f"A server of the demo did not start. Its last words are in {log}.")


def _free_pair(port: int) -> int:
    """The first port from `port` on that is free, and the next one too."""
    for candidate in range(port, port + 200, 2):
        if _is_free(candidate) and _is_free(candidate + 1):
            return candidate
    raise CommandError(f"No two ports from {port} on are free. Choose others:  --port N")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
