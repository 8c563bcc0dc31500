"""A hub, a school, two computers, each with a machine clock of its own; and a journey of work."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.grading import correct_response, wrong_responses
from darasa.content_packs.source import load_source
from darasa.learning import resume
from darasa.learning.classroom import Classroom
from darasa.learning.clocks import own_clock
from darasa.learning.erasure import erase_learner
from darasa.learning.kinds import Kind
from darasa.learning.operations import run_operation
from darasa.learning.practice.sitting import Sitting
from darasa.learning.reports.reports import class_report, learner_page, live_class
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.sync.clock import ManualClock
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.home import Home
from darasa.sync.ids import Role
from darasa.sync.messages import Doing, PresenceRow
from darasa.sync.quotas import QUOTAS
from darasa.sync.steered_clock import SteeredClock
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.joining import join_server
from darasa.sync.transport.responder import Responder

NOW_MS = 1_800_000_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
TEN_YEARS_MS = 3_652 * 24 * HOUR_MS
AT_MS = {
    "1970": 0,
    "2000": 946_684_800_000,
    "2023": 1_672_531_200_000,
    "right": NOW_MS,
    "2038": 2_147_483_647_000,
    "2038 and a second": 2_147_483_648_000,
    "2100": 4_102_444_800_000,
    "9999": 253_402_300_799_000,
}
PIN = "4821"


def nothing(stage: str) -> None:
    """What most tests do at a stage."""


@dataclass
class Place:
    """A node, with the machine clock under its own."""

    home: Home
    machine: ManualClock
    clock: SteeredClock
    rng: Callable[[int], bytes]
    opened: Classroom | None = None

    def restart(self, leap_ms: int) -> None:
        """Its program starts again, after its machine's clock has leapt."""
        assert self.opened is not None
        self.machine.wall += leap_ms
        self.clock = self.opened.clock = SteeredClock(self.machine)


@dataclass
class World:
    """The nodes of one test, and what the learner did in the order she did it."""

    stack: ExitStack
    places: dict[str, Place] = field(default_factory=dict)
    answered: list[str] = field(default_factory=list)
    responders: dict[str, Responder] = field(default_factory=dict)

    def add(self, name: str, role: Role, wall_ms: int) -> None:
        """A node that has joined nothing yet; a computer opens its classroom when it has."""
        machine = ManualClock(wall_ms)
        rng = random.Random(name).randbytes
        home = Home.in_memory(role=role, name=name, rng=rng)
        self.places[name] = Place(home, machine, SteeredClock(machine), rng)
        if role is not Role.COMPUTER:
            self.open(name)

    def open(self, name: str) -> None:
        """Start its program."""
        place = self.places[name]
        role = place.home.role
        place.opened = self.stack.enter_context(
            Classroom.in_memory(
                role=role,
                clock=place.clock,
                rng=place.rng,
                home=place.home,
                packs=() if role is Role.HUB else (PACK,),
            )
        )

    def __getitem__(self, name: str) -> Classroom:
        room = self.places[name].opened
        assert room is not None
        return room

    def pass_ms(self, ms: int) -> None:
        for place in self.places.values():
            place.machine.advance(ms)

    def jump(self, name: str, ms: int) -> None:
        self.places[name].machine.wall += ms

    def enrol(self, name: str, server: str, at=nothing) -> None:
        """Join with a code, through the desk's own two requests."""
        place, above = self.places[name], self[server]
        desk = EnrolDesk(above.home, above.store, clock=above.clock, rng=above.rng)
        code = desk.new_code()
        at("code shown")
        self.pass_ms(9 * MINUTE_MS)
        assert desk.open_codes() == (code,)

        def ask(path: str, body: bytes) -> tuple[int, bytes]:
            if path.endswith("start"):
                return 200, desk.start(body)
            at("code typed")
            self.pass_ms(5_000)
            return 200, desk.finish(body)

        with ExitStack() as closing:
            if place.opened is None:  # as the command does: joined first, then the program starts
                store = closing.enter_context(Store.open(None, rng=place.rng))
            else:
                store = place.opened.store
            join_server(
                place.home,
                store,
                code,
                url="http://127.0.0.1:1",
                ask=ask,
                shown=lambda: above.home.channel.pin,
                clock=place.clock,
                rng=place.rng,
            )
            peers = store.peers()
        if place.opened is None:
            self.open(name)
            with self[name].store.transaction() as tx:
                for peer in peers:
                    tx.put_peer(peer)
        late = desk.new_code()
        self.pass_ms(10 * MINUTE_MS)
        assert late not in desk.open_codes()

    def exchange(self, name: str, server: str, *, presence=(), at=nothing) -> None:
        below, above = self[name], self[server]
        if server not in self.responders:
            self.responders[server] = Responder(
                above.home,
                above.store,
                hooks=above.hooks,
                clock=above.clock,
                rng=above.rng,
                log=above.log,
                quotas=QUOTAS,
            )

        def post(body: bytes):
            self.pass_ms(40)
            answer = self.responders[server].handle([body])
            at("exchange")
            self.pass_ms(40)
            yield answer

        report = Exchange(
            below.home,
            below.store,
            below.home.peer,
            hooks=below.hooks,
            clock=below.clock,
            presence=presence,
        ).run(post)
        assert report.error == ""
        assert report.ok

    def meet(self, name: str, server: str, **how) -> None:
        """Until both have all of it."""
        for _ in range(3):
            self.exchange(name, server, **how)

    def sign_in(self, name: str, learner_id, at=nothing) -> None:
        """Five wrong PINs, the whole pause, and the right one."""
        desk = self[name].desk
        for _ in range(5):
            desk.try_pin(learner_id, "0000")
        at("pause")
        self.pass_ms(10_000)
        assert desk.try_pin(learner_id, PIN) == WrongSecret(20)
        self.pass_ms(20_000)
        assert isinstance(desk.try_pin(learner_id, PIN), SignedIn)

    def work(self, name: str, learner_id, at=nothing) -> None:
        """A sitting of six answers with a raised hand, through the calls that keys make."""
        sitting = Sitting.begin(self[name], learner_id)
        sitting.start_set()
        for n in range(6):
            self.pass_ms(20_000)
            if n == 3:
                at("sitting")
                sitting.hand(up=True)
            view = sitting.current
            assert view is not None
            self.answered.append(view.instance.item.id)
            response = correct_response(view.instance)
            if n == 4:
                response = wrong_responses(view.instance)[0]
            told = sitting.answer(response)
            assert told.saved_ms is not None
            if told.can_try_again:
                sitting.skip()
            elif sitting.next() is None:
                sitting.start_set()
        check_words(sitting.home(), sitting.plan(), sitting.map())
        sitting.work()
        sitting.sign_out("asked")

    def events(self, name: str, learner_id) -> list:
        """Where her work is, in the order it folds; ops about her stay at the school."""
        return [
            (each.log_id, each.seq, each.chain)
            for each in self[name].events_of(learner_id)
            if each.event.kind >= Kind.SIGN_IN
        ]

    def items(self, name: str, learner_id) -> list[str]:
        """Her answers in the order they fold, by the items that were asked."""
        return [
            each.event.body[2]
            for each in self[name].events_of(learner_id)
            if each.event.kind == Kind.ATTEMPT
        ]

    def look(self, name: str, class_id, learner_id) -> None:
        """Every report of a school; none may fail, or say that something is yet to come."""
        room = self[name]
        now_ms = room.clock.wall_ms()
        report = live_class(room, class_id, room.presence, now_ms)
        assert all(
            row.since_ms is None or row.since_ms <= now_ms + MINUTE_MS for row in report.rows
        )
        class_report(room, class_id)
        learner_page(room, learner_id)
        assert run_operation(room, "status", {})["clock"]["wall_ms"] == now_ms
        assert all(len(each.split()) <= 16 for each in own_clock(room).doubts)


