"""Invented evidence and invented answers for the tests of mastery models."""

from __future__ import annotations

import random
from collections.abc import Iterator

from hypothesis import strategies as st

from darasa.learning.evidence import Evidence, Outcome, SkillKey, Why
from darasa.learning.mastery.answers_csv import Answer

HOUR_MS = 3_600_000
BEGAN_MS = 1_772_000_000_000
SKILLS: tuple[SkillKey, ...] = tuple(("pack", f"s{n}") for n in range(4))


def evidence(
    outcome: Outcome = Outcome.RIGHT,
    *skills: SkillKey,
    item: str = "i",
    b: int = 0,
    weight: int = 1,
    at_ms: int = 0,
) -> Evidence:
    return Evidence(skills or SKILLS[:1], ("pack", item), b, outcome, weight, Why.COUNTS, at_ms)


EVIDENCE = st.builds(
    lambda skills, item, b, outcome, weight, hour: evidence(
        outcome, *skills, item=f"i{item}", b=b, weight=weight,
        at_ms=BEGAN_MS + hour * HOUR_MS if hour else 0,
    ),
    skills=st.lists(st.sampled_from(SKILLS), min_size=1, max_size=3, unique=True),
    item=st.integers(0, 5),
    b=st.integers(-8_000, 8_000),
    outcome=st.sampled_from(Outcome),
    weight=st.integers(0, 1),
    hour=st.integers(0, 2_000),
)  # fmt: skip


def _normal(rng: random.Random) -> float:
    """Of mean 0 and deviation 1, by sums alone: the same on every machine."""
    return sum(rng.random() for _ in range(12)) - 6


def invented(
    *,
    learners: int,
    items: int,
    answers: int,
    seed: int = 1,
    skills: int = 6,
    each: int = 1,
    clock: bool = False,
    once: bool = False,
) -> Iterator[Answer]:
    """Answers of a Rasch world in which practice on a skill helps: P = sigma(a_s + b_i + .15 n_sk).

    `each`: skills an item has at most; `once`: no learner meets an item twice.
    """
    from darasa.learning.mastery.logistic import sigma_micro

    rng = random.Random(seed)
    ease = [0.8 + _normal(rng) for _ in range(items)]
    of_item = [
        tuple(("", f"skill {k}") for k in rng.sample(range(skills), rng.randint(1, each)))
        for _ in range(items)
    ]
    for s in range(learners):
        ability, now = _normal(rng), BEGAN_MS
        met: dict[SkillKey, int] = {}
        order = rng.sample(range(items), items) if once else []
        for n in range(answers):
            item = order[n % items] if once else rng.randrange(items)
            seen = min(met.get(key, 0) for key in of_item[item])
            chance = sigma_micro(int((ability + ease[item] + 0.15 * seen) * 1e6))
            now += rng.randrange(20_000, 90_000) if rng.random() < 0.95 else 20 * HOUR_MS
            yield Answer(
                f"learner {s}", of_item[item], ("", f"item {item}"),
                rng.randrange(1_000_000) < chance, now if clock else 0,
            )  # fmt: skip
            for key in of_item[item]:
                met[key] = met.get(key, 0) + 1
