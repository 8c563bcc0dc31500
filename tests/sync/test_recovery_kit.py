"""The recovery kit: two sheets bring the keys back, one alone tells nothing, a typo is found."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.recovery_kit import (
    FORMAT,
    KitError,
    RecoveryKit,
    half_of_text,
    half_to_text,
    join_kit,
    split_kit,
)

RNG = random.Random(3).randbytes


def kit_of(keys: int = 1, name: str = "Kisima Primary") -> RecoveryKit:
    return RecoveryKit(FORMAT, RNG(16), name, RNG(32), tuple(RNG(32) for _ in range(keys)))


def sheets(kit: RecoveryKit) -> list[str]:
    return [half_to_text(half, name=kit.name, made="2026-11-22") for half in split_kit(kit, RNG)]


def joined(texts: list[str]) -> RecoveryKit:
    return join_kit([half_of_text(text) for text in texts])


@given(keys=st.integers(1, 32), name=st.text(max_size=60))
def test_two_sheets_in_any_order_give_the_kit_back(keys, name):
    kit = kit_of(keys, name)
    one, two = sheets(kit)
    assert joined([one, two]) == joined([two, one]) == kit


def test_a_sheet_may_be_typed_in_small_letters_with_look_alikes_and_lost_spaces():
    kit = kit_of()
    typed = []
    for text in sheets(kit):
        head, rows = text.split("\n\n", 1)
        lines = [line.split(" ", 1) for line in rows.splitlines()]
        strange = [f"{n} {rest.lower().replace('0', 'o').replace('1', 'l')}" for n, rest in lines]
        typed.append(f"{head}\n\n" + "\n".join(strange))
    assert joined(typed) == kit


def test_one_half_holds_no_byte_of_the_kit_in_its_place():
    kit = kit_of()
    halves = [split_kit(kit, RNG) for _ in range(200)]
    raw = kit.to_bytes()
    for which in (0, 1):
        same = sum(a == b for pair in halves for a, b in zip(pair[which].raw, raw, strict=True))
        assert same < 3 * len(halves) * len(raw) / 256  # no more than chance gives


def test_every_mistyped_letter_is_found_in_its_row():
    one, two = sheets(kit_of())
    head, rows = one.split("\n\n", 1)
    lines = rows.splitlines()
    for number, line in enumerate(lines):
        for place in range(3, len(line)):
            if line[place] == " ":
                continue
            wrong = line[:place] + ("A" if line[place] != "A" else "B") + line[place + 1 :]
            text = f"{head}\n\n" + "\n".join([*lines[:number], wrong, *lines[number + 1 :]])
            with pytest.raises(KitError) as found:
                joined([text, two])
            named = (f"Row {number + 1} of half 1", "belong together")  # 1 in 1,024 passes the row
            assert any(words in str(found.value) for words in named)


def test_a_missing_row_is_named_and_a_missing_end_too():
    one, two = sheets(kit_of())
    lines = one.splitlines()
    with pytest.raises(KitError, match="Row 4 is missing in half 1"):
        joined(["\n".join(line for line in lines if not line.startswith("04")), two])
    with pytest.raises(KitError, match="end of half 1"):
        joined(["\n".join(lines[:-1]), two])


def test_a_row_whose_number_is_no_number_is_a_missing_row():
    one, two = sheets(kit_of())
    lines = [
        line.replace("04", "\u2074", 1) if line.startswith("04") else line
        for line in one.splitlines()
    ]
    with pytest.raises(KitError, match="Row 4 is missing in half 1"):
        joined(["\n".join(lines), two])


def test_halves_of_two_kits_and_one_half_twice_are_refused():
    kit = kit_of()
    (one, _), (_, other_two) = sheets(kit), sheets(kit)
    with pytest.raises(KitError, match="do not belong together"):
        joined([one, other_two])
    with pytest.raises(KitError, match="half 1 and its half 2"):
        joined([one, one])


@given(st.text())
def test_no_text_breaks_the_reader(text):
    with pytest.raises(KitError):
        half_of_text(text)
