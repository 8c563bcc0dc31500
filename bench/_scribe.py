"""Made sittings, written as a screen writes them but without a planner: for shapes and sizes.

`sitting` gives the payloads of one sitting with the waits between them; `Scribe` puts them in a log
as canonical bytes, `write` into a store. Times are made: response and reading times of a person
spread as people's do (log-normal), in tenths of a second as the product keeps them.
"""

import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from darasa.content_packs.blobs import pack_blob
from darasa.content_packs.build import build_source
from darasa.content_packs.container import SIGNED_PREFIX, encode_blob, encode_head
from darasa.content_packs.dictionary import DICTIONARY_PATH, dictionary_bytes
from darasa.content_packs.grading import Typed, correct_response, wrong_responses
from darasa.content_packs.instance import draw
from darasa.content_packs.item import (
    Choice,
    Item,
    ItemFile,
    Text,
    difficulty_milli,
    with_version,
)
from darasa.content_packs.manifest import BlobEntry, Manifest, encode_manifest
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.content_packs.source import Source
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, Payload, SignIn, SignOut, body_of, kind_of
from darasa.learning.sitting_ids import sitting_id
from darasa.sync.clock import ManualClock
from darasa.sync.event import Event, canonical_bytes
from darasa.sync.event_codec import CodedRun
from darasa.sync.ids import LogId

Step = tuple[Item, bool]
"""What is asked next, and whether the first answer to it is right."""


def pack_of(pack_id: str, items: Sequence[Item]) -> tuple[Pack, dict[str, bytes]]:
    """A pack of made items, and its blobs by their names."""
    skills = dict.fromkeys(skill for item in items for skill in item.skills)
    blobs = [
        ("items/a.en.json", msgspec.json.encode(ItemFile(tuple(items)))),
        (DICTIONARY_PATH, dictionary_bytes(pack_id, items)),
    ]
    named = {hashlib.sha256(raw).hexdigest(): (path, raw) for path, raw in blobs}
    manifest = Manifest(
        id=pack_id,
        version="1.0.0",
        sequence=1,
        title=pack_id,
        locales=("en",),
        levels=(),
        license="CC0-1.0",
        skills=tuple(Skill(id=skill, title=skill) for skill in skills),
        lessons=(),
        item_files=("items/a.en.json",),
        items=len(items),
        dictionary=hashlib.sha256(blobs[1][1]).hexdigest(),
        blobs=tuple(BlobEntry(path, name, len(raw), "", "") for name, (path, raw) in named.items()),
    )
    raws = {name: raw for name, (_, raw) in named.items()}
    return Pack(manifest, raws.__getitem__), raws


_SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def _sign(manifest: bytes) -> tuple[bytes, bytes]:
    public = _SIGNER.public_key().public_bytes_raw()
    return public, _SIGNER.sign(SIGNED_PREFIX + manifest)


def signed_pack(source: Source) -> tuple[bytes, bytes]:
    """A course as a pack file, and the key that signed it."""
    return build_source(source, sign=_sign), _sign(b"")[0]


def pack_file(pack: Pack, raws: dict[str, bytes]) -> tuple[bytes, bytes]:
    """A made pack as a file, and the key that signed it."""
    manifest = encode_manifest(pack.manifest)
    head = encode_head(manifest, [_sign(manifest)])
    blobs = (encode_blob(pack_blob(raws[entry.sha256])) for entry in pack.manifest.blobs)
    return head + b"".join(blobs), _sign(b"")[0]


def choice_item(item_id: str, skills: Sequence[str]) -> Item:
    """An item with four choices, the first right."""
    text = Text(item_id, item_id, item_id)
    choices = tuple(Choice(Text(c, c, c), right=c == "a") for c in "abcd")
    made = Item(id=item_id, kind="choice", skills=tuple(skills), prompt=text, choices=choices)
    return with_version(made)


