"""One item tried with one set of numbers after another.

Owns: what must hold for every draw (content-packs section 1): no division by zero, whole numbers
where they are needed, choices that differ, answers that read as numbers, no known wrong answer
that is right. What does not depend on the numbers is worked out once. Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from darasa.content_packs.compile_items import Compiled
from darasa.content_packs.errors import ExpressionError
from darasa.content_packs.expression import whole
from darasa.content_packs.grading import same_text
from darasa.content_packs.item import Answer, AnswerKind, Text, WrongNote
from darasa.content_packs.numerals import DIGITS_MAX, read_number
from darasa.content_packs.raw_items import RawItem
from darasa.content_packs.template import Place, fill, parts

Values = Mapping[str, int]
Fault = tuple[int, str, str]
"""The line, what is wrong (without its full stop), how to mend it."""
Ratio = tuple[int, int]
"""A number as numerator and denominator, not reduced; the second may be negative."""

_SHORT: Final = 10 ** (DIGITS_MAX // 2)
_RISKY: Final = re.compile(r"[/%]|\*\*|[a-z]{3}\(|(?:\*[^*]*){3}")
"""Formulas that can fail or grow; sums and products of drawn numbers always have a value."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A right or wrong answer, ready to be worked out."""

    line: int
    template: str
    kind: AnswerKind
    ratio: Callable[[Values], Ratio | None]
    tolerance: str = ""


class Trial:
    """One item, made ready."""

    def __init__(self, compiled: Compiled) -> None:
        item, raw = compiled.item, compiled.raw
        self._line = raw.line
        self._places = _risky_places(compiled)
        self._choices = [
            (source.text.line, choice.text.plain)
            for choice, source in zip(item.choices, raw.choices, strict=True)
        ]
        self._sides = [_side(item.answers, item.wrong, raw)]
        self._sides += [
            _side(ask.answers, ask.wrong, asked)
            for ask, asked in zip(item.asks, raw.asks, strict=True)
        ]

    def fault(self, values: Values) -> Fault | None:
        """What does not hold with these values, or None."""
        line = self._line
        try:
            for line, place in self._places:
                value = place.value(values)
                if place.atom and whole(value) is None:
                    what = f"`{place.source}` is not a whole number"
                    return line, what, "It stands in a fraction or a power."
            line = self._line
            return self._same_choices(values) or self._answer_fault(values)
        except ExpressionError as error:
            return line, error.what.rstrip("."), error.remedy

    def _same_choices(self, values: Values) -> Fault | None:
        seen: set[str] = set()
        for line, plain in self._choices:
            words = " ".join(fill(plain, values).split()).casefold()
            if words in seen:
                return line, f"Two choices both say `{words}`", "Change `vars` or a choice."
            seen.add(words)
        return None

    def _answer_fault(self, values: Values) -> Fault | None:
        for answers, wrongs in self._sides:
            right: list[tuple[_Value, Ratio | None]] = []
            for answer in answers:
                ratio = answer.ratio(values)
                if answer.kind == "number" and ratio is None:
                    return _no_number(answer, answer.template, values)
                if answer.tolerance:
                    within = _read(answer.tolerance, values)
                    if within is None:
                        return _no_number(answer, answer.tolerance, values)
                    if within[0] < 0:  # nothing would be right
                        what = f"The tolerance comes out as `{fill(answer.tolerance, values)}`"
                        return answer.line, what, "It is 0 or more: write  = 10 +- 0.5"
                right.append((answer, ratio))
            for wrong in wrongs:
                if _is_right(wrong, right, values):
                    what = f"The wrong answer `{fill(wrong.template, values)}` is right"
                    return wrong.line, what, "Change `vars` or this line."
        return None


def _no_number(answer: _Value, template: str, values: Values) -> Fault:
    what = f"The answer comes out as `{fill(template, values)}`, which is no number"
    return answer.line, what, "Mend `vars` or the answer."


def _risky_places(compiled: Compiled) -> list[tuple[int, Place]]:
    found: dict[tuple[str, bool], tuple[int, Place]] = {}
    for line, text in _texts(compiled):
        for part in parts(text.plain):
            if isinstance(part, Place) and _RISKY.search(part.source):
                found.setdefault((part.source, part.atom), (line, part))
    return list(found.values())


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


def _side(
    answers: tuple[Answer, ...], wrongs: tuple[WrongNote, ...], raw: RawItem
) -> tuple[list[_Value], list[_Value]]:
    return (
        [
            _Value(one.value.line, answer.value, answer.kind, _ratio(answer), answer.tolerance)
            for answer, one in zip(answers, raw.answers, strict=True)
        ],
        [
            _Value(one.value.line, wrong.value, wrong.kind, _ratio(wrong))
            for wrong, one in zip(wrongs, raw.wrong, strict=True)
        ],
    )


def _ratio(answer: Answer | WrongNote) -> Callable[[Values], Ratio | None]:
    """From values to the number that an answer is; None for words and for what is no number.

    The two shapes that nearly all answers have, `@{a}` and `@{a}/@{b}`, need no text in between.
    """
    if answer.kind == "text":
        return lambda _: None
    match parts(answer.value):
        case (Place() as one,):
            return lambda values: _typeable(one.value(values).as_integer_ratio())
        case (Place() as top, "/", Place() as bottom):
            return lambda values: _over(top, bottom, values)
        case _:
            return lambda values: _read(answer.value, values)


def _over(top: Place, bottom: Place, values: Values) -> Ratio | None:
    above, below = top.value(values), bottom.value(values)
    if isinstance(above, int) and isinstance(below, int) and below:
        return _typeable((above, below))
    return None


def _typeable(ratio: Ratio) -> Ratio | None:
    """A number that is read again when it is typed; None for one of too many figures."""
    above, below = ratio
    if abs(above) < _SHORT and abs(below) < _SHORT:
        return ratio
    text = str(above) if below == 1 else f"{above}/{below}"
    return ratio if read_number(text) is not None else None


def _read(template: str, values: Values) -> Ratio | None:
    reading = read_number(fill(template, values))
    return None if reading is None else reading.value.as_integer_ratio()


def _is_right(wrong: _Value, right: list[tuple[_Value, Ratio | None]], values: Values) -> bool:
    ratio = wrong.ratio(values)
    for answer, number in right:
        if ratio is None or number is None:
            if same_text(fill(wrong.template, values), fill(answer.template, values)):
                return True
        elif answer.tolerance:
            tolerance = _read(answer.tolerance, values) or (0, 1)
            if abs(Fraction(*ratio) - Fraction(*number)) <= Fraction(*tolerance):
                return True
        elif ratio[0] * number[1] == number[0] * ratio[1]:
            return True
    return False
