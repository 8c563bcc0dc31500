"""A skill by what somebody typed: its id, its title, or the beginning of the title. Pure."""

from collections.abc import Sequence
from typing import Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.errors import AmbiguousError, NotFoundError
from darasa.learning.evidence import SkillKey
from darasa.learning.people.short_names import folded

_TOLD_MAX: Final = 8


def find_skill(skills: Sequence[tuple[SkillKey, SafeText]], wanted: str) -> SkillKey:
    """The key of the skill; `pack/skill` where an id alone is in several packs.

    Raises NotFoundError, or AmbiguousError with those that fit.
    """
    typed = folded(wanted)
    for fits in (
        [key for key, _ in skills if wanted in (key[1], "/".join(key))],
        [key for key, title in skills if folded(title) == typed],
        [key for key, title in skills if typed and folded(title).startswith(typed)],
        [key for key, title in skills if typed and typed in folded(title)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            titles = dict(skills)
            told = ", ".join(f"{titles[key]} ({'/'.join(key)})" for key in fits[:_TOLD_MAX])
            raise AmbiguousError(f"Several skills fit: {told}.")
    raise NotFoundError(f"No skill is called {safe_line(wanted)}.")
