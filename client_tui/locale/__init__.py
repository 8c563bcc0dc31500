"""The words of the client, in the language that is spoken now.

Owns: `_`, `ngettext` and `HERE`, and which catalogue they ask. A program shows one screen to one
learner at a time, so the language is one of the program; the flow says which. Texts stand in the
code in English: plain, second person, at most 14 words a sentence.
"""

from typing import Final

from darasa.learning.languages import IN_ENGLISH, Catalogue
from darasa.learning.reports.said import ENGLISH, Language

_spoken: list[Catalogue] = [IN_ENGLISH]


def use(catalogue: Catalogue) -> None:
    """Speak this language from now on."""
    _spoken[0] = catalogue


def _(text: str) -> str:
    """The text in the language of the interface."""
    return _spoken[0].text(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The text for a count, by the plural rule of the language."""
    return _spoken[0].plural(one, many, count)


def mark(text: str) -> str:
    """The text as it is, marked for translators: tables are translated where they are shown."""
    return text


HERE: Final = Language(text=_, plural=ngettext, day=ENGLISH.day)
"""How the client says what learning words."""
