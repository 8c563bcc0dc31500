"""A lesson: the same sections in up to three levels of words, in one or more locales and forms.

Owns: levels, forms and the choice of the nearest text. The texts of a lesson stay on disk until
one is read. Pure: the reader of bytes is passed in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.item import Text
from darasa.content_packs.safe_text import SafeText, safe_line

LEVELS: Final = ("easier", "middle", "richer")
FORMS: Final = ("main", "worked", "try", "story", "paper")
Level = Literal["easier", "middle", "richer"]
Form = Literal["main", "worked", "try", "story", "paper"]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a lesson. `text.plain` goes to a screen through `safe_text`, like any text."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Text


class LessonText(Struct, frozen=True, forbid_unknown_fields=True):
    """What one lesson blob holds: one text of a lesson, in one form, level and locale."""

    lesson: Annotated[str, Meta(min_length=1, max_length=80)]
    form: Form
    level: Level
    locale: Annotated[str, Meta(min_length=2, max_length=16)]
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    sections: Annotated[tuple[Section, ...], Meta(min_length=1, max_length=200)]


LessonKey = tuple[str, str, str]  # form, level, locale


class Lesson:
    """A lesson of a pack: `id`, `skills`, `title` (in the pack's first locale)."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - the field's word for it
        skills: tuple[str, ...],
        title: str,
        source_locale: str,
        texts: Mapping[LessonKey, Callable[[], LessonText]],
    ) -> None:
        self.id = id
        self.skills = skills
        self.title: SafeText = safe_line(title)
        self._source_locale = source_locale
        self._texts = dict(texts)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels there are in the main form, from easier to richer, in any locale."""
        return self.levels_in(None)

    def levels_in(self, locale: str | None, *, form: str = "main") -> tuple[str, ...]:
        """The levels there are in a form and a locale (None: any locale)."""
        there = {
            level for f, level, lo in self._texts if f == form and (locale is None or lo == locale)
        }
        return tuple(level for level in LEVELS if level in there)

    @property
    def locales(self) -> tuple[str, ...]:
        """The locales that have a main text, the pack's first one first."""
        there = {locale for form, _, locale in self._texts if form == "main"}
        return tuple(sorted(there, key=lambda locale: (locale != self._source_locale, locale)))

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms there are; "main" is first."""
        there = {form for form, _, _ in self._texts}
        return tuple(form for form in FORMS if form in there)

    def text(self, level: str, locale: str, *, form: str = "main") -> LessonText:
        """The nearest text: same locale with the nearest level, then the pack's first locale.

        A form that is missing falls back to the main one. Raises PackError when the stored
        bytes are damaged.
        """
        return self._texts[self._nearest(level, locale, form)]()

    def sections(self, level: str, locale: str, *, form: str = "main") -> tuple[Section, ...]:
        """The sections of the nearest text (see `text`)."""
        return self.text(level, locale, form=form).sections

    def check(self) -> None:
        """Read every text once. Raises PackError when one is damaged or in the wrong place."""
        for key, read in self._texts.items():
            text = read()
            if (text.lesson, text.form, text.level, text.locale) != (self.id, *key):
                raise PackDamagedError(f"A text of lesson {self.id} is not the one it should be.")

    def _nearest(self, level: str, locale: str, form: str) -> LessonKey:
        wanted = LEVELS.index(level) if level in LEVELS else 1

        def distance(key: LessonKey) -> tuple[bool, bool, bool, str, int, int]:
            key_form, key_level, key_locale = key
            place = LEVELS.index(key_level)
            return (
                key_form not in (form, "main"),
                key_locale != locale,
                key_locale != self._source_locale,
                key_locale,
                # the form asked for, where this locale has it
                abs(place - wanted) + (100 if key_form != form else 0),
                place,  # of two equally near levels, the easier one
            )

        return min(self._texts, key=distance)


def lesson_title(texts: Sequence[LessonText], source_locale: str) -> str:
    """The title of a lesson: that of its middle, main text in the pack's first locale."""

    def rank(text: LessonText) -> tuple[bool, bool, bool]:
        return (text.locale != source_locale, text.form != "main", text.level != "middle")

    return min(texts, key=rank).title
