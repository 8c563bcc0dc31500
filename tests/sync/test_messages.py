"""Payloads: what is written is read back, bounds hold, and no bytes crash a parser."""

import base64
import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync.codec import pack, unpack
from darasa.sync.frames import Frame, FrameReader, encode_frame
from darasa.sync.messages import (
    MESSAGES,
    Blob,
    Clocks,
    CursorGroup,
    Doing,
    End,
    Erased,
    Events,
    Feed,
    Heads,
    Hello,
    Marks,
    MessageError,
    Nodes,
    Presence,
    PresenceRow,
    Ranges,
    Receipt,
    Run,
    StubRun,
    Stubs,
    Tips,
    Want,
    WantedPart,
    WireClock,
    WireCursor,
    WireErased,
    WireHead,
    WireRange,
    WireTip,
    parse_message,
)
from darasa.sync.signing import NodeKey, verify

VECTORS = Path(__file__).parent.parent / "vectors" / "messages.json"
SIGNATURE = bytes(range(64))
A8, B8 = b"a" * 8, b"b" * 8
A16, B16 = b"A" * 16, b"B" * 16

EXAMPLES = [
    Hello(1, 1, A16, B16, A8, (), None, 0, 1_760_000_000_000, SIGNATURE),
    Hello(1, 3, A16, None, None, (CursorGroup(None, b""),), B16, 7, -5, SIGNATURE),
    Hello(
        1, 1, A16, B16, A8, (CursorGroup(WireCursor(9, A8, b"x"), b"1234"),), None, 0, 0, SIGNATURE
    ),
    Nodes(((bytes(32), "computer", A16, None, B16, SIGNATURE),)),
    Marks(()),
    Marks((A8, B8)),
    Tips((WireTip(A8, 12, B8), WireTip(B8, 0, bytes(8)))),
    Ranges(
        (
            WireRange(b"\x10", 1, A16),
            WireRange(b"\x20", 0, None),
            WireRange(b"\x30\x01", 2, (WireTip(A8, 12, B8),)),
            WireRange(b"", 3, (WireTip(B8, 0, bytes(8)),)),
        )
    ),
    Ranges(()),
    Heads((WireHead(A8, 12, B16),), A16, SIGNATURE),
    Events((Run(A8, B8, 1, 3, b"genesis"), Run(B8, A8, 9, 1, None)), 0, None, b"payload"),
    Erased((WireErased(A16, SIGNATURE),)),
    Stubs((StubRun(A8, B8, 1, b"genesis", (A16, B16)), StubRun(B8, A8, 9, None, (B16,)))),
    Receipt(A8, (WireTip(A8, 12, B8),), 3, SIGNATURE),
    Feed(b"s", None, WireCursor(4, A8, None), b"records", SIGNATURE),
    Feed(b"s", WireCursor(4, A8, b"key"), WireCursor(5, B8, b"key"), b"records", SIGNATURE),
    Want((WantedPart(A16 + B16, 0, 70_000), WantedPart(B16 + A16, 9, 9))),
    Blob(A16 + B16, 64_000, 70_000, b"the end"),
    Blob(A16 + B16, 0, 70_000, b""),
    Presence((PresenceRow(A16, Doing.WORKING, 1200, "fractions/half", 3, 8),)),
    Presence(()),
    Clocks((WireClock(A8, -1_500_000_000_000, 23),), SIGNATURE),
    End(A8, "", None, 0),
    End(A8, "The disk is full.", 300, 4),
    End(A8, "This machine sent far too much. Ask the teacher to release it.", 900, 6),
    End(A8, "The server is busy now. This machine comes again by itself.", 3, 7),
]


# their payload is a list, it has no fields of its own
LISTS = (Nodes, Erased, Stubs, Marks, Tips, Ranges, Want, Presence)
RECORDS = [each for each in EXAMPLES if not isinstance(each, LISTS)]


def _only(raw):
    (frame,) = FrameReader().feed(raw)
    return frame


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda each: type(each).__name__)
def test_parse_inverts_to_frame(message):
    assert parse_message(_only(message.to_frame())) == message


