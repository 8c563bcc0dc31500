"""Decode inverts encode, for every message, body and record that has a typed form.

The values are drawn from the types themselves, so that a new field or message is covered at once.
"""

import os
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from darasa.learning.kinds import PAYLOADS, body_of, payload_of
from darasa.sync import enrol
from darasa.sync.codec import pack, unpack, unpack_canonical
from darasa.sync.event import Event, canonical_bytes, parse_event
from darasa.sync.frames import FrameReader
from darasa.sync.frontier import Head
from darasa.sync.home_files import Config, config_tables, read_config, write_config
from darasa.sync.ids import Role
from darasa.sync.messages import MESSAGES, End, Hello, parse_message
from darasa.sync.sealing import SealKey, seal
from darasa.sync.session_body import BodyReader
from darasa.sync.session_body import body_of as whole_body_of
from darasa.sync.signing import Certificate, NodeKey, issue_certificate
from darasa.sync.squeeze import expand, squeeze

INT_MAX = 2**63 - 1
ENROLMENT = (
    enrol.StartRequest,
    enrol.StartAnswer,
    enrol.Joiner,
    enrol.FinishRequest,
    enrol.Welcome,
    enrol.FinishAnswer,
)
FEW = 4
few = settings(max_examples=40 * int(os.environ.get("DARASA_EXAMPLES", "1")))

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), INT_MAX), st.text(max_size=20),
    st.binary(max_size=20),
)  # fmt: skip
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=5)


def drawn(kind: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 (a table of types)
    """Values of a type as msgspec sees it, small ones."""
    match kind:
        case inspect.IntType():
            low = _first(kind.ge, None if kind.gt is None else kind.gt + 1, -(2**63))
            high = _first(kind.le, None if kind.lt is None else kind.lt - 1, INT_MAX)
            return st.integers(low, high)
        case inspect.BytesType() | inspect.StrType():
            least = kind.min_length or 0
            most = min(_first(kind.max_length, 40), least + 40)
            make = st.binary if isinstance(kind, inspect.BytesType) else st.text
            return make(min_size=least, max_size=most)
        case inspect.VarTupleType():
            least = kind.min_length or 0
            most = min(_first(kind.max_length, FEW), least + FEW)
            return st.lists(drawn(kind.item_type), min_size=least, max_size=most).map(tuple)
        case inspect.TupleType():
            return st.tuples(*map(drawn, kind.item_types))
        case inspect.UnionType():
            return st.one_of([drawn(each) for each in kind.types])
        case inspect.StructType():
            fields = {each.name: drawn(each.type) for each in kind.fields}
            return st.builds(kind.cls, **fields)
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.AnyType():
            return values
        case _:
            raise NotImplementedError(f"draw {kind}")


def _first(*numbers: int | None) -> Any:
    return next(number for number in numbers if number is not None)


def of_type(kind: type) -> st.SearchStrategy[Any]:
    return drawn(inspect.type_info(kind))


@pytest.mark.parametrize("kind", MESSAGES.values(), ids=lambda kind: kind.__name__)
@few
@given(data=st.data())
def test_a_message_comes_back_from_its_frame(kind, data):
    message = data.draw(of_type(kind))
    (frame,) = FrameReader().feed(message.to_frame())
    assert parse_message(frame) == message
    assert frame.optional == kind.optional


@pytest.mark.parametrize("kind", ENROLMENT, ids=lambda kind: kind.__name__)
@few
@given(data=st.data())
def test_a_joining_message_comes_back_from_its_bytes(kind, data):
    message = data.draw(of_type(kind))
    assert kind.parse(message.to_bytes()) == message


@pytest.mark.parametrize(("number", "kind"), PAYLOADS.items(), ids=str)
@few
@given(data=st.data())
def test_what_was_recorded_comes_back_from_the_bytes_of_its_event(number, kind, data):
    payload = data.draw(of_type(kind))
    event = Event(*number, bytes(16), 7, 8, body_of(payload))
    again = parse_event(canonical_bytes(event))
    assert again == event
    assert payload_of(again) == payload


@few
@given(values)
def test_values_come_back_from_their_smallest_bytes(value):
    raw = pack((value,))
    assert unpack(raw) == unpack_canonical(raw) == (value,)
    assert pack(unpack(raw)) == raw


@few
@given(st.binary(max_size=3_000), st.integers(1, 60))
def test_what_was_squeezed_expands_to_itself(raw, times):
    assert expand(squeeze(raw)) == raw
    assert expand(squeeze(raw * min(times, 20))) == raw * min(times, 20)


@few
@given(
    st.lists(st.sampled_from([each for each in MESSAGES.values() if each is not End])), st.data()
)
def test_a_body_comes_back_whatever_parts_it_arrives_in(kinds, data):
    messages = [data.draw(of_type(each)) for each in [Hello, *kinds[:6]]]
    raw = whole_body_of([message.to_frame() for message in messages])
    size = data.draw(st.integers(1, len(raw)))
    reader = BodyReader()
    parts = [raw[at : at + size] for at in range(0, len(raw), size)]
    found = [each for part in parts for each in reader.messages(part)]
    assert found[:-1] == messages
    assert found[-1] == reader.finish()


@few
@given(
    st.binary(min_size=32, max_size=32),
    st.sampled_from(list(Role)),
    st.binary(min_size=16, max_size=16),
    st.none() | st.binary(min_size=16, max_size=16),
)
def test_a_certificate_comes_back_from_its_bytes(raw_key, role, school_id, parent):
    key = NodeKey.from_private(raw_key)
    made = issue_certificate(
        key, subject_public=key.public, role=role, school_id=school_id, parent=parent
    )
    assert Certificate.from_bytes(made.to_bytes()) == made


@few
@given(st.binary(max_size=200), st.binary(max_size=20), st.randoms(use_true_random=False))
def test_sealed_text_opens_to_itself(clear, context, random):
    key = SealKey.generate(random.randbytes)
    assert key.open(seal(key.public, clear, context=context, rng=random.randbytes),
                    context=context) == clear  # fmt: skip


@settings(few, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
    role=st.sampled_from(list(Role)),
    seed=st.integers(0, 2**32),
)
def test_a_home_comes_back_from_its_file(tmp_path, name, role, seed):
    import random

    key = NodeKey.generate(random.Random(seed).randbytes)
    certificate = issue_certificate(
        key, subject_public=key.public, role=role, school_id=bytes(range(16))
    )
    config = Config(role, name, bytes(range(16)), certificate, None, None, {})
    write_config(tmp_path, config)
    again = read_config(tmp_path)
    assert msgspec.structs.replace(again, settings={}) == config
    assert config_tables(again) == config_tables(config)


@few
@given(st.integers(1, 2**40 - 1), st.binary(min_size=8, max_size=8))
def test_a_tip_is_the_short_form_of_its_head(seq, log_id):
    head = Head(log_id, seq, log_id * 2)
    assert head.tip.seq == seq
    assert head.tip.chain8 == head.chain[:8]
