import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.errors import LocalProtocolError
from darasa.sync.sealing import SEAL_OVERHEAD_BYTES, SealError, SealKey, key_id_of, seal, sealed_for

KEY = SealKey.from_private(b"\x03" * 32)
OTHER = SealKey.from_private(b"\x04" * 32)


@given(st.binary(max_size=500), st.binary(max_size=60))
def test_opening_inverts_sealing(clear, context):
    sealed = seal(KEY.public, clear, context=context, rng=os.urandom)
    assert KEY.open(sealed, context=context) == clear
    assert len(sealed) == len(clear) + SEAL_OVERHEAD_BYTES


def test_the_key_id_is_in_front():
    sealed = seal(KEY.public, b"Amina", context=b"", rng=os.urandom)
    assert sealed_for(sealed) == KEY.key_id == key_id_of(KEY.public)
    assert b"Amina" not in sealed


def test_the_same_text_is_never_sealed_to_the_same_bytes(rng):
    assert seal(KEY.public, b"x", context=b"", rng=rng) != seal(
        KEY.public, b"x", context=b"", rng=rng
    )


def test_another_key_or_context_does_not_open_it():
    sealed = seal(KEY.public, b"Amina", context=b"learner 1 name", rng=os.urandom)
    with pytest.raises(SealError):
        OTHER.open(sealed, context=b"learner 1 name")
    with pytest.raises(SealError):
        KEY.open(sealed, context=b"learner 2 name")
    with pytest.raises(SealError):
        OTHER.open(OTHER.key_id + sealed[8:], context=b"learner 1 name")


def test_any_flipped_byte_is_noticed():
    sealed = bytearray(seal(KEY.public, b"Amina", context=b"c", rng=os.urandom))
    for place in range(len(sealed)):
        # the top bit of an X25519 public key is ignored by its definition, and by the salt is not
        sealed[place] ^= 0x80
        with pytest.raises(SealError):
            KEY.open(bytes(sealed), context=b"c")
        sealed[place] ^= 0x80


@given(st.binary(max_size=200))
def test_no_bytes_crash_opening(raw):
    for sealed in (raw, KEY.key_id + raw, KEY.key_id + bytes(32) + raw):
        with pytest.raises(SealError):
            KEY.open(sealed, context=b"")


def test_a_public_key_that_is_none_is_our_mistake():
    with pytest.raises(LocalProtocolError):
        seal(bytes(32), b"x", context=b"", rng=os.urandom)
    with pytest.raises(LocalProtocolError):
        seal(b"short", b"x", context=b"", rng=os.urandom)


def test_a_key_survives_its_file():
    again = SealKey.from_private(KEY.private_bytes())
    assert again.open(seal(KEY.public, b"x", context=b"", rng=os.urandom), context=b"") == b"x"
    assert KEY.private_bytes().hex() not in repr(KEY)
