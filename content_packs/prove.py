"""Proving an item: many draws, and in each of them everything must hold.

Owns: what must hold for every draw (content-packs section 1): no division by zero, whole numbers
where they are needed, choices that differ, a wrong answer's note that never fits a right answer.
Pure.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from darasa.content_packs.compile_items import Compiled
from darasa.content_packs.errors import ExpressionError, InstanceError, PackError
from darasa.content_packs.expression import condition, whole
from darasa.content_packs.findings import Findings
from darasa.content_packs.grading import same_text
from darasa.content_packs.instance import draw_values, possible, words_for
from darasa.content_packs.item import Answer, Item, Text, WrongNote
from darasa.content_packs.numerals import Reading, read_number
from darasa.content_packs.template import Place, fill, parts

DRAWS: Final = 200
SETS_MAX: Final = 800
WHERE_LEAST: Final = 20
"""`where` must hold for one set of numbers in so many, or a draw may never end."""
_LEARNER: Final = b"proof"
_RISKY: Final = re.compile(r"[/%]|\*\*|[a-z]{3}\(|(?:\*[^*]*){3}")
"""Formulas that can fail or grow; sums and products of drawn numbers always have a value."""


def prove(compiled: Compiled, findings: Findings, *, draws: int = DRAWS) -> bool:
    """Try an item with its numbers; the first fault becomes a finding and False is returned.

    An item that has at most `draws` sets of numbers is tried with each of them, any other one
    with as many draws as a learner's computer would make.
    """
    item = compiled.item
    line = compiled.raw.marks["vars"].line if item.vars else compiled.raw.line
    try:
        cases = _all_values(item, draws) or _drawn_values(item, draws)
    except PackError as error:
        findings.error(line, error.what, error.remedy)
        return False
    trial = _Trial(compiled)
    for values in cases:
        if fault := trial.fault(values):
            line, what, remedy = fault
            findings.error(line, f"{what}{_with(values)}.", remedy)
            return False
    return True


def _all_values(item: Item, most: int) -> list[dict[str, int]]:
    """Every set of values, or nothing when there are more than `most`.

    Raises PackError where a variable has no value.
    """
    sets: list[dict[str, int]] = [{}]
    for var in item.vars:
        spans = [(before, possible(var, before)) for before in sets]
        if sum(len(span) for _, span in spans) > SETS_MAX:
            return []
        sets = [{**before, var.name: value} for before, span in spans for value in span]
    kept = [values for values in sets if all(condition(test)(values) for test in item.where)]
    if len(kept) * WHERE_LEAST < len(sets):
        raise InstanceError(
            f"`where` holds for {len(kept)} of {len(sets)} sets of numbers, which is too few.",
            remedy="Choose `vars` so that it holds more often.",
        )
    return kept if len(kept) <= most else []


def _drawn_values(item: Item, draws: int) -> list[dict[str, int]]:
    """The different sets of values in some draws. Raises PackError."""
    names = [var.name for var in item.vars]
    drawn = {draw_values(item, words_for(_LEARNER, item.id, nth)) for nth in range(1, draws + 1)}
    return [dict(zip(names, values, strict=True)) for values in sorted(drawn)]


Fault = tuple[int, str, str]


def _with(values: Mapping[str, int]) -> str:
    if not values:
        return ""
    return " with " + ", ".join(f"{name} = {value}" for name, value in values.items())


class _Trial:
    """One item, made ready to be tried with many sets of values."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        # source of a place -> (line, whether it must be whole)
        self._places: dict[tuple[str, bool], tuple[int, Place]] = {}
        for line, text in _texts(compiled):
            for part in parts(text.plain):
                if isinstance(part, Place) and _RISKY.search(part.source):
                    self._places.setdefault((part.source, part.atom), (line, part))

    def fault(self, values: Mapping[str, int]) -> Fault | None:
        """What does not hold with these values, or None."""
        compiled = self._compiled
        line = compiled.raw.line
        try:
            for line, place in self._places.values():
                if place.atom and whole(place.value(values)) is None:
                    what = f"`{place.source}` is not a whole number"
                    return line, what, "It stands in a fraction or a power."
                place.value(values)
            line = compiled.raw.line
            return (
                _same_choices(compiled, values)
                or _answer_fault(compiled, values)
                or _wrong_fault(compiled, values)
            )
        except ExpressionError as error:
            return line, error.what.rstrip("."), error.remedy


