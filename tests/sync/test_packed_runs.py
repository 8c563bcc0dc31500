"""The encoding of packed runs: every event comes back, damage is refused, erased leaves stay."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync import packed_runs
from darasa.sync.codec import CodecError
from darasa.sync.event import Event, canonical_bytes, chain_after, leaf_of
from darasa.sync.packed_runs import EVENTS_MAX, FORM, Entry, decode, decode_ordinals, encode

bodies = st.lists(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(), st.binary()),
    max_size=6,
).map(tuple)
events = st.builds(
    Event,
    kind=st.integers(0, 65_535),
    version=st.integers(0, 65_535),
    learner_id=st.one_of(st.none(), st.binary(min_size=16, max_size=16)),
    lamport=st.integers(0, 2**48 - 1),
    t_ms=st.integers(-(2**53), 2**53),
    body=bodies,
).map(canonical_bytes)
entries = st.one_of(
    events.map(Entry), st.binary(min_size=16, max_size=16).map(lambda leaf: Entry(None, leaf))
)


@given(run=st.lists(entries, min_size=1, max_size=40))
def test_every_event_and_every_leaf_comes_back(run):
    assert decode(FORM, encode(run)) == run


@given(run=st.lists(entries, min_size=1, max_size=20), prev=st.binary(min_size=16, max_size=16))
def test_chains_are_those_of_the_events_erased_or_not(run, prev):
    erased = [Entry(None, entry.leaf) for entry in run]
    expected, chain = [], prev
    for entry in run:
        chain = chain_after(chain, entry.leaf)
        expected.append(chain)
    assert list(packed_runs.chains(prev, run)) == expected
    assert list(packed_runs.chains(prev, erased)) == expected


@given(steps=st.lists(st.integers(0, 3), min_size=1, max_size=EVENTS_MAX))
def test_transactions_come_back(steps):
    ordinals, ordinal = [], 1
    for step in steps:
        ordinal += step
        ordinals.append(ordinal)
    assert decode_ordinals(packed_runs.encode_ordinals(ordinals)) == ordinals


def test_the_transactions_of_a_push_and_of_single_answers_cost_a_byte_or_less():
    assert len(packed_runs.encode_ordinals([900_000] * 500)) <= 10
    assert len(packed_runs.encode_ordinals(list(range(900_000, 900_500)))) <= 510


@given(raw=st.binary(max_size=300))
def test_no_bytes_crash_the_decoders(raw):
    for read in (lambda: decode(FORM, raw), lambda: decode_ordinals(raw)):
        with contextlib.suppress(CodecError):
            read()


@pytest.mark.parametrize("form", [0, 2, -1])
def test_a_form_that_is_not_known_is_refused(form):
    with pytest.raises(CodecError):
        decode(form, encode([Entry(b"\x90")]))


@pytest.mark.parametrize("numbers", [(), (0,), (-3,), (5, -EVENTS_MAX), (5, "x")])
def test_transactions_that_cannot_be_are_refused(numbers):
    from darasa.sync.codec import pack

    if numbers == ():
        assert decode_ordinals(pack(())) == []
        return
    with pytest.raises(CodecError):
        decode_ordinals(pack(numbers))


def test_the_encoding_of_form_1_is_this():
    """Golden bytes: stores of this form are read for ever."""
    canonical = canonical_bytes(Event(18, 1, b"A" * 16, 3, 1000, ("x", 5)))
    run = [Entry(canonical), Entry(None, b"L" * 16)]
    golden = bytes.fromhex(GOLDEN)
    assert decode(1, golden) == run
    assert leaf_of(canonical) == run[0].leaf


GOLDEN = "28b52ffd202ec5000080971201c4104103cd03e8a17805c4104c0200a0431d2802"
