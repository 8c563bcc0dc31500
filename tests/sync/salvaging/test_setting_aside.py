"""A damaged store is set aside and another takes its place, whatever happens meanwhile."""

import itertools
import os
import sqlite3

import pytest

from darasa.sync import rescue
from darasa.sync.errors import StoreError
from darasa.sync.rescue import open_sound, repair, set_aside, suspect_mark
from darasa.sync.salvage import salvage
from darasa.sync.sqlite_pages import PAGE_BYTES

NOW_MS = 1_790_000_000_000


def test_a_whole_store_is_left_as_it_is(filled, everything, opened):
    path, events = filled
    suspect_mark(path).touch()
    store, made = opened(path)
    with store:
        assert made is None
        assert everything(store) == events
    assert not suspect_mark(path).exists()
    assert repair(path, rng=os.urandom, now_ms=NOW_MS) is None
    assert set_aside(path.parent) == []


def test_an_empty_wal_is_no_damage(filled, everything, opened):
    path, events = filled
    path.with_name("store.sqlite3-wal").touch()
    store, made = opened(path)
    with store:
        assert made is None
        assert everything(store) == events


def test_a_power_cut_while_it_is_put_in_place_is_gone_on_from(
    filled, monkeypatch, everything, opened
):
    path, events = filled
    raw = bytearray(path.read_bytes())
    raw[:100] = bytes(100)
    path.write_bytes(raw)

    class PowerCutError(Exception):
        pass

    original = type(path).rename

    def cut_at(limit):
        nth = itertools.count(1)

        def rename(self, target):
            if next(nth) == limit:
                raise PowerCutError
            return original(self, target)

        return rename

    for limit in (1, 2, 2):  # made, set aside, and (when it goes on) put in place
        with monkeypatch.context() as patch:
            patch.setattr(type(path), "rename", cut_at(limit))
            with pytest.raises(PowerCutError):
                opened(path)
    store, _ = opened(path)
    with store:
        assert everything(store) == events
    assert len(set_aside(path.parent)) == 1


def test_a_large_store_in_which_a_check_found_damage_is_salvaged_at_the_next_start(
    filled, monkeypatch, opened
):
    path, events = filled
    monkeypatch.setattr(rescue, "CHECKED_BYTES_MAX", 1)
    raw = bytearray(path.read_bytes())
    victim = next(each for each in events.values() if each.canonical in raw)
    place = raw.index(victim.canonical) // PAGE_BYTES * PAGE_BYTES
    raw[place : place + PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(raw)
    suspect_mark(path).touch()
    store, made = opened(path)
    store.close()
    assert made is not None
    assert not suspect_mark(path).exists()


def test_two_salvages_in_one_second_keep_both_files(filled, opened):
    path, _ = filled
    for _ in range(2):
        raw = bytearray(path.read_bytes())
        raw[:100] = bytes(100)
        path.write_bytes(raw)
        store, made = opened(path)
        store.close()
        assert made is not None
    assert len(set_aside(path.parent)) == 2
    assert rescue.CHECKED_BYTES_MAX == 200 << 20


def test_a_salvaged_store_whose_wal_stays_behind_does_not_take_the_place(
    filled, monkeypatch, everything, opened
):
    """Renamed without it, it would lose what is only there."""
    path, events = filled
    raw = bytearray(path.read_bytes())
    raw[:100] = bytes(100)
    path.write_bytes(raw)
    readers = []

    def watched(raw, wal, into, **how):
        reader = sqlite3.connect(path.with_name("store.sqlite3-making"))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        readers.append(reader)  # as a full disk does, it keeps the WAL from being folded in
        return salvage(raw, wal, into, **how)

    with monkeypatch.context() as watching:
        watching.setattr("darasa.sync.salvage.salvage", watched)
        with pytest.raises(StoreError):
            opened(path)
    readers[0].close()
    assert path.read_bytes() == raw
    store, made = opened(path)
    with store:
        assert made is not None
        assert everything(store) == events


def test_stores_set_aside_under_any_clock_sort_as_they_came_and_none_is_overwritten(tmp_path):
    path = tmp_path / "store.sqlite3"
    names = []
    for wall_ms in (NOW_MS, 0, 4_102_444_800_000, 253_402_300_799_000, -1, NOW_MS, NOW_MS):
        path.write_bytes(b"no store at all")
        store, rescue = open_sound(path, rng=os.urandom, now_ms=wall_ms)
        store.close()
        names.append(rescue.aside)
    assert set_aside(tmp_path) == names
    assert len(set(names)) == 7
