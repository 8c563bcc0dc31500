"""The demo's district: its nodes made once, then run as the ordinary programs they are.

Owns: making hub, school, practice class and computer in a folder (whole or not at all), starting
and stopping their servers, and the card that tells a newcomer what to try. Everybody in it is
invented; everything they do goes through the functions that real keys call.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.cli.cable import Cable
from darasa.cli.demo import cable_of
from darasa.cli.exits import CommandError
from darasa.cli.nodes import init_school
from darasa.cli.options import classroom_at, on_running_node
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.cli.demo_live import OtherComputers

_SCHOOL: Final = "Kisima Primary"
_DISTRICT: Final = "Kisima District"
_CLASS: Final = "5B"
_TEACHER: Final = "Grace Otieno"
_OFFICER: Final = "Peter Lema"
_LEARNER: Final = "Amina Kazungu"
_PC: Final = "Lab PC 01"
_LEARNERS: Final = 30
_WORKING: Final = 6
_SEED: Final = 7
_ANSWERS_WITHIN_S: Final = 60
_HUB_EVERY_S: Final = 2


@dataclass(frozen=True, slots=True)
class SignIns:
    """What the card tells: invented people's secrets, kept so that a later run can show them."""

    teacher: str
    passphrase: str
    officer: str
    officer_passphrase: str
    learner: str
    pin: str
    stuck: tuple[str, ...]  # ids of those whom the class has stuck today
    hand_up: str | None


@dataclass(frozen=True, slots=True)
class LiveDistrict:
    """A district that answers."""

    computer: Path
    school_url: str
    hub_url: str
    sign_ins: SignIns

    def card(self) -> str:
        """What to try in five minutes, with the addresses and secrets to do it."""
        who = self.sign_ins
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
  2  Open the teacher's page: her row changes. Her name leads to "why?".
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
            if not self._card_file.exists():
                self._make()
            stack.enter_context(self._served("hub", hub_port))
            self._join_hub(f"http://127.0.0.1:{hub_port}")
            stack.enter_context(self._served("school", self._port))
            cable = stack.enter_context(Cable(("127.0.0.1", self._port), cable_of(self._folder)))
            self._join_computer(cable.url)
            stack.enter_context(self._others().practising())
            yield LiveDistrict(
                computer=self._folder / "computer",
                school_url=f"http://127.0.0.1:{self._port}",
                hub_url=f"http://127.0.0.1:{hub_port}",
                sign_ins=self._sign_ins(),
            )

    def _others(self) -> "OtherComputers":
        """The practice class at its own computers; their cables stay in."""
        from darasa.cli.demo_live import Cast, OtherComputers

        school = self._folder / "school"
        with classroom_at(school, writable=False) as room:
            others = [row.learner_id for row in room.people.learners() if row.name != _LEARNER]
        told = self._sign_ins()
        stuck = tuple(LearnerId(bytes.fromhex(text)) for text in told.stuck)
        hand_up = tuple(LearnerId(bytes.fromhex(text)) for text in [told.hand_up] if text)
        working = [each for each in others if each not in (*stuck, *hand_up)]
        return OtherComputers(
            self._folder / "computers",
            f"http://127.0.0.1:{self._port}",
            Cast(stuck=stuck, hand_up=hand_up, working=tuple(working[:_WORKING])),
            new_code=lambda: str(on_running_node(school, "new-code", {})["code"]),
            seed=_SEED,
        )

    @property
    def _card_file(self) -> Path:
        return self._folder / "demo.json"  # written last: the nodes beside it are whole

    def _sign_ins(self) -> SignIns:
        return SignIns(**json.loads(self._card_file.read_text()))

    def _make(self) -> None:
        self._progress("Making a school with a practice class (once, about ten seconds) ...")
        for half_made in ("hub", "school", "computer", "computers"):
            if (self._folder / half_made).exists():
                shutil.rmtree(self._folder / half_made)  # only invented work, never finished
        school = self._folder / "school"
        init_school(school, _SCHOOL)
        sign_ins = _people_and_work(school, _make_hub(self._folder / "hub"))
        waiting = self._card_file.with_suffix(".new")
        waiting.write_text(json.dumps(asdict(sign_ins)))
        waiting.chmod(0o600)
        waiting.rename(self._card_file)

    @contextlib.contextmanager
    def _served(self, node: str, port: int) -> Iterator[None]:
        """The server of a node as its own program; it ends with this one, however that ends."""
        home = self._folder / node
        log = (self._folder / f"{node}.log").open("ab")
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "darasa.cli.main", "serve", "--home", str(home)),
                *("--port", str(port), "--until-input-ends"),
                *("--sync-every", str(_HUB_EVERY_S), "--cable", str(cable_of(self._folder).flag)),
            ],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for_health(port, process, Path(log.name))
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
            log.close()

    def _join_hub(self, url: str) -> None:
        self._join("school", url, inviting="hub")

    def _join_computer(self, url: str) -> None:
        self._join("computer", url, inviting="school")

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


def _people_and_work(home: Path, officer_passphrase: str) -> SignIns:
    """Give the school a teacher and a class with three weeks of work."""
    from darasa.learning.operations import run_operation
    from darasa.learning.simulated import simulate_class

    with classroom_at(home, writable=True) as room:
        teacher = run_operation(room, "add-teacher", {"name": _TEACHER})
        made = simulate_class(
            room, learners=_LEARNERS, first=_LEARNER, seed=_SEED, class_name=_CLASS
        )
        learner = run_operation(room, "reset-pin", {"name": _LEARNER})
    return SignIns(
        teacher=_TEACHER,
        passphrase=str(teacher["passphrase"]),
        officer=_OFFICER,
        officer_passphrase=officer_passphrase,
        learner=_LEARNER,
        pin=str(learner["pin"]),
        stuck=tuple(each.hex() for each in made.stuck),
        hand_up=None if made.hand_up is None else made.hand_up.hex(),
    )


def _wait_for_health(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
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
