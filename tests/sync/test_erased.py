"""The record of erasure and its file: signed by the school, nameless, never shortened."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.codec import CodecError
from darasa.sync.erased import ErasedRecord, erase_record, erased_digest
from darasa.sync.erased_file import add_erased, read_erased
from darasa.sync.ids import SchoolId
from darasa.sync.signing import NodeKey

RNG = random.Random(5).randbytes
KEY = NodeKey.generate(RNG)
SCHOOL = SchoolId(b"s" * 16)


def records(count: int) -> list[ErasedRecord]:
    return [erase_record(KEY, SCHOOL, RNG(16)) for _ in range(count)]


def test_a_record_does_not_hold_the_id_and_is_the_schools():
    learner = RNG(16)
    record = erase_record(KEY, SCHOOL, learner)
    assert learner not in record.to_bytes()
    assert record.is_signed_by(KEY.public)
    assert not record.is_signed_by(NodeKey.generate(RNG).public)
    assert erase_record(KEY, SCHOOL, learner) == record


@given(st.integers(0, 95))
def test_a_changed_byte_is_no_longer_signed(place):
    record = erase_record(KEY, SCHOOL, b"l" * 16)
    raw = bytearray(record.school_id + record.learner_hash + record.signature)
    raw[place] ^= 1
    changed = ErasedRecord(bytes(raw[:16]), bytes(raw[16:32]), bytes(raw[32:]))
    assert not changed.is_signed_by(KEY.public)


@given(st.lists(st.binary(min_size=16, max_size=16)))
def test_equal_sets_have_equal_digests_whatever_their_order(hashes):
    shuffled = [*reversed(hashes), *hashes]
    assert erased_digest(hashes) == erased_digest(shuffled)
    assert (erased_digest(hashes) is None) == (not hashes)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_record_reader(raw):
    with pytest.raises(CodecError):
        ErasedRecord.from_bytes(raw)


def test_the_file_grows_and_says_how_much(tmp_path):
    file, made = tmp_path / "erased", records(3)
    assert read_erased(file) == frozenset()
    assert add_erased(file, made[:2]) == 2
    assert add_erased(file, made) == 1
    assert add_erased(file, made) == 0
    assert read_erased(file) == frozenset(made)


def test_a_file_cut_at_any_byte_loses_at_most_the_torn_record_and_takes_it_again(tmp_path):
    file, made = tmp_path / "erased", records(3)
    for record in made:
        add_erased(file, [record])
    whole = file.read_bytes()
    for cut in range(0, len(whole) + 1, 7):
        file.write_bytes(whole[:cut])
        kept = read_erased(file)
        assert kept <= frozenset(made)
        assert len(kept) >= whole[:cut].count(b"\n\n")
        add_erased(file, made)
        assert read_erased(file) == frozenset(made)


@given(raw=st.binary(max_size=500))
def test_no_bytes_break_the_file_reader(tmp_path_factory, raw):
    file = tmp_path_factory.mktemp("erased") / "erased"
    file.write_bytes(raw)
    assert read_erased(file) == frozenset()
