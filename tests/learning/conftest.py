"""Nodes in memory, a clock that is turned by hand, and seeded randomness."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home, Peer
from darasa.sync.ids import Rng, Role
from darasa.sync.signing import issue_certificate
from darasa.sync.transport.exchange import Exchange, ExchangeReport
from darasa.sync.transport.responder import Responder

MORNING_MS = 1_800_000_000_000

MakeRoom = Callable[..., Classroom]
MakeAttempt = Callable[..., Attempt]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING_MS)


@pytest.fixture
def rng() -> Rng:
    return random.Random(7).randbytes


@pytest.fixture
def make_room(clock: ManualClock, rng: Rng) -> Iterator[MakeRoom]:
    """make_room(Role.SCHOOL), make_room(Role.COMPUTER, joined=school), make_room(Role.HUB)."""
    with ExitStack() as stack:

        def make(
            role: Role, *, joined: Classroom | None = None, name: str = "", packs: tuple = ()
        ) -> Classroom:
            home = Home.in_memory(role=role, name=name or str(role), rng=rng)
            if joined is not None:
                join(home, joined)
            room = Classroom.in_memory(role=role, clock=clock, rng=rng, home=home, packs=packs)
            return stack.enter_context(room)

        yield make


def join(home: Home, server: Classroom) -> None:
    """What enrolment leaves behind on both sides."""
    above = server.home
    school_id = home.school_id if home.role is Role.SCHOOL else above.school_id
    certificate = issue_certificate(
        above.node_key, subject_public=home.node_key.public, role=home.role, school_id=school_id
    )
    with server.store.transaction() as tx:
        tx.put_certificate(certificate)
    peer = Peer(
        "http://127.0.0.1:1",
        above.node_id,
        above.node_key.public,
        above.name,
        above.role,
        above.certificate,
    )
    is_computer = home.role is Role.COMPUTER
    home.save_peer(
        peer,
        certificate=certificate,
        school_id=school_id,
        seal_public=above.seal_public if is_computer else None,
    )


@pytest.fixture(scope="session")
def joined() -> Callable[[Home, Classroom], None]:
    return join


@pytest.fixture
def school(make_room: MakeRoom) -> Classroom:
    return make_room(Role.SCHOOL)


@pytest.fixture
def computer(make_room: MakeRoom, school: Classroom) -> Classroom:
    return make_room(Role.COMPUTER, joined=school)


@pytest.fixture(scope="session")
def make_attempt() -> MakeAttempt:
    """make_attempt(right=False, item="q2") is a plain first answer with these changes."""

    def make(**changes: object) -> Attempt:
        plain = {
            "sitting": b"sitting1",
            "pack": "fractions",
            "item": "q1",
            "item_version": b"version1",
            "skills": ("add",),
            "difficulty_milli": 0,
            "nth": 1,
            "values": (3, 4),
            "try_nth": 1,
            "right": True,
            "picked": (),
            "typed": "3/4",
            "help": 0,
            "shown_before": False,
            "response_ms": 9_000,
            "source": 0,
            "partners": 0,
            "pair": None,
            "supervised": False,
        }
        return Attempt(**(plain | changes))

    return make


@pytest.fixture
def exchange(clock: ManualClock, rng: Rng) -> Callable[..., ExchangeReport]:
    """exchange(computer, school): the real session, with a function call for a cable."""

    def run(below: Classroom, above: Classroom, *, presence: tuple = ()) -> ExchangeReport:
        responder = Responder(above.home, above.store, hooks=above.hooks, clock=clock, rng=rng)
        peer = below.home.peer
        assert peer is not None
        report = Exchange(
            below.home, below.store, peer, hooks=below.hooks, clock=clock, presence=presence
        ).run(lambda body: [responder.handle([body])])
        assert report.ok, report.error
        return report

    return run


# -- a school with a class, a learner in it, and two computers that have its lists -------------


@pytest.fixture
def class_id(school):
    return school.people.add_class("5B")


@pytest.fixture
def amina(school, class_id):
    return school.people.add_learner("Amina Kato", class_id, pin="4821")


@pytest.fixture
def fed(school, computer, amina, exchange):
    """A computer that has the lists: the school's first, then those of its classes."""
    exchange(computer, school)
    exchange(computer, school)
    return computer


@pytest.fixture
def other(school, amina, make_room, exchange):
    room = make_room(Role.COMPUTER, joined=school, name="PC 2")
    exchange(room, school)
    exchange(room, school)
    return room
