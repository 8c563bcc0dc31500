"""Names of people as screens show them: first name and initial, more only where two would clash.

Pure. Owns the cleaning of a name at entry and the short form. Does not know where names are kept.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from darasa.content_packs.safe_text import SafeText, safe_line

NAME_CHARS_MAX: Final = 80


def clean_name(raw: str) -> SafeText:
    """A name as it is kept: one safe line with single spaces."""
    return safe_line(" ".join(raw.split()), length_max=NAME_CHARS_MAX)


def folded(name: str) -> str:
    """A name for comparing: what differs only in case or spaces is the same name."""
    return " ".join(name.casefold().split())


def short_names(names: Sequence[str]) -> list[SafeText]:
    """The short form of each name in one list, in the same order.

    "Amina K."; two of these show more letters ("Amina Ka.", "Amina Ki."), then the whole name, and
    people of one name are numbered in the order given ("Amina Kato 2").
    """
    shorts = [_shorten(name, 1) for name in names]
    letters = 1
    longest = max((len(name) for name in names), default=0)
    while letters <= longest:
        clashing = {look for look, count in Counter(map(_look, shorts)).items() if count > 1}
        if not clashing:
            break
        letters += 1
        shorts = [
            _shorten(name, letters) if _look(short) in clashing else short
            for name, short in zip(names, shorts, strict=True)
        ]
    return _numbered(shorts)


def _look(short: str) -> str:
    """What the eye tells apart: neither capitals nor a full stop at the end."""
    return folded(short).rstrip(".")


def _shorten(name: str, letters: int) -> str:
    words = name.split()
    if len(words) < 2:
        return name
    if letters >= len(words[-1]):  # nothing is left to hide but the words between
        return name if letters > len(words[-1]) else f"{words[0]} {words[-1]}"
    return f"{words[0]} {words[-1][:letters]}."


def _numbered(shorts: Sequence[str]) -> list[SafeText]:
    seen: Counter[str] = Counter()
    numbered: list[SafeText] = []
    for short in shorts:
        seen[_look(short)] += 1
        nth = seen[_look(short)]
        numbered.append(safe_line(short if nth == 1 else f"{short} {nth}"))
    return numbered
