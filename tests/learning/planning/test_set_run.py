import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from darasa.learning.kinds import Help
from darasa.learning.practice.set_run import (
    OnScreen,
    Place,
    Result,
    Seen,
    SetRun,
    counts,
    place_bytes,
    place_from,
)
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import ItemRole, Phase

RUN = SetRun(
    pack="sums", skill="count", size=8, seed=b"x", before=(("count", "ready"),), first=True
)
SITTING = bytes(8)


def answered(*rights: bool, hints: int = 0) -> OnScreen:
    at = OnScreen("count-1", 1)
    for _ in range(hints):
        at = at.with_hint()
    for right in rights:
        at = replace(at.with_answer(right=right), phase=Phase.FEEDBACK)
    return at


@pytest.mark.parametrize(
    ("at", "result"),
    [
        (answered(True), Result.RIGHT_FIRST),
        (answered(False, True), Result.LATER),
        (answered(True, hints=1), Result.AFTER_HINT),
        (answered(False, True, hints=1), Result.AFTER_HINT),
        (answered(False), Result.NOT_YET),
        (answered(False, False, False), Result.NOT_YET),
    ],
)
def test_an_item_ends_in_one_of_four_ways(at: OnScreen, result: Result) -> None:
    assert at.result() is result
    run = RUN.with_item(at).finished()
    assert counts(run)[result] == 1
    assert (run.at, run.first) == (None, False)


def test_the_third_not_yet_shows_the_solution() -> None:
    at = OnScreen("count-1", 1)
    phases = []
    for _ in range(3):
        at = at.with_answer(right=False)
        phases.append(at.phase)
    assert phases == [Phase.FEEDBACK, Phase.FEEDBACK, Phase.SOLUTION]
    assert at.is_over
    assert at.help == Help.SOLUTION


def test_help_is_the_number_of_hints_and_two_flags() -> None:
    at = OnScreen("count-1", 1).with_hint().with_lesson().with_hint().with_solution()
    assert (at.hints, Help(at.help)) == (2, Help(2) | Help.LESSON | Help.SOLUTION)
    many = OnScreen("count-1", 1)
    for _ in range(20):
        many = many.with_hint()
    assert (many.hints, many.help) == (15, 15)


def test_a_lesson_read_after_the_item_is_over_is_no_help() -> None:
    at = OnScreen("count-1", 1).with_answer(right=True)
    assert at.with_lesson() is at


def test_what_the_next_item_depends_on_is_kept() -> None:
    helped = RUN.with_item(answered(True, hints=1)).finished()
    assert (helped.helped, helped.not_yets) == ("count-1", 0)
    failed = RUN.with_item(answered(False, False, False)).finished()
    assert (failed.failed, failed.not_yets) == ("count-1", 1)
    later = failed.with_item(answered(False, True)).finished()
    assert (later.failed, later.not_yets) == (None, 2)
    assert later.with_item(answered(True)).finished().not_yets == 0


def test_one_not_yet_that_was_left_is_remembered() -> None:
    assert RUN.with_item(answered(False)).finished().left_untried == 1
    assert RUN.with_item(answered(False, False)).finished().left_untried == 0


def test_an_item_that_was_never_tried_is_not_counted() -> None:
    assert RUN.showing("count-1", 1).finished().results == ()


def test_solutions_seen_are_remembered_for_seven_days() -> None:
    place = Place(SITTING).with_seen(Seen("sums", "count-1", (3,), DAY_MS))
    assert place.has_seen("sums", "count-1", (3,), 8 * DAY_MS)
    assert not place.has_seen("sums", "count-1", (3,), 8 * DAY_MS + 1)
    assert not place.has_seen("sums", "count-1", (4,), 2 * DAY_MS)
    later = place.with_seen(Seen("sums", "count-2", (), 9 * DAY_MS))
    assert [seen.item for seen in later.seen] == ["count-2"]


