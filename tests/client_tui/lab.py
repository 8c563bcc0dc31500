"""A school and its joined computers in memory, each with the client's flow, and keys counted.

Loaded by its path through the fixtures beside. The server is "off" between exchanges: nothing else
connects a computer with the school.
"""

import random
from collections.abc import Sequence
from datetime import UTC
from types import ModuleType
from typing import Any

from darasa.client_tui.flow import Flow
from darasa.client_tui.settings import Settings
from darasa.client_tui.times import Times
from darasa.learning.classroom import Classroom
from darasa.learning.signing_in.hashing import HASHING
from darasa.learning.signing_in.verifier import SecretKind, make_verifier
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home, Peer
from darasa.sync.ids import LearnerId, Role
from darasa.sync.signing import issue_certificate
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.responder import Responder

PIN, PICTURES = "2468", "2a4"


class Seat:
    """One computer: its flow, and how many keys were pressed there."""

    def __init__(self, lab: "Lab", room: Classroom, sender: Any) -> None:
        self.lab = lab
        self.room = room
        self.keys = 0
        self.flow = Flow(room, sending=sender, settings=Settings(), times=Times(UTC))

    @property
    def at(self) -> str:
        return type(self.flow.screen).__name__

    def press(self, *keys: str) -> "Seat":
        for key in keys:
            self.lab.clock.advance(1_000)
            self.keys += 1
            self.flow.press(key)
        return self

    def type(self, text: str) -> "Seat":
        return self.press(*text)

    def choose(self, short: str) -> "Seat":
        """Letters of her first name until she sees herself, then her number, then Enter."""
        for letter in short.split(maxsplit=1)[0]:
            self.press(letter.lower())
            shown = self.shown()
            if short in shown:
                break
        place = shown.index(short)
        return self.press(*([str(place + 1)] if place else []), "enter")

    def shown(self) -> list[str]:
        """The names that the list shows."""
        lines = self.lab.worlds.World.lines(self)
        rows = [line.strip().removeprefix(">").strip() for line in lines[6:16]]
        return [row.split("  ", 1)[1] for row in rows if row[:1].isdigit() and "  " in row]


class Online:
    """A sender whose "send now" is an exchange: the server is on."""

    def __init__(self, lab: "Lab", sender: Any) -> None:
        self._lab, self._sender = lab, sender
        self.room: Classroom | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sender, name)

    def try_now(self) -> None:
        if self.room is not None and self._lab.is_server_on:
            self._lab.exchange(self.room)


class Lab:
    """A school with one class, and computers that know it."""

    def __init__(
        self,
        worlds: ModuleType,
        *,
        names: Sequence[str],
        computers: int,
        pictures: Sequence[str] = (),
    ) -> None:
        self.worlds = worlds
        self.is_server_on = True
        self.clock = ManualClock(worlds.TUESDAY_MS)
        self._rng = random.Random(5).randbytes
        packs = (worlds.course(),)
        self.school = Classroom.in_memory(
            role=Role.SCHOOL, clock=self.clock, rng=self._rng, packs=packs
        )
        self.class_id = self.school.people.add_class("5B")
        self.learners = self._enter(names, pictures)
        self.seats = [self._seat(f"Lab PC {nth + 1:02d}", packs) for nth in range(computers)]

    def _enter(self, names: Sequence[str], pictures: Sequence[str]) -> dict[str, LearnerId]:
        """All learners with one hash of each kind: what a PIN costs is not what is tried here."""
        verifiers = {
            kind: make_verifier(secret, self._rng, kind=kind)
            for kind, secret in ((SecretKind.TYPED, PIN), (SecretKind.PICTURES, PICTURES))
        }
        people, made = self.school.people, {}
        for name in names:
            made[name] = LearnerId(self._rng(16))
            kind = SecretKind.PICTURES if name in pictures else SecretKind.TYPED
            facts = people.learner_facts(made[name], name, self.class_id, verifiers[kind])
            self.school.record.record(*facts)
        return made

    def _seat(self, name: str, packs: Any) -> Seat:
        above = self.school.home
        home = Home.in_memory(role=Role.COMPUTER, name=name, rng=self._rng)
        certificate = issue_certificate(
            above.node_key,
            subject_public=home.node_key.public,
            role=Role.COMPUTER,
            school_id=above.school_id,
        )
        with self.school.store.transaction() as tx:
            tx.put_certificate(certificate)
        home.save_peer(
            Peer(
                "http://127.0.0.1:1",
                above.node_id,
                above.node_key.public,
                above.name,
                above.role,
                above.certificate,
            ),
            certificate=certificate,
            school_id=above.school_id,
            seal_public=above.seal_public,
        )
        room = Classroom.in_memory(
            role=Role.COMPUTER, clock=self.clock, rng=self._rng, home=home, packs=packs
        )
        for _ in range(2):
            self.exchange(room)
        online = Online(self, self.worlds.Sender())
        online.room = room
        return Seat(self, room, online)

    def exchange(self, room: Classroom) -> None:
        """The real session, with a function call for a cable."""
        school = self.school
        responder = Responder(
            school.home, school.store, hooks=school.hooks, clock=self.clock, rng=self._rng
        )
        peer = room.home.peer
        assert peer is not None
        report = Exchange(room.home, room.store, peer, hooks=room.hooks, clock=self.clock).run(
            lambda body: [responder.handle([body])]
        )
        assert report.ok, report.error

    def close(self) -> None:
        for seat in self.seats:
            seat.room.close()
        self.school.close()


def hashes() -> int:
    """How many hashes this process has made."""
    return HASHING._taken
