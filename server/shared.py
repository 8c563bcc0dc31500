"""One computation for everyone who asks at the same time: sixty live pages cost as much as one.

Owns: keeping the last value of a key while its stamp is the same. Does not know what it keeps.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

_KEYS_MAX: Final = 100

T = TypeVar("T")


class Shared:
    """The last value of each key; safe to use from several threads, one computes at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Hashable, Any]] = {}

    def get(self, key: str, stamp: Hashable, make: Callable[[], T]) -> T:
        """The value kept under this stamp, or a new one from `make`."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != stamp:
                while len(self._kept) >= _KEYS_MAX:
                    del self._kept[next(iter(self._kept))]
                kept = self._kept[key] = (stamp, make())
            value: T = kept[1]
            return value
