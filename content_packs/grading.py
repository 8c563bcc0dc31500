"""Judging an answer: exact, kind, and without ever raising on what a learner typed.

Owns: verdicts and how answers are compared. Numbers are compared as fractions, texts as words
(`written_words`). Says nothing of help, tries or mastery. Pure.
"""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

from darasa.content_packs.errors import ExpressionError
from darasa.content_packs.instance import TEXT_LENGTH_MAX, ItemInstance, shown
from darasa.content_packs.item import Answer, AnswerKind, Text
from darasa.content_packs.numerals import Reading, ascii_digit, in_words, read_number
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.content_packs.template import fill
from darasa.content_packs.written_words import folded_words, squeezed

TYPED_MAX: Final = 200
"""Code points of a typed answer, as the attempt event holds it."""


_KEYS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bb\u02bc\u2032\u00b4\uff07`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\uff02", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"),
        "\N{MASCULINE ORDINAL INDICATOR}": "\N{DEGREE SIGN}",
    }
)


class Verdict(Enum):
    """What an answer is. The last two are no tries: the learner is asked to write again."""

    RIGHT = "right"
    NOT_YET = "not-yet"
    WRITE_AS_ASKED = "write-as-asked"  # equal, but not in the form asked for
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True, slots=True)
class Picked:
    """Choices, by their places in the source (not on the screen)."""

    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed."""

    text: str


Response = Picked | Typed


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict, the author's note about this very answer, how it was read, the right answer."""

    verdict: Verdict
    feedback: SafeText | None
    read_as: SafeText | None
    correct_text: SafeText


def grade(instance: ItemInstance, response: Response) -> Grade:
    """Judge an answer. Never raises on any response."""
    match response:
        case Picked(choices) if instance.item.kind != "answer":
            return _grade_picked(instance, choices)
        case Typed(text) if instance.item.kind == "answer":
            return _grade_typed(instance, text)
        case _:
            return Grade(Verdict.NOT_UNDERSTOOD, None, None, correct_text(instance))


def correct_response(instance: ItemInstance) -> Response:
    """A right answer, for simulated learners and tests."""
    item = instance.item
    if item.kind == "answer":
        return Typed(fill(item.answers[0].value, instance.names))
    return Picked(tuple(at for at, choice in enumerate(item.choices) if choice.right))


def wrong_responses(instance: ItemInstance) -> tuple[Response, ...]:
    """Believable wrong answers, the author's known ones first; seldom empty."""
    item = instance.item
    tried: list[Response]
    right = tuple(at for at, choice in enumerate(item.choices) if choice.right)
    others = [at for at, choice in enumerate(item.choices) if not choice.right]
    if item.kind == "choice":
        tried = [Picked((at,)) for at in others]
    elif item.kind == "multiple":
        tried = [Picked(tuple(sorted((*right, at)))) for at in others]
        tried += [Picked(tuple(at for at in right if at != left)) for left in right]
    else:
        tried = [Typed(_filled(note.value, instance)) for note in item.wrong]
        first = read_number(_filled(item.answers[0].value, instance))
        tried += [Typed("0")] if first is None else [Typed(str(first.value + 1)), Typed("-9999")]
    return tuple(r for r in tried if grade(instance, r).verdict is Verdict.NOT_YET)


def correct_text(instance: ItemInstance) -> SafeText:
    """The right answer as a learner reads it."""
    item = instance.item
    if item.kind == "answer":
        return safe_line(_filled(item.answers[0].value, instance))
    right = [
        words
        for at, words in zip(instance.order, instance.choices, strict=True)
        if item.choices[at].right
    ]
    return safe_line("; ".join(right), length_max=TEXT_LENGTH_MAX)


def same_text(a: str, b: str) -> bool:
    """Whether two written answers are the same words, whatever signs a keyboard has for them."""
    return folded_words(_keyed(a)) == folded_words(_keyed(b))


def wrong_key(instance: ItemInstance, response: Response) -> tuple[str, ...]:
    """What wrong answers to one item have in common, as the grader reads them.

    Equal for the same choices; for the same known wrong answer, whatever numbers were drawn; and
    for the same number or words, if the numbers drawn are the same.
    """
    if isinstance(response, Picked):
        return ("picked", *(str(at) for at in sorted(set(response.choices))))
    typed = response.text[:TYPED_MAX]
    reading = read_number(typed)
    for nth, wrong in enumerate(instance.item.wrong):
        if _equal(_filled(wrong.value, instance), wrong.kind, typed, reading):
            return ("known", str(nth))
    drawn = (str(value) for value in instance.values)
    return ("typed", folded_words(typed) if reading is None else str(reading.value), *drawn)


def _grade_picked(instance: ItemInstance, places: tuple[int, ...]) -> Grade:
    choices = instance.item.choices
    picked = set(places)
    known = all(0 <= at < len(choices) for at in picked)
    if not known or not picked or (instance.item.kind == "choice" and len(picked) > 1):
        return Grade(Verdict.NOT_UNDERSTOOD, None, None, correct_text(instance))
    right = {at for at, choice in enumerate(choices) if choice.right}
    verdict = Verdict.RIGHT if picked == right else Verdict.NOT_YET
    # A note under a wrong choice that was picked says most; then one under a right choice.
    for at in sorted(picked - right) or (sorted(picked) if picked == right else []):
        if note := choices[at].note:
            return Grade(verdict, _note(note, instance), None, correct_text(instance))
    return Grade(verdict, None, None, correct_text(instance))


def _grade_typed(instance: ItemInstance, raw: str) -> Grade:
    item = instance.item
    typed = raw[:TYPED_MAX]
    reading = read_number(typed)
    verdict = _verdict(instance, typed, reading)
    words = typed if reading is None else in_words(reading, item.locale)
    feedback = None
    if verdict is Verdict.NOT_YET:
        for wrong in item.wrong:
            if _equal(_filled(wrong.value, instance), wrong.kind, typed, reading):
                feedback = _note(wrong.note, instance)
                break
    return Grade(verdict, feedback, safe_line(words), correct_text(instance))


def _verdict(instance: ItemInstance, typed: str, reading: Reading | None) -> Verdict:
    answers = instance.item.answers
    verdicts = [_against(answer, instance, typed, reading) for answer in answers]
    for verdict in (Verdict.RIGHT, Verdict.WRITE_AS_ASKED):
        if verdict in verdicts:
            return verdict
    numbers_only = all(answer.kind == "number" for answer in answers)
    if not folded_words(typed) or (numbers_only and reading is None):
        return Verdict.NOT_UNDERSTOOD
    return Verdict.NOT_YET


def _against(
    answer: Answer, instance: ItemInstance, typed: str, reading: Reading | None
) -> Verdict:
    wanted = _filled(answer.value, instance)
    if answer.kind == "text":
        return _text_against(answer, wanted, typed)
    number = read_number(wanted)
    if number is None or reading is None:
        return Verdict.NOT_YET
    if abs(number.value - reading.value) > _tolerance(answer, instance):
        return Verdict.NOT_YET
    same_form = (number.kind, number.form) == (reading.kind, reading.form)
    return Verdict.WRITE_AS_ASKED if answer.written and not same_form else Verdict.RIGHT


def _keyed(text: str) -> str:
    """Apostrophes, quotation marks, hyphens and digits as the plainest keyboard has them.

    A phone and an author's editor write another one in ng'ombe than a lab's keyboard can. This is
    not in `folded_words`: what teachers have said of answers is kept under that form.
    """
    return "".join(map(ascii_digit, text.translate(_KEYS)))


def _text_against(answer: Answer, wanted: str, typed: str) -> Verdict:
    if not same_text(wanted, typed):
        return Verdict.NOT_YET
    exact = squeezed(_keyed(typed)) == squeezed(_keyed(wanted))
    return Verdict.WRITE_AS_ASKED if answer.written and not exact else Verdict.RIGHT


def _tolerance(answer: Answer, instance: ItemInstance) -> Fraction:
    reading = read_number(_filled(answer.tolerance, instance)) if answer.tolerance else None
    return Fraction(0) if reading is None else reading.value


def _equal(wanted: str, kind: AnswerKind, typed: str, reading: Reading | None) -> bool:
    if kind == "text":
        return same_text(wanted, typed)
    number = read_number(wanted)
    return number is not None and reading is not None and number.value == reading.value


def _filled(template: str, instance: ItemInstance) -> str:
    try:
        return fill(template, instance.names)
    except ExpressionError:
        return ""  # the build proves that this cannot be; a learner's answer still gets a verdict


def _note(note: Text, instance: ItemInstance) -> SafeText | None:
    try:
        return shown(note, instance.names)
    except ExpressionError:
        return None
