"""The slow-connection probe of the threat model (T6), with deadlines short enough for a test."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from darasa.server.config import Limits
from darasa.server.deadlines import GuardedProtocol, guarded
from darasa.server.strangers import Neighbours
from darasa.sync.clock import ManualClock

PROBES = 40


async def _echo(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes")


@contextlib.contextmanager
def _served(limits: Limits) -> Iterator[int]:
    app = Starlette(routes=[Route("/", _echo, methods=["GET", "POST"])])
    config = uvicorn.Config(app, http=guarded(limits), ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()
    assert not thread.is_alive()


@contextlib.contextmanager
def _dialled(port: int, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            for _ in range(count)
        ]


def _answer(connection: socket.socket) -> bytes:
    """Everything the server sends until it closes; a reset is a close."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(4096):
            received += data
    return received


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf",
    ],
    ids=["nothing sent", "half headers", "half body"],
)
def test_no_half_sent_request_is_kept(half: bytes) -> None:
    limits = Limits(header_within_s=0.2, body_window_s=0.2, body_bytes_per_s_min=1000)
    with _served(limits) as port, _dialled(port, PROBES) as connections:
        for connection in connections:
            connection.sendall(half)
        assert [_answer(connection) for connection in connections] == [b""] * PROBES


def test_headers_in_time_and_a_body_that_moves_are_answered() -> None:
    limits = Limits(header_within_s=30, body_window_s=0.05, body_bytes_per_s_min=100)
    with _served(limits) as port, _dialled(port, 1) as (connection,):
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
        connection.sendall(b"Content-Length: 200000\r\n\r\n")
        for _ in range(20):
            connection.sendall(b"x" * 10_000)
        assert _answer(connection).endswith(b"200000 bytes")


def test_a_second_request_on_a_connection_has_deadlines_too() -> None:
    with _served(Limits(header_within_s=0.2)) as port, _dialled(port, 1) as (connection,):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"0 bytes"):
            answer += connection.recv(4096)
        connection.sendall(b"GET / HT")
        assert _answer(connection) == b""


def test_one_address_cannot_take_all_connections() -> None:
    limits = Limits(header_within_s=30, connections_per_address_max=3)
    with _served(limits) as port, _dialled(port, 3) as kept:
        refused = socket.create_connection(("127.0.0.1", port), timeout=30)
        with refused:
            assert _answer(refused) == b""
        for connection in kept:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert all(_answer(connection).endswith(b"0 bytes") for connection in kept)


class _Wire(asyncio.Transport):
    """The end of a connection from an address."""

    def __init__(self, host: str) -> None:
        super().__init__({"peername": (host, 5), "sockname": ("10.0.0.9", 8710)})
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True

    def close(self) -> None:
        self.abort()

    def is_closing(self) -> bool:
        return self.is_aborted


def test_strangers_share_half_of_the_connections_and_neighbours_keep_the_rest() -> None:
    async def admitted() -> tuple[list[bool], bool, bool]:
        neighbours = Neighbours(ManualClock(0))
        neighbours.note("10.0.0.1")
        kind = guarded(Limits(connections_max=8), neighbours)
        config = uvicorn.Config(Starlette(), http=kind, ws="none", log_config=None)
        config.load()
        state, loop = ServerState(), asyncio.get_running_loop()

        def dial(host: str) -> tuple[GuardedProtocol, _Wire]:
            made = kind(config=config, server_state=state, app_state={}, _loop=loop)
            wire = _Wire(host)
            made.connection_made(wire)
            return made, wire

        flood = [dial(f"10.0.1.{n}") for n in range(6)]
        strangers = [not wire.is_aborted for _, wire in flood]
        _, node = dial("10.0.0.1")
        for made, _ in flood:
            made.connection_lost(None)
        _, late = dial("10.0.2.1")
        return strangers, not node.is_aborted, not late.is_aborted

    strangers, is_node_in, is_late_in = asyncio.run(admitted())
    assert strangers == [True] * 4 + [False] * 2
    assert is_node_in
    assert is_late_in
