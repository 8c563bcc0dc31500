from __future__ import annotations

import hashlib
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mastery_world import BEGAN_MS, EVIDENCE, HOUR_MS, SKILLS, evidence, invented

from darasa.learning.evidence import Evidence, Outcome
from darasa.learning.mastery.base import ItemRef
from darasa.learning.mastery.integer_log import COUNT_MAX
from darasa.learning.mastery.logistic import sigma_micro
from darasa.learning.mastery.parameters import NamedValues, Parameters, ParametersError
from darasa.learning.mastery.rlf import Rlf
from darasa.learning.mastery.rlf_features import FEATURES
from darasa.learning.mastery.rlf_state import ItemTrace, RlfState, SkillTrace
from darasa.learning.mastery.shipped import COLD, WARM, with_difficulties

MODEL = Rlf(WARM)
FITTED = Parameters(
    model="rlf",
    name="made",
    mode="refit",
    weights=WARM.weights,
    skills=(NamedValues("pack", "s1", (500_000, -120_000)),),
    items=(NamedValues("pack", "i2", (-1_300_000, 70_000)),),
)


def folded(history: list[Evidence], model: Rlf = MODEL) -> RlfState:
    state = model.start()
    for each in history:
        model.update(state, each)
    return state


def named(state: RlfState, item: ItemRef, model: Rlf = MODEL) -> dict[str, int]:
    return dict(zip(FEATURES, model.features(state, item), strict=True))


@given(st.lists(EVIDENCE, max_size=40), EVIDENCE, st.sampled_from([COLD, WARM, FITTED]))
def test_the_straight_line_is_the_sum_of_weights_and_features(
    history: list[Evidence], last: Evidence, parameters: Parameters
) -> None:
    model = Rlf(parameters)
    state, item = folded(history, model), ItemRef.of(last)
    weighed = sum(parameters.weights[name] * x for name, x in named(state, item, model).items())
    own = sum(u for row in parameters.skills for key, (_, u) in [((row.pack, row.name), row.values)]
              if key in item.skills)  # fmt: skip
    own += sum(row.values[1] for row in parameters.items if (row.pack, row.name) == item.item)
    logit = parameters.weights["intercept"] + own + weighed // 1_000_000
    assert model.predict(state, item) == sigma_micro(logit)


def test_the_features_are_those_of_the_equations() -> None:
    """Twelve answers by the equations in floating point, as far as whole numbers can follow."""
    pattern = [1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0]
    history = [
        evidence(Outcome.RIGHT if right else Outcome.NOT_YET, item=f"i{n % 3}", b=250 * (n % 3))
        for n, right in enumerate(pattern)
    ]
    g = v = gf = vf = s = w = sr = wr = prev = 0.0
    for n, right in enumerate(pattern):
        b = 0.9 + 0.25 * (n % 3)
        p0 = 1 / (1 + math.exp(-b))
        e, var = right - p0, p0 * (1 - p0)
        prev = right - 1 / (1 + math.exp(-(b + g / (1.5 + v))))
        g, v = 0.97 * g + e, 0.97 * v + var
        gf, vf = 0.6 * gf + e, 0.6 * vf + var
        s, w = 0.9 * s + prev, 0.9 * w + var
        sr, wr = 0.4 * sr + prev, 0.4 * wr + var
    found = named(folded(history), ItemRef(SKILLS[:1], 250, ("pack", "i1")))
    expected = {
        "b": 1.15,
        "level": g / (1.5 + v),
        "form": gf / (1 + vf),
        "right_all": math.log(1 + 8),
        "wrong_all": math.log(1 + 4),
        "prev": prev,
        "skill": s / (1 + w),
        "skill_recent": sr / (0.5 + wr),
        "right_k": math.log(1 + 8),
        "wrong_k": math.log(1 + 4),
        "new_k": 0,
        "streak": 0,
        "gap": 0,
        "att_7d": 0,
        "right_7d": 0,
        "seen": 1,
        "right_i": math.log(1 + 2),
        "wrong_i": math.log(1 + 2),
        "last_i": 1,
        "same": 1,
        "same_prev": -1,
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] / 1e6 == pytest.approx(value, abs=2e-5), name


def test_time_is_hours_since_and_counts_with_a_half_life_of_a_week() -> None:
    history = [
        evidence(at_ms=BEGAN_MS),
        evidence(Outcome.NOT_YET, at_ms=BEGAN_MS + 7 * 24 * HOUR_MS),
    ]
    after = BEGAN_MS + 14 * 24 * HOUR_MS
    found = named(folded(history), ItemRef(SKILLS[:1], at_ms=after))
    assert found["gap"] / 1e6 == pytest.approx(math.log(1 + 7 * 24), abs=1e-3)
    assert found["att_7d"] / 1e6 == pytest.approx(math.log(1 + 0.75), abs=2e-3)
    assert found["right_7d"] / 1e6 == pytest.approx(math.log(1 + 0.25), abs=2e-3)
    backwards = named(folded(history), ItemRef(SKILLS[:1], at_ms=BEGAN_MS))
    assert backwards["gap"] == 0
    assert backwards["att_7d"] / 1e6 == pytest.approx(math.log(1 + 1.5), abs=2e-3)


