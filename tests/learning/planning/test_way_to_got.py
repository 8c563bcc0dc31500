"""How many right answers would bring "Got it": as many as it then takes, by the same fold."""

import random
from collections.abc import Callable

import pytest

from darasa.learning.kinds import Attempt, MasteryShown
from darasa.learning.learner_state import digest, fold, start
from darasa.learning.planning.mastery_rule import Condition, may_show
from darasa.learning.planning.way_to_got import RIGHTS_MAX, way_to_got
from darasa.sync.event import StoredEvent

KEY = ("sums", "count")
Store = Callable[..., list[StoredEvent]]


def answers(make_attempt: Callable[..., Attempt], rights: str, *, hard: int = 0) -> list[Attempt]:
    return [
        make_attempt("count", right=right == "1", item=f"count-{n}", nth=n + 1,
                     values=(n,), difficulty_milli=hard)
        for n, right in enumerate(rights)
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_as_many_right_answers_as_it_says_bring_it_and_none_less(
    make_attempt: Callable[..., Attempt], store_events: Store, seed: int
) -> None:
    draw = random.Random(seed)
    before = "".join(draw.choice("01") for _ in range(draw.randrange(9)))
    done = answers(make_attempt, before)
    events = store_events(*done)
    state = fold(events) if events else start()
    at_ms = events[-1].happened_ms if events else 0
    way = way_to_got(state, KEY, at_ms=at_ms)
    assert way.rights is not None
    for given in range(1, way.rights + 1):
        after = [
            make_attempt("count", right=True, item=f"fresh-{n}", nth=1, values=(n,))
            for n in range(given)
        ]
        begun = at_ms - 60_000 * len(done)
        now = fold(store_events(*done, *after, happened=lambda seq, b=begun: b + seq * 60_000))
        assert may_show(now.skill(KEY)) is (given == way.rights)
    assert now.skill(KEY).p_micro == way.p_micro


def test_what_is_missing_is_told_with_it(
    make_attempt: Callable[..., Attempt], store_events: Store
) -> None:
    state = fold(store_events(*answers(make_attempt, "10")))
    was = digest(state)
    way = way_to_got(state, KEY, at_ms=0)
    assert [lack.condition for lack in way.lacks] == [*Condition]
    assert digest(state) == was


def test_a_pack_that_asks_for_more_takes_more(
    make_attempt: Callable[..., Attempt], store_events: Store
) -> None:
    state = fold(store_events(*answers(make_attempt, "10")))
    plain = way_to_got(state, KEY, at_ms=0)
    asking = way_to_got(state, KEY, at_ms=0, instances=12)
    assert plain.rights is not None
    assert asking.rights == 10 > plain.rights


def test_what_was_said_needs_nothing_more(
    make_attempt: Callable[..., Attempt], store_events: Store
) -> None:
    shown = MasteryShown(bytes(8), *KEY, "rule", bytes(8), 1)
    state = fold(store_events(*answers(make_attempt, "10"), shown))
    way = way_to_got(state, KEY, at_ms=0)
    assert (way.lacks, way.rights) == ((), 0)


def test_a_way_that_is_too_long_is_not_counted_out(
    make_attempt: Callable[..., Attempt], store_events: Store
) -> None:
    state = fold(store_events(*answers(make_attempt, "0" * 40, hard=3_000)))
    way = way_to_got(state, KEY, at_ms=0, p_micro=985_000)
    assert way.rights is None
    assert RIGHTS_MAX == 20
