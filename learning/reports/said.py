"""Sentences with values in them, so that a page can say them in another language.

Owns: the shape, and saying it in English. A translator sees the texts of `said` and `counted` as
they stand in the code; values are put in after the text was translated. Pure but for the machine's
time zone, in which days are told.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.sync.dates import local_time

_LENGTH_MAX: Final = 1_000  # a sentence with a question in it


@dataclass(frozen=True, slots=True)
class Day:
    """A moment that is told as a day."""

    wall_ms: int


Value: TypeAlias = "str | int | Day | Said | tuple[Said, ...]"


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, or a part of one. `many` and `count` where a number decides on the words."""

    text: str
    values: Mapping[str, Value]
    many: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Language:
    """How a place says things: gettext, ngettext, and a day."""

    text: Callable[[str], str]
    plural: Callable[[str, str, int], str]
    day: Callable[[int], str]

    def words(self, said: Said) -> SafeText:
        """The sentence in this language."""
        return safe_line(self._words(said), length_max=_LENGTH_MAX)

    def paragraph(self, sentences: Iterable[Said]) -> SafeText:
        """Sentences one after the other."""
        return SafeText(" ".join(self.words(each) for each in sentences))

    def _words(self, said: Said) -> str:
        text = self.plural(said.text, said.many, said.count) if said.many else self.text(said.text)
        return text.format(**{name: self._value(value) for name, value in said.values.items()})

    def _value(self, value: Value) -> str:
        match value:
            case Day():
                return self.day(value.wall_ms)
            case Said():
                return self._words(value)
            case tuple():
                return ", ".join(self._words(each) for each in value)
            case _:
                return str(value)


def said(text: str, /, **values: Value) -> Said:
    """A sentence."""
    return Said(text, values)


def counted(one: str, many: str, n: int, /, **values: Value) -> Said:
    """A sentence whose words depend on a count, which is its value `n`."""
    return Said(one, {**values, "n": n}, many, n)


def _english_plural(one: str, many: str, n: int) -> str:
    return one if n == 1 else many


ENGLISH: Final = Language(
    text=str,
    plural=_english_plural,
    day=lambda wall_ms: f"{local_time(wall_ms):%Y-%m-%d}",
)
"""What commands say."""
