"""What this machine can do: how fast it saves, its memory, and whether its server is really there.

Owns: measuring and the words. A part of `darasa doctor`, and of what is said after joining. Asks
nobody on the network but the server that was joined; the slowest of it takes ten seconds. A slow
disk or an absent server is a note: learners can work.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.learning.checkup import Check, Health
from darasa.sync.ids import Role

if TYPE_CHECKING:
    from darasa.sync.home import Home

FLUSH_SLOW_MS: Final = 100
"""An answer is on disk before its feedback; from here on learners wait (ux.md section 2)."""
FLUSH_BAD_MS: Final = 400
MEMORY_LOW_MB: Final = 150
"""The client takes 70 MB, and the system some."""

_FLUSHES: Final = 8
_FLUSHES_WITHIN_S: Final = 2.0
_BYTES: Final = 4_096
_ANSWER_WITHIN_S: Final = 10.0
_PROBE: Final = ".speed-of-disk"
_MEMORY: Final = Path("/proc/meminfo")


def machine_checks(home: "Home") -> list[Check]:
    """All of them, for the node in a folder."""
    return [*disk_checks(home.path), *memory_checks(), *server_checks(home)]


def disk_checks(folder: Path, *, now_s: Callable[[], float] = time.monotonic) -> Iterator[Check]:
    """How long a small write takes to be safe in this folder."""
    try:
        took_ms = _flush_ms(folder / _PROBE, now_s)
    except OSError as error:
        said = f"Nothing can be saved here ({error.strerror})."
        yield Check("saving", Health.ACT, said, "Is the disk full, or may it only be read?")
        return
    said = f"A small write is safe after {max(1, round(took_ms))} ms."
    if took_ms < FLUSH_SLOW_MS:
        yield Check("saving", Health.FINE, said)
    elif took_ms < FLUSH_BAD_MS:
        yield Check("saving", Health.NOTE, said, "Learners wait a little after each answer.")
    else:
        yield Check("saving", Health.NOTE, said, "That is too slow. Try another disk or card.")


def _flush_ms(path: Path, now_s: Callable[[], float]) -> float:
    """Milliseconds of the middle one of a few flushed writes. Raises OSError."""
    took: list[float] = []
    began = now_s()
    try:
        with path.open("wb") as file:
            for _ in range(_FLUSHES):
                before = now_s()
                file.write(bytes(_BYTES))
                file.flush()
                os.fsync(file.fileno())
                took.append(1_000 * (now_s() - before))
                if now_s() - began > _FLUSHES_WITHIN_S:
                    break
    finally:
        path.unlink(missing_ok=True)
    return sorted(took)[len(took) // 2]


def memory_checks(file: Path = _MEMORY) -> Iterator[Check]:
    """What is free, where the system says it."""
    try:
        free_mb = _field_mb(file.read_text(encoding="ascii"), "MemAvailable")
    except (OSError, ValueError):
        return
    if free_mb is None:
        return
    said = f"{free_mb} MB are free."
    if free_mb < MEMORY_LOW_MB:
        yield Check("memory", Health.NOTE, said, "Close other programs before the lesson.")
    else:
        yield Check("memory", Health.FINE, said)


def _field_mb(text: str, name: str) -> int | None:
    for line in text.splitlines():
        label, _, value = line.partition(":")
        if label == name:
            return int(value.strip().removesuffix("kB")) >> 10
    return None


def server_checks(home: "Home", *, within_s: float = _ANSWER_WITHIN_S) -> Iterator[Check]:
    """Whether the joined server answers now, and is the one that was joined."""
    if home.peer is None or home.role is Role.HUB:
        return
    found: list[Check] = []
    thread = threading.Thread(target=lambda: found.append(_asked(home)), daemon=True)
    thread.start()
    thread.join(within_s)
    late = Check("connection", Health.NOTE, "The server answers very slowly.", "Try again later.")
    yield found[0] if found else late


def _asked(home: "Home") -> Check:
    import httpx2

    from darasa.sync.transport.exchange import LinkError
    from darasa.sync.transport.link import joined_link

    assert home.peer is not None
    where = home.peer.url.removeprefix("https://")
    try:
        with joined_link(home) as link, link.stream("GET", "/health") as answer:
            is_well = answer.status_code == httpx2.codes.OK
    except LinkError as error:  # somebody else, or joined before servers had keys
        return Check("connection", Health.ACT, f"{error} ({where})", "darasa join, with a new code")
    except (httpx2.HTTPError, OSError):
        said = f"The server does not answer now ({where}). Work is kept here and goes later."
        return Check("connection", Health.NOTE, said, "Is it on, and on this network?")
    if not is_well:
        said = f"The server answers ({where}), and cannot save now."
        return Check("connection", Health.NOTE, said, "Run darasa doctor there.")
    said = f"{home.peer.name} answers at {where}, under the key that was pinned at joining."
    return Check("connection", Health.FINE, said)
