"""`serve`: run the server of a node until it is told to stop.

Owns: refusing what cannot be served, the socket, signals, and the order of starting and stopping.
The network is served over TLS; this machine's own browser may come without (`doorway`).
"""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from darasa.learning.classroom import Classroom
from darasa.learning.signing_in.hash_costs import measure_costs
from darasa.server.app import create_app
from darasa.server.config import LOOPBACK_HOSTS, Config
from darasa.server.deadlines import guarded
from darasa.server.doorway import Doorway
from darasa.server.errors import ServeError
from darasa.server.memory import collect_seldom
from darasa.sync.clock import SystemClock
from darasa.sync.errors import StoreDamagedError, SyncError
from darasa.sync.home import Home, open_home
from darasa.sync.ids import Role
from darasa.sync.set_time import KeptTime
from darasa.sync.steered_clock import SteeredClock
from darasa.sync.transport.discovery import addresses_of, announced
from darasa.sync.transport.tls import server_context

HERE: Final = "127.0.0.1"
_STOP_WITHIN_S: Final = 5
_EXIT_REFUSED: Final = 1
_EXIT_DAMAGED: Final = 7


def serve(
    home_path: Path,
    *,
    host: str = HERE,
    port: int = 8710,
    workers: int = 1,
    config: Config | None = None,
) -> int:
    """Serve the node in a folder until SIGTERM or SIGINT; the exit code of the command.

    Prints one line with the address once it answers. What it refuses, it says on stderr.
    """
    try:
        check_wish(workers=workers)
        home = _servable(home_path)
        with contextlib.closing(bind(host, port)) as listener, _opened(home) as classroom:
            place, bound = listener.getsockname()[:2]  # a name was asked for, perhaps, and any port
            reached = f"{reached_at(place)}:{bound}"
            settings = replace(config or Config(hosts=LOOPBACK_HOSTS), reached=reached)
            tls = server_context(home.write_channel_pem())
            app = create_app(classroom, settings)
            collect_seldom()
            threading.Thread(target=measure_costs, args=(classroom,), daemon=True).start()
            with announced(home, bound, addresses=partial(addresses_of, place)):
                WebServer(app, settings, listener, tls).run_until_stopped()
    except (ServeError, SyncError) as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_DAMAGED if isinstance(error, StoreDamagedError) else _EXIT_REFUSED
    return 0


def check_wish(*, workers: int) -> None:
    """Refuse what this version does not serve. Raises ServeError."""
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
        raise ServeError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return (
                f"Port {port} is in use by another program. "
                f"Stop that one, or choose another:  --port {port + 1}"
            )
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine. Leave --host out to use them all."
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
    clock = SteeredClock(SystemClock(), keeper=KeptTime(home.path))
    classroom = Classroom.open(home, clock=clock, rng=os.urandom, writable=True)
    if classroom.rescue is not None:
        sys.stderr.write(f"{classroom.rescue.sentence}\n")
    try:
        yield classroom
    finally:
        classroom.close()


class WebServer(uvicorn.Server):
    """uvicorn with our limits; it ends live pages first and says where it listens."""

    def __init__(
        self, app: Starlette, config: Config, listener: socket.socket, tls: ssl.SSLContext
    ) -> None:
        self._app = app
        self._listener = listener
        neighbours = app.state.darasa.neighbours
        self._doorway = Doorway(
            listener, self._protocol, tls=tls, limits=config.limits, neighbours=neighbours
        )
        super().__init__(
            uvicorn.Config(
                app,
                http=guarded(config.limits, neighbours),
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

    def run_until_stopped(self) -> None:
        """Serve until a signal, or until `should_exit` is set; returns after a clean stop."""
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        with _quiet_signals():
            self.run(sockets=[])

    def _protocol(self) -> asyncio.Protocol:
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            _loop=asyncio.get_running_loop(),
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        if self.started:
            self._doorway.open()
            name = self._app.state.darasa.classroom.home.name
            here = f"http://{HERE}:{self._listener.getsockname()[1]}"
            reached = self._app.state.darasa.config.reached
            sys.stdout.write(f"{name} answers at {here} (computers: {reached})\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let live pages end, so that nobody waits for them."""
        await self._doorway.close()
        self._listener.close()
        self._app.state.darasa.live.close()
        await super().shutdown(sockets)


def reached_at(host: str) -> str:
    """The address under which others find a server that listens at `host`, as far as it is known.

    With several, the one on the way out, if there is a way out: a lab's network may have none.
    """
    addresses = addresses_of(host)
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.closing(probe), contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # nothing is sent: the system only picks a way
        outward = probe.getsockname()[0]
        addresses.sort(key=lambda each: each != outward)
    return next(iter(addresses), HERE)


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
