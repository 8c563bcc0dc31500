"""Names that are safe on every file system: ids of packs and paths inside a manifest.

Owns: what a name may be (content-packs section 2, limits). Nothing is ever extracted by a name in
a pack; the rules hold all the same, so that no later tool can be led astray. Pure.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

PATH_LENGTH_MAX: Final = 200
PATH_DEPTH_MAX: Final = 8

PACK_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
ITEM_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
SKILL_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LOCALE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")

_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(10)]
)
_FORBIDDEN: Final = frozenset('<>:"\\|?*')


def reserved(name: str) -> bool:
    """Whether some system gives this file name a meaning of its own."""
    return name.split(".", 1)[0].casefold() in _RESERVED


def path_fault(path: str) -> str | None:
    """What is wrong with a path inside a pack, as the end of a sentence; None when it is fine."""
    if not path or len(path) > PATH_LENGTH_MAX:
        return f"needs 1 to {PATH_LENGTH_MAX} characters"
    if path != unicodedata.normalize("NFC", path):
        return "is not in the normal form NFC"
    segments = path.split("/")
    if len(segments) > PATH_DEPTH_MAX:
        return f"is deeper than {PATH_DEPTH_MAX} folders"
    return next(filter(None, map(_segment_fault, segments)), None)


def _segment_fault(segment: str) -> str | None:
    if not segment.strip("."):
        return "leaves its folder or names none"
    if segment[-1] in ". " or segment[0] in ". ":
        return "has a part that begins or ends with a dot or a space"
    if reserved(segment):
        return "has a part that some systems reserve"
    if any(c in _FORBIDDEN or unicodedata.category(c)[0] in "CZ" for c in segment):
        return "has a character that file names must not have"
    return None


def clash(paths: Iterable[str]) -> tuple[str, str] | None:
    """Two paths that are one where case does not count, or None."""
    seen: dict[str, str] = {}
    for path in paths:
        folded = unicodedata.normalize("NFC", path.casefold())
        if folded in seen:
            return seen[folded], path
        seen[folded] = path
    return None