def check_words(home, plan, units) -> None:
    for row in plan:
        assert "-" not in row.reason
        assert not any(word.isdigit() and int(word) > 1_000 for word in row.reason.split())
    assert len(home.week) == 7
    assert sum(home.week) <= 1
    assert units


def seat(learner_id) -> tuple[PresenceRow, ...]:
    return (PresenceRow(learner_id, Doing.WORKING, 5_000, "", 0, 0),)


def journey(world: World, at=nothing) -> None:
    """From two fresh nodes to a class report, and an erasure; nothing may go wrong."""
    world.enrol("school", "hub")
    class_id = world["school"].people.add_class("5B")
    amina = world["school"].people.add_learner("Amina Kato", class_id, pin=PIN)
    baraka = world["school"].people.add_learner("Baraka Mwita", class_id, pin=PIN)
    world.enrol("one", "school", at)
    world.meet("one", "school")
    if at is not nothing:
        world.sign_in("one", amina, at)
    world.work("one", amina, at)
    world.meet("one", "school", presence=seat(amina), at=at)
    world.look("school", class_id, amina)
    world.pass_ms(2 * HOUR_MS)
    world.enrol("two", "school")
    world.meet("two", "school")
    with world["two"].store.transaction() as tx:
        resume.note_seen(tx.connection, amina, world["two"].clock.wall_ms())
    world.meet("two", "school")
    world.work("two", amina)
    for name in ("two", "one"):
        world.meet(name, "school")
    world.meet("school", "hub")
    world.look("school", class_id, amina)
    expected = world.events("school", amina)
    assert expected == world.events("two", amina) == world.events("hub", amina)
    assert len(world.answered) == 12
    assert world.items("school", amina) == world.answered
    at("erasure")
    world.work("one", baraka)
    world.meet("one", "school")
    erase_learner(world["school"], baraka)
    for _ in range(2):
        world.meet("one", "school")
        world.meet("school", "hub")
    for name in ("one", "school", "hub"):
        assert world[name].store.event_count_of(baraka) == 0
        assert world.events(name, amina)[:6] == expected[:6]
    assert run_operation(world["one"], "status", {})["unsent"] == 0


(_FRACTIONS,) = [path for path in bundled_courses() if Path(path).name == "fractions"]
PACK = load_source(_FRACTIONS)
