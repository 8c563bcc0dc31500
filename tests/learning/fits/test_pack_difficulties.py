"""What a fit says of a pack's items, in the unit that packs use."""

import random
from dataclasses import replace as with_fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import Answer, Item, Text, with_version, written_milli
from darasa.content_packs.skill import Skill
from darasa.learning.errors import FitError
from darasa.learning.fits.pack_difficulties import Far, pack_difficulties
from darasa.learning.mastery.models import shipped
from darasa.learning.mastery.parameters import NamedValues
from darasa.learning.mastery.shipped import WARM

ONE = Text("1 + 1?", "1 + 1?", "1 + 1?")


def pack_of(*items: tuple[str, str, int], skills=("add", "carry")):
    """Items as (id, skill or skills joined by a comma, difficulty)."""
    made = [
        with_version(
            Item(
                id=name,
                kind="answer",
                skills=tuple(of.split(",")),
                prompt=ONE,
                difficulty=difficulty,
                answers=(Answer("2", "number"),),
            )
        )
        for name, of, difficulty in items
    ]
    return invented_pack([Skill(id=s, title=s) for s in skills], made, pack_id="sums")


def fit(pack="sums", **logits: float):
    """A fit that says these logits of items, with the weight of difficulties that ships."""
    return replace(WARM, items=tuple(row(name, b, pack=pack) for name, b in logits.items()))


def row(name: str, b: float, u: float = 0, *, pack: str = "sums"):
    return NamedValues(pack, name, (round(b * 1e6), round(u * 1e6)))