PLACES = st.builds(
    Place,
    sitting=st.just(SITTING),
    run=st.none()
    | st.builds(
        SetRun,
        pack=st.text(max_size=9),
        skill=st.text(max_size=9),
        size=st.integers(0, 9),
        seed=st.binary(max_size=9),
        before=st.just((("count", "ready"),)),
        first=st.booleans(),
        at=st.none() | st.builds(OnScreen, item=st.text(max_size=9), nth=st.integers(1, 99)),
        results=st.lists(st.integers(0, 3), max_size=8).map(tuple),
        skipped=st.just((OnScreen("count-4", 2, came_back=True),)),
        helped=st.none() | st.text(max_size=9),
        role=st.sampled_from(ItemRole),
        last=st.none() | st.tuples(st.text(max_size=9), st.sampled_from(ItemRole)),
        reviewed=st.lists(st.text(max_size=9), max_size=2).map(tuple),
        mixed=st.lists(st.text(max_size=9), max_size=2).map(tuple),
        steps=st.lists(st.text(max_size=9), max_size=2).map(tuple),
        left=st.lists(st.text(max_size=9), max_size=2).map(tuple),
        step_rights=st.integers(0, 2),
    ),
    seen=st.lists(
        st.builds(
            Seen,
            pack=st.text(max_size=5),
            item=st.text(max_size=5),
            values=st.lists(st.integers(-99, 99), max_size=3).map(tuple),
            seen_ms=st.integers(0, 2**40),
        ),
        max_size=3,
    ).map(tuple),
)


@given(PLACES)
def test_bytes_give_the_place_back(place: Place) -> None:
    assert place_from(place_bytes(place), SITTING) == place


def test_a_place_that_an_earlier_version_wrote_goes_on() -> None:
    """It has neither roles nor skills of items: arrays that end earlier."""
    at = OnScreen("count-1", 2, Phase.FEEDBACK, 1)
    place = Place(SITTING, run=replace(RUN, at=at))
    number, value = msgspec.msgpack.decode(place_bytes(place))
    value[1][6] = value[1][6][:8]
    value[1] = value[1][:16]
    assert place_from(msgspec.msgpack.encode((number, value)), SITTING) == place


def test_items_of_other_skills_are_remembered_by_what_they_were() -> None:
    run = RUN.showing("add-1", 1, skill="add", role=ItemRole.REVIEW).with_item(
        OnScreen("add-1", 1, tries=1, right=True, skill="add", role=ItemRole.REVIEW)
    )
    done = run.finished()
    assert (done.reviewed, done.mixed, done.last) == (("add",), (), ("add", ItemRole.REVIEW))
    mixed = done.showing("carry-1", 1, skill="carry", role=ItemRole.MIXED)
    assert (mixed.reviewed, mixed.mixed) == (("add",), ("carry",))
    own = mixed.showing("count-2", 1).with_item(answered(True)).finished()
    assert (own.mixed, own.last) == (("carry",), ("count", ItemRole.SET))


def test_two_right_first_lead_back_from_a_step_and_less_does_not() -> None:
    run = RUN.stepping_back("less").stepping_back("least")
    assert (run.steps, run.left) == (("less", "least"), ("count", "less"))
    once = run.with_item(answered(True)).finished()
    for at in (answered(False, True), answered(True, hints=1), answered(False)):
        again = once.with_item(at).finished().with_item(answered(True)).finished()
        assert again.returning().steps == ("less", "least")
    twice = once.with_item(answered(True)).finished().returning()
    assert (twice.steps, twice.step_rights) == (("less",), 0)
    assert RUN.returning() is RUN


@given(st.binary(max_size=60))
def test_bytes_of_anything_else_are_a_new_place(raw: bytes) -> None:
    assert place_from(raw, SITTING) == Place(SITTING)


def test_a_place_of_another_format_is_a_new_place() -> None:
    newer = bytes([0x92, 99]) + place_bytes(Place(SITTING, run=RUN))[2:]
    assert place_from(newer, SITTING) == Place(SITTING)
    assert place_from(None, SITTING) == Place(SITTING)


def test_a_solution_seen_by_a_clock_far_ahead_takes_no_answers_weight_for_months() -> None:
    ahead = Place(SITTING).with_seen(Seen("sums", "count-1", (), 100 * DAY_MS))
    assert ahead.has_seen("sums", "count-1", (), 100 * DAY_MS)
    assert not ahead.has_seen("sums", "count-1", (), 9 * DAY_MS)
    since = ahead.with_seen(Seen("sums", "count-2", (), 9 * DAY_MS))
    assert [seen.item for seen in since.seen] == ["count-2"]
