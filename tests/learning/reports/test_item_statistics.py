"""Statistics of items: sums, and what looks wrong, on learners drawn from the Rasch model."""

import math
import random
from collections.abc import Iterator

import pytest

from darasa.learning.reports.item_statistics import Doubt, ItemStatistics, statistics_of
from darasa.learning.tried import Tried, TriedRow

ITEMS, SKILLS = 60, 5
WRONG_KEY, HARD = 7, 32


def tried(item: str, *, first: int | None = 2, **fields: object) -> Tried:
    counted = int(first is not None)
    plain: dict[str, object] = {
        "pack": "p", "item": item, "skills": ("s",), "difficulty_milli": 0, "nth": 1, "chances": 1,
        "counted": counted, "alone": int(first == 2), "with_help": int(first == 1), "first": first,
        "tenths": 100,
    }  # fmt: skip
    return Tried(**{**plain, **fields})  # type: ignore[arg-type]


def one(*rows: list[Tried]) -> dict[str, ItemStatistics]:
    sums = statistics_of(TriedRow(bytes([nth]), row) for nth, row in enumerate(rows))
    return {each.key[1]: each for each in sums.items()}


def test_counts_are_summed_and_learners_are_distinct() -> None:
    found = one(
        [tried("a", chances=4, counted=3, alone=2, first=0, tenths=50)],
        [tried("a", tenths=300), tried("b", first=1, skills=("s", "t"))],
        [tried("a", first=None, chances=2)],
    )
    a, b = found["a"], found["b"]
    assert (a.learners, a.chances, a.counted, a.alone, a.with_help) == (3, 7, 4, 3, 0)
    assert (a.firsts, a.observed, a.median_ms) == (2, 0.5, 17_500)
    assert (b.alone, b.with_help, b.observed, b.skills) == (0, 1, 0.0, (("p", "s"), ("p", "t")))
    assert (a.shift, a.item_rest, a.doubts) == (None, None, ())


def test_a_skill_has_the_sums_of_its_items_and_each_learner_once() -> None:
    rows = [[tried("a"), tried("b", skills=("s", "t"), tenths=500)], [tried("a", first=0)]]
    sums = statistics_of(TriedRow(bytes([nth]), row) for nth, row in enumerate(rows))
    s, t = sums.skills()
    assert (s.key, s.learners, s.chances, s.alone, s.median_ms) == (("p", "s"), 2, 3, 2, 10_000)
    assert (t.key, t.learners, t.chances, [each.key[1] for each in t.items]) == (
        ("p", "t"), 1, 1, ["b"],
    )  # fmt: skip


def test_what_is_expected_knows_how_hard_an_item_is_and_who_was_asked() -> None:
    strong = [tried(f"x{n}") for n in range(8)]
    weak = [tried(f"x{n}", first=0) for n in range(8)]
    hard = {"difficulty_milli": -1000}
    found = one([*strong, tried("a")], [*strong, tried("c", **hard)], [*weak, tried("b")])
    rest = 8 * 0.5 / (1.5 + 8 * 0.25)  # a Newton step from eight right of items of chance .5
    for item, logit in {"a": rest, "b": -rest, "c": rest - 1}.items():
        assert found[item].expected == pytest.approx(1 / (1 + math.exp(-logit)))


def test_extreme_difficulties_and_thousands_of_answers_do_not_break_the_sums() -> None:
    row = [tried(f"i{n}", difficulty_milli=-8000) for n in range(4_000)]
    found = one(*[row] * 16)["i0"]
    assert found.expected is not None
    assert 0 < found.expected <= 1
    assert found.doubts == ()


def school(learners: int, *, seed: int) -> Iterator[TriedRow]:
    """Skills differ in how hard they are, items a little from what the pack says; two are bad."""
    rng = random.Random(seed)
    skill_off = [rng.gauss(0, 0.7) for _ in range(SKILLS)]
    item_off = [rng.gauss(0, 0.3) - (2 if n == HARD else 0) for n in range(ITEMS)]
    for number in range(learners):
        ability = rng.gauss(0, 1)
        row = []
        for n in sorted(rng.sample(range(ITEMS), 40)):
            b = (-1000, 0, 1000)[n % 3]
            logit = b / 1000 + ability + skill_off[n % SKILLS] + item_off[n]
            right = rng.random() < 1 / (1 + math.exp(-logit))
            if n == WRONG_KEY:
                right = not right
            row.append(
                tried(
                    f"i{n:02}",
                    first=2 * right,
                    skills=(f"s{n % SKILLS}",),
                    difficulty_milli=b,
                )
            )
        yield TriedRow(number.to_bytes(16, "big"), row)


@pytest.mark.parametrize("learners", [40, 150])
def test_a_wrong_key_and_a_wrong_difficulty_are_found_and_sound_items_are_left_alone(
    learners: int,
) -> None:
    """Of a class of 40 four in ten at least; of more, nine in ten; and seldom a sound item."""
    found = {Doubt.NOT_APART: 0, Doubt.HARDER: 0}
    false = sound = 0
    schools = 1200 // learners
    for seed in range(schools):
        for item in statistics_of(school(learners, seed=seed)).items():
            number = int(item.key[1][1:])
            if number == WRONG_KEY:
                found[Doubt.NOT_APART] += Doubt.NOT_APART in item.doubts
            elif number == HARD:
                found[Doubt.HARDER] += Doubt.HARDER in item.doubts
            else:
                sound += 1
                false += bool(item.doubts)
    least = 0.4 if learners == 40 else 0.9
    assert found[Doubt.NOT_APART] >= least * schools
    assert found[Doubt.HARDER] >= least * schools
    assert false <= 0.015 * sound


def test_a_hard_skill_is_no_fault_of_its_items() -> None:
    rng = random.Random(2)
    rows = []
    for _ in range(60):
        easy = [tried(f"e{n}", first=2 * (rng.random() < 0.8), skills=("e",)) for n in range(6)]
        hard = [tried(f"h{n}", first=2 * (rng.random() < 0.15), skills=("h",)) for n in range(6)]
        rows.append([*easy, *hard])
    assert {each.doubts for each in one(*rows).values()} == {()}
