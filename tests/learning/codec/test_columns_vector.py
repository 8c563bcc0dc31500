"""The golden bytes of codec 1: a failing one is another codec, and needs another number."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from darasa.content_packs.dictionary import dictionary_bytes, dictionary_name
from darasa.content_packs.item import Item
from darasa.learning.attempt_columns.codec import AttemptCodec
from darasa.sync.event_codec import CodedRun
from darasa.sync.ids import LogId, NodeId, SchoolId

TOLD: Any = json.loads(
    (Path(__file__).parents[2] / "vectors" / "columns.json").read_text(encoding="utf-8")
)
ITEMS = msgspec.convert(TOLD["items"], list[Item])  # noqa: TID251 (no foreign bytes)
RUNS = [
    (CodedRun(LogId(bytes.fromhex(run["log_id"])), run["first_seq"], len(run["events"])), run)
    for run in TOLD["runs"]
]
EVENTS = [[bytes.fromhex(raw) for raw in run["events"]] for _, run in RUNS]


class GoldenPack:
    """As much of a pack as the codec asks for."""

    def __init__(self) -> None:
        self.id = "golden"
        self.items = {item.id: item for item in ITEMS}
        self.dictionary = dictionary_name(TOLD["dictionary"].encode())


def codec_of(case: Any) -> AttemptCodec:
    known = [bytes.fromhex(each) for each in case["known"]]
    packs: Any = (GoldenPack(),) if case["with_dictionary"] else ()
    return AttemptCodec(
        packs=lambda: packs,
        known=lambda learner_id, _: learner_id in known,
        find=lambda _, prefix: [each for each in known if each.startswith(prefix)],
    )


def test_the_dictionary_is_that_of_the_items():
    assert dictionary_bytes("golden", ITEMS).decode() == TOLD["dictionary"]


@pytest.mark.parametrize("case", TOLD["cases"], ids=lambda case: case["name"])
def test_golden_payloads_are_read(case):
    context8 = None if case["context8"] is None else bytes.fromhex(case["context8"])
    found = codec_of(case).decode(
        [run for run, _ in RUNS],
        context8=context8,
        payload=bytes.fromhex(case["payload"]),
        school_id=SchoolId(bytes(16)),
    )
    assert [[each.canonical for each in run] for run in found] == EVENTS


@pytest.mark.parametrize("case", TOLD["cases"], ids=lambda case: case["name"])
def test_golden_payloads_are_written(case):
    coded = codec_of(case).encode(
        [(run, events) for (run, _), events in zip(RUNS, EVENTS, strict=True)],
        peer=NodeId(bytes(16)),
        known_upto=1,
    )
    assert coded is not None
    assert coded.payload.hex() == case["payload"]
    assert (None if coded.context8 is None else coded.context8.hex()) == case["context8"]


class PlainReader:
    """The range coder as COLUMNS.md section 1 says it, written from that page alone."""

    def __init__(self, payload: bytes) -> None:
        count = payload[0]
        assert count < 0x80 or payload[1] < 0x80
        at = 1
        if count >= 0x80:
            count, at = (count & 0x7F) | payload[1] << 7, 2
        self.state = int.from_bytes(payload[at : at + 4], "big")
        rest = payload[at + 4 : at + 4 + 2 * count]
        self.words = [int.from_bytes(rest[n : n + 2], "big") for n in range(0, len(rest), 2)]

    def value(self, spans: list[tuple[int, int]]) -> int:
        slot = self.state % 4096
        found = max(n for n, (start, _) in enumerate(spans) if start <= slot)
        start, share = spans[found]
        self.state = share * (self.state // 4096) + slot - start
        if self.state < 2**16:
            self.state = self.state * 2**16 + self.words.pop(0)
        return found

    def bits(self, n: int) -> int:
        share = 2 ** (12 - n)
        return self.value([(value * share, share) for value in range(2**n)])

    def symbol(self, weights: list[int]) -> int:
        """The first value of a table: it has learnt nothing yet."""
        shares = [1 + w * (4096 - len(weights)) // sum(weights) for w in weights]
        shares[weights.index(max(weights))] += 4096 - sum(shares)
        return self.value([(sum(shares[:n]), share) for n, share in enumerate(shares)])


@pytest.mark.parametrize("case", TOLD["cases"], ids=lambda case: case["name"])
def test_a_reader_made_from_the_page_alone_understands_the_front(case):
    reader = PlainReader(bytes.fromhex(case["payload"]))
    count = reader.bits(4)
    names = [bytes(reader.bits(8) for _ in range(4)) for _ in range(count)]
    assert names == ([GoldenPack().dictionary[:4]] if case["with_dictionary"] else [])
    assert reader.symbol([16, 16, 32, 16]) == 2  # times in hundreds of milliseconds
    shape = [4 * weight for weight in (1, 4, 2, 20, 2, 4, 2, 30, 1, 1, 6, 2)]
    assert reader.symbol(shape) == 7  # a sign-in
    first = bytes.fromhex(TOLD["runs"][0]["events"][0])[5:21]
    if first.hex() in case["known"]:
        assert reader.symbol([4, 4, 4]) == 1
        assert bytes(reader.bits(8) for _ in range(3)) == first[:3]
    else:
        assert reader.symbol([4, 4, 4]) == 2
        assert bytes(reader.bits(8) for _ in range(16)) == first
