"""The golden bytes in `tests/vectors/`, read as a second implementation would read them.

What can be computed without our code (hashes, keys, signatures, the AEAD) is computed here from the
formulas in each file's `about`; then our code must agree. A failing vector is a change of format.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from darasa.sync.erased import erase_record, erased_digest
from darasa.sync.event import (
    Event,
    EventError,
    Genesis,
    canonical_bytes,
    chain_after,
    chain_of_genesis,
    genesis_bytes,
    leaf_of,
    log_id_of,
    parse_event,
    parse_genesis,
)
from darasa.sync.frontier import Head, Tip, frontier_digest, heads_bytes
from darasa.sync.ids import SchoolId, node_id_of
from darasa.sync.messages import Feed, WireCursor
from darasa.sync.sealing import SealKey, seal
from darasa.sync.signing import Certificate, NodeKey, check_certificate, sign_heads

VECTORS = Path(__file__).parent.parent / "vectors"


def vector(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def value(told: Any) -> Any:
    """A value of a vector: {"hex": ...} are bytes, lists are arrays."""
    if isinstance(told, dict):
        return bytes.fromhex(told["hex"])
    if isinstance(told, list):
        return tuple(map(value, told))
    return told


def blake16(raw: bytes, key: bytes = b"") -> bytes:
    return hashlib.blake2b(raw, digest_size=16, key=key).digest()


def small_pack(told: Any) -> bytes:
    """The smallest msgpack of what signed arrays hold; written from the format's own page."""
    if told is None:
        return b"\xc0"
    if isinstance(told, tuple):
        assert len(told) < 16
        return bytes([0x90 | len(told)]) + b"".join(map(small_pack, told))
    if isinstance(told, bytes):
        assert len(told) < 256
        return bytes([0xC4, len(told)]) + told
    if isinstance(told, str):
        assert len(told) < 32
        return bytes([0xA0 | len(told)]) + told.encode("ascii")
    assert 0 <= told < 128
    return bytes([told])


@pytest.mark.parametrize("case", vector("events.json")["accepted"], ids=lambda case: case["name"])
def test_events(case):
    raw = bytes.fromhex(case["canonical"])
    event = Event(*value(case["header"]), value(case["body"]))
    assert canonical_bytes(event) == raw
    assert parse_event(raw) == event
    assert leaf_of(raw) == blake16(raw) == bytes.fromhex(case["leaf"])


@pytest.mark.parametrize("case", vector("events.json")["refused"], ids=lambda case: case["name"])
def test_refused_events(case):
    with pytest.raises(EventError):
        parse_event(bytes.fromhex(case["raw"]))


def test_a_log():
    told = vector("log.json")
    public = bytes.fromhex(told["node_public_key"])
    node_id = hashlib.blake2b(public, digest_size=32).digest()[:16]
    assert node_id == bytes.fromhex(told["node_id"]) == node_id_of(public)
    raw = bytes.fromhex(told["genesis"]["raw"])
    genesis = Genesis(*value(told["genesis"]["fields"]))
    assert genesis_bytes(genesis) == raw
    assert parse_genesis(raw) == genesis
    chain = blake16(raw)
    assert chain == bytes.fromhex(told["chain_0"]) == chain_of_genesis(raw)
    assert chain[:8] == bytes.fromhex(told["log_id"]) == log_id_of(raw)
    for seq, each in enumerate(told["events"], start=1):
        leaf = blake16(bytes.fromhex(each["canonical"]))
        assert chain_after(chain, leaf) == blake16(chain + leaf) == bytes.fromhex(each["chain"])
        assert (each["seq"], bytes.fromhex(each["leaf"])) == (seq, leaf)
        chain = blake16(chain + leaf)


def test_signed_heads():
    told = vector("signatures.json")["heads"]
    places = value(told["heads"])
    signed = b"darasa/heads/1\0" + small_pack(places)
    assert signed == bytes.fromhex(told["signed"])
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(told["private_key"]))
    assert key.sign(signed) == bytes.fromhex(told["signature"])
    heads = tuple(Head(*place) for place in places)
    assert b"darasa/heads/1\0" + heads_bytes(heads) == signed
    ours = sign_heads(NodeKey.from_private(bytes.fromhex(told["private_key"])), heads)
    assert ours.signature == bytes.fromhex(told["signature"])