def _texts(compiled: Compiled) -> Iterator[tuple[int, Text]]:
    item, raw = compiled.item, compiled.raw
    yield raw.prompt.line, item.prompt
    for choice, source in zip(item.choices, raw.choices, strict=True):
        yield source.text.line, choice.text
        if choice.note is not None and source.note is not None:
            yield source.note.line, choice.note
    for wrong, note in zip(item.wrong, raw.wrong, strict=True):
        yield note.note.line, wrong.note
    for hint, piece in zip(item.hints, raw.hints, strict=True):
        yield piece.line, hint
    if item.solution is not None and raw.solution is not None:
        yield raw.solution.line, item.solution
    for ask, asked in zip(item.asks, raw.asks, strict=True):
        yield asked.line, ask.prompt
        for wrong in ask.wrong:
            yield asked.line, wrong.note


def _same_choices(compiled: Compiled, values: Mapping[str, int]) -> Fault | None:
    seen: dict[str, int] = {}
    for choice, raw in zip(compiled.item.choices, compiled.raw.choices, strict=True):
        words = " ".join(fill(choice.text.plain, values).split()).casefold()
        if words in seen:
            return raw.text.line, f"Two choices both say `{words}`", "Change `vars` or a choice."
        seen[words] = raw.text.line
    return None


def _answer_fault(compiled: Compiled, values: Mapping[str, int]) -> Fault | None:
    item, raw = compiled.item, compiled.raw
    sets = [(item.answers, [answer.value.line for answer in raw.answers])]
    for ask, asked in zip(item.asks, raw.asks, strict=True):
        sets.append((ask.answers, [answer.value.line for answer in asked.answers]))
    for answers, lines in sets:
        for answer, line in zip(answers, lines, strict=True):
            if fault := _unreadable(answer, line, values):
                return fault
    return None


def _unreadable(answer: Answer, line: int, values: Mapping[str, int]) -> Fault | None:
    if answer.kind == "text":
        return None
    for template in (answer.value, answer.tolerance):
        filled = fill(template, values)
        if template and read_number(filled) is None:
            return line, f"The answer comes out as `{filled}`, which is no number", "Mend `vars`."
    return None


def _wrong_fault(compiled: Compiled, values: Mapping[str, int]) -> Fault | None:
    item, raw = compiled.item, compiled.raw
    sets = [(item.answers, item.wrong, [one.value.line for one in raw.wrong])]
    for ask, asked in zip(item.asks, raw.asks, strict=True):
        sets.append((ask.answers, ask.wrong, [one.value.line for one in asked.wrong]))
    for answers, wrongs, lines in sets:
        if not wrongs:
            continue
        right = [(answer, *_read(answer.value, values)) for answer in answers]
        for wrong, line in zip(wrongs, lines, strict=True):
            if _is_right(wrong, right, values):
                filled = fill(wrong.value, values)
                return line, f"The wrong answer `{filled}` is right", "Change `vars` or this line."
    return None


def _read(template: str, values: Mapping[str, int]) -> tuple[str, Reading | None]:
    filled = fill(template, values)
    return filled, read_number(filled)


def _is_right(
    wrong: WrongNote,
    right: list[tuple[Answer, str, Reading | None]],
    values: Mapping[str, int],
) -> bool:
    filled, reading = _read(wrong.value, values)
    for answer, words, number in right:
        if answer.kind == "text" or reading is None or number is None:
            if same_text(filled, words):
                return True
        elif answer.tolerance:
            tolerance = read_number(fill(answer.tolerance, values))
            if tolerance and abs(reading.value - number.value) <= tolerance.value:
                return True
        elif reading.value == number.value:
            return True
    return False