@pytest.mark.parametrize("message", RECORDS, ids=lambda each: type(each).__name__)
def test_later_versions_may_add_elements_at_the_end(message):
    longer = encode_frame(message.frame_type, (*message.to_payload(), "later", 7))
    assert parse_message(_only(longer)) == message


@pytest.mark.parametrize(
    ("message", "place"),
    [(each, place) for each in RECORDS for place in range(len(each.to_payload()))],
)
def test_a_mistyped_field_is_refused_with_a_sentence(message, place):
    fields = list(message.to_payload())
    fields[place] = ("a", "list") if not isinstance(fields[place], tuple) else "text"
    with pytest.raises(MessageError, match=r"frame does not fit: .*\.$"):
        type(message).parse(pack(tuple(fields)))


@pytest.mark.parametrize("message", RECORDS, ids=lambda each: type(each).__name__)
def test_a_payload_without_its_first_field_is_refused(message):
    with pytest.raises(MessageError):
        type(message).parse(pack(message.to_payload()[1:] if len(message.to_payload()) > 4 else ()))


@settings(max_examples=300)
@given(st.sampled_from(sorted(MESSAGES)), st.binary(max_size=200))
def test_no_bytes_crash_a_parser(kind, raw):
    with contextlib.suppress(MessageError):
        parse_message(Frame(kind, optional=False, payload=raw, raw=raw))


@given(
    st.sampled_from(EXAMPLES),
    st.recursive(
        st.none() | st.integers(-(2**40), 2**63 - 1) | st.binary(max_size=70) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4).map(tuple),
        max_leaves=8,
    ),
    st.integers(0, 9),
)
def test_a_strange_value_in_any_place_never_crashes(message, value, place):
    fields = list(message.to_payload())
    if fields:
        fields[place % len(fields)] = value
    with contextlib.suppress(MessageError):
        type(message).parse(pack(tuple(fields)))


def with_text_for_bytes(value):
    """The value as often as it holds bytes, each time with some of them as text in base64."""
    if isinstance(value, bytes):
        yield base64.b64encode(value).decode("ascii")
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            for other in with_text_for_bytes(inner):
                yield (*value[:place], other, *value[place + 1 :])


@pytest.mark.parametrize(
    "message",
    [each for each in EXAMPLES if not isinstance(each, Nodes)],  # certificates have a parser
    ids=lambda each: type(each).__name__,
)
def test_text_never_stands_for_bytes(message):
    for fields in with_text_for_bytes(message.to_payload()):
        with pytest.raises(MessageError):
            type(message).parse(pack(fields))


def test_deep_nesting_is_a_sentence():
    with pytest.raises(MessageError):
        Marks.parse(b"\x91" * 100 + b"\xc0")


def test_signatures_cover_every_field_and_the_receiver():
    key = NodeKey.generate(lambda n: b"k" * n)
    hello = EXAMPLES[0]
    signature = key.sign("hello", hello.signed_bytes(receiver=B16, answers_to=b""))
    for other in (
        Hello(1, 1, A16, B16, B8, (), None, 0, 1_760_000_000_000, SIGNATURE),
        Hello(1, 1, A16, B16, A8, (), None, 0, 1_760_000_000_001, SIGNATURE),
    ):
        raw = other.signed_bytes(receiver=B16, answers_to=b"")
        assert not verify(key.public, "hello", raw, signature)
    for receiver, answers_to in ((A16, b""), (B16, SIGNATURE)):
        raw = hello.signed_bytes(receiver=receiver, answers_to=answers_to)
        assert not verify(key.public, "hello", raw, signature)


def test_every_message_of_a_session_has_a_number_of_its_own():
    assert len({each.frame_type for each in MESSAGES.values()}) == len(MESSAGES) == 16


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text())["messages"])
def test_golden_messages_have_these_bytes(vector):
    raw = bytes.fromhex(vector["frame"])
    frame = _only(raw)
    message = parse_message(frame)
    assert type(message).__name__ == vector["name"]
    assert message.to_frame() == raw
    assert json.loads(json.dumps(unpack(frame.payload), default=bytes.hex)) == vector["fields"]