def test_a_signed_feed():
    told = vector("signatures.json")["feed"]
    receiver, answers_to = bytes.fromhex(told["receiver"]), bytes.fromhex(told["answers_to"])
    fields = value(told["fields"])
    signed = b"darasa/feed/1\0" + small_pack((receiver, answers_to, *fields))
    assert signed == bytes.fromhex(told["signed"])
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(told["private_key"]))
    assert key.sign(signed) == bytes.fromhex(told["signature"])
    scope, start, (ordinal, tag, after), records = fields
    ours = Feed(scope, start, WireCursor(ordinal, tag, after), records, bytes(64))
    raw = ours.signed_bytes(receiver=receiver, answers_to=answers_to)
    assert b"darasa/feed/1\0" + raw == signed


@pytest.mark.parametrize(
    "case", vector("signatures.json")["certificates"], ids=lambda case: case["name"]
)
def test_certificates(case):
    *fields, signature = value(case["fields"])
    signed = b"darasa/certificate/1\0" + small_pack(tuple(fields))
    assert signed == bytes.fromhex(case["signed"])
    issuer = bytes.fromhex(case["issuer_public_key"])
    Ed25519PublicKey.from_public_bytes(issuer).verify(signature, signed)
    certificate = Certificate.from_bytes(bytes.fromhex(case["raw"]))
    assert check_certificate(certificate, issuer)
    assert certificate.to_payload() == (*fields, signature)
    assert certificate.to_bytes().hex() == case["raw"]


def test_records_of_erasure():
    told = vector("erased.json")
    learner_hash = blake16(bytes.fromhex(told["learner_id"]))
    assert learner_hash.hex() == told["learner_hash"]
    fields = (bytes.fromhex(told["school_id"]), learner_hash)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(told["private_key"]))
    signature = key.sign(b"darasa/erase/1\0" + small_pack(fields))
    assert signature.hex() == told["signature"]
    assert small_pack((*fields, signature)).hex() == told["record"]
    ours = erase_record(
        NodeKey.from_private(bytes.fromhex(told["private_key"])),
        SchoolId(fields[0]),
        bytes.fromhex(told["learner_id"]),
    )
    assert ours.to_bytes().hex() == told["record"]


@pytest.mark.parametrize("case", vector("erased.json")["digests"])
def test_digests_of_the_erased(case):
    hashes = [bytes.fromhex(each) for each in case["hashes"]]
    total = sum(int.from_bytes(each, "big") for each in hashes) % (1 << 128)
    expected = total.to_bytes(16, "big") if hashes else None
    assert (None if expected is None else expected.hex()) == case["digest"]
    assert erased_digest(hashes) == expected


def test_sealed_text():
    told = vector("sealing.json")
    public = bytes.fromhex(told["public_key"])
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(told["private_key"]))
    key_id = hashlib.blake2b(public, digest_size=32).digest()[:8]
    assert key_id == bytes.fromhex(told["key_id"])
    domain = b"darasa/seal/1\0"
    for case in told["messages"]:
        sealed = bytes.fromhex(case["sealed"])
        clear, context = bytes.fromhex(case["clear"]), bytes.fromhex(case["context"])
        ephemeral = sealed[8:40]
        secret = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        key = HKDF(algorithm=SHA256(), length=32, salt=ephemeral + public, info=domain)
        cipher = ChaCha20Poly1305(key.derive(secret))
        assert cipher.decrypt(bytes(12), sealed[40:], domain + context) == clear
        assert sealed[:8] == key_id
        ours = SealKey.from_private(bytes.fromhex(told["private_key"]))
        assert ours.open(sealed, context=context) == clear
        taken = bytes.fromhex(case["ephemeral_private_key"])
        assert seal(public, clear, context=context, rng=lambda n, taken=taken: taken[:n]) == sealed


@pytest.mark.parametrize("case", vector("frontier.json")["cases"], ids=lambda case: case["digest"])
def test_frontier_digests(case):
    tips = value(case["tips"])
    key = bytes.fromhex(case["key"])
    total = sum(int.from_bytes(blake16(small_pack(tip), key), "big") for tip in tips)
    assert (total % 2**128).to_bytes(16, "big") == bytes.fromhex(case["digest"])
    assert frontier_digest([Tip(*tip) for tip in tips], key=key).hex() == case["digest"]
