"""The standard streams as a shell, a pipe or an old terminal gives them: never a reason to fail.

Owns: what is done about a stream that is closed, and about characters that one cannot show. A
first PIN is printed once: it must come out beside a name that the terminal has no letters for.
"""

import io
import os
import sys
from pathlib import Path
from typing import Final

_NOWHERE: Final = Path(os.devnull)


def settle_streams() -> None:
    """Give closed streams somewhere to go; what an output cannot show becomes a question mark.

    Standard error shows it escaped already. The lowest free descriptor is the closed stream's own:
    no file of ours comes to lie there.
    """
    if sys.stdin is None:
        sys.stdin = _NOWHERE.open("r", encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = _NOWHERE.open("w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = _NOWHERE.open("w", encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def shows_everything() -> bool:
    """Whether standard output takes any character."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().startswith("utf")
