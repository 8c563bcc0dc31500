"""Sign-ins that wait for their turn: who asked, until the answer is fetched.

Owns: keeping them in memory under the visitor's nonce, a few hundred at most. Passphrases are in
the line at the desk and not here.
"""

import threading
from dataclasses import dataclass
from typing import Final

from darasa.learning.signing_in.desk import Teacher, WrongSecret
from darasa.learning.signing_in.one_line import Ticket

_ASKED_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """One sign-in under way, and where it leads."""

    ticket: Ticket[Teacher | WrongSecret]
    name: str
    next_path: str | None


class AskedBook:
    """The sign-ins under way; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, Asked] = {}

    def put(self, nonce: str, asked: Asked) -> None:
        """A visitor asked. What she asked before is forgotten, and the oldest of many."""
        with self._lock:
            self._asked.pop(nonce, None)
            while len(self._asked) >= _ASKED_MAX:
                del self._asked[next(iter(self._asked))]
            self._asked[nonce] = asked

    def get(self, nonce: str) -> Asked | None:
        """What this visitor asked."""
        with self._lock:
            return self._asked.get(nonce)

    def take(self, nonce: str) -> None:
        """It was answered."""
        with self._lock:
            self._asked.pop(nonce, None)
