"""Notices what changed in the store and on the presence board, whoever changed it.

Owns: looking once a second at two counts. So the routes that write need not know who watches: an
exchange, a command over the control socket and a form all show on the live page.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool

from darasa.server.state import Darasa

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 1.0


async def watch(darasa: Darasa, on_events: Callable[[], None]) -> None:
    """Touch `darasa.live` at each change, and call `on_events` when there are new events."""
    before: tuple[int, int] | None = None
    is_blind = False
    while True:
        try:
            now = await run_in_threadpool(_counts, darasa)
        except Exception:  # too many open files, a full disk: the next look may see again
            if not is_blind:
                log.warning("changes not seen for now", exc_info=True)
            is_blind = True
        else:
            if before is not None and now != before:
                darasa.live.touch()
            if before is not None and now[0] != before[0]:
                on_events()
            before, is_blind = now, False
        await asyncio.sleep(_LOOK_EVERY_S)


def _counts(darasa: Darasa) -> tuple[int, int]:
    return darasa.classroom.store.event_count(), darasa.board.changes()
