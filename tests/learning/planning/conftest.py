"""A course made in memory, events by hand, and a classroom of one computer."""

import hashlib
import random
from collections.abc import Callable, Iterator

import pytest

from darasa.content_packs.grading import correct_response, wrong_responses
from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import (
    Answer,
    Choice,
    Item,
    Text,
    Var,
    with_version,
)
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, Payload, body_of, kind_of
from darasa.learning.practice.sitting import Sitting
from darasa.sync.clock import ManualClock
from darasa.sync.event import Event, StoredEvent
from darasa.sync.ids import Chain, LearnerId, LogId, NodeId, Role, SchoolId

MONDAY_MS = 1_715_587_200_000 + 8 * 3_600_000  # Monday 13 May 2024, 08:00 UTC
LEARNER = LearnerId(bytes(range(16)))


def text(words: str) -> Text:
    return Text(words, words, words)


def choice_item(item_id: str, skill: str, difficulty: int, *, sister_of: str | None = None) -> Item:
    return with_version(
        Item(
            id=item_id,
            kind="choice",
            skills=(skill,),
            prompt=text(f"Which one is right in {item_id}?"),
            difficulty=difficulty,
            choices=(
                Choice(text("this one"), right=True),
                Choice(text("that one"), note=text("Look again at the first one.")),
                Choice(text("none of them")),
            ),
            hints=(text("Think of the first."), text("It is the one that says this.")),
            solution=text("This one, because it says so."),
            sister_of=sister_of,
        )
    )


def drawn_item(item_id: str, skill: str, difficulty: int) -> Item:
    return with_version(
        Item(
            id=item_id,
            kind="answer",
            skills=(skill,),
            prompt=text("What is @{a} + @{b}?"),
            difficulty=difficulty,
            answers=(Answer("@{a + b}", "number"),),
            vars=(Var("a", low="1", high="40"), Var("b", low="1", high="40")),
            hints=(text("Count on from the greater one."),),
        )
    )


def pack_of(skills: tuple[Skill, ...], items: tuple[Item, ...], *, pack_id: str = "sums") -> Pack:
    return invented_pack(skills, items, pack_id=pack_id, title="Sums")


@pytest.fixture
def make_pack() -> Callable[..., Pack]:
    return pack_of


@pytest.fixture
def sums() -> Pack:
    """Three skills in a row, the last with drawn numbers only; twelve items each."""
    skills = (
        Skill(id="count", title="Counting", unit="Numbers"),
        Skill(id="add", title="Adding", unit="Numbers", requires=("count",)),
        Skill(id="carry", title="Carrying", unit="More numbers", requires=("add",)),
    )
    items: list[Item] = []
    for n in range(12):
        items.append(choice_item(f"count-{n}", "count", n % 3 + 1))
        sister = f"add-{n - 6}" if n >= 6 else None
        items.append(choice_item(f"add-{n}", "add", n % 3 + 1, sister_of=sister))
    items += [drawn_item(f"carry-{n}", "carry", n % 3 + 1) for n in range(6)]
    return pack_of(skills, tuple(items))


@pytest.fixture
def make_attempt() -> Callable[..., Attempt]:
    """An attempt on one skill; every field can be given."""

    def make(skill: str = "count", *, right: bool = True, **fields: object) -> Attempt:
        defaults: dict[str, object] = {
            "sitting": bytes(8),
            "pack": "sums",
            "item": f"{skill}-1",
            "item_version": bytes(8),
            "skills": (skill,),
            "difficulty_milli": 0,
            "nth": 1,
            "values": (),
            "try_nth": 1,
            "right": right,
            "picked": (0,),
            "typed": "",
            "help": 0,
            "shown_before": False,
            "response_ms": 9_000,
            "source": 0,
            "partners": 0,
            "pair": None,
            "supervised": False,
        }
        return Attempt(**{**defaults, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def store_events() -> Callable[..., list[StoredEvent]]:
    """Payloads as the events of one log, in order, a minute apart unless `happened` says when."""

    def store(
        *payloads: Payload,
        lamport: int = 1,
        log: bytes = bytes(8),
        happened: Callable[[int], int] | None = None,
    ) -> list[StoredEvent]:
        events = []
        for seq, payload in enumerate(payloads, start=1):
            kind, version = kind_of(payload)
            event = Event(kind, version, LEARNER, lamport, seq * 60_000, body_of(payload))
            at = MONDAY_MS + seq * 60_000 if happened is None else happened(seq)
            chain = Chain(hashlib.blake2b(log + seq.to_bytes(8, "big"), digest_size=16).digest())
            events.append(
                StoredEvent(
                    SchoolId(bytes(16)), LogId(log), seq, chain, b"", event, NodeId(bytes(16)), at
                )
            )
        return events

    return store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY_MS, 5_000)


@pytest.fixture
def computer(sums: Pack, clock: ManualClock) -> Iterator[Classroom]:
    """A computer in memory with the course."""
    rng = random.Random(7).randbytes
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(sums,)) as room:
        yield room


@pytest.fixture
def learner(computer: Classroom) -> LearnerId:
    return computer.guest().learner_id


@pytest.fixture
def sitting(computer: Classroom, learner: LearnerId) -> Sitting:
    return Sitting.begin(computer, learner, how="guest")


@pytest.fixture
def answer(clock: ManualClock) -> Callable[..., None]:
    """Answer the item on the screen after nine seconds."""

    def give(sitting: Sitting, *, right: bool) -> None:
        view = sitting.current
        assert view is not None
        clock.advance(9_000)
        wrong = wrong_responses(view.instance)[0]
        sitting.answer(correct_response(view.instance) if right else wrong)

    return give
