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


def short_names(names: Sequence[str], numbers: Sequence[str] | None = None) -> list[SafeText]:
    """The short form of each name in one list, in the same order.

    "Amina K."; two of these show their numbers in the school's register, where `numbers` has them
    ("Amina K. (17)"). Who has none, or one that another of the same look has too, shows more
    letters ("Amina Ka.", "Amina Ki."), then the whole name; people of one name are counted in the
    order given ("Amina Kato 2").
    """
    shorts = _told_apart(names, numbers or [""] * len(names))
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


def _told_apart(names: Sequence[str], numbers: Sequence[str]) -> list[str]:
    """First name and initial; of those who look alike each with her own number, or two letters."""
    shorts = [_shorten(name, 1) for name in names]
    looks = list(map(_look, shorts))
    alike, same_number = Counter(looks), Counter(zip(looks, numbers, strict=True))
    told: list[str] = []
    for name, short, look, number in zip(names, shorts, looks, numbers, strict=True):
        if alike[look] == 1:
            told.append(short)
        elif number and same_number[look, number] == 1:
            told.append(f"{short} ({number})")
        else:
            told.append(_shorten(name, 2))
    return told


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
