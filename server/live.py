"""Says that something changed, so that live pages look again.

Owns: a counter and those who wait for it. `touch` may be called from any thread; waiting belongs to
the event loop. Does not know what changed.
"""

import asyncio
import threading
from collections.abc import Callable


class Live:
    """The change notifier of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._waiters: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._closed = False

    @property
    def version(self) -> int:
        """Grows with each change."""
        return self._version

    @property
    def closed(self) -> bool:
        """True once the server goes down: live pages end."""
        return self._closed

    def touch(self) -> None:
        """Something changed."""
        with self._lock:
            self._version += 1
            self._wake()

    def close(self) -> None:
        """The server goes down."""
        with self._lock:
            self._closed = True
            self._wake()

    async def wait(self, seen: int, *, within_s: float) -> int:
        """The version, as soon as it differs from `seen`; or after the time, or at the close."""
        await self._until(lambda: self._version != seen, within_s=within_s)
        return self._version

    async def pause(self, for_s: float) -> None:
        """Wait that long, whatever changes; a close ends it."""
        await self._until(lambda: False, within_s=for_s)

    async def _until(self, fits: Callable[[], bool], *, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                while not await self._fits_or_next(fits):
                    pass
        except TimeoutError:
            return

    async def _fits_or_next(self, fits: Callable[[], bool]) -> bool:
        """True when it fits or all is over; else False after the next change."""
        event = asyncio.Event()
        with self._lock:
            if self._closed or fits():
                return True
            self._waiters[event] = asyncio.get_running_loop()
        try:
            await event.wait()
        finally:
            with self._lock:
                self._waiters.pop(event, None)
        return False

    def _wake(self) -> None:
        for event, loop in self._waiters.items():
            loop.call_soon_threadsafe(event.set)
        self._waiters.clear()
