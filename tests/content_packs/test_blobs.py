import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.blobs import RATIO_MAX, pack_blob, unpack_blob, zstd
from darasa.content_packs.errors import PackDamagedError, PackError
from darasa.content_packs.manifest import BLOB_BYTES_MAX

RAW = bytes(range(256)) * 4


def _unpack(frame: bytes, raw: bytes, size: int | None = None) -> bytes:
    digest = hashlib.sha256(raw).hexdigest()
    return unpack_blob(frame, size=len(raw) if size is None else size, sha256=digest)


@given(st.binary(min_size=1, max_size=2000))
def test_unpacking_inverts_packing(raw: bytes) -> None:
    try:
        frame = pack_blob(raw)
    except PackError:
        assert len(raw) > RATIO_MAX  # says the same thing over and over
        return
    assert _unpack(frame, raw) == raw


@given(st.binary(max_size=200), st.integers(1, BLOB_BYTES_MAX))
def test_no_bytes_raise_anything_but_pack_damaged(frame: bytes, size: int) -> None:
    with pytest.raises(PackDamagedError):
        unpack_blob(frame, size=size, sha256="0" * 64)


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_never_gives_other_bytes(at: int, bit: int) -> None:
    frame = bytearray(pack_blob(RAW))
    frame[at % len(frame)] ^= 1 << bit
    with contextlib.suppress(PackDamagedError):
        assert _unpack(bytes(frame), RAW) == RAW


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    raw = bytes(4 * 1024 * 1024)
    frame = zstd.compress(raw)
    assert len(raw) > RATIO_MAX * len(frame)
    with pytest.raises(PackDamagedError, match="swell"):
        _unpack(frame, raw)


def test_a_frame_that_claims_another_size_is_refused() -> None:
    frame = zstd.compress(bytes(200_000))
    with pytest.raises(PackDamagedError, match="size"):
        _unpack(frame, RAW)


def test_a_frame_without_a_size_is_refused() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.content_size_flag: 0}
    with pytest.raises(PackDamagedError, match="size"):
        _unpack(zstd.compress(RAW, options=options), RAW)


def test_a_frame_with_a_lying_header_is_refused() -> None:
    # A frame of 16 bytes whose header claims 2**40 of them.
    lying = b"\x28\xb5\x2f\xfd\xe0" + (2**40).to_bytes(8, "little") + b"\x01\x00\x00"
    with pytest.raises(PackDamagedError, match="size"):
        _unpack(lying, RAW)


def test_a_huge_window_is_refused() -> None:
    # window descriptor 0x88 asks for 128 MiB; the size field says 1024
    frame = b"\x28\xb5\x2f\xfd\x40\x88" + (len(RAW) - 256).to_bytes(2, "little") + b"\x01\x00\x00"
    with pytest.raises(PackDamagedError):
        _unpack(frame, RAW)


def test_a_second_frame_after_the_first_is_refused() -> None:
    with pytest.raises(PackDamagedError, match="signed"):
        _unpack(pack_blob(RAW) * 2, RAW)


def test_other_bytes_of_the_same_size_are_refused() -> None:
    with pytest.raises(PackDamagedError, match="signed"):
        _unpack(pack_blob(RAW[::-1]), RAW)


@pytest.mark.parametrize("raw", [b"", b"x" * 100_000])
def test_what_could_not_be_unpacked_is_not_packed(raw: bytes) -> None:
    with pytest.raises(PackError):
        pack_blob(raw)
