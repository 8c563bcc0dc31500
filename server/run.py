"""`serve`: run the server of a node until it is told to stop.

Owns: refusing what cannot be served, the socket, signals, and the order of starting and stopping.
Until TLS comes, only this machine is served: names never cross a network in the clear.
"""

import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from darasa.learning.classroom import Classroom
from darasa.server.app import create_app
from darasa.server.config import LOOPBACK_HOSTS, Config
from darasa.server.deadlines import guarded
from darasa.server.errors import ServeError
from darasa.sync.clock import SystemClock
from darasa.sync.errors import StoreDamagedError, SyncError
from darasa.sync.home import Home, open_home
from darasa.sync.ids import Role
from darasa.sync.steered_clock import SteeredClock

_STOP_WITHIN_S: Final = 5
_EXIT_REFUSED: Final = 1
_EXIT_DAMAGED: Final = 7


def serve(
    home_path: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8710,
    workers: int = 1,
    config: Config | None = None,
) -> int:
    """Serve the node in a folder until SIGTERM or SIGINT; the exit code of the command.

    Prints one line with the address once it answers. What it refuses, it says on stderr.
    """
    try:
        check_wish(host=host, workers=workers)
        home = _servable(home_path)
        with contextlib.closing(bind(host, port)) as listener, _opened(home) as classroom:
            settings = config or Config(hosts=LOOPBACK_HOSTS)
            WebServer(create_app(classroom, settings), settings, listener).run_until_stopped()
    except (ServeError, SyncError) as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_DAMAGED if isinstance(error, StoreDamagedError) else _EXIT_REFUSED
    return 0


def check_wish(*, host: str, workers: int) -> None:
    """Refuse what this version does not serve. Raises ServeError."""
    if host not in LOOPBACK_HOSTS:
        raise ServeError(
            f"This version serves this machine only (127.0.0.1), not {host}: names would cross the "
            "network in the clear. Serving the classroom comes with TLS."
        )
    if workers != 1:
        raise ServeError("On SQLite one process does all the writing: use --workers 1.")


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ServeError when the port cannot be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ServeError(_why_not(port, error)) from error
    return listener


def _why_not(port: int, error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return (
                f"Port {port} is in use by another program. "
                f"Stop that one, or choose another:  --port {port + 1}"
            )
        case errno.EACCES:
            return f"Port {port} is not allowed here. Choose one above 1023, for example 8710."
        case _:
            return f"Port {port} cannot be used ({error}). Choose another, for example 8710."


def _servable(home_path: Path) -> Home:
    home = open_home(home_path)
    if home.role is Role.COMPUTER:
        raise ServeError(
            f"{home_path} is the computer '{home.name}', not a server. "
            "Make a school server in another folder:  darasa school init"
        )
    return home


@contextlib.contextmanager
def _opened(home: Home) -> Iterator[Classroom]:
    clock = SteeredClock(SystemClock())
    classroom = Classroom.open(home, clock=clock, rng=os.urandom, writable=True)
    if classroom.rescue is not None:
        sys.stderr.write(f"{classroom.rescue.sentence}\n")
    try:
        yield classroom
    finally:
        classroom.close()


class WebServer(uvicorn.Server):
    """uvicorn with our limits; it ends live pages first and says where it listens."""

    def __init__(self, app: Starlette, config: Config, listener: socket.socket) -> None:
        self._app = app
        self._listener = listener
        super().__init__(
            uvicorn.Config(
                app,
                http=guarded(config.limits),
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=config.limits.connections_max,
                timeout_graceful_shutdown=_STOP_WITHIN_S,
            )
        )

    @property
    def address(self) -> str:
        """Where it answers."""
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run_until_stopped(self) -> None:
        """Serve until a signal, or until `should_exit` is set; returns after a clean stop."""
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        with _quiet_signals():
            self.run(sockets=[self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        if self.started:
            name = self._app.state.darasa.classroom.home.name
            sys.stdout.write(f"{name} answers at {self.address}\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let live pages end, so that nobody waits for them."""
        self._app.state.darasa.live.close()
        await super().shutdown(sockets)


@contextlib.contextmanager
def _quiet_signals() -> Iterator[None]:
    """uvicorn raises the signal again once it has stopped; here stopping was all that it asked."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda _number, _frame: None)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
