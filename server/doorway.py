"""Accepting connections: TLS from anywhere, plain HTTP from this machine alone, on one port.

The first byte of a connection tells which it is (a TLS handshake begins with 22). Owns: the sockets
until their protocol begins, within the limits that hold afterwards too.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Final

from darasa.server.config import Limits
from darasa.server.strangers import Neighbours

log = logging.getLogger(__name__)

_HANDSHAKE: Final = b"\x16"
_AGAIN_S: Final = 0.1  # after the system had no room for another connection


class Doorway:
    """The door of one listening socket. `make_protocol` serves what comes through."""

    def __init__(
        self,
        listener: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        *,
        tls: ssl.SSLContext,
        limits: Limits,
        neighbours: Neighbours,
    ) -> None:
        self._listener = listener
        self._make_protocol = make_protocol
        self._tls = tls
        self._limits = limits
        self._neighbours = neighbours
        self._strangers = 0  # of those that are greeted now
        self._greeted: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to accept; call it in the event loop that serves."""
        self._listener.setblocking(False)
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    async def close(self) -> None:
        """Accept no more; connections that are served go on."""
        tasks = [*self._greeted, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(self._listener)
            except ConnectionError:
                continue  # gone before it was let in
            except OSError as error:  # too many open files
                log.warning("connection not accepted why=%s", error.strerror)
                await asyncio.sleep(_AGAIN_S)
                continue
            is_stranger = not self._neighbours.has(address[0])
            has_room = len(self._greeted) < self._limits.connections_max
            if not has_room or (is_stranger and self._strangers >= self._limits.strangers_max):
                sock.close()
                continue
            self._strangers += is_stranger
            task = loop.create_task(self._greet(sock, is_here=_is_here(address[0])))
            self._greeted.add(task)
            task.add_done_callback(partial(self._done, is_stranger=is_stranger))

    def _done(self, task: asyncio.Task[None], *, is_stranger: bool) -> None:
        self._greeted.discard(task)
        self._strangers -= is_stranger

    async def _greet(self, sock: socket.socket, *, is_here: bool) -> None:
        """Hand a connection over to its protocol, or close it."""
        try:
            sock.setblocking(False)
            first = await asyncio.wait_for(_first_byte(sock), self._limits.header_within_s)
            if first != _HANDSHAKE and not is_here:
                sock.close()
                return
            is_tls = first == _HANDSHAKE
            within = self._limits.header_within_s if is_tls else None
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make_protocol,
                sock,
                ssl=self._tls if is_tls else None,
                ssl_handshake_timeout=within,
            )
        except (OSError, TimeoutError):  # TLS errors are OSErrors
            sock.close()
        except asyncio.CancelledError:
            sock.close()
            raise


def _is_here(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return False


async def _first_byte(sock: socket.socket) -> bytes:
    """The first byte, left where it is; none when the other side has gone."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sock)
    return sock.recv(1, socket.MSG_PEEK)
