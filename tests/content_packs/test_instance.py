from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.errors import InstanceError
from darasa.content_packs.grading import correct_text
from darasa.content_packs.instance import ItemInstance, draw, redraw
from darasa.content_packs.item import (
    Answer,
    Choice,
    Item,
    Text,
    Var,
    difficulty_milli,
    with_version,
)


def _text(words: str) -> Text:
    return Text(markdown=words, plain=words, spoken=words)


ITEM = with_version(
    Item(
        id="equiv-02",
        kind="choice",
        skills=("equiv",),
        prompt=_text("@{n}/@{d}?"),
        choices=tuple(Choice(text=_text(f"@{{n+{at}}}"), right=at == 0) for at in range(4)),
        vars=(Var(name="n", low="2", high="9"), Var(name="d", low="n+1", high="12")),
    )
)


@given(st.binary(max_size=32), st.integers(1, 2**20))
def test_a_draw_is_the_same_for_ever(learner_id: bytes, nth: int) -> None:
    first = draw(ITEM, learner_id=learner_id, nth=nth)
    assert first == draw(ITEM, learner_id=learner_id, nth=nth)
    n, d = first.values
    assert 2 <= n < d <= 12
    assert sorted(first.order) == [0, 1, 2, 3]
    assert first.prompt == f"{n}/{d}?"
    assert first.choices == tuple(str(n + at) for at in first.order)


def test_a_draw_keeps_its_golden_values() -> None:
    """Another implementation must draw the same (FORMAT.md section 6)."""
    drawn = [draw(ITEM, learner_id=b"amina", nth=nth) for nth in (1, 2, 3)]
    assert [(one.values, one.order) for one in drawn] == GOLDEN


# Computed from the page, apart from the code under test.
GOLDEN = [((5, 8), (1, 2, 3, 0)), ((4, 12), (2, 3, 1, 0)), ((2, 7), (2, 0, 3, 1))]


def test_neighbours_and_instances_differ() -> None:
    seen = Counter(draw(ITEM, learner_id=bytes([at]), nth=1).values for at in range(200))
    assert len(seen) > 20
    assert {one for one, _ in seen} == set(range(2, 10))


def test_fixed_order_keeps_the_source_order() -> None:
    fixed = with_version(Item(**{**_fields(ITEM), "fixed_order": True}))
    assert draw(fixed, learner_id=b"x", nth=1).order == (0, 1, 2, 3)


def _fields(item: Item) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}


def test_an_old_instance_can_be_shown_again() -> None:
    old = draw(ITEM, learner_id=b"amina", nth=7)
    assert redraw(ITEM, values=old.values, order=old.order, nth=7) == old
    assert redraw(ITEM, values=old.values).order == (0, 1, 2, 3)


def test_values_of_another_version_are_refused() -> None:
    with pytest.raises(InstanceError, match="another version"):
        redraw(ITEM, values=(1,))
    with pytest.raises(InstanceError, match="another version"):
        redraw(ITEM, values=(2, 3), order=(0, 0, 1, 2))


def test_a_drawn_instance_is_fit_for_a_screen() -> None:
    hostile = with_version(Item(**{**_fields(ITEM), "prompt": _text("a\x1b[2Jb")}))
    assert draw(hostile, learner_id=b"x", nth=1).prompt == "a\ufffd[2Jb"


def test_a_formula_without_value_is_an_instance_error() -> None:
    broken = with_version(
        Item(
            id="x",
            kind="answer",
            skills=("s",),
            prompt=_text("@{1/(n-n)}"),
            answers=(Answer(value="1", kind="number"),),
            vars=(Var(name="n", low="1", high="2"),),
        )
    )
    with pytest.raises(InstanceError, match="zero"):
        draw(broken, learner_id=b"x", nth=1)


def test_where_and_options_hold_in_every_draw(make_item: Callable[[str], Item]) -> None:
    item = make_item(
        "vars: n = 1..8; d = 2, 3, 5; s = n+d\nwhere: gcd(n, d) == 1; n < d\n\n"
        "What is $\\frac{@{n}}{@{d}}$ of @{d}?\n\n= @{n}\n"
    )
    for nth in range(1, 100):
        n, d, s = draw(item, learner_id=b"x", nth=nth).values
        assert d in (2, 3, 5)
        assert 0 < n < d
        assert s == n + d


def test_harder_items_have_a_lower_logit() -> None:
    levels = [Item(**{**_fields(ITEM), "difficulty": level}) for level in (1, 2, 3)]
    assert [difficulty_milli(item) for item in levels] == [1000, 0, -1000]
    challenge = Item(**{**_fields(ITEM), "difficulty": 3, "challenge": True})
    assert difficulty_milli(challenge) == -1500


def test_the_version_follows_the_built_form() -> None:
    other = with_version(Item(**{**_fields(ITEM), "difficulty": 3}))
    assert len(ITEM.version) == 8
    assert ITEM.version != other.version
    assert with_version(ITEM) == ITEM


def test_choices_that_differ_at_their_end_differ_on_the_screen(
    make_instance: Callable[[str], ItemInstance],
) -> None:
    long = "word " * 60
    instance = make_instance(f"\nWhich?\n\n- [x] {long}at home\n- [ ] {long}at sea\n")
    assert set(instance.choices) == {f"{long}at home", f"{long}at sea"}
    assert correct_text(instance) == f"{long}at home"
