"""How soon a learner leaves a skill, by the fold, the rule and the choice of items together."""

from collections.abc import Callable

from darasa.content_packs.item import difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.kinds import Attempt
from darasa.learning.learner_state import fold
from darasa.learning.planning.mastery_rule import may_show
from darasa.learning.planning.next_item import Before, Chosen, Rest, next_item
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId

T = 1_772_000_000_000
Store = Callable[..., list[StoredEvent]]


def answers_until_got(
    rights: str, sums: Pack, make_attempt: Callable[..., Attempt], store_events: Store
) -> int | None:
    """After how many of these answers it may be said, one a minute; None when never."""
    done: list[Attempt] = []
    for n, right in enumerate(rights):
        state = fold(store_events(*done, happened=lambda seq: T + seq * 60_000))
        before = Before(b"seed", first=n == 0)
        learner, now_ms = LearnerId(bytes(16)), T + (n + 1) * 60_000
        found = next_item(sums, state, "carry", before, learner_id=learner, now_ms=now_ms)
        if isinstance(found, Rest):
            assert found is Rest.TOMORROW
            return None
        assert isinstance(found, Chosen)
        done.append(
            make_attempt(
                "carry",
                right=right == "1",
                item=found.item.id,
                nth=found.nth,
                values=(n,),
                difficulty_milli=difficulty_milli(found.item),
            )
        )
        state = fold(store_events(*done, happened=lambda seq: T + seq * 60_000))
        if may_show(state.skill(("sums", "carry"))):
            return n + 1
    return None


def test_who_knows_a_skill_leaves_it_in_three_items(
    sums: Pack, make_attempt: Callable[..., Attempt], store_events: Store
) -> None:
    assert answers_until_got("1" * 12, sums, make_attempt, store_events) == 3


def test_a_slip_costs_two_items_more_at_most(
    sums: Pack, make_attempt: Callable[..., Attempt], store_events: Store
) -> None:
    for slip in range(2):
        rights = "1" * slip + "0" + "1" * 12
        found = answers_until_got(rights, sums, make_attempt, store_events)
        assert found is not None
        assert found <= 6


def test_who_does_not_know_it_is_never_moved_on(
    sums: Pack, make_attempt: Callable[..., Attempt], store_events: Store
) -> None:
    for rights in ("0" * 30, "10" * 15, "100" * 10):
        assert answers_until_got(rights, sums, make_attempt, store_events) is None
