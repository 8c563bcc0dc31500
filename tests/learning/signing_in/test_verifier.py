import random

import pytest

from darasa.learning.errors import SecretError
from darasa.learning.signing_in.verifier import (
    Verifier,
    check_passphrase,
    check_pin,
    easy_pin,
    first_pin,
    make_verifier,
)
from darasa.sync.codec import pack


def test_a_verifier_fits_its_secret_and_no_other(rng):
    verifier = Verifier.from_bytes(make_verifier("4821", rng).to_bytes())
    assert verifier.fits("4821")
    assert not verifier.fits("4822")
    assert (verifier.memory_kib, verifier.passes, verifier.lanes) == (19 * 1024, 2, 1)


def test_equal_secrets_have_different_verifiers(rng):
    assert make_verifier("4821", rng) != make_verifier("4821", rng)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x01",
        pack((1, 1 << 30, 2, 1, b"salt-salt", b"d" * 32)),
        pack((2, 19456, 2, 1, b"salt-salt", b"d" * 32)),
        pack((1, 19456, 10_000, 1, b"salt-salt", b"d" * 32)),
        pack((1, 19456, 2, 1, b"", b"d" * 32)),
    ],
)
def test_a_verifier_that_would_cost_too_much_or_is_damaged_is_refused(raw):
    with pytest.raises(SecretError):
        Verifier.from_bytes(raw)


@pytest.mark.parametrize("pin", ["0000", "1234", "9876", "7777", "4747", "8901", "2112", "1221"])
def test_pins_that_anyone_tries_first_are_easy(pin):
    assert easy_pin(pin)


def test_first_pins_are_four_digits_and_never_easy():
    rng = random.Random(3).randbytes
    pins = [first_pin(rng) for _ in range(2_000)]
    assert all(len(pin) == 4 and pin.isdigit() and not easy_pin(pin) for pin in pins)
    assert len(set(pins)) > 1_500


def test_pins_and_passphrases_are_checked_at_entry():
    assert check_pin(" 48 21 ") == "4821"
    for pin in ("482", "48211", "48a1", "", "٤٨٢١"):
        with pytest.raises(SecretError):
            check_pin(pin)
    assert check_passphrase("  correct horse ") == "correct horse"
    with pytest.raises(SecretError):
        check_passphrase("short")
