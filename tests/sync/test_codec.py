import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.codec import (
    ARRAY_MAX,
    DEPTH_MAX,
    CodecError,
    pack,
    pack_struct,
    unpack,
    unpack_canonical,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=40)
    | st.binary(max_size=300)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=5).map(tuple), max_leaves=20)


def nested(depth: int) -> tuple:
    value: tuple = ()
    for _ in range(depth - 1):
        value = (value,)
    return value


@given(VALUES)
def test_unpack_inverts_pack(value):
    assert unpack_canonical(pack(value)) == value


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_decoder(raw):
    try:
        value = unpack(raw)
    except CodecError:
        return
    assert unpack(pack(value)) == value


@given(VALUES, st.data())
def test_canonical_bytes_have_one_spelling(value, data):
    raw = bytearray(pack(value))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    try:
        changed = unpack_canonical(bytes(raw))
    except CodecError:
        return
    assert pack(changed) == bytes(raw)


def test_lists_are_packed_as_tuples_are():
    assert pack([1, [2, 3]]) == pack((1, (2, 3))) == bytes.fromhex("9201920203")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("cb3ff0000000000000", "a float"),
        ("cb7ff8000000000000", "NaN"),
        ("ca3f800000", "a short float"),
        ("80", "an empty map"),
        ("8101c0", "a map"),
        ("d6ff00000000", "a timestamp"),
        ("d40100", "an extension"),
        ("cfffffffffffffffff", "an integer beyond 63 bits"),
        ("a1ff", "a string that is not UTF-8"),
        ("c1", "a reserved byte"),
        ("", "nothing"),
        ("0101", "two values"),
        ("dc000f", "an array that is cut short"),
        ("ddffffffff", "an array that claims four billion elements"),
        ("c6ffffffff", "bytes that claim four gigabytes"),
    ],
)
def test_what_the_format_has_not_is_refused(raw, why):
    with pytest.raises(CodecError):
        unpack(bytes.fromhex(raw))


@pytest.mark.parametrize(
    "raw", ["cc01", "cd0001", "d90161", "c500016d", "dc000101", "d001", "d1ff80"]
)
def test_longer_spellings_are_not_canonical(raw):
    with pytest.raises(CodecError):
        unpack_canonical(bytes.fromhex(raw))
    unpack(bytes.fromhex(raw))


@pytest.mark.parametrize("value", [1.5, {}, {1: 2}, {1}, 2**63, -(2**63) - 1, object(), "\ud800"])
def test_strangers_are_not_packed(value):
    with pytest.raises(CodecError):
        pack((value,))


def test_depth_is_limited_both_ways():
    assert unpack(pack(nested(DEPTH_MAX))) == nested(DEPTH_MAX)
    with pytest.raises(CodecError):
        pack(nested(DEPTH_MAX + 1))
    with pytest.raises(CodecError):
        unpack(b"\x91" * DEPTH_MAX + b"\x90")
    with pytest.raises(CodecError):
        unpack(b"\x91" * 100_000)


def test_arrays_strings_and_messages_are_limited():
    assert len(unpack(pack((0,) * ARRAY_MAX))) == ARRAY_MAX
    with pytest.raises(CodecError):
        unpack(pack((0,) * (ARRAY_MAX + 1)))
    with pytest.raises(CodecError):
        unpack(pack("x" * 16_385))
    with pytest.raises(CodecError):
        unpack(pack(b"x" * 100), limit=100)


@given(VALUES)
def test_what_is_packed_by_its_types_has_the_same_bytes(value):
    assert pack_struct((value,)) == pack((value,))


def test_a_number_beyond_64_bits_is_refused_in_a_struct_too():
    with pytest.raises(CodecError, match="cannot be packed"):
        pack_struct((1 << 64,))