SIX = pack_of(*((f"q{n}", "add", n // 2 + 1) for n in range(6)))  # 1 1 2 2 3 3


def test_items_stand_apart_as_their_answers_say_and_the_skill_keeps_its_level():
    found = pack_difficulties(SIX, fit(q0=4.0, q1=3.0, q2=2.0, q3=1.9, q4=1.1, q5=0.0))
    assert found.fitted_milli == {
        "q0": 2_000, "q1": 1_000, "q2": 0, "q3": -100, "q4": -900, "q5": -2_000,
    }  # fmt: skip
    assert (found.from_answers, found.from_skills, found.as_written) == (6, 0, 0)


def test_a_skill_that_is_hard_as_a_whole_is_not_hard_in_its_own_unit():
    easy = fit(q0=3.0, q1=3.0, q2=2.0, q3=2.0, q4=1.0, q5=1.0)
    hard = fit(q0=0.0, q1=0.0, q2=-1.0, q3=-1.0, q4=-2.0, q5=-2.0)
    assert pack_difficulties(SIX, easy) == pack_difficulties(SIX, hard)


def test_a_correction_beside_the_state_counts_as_much_as_the_weights_give_it():
    weight = WARM.weights["b"]
    plain = pack_difficulties(SIX, fit(q0=0.0, q1=0.0, q2=0.0, q3=0.0, q4=0.0, q5=-1.0))
    by_u = replace(
        WARM,
        items=(
            *(row(f"q{n}", 0.0) for n in range(5)),
            NamedValues("sums", "q5", (0, -weight)),
        ),
    )
    assert pack_difficulties(SIX, by_u).fitted_milli == plain.fitted_milli
    small = {**WARM.weights, "b": weight // 2}
    halved = replace(fit(q0=0, q1=0, q2=0, q3=0, q4=0, q5=-2.0), weights=small)
    assert pack_difficulties(SIX, halved).fitted_milli == plain.fitted_milli


def test_an_item_that_nobody_answered_has_the_mean_of_its_skill_and_the_rest_stay_as_written():
    pack = pack_of(
        ("a1", "add", 1), ("a2", "add", 2), ("a3", "add", 3), ("new", "add", 3),
        ("both", "add,carry", 2), ("alone", "carry", 3),
    )  # fmt: skip
    found = pack_difficulties(pack, fit(a1=2.0, a2=0.0, a3=-2.0))
    assert found.fitted_milli == {"a1": 2_000, "a2": 0, "a3": -2_000, "new": 0, "both": 0}
    assert (found.from_answers, found.from_skills, found.as_written) == (3, 2, 1)


def test_an_item_of_two_skills_stands_between_their_levels():
    pack = pack_of(("a", "add", 2), ("c", "carry", 2), ("both", "add,carry", 2))
    found = pack_difficulties(pack, fit(a=1.0, c=-1.0))
    assert found.fitted_milli["both"] == 0
    assert found.from_skills == 1


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_skill_is_left_with_fewer_items_that_can_show_it(data):
    steps = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=12))
    pack = pack_of(*((f"q{n}", "add", step) for n, step in enumerate(steps)))
    known = data.draw(st.sets(st.integers(0, len(steps) - 1), min_size=1))
    logits = {f"q{n}": data.draw(st.floats(-6, 6)) for n in sorted(known)}
    found = pack_difficulties(pack, fit(**logits))
    written = [written_milli(item) <= 0 for item in pack.items.values()]
    assert sum(milli <= 0 for milli in found.fitted_milli.values()) >= sum(written)
    assert found.fitted_milli.keys() == pack.items.keys()
    by_ease = sorted(logits, key=lambda name: logits[name])
    now = [found.fitted_milli[name] for name in by_ease]
    assert now == sorted(now)  # their order is that of the answers


def test_the_order_of_rows_changes_nothing():
    rows = list(fit(q0=4.0, q1=3.1, q2=2.0, q3=1.9, q4=1.1).items)
    found = pack_difficulties(SIX, replace(WARM, items=tuple(rows)))
    random.Random(3).shuffle(rows)
    assert pack_difficulties(SIX, replace(WARM, items=tuple(rows))) == found


def test_a_file_of_answers_names_items_by_their_ids_and_the_packs_own_rows_go_before():
    of_file = fit(pack="", q0=3.0, q1=-3.0)
    assert pack_difficulties(SIX, of_file).from_answers == 2
    own = replace(of_file, items=(*of_file.items, row("q0", -3.0), row("q0", 9.0, pack="other")))
    alike = fit(q0=-3.0, q1=-3.0)
    assert pack_difficulties(SIX, own) == pack_difficulties(SIX, alike)


def test_an_item_far_from_its_step_is_told_beside_the_others_of_its_skill():
    found = pack_difficulties(SIX, fit(q0=-1.5, q1=1.0, q2=0.0, q3=0.0, q4=-1.0, q5=-1.0))
    assert [(far.item, far.written) for far in found.far] == [("q0", 1)]
    assert found.far[0].harder_milli == pytest.approx(2_083, abs=1)
    easier = pack_difficulties(SIX, fit(q0=1.0, q1=1.0, q2=0.0, q3=0.0, q4=-1.0, q5=1.0))
    assert easier.far == (with_fields(easier.far[0], item="q5", written=3),)
    assert isinstance(easier.far[0], Far)
    assert easier.far[0].harder_milli < -1_000


def test_absurd_numbers_stay_within_what_a_pack_may_say():
    found = pack_difficulties(SIX, fit(q0=50.0, q1=-50.0))
    assert all(-8_000 <= milli <= 8_000 for milli in found.fitted_milli.values())


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (fit(pack="other", q0=1.0), "knows no item of the pack sums"),
        (fit(q99=1.0), "knows no item of the pack sums"),
        (shipped("elo"), "no fit that packs can use"),
        (replace(WARM, items=(NamedValues("sums", "q0", (1,)),)), "has 1 values, not 2"),
        (replace(WARM, items=(row("q0", 1.0), row("q0", 2.0))), "named twice"),
    ],
)
def test_a_fit_that_says_nothing_of_the_pack_is_refused(made, why):
    with pytest.raises(FitError, match=why):
        pack_difficulties(SIX, made)
