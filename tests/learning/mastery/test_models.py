"""What holds for every mastery model, whatever its equations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mastery_world import EVIDENCE, SKILLS, evidence

from darasa.learning.evidence import Evidence, Outcome
from darasa.learning.mastery.base import ItemRef, Model
from darasa.learning.mastery.best_lr import WEIGHTS
from darasa.learning.mastery.logistic import sigma_micro
from darasa.learning.mastery.models import NAMES, model_of, shipped
from darasa.learning.mastery.parameters import NamedValues, Parameters, ParametersError
from darasa.learning.mastery.shipped import WARM

BEST_LR = Parameters(
    model="best-lr",
    name="made",
    mode="refit",
    weights=dict(zip(WEIGHTS, (400_000, 300_000, -350_000, 200_000, -150_000), strict=True)),
    skills=(NamedValues("pack", "s1", (120_000, 310_000, -90_000)),),
    items=(NamedValues("pack", "i2", (-700_000,)),),
)
FITTED = Parameters(
    model="rlf",
    name="made",
    mode="refit",
    weights=WARM.weights,
    skills=(NamedValues("pack", "s1", (500_000, -123_457)), NamedValues("pack", "s2", (-1, 3))),
    items=(NamedValues("pack", "i2", (-1_300_001, 77_777)),),
)
MODELS: dict[str, Model[Any]] = {
    **{name: model_of(shipped(name)) for name in NAMES if name != "best-lr"},
    "best-lr": model_of(BEST_LR),
    "rlf with a pack": model_of(WARM),
    "rlf fitted": model_of(FITTED),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
SOME = settings(max_examples=40)  # of each model
ITEMS = EVIDENCE.map(ItemRef.of) | st.builds(ItemRef, st.just(SKILLS[:1]))


def folded(model: Model[Any], history: list[Evidence]) -> Any:
    state = model.start()
    for each in history:
        model.update(state, each)
    return state


@every_model
@SOME
@given(history=st.lists(EVIDENCE, max_size=40), item=ITEMS)
def test_a_chance_is_the_sigma_of_what_explains_it(
    model: Model[Any], history: list[Evidence], item: ItemRef
) -> None:
    state = folded(model, history)
    p_micro = model.predict(state, item)
    assert 0 < p_micro < 1_000_000
    assert sigma_micro(sum(part.amount_micro for part in model.explain(state, item))) == p_micro


@every_model
@SOME
@given(history=st.lists(EVIDENCE, max_size=30))
def test_bytes_give_the_state_back(model: Model[Any], history: list[Evidence]) -> None:
    state = folded(model, history)
    assert type(state).from_bytes(state.to_bytes()) == state


@every_model
@SOME
@given(history=st.lists(EVIDENCE, max_size=20), last=EVIDENCE)
def test_a_copy_stays_as_it_was(model: Model[Any], history: list[Evidence], last: Evidence) -> None:
    state = folded(model, history)
    before, kept = state.to_bytes(), state.copy()
    model.update(state, last)
    assert kept.to_bytes() == before


@every_model
@SOME
@given(history=st.lists(EVIDENCE, max_size=20), last=EVIDENCE)
def test_predicting_and_weight_nought_change_nothing(
    model: Model[Any], history: list[Evidence], last: Evidence
) -> None:
    state = folded(model, history)
    before = state.to_bytes()
    model.predict(state, ItemRef.of(last))
    model.explain(state, ItemRef.of(last))
    model.update(state, evidence(Outcome.NOT_YET, *last.skills, weight=0))
    assert state.to_bytes() == before


@every_model
def test_right_answers_raise_what_is_expected_and_wrong_ones_do_not(model: Model[Any]) -> None:
    item = ItemRef(SKILLS[:1])
    start = model.predict(model.start(), item)
    rights = folded(model, [evidence(item=f"i{n}") for n in range(8)])
    wrongs = folded(model, [evidence(Outcome.NOT_YET, item=f"i{n}") for n in range(8)])
    assert start < model.predict(rights, item)
    assert model.predict(wrongs, item) < model.predict(rights, item)


@every_model
def test_help_is_a_not_yet(model: Model[Any]) -> None:
    helped = folded(model, [evidence(Outcome.WITH_HELP)])
    assert helped == folded(model, [evidence(Outcome.NOT_YET)])


@every_model
def test_an_item_without_skills_has_a_chance_too(model: Model[Any]) -> None:
    state = folded(model, [evidence(), Evidence((), ("pack", "x"), 0, Outcome.RIGHT, 1,
                                                evidence().why, 0)])  # fmt: skip
    assert 0 < model.predict(state, ItemRef(())) < 1_000_000


@every_model
def test_parameters_of_another_model_are_refused(model: Model[Any]) -> None:
    others = [made for made in MODELS.values() if made.name != model.name]
    for other in others:
        with pytest.raises(ParametersError):
            type(model)(other.parameters)  # type: ignore[attr-defined, call-arg]


def test_best_lr_has_nothing_of_its_own() -> None:
    with pytest.raises(ParametersError, match="fit some first"):
        shipped("best-lr")
