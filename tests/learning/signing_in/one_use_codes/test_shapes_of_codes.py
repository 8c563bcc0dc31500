"""Codes, checks and chosen secrets as bytes: packed, parsed, and spoilt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.signing_in.checks import (
    Checks,
    CodeCheck,
    MadeCode,
    checks_of,
    made_code_of,
    random_code,
    secret_of,
)
from darasa.learning.signing_in.verifier import make_verifier
from darasa.sync.codec import pack


def test_codes_are_six_digits_and_spread(rng):
    codes = [random_code(rng) for _ in range(2_000)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 1_990
    firsts = [code[0] for code in codes]
    assert all(120 < firsts.count(digit) < 280 for digit in "0123456789")


def test_checks_are_packed_and_parsed(rng):
    verifier = make_verifier("4821", rng).to_bytes()
    for checks in (
        Checks(),
        Checks((verifier,)),
        Checks((verifier, verifier), CodeCheck(verifier, None, (b"chain--8",)), b"unlocked"),
        Checks((), CodeCheck(verifier, 5, ())),
    ):
        assert checks_of(checks.to_bytes()) == checks
    assert checks_of(verifier) == Checks((verifier,))  # as an earlier version kept it


@pytest.mark.parametrize(
    "raw", [b"", b"\xc1", pack(1), pack((1, 2, 3)), pack(((b"x" * 999,), None, None))]
)
def test_what_is_no_checks_is_nothing(raw):
    assert checks_of(raw) == Checks()


@pytest.mark.parametrize(
    "raw", [None, b"", pack(("chosen", b"no verifier", "482117")), pack(("other", b"", ""))]
)
def test_what_is_no_secret_is_none(raw):
    assert secret_of(raw) is None
    assert made_code_of(raw) is None


def test_a_made_code_is_packed_and_parsed():
    made = MadeCode("482117", b"verifier", 7)
    assert made_code_of(made.to_bytes()) == made


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=6).map(tuple),
    max_leaves=12,
)


@given(st.binary() | VALUES.map(pack))
def test_no_bytes_break_a_reader_of_secrets_or_codes(raw):
    checks = checks_of(raw)
    assert checks_of(checks.to_bytes()) == checks
    assert checks.kinds() is not None
    for read in (secret_of, made_code_of):
        read(raw)
