import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.codec import pack
from darasa.sync.errors import CertificateError, LocalProtocolError
from darasa.sync.frontier import Head
from darasa.sync.ids import NO_SCHOOL, Role
from darasa.sync.signing import (
    Certificate,
    NodeKey,
    check_certificate,
    check_heads,
    issue_certificate,
    sign_heads,
    signed_bytes,
    verify,
)

KEY = NodeKey.from_private(b"\x01" * 32)
OTHER = NodeKey.from_private(b"\x02" * 32)
SCHOOL = b"s" * 16


def certificate(**changes) -> Certificate:
    fields = {"subject_public": OTHER.public, "role": Role.COMPUTER, "school_id": SCHOOL}
    return issue_certificate(KEY, **(fields | changes))


def test_a_signature_is_over_the_purpose_and_the_bytes():
    signature = KEY.sign("heads", b"bytes")
    Ed25519PublicKey.from_public_bytes(KEY.public).verify(signature, b"darasa/heads/1\0bytes")
    assert signed_bytes("heads", b"bytes") == b"darasa/heads/1\0bytes"


def test_a_signature_is_worth_nothing_elsewhere():
    signature = KEY.sign("heads", b"bytes")
    assert verify(KEY.public, "heads", b"bytes", signature)
    assert not verify(KEY.public, "receipt", b"bytes", signature)
    assert not verify(KEY.public, "heads", b"byteS", signature)
    assert not verify(OTHER.public, "heads", b"bytes", signature)


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_no_key_or_signature_crashes_the_check(public, signature):
    assert not verify(public, "heads", b"bytes", signature)


@pytest.mark.parametrize("purpose", ["", "a/b", "ä", "a b"])
def test_a_purpose_cannot_reach_into_another(purpose):
    with pytest.raises(LocalProtocolError):
        KEY.sign(purpose, b"")


def test_the_node_is_named_by_its_key():
    assert KEY.node_id == hashlib.blake2b(KEY.public, digest_size=32).digest()[:16]
    assert NodeKey.from_private(KEY.private_bytes()).node_id == KEY.node_id


def test_a_key_does_not_show_its_private_half():
    assert KEY.private_bytes().hex() not in repr(KEY)


def test_a_certificate_survives_packing():
    for made in (certificate(), certificate(parent=KEY.node_id), certificate(school_id=NO_SCHOOL)):
        assert Certificate.from_bytes(made.to_bytes()) == made
        assert check_certificate(Certificate.from_bytes(made.to_bytes()), KEY.public)


def test_no_school_is_nil_on_the_wire():
    assert certificate(school_id=NO_SCHOOL).to_payload()[2] is None
    assert certificate().to_payload()[2] == SCHOOL


def test_a_node_can_certify_itself():
    own = issue_certificate(KEY, subject_public=KEY.public, role=Role.HUB, school_id=NO_SCHOOL)
    assert own.is_self_signed
    assert check_certificate(own, KEY.public)
    assert not certificate().is_self_signed


def test_a_certificate_of_another_issuer_is_refused():
    assert not check_certificate(certificate(), OTHER.public)


@pytest.mark.parametrize("place", range(5))
def test_a_changed_certificate_is_refused(place):
    payload = list(certificate().to_payload())
    payload[place] = [KEY.public, "school", b"x" * 16, b"p" * 16, OTHER.node_id][place]
    assert not check_certificate(Certificate.parse(tuple(payload)), KEY.public)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, b"short"),
        (1, "head teacher"),
        (1, 7),
        (1, ()),
        (2, b"x"),
        (3, "p" * 16),
        (4, None),
        (5, b""),
    ],
)
def test_a_certificate_of_bad_form_is_refused(place, value):
    payload = list(certificate().to_payload())
    payload[place] = value
    with pytest.raises(CertificateError):
        Certificate.from_bytes(pack(payload))


@given(st.binary(max_size=100))
def test_no_bytes_crash_the_certificate_parser(raw):
    with pytest.raises(CertificateError):
        Certificate.from_bytes(raw)


def test_one_signature_covers_many_heads():
    heads = (Head(b"l" * 8, 3, b"c" * 16), Head(b"m" * 8, 1, b"d" * 16))
    signed = sign_heads(KEY, heads)
    assert check_heads(signed, KEY.public)
    assert not check_heads(signed, OTHER.public)
    moved = sign_heads(KEY, (*heads, Head(b"l" * 8, 4, b"e" * 16)))
    assert moved.signature != signed.signature
