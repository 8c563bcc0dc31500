"""Answers in a CSV file: what `darasa mastery` reads (docs/commands.md).

Owns: the columns, their checks, and what is made of each. Pure: takes lines, gives answers. Names
that come again are kept once, so that a million rows share their learners, skills and items.
"""

import csv
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from darasa.learning.evidence import Evidence, ItemKey, Outcome, SkillKey, Why
from darasa.learning.mastery.base import ItemRef

PACK: Final = ""
"""The pack of all skills and items of a file."""

_NEEDED: Final = ("learner", "skill", "item", "correct")
_OPTIONAL: Final = ("timestamp", "duration_ms", "hints")
_SKILLS_JOINED_BY: Final = "~"
_MILLISECONDS_FROM: Final = 1e11  # as seconds it would be the year 5138
_MS_MAX: Final = 1e15
_NAME_MAX: Final = 4_096


class AnswersError(ValueError):
    """A line that is no answer: `line` counts from one, the header's."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class Answer(NamedTuple):
    """One row. `at_ms` is 0 where the row has no clock.

    `difficulty_milli` is what its pack says, as in an ItemRef; a file says nothing.
    """

    learner: str
    skills: tuple[SkillKey, ...]
    item: ItemKey
    correct: bool
    at_ms: int
    difficulty_milli: int = 0

    def ref(self) -> ItemRef:
        """The item as it is asked."""
        return ItemRef(self.skills, self.difficulty_milli, self.item, self.at_ms)

    def evidence(self) -> Evidence:
        """The answer as a mastery model takes it."""
        outcome = Outcome.RIGHT if self.correct else Outcome.NOT_YET
        b = self.difficulty_milli
        return Evidence(self.skills, self.item, b, outcome, 1, Why.COUNTS, self.at_ms)


def read_answers(lines: Iterable[str]) -> Iterator[Answer]:
    """The answers of a CSV file, in order. Raises AnswersError at the first bad line.

    Bytes that are no UTF-8 must come as surrogates (`errors="surrogateescape"`): a name with such
    bytes is read as Windows-1252, as spreadsheets write it.
    """
    reader = csv.reader(lines, strict=True)
    try:
        columns = _columns(next(reader, None))
        names = _Names()
        for row in reader:
            if row:
                yield _answer(row, columns, names)
    except csv.Error as error:
        raise AnswersError(max(1, reader.line_num), str(error)) from error
    except _BadFieldError as error:
        raise AnswersError(max(1, reader.line_num), str(error)) from error


class _BadFieldError(Exception):
    """What is wrong with a row; its line is not known here."""


class _Columns(NamedTuple):
    fields: int
    learner: int
    skill: int
    item: int
    correct: int
    timestamp: int | None
    numbers: tuple[tuple[str, int], ...]


def _columns(header: list[str] | None) -> _Columns:
    if header is None:
        raise _BadFieldError("the file is empty: a header is wanted")
    named = [name.strip() for name in header]
    if named:
        named[0] = named[0].removeprefix("\ufeff")
    missing = [name for name in _NEEDED if name not in named]
    if missing:
        raise _BadFieldError(f"the header lacks {', '.join(missing)}")
    twice = [name for name in (*_NEEDED, *_OPTIONAL) if named.count(name) > 1]
    if twice:
        raise _BadFieldError(f"the header names {', '.join(twice)} twice")
    return _Columns(
        fields=len(named),
        learner=named.index("learner"),
        skill=named.index("skill"),
        item=named.index("item"),
        correct=named.index("correct"),
        timestamp=named.index("timestamp") if "timestamp" in named else None,
        numbers=tuple((name, named.index(name)) for name in _OPTIONAL[1:] if name in named),
    )


class _Names:
    """Each name once, checked when it comes first."""

    def __init__(self) -> None:
        self.learners: dict[str, str] = {}
        self.items: dict[str, ItemKey] = {}
        self.skills: dict[str, tuple[SkillKey, ...]] = {}

    def learner(self, text: str) -> str:
        known = self.learners.get(text)
        if known is None:
            known = self.learners[text] = _checked(text, "learner")
        return known

    def item(self, text: str) -> ItemKey:
        known = self.items.get(text)
        if known is None:
            known = self.items[text] = (PACK, _checked(text, "item"))
        return known

    def skills_of(self, text: str) -> tuple[SkillKey, ...]:
        known = self.skills.get(text)
        if known is None:
            parts = [part for part in text.split(_SKILLS_JOINED_BY) if part]
            known = tuple((PACK, _checked(part, "skill")) for part in dict.fromkeys(parts))
            self.skills[text] = known
        return known


def _checked(text: str, what: str) -> str:
    if not text:
        raise _BadFieldError(f"there is no {what}")
    if len(text) > _NAME_MAX:
        raise _BadFieldError(f"the {what} has more than {_NAME_MAX} letters")
    return text if text.isascii() else _as_text(text)


def _as_text(name: str) -> str:
    """The name, whatever its bytes: the same bytes are the same name, and others are not."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "surrogateescape")
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError:  # the five bytes that mean nothing there
            return raw.decode("latin-1")
    return name


_CORRECT: Final = {
    "1": True, "0": False, "1.0": True, "0.0": False,
    "true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False,
}  # fmt: skip
_MISSING: Final = frozenset({"", "nan", "na", "n/a", "nat", "none", "null", "\\n", "-", "."})
"""What programs write where they have no number."""


def _answer(row: list[str], columns: _Columns, names: _Names) -> Answer:
    if len(row) != columns.fields:
        raise _BadFieldError(f"{len(row)} fields, the header has {columns.fields}")
    correct = _CORRECT.get(row[columns.correct].strip())
    if correct is None:
        raise _BadFieldError(f"correct is 0 or 1, not {row[columns.correct][:40]!r}")
    for name, at in columns.numbers:
        _check_number(name, row[at])
    stamp = "" if columns.timestamp is None else row[columns.timestamp]
    return Answer(
        names.learner(row[columns.learner]),
        names.skills_of(row[columns.skill]),
        names.item(row[columns.item]),
        correct,
        _at_ms(stamp) if stamp else 0,
    )


def _check_number(name: str, text: str) -> None:
    """A number, or none. Below 0 too: published sets have times of clocks that were set back."""
    if text.isdecimal() or text.strip().lower() in _MISSING:
        return
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _BadFieldError(f"{name} is a number, not {text[:40]!r}")


def _at_ms(text: str) -> int:
    """Seconds since 1970 or since any start; milliseconds from 1e11; or a date by ISO 8601.

    0 and less stand for no clock, as in published sets that have none, and so does `_MISSING`.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0 if text.strip().lower() in _MISSING else _moment(text)
    if math.isnan(number):
        return 0
    if not math.isfinite(number) or number > _MS_MAX:
        raise _BadFieldError(f"timestamp {text[:40]!r} is no moment")
    return max(0, int(number if number >= _MILLISECONDS_FROM else number * 1_000))


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise _BadFieldError(
            f"timestamp is seconds or a date like 2026-03-01T09:30:00Z, not {text[:40]!r}"
        ) from None
