"""Three pictures of twelve, and first secrets of either kind."""

import random

import pytest

from darasa.learning.errors import SecretError
from darasa.learning.signing_in.first_secrets import check_chosen, first_secret
from darasa.learning.signing_in.pictures import (
    KEYS,
    PICTURES,
    check_pictures,
    first_pictures,
    words_of,
)
from darasa.learning.signing_in.verifier import SecretKind


def test_there_are_twelve_pictures_with_a_key_each():
    assert len(PICTURES) == len(KEYS) == len(set(PICTURES)) == len(set(KEYS)) == 12


@pytest.mark.parametrize("text", ["2a4", "2 a 4", "fish drum house", "Fish, DRUM  4"])
def test_pictures_are_given_as_words_or_keys(text):
    assert check_pictures(text) == "2a4"
    assert words_of("2a4") == "fish drum house"


@pytest.mark.parametrize("text", ["", "2a", "2a4b", "22a", "sun sun fish", "2az", "sun fish cow"])
def test_other_than_three_different_pictures_are_refused(text):
    with pytest.raises(SecretError):
        check_pictures(text)


def test_first_pictures_are_three_different_ones_and_no_run():
    rng = random.Random(1).randbytes
    made = [first_pictures(rng) for _ in range(3_000)]
    assert all(check_pictures(keys) == keys for keys in made)
    assert not {"123", "abc", "321", "cba", "9ab"} & set(made)
    assert len(set(made)) > 1_000  # of 1,300
    firsts = [keys[0] for keys in made]
    assert all(150 < firsts.count(key) < 350 for key in KEYS)


def test_a_first_secret_is_hashed_as_typed_and_printed_as_read():
    rng = random.Random(1).randbytes
    pictures, pin = first_secret(SecretKind.PICTURES, rng), first_secret(SecretKind.TYPED, rng)
    assert check_pictures(pictures.shown) == pictures.typed
    assert pin.typed == pin.shown
    assert pin.shown.isdigit()


@pytest.mark.parametrize(
    ("kind", "text"), [(SecretKind.TYPED, "1234"), (SecretKind.PICTURES, "sun fish tree")]
)
def test_what_others_try_first_is_not_chosen(kind, text):
    with pytest.raises(SecretError, match="Others would try that first"):
        check_chosen(kind, text)
