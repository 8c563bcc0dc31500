"""The processes that are killed: a school server and computers, made of production code.

    python actors.py

Reads one JSON object a line from stdin and forks an actor for it, so that a hundred starts do not
import everything a hundred times; prints the actor's process id. An actor connects to the test's
socket first and says there, a line each, what it has acknowledged. It ends by itself when the test
is gone.
"""

import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, SignIn
from darasa.server.run import serve
from darasa.sync.clock import SystemClock
from darasa.sync.event import StoredEvent
from darasa.sync.home import open_home
from darasa.sync.ids import LearnerId, Role
from darasa.sync.transport.http import exchange

SHARE_OF_EXCHANGES = 0.4
_STDOUT = 1


def attempt(nth: int, rng: random.Random) -> Attempt:
    """One answer, with something in it that is hard to guess or to pack."""
    return Attempt(
        sitting=rng.randbytes(8), pack="fractions", item=f"q{nth % 20}", item_version=b"version1",
        skills=("add",), difficulty_milli=0, nth=1, values=(nth % 9, 4), try_nth=1,
        right=rng.random() < 0.6, picked=(), typed=rng.randbytes(rng.choice((2, 60))).hex(), help=0,
        shown_before=False, response_ms=rng.randrange(60_000), source=0, partners=0, pair=None,
        supervised=False,
    )  # fmt: skip


class ComputerActor:
    """Answers and exchanges until it is killed, or told to heal."""

    def __init__(self, wish: dict[str, Any], link: socket.socket) -> None:
        self.link = link
        self.link.setblocking(False)
        self.url = str(wish["url"])
        self.rng = random.Random(int(wish["seed"]))
        self.learners = [LearnerId(bytes.fromhex(each)) for each in wish["learners"]]
        home = open_home(Path(wish["home"]), expect=Role.COMPUTER)
        self.room = Classroom.open(home, clock=SystemClock(), rng=os.urandom, writable=True)
        self.trusted = False
        self.written = 0

    def play(self) -> None:
        """To the end."""
        self.acknowledge([])
        while not self.told_to_heal():
            if self.rng.random() < SHARE_OF_EXCHANGES:
                self.exchange()
            else:
                self.write()
        peer = self.room.home.peer
        assert peer is not None
        while not self.exchange() or self.room.store.unsent(peer.node_id).total:
            pass
        self.room.close()
        self.say({"healed": True})

    def write(self) -> None:
        """One transaction through the recorder, as an answer on the screen is saved."""
        learner = self.rng.choice(self.learners)
        facts: list[Any] = []
        if self.rng.random() < 0.1:
            facts.append((learner, SignIn(self.rng.randbytes(8), "simulated")))
        for _ in range(40 if self.rng.random() < 0.02 else self.rng.randint(1, 4)):
            self.written += 1
            facts.append((learner, attempt(self.written, self.rng)))
        self.acknowledge(self.room.record.record(*facts))

    def exchange(self) -> bool:
        room = self.room
        report = exchange(
            room.home,
            room.store,
            hooks=room.hooks,
            clock=room.clock,
            rng=room.rng,
            url=self.url,
            trusted=self.trusted,
        )
        self.trusted = report.ok
        return report.ok

    def acknowledge(self, events: list[StoredEvent]) -> None:
        """They are on the disk, and somebody has seen it."""
        rows = [
            [e.log_id.hex(), e.seq, e.chain.hex(), hashlib.sha256(e.canonical).hexdigest()]
            for e in events
        ]
        self.say({"events": rows})

    def say(self, what: dict[str, Any]) -> None:
        self.link.setblocking(True)
        self.link.sendall(json.dumps(what).encode() + b"\n")
        self.link.setblocking(False)

    def told_to_heal(self) -> bool:
        try:
            said = self.link.recv(1)
        except BlockingIOError:
            return False
        if not said:
            os._exit(0)  # the test is gone
        return True


def school(wish: dict[str, Any], link: socket.socket) -> None:
    """`darasa serve`; its line "… answers at …" goes to the test."""
    os.dup2(link.fileno(), _STDOUT)
    threading.Thread(target=end_with, args=(link,), daemon=True).start()
    serve(Path(wish["home"]), port=int(wish["port"]))


def end_with(link: socket.socket) -> None:
    """End when the test does."""
    link.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def play(wish: dict[str, Any]) -> None:
    """One actor's life."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(wish["socket"])
        link.sendall(json.dumps({"name": wish["name"]}).encode() + b"\n")
        if wish["role"] == "school":
            school(wish, link)
        else:
            ComputerActor(wish, link).play()


def wishes() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not waited for
    with contextlib.suppress(KeyboardInterrupt):
        for wish in wishes():
            actor = os.fork()
            if actor == 0:
                try:
                    play(wish)
                finally:
                    os._exit(0)
            sys.stdout.write(f"{actor}\n")
            sys.stdout.flush()
