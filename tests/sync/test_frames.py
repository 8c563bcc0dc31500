"""The envelope: every byte of it is checked, and frames come out whole or not at all."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.errors import LocalProtocolError
from darasa.sync.frames import (
    FRAME_BYTES_MAX,
    FRAME_OVERHEAD,
    FrameError,
    FrameReader,
    FrameType,
    encode_frame,
    frame_bytes,
)

VECTORS = Path(__file__).parent.parent / "vectors" / "frames.json"
payloads = st.binary(max_size=300)


def _read(data, *, step=None):
    reader = FrameReader()
    frames = []
    size = step or len(data) or 1
    for start in range(0, len(data), size):
        frames += reader.feed(data[start : start + size])
    reader.finish()
    return frames


@given(
    st.lists(st.tuples(st.integers(0, 255), payloads, st.booleans()), max_size=5),
    st.integers(1, 50),
)
def test_decode_inverts_encode_for_parts_of_any_size(wanted, step):
    data = b"".join(frame_bytes(kind, raw, optional=optional) for kind, raw, optional in wanted)
    found = _read(data, step=step)
    assert [(each.type, each.payload, each.optional) for each in found] == wanted
    assert b"".join(each.raw for each in found) == data


@given(payloads, st.data())
def test_any_changed_byte_is_refused(payload, data):
    raw = frame_bytes(FrameType.EVENTS, payload)
    at = data.draw(st.integers(0, len(raw) - 1))
    spoilt = raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :]
    with pytest.raises(FrameError):
        _read(spoilt)


@given(payloads, st.data())
def test_any_shortened_frame_is_refused(payload, data):
    raw = frame_bytes(FrameType.EVENTS, payload)
    with pytest.raises(FrameError):
        _read(raw[: data.draw(st.integers(1, len(raw) - 1))])


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(raw):
    reader = FrameReader()
    with contextlib.suppress(FrameError):
        reader.feed(raw)
        reader.finish()


def test_frames_before_a_damaged_one_are_given_out():
    good = encode_frame(FrameType.TIPS, ())
    reader = FrameReader()
    assert len(reader.feed(good + good[:-1] + b"\0")) == 1
    with pytest.raises(FrameError, match="checksum"):
        reader.feed(b"")
    with pytest.raises(FrameError, match="checksum"):
        reader.finish()


def test_a_frame_that_claims_too_much_is_refused_before_it_arrives():
    reader = FrameReader()
    with pytest.raises(FrameError, match="at most"):
        reader.feed((2**31).to_bytes(4, "big") + b"\x08\x00")


def test_a_payload_above_the_limit_is_not_made():
    frame_bytes(FrameType.BLOB, bytes(FRAME_BYTES_MAX - FRAME_OVERHEAD))
    with pytest.raises(LocalProtocolError):
        frame_bytes(FrameType.BLOB, bytes(FRAME_BYTES_MAX - FRAME_OVERHEAD + 1))


def test_type_numbers_are_those_of_the_protocol():
    names = "HELLO ERASED NODES MARKS TIPS RANGES HEADS EVENTS STUB RECEIPT WANT BLOB FEED PRESENCE"
    assert [each.name for each in FrameType] == [*names.split(), "END", "BUNDLE", "SEALED", "CLOCK"]
    assert [int(each) for each in FrameType] == list(range(1, 19))


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text())["frames"])
def test_golden_frames_have_these_bytes(vector):
    payload = bytes.fromhex(vector["payload"])
    raw = bytes.fromhex(vector["frame"])
    assert frame_bytes(vector["type"], payload, optional=vector["optional"]) == raw
    (found,) = _read(raw)
    assert (found.type, found.optional, found.payload) == (
        vector["type"],
        vector["optional"],
        payload,
    )
