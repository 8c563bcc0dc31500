"""Class lists that somebody is importing: kept between the steps, for one session, in memory.

Owns: how many there are at a time, and that they are forgotten. A restart forgets all: the file is
chosen again. What came of an import, first PINs and all, is kept the same way until put away.
"""

import threading
from dataclasses import dataclass, field
from typing import Final, TypeVar

from darasa.content_packs.safe_text import SafeText
from darasa.learning.rosters.applying import Imported, Moves
from darasa.learning.rosters.matching import Plan
from darasa.learning.rosters.oneroster import OneRoster
from darasa.learning.rosters.reading import Roster
from darasa.learning.rosters.table import Table
from darasa.server.sessions import Session
from darasa.sync.clock import Clock

DRAFTS_MAX: Final = 4  # 10,000 learners are 20 MB between the steps; a school imports one at a time
KEPT_MS: Final = 3_600_000

T = TypeVar("T")


@dataclass(slots=True)
class Draft:
    """One list under way: a table, or an export of another system. `roster` is None until it is
    settled what its columns mean, or which school it is of.

    `plan` is as of the position `planned_at` of the store; `same` are lines that are the one asked.
    """

    file_name: SafeText
    raw: bytes
    table: Table | None = None
    export: OneRoster | None = None
    mapping: dict[int, str] = field(default_factory=dict)
    roster: Roster | None = None
    plan: Plan | None = None
    planned_at: int = -1
    same: set[int] = field(default_factory=set)
    moves: Moves = "leave"


class Drafts:
    """Lists under way and results, by session; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._drafts: dict[str, tuple[int, Draft]] = {}
        self._results: dict[str, tuple[int, Imported]] = {}

    def put(self, session: Session, draft: Draft) -> None:
        """Begin a list; the one that this session had, and the oldest beyond four, go."""
        with self._lock:
            _keep(self._drafts, session, self._clock.elapsed_ms(), draft)

    def find(self, session: Session) -> Draft | None:
        """The list that this session is importing."""
        with self._lock:
            return _found(self._drafts, session, self._clock.elapsed_ms())

    def take(self, session: Session) -> Draft | None:
        """The same, for the last step: a second press of the button finds none."""
        with self._lock:
            draft = _found(self._drafts, session, self._clock.elapsed_ms())
            self._drafts.pop(session.session_id, None)
            return draft

    def done(self, session: Session, imported: Imported) -> None:
        """Keep what came of it."""
        with self._lock:
            _keep(self._results, session, self._clock.elapsed_ms(), imported)

    def result(self, session: Session) -> Imported | None:
        """What came of the last import of this session."""
        with self._lock:
            return _found(self._results, session, self._clock.elapsed_ms())

    def forget(self, session: Session) -> None:
        """Put everything of this session away."""
        with self._lock:
            self._drafts.pop(session.session_id, None)
            self._results.pop(session.session_id, None)


def _keep(kept: dict[str, tuple[int, T]], session: Session, now_ms: int, value: T) -> None:
    kept.pop(session.session_id, None)
    while len(kept) >= DRAFTS_MAX:
        del kept[next(iter(kept))]
    kept[session.session_id] = (now_ms, value)


def _found(kept: dict[str, tuple[int, T]], session: Session, now_ms: int) -> T | None:
    for key, (since_ms, _) in list(kept.items()):
        if now_ms - since_ms > KEPT_MS:
            del kept[key]
    held = kept.get(session.session_id)
    return None if held is None else held[1]
