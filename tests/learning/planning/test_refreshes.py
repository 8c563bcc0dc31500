from darasa.content_packs.safe_text import SafeText
from darasa.learning.planning.refreshes import refreshes
from darasa.learning.skill_state import DAY_MS, HOUR_MS
from darasa.learning.views import SkillStanding, Standing

T = 1_715_616_000_000


def due(skill: str, *, p: int = 500_000, resting: bool = False) -> SkillStanding:
    return row(skill, Standing.REFRESH, p=p, resting=resting)


def row(
    skill: str,
    standing: Standing,
    *,
    p: int = 500_000,
    last_ms: int = T - 9 * DAY_MS,
    resting: bool = False,
) -> SkillStanding:
    return SkillStanding(
        key=("sums", skill),
        title=SafeText(skill),
        unit=SafeText("Numbers"),
        standing=standing,
        p_micro=p,
        depth=0,
        last_ms=last_ms,
        shown_ms=T - 20 * DAY_MS,
        resting=resting,
    )


def offered(*rows: SkillStanding) -> str:
    return "".join(each.key[1] for each in refreshes(rows, T))


def test_three_are_offered_the_lowest_chance_first() -> None:
    assert offered(due("a", p=9), due("b", p=3), due("c", p=5), due("d", p=7)) == "bcd"


def test_those_refreshed_today_are_of_the_three() -> None:
    today = [row(name, Standing.KEPT, last_ms=T - HOUR_MS) for name in "xyz"]
    left = [due(name) for name in "abcd"]
    assert [len(offered(*today[:done], *left)) for done in range(4)] == [3, 2, 1, 0]


def test_those_of_yesterday_and_what_was_got_today_are_not() -> None:
    yesterday = row("x", Standing.KEPT, last_ms=T - 17 * HOUR_MS)
    ahead = row("z", Standing.KEPT, last_ms=T + 20_000 * DAY_MS)
    assert offered(yesterday, ahead, due("a"), due("b"), due("c")) == "abc"


def test_one_that_is_still_due_after_today_takes_no_place_twice() -> None:
    again = row("a", Standing.REFRESH, last_ms=T - HOUR_MS)
    assert offered(again, due("b"), due("c"), due("d")) == "abc"


def test_what_rests_is_not_offered() -> None:
    assert offered(due("a", resting=True), due("b")) == "b"
