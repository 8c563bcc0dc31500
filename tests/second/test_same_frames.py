"""The two implementations take the same frames, events and geneses, and refuse the same."""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from darasa.sync.errors import SyncError
from darasa.sync.event import parse_event, parse_genesis
from darasa.sync.frames import FrameReader
from darasa.sync.messages import parse_message

from . import wire
from .log import read_event, read_genesis
from .test_golden_bytes import vectors

TIMES = 4_000
LATER = {wire.NODES, wire.RANGES}
"""This implementation looks at what these hold when it uses them."""

EDGES = [
    *(-1, 0, 1, 255, 256, 10_000, 10_001, 65_535, 65_536, 86_400, 86_401, 2**32 - 1, 2**32),
    *(2**40 - 1, 2**40, 2**40 + 1, 2**48 - 1, 2**48, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1),
    *(-(2**53), -(2**53) - 1, -(2**63), None, True, False, [], [[]], "computer"),
    *(bytes(size) for size in (0, 1, 7, 8, 9, 15, 16, 17, 32, 63, 64, 65, 256, 257, 8000, 8001)),
    *("x" * size for size in (0, 64, 65, 120, 121, 400, 401)),
]


def places(value: Any) -> Iterator[tuple[list[Any], int]]:
    """Each array inside and each place in it."""
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield value, place
            yield from places(inner)


def altered(value: list[Any], chance: random.Random) -> list[Any]:
    """The same with a strange value in one place, one more, or without it, or with many of it."""
    other = copy.deepcopy(value)
    array, place = chance.choice([*places(other), (other, len(other))])
    way = chance.random()
    if way < 0.7 and place < len(array):
        array[place] = chance.choice(EDGES)
    elif way < 0.8 or place == len(array):
        array.insert(place, chance.choice(EDGES))
    elif way < 0.9:
        del array[place]
    else:
        array[place:place] = array[place : place + 1] * chance.choice([9, 33, 65, 201, 601, 1001])
    return other


def read(reader: Callable[[], Any], faults: type[Exception]) -> Any:
    """What a reader makes of bytes; None: it refuses them."""
    try:
        return reader()
    except faults:
        return None


def in_lists(value: Any) -> Any:
    return list(map(in_lists, value)) if isinstance(value, list | tuple) else value


def test_both_take_the_same_frames() -> None:
    chance = random.Random(31)
    golden = [
        (frame.kind, wire.unpack(frame.payload))
        for one in vectors("messages")["messages"]
        for frame, _ in wire.split(bytes.fromhex(one["frame"]))
        if frame.kind not in LATER
    ]
    taken = 0
    for _ in range(TIMES):
        kind, payload = chance.choice(golden)
        frame = wire.Frame(kind, wire.pack(altered(payload, chance)))
        if len(frame.payload) > wire.FRAME_BYTES_MAX - 10:
            continue
        [theirs] = FrameReader().feed(frame.encode())
        first = read(lambda theirs=theirs: parse_message(theirs), SyncError)
        second = read(lambda frame=frame: wire.read(frame), wire.WireError)
        assert in_lists(first and first.to_payload()) == second, (kind, frame.payload)
        taken += second is not None
    assert TIMES // 10 < taken < TIMES * 9 // 10


def test_both_take_the_same_events_and_geneses() -> None:
    chance = random.Random(32)
    events = [wire.unpack(bytes.fromhex(one["canonical"])) for one in vectors("events")["accepted"]]
    genesis = [1, bytes(16), bytes(8), 5, "0.1"]
    taken = 0
    for _ in range(TIMES):
        event = wire.pack(altered(chance.choice(events), chance))
        start = wire.pack(altered(genesis, chance))
        first = [
            read(lambda raw=event: parse_event(raw), SyncError),
            read(lambda raw=start: parse_genesis(raw), SyncError),
        ]
        second = [
            read(lambda raw=event: read_event(raw), wire.WireError),
            read(lambda raw=start: read_genesis(raw), wire.WireError),
        ]
        assert [one is None for one in first] == [one is None for one in second], (event, start)
        taken += second[0] is not None
    assert TIMES // 10 < taken < TIMES * 9 // 10
