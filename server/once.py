"""A form that is sent twice does its work once: each carries a number that is used up by it.

Owns: which numbers were used with what in the form, and where the first sending led to, so that the
second is led there too. A form that somebody went back to and changed is another one. In memory: a
restart signs everyone out, and the form with them. Knows no HTTP.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from darasa.server.sessions import Session
from darasa.sync.ids import Rng

_TURNS_MAX: Final = 2_000
_NUMBER_BYTES: Final = 12


@dataclass(slots=True)
class Turn:
    """One form. `led_to` is set once it has done its work."""

    led_to: str | None = None
    doing: threading.Lock = field(default_factory=threading.Lock)


class Once:
    """The forms that were sent; safe to use from several threads."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._lock = threading.Lock()
        self._turns: dict[tuple[str, str, bytes], Turn] = {}

    def number(self) -> str:
        """A number for a form that is shown now."""
        return self._rng(_NUMBER_BYTES).hex()

    def is_number(self, number: str) -> bool:
        """Whether a form carries one of ours, by its shape."""
        return len(number) == 2 * _NUMBER_BYTES and number.isalnum()

    @contextmanager
    def turn(self, session: Session, number: str, fields: Mapping[str, str]) -> Iterator[Turn]:
        """The turn of a form; a second sending waits here until the first is done."""
        said = blake2b(repr(sorted(fields.items())).encode("utf-8", "replace"), digest_size=16)
        key = (session.session_id, number, said.digest())
        with self._lock:
            while len(self._turns) >= _TURNS_MAX and key not in self._turns:
                del self._turns[next(iter(self._turns))]
            turn = self._turns.setdefault(key, Turn())
        with turn.doing:
            yield turn
