from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.evidence import Evidence, Outcome, SkillKey, Why
from darasa.learning.mastery.base import ItemRef
from darasa.learning.mastery.elo import Elo, EloState
from darasa.learning.mastery.logistic import sigma_micro

MODEL = Elo()
SKILLS: tuple[SkillKey, ...] = tuple(("pack", f"s{n}") for n in range(4))


def seen(outcome: Outcome, *skills: SkillKey, b: int = 0, weight: int = 1) -> Evidence:
    return Evidence(skills or SKILLS[:1], ("pack", "i"), b, outcome, weight, Why.COUNTS, 0)


EVIDENCE = st.builds(
    lambda skills, b, outcome, weight: Evidence(
        tuple(skills), ("pack", "i"), b, outcome, weight, Why.COUNTS, 0
    ),
    skills=st.lists(st.sampled_from(SKILLS), min_size=1, max_size=3, unique=True),
    b=st.integers(-8_000, 8_000),
    outcome=st.sampled_from(Outcome),
    weight=st.integers(0, 1),
)


def folded(history: list[Evidence]) -> EloState:
    state = MODEL.start()
    for evidence in history:
        MODEL.update(state, evidence)
    return state


@given(st.lists(EVIDENCE, max_size=60), EVIDENCE)
def test_probability_stays_between_nought_and_one(history: list[Evidence], last: Evidence) -> None:
    item = ItemRef(last.skills, last.difficulty_milli)
    assert 0 < MODEL.predict(folded(history), item) < 1_000_000


@given(st.lists(EVIDENCE, max_size=40), EVIDENCE)
def test_explanation_adds_up_exactly_to_the_prediction(
    history: list[Evidence], last: Evidence
) -> None:
    state, item = folded(history), ItemRef(last.skills, last.difficulty_milli)
    logit = sum(part.amount_micro for part in MODEL.explain(state, item))
    assert sigma_micro(logit) == MODEL.predict(state, item)


@given(st.lists(EVIDENCE, max_size=40))
def test_bytes_give_the_state_back(history: list[Evidence]) -> None:
    state = folded(history)
    assert EloState.from_bytes(state.to_bytes()) == state


@given(st.lists(EVIDENCE, max_size=20), st.lists(st.sampled_from(Outcome), max_size=12))
def test_answers_on_one_skill_change_no_other(
    history: list[Evidence], outcomes: list[Outcome]
) -> None:
    before = folded(history)
    after = before.copy()
    for outcome in outcomes:
        MODEL.update(after, seen(outcome, SKILLS[0]))
    assert all(after.rating(skill) == before.rating(skill) for skill in SKILLS[1:])


@given(st.lists(EVIDENCE, max_size=20), EVIDENCE)
def test_right_never_lowers_and_not_yet_never_raises(
    history: list[Evidence], last: Evidence
) -> None:
    state, item = folded(history), ItemRef(last.skills, last.difficulty_milli)
    before = MODEL.predict(state, item)
    MODEL.update(state, last)
    after = MODEL.predict(state, item)
    if last.right_alone:
        assert after >= before
    else:
        assert after <= before


def test_an_answer_that_weighs_nothing_changes_nothing() -> None:
    state = folded([seen(Outcome.RIGHT)])
    MODEL.update(state, seen(Outcome.NOT_YET, weight=0))
    assert state == folded([seen(Outcome.RIGHT)])


def test_help_is_a_not_yet_to_the_model() -> None:
    assert folded([seen(Outcome.WITH_HELP)]) == folded([seen(Outcome.NOT_YET)])


def test_the_first_steps_are_those_of_the_equations() -> None:
    # U(0) = 1, U(1) = 20/21; P = sigma(theta + b)
    assert folded([seen(Outcome.RIGHT)]).rating(SKILLS[0]).theta_micro == 500_000
    second = 500_000 + 20 * (1_000_000 - sigma_micro(500_000)) // 21
    assert folded([seen(Outcome.RIGHT)] * 2).rating(SKILLS[0]).theta_micro == second


def test_a_harder_item_is_less_likely_and_teaches_more_when_right() -> None:
    start = MODEL.start()
    easy, hard = ItemRef(SKILLS[:1], 1_000), ItemRef(SKILLS[:1], -1_000)
    assert MODEL.predict(start, easy) > MODEL.predict(start, hard)
    after_hard = folded([seen(Outcome.RIGHT, b=-1_000)])
    after_easy = folded([seen(Outcome.RIGHT, b=1_000)])
    assert after_hard.rating(SKILLS[0]).theta_micro > after_easy.rating(SKILLS[0]).theta_micro
