"""In which language the screens are now: hers who is signed in, one just chosen, or the machine's.

Owns: which of them counts. A language that is chosen before anyone signs in holds for whoever signs
in next, and becomes hers; it is dropped when nobody touches a key for two minutes. Does not draw.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.client_tui import locale
from darasa.learning.languages import (
    IN_ENGLISH,
    Catalogue,
    LanguageRow,
    best_of,
    catalogue,
    folders_of,
    languages,
)
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

ASKED_FOR_MS: Final = 120_000


class Speaking:
    """The language of one client. `wanted` are those of the machine, the best first."""

    def __init__(
        self, classroom: "Classroom", *, folders: Sequence[Path], wanted: Sequence[str | None] = ()
    ) -> None:
        self._classroom = classroom
        self._folders = tuple(folders)
        self._read: dict[str, Catalogue] = {}
        self._here = best_of(self._folders, wanted)
        self._asked: str | None = None
        self._asked_at = 0
        self._of: tuple[LearnerId | None, str | None] = (None, None)

    @classmethod
    def at(cls, classroom: "Classroom", wanted: Sequence[str | None] = ()) -> "Speaking":
        """The languages that a node has."""
        home = classroom.home
        folders = folders_of(None if home.is_in_memory else home.path)
        return cls(classroom, folders=folders, wanted=wanted)

    @cached_property
    def rows(self) -> tuple[LanguageRow, ...]:
        """What can be chosen; English alone where there is no catalogue."""
        return languages(self._folders)

    def code(self, learner_id: LearnerId | None) -> str:
        """The language for a learner whose name is chosen or who is signed in; None: nobody."""
        if self._asked is not None:
            return self._asked
        if learner_id is None:
            return self._here
        if self._of[0] != learner_id:
            self._of = (learner_id, self._classroom.language_of(learner_id))
        own = self._of[1]
        return self._here if own is None or self._catalogue(own) is None else own

    def speak(self, learner_id: LearnerId | None) -> None:
        """Say everything in the language for her from now on."""
        locale.use(self._catalogue(self.code(learner_id)) or IN_ENGLISH)

    def ask(self, code: str, now_ms: int) -> None:
        """Somebody chose a language and is not signed in."""
        self._asked, self._asked_at = code, now_ms

    def take_asked(self, learner_id: LearnerId) -> str | None:
        """She has signed in, and what was just asked for is hers. None: it is hers already."""
        asked, self._asked = self._asked, None
        self._of = (None, None)
        return None if asked is None or asked == self.code(learner_id) else asked

    def forget(self) -> None:
        """Her language may have changed, or she has left: it is looked up anew."""
        self._asked, self._of = None, (None, None)

    def key(self, now_ms: int) -> None:
        """A key was pressed: who asked is still here."""
        self._asked_at = now_ms

    def tick(self, now_ms: int) -> None:
        """What was asked for and not used is dropped."""
        if self._asked is not None and now_ms - self._asked_at >= ASKED_FOR_MS:
            self._asked = None

    def _catalogue(self, code: str) -> Catalogue | None:
        found = self._read.get(code)
        if found is None:
            found = catalogue(self._folders, code)
            if found is not None:
                self._read[code] = found
        return found
