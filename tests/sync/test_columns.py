"""Columns: what goes in comes out, in few bytes, and damage is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.codec import STRING_BYTES_MAX
from darasa.sync.column_models import NUMBER_SYMBOLS, SEEN, Model, even, number_model, text_model
from darasa.sync.columns import Reader, Writer
from darasa.sync.errors import CodecError
from darasa.sync.squeeze import zstd

NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-10, 5000)
CELLS = st.lists(
    st.one_of(
        st.tuples(st.just("symbol"), st.integers(0, 16)),
        st.tuples(st.just("bits"), st.integers(0, 4095)),
        st.tuples(st.just("below"), st.integers(0, 999)),
        st.tuples(st.just("number"), NUMBERS),
        st.tuples(st.just("raw"), st.binary(max_size=200)),
        st.tuples(st.just("text"), st.text(max_size=80)),
    ),
    max_size=200,
)


class Table:
    """The same columns for a writer and a reader."""

    def __init__(self) -> None:
        self.symbols, self.numbers, self.lengths = even(17), number_model((5, 500)), number_model()
        self.text_lengths, self.characters = even(65), text_model()

    def code(self, coder, kind, value):
        if kind == "symbol":
            return coder.symbol(self.symbols, value)
        if kind == "bits":
            return coder.bits(12, value)
        if kind == "below":
            return coder.below(1000, value)
        if kind == "number":
            return coder.number(self.numbers, value)
        if kind == "raw":
            return coder.raw(self.lengths, value)
        return coder.text(self.text_lengths, self.characters, value)


BLANK = {"symbol": 0, "bits": 0, "below": 0, "number": 0, "raw": b"", "text": ""}


def written(cells):
    writer, table = Writer(), Table()
    for kind, value in cells:
        assert table.code(writer, kind, value) == value
    return writer.finish()


def read(payload, kinds):
    reader, table = Reader(payload), Table()
    found = [table.code(reader, kind, BLANK[kind]) for kind in kinds]
    reader.finish()
    return found


@given(CELLS)
def test_reading_inverts_writing(cells):
    assert read(written(cells), [kind for kind, _ in cells]) == [value for _, value in cells]


@given(CELLS, st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_codec_error(cells, raw):
    kinds = [kind for kind, _ in cells]
    for payload in (raw, written(cells) + raw):
        with contextlib.suppress(CodecError):
            read(payload, kinds)


@given(CELLS.filter(bool), st.data())
def test_a_cut_or_changed_payload_never_crashes(cells, data):
    payload = written(cells)
    kinds = [kind for kind, _ in cells]
    at = data.draw(st.integers(0, len(payload) - 1))
    with contextlib.suppress(CodecError):
        read(payload[:at] + bytes([payload[at] ^ 0x55]) + payload[at + 1 :], kinds)
    with pytest.raises(CodecError):
        read(payload[:at], [*kinds, "bits", "bits", "bits", "bits"])


def test_what_is_left_over_is_refused():
    payload = written([("symbol", 3), ("raw", b"abc")])
    with pytest.raises(CodecError, match="more"):
        read(payload, ["symbol"])
    with pytest.raises(CodecError, match="more"):
        read(written([("bits", 9), ("bits", 10)]), ["bits"])


def test_a_raw_column_that_is_a_bomb_is_refused():
    bomb = b"\1" + zstd.compress(bytes(30 << 20))
    with pytest.raises(CodecError):
        Reader(written([("symbol", 3)]) + bomb)


def test_a_column_learns_what_is_likely():
    cells = [("symbol", 5)] * 2_000
    assert len(written(cells)) < 60
    uneven = [("number", 37 + n % 3) for n in range(2_000)]
    assert len(written(uneven)) < 2_000 * 3 // 8 + 40  # the three low bits, and little more


@given(st.lists(st.integers(1, SEEN * 40), min_size=1, max_size=256))
def test_every_value_of_a_table_has_a_share_and_all_shares_fill_it(weights):
    model = Model(weights)
    assert sum(share for _, share in model.spans) == len(model.slots) == 4096
    assert all(share >= 1 for _, share in model.spans)
    for symbol, (start, share) in enumerate(model.spans):
        assert set(model.slots[start : start + share]) == {symbol}


def test_a_fresh_table_does_not_remember():
    prior = number_model((0, 7))
    used, writer = prior.fresh(), Writer()
    for _ in range(600):
        writer.symbol(used, NUMBER_SYMBOLS - 1)
    assert prior.fresh().spans == prior.spans != used.spans


def test_a_text_longer_than_any_event_has_is_refused():
    for length in (STRING_BYTES_MAX, STRING_BYTES_MAX + 1):
        writer = Writer()
        writer.symbol(even(65), 64)
        writer.raw(number_model(), b"x" * length)
        reader = Reader(writer.finish())
        if length == STRING_BYTES_MAX:
            assert reader.text(even(65), text_model(), "") == "x" * length
        else:
            with pytest.raises(CodecError, match="longer than any event has"):
                reader.text(even(65), text_model(), "")