@dataclass
class Person:
    """One learner: her pace, and which instance of each item comes next."""

    learner_id: bytes
    rng: random.Random
    lamport: int = 1
    pace_s: float = 8.0
    nths: dict[str, int] = field(default_factory=dict)

    def response_ms(self) -> int:
        """A response time."""
        return _tenths(self.rng.lognormvariate(math.log(self.pace_s), 0.6))

    def reading_ms(self) -> int:
        """How long she looks at what is said after an answer."""
        return _tenths(1.0 + self.rng.lognormvariate(math.log(2.5), 0.5))


def _tenths(seconds: float) -> int:
    return min(600_000, round(seconds * 10) * 100)


def people(count: int, rng: random.Random) -> list[Person]:
    """Learners with paces of their own."""
    made = [Person(rng.randbytes(16), random.Random(rng.random())) for _ in range(count)]
    for number, each in enumerate(made):
        each.lamport = 3 * number + 2  # as their records on the roster leave it
        each.pace_s = rng.lognormvariate(math.log(8), 0.35)
    return made


def sitting(
    pack: Pack, person: Person, steps: Sequence[Step], sitting: bytes
) -> Iterator[tuple[int, Payload]]:
    """(milliseconds to wait, what is written) from sign-in to sign-out."""
    rng = person.rng
    yield 0, SignIn(sitting, "pin")
    for item, is_known in steps:
        right = is_known
        nth = person.nths[item.id] = person.nths.get(item.id, 0) + 1
        instance = draw(item, learner_id=person.learner_id, nth=nth)
        for try_nth in (1, 2, 3):
            wrongs = () if right else wrong_responses(instance)
            answer = rng.choice(wrongs) if wrongs else correct_response(instance)
            response = person.response_ms()
            yield (
                response + person.reading_ms(),
                Attempt(
                    sitting,
                    pack.id,
                    item.id,
                    item.version,
                    tuple(item.skills),
                    difficulty_milli(item),
                    nth,
                    tuple(instance.values),
                    try_nth,
                    not wrongs,
                    () if isinstance(answer, Typed) else answer.choices,
                    answer.text if isinstance(answer, Typed) else "",
                    0,
                    False,
                    response,
                    0,
                    0,
                    None,
                    False,
                ),
            )
            if not wrongs or rng.random() < 0.3:
                break
            right = rng.random() < 0.75
    yield person.reading_ms(), SignOut(sitting, "asked")


@dataclass
class Scribe:
    """One log as canonical bytes."""

    log_id: LogId
    names: random.Random | None = None  # for sittings with random ids, as older programs made them
    t_ms: int = 0
    raws: list[bytes] = field(default_factory=list)
    attempts: list[Event] = field(default_factory=list)

    def sit(self, pack: Pack, person: Person, steps: Sequence[Step], *, pause_ms: int) -> None:
        """Write a sitting that begins `pause_ms` after the last event."""
        if self.names is None:
            name = sitting_id(self.log_id, len(self.raws) + 1, person.learner_id)
        else:
            name = self.names.randbytes(8)
        self.t_ms += pause_ms
        person.lamport += 1
        for wait_ms, payload in sitting(pack, person, steps, name):
            self.t_ms += wait_ms
            kind, version = kind_of(payload)
            header = (kind, version, person.learner_id, person.lamport, self.t_ms)
            event = Event(*header, body_of(payload))
            self.raws.append(canonical_bytes(event))
            if isinstance(payload, Attempt):
                self.attempts.append(event)

    def run(self) -> tuple[CodedRun, list[bytes]]:
        """The whole log as a codec takes it."""
        return CodedRun(self.log_id, 1, len(self.raws)), self.raws


def write(
    room: Classroom, clock: ManualClock, pack: Pack, person: Person, steps: Sequence[Step]
) -> int:
    """Write a sitting into the log of a room; how many attempts it has."""
    person.lamport += 1
    attempts = 0
    log = room.record._log
    with room.store.transaction() as tx:
        name = sitting_id(*tx.next_place(log), person.learner_id)
        for wait_ms, payload in sitting(pack, person, steps, name):
            clock.advance(wait_ms)
            kind, version = kind_of(payload)
            tx.append(
                log,
                kind=kind,
                version=version,
                learner_id=person.learner_id,
                lamport=person.lamport,
                body=body_of(payload),
            )
            attempts += isinstance(payload, Attempt)
    return attempts
