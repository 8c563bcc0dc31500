"""What a page shows once and then forgets: a new PIN, a new code.

Owns: handing a value from a form to the page that it leads to, so that a reload repeats nothing
and a secret is in no address. Kept in memory, for one session, until taken.
"""

import threading
from typing import Final

from darasa.server.sessions import Session

_NOTES_MAX: Final = 200


class Notes:
    """Values that wait for their page; safe to use from several threads."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], object] = {}
        self._lock = threading.Lock()

    def put(self, session: Session, name: str, value: object) -> None:
        """Leave a value for the next page of this session; the oldest goes when there are many."""
        with self._lock:
            self._notes.pop((session.session_id, name), None)
            while len(self._notes) >= _NOTES_MAX:
                del self._notes[next(iter(self._notes))]
            self._notes[(session.session_id, name)] = value

    def take(self, session: Session, name: str) -> object | None:
        """The value, once."""
        with self._lock:
            return self._notes.pop((session.session_id, name), None)