def test_without_clocks_time_says_nothing() -> None:
    history = [evidence(), evidence(Outcome.NOT_YET)]
    for at_ms in (0, BEGAN_MS):
        found = named(folded(history), ItemRef(SKILLS[:1], at_ms=at_ms))
        assert found["gap"] == found["att_7d"] == found["right_7d"] == 0


def test_several_skills_count_as_their_mean() -> None:
    state = folded([evidence(Outcome.RIGHT, SKILLS[0])] * 3)
    one = named(state, ItemRef(SKILLS[:1]))
    both = named(state, ItemRef(SKILLS[:2]))
    assert both["right_k"] == one["right_k"] // 2
    assert (one["new_k"], both["new_k"]) == (0, 500_000)


def test_an_unknown_item_has_the_mean_of_its_skills_and_what_the_pack_says() -> None:
    model = Rlf(FITTED)
    state, mean = model.start(), FITTED.weights["mu"]

    def b(item: ItemRef) -> int:
        return model.features(state, item)[0]

    assert b(ItemRef(SKILLS[1:2], item=("pack", "i2"))) == -1_300_000
    assert b(ItemRef(SKILLS[1:2], item=("pack", "new"))) == 500_000
    assert b(ItemRef(SKILLS[1:2], -250, ("pack", "new"))) == 250_000
    assert b(ItemRef(SKILLS[:1], item=("pack", "new"))) == mean
    assert b(ItemRef(SKILLS[:2], item=("pack", "new"))) == (mean + 500_000) // 2


def test_difficulties_alone_come_with_the_weights_that_ship() -> None:
    alone = with_difficulties(FITTED)
    assert alone.mode == "pack"
    assert alone.weights == WARM.weights
    assert alone.items == (NamedValues("pack", "i2", (-1_300_000, 0)),)
    with pytest.raises(ParametersError, match="only rlf"):
        with_difficulties(Parameters(model="elo", name="x", mode="refit", weights={"mu": 0}))


def test_counts_stop_where_their_table_ends() -> None:
    full = RlfState(
        right=COUNT_MAX,
        skills={SKILLS[0]: SkillTrace(right=COUNT_MAX, streak=COUNT_MAX)},
        items={("pack", "i"): ItemTrace(right=COUNT_MAX)},
    )
    MODEL.update(full, evidence())
    assert full.right == full.skills[SKILLS[0]].right == full.items["pack", "i"].right == COUNT_MAX
    assert 0 < MODEL.predict(full, ItemRef(SKILLS[:1], item=("pack", "i"))) < 1_000_000


GOLDEN = "5a0f4744dcf5e0fa4ee3cf9daf9652e0"
"""Of the states of four invented learners. Another digest is another model: raise its version."""

_PROGRAM = """
import hashlib, math, sys
sys.path.insert(0, sys.argv[1])
import mastery_world
def refuse(*_): raise AssertionError("a C library's own")
for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "pow", "sqrt", "tanh"):
    setattr(math, name, refuse)
from darasa.learning.mastery.rlf import Rlf
from darasa.learning.mastery.shipped import WARM
model, states, hashed = Rlf(WARM), {}, hashlib.blake2b(digest_size=16)
for row in mastery_world.invented(learners=4, items=30, answers=300, each=2, clock=True):
    state = states.setdefault(row.learner, model.start())
    hashed.update(model.predict(state, row.ref()).to_bytes(4, "big"))
    model.update(state, row.evidence())
for state in states.values():
    hashed.update(state.to_bytes())
print(hashed.hexdigest())
"""


def digest_of_invented() -> str:
    states: dict[str, RlfState] = {}
    hashed = hashlib.blake2b(digest_size=16)
    for row in invented(learners=4, items=30, answers=300, each=2, clock=True):
        state = states.setdefault(row.learner, MODEL.start())
        hashed.update(MODEL.predict(state, row.ref()).to_bytes(4, "big"))
        MODEL.update(state, row.evidence())
    for state in states.values():
        hashed.update(state.to_bytes())
    return hashed.hexdigest()


def test_equal_answers_give_the_same_bytes_on_every_machine() -> None:
    assert digest_of_invented() == GOLDEN


def test_no_byte_depends_on_the_c_library_s_exp_and_log() -> None:
    """The same digest in a program in which calling any of them fails."""
    helpers = next(path for path in sys.path if path.endswith("tests/learning"))
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, helpers], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == GOLDEN, done.stderr


def test_a_learner_of_ten_thousand_items_keeps_her_state_through_its_bytes() -> None:
    state = folded([evidence(item=f"item {n}") for n in range(10_000)])
    assert RlfState.from_bytes(state.to_bytes()) == state
