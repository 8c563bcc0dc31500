"""The bytes of a bundle: sealing in pieces, the head, and the golden file."""

import hashlib
import json
import os
import struct
import zlib
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync.bundle import (
    PIECE_BYTES,
    BundleError,
    BundleKind,
    NotForUsError,
    Opener,
    Sealer,
    parse_head,
)
from darasa.sync.codec import unpack
from darasa.sync.copy_folder import CopyError
from darasa.sync.errors import LocalProtocolError
from darasa.sync.frames import FRAME_BYTES_MAX, FrameReader
from darasa.sync.home import Home
from darasa.sync.ids import Role, SchoolId
from darasa.sync.node_seal import seal_key_of, seal_public_of
from darasa.sync.sealed_copy import CopyReader
from darasa.sync.sealing import SealKey
from darasa.sync.signing import NodeKey, issue_certificate

VECTORS = Path(__file__).parent.parent / "vectors"
VECTOR = json.loads((VECTORS / "bundle.json").read_text())
COPY = json.loads((VECTORS / "copy.json").read_text())
MAKER = NodeKey.from_private(b"\x01" * 32)
RECEIVER = SealKey.from_private(b"\x03" * 32)
SCHOOL = SchoolId(bytes(range(16)))
CERTIFICATE = issue_certificate(
    MAKER, subject_public=MAKER.public, role=Role.COMPUTER, school_id=SCHOOL
)


def _sealer(rng=os.urandom) -> Sealer:
    return Sealer(
        MAKER,
        CERTIFICATE,
        kind=BundleKind.WORK,
        receiver_role=Role.SCHOOL,
        receiver_school=SCHOOL,
        receiver=None,
        seal_public=RECEIVER.public,
        made_ms=1_760_000_000_000,
        rng=rng,
        logs=1,
        events=2,
    )


def _file(clear: bytes, *, rng=os.urandom) -> bytes:
    sealer = _sealer(rng)
    return b"".join([sealer.head_frame, *sealer.add(clear), sealer.finish()])


def _open(raw: bytes, key=RECEIVER) -> tuple[bytes, bool]:
    """What a receiver reads of a file, and whether it was whole; damage ends it."""
    first, *rest = FrameReader().feed(raw)
    head, _ = parse_head(first)
    opener = Opener(key, head, first.raw)
    clear = b""
    for frame in rest:
        try:
            clear += opener.open(frame)
        except BundleError:
            return clear, False
    return clear, opener.is_whole


@settings(deadline=None)  # it seals and opens up to 192 kB, however slow the machine
@given(st.integers(0, 3 * PIECE_BYTES), st.integers(500, 100_000))
def test_opening_inverts_sealing(length, step):
    clear = os.urandom(length)
    sealer = _sealer()
    raw = sealer.head_frame
    for start in range(0, length, step):
        raw += b"".join(sealer.add(clear[start : start + step]))
    assert _open(raw + sealer.finish()) == (clear, True)


def test_every_frame_is_within_the_limit():
    raw = _file(os.urandom(3 * PIECE_BYTES + 5))
    assert all(len(frame.raw) <= FRAME_BYTES_MAX for frame in FrameReader().feed(raw))


def test_a_piece_that_is_moved_left_out_or_put_in_is_noticed():
    clear = os.urandom(3 * PIECE_BYTES)
    head, one, two, three = (frame.raw for frame in FrameReader().feed(_file(clear)))
    assert _open(head + one + two + three) == (clear, True)
    prefix = clear[:PIECE_BYTES]
    assert _open(head + one + three) == (prefix, False)
    assert _open(head + two + one + three) == (b"", False)
    assert _open(head + one + one + two + three) == (prefix, False)
    assert _open(head + one) == (prefix, False)
    assert _open(head + one + two + three + three) == (clear, False)


def test_a_piece_of_another_bundle_is_noticed():
    ours, theirs = _file(b"ours"), _file(b"theirs")
    head = FrameReader().feed(ours)[0].raw
    assert _open(head + FrameReader().feed(theirs)[1].raw) == (b"", False)


def test_a_changed_head_opens_nothing():
    raw = bytearray(_file(b"x"))
    frame = FrameReader().feed(bytes(raw))[0]
    for place in range(6, len(frame.raw) - 4):
        changed = bytearray(frame.raw)
        changed[place] ^= 0x01
        changed[-4:] = struct.pack(">I", zlib.crc32(bytes(changed[:-4])))
        with pytest.raises(BundleError):
            parse_head(FrameReader().feed(bytes(changed))[0])


