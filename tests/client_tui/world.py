"""A small course, a class and a flow over them, all in memory and all the same each time.

Loaded by its path through the fixtures of tests/conftest.py.
"""

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC
from functools import cache

import msgspec

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.drawn import drawn
from darasa.client_tui.flow import Flow
from darasa.client_tui.page import Layout, text_of
from darasa.client_tui.screens.base import Activity
from darasa.client_tui.settings import Settings
from darasa.client_tui.times import Times
from darasa.content_packs.item import Answer, Choice, Item, ItemFile, Text, Var, with_version
from darasa.content_packs.lesson import LEVELS, LessonText, Section
from darasa.content_packs.manifest import BlobEntry, LessonEntry, LessonTextEntry, Manifest
from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.content_packs.skill import Skill
from darasa.learning.classroom import Classroom
from darasa.learning.signing_in.verifier import SecretKind, Verifier, make_verifier
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home, Peer
from darasa.sync.ids import LearnerId, RecordId, Rng, Role

TUESDAY_MS = 1_715_644_800_000 + 8 * 3_600_000 + 42 * 60_000  # Tuesday 14 May 2024, 08:42 UTC
PIN = "2468"
PICTURES = "2a4"  # fish drum house
NAMES = ("Amara Okello", "Amina Kato", "Amina Wanjiru", "Samuel Tembo")


def text(words: str) -> Text:
    return Text(words, words, words)


def jug(item_id: str = "jug", skill: str = "add", **fields: object) -> Item:
    """The question of the wireframe."""
    known: dict[str, object] = {
        "id": item_id,
        "kind": "choice",
        "skills": (skill,),
        "prompt": text(
            "A jug is 1/4 full. Juma adds 2/4 of a jug of water.\nHow full is the jug now?"
        ),
        "choices": (
            Choice(text("3/8")),
            Choice(text("3/4"), right=True),
            Choice(
                text("2/8"),
                note=text(
                    "You multiplied the top numbers. We are putting parts together.\n"
                    "Count the quarters:  [#][ ][ ][ ]  and  [#][#][ ][ ]"
                ),
            ),
        ),
        "hints": (
            text("Are the parts the same size? What stays the same?"),
            text("Count how many quarters there are in all."),
            text("1/5 + 2/5: one part and two parts are three parts, so 3/5."),
        ),
        "solution": text("1 quarter and 2 quarters are 3 quarters: 1/4 + 2/4 = 3/4."),
        "fixed_order": True,
    }
    return with_version(Item(**(known | fields)))  # type: ignore[arg-type]


def tick_all(item_id: str, skill: str) -> Item:
    return with_version(
        Item(
            id=item_id,
            kind="multiple",
            skills=(skill,),
            prompt=text("Which are one half? Tick all that are."),
            choices=(
                Choice(text("2/4"), right=True),
                Choice(text("1/3")),
                Choice(text("5/10"), right=True),
            ),
            hints=(text("Half of 4 is 2."),),
            fixed_order=True,
        )
    )


def number(item_id: str, skill: str) -> Item:
    return with_version(
        Item(
            id=item_id,
            kind="answer",
            skills=(skill,),
            prompt=text("What is @{a}/9 + @{b}/9?"),
            answers=(Answer("@{a + b}/9", "number"),),
            vars=(Var("a", low="1", high="4"), Var("b", low="1", high="4")),
            hints=(text("Add the top numbers."),),
        )
    )


def word(item_id: str, skill: str, *, value: str = "denominator") -> Item:
    return with_version(
        Item(
            id=item_id,
            kind="answer",
            skills=(skill,),
            prompt=text("What is the bottom number of a fraction called?"),
            answers=(Answer(value, "text"),),
            hints=(text("It begins with d."),),
        )
    )


def lesson_text(level: str, title: str, extra: str) -> LessonText:
    return LessonText(
        lesson="adding",
        form="main",
        level=level,  # type: ignore[arg-type]
        locale="en",
        title=title,
        sections=(
            Section(
                "What a fraction says",
                text(
                    "A fraction has a top number and a bottom number.\n"
                    f"The bottom number says how big each part is.{extra}\n\n"
                    "    1/4 + 2/4          parts are all quarters\n\n"
                    "    [#][ ][ ][ ]  +  [#][#][ ][ ]   =   [#][#][#][ ]"
                ),
            ),
            Section("Adding", text("Count the parts: 1 + 2 = 3.\nSo 1/4 + 2/4 = 3/4.")),
        ),
    )


