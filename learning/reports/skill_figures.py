"""A report on a skill as plain figures and lines: for text, CSV and JSON. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from darasa.learning.reports.item_statistics import Doubt, ItemStatistics
from darasa.learning.reports.skill_report import OUTSIDE_MIN, SkillReport
from darasa.learning.reports.wrong_answers import WrongAnswer

ITEM_COLUMNS: Final = (
    "item", "learners", "chances", "right alone", "with help", "median s", "expected", "observed",
    "shift", "item-rest", "look at it",
)  # fmt: skip

SHORT_COLUMNS: Final = ("item", "learners", "right", "expected", "seconds", "look at it")

DOUBTS: Final = {
    Doubt.HARDER: "Far harder than its difficulty.",
    Doubt.NOT_APART: "Those who know more do no better. Is its key right?",
}
_WRONG_MAX: Final = 12


def item_row(item: ItemStatistics) -> list[Any]:
    """One item under ITEM_COLUMNS; empty where there are too few answers to say."""
    return [
        item.key[1],
        item.learners,
        item.chances,
        item.alone,
        item.with_help,
        "" if item.median_ms is None else item.median_ms / 1_000,
        _rounded(item.expected),
        _rounded(item.observed),
        _rounded(item.shift),
        _rounded(item.item_rest),
        " ".join(DOUBTS[each] for each in item.doubts),
    ]


def short_row(item: ItemStatistics) -> list[str]:
    """One item under SHORT_COLUMNS, for a narrow terminal: shares are of first tries."""
    share = "" if item.observed is None else f"{item.observed:.0%}"
    expected = "" if item.expected is None else f"{item.expected:.0%}"
    seconds = "" if item.median_ms is None else f"{item.median_ms / 1_000:.0f}"
    doubts = " ".join(DOUBTS[each] for each in item.doubts)
    return [item.key[1], str(item.learners), share, expected, seconds, doubts]


def skill_figures(told: SkillReport) -> dict[str, Any]:
    """Everything, for JSON. Shares are 0 to 1, times in milliseconds, `shift` in logits."""
    found = told.statistics
    return {
        "skill": "/".join(told.key),
        "title": told.title,
        "unit": told.unit,
        "class": None if told.record is None else told.record.name,
        "learners": told.of,
        "tried": told.tried,
        "states_of": told.known,
        "states": {str(standing): count for standing, count in told.states},
        "certainty": {str(word): count for word, count in told.certain},
        "learners_of_skill": None if found is None else found.learners,
        "chances": None if found is None else found.chances,
        "counted": None if found is None else found.counted,
        "right_alone": None if found is None else found.alone,
        "with_help": None if found is None else found.with_help,
        "median_ms": None if found is None else found.median_ms,
        "wrong_answers": [_wrong(each) for each in told.wrong],
        "items": [] if found is None else [item_figures(each) for each in found.items],
        "withheld": told.withheld,
        "as_of_ms": told.as_of_ms,
    }


def skill_lines(told: SkillReport) -> Iterator[str]:
    """What comes before the table of items, for a terminal."""
    where = "The whole school" if told.record is None else str(told.record.name)
    yield f"{told.title}   ({told.unit})" if told.unit else str(told.title)
    yield f"{where}: {told.of} learners."
    yield ""
    states = [f"{standing} {count}" for standing, count in told.states if count]
    words = [f"{word} {count}" for word, count in told.certain if count]
    if told.record is None and told.known < told.of:
        yield f"States are counted of {told.known} of them, taken by chance."
    yield f"States:  {', '.join(states) or 'too few to tell'}"
    yield f"These are:  {', '.join(words) or 'too few to tell'}"
    found = told.statistics
    if told.record is None and told.tried < told.of:
        yield f"What follows is of the answers of {told.tried} of them, taken by chance."
    if found is not None:
        seconds = "" if found.median_ms is None else f" Usual time {found.median_ms // 1_000} s."
        yield (
            f"{found.learners} learners had {found.chances} chances; of {found.counted} that count"
            f" {found.alone} were right alone, {found.with_help} with help.{seconds}"
        )
    if told.wrong:
        yield ""
        yield "Common wrong answers:"
    for each in told.wrong[:_WRONG_MAX]:
        yield f"  {each.learners} learners   {each.asked}  ->  {each.answered}"
        if each.note:
            yield f"      {each.note}"
    if told.withheld:
        yield ""
        yield f"{told.withheld} lines are left out: they tell of fewer than {OUTSIDE_MIN} learners."


def item_figures(item: ItemStatistics) -> dict[str, Any]:
    """One item, for JSON."""
    return {
        "item": "/".join(item.key),
        "learners": item.learners,
        "chances": item.chances,
        "counted": item.counted,
        "right_alone": item.alone,
        "with_help": item.with_help,
        "first_tries": item.firsts,
        "median_ms": item.median_ms,
        "expected": item.expected,
        "observed": item.observed,
        "shift": item.shift,
        "item_rest": item.item_rest,
        "doubts": [str(each) for each in item.doubts],
    }


def _wrong(each: WrongAnswer) -> dict[str, Any]:
    return {
        "item": "/".join(each.item),
        "asked": each.asked,
        "answered": each.answered,
        "note": each.note or None,
        "learners": each.learners,
    }


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, 2)
