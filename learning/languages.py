"""The languages that the program can speak: one gettext catalogue each, for all of it.

Owns: where catalogues are (`<code>.mo` in the folder `catalogues` beside this module, or in
`languages` of a node's own folder), what each calls itself, and that none breaks a sentence: a
translation with other values in it than the sentence has is passed over. English needs no file.
"""

import gettext
import re
import string
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from darasa.content_packs.safe_text import SafeText, safe_line

ENGLISH: Final = "en"
SHIPPED: Final = Path(__file__).parent / "catalogues"
OWN_FOLDER: Final = "languages"
"""In a node's folder: whoever looks after the machine puts a catalogue there."""

CATALOGUE_BYTES_MAX: Final = 4 << 20
"""All sentences of the program are 200 kB; a file of another kind may be anything."""

_CODE: Final = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,8})?")
_NAME_MAX: Final = 40
_FIELDS_KEPT: Final = 4_096


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """A language that can be chosen, by the name that it has in itself."""

    code: str
    name: SafeText


class Catalogue:
    """One language: sentences in, sentences out. Without translations it is English."""

    def __init__(self, translations: gettext.NullTranslations | None = None) -> None:
        self._translations = translations or gettext.NullTranslations()

    def text(self, text: str) -> str:
        """A sentence of the code in this language; an empty one stays empty."""
        if not text:
            return text  # gettext answers it with the catalogue's header
        said = self._translations.gettext(text)
        return said if said == text or _fields(said) <= _fields(text) else text

    def plural(self, one: str, many: str, count: int) -> str:
        """A sentence for a count, by the plural rule of the language."""
        try:
            said = self._translations.ngettext(one, many, count)
        except ArithmeticError:  # the rule in the file divides by nothing
            said = many
        if said in {one, many} or _fields(said) <= _fields(many):
            return said
        return one if count == 1 else many


IN_ENGLISH: Final = Catalogue()


def folders_of(home: Path | None) -> tuple[Path, ...]:
    """Where catalogues of a node are looked for, those of its own folder first."""
    return (SHIPPED,) if home is None else (home / OWN_FOLDER, SHIPPED)


def catalogue(folders: Iterable[Path], code: str) -> Catalogue | None:
    """The catalogue of a language; None where there is none that can be read."""
    if code == ENGLISH:
        return IN_ENGLISH
    if not _CODE.fullmatch(code):
        return None
    for folder in folders:
        found = _read(folder / f"{code}.mo")
        if found is not None:
            return found
    return None


def languages(folders: Sequence[Path]) -> tuple[LanguageRow, ...]:
    """English, then every language that has a catalogue, by code."""
    codes = sorted({path.stem for folder in folders for path in folder.glob("*.mo")} - {ENGLISH})
    rows = [LanguageRow(ENGLISH, SafeText("English"))]
    for code in codes:
        found = catalogue(folders, code)
        if found is not None:
            rows.append(LanguageRow(code, _name_of(found, code)))
    return tuple(rows)


def best_of(folders: Sequence[Path], wanted: Iterable[str | None]) -> str:
    """The first of the wanted languages that is here, or its parent ("sw_KE" is "sw"); English."""
    for each in wanted:
        code = (each or "").partition(".")[0].partition("@")[0]
        for candidate in (code, code.partition("_")[0]):
            if candidate and catalogue(folders, candidate) is not None:
                return candidate
    return ENGLISH


def _name_of(found: Catalogue, code: str) -> SafeText:
    """What translators made of the word "English": the name of their own language, and its code."""
    name = found.text("English")
    return safe_line(code if name == "English" else f"{name} ({code})", length_max=_NAME_MAX)


def _read(path: Path) -> Catalogue | None:
    try:
        if path.stat().st_size > CATALOGUE_BYTES_MAX:
            return None
        with path.open("rb") as file:
            return Catalogue(gettext.GNUTranslations(file))
    except (OSError, ValueError, LookupError, struct.error):  # no catalogue, or a damaged one
        return None


@lru_cache(maxsize=_FIELDS_KEPT)
def _fields(text: str) -> frozenset[tuple[str | None, ...]]:
    """The values that a sentence has a place for, each as it is written."""
    try:
        return frozenset(
            parts[1:] for parts in string.Formatter().parse(text) if parts[1] is not None
        )
    except ValueError:  # a brace alone
        return frozenset([("",)])
