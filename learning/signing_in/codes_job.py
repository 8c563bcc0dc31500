"""The thread of a school server that prepares one-use codes: the missing, the used, the old ones.

Owns: the rhythm. A code is a hash, and whoever signs in meanwhile waits for one at most.
"""

import logging
from typing import TYPE_CHECKING, Final

from darasa.learning.background import Background
from darasa.sync.errors import StoreError

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

log = logging.getLogger(__name__)

BEGIN_AFTER_S: Final = 1.0
REST_S: Final = 2.0
_BETWEEN_S: Final = 0.05  # others have the processor: a school's first thousand take minutes


class CodesJob:
    """Prepares the codes of an open school until it is closed."""

    def __init__(
        self,
        room: "Classroom",
        *,
        begin_after_s: float = BEGIN_AFTER_S,
        rest_s: float = REST_S,
    ) -> None:
        self._room = room
        self._begin_after_s = begin_after_s
        self._rest_s = rest_s
        self._thread = Background("codes", self._run)

    def close(self) -> None:
        """Stop; a code that is being made is made first."""
        self._thread.close()

    def _run(self, thread: Background) -> None:
        pause_s = self._begin_after_s
        while not thread.pause(pause_s):
            pause_s = self._rest_s
            try:
                self._room.codes.prepare(go_on=lambda: not thread.pause(_BETWEEN_S))
            except StoreError as error:  # a full disk, a busy store: the next round tries again
                log.info("codes put off error=%s", type(error).__name__)