def course(
    items: Sequence[Item] | None = None, *, title: str = "Mathematics", spoil: str = ""
) -> Pack:
    """Five skills in two units; a lesson at three levels for "add"; `spoil` goes into its texts."""
    skills = (
        Skill(
            id="parts", title=f"Parts of a whole{spoil[:90]}", unit=f"Fractions part 1{spoil[:90]}"
        ),
        Skill(id="add", title="Add fractions", unit="Fractions part 1", requires=("parts",)),
        Skill(id="words", title="Fraction words", unit="Fractions part 1"),
        Skill(id="half", title="What is a half", unit="Fractions part 2"),
        Skill(id="mixed", title="Mixed numbers", unit="Fractions part 2", requires=("add",)),
    )
    if items is None:
        items = (
            *(jug(f"jug-{n}", "parts") for n in range(9)),
            *(number(f"sum-{n}", "add") for n in range(9)),
            *(word(f"word-{n}", "words") for n in range(9)),
            *(tick_all(f"tick-{n}", "half") for n in range(9)),
            *(number(f"mixed-{n}", "mixed") for n in range(9)),
        )
    blobs = {"items/all.json": msgspec.json.encode(ItemFile(tuple(items)))}
    extra = {
        "easier": "",
        "middle": " It is also named the denominator.",
        "richer": " So it names.",
    }
    texts = []
    for level in LEVELS:
        path = f"lessons/adding.{level}.json"
        title_text = lesson_text(level, f"Adding fractions{spoil[:150]}", extra[level] + spoil)
        blobs[path] = msgspec.json.encode(title_text)
        texts.append(LessonTextEntry("main", level, "en", path))  # type: ignore[arg-type]
    hashes = {path: hashlib.sha256(raw).hexdigest() for path, raw in blobs.items()}
    manifest = Manifest(
        id="maths",
        version="1",
        sequence=1,
        title=title,
        locales=("en",),
        levels=("easier", "middle", "richer"),
        license="CC-BY-4.0",
        skills=skills,
        lessons=(LessonEntry("adding", ("add", "parts"), "Adding fractions", tuple(texts)),),
        item_files=("items/all.json",),
        items=len(items),
        blobs=tuple(
            BlobEntry(path, hashes[path], len(raw), "en", "") for path, raw in blobs.items()
        ),
    )
    return Pack(manifest, {hashes[path]: raw for path, raw in blobs.items()}.__getitem__)


@cache
def _verifier() -> Verifier:
    return make_verifier(PIN, random.Random(2).randbytes)


@cache
def _pictures() -> Verifier:
    return make_verifier(PICTURES, random.Random(3).randbytes, kind=SecretKind.PICTURES)


class Sender:
    """A school server that never answers: counts what the flow asks of it."""

    def __init__(self, waiting: int | None = 0) -> None:
        self.count = waiting
        self.nudges = 0
        self.tries = 0
        self.learner: LearnerId | None = None
        self.answers = True
        self.activity: Activity | None = None

    def teacher_slot(self) -> SafeText:
        if self.count is None:
            return SafeText("No school yet")
        return SafeText(f"Teacher: {self.count} to send" if self.count else "Teacher: has all")

    def waiting(self) -> int | None:
        return self.count

    def reached(self) -> bool:
        return self.answers

    def answered(self) -> None:
        self.nudges += 1

    def signed_in(self, learner_id: LearnerId | None) -> None:
        self.learner = learner_id

    def doing(self, activity: Activity) -> None:
        self.activity = activity

    def try_now(self) -> None:
        self.tries += 1


def join_away(home: Home, rng: Rng) -> None:
    """A server that was joined and is away."""
    server = Home.in_memory(role=Role.HUB, name="Kisima Primary", rng=rng)
    home.save_peer(
        Peer(
            url="http://127.0.0.1:9",
            node_id=server.node_id,
            public_key=server.node_key.public,
            name=server.name,
            role=server.role,
            certificate=server.certificate,
        )
    )


class World:
    """One computer with a class, and the keys of whoever sits there."""

    def __init__(
        self,
        *,
        names: Sequence[str] = NAMES,
        packs: Sequence[Pack] | None = None,
        settings: Settings | None = None,
        card: Sequence[str] = (),
        classes: Sequence[str] = ("5B",),
        joined: bool = False,
        pictures: Sequence[str] = (),
        seed: int = 1,
    ) -> None:
        """`pictures` names those who sign in with pictures; all others have a PIN."""
        self.clock = ManualClock(TUESDAY_MS)
        rng = random.Random(seed).randbytes
        self.room = Classroom.in_memory(
            role=Role.SCHOOL,
            clock=self.clock,
            rng=rng,
            packs=(course(),) if packs is None else packs,
        )
        self._with_pictures = pictures
        self.learners = [
            self._add(name, class_id, rng(16))
            for class_id in [self.room.people.add_class(name) for name in classes]
            for name in names
        ]
        if joined:
            join_away(self.room.home, rng)
        self.sender = Sender()
        self.card = [SafeText(line) for line in card]
        self.settings = settings or Settings()
        self.flow = self.fresh_flow()

    def _add(self, name: str, class_id: RecordId, learner_id: bytes) -> LearnerId:
        """A learner with the PIN of all: made once, because making one takes long on purpose."""
        known = LearnerId(learner_id)
        verifier = _pictures() if name in self._with_pictures else _verifier()
        facts = self.room.people.learner_facts(known, safe_line(name), class_id, verifier)
        self.room.record.record(*facts)
        return known

    def fresh_flow(self) -> Flow:
        """The program started anew on the same store."""
        return Flow(
            self.room,
            sending=self.sender,
            settings=self.settings,
            times=Times(UTC),
            card=self.card,
        )

    def close(self) -> None:
        self.room.close()

    def press(self, *keys: str, apart_ms: int = 1_000) -> "World":
        """Press keys, a second apart unless told otherwise; a word of several letters is a name."""
        for key in keys:
            self.clock.advance(apart_ms)
            self.flow.press(key)
        return self

    def type(self, words: str) -> "World":
        """Type the characters of a text."""
        return self.press(*words)

    def sign_in(self, name: str = "amina k", pin: str = PIN) -> "World":
        """From the names to home."""
        return self.type(name).press("enter").type(pin).press("enter")

    def lines(self, columns: int = 80, rows: int = 24, level: Level = Level.A) -> list[str]:
        """The screen as text, without trailing spaces."""
        layout = Layout(columns=columns, rows=rows, charset=Charset(level))
        page = drawn(self.flow.page(layout), layout)
        assert len(page.lines) == rows
        return [text_of(line).rstrip() for line in page.lines]

    def screen(self, columns: int = 80, rows: int = 24) -> str:
        """The screen as one text."""
        return "\n".join(self.lines(columns, rows)) + "\n"
