"""Codec 0: runs join into one payload and come out again, and lies about them are refused."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.errors import CodecError, LocalProtocolError
from darasa.sync.event import chain_after, chain_of_genesis, leaf_of, log_id_of
from darasa.sync.event_runs import pack_runs, unpack_runs
from darasa.sync.frontier import Head
from darasa.sync.messages import Events, Run
from darasa.sync.session_view import OfferedRun
from darasa.sync.squeeze import expand, squeeze, zstd

GENESIS = b"a genesis, whatever it says"


def _runs(lengths):
    """Consecutive runs of one log whose events are packed arrays."""
    from darasa.sync.codec import pack

    chain, seq, runs = chain_of_genesis(GENESIS), 0, []
    for length in lengths:
        before, first = chain, seq + 1
        canonicals = []
        for _ in range(length):
            seq += 1
            canonicals.append(pack((seq, None, True, -(2**40), "x" * (seq % 300), (b"y" * 40, ()))))
            chain = chain_after(chain, leaf_of(canonicals[-1]))
        head = Head(log_id_of(GENESIS), seq, chain)
        runs.append(OfferedRun(before, first, tuple(canonicals), head, GENESIS))
    return runs


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_consecutive_pieces_become_one_run_and_come_out_whole(lengths):
    runs = _runs(lengths)
    events, heads = pack_runs(runs)
    assert len(events.runs) == len(heads) == 1
    assert (events.runs[0].count, events.runs[0].genesis) == (sum(lengths), GENESIS)
    assert heads[0] == runs[-1].head
    assert unpack_runs(events) == [[each for run in runs for each in run.canonicals]]


def test_a_gap_begins_another_run_without_a_genesis():
    first, _, third = _runs([2, 2, 2])
    events, heads = pack_runs([first, third])
    assert [run.first_seq for run in events.runs] == [1, 5]
    assert events.runs[1].genesis is None
    assert len(heads) == 2


@pytest.mark.parametrize("count", [1, 3])
def test_counts_that_do_not_fit_are_refused(count):
    events, _ = pack_runs(_runs([2]))
    run = msgspec.structs.replace(events.runs[0], count=count)
    with pytest.raises(CodecError):
        unpack_runs(msgspec.structs.replace(events, runs=(run,)))


@given(st.binary(max_size=200), st.integers(1, 5))
def test_no_payload_raises_anything_else(raw, count):
    events = Events((Run(b"a" * 8, b"b" * 8, 1, count, None),), 0, None, raw)
    with contextlib.suppress(CodecError):
        unpack_runs(events)
    with contextlib.suppress(CodecError):
        unpack_runs(msgspec.structs.replace(events, payload=squeeze(raw)))


def test_another_codec_is_refused():
    events, _ = pack_runs(_runs([1]))
    with pytest.raises(CodecError, match="codec 0 only"):
        unpack_runs(msgspec.structs.replace(events, codec=1))


def test_a_bomb_is_refused_before_it_is_expanded():
    with pytest.raises(CodecError, match="at most"):
        expand(zstd.compress(bytes(30 << 20)))
    with pytest.raises(CodecError, match="packed more"):
        expand(zstd.compress(bytes(900_000)))


def test_what_a_receiver_would_refuse_is_not_made():
    with pytest.raises(LocalProtocolError):
        squeeze(bytes(900_000))
    assert expand(squeeze(bytes(64 * 1024))) == bytes(64 * 1024)


@given(st.binary(max_size=2000))
def test_expand_inverts_squeeze(raw):
    assert expand(squeeze(raw)) == raw


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_changed_byte_never_makes_expand_crash(raw, data):
    squeezed = squeeze(raw)
    at = data.draw(st.integers(0, len(squeezed) - 1))
    spoilt = squeezed[:at] + bytes([squeezed[at] ^ 0x41]) + squeezed[at + 1 :]
    with contextlib.suppress(CodecError):
        expand(spoilt)


def test_bytes_after_the_end_are_refused():
    with pytest.raises(CodecError):
        expand(squeeze(b"abc") + b"x")
