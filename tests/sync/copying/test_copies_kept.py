"""Which copies stay on the disk, and which go, under any clock."""

import pytest
from msgspec.structs import replace

from darasa.sync.copy_folder import KEPT_DAYS, copies, superfluous

DAY_MS = 24 * 3_600_000
NOW_MS = 1_790_000_000_000


def note_of(number, made_ms, note):
    return replace(note, number=number, made_ms=made_ms)


def test_of_a_copy_a_day_some_are_kept_and_none_is_older_than_35_days(home, author, copy):
    author.write(1)
    note = copy().note
    kept = []
    for day in range(120):
        now = NOW_MS + day * DAY_MS
        kept.append(note_of(day + 1, now, note))
        gone = superfluous(kept, now)
        kept = [each for each in kept if each not in gone]
        assert kept[-1].number == day + 1
        assert all(now - each.made_ms <= KEPT_DAYS * DAY_MS for each in kept)
        assert len(kept) <= 13
    assert len(kept) >= 9
    assert NOW_MS + 119 * DAY_MS - kept[0].made_ms > 20 * DAY_MS


@pytest.mark.parametrize("wrong_ms", [0, 4_000_000_000_000])
def test_a_clock_that_cannot_be_right_deletes_nothing_by_age(home, author, copy, wrong_ms):
    author.write(1)
    note = copy().note
    dated = [note_of(n, NOW_MS + n * DAY_MS, note) for n in range(1, 8)]
    assert superfluous([*dated, note_of(8, wrong_ms, note)], wrong_ms) == []
    many = [note_of(n, wrong_ms, note) for n in range(1, 40)]
    assert len(superfluous(many, wrong_ms)) == 25


def test_old_copies_go_only_after_the_new_one_is_there(home, author, copy, folder):
    author.write(1)
    for day in range(9):
        made = copy(NOW_MS + day * 40 * DAY_MS)
    assert [note.number for note in copies(folder, home.node_id)] == [9]
    assert made.gone == (8,)
    assert [each.name for each in folder.iterdir()] == ["000009"]


@pytest.mark.parametrize("years", [10, -7, 12])
def test_a_clock_that_jumps_years_makes_no_copy_old(home, author, copy, years):
    author.write(1)
    note = copy().note
    start_ms = 2_000_000_000_000  # 2033: both sides of each jump are dates that can be right
    jumped_ms = start_ms + years * 365 * DAY_MS
    kept = [note_of(n, start_ms + n * DAY_MS // 4, note) for n in range(1, 6)]
    kept.append(note_of(6, jumped_ms + 2 * DAY_MS, note))
    assert superfluous(kept, kept[-1].made_ms) == []
    kept.append(note_of(7, start_ms + 2 * DAY_MS, note))
    assert superfluous(kept, kept[-1].made_ms) == []
    later = [note_of(7 + n, start_ms + n * 7 * DAY_MS, note) for n in range(1, 8)]
    gone = superfluous([*kept, *later], later[-1].made_ms)
    assert {1, 2, 3, 4, 5, 6} <= {each.number for each in gone}  # five weeks of copies later
