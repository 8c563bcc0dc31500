import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.codec import pack
from darasa.sync.event import (
    EVENT_BYTES_MAX,
    LAMPORT_MAX,
    YEAR_MS,
    Event,
    EventError,
    Genesis,
    StoredEvent,
    canonical_bytes,
    chain_after,
    chain_of_genesis,
    event_kept,
    genesis_bytes,
    happened_ms,
    leaf_of,
    log_id_of,
    parse_event,
    parse_genesis,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=20)
    | st.binary(max_size=40)
)
BODIES = st.lists(SCALARS | st.lists(SCALARS, max_size=4).map(tuple), max_size=12).map(tuple)
EVENTS = st.builds(
    Event,
    st.integers(0, 65_535),
    st.integers(0, 65_535),
    st.none() | st.binary(min_size=16, max_size=16),
    st.integers(0, LAMPORT_MAX),
    st.integers(-(2**53), 2**53),
    BODIES,
)
GENESES = st.builds(
    Genesis,
    st.integers(1, 9),
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=8, max_size=8),
    st.integers(-(2**53), 2**53),
    st.text(max_size=64).filter(lambda text: len(text.encode()) < 200),
)


@given(EVENTS)
def test_parse_inverts_canonical_bytes(event):
    raw = canonical_bytes(event)
    assert parse_event(raw) == event_kept(raw) == event
    assert canonical_bytes(parse_event(raw)) == raw


@given(st.binary(max_size=120))
def test_no_bytes_crash_the_parser(raw):
    for parse in (parse_event, event_kept, parse_genesis):
        try:
            parse(raw)
        except EventError:
            continue


@given(EVENTS, st.data())
def test_a_changed_byte_is_refused_or_changes_the_leaf(event, data):
    raw = bytearray(canonical_bytes(event))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        parse_event(bytes(raw))
    except EventError:
        return
    assert leaf_of(bytes(raw)) != leaf_of(canonical_bytes(event))


@given(GENESES)
def test_parse_inverts_genesis_bytes(genesis):
    assert parse_genesis(genesis_bytes(genesis)) == genesis


def test_unknown_kinds_and_versions_parse_and_come_back_bit_for_bit():
    raw = canonical_bytes(Event(60_000, 900, None, 7, 8, (("new", b"\0"), None, -5)))
    assert canonical_bytes(parse_event(raw)) == raw


@pytest.mark.parametrize(
    "value",
    [
        (1, 1, None, 1),
        (-1, 1, None, 1, 1),
        (65_536, 1, None, 1, 1),
        (True, 1, None, 1, 1),
        (1, -1, None, 1, 1),
        (1, 1, b"short", 1, 1),
        (1, 1, "x" * 16, 1, 1),
        (1, 1, None, -1, 1),
        (1, 1, None, LAMPORT_MAX + 1, 1),
        (1, 1, None, 1, 2**53 + 1),
        (1, 1, None, 1, None),
        "not an array",
        5,
    ],
)
def test_a_wrong_header_is_refused(value):
    with pytest.raises(EventError):
        parse_event(pack(value))


def test_an_event_above_the_limit_is_refused_both_ways():
    event = Event(1, 1, None, 0, 0, (b"x" * EVENT_BYTES_MAX,))
    with pytest.raises(EventError):
        canonical_bytes(event)
    with pytest.raises(EventError):
        parse_event(pack((1, 1, None, 0, 0, b"x" * EVENT_BYTES_MAX)))


@pytest.mark.parametrize(
    "value",
    [
        (1, b"n" * 16, b"8" * 8, 0),
        (0, b"n" * 16, b"8" * 8, 0, "1"),
        (1, b"n" * 15, b"8" * 8, 0, "1"),
        (1, b"n" * 16, b"8" * 7, 0, "1"),
        (1, b"n" * 16, b"8" * 8, "0", "1"),
        (1, b"n" * 16, b"8" * 8, 0, "v" * 65),
        (1, b"n" * 16, b"8" * 8, 0, "v", b"x" * 256),
    ],
)
def test_a_wrong_genesis_is_refused(value):
    with pytest.raises(EventError):
        parse_genesis(pack(value))


def test_a_genesis_of_a_later_format_still_names_author_and_time():
    genesis = parse_genesis(pack((2, b"n" * 16, b"8" * 8, 5, "9.0", "more")))
    assert (genesis.node_id, genesis.wall_ms) == (b"n" * 16, 5)


def test_hashes_are_blake2b_128_as_the_protocol_says():
    def blake(raw: bytes) -> bytes:
        return hashlib.blake2b(raw, digest_size=16).digest()

    genesis = genesis_bytes(Genesis(1, b"n" * 16, b"8" * 8, 5, "1"))
    canonical = canonical_bytes(Event(18, 1, b"l" * 16, 1, 2, ()))
    assert chain_of_genesis(genesis) == blake(genesis)
    assert log_id_of(genesis) == blake(genesis)[:8]
    assert leaf_of(canonical) == blake(canonical)
    assert chain_after(blake(genesis), blake(canonical)) == blake(blake(genesis) + blake(canonical))


def test_time_is_clamped_by_each_event_alone():
    assert happened_ms(wall_ms=1000, offset_ms=-10, t_ms=5) == 995
    assert happened_ms(wall_ms=1000, t_ms=-5) == 1000
    assert happened_ms(wall_ms=1000, t_ms=10 * YEAR_MS) == 1000 + YEAR_MS


def test_order_is_lamport_then_log_then_seq_then_chain():
    def stored(lamport: int, log_id: bytes, seq: int, chain: bytes) -> StoredEvent:
        event = Event(18, 1, None, lamport, 0, ())
        return StoredEvent(b"", log_id, seq, chain, b"", event, b"", 0)

    ordered = [
        stored(1, b"b", 9, b"z"),
        stored(2, b"a", 1, b"a"),
        stored(2, b"a", 1, b"b"),
        stored(2, b"a", 2, b"a"),
        stored(2, b"b", 1, b"a"),
    ]
    shuffled = [ordered[place] for place in (3, 1, 4, 0, 2)]
    assert sorted(shuffled, key=lambda each: each.order_key) == ordered
