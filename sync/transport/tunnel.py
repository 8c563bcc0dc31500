"""A way for a browser on a joined computer to its server: plain on loopback, pinned TLS beyond.

So that the teacher's page opens on any computer of the lab without a browser's warning: the pin
that joining proved stands in for an authority. Owns bytes and connections, not pages.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from darasa.sync.home import Home
from darasa.sync.transport.exchange import LinkError
from darasa.sync.transport.link import NO_PIN, PORT
from darasa.sync.transport.tls import PinError, PinnedContext

log = logging.getLogger(__name__)

_PART = 64 * 1024
_CONNECT_S = 10.0
HERE = "127.0.0.1"


async def serve_tunnel(home: Home, port: int, *, on_open: Callable[[str], None]) -> None:
    """Carry connections to the joined server until this task is cancelled.

    `on_open` is called once with the address that a browser here opens. Raises LinkError when the
    node has no pinned server, OSError when the port cannot be had.
    """
    peer = home.peer
    if peer is None:
        raise LinkError("This machine has not joined a server yet.")
    if peer.channel is None:
        raise LinkError(NO_PIN)
    place = urlsplit(peer.url)
    host, far_port, pin = place.hostname or "", place.port or PORT, peer.channel.pin

    carried: set[asyncio.Task[None]] = set()

    async def carry(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, forth = await asyncio.wait_for(_pinned(host, far_port, pin), _CONNECT_S)
        except (OSError, TimeoutError) as error:  # a wrong certificate too
            log.warning("server not reached why=%s", error)
            back.transport.abort()
            return
        try:
            await asyncio.gather(_copied(near, forth), _copied(far, back))
        finally:
            forth.transport.abort()
            back.transport.abort()

    def begin(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(carry(near, back))
        carried.add(task)
        task.add_done_callback(carried.discard)

    server = await asyncio.start_server(begin, HERE, port)
    try:
        on_open(f"http://{HERE}:{server.sockets[0].getsockname()[1]}")
        await server.serve_forever()
    finally:
        server.close()
        for task in carried:
            task.cancel()
        if carried:
            await asyncio.wait(carried)


async def _pinned(
    host: str, port: int, pin: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection whose certificate is the pinned one. Raises OSError."""
    context = PinnedContext(pin)
    reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname="")
    shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
    try:
        context.check(shown.getpeercert(binary_form=True))
    except PinError:
        writer.transport.abort()
        raise
    return reader, writer


async def _copied(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """All bytes of one direction; its end is the end of the other side's writing."""
    with suppress(OSError):
        while part := await source.read(_PART):
            to.write(part)
            await to.drain()
    with suppress(OSError):
        to.close()
        await to.wait_closed()  # what was written has gone
