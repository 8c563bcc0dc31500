"""Fits as they travel: golden bytes, limits, and bytes of others."""

import json
import random
from pathlib import Path

import pytest
from fits_world import MADE_MS, parameters
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.errors import FitError
from darasa.learning.fits.signed_fit import (
    PARTS_MAX,
    ROWS_MAX,
    SIGNED_BYTES_MAX,
    joined,
    open_fit,
    parts_of,
    rounded,
    sign_fit,
)
from darasa.learning.fits.values import FitPartValue, RulesValue, parse_fit_value, whole_fits
from darasa.learning.kinds import FIT_PARTS_MAX, FitPart, body_of
from darasa.learning.mastery.parameters import parameters_from
from darasa.sync.codec import pack, unpack
from darasa.sync.ids import hash16
from darasa.sync.signing import NodeKey
from darasa.sync.squeeze import expand, squeeze

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "parameters.json"
KEY = NodeKey.from_private(bytes(range(32)))


def signed(**changes: int) -> bytes:
    return sign_fit(parameters(**changes), KEY, made_ms=MADE_MS)


def test_golden_bytes_are_read_and_the_signature_is_over_what_the_page_says():
    golden = json.loads(VECTORS.read_text(encoding="utf-8"))
    raw = bytes.fromhex(golden["signed"])
    fit = open_fit(raw)
    assert fit.fit_id.hex() == golden["fit_id"] == hash16(raw).hex()
    assert fit.maker.hex() == golden["maker"]
    assert expand(unpack(raw)[3]).decode() == golden["clear"]
    assert pack(unpack(raw)[:4]).hex() == golden["signed_over"]
    part = FitPart(fit.fit_id, 0, 1, raw)
    assert pack(body_of(part)).hex() == golden["event_body"]
    value = FitPartValue(fit.fit_id, 0, 1, raw)
    assert value.to_bytes().hex() == golden["record"]
    assert value.record_id.hex() == golden["record_id"]
    assert RulesValue(fit.fit_id).to_bytes().hex() == golden["rules"]
    assert fit.parameters == parameters_from(golden["clear"].encode())


def test_what_was_signed_is_read_to_a_thousandth():
    made = parameters(items=50)
    fit = open_fit(sign_fit(made, KEY, made_ms=MADE_MS))
    assert fit.parameters.to_bytes() == rounded(made).to_bytes()
    assert (fit.maker, fit.made_ms) == (KEY.node_id, MADE_MS)
    assert rounded(rounded(made)) == rounded(made)


def test_a_byte_that_was_changed_is_found():
    raw = signed()
    for at in range(0, len(raw), 7):
        other = raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]
        with pytest.raises(FitError):
            open_fit(other)


def test_no_bytes_crash_the_reader():
    @given(st.binary(max_size=300))
    def check(raw: bytes) -> None:
        with pytest.raises(FitError):
            open_fit(raw)

    check()


def resigned(clear: bytes) -> bytes:
    head = (1, KEY.public, MADE_MS, squeeze(clear))
    return pack((*head, KEY.sign("parameters", pack(head))))


@pytest.mark.parametrize(
    ("clear", "words"),
    [
        (b"{}", "no parameters"),
        (b"not json", "no parameters"),
        (parameters().to_bytes().replace(b'"rlf"', b'"elo"'), "no parameters"),
        (parameters().to_bytes().replace(b'"prev":', b'"past":'), "no parameters"),
        (random.Random(1).randbytes(700_000).hex().encode() * 7, "no parameters"),
        (random.Random(1).randbytes(1 << 20), "larger"),
    ],
    ids=["empty", "text", "another model", "another weight", "9 MB in 0.7", "2 MB"],
)
def test_what_a_maker_signed_is_still_looked_at(clear: bytes, words: str):
    with pytest.raises(FitError, match=words):
        open_fit(resigned(clear))


def test_a_fit_that_nobody_would_take_is_not_made():
    with pytest.raises(FitError, match="more items than can be sent"):
        sign_fit(parameters(items=ROWS_MAX + 1), KEY, made_ms=MADE_MS)
    with pytest.raises(FitError, match="larger than a fit may be"):
        open_fit(b"\0" * (SIGNED_BYTES_MAX + 1))
    assert PARTS_MAX <= FIT_PARTS_MAX


def test_parts_are_joined_in_any_order_and_only_when_all_are_there():
    raw = signed(items=20_000)
    fit_id, parts = hash16(raw), parts_of(raw)
    values = [FitPartValue(fit_id, nth, len(parts), data) for nth, data in enumerate(parts)]
    assert len(values) > 1
    assert whole_fits(values[1:]) == {}
    found = whole_fits([*reversed(values), values[0]])
    assert joined(found[fit_id], fit_id) == raw
    with pytest.raises(FitError, match="belong together"):
        joined(parts[:-1], fit_id)


def test_records_of_another_shape_are_passed_over():
    assert parse_fit_value(b"\xc1") is None
    assert parse_fit_value(pack(("fit", b"short", 0, 1, b"x"))) is None
    assert parse_fit_value(pack(("later", 1))) is None
    value = FitPartValue(bytes(16), 0, 2, b"x")
    assert parse_fit_value(value.to_bytes()) == value
    assert parse_fit_value(RulesValue(None).to_bytes()) == RulesValue(None)
    assert value.record_id < RulesValue(None).record_id
