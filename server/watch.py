"""Notices what changed in the store and on the presence board, whoever changed it.

Owns: looking once a second at two counts. So the routes that write need not know who watches: an
exchange, a command over the control socket and a form all show on the live page.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool

from darasa.server.state import Darasa

_LOOK_EVERY_S: Final = 1.0


async def watch(darasa: Darasa, on_events: Callable[[], None]) -> None:
    """Touch `darasa.live` at each change, and call `on_events` when there are new events."""
    events, presence = await run_in_threadpool(_counts, darasa)
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        before = (events, presence)
        events, presence = await run_in_threadpool(_counts, darasa)
        if (events, presence) != before:
            darasa.live.touch()
        if events != before[0]:
            on_events()


def _counts(darasa: Darasa) -> tuple[int, int]:
    return darasa.classroom.store.event_count(), darasa.board.changes()
