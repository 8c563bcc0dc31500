"""Real sequences of answers (27 learners of Spanish, 409 items) with made times, through the codec.

The file is not part of the sources: it is looked for in `shared/mastery-data` beside the checkout,
or above it, or where DARASA_SHARED says. The order of items and who was right is real; times are
drawn, and so are the choices that were wrong.
"""

import csv
import gzip
import os
import random
from pathlib import Path
from typing import Any

from _peers import codec_0_bytes, entropy_bytes, morango_bytes
from _scribe import Person, Scribe, choice_item, pack_of, people

from darasa.cli.budgets import row
from darasa.content_packs.item import Item
from darasa.content_packs.pack import Pack
from darasa.learning.attempt_columns.codec import AttemptCodec
from darasa.sync.event import Event
from darasa.sync.event_codec import CodedRun
from darasa.sync.ids import LogId, NodeId

FILE = "mastery-data/spanish37.dev.csv.gz"
SIZES = {20: 6.5, 200: 4.5, 2_000: 4.2, 60_000: 3.5}
SITTING, COMPUTERS = 10, 9
CLEAR_MAX = 900_000


def find_file() -> Path | None:
    """The data, wherever a checkout has it."""
    told = os.environ.get("DARASA_SHARED")
    places = [Path(told)] if told else [up / "shared" for up in Path(__file__).resolve().parents]
    return next((place / FILE for place in places if (place / FILE).is_file()), None)


def real_rows() -> list[dict[str, Any]]:
    """The rows; one that says so where the data is missing."""
    path = find_file()
    if path is None:
        return [row("real sequences", None, "bytes", None, "the data is not here: DARASA_SHARED")]
    pack, answers = read(path)
    rows: list[dict[str, Any]] = []
    for size, budget in SIZES.items():
        runs, attempts = _logs(pack, answers, size)
        payload = payload_bytes((pack,), runs) / len(attempts)
        how = f"{len(attempts)} answers, sittings of {SITTING}, {COMPUTERS} computers, made times"
        rows.append(row(f"real answers: payload at {size}", payload, "bytes", budget, how))
        plain = codec_0_bytes([raw for _, raws in runs for raw in raws]) / len(attempts)
        name = f"real answers: codec 0 at {size}"
        rows.append(row(name, plain, "bytes", None, "the same events"))
        theirs = morango_bytes(attempts) / len(attempts)
        name = f"real answers: rows as Morango sends them at {size}"
        rows.append(row(name, theirs, "bytes", None, "AttemptLog rows, JSON, gzip"))
    bound = entropy_bytes(attempts)
    how = "item, right, response and reading time, each by itself; no learner, sitting or choice"
    rows.append(row("real answers: order-0 entropy", bound, "bytes", None, how))
    return rows


def read(path: Path) -> tuple[Pack, dict[str, list[tuple[Item, bool]]]]:
    """A pack of the items, and each learner's answers in order."""
    items: dict[str, Item] = {}
    answers: dict[str, list[tuple[Item, bool]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            skills = [f"s{skill}" for skill in line["skill"].split("~")][:8]
            item = items.get(line["item"])
            if item is None:
                item = items[line["item"]] = choice_item(f"i{line['item']}", skills)
            answers.setdefault(line["learner"], []).append((item, line["correct"] == "1"))
    return pack_of("spanish37", list(items.values()))[0], answers


def _logs(
    pack: Pack, answers: dict[str, list[tuple[Item, bool]]], size: int
) -> tuple[list[tuple[CodedRun, list[bytes]]], list[Event]]:
    """The first `size` answers, the learners taking turns at the computers."""
    rng = random.Random(size)
    persons: dict[str, Person] = dict(zip(answers, people(len(answers), rng), strict=True))
    scribes = [Scribe(LogId(rng.randbytes(8))) for _ in range(COMPUTERS)]
    left, start = size, 0
    while left > 0:
        for number, (name, steps) in enumerate(answers.items()):
            some = steps[start : start + min(SITTING, left)]
            if not some or left <= 0:
                continue
            scribe = scribes[(number + start // 100) % COMPUTERS]
            before = len(scribe.attempts)
            scribe.sit(pack, persons[name], some, pause_ms=rng.randrange(200, 3000) * 100)
            left -= len(scribe.attempts) - before
        start += SITTING
        if start > max(map(len, answers.values())):
            break
    used = [scribe for scribe in scribes if scribe.raws]
    return [each.run() for each in used], [event for each in used for event in each.attempts]


def payload_bytes(packs: tuple[Pack, ...], runs: list[tuple[CodedRun, list[bytes]]]) -> int:
    """Bytes of the payloads of all runs, in frames as a sender fills them."""
    codec = AttemptCodec(packs=lambda: packs, known=lambda *_: True, find=lambda *_: ())
    total, batch, size = 0, [], 0
    for run, raws in runs:
        first = 0
        for at, raw in enumerate(raws, start=1):
            size += len(raw)
            if size >= CLEAR_MAX:
                batch.append(_part(run, raws, first, at))
                total += _coded(codec, batch)
                batch, size, first = [], 0, at
        if first < len(raws):
            batch.append(_part(run, raws, first, len(raws)))
    return total + (_coded(codec, batch) if batch else 0)


def _part(run: CodedRun, raws: list[bytes], first: int, end: int) -> tuple[CodedRun, list[bytes]]:
    return CodedRun(run.log_id, run.first_seq + first, end - first), raws[first:end]


def _coded(codec: AttemptCodec, batch: list[tuple[CodedRun, list[bytes]]]) -> int:
    coded = codec.encode(batch, peer=NodeId(bytes(16)), known_upto=1)
    assert coded is not None
    return len(coded.payload)
