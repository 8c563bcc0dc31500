"""What a check of a source folder finds: where, what is wrong, how to mend it.

Owns: the `Finding` value and small helpers that word suggestions. Pure.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend. `path` is relative to the folder, `line` from 1 (0: the whole file)."""

    path: str
    line: int
    what: str
    remedy: str
    level: Level = "error"

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.level}: {self.what} {self.remedy}".rstrip()


class Findings:
    """Collects the findings of one file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.all: list[Finding] = []

    def error(self, line: int, what: str, remedy: str) -> None:
        """Note something that stops the build."""
        self.all.append(Finding(self.path, line, what, remedy))

    def warn(self, line: int, what: str, remedy: str) -> None:
        """Note something worth mending that does not stop the build."""
        self.all.append(Finding(self.path, line, what, remedy, "warning"))

    def later(self, line: int, what: str, remedy: str = "Leave it out for now.") -> None:
        """Note something of the format that this version does not build yet."""
        self.error(line, f"{what} comes with a later version.", remedy)


def suggest(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """`Did you mean …?` for the nearest known word, or the list of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean `{close[0]}`?"
    return otherwise or f"Known are: {', '.join(names)}."