def test_another_key_opens_nothing():
    with pytest.raises(BundleError):
        _open(_file(b"x"), key=SealKey.from_private(b"\x04" * 32))
    assert issubclass(NotForUsError, BundleError)


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reading_of_a_head(raw):
    head = struct.pack(">IBB", len(raw), 16, 0) + raw
    (frame,) = FrameReader().feed(head + struct.pack(">I", zlib.crc32(head)))
    with pytest.raises(BundleError):
        parse_head(frame)


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_nodes_two_keys_fit_each_other(seed):
    key = NodeKey.from_private(seed)
    assert seal_key_of(key).public == seal_public_of(key.public)


@pytest.mark.parametrize("public", [b"\x01" + bytes(31), b"\xff" * 32, b"short"])
def test_bytes_that_are_no_point_are_refused(public):
    with pytest.raises(LocalProtocolError):
        seal_public_of(public)


def _by_the_formulas(raw: bytes, private_key: str) -> tuple[tuple, bytes]:
    """The fields of a golden file's head, and its body, without our own sealing."""
    head_frame, *sealed = FrameReader().feed(raw)
    fields = unpack(head_frame.payload)
    ephemeral = fields[8]
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(private_key))
    public = private.public_key().public_bytes_raw()
    secret = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    info = b"darasa/bundle/1\0" + hashlib.blake2b(head_frame.raw, digest_size=32).digest()
    key = HKDF(algorithm=SHA256(), length=32, salt=ephemeral + public, info=info).derive(secret)
    clear = b""
    for number, frame in enumerate(sealed):
        is_last, ciphertext = unpack(frame.payload)
        nonce = number.to_bytes(11, "big") + bytes([is_last])
        clear += ChaCha20Poly1305(key).decrypt(nonce, ciphertext, None)
    return fields, clear


def test_the_golden_bundle_is_read_by_its_formulas():
    raw = bytes.fromhex(VECTOR["file"])
    fields, clear = _by_the_formulas(raw, VECTOR["receiver_private_key"])
    assert fields[:3] == ("darasa bundle", 1, 1)
    *_, signature = fields
    signed = b"darasa/bundle/1\0" + bytes.fromhex(VECTOR["signed"])
    Ed25519PublicKey.from_public_bytes(MAKER.public).verify(signature, signed)
    assert clear == bytes.fromhex(VECTOR["clear"])
    assert _open(raw) == (clear, True)
    assert _file(clear, rng=lambda n: b"\x07" * n) == raw


def test_the_golden_copy_is_read_by_its_formulas_and_by_its_maker(tmp_path):
    raw, store = (bytes.fromhex(COPY[name]) for name in ("file", "store"))
    fields, clear = _by_the_formulas(raw, COPY["seal_private_key"])
    assert fields[2] == 4
    length = int.from_bytes(clear[:4], "big")
    assert unpack(clear[4 : 4 + length]) == (1, bytes.fromhex(COPY["config"]))
    assert clear[4 + length :] == store
    node_key = NodeKey.from_private(bytes.fromhex(COPY["node_private_key"]))
    seal_key = SealKey.from_private(bytes.fromhex(COPY["seal_private_key"]))
    other = Home.in_memory(role=Role.SCHOOL, name="", rng=os.urandom)
    home = Home(None, other._config, node_key=node_key, seal_keys=(seal_key,))
    file = tmp_path / "copy"
    file.write_bytes(raw)
    reader = CopyReader(home, file)
    assert b"".join(reader.store()) == store
    assert reader.config == bytes.fromhex(COPY["config"]).decode()
    with pytest.raises(CopyError):
        list(CopyReader(other, file).store())


def test_the_golden_node_keys():
    for case in VECTOR["node_keys"]:
        key = NodeKey.from_private(bytes.fromhex(case["ed25519_private"]))
        assert key.public.hex() == case["ed25519_public"]
        assert seal_public_of(key.public).hex() == case["x25519_public"]
        private = X25519PrivateKey.from_private_bytes(
            hashlib.sha512(bytes.fromhex(case["ed25519_private"])).digest()[:32]
        )
        assert private.public_key().public_bytes_raw().hex() == case["x25519_public"]


def test_the_line_of_a_copied_maker_stands_after_the_signature_and_changes_nothing_before():
    head, _ = parse_head(FrameReader().feed(_sealer(lambda n: b"\7" * n).head_frame)[0])
    longer = msgspec.structs.replace(head, line=(CERTIFICATE.to_payload(),))
    assert longer.signed_bytes() == head.signed_bytes()
    assert longer.to_payload() == (*head.to_payload(), (CERTIFICATE.to_payload(),))
    golden = VECTOR["head_with_line"]
    assert longer.to_frame().hex() == golden
    assert parse_head(FrameReader().feed(bytes.fromhex(golden))[0])[0] == longer
