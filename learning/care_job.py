"""The background care of a node's store: a thread that packs, prunes, shortens and looks it over,
and folds learners anew where their school has come to go by other parameters.

Owns: the rhythm. A step is a few milliseconds; between two of them answers go first. Damage that a
check finds is noted beside the store: the next start sets it aside and salvages what can be read.
"""

import logging
from typing import TYPE_CHECKING, Final

from darasa.learning.background import Background
from darasa.learning.fits.adopting import adopt_between_terms
from darasa.sync.care import Care
from darasa.sync.errors import StoreDamagedError, StoreError
from darasa.sync.ids import Role
from darasa.sync.rescue import suspect_mark

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

log = logging.getLogger(__name__)

BEGIN_AFTER_S: Final = 30.0  # the first minute of a start belongs to people
REST_S: Final = 60.0
_BETWEEN_STEPS_S: Final = 0.05
_FOLDED_A_STEP: Final = 1


class CareJob:
    """Cares for the store of an open node until it is closed; for a node in a folder."""

    def __init__(
        self,
        room: "Classroom",
        *,
        begin_after_s: float = BEGIN_AFTER_S,
        rest_s: float = REST_S,
    ) -> None:
        self._room = room
        self._care: Care | None = None
        self._begin_after_s = begin_after_s
        self._rest_s = rest_s
        self._thread = Background("care", self._run)

    def close(self) -> None:
        """Stop; a step that is under way ends first."""
        self._thread.close()

    def _run(self, thread: Background) -> None:
        if thread.pause(self._begin_after_s):
            return
        self._look_over()
        while not thread.stopping:
            thread.pause(_BETWEEN_STEPS_S if self._step() else self._rest_s)

    def _step(self) -> bool:
        room = self._room
        try:
            if self._care is None:
                prunes = room.home.node_id if room.home.role is Role.COMPUTER else None
                self._care = Care(room.store, room.clock, prunes=prunes)
            if room.freshen(_FOLDED_A_STEP) or self._care.step():
                return True
            return adopt_between_terms(room) is not None
        except StoreDamagedError:
            self._note_damage()
            return False
        except StoreError as error:  # a full disk, a busy store: what is not cared for now can wait
            log.info("care put off error=%s", type(error).__name__)
            return False

    def _look_over(self) -> None:
        """The whole file, by SQLite. A reader of its own: nobody waits for it."""
        try:
            self._room.store.quick_check()
        except StoreDamagedError:
            self._note_damage()
        except StoreError as error:
            log.info("check put off error=%s", type(error).__name__)

    def _note_damage(self) -> None:
        log.error("store damaged: it is salvaged at the next start")
        try:
            suspect_mark(self._room.home.store_path).touch()
        except OSError as error:  # a full disk: the next start looks again by itself
            log.info("mark put off error=%s", type(error).__name__)
