"""`GET /health` and `GET /metrics`: is it well, in one object; figures for a monitor.

Owns: their shape (interfaces.md). Neither names a person. `/health` answers 503 only while the
server cannot save: a monitor that restarts it for less would do harm.
"""

import os
from functools import cache
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from darasa.learning.version import APP_VERSION
from darasa.server.config import LOOPBACK_HOSTS
from darasa.server.state import Darasa, darasa_of

_MB: Final = 1 << 20
_CANNOT_SAVE_BELOW: Final = 4 * _MB  # one transaction and the log before it is folded in
_DEGRADED_BELOW: Final = 200 * _MB


@cache
def disk_free(path: Path) -> int:
    """Bytes that this process may still write there; 0 on a disk that is read-only."""
    disk = os.statvfs(path)
    if disk.f_flag & os.ST_RDONLY:
        return 0
    return disk.f_bavail * disk.f_frsize


def verdict(free: int) -> tuple[str, int]:
    """The word and the HTTP status for so many free bytes."""
    if free < _CANNOT_SAVE_BELOW:
        return "degraded", 503
    return ("ok" if free >= _DEGRADED_BELOW else "degraded"), 200


def health(request: Request) -> Response:
    """`{"status", "version", "role", "events", "disk_free_mb"}`."""
    darasa = darasa_of(request)
    free = disk_free(darasa.classroom.home.path)
    word, status_code = verdict(free)
    return JSONResponse(
        {
            "status": word,
            "version": APP_VERSION,
            "role": str(darasa.classroom.home.role),
            "events": darasa.classroom.store.event_count(),
            "disk_free_mb": free // _MB,
        },
        status_code=status_code,
    )


def metrics(request: Request) -> Response:
    """Prometheus text, for this machine only."""
    if request.client is None or request.client.host not in LOOPBACK_HOSTS:
        raise HTTPException(403, "Metrics are for this machine only.")
    lines = [
        f"# HELP {name} {text}\n# TYPE {name} gauge\n{name} {value}\n"
        for name, text, value in _gauges(darasa_of(request))
    ]
    return PlainTextResponse("".join(lines), media_type="text/plain; version=0.0.4")


def _gauges(darasa: Darasa) -> list[tuple[str, str, int]]:
    store = darasa.classroom.store
    return [
        ("darasa_events", "Events in the store.", store.event_count()),
        ("darasa_logs", "Logs in the store.", store.log_count()),
        ("darasa_peers", "Nodes that were heard of.", len(store.peers())),
        (
            "darasa_disk_free_bytes",
            "Bytes that can still be written.",
            disk_free(darasa.classroom.home.path),
        ),
    ]
