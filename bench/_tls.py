"""What TLS adds to an exchange: handshake and records of the product's own contexts, in memory."""

import os
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path

from darasa.sync.channel import channel_pem
from darasa.sync.signing import NodeKey
from darasa.sync.transport.tls import PinnedContext, server_context


class Connection:
    """A client and a server with nothing but a wire between them. `carried`: bytes both ways;
    `round_trips`: how often the client waited for the server, the connection of TCP not counted."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder, "tls.pem")
            pem.write_bytes(channel_pem(NodeKey.generate(os.urandom)))
            context = server_context(pem)
        self.carried = self.round_trips = 0
        wires = [ssl.MemoryBIO() for _ in range(4)]
        self._to_client, self._from_client, self._to_server, self._from_server = wires
        self._client = PinnedContext(None).wrap_bio(self._to_client, self._from_client)
        self._server = context.wrap_bio(self._to_server, self._from_server, server_side=True)
        while not self._is_shaken():
            self._carry()
            with suppress(ssl.SSLWantReadError):
                self._server.do_handshake()
            self._answer()
        self._carry()
        self._server.do_handshake()

    def _is_shaken(self) -> bool:
        try:
            self._client.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def exchange(self, request: int, answer: int) -> None:
        """A request and an answer of so many bytes, one record each or more."""
        self._client.write(bytes(request))
        self._carry()
        self._read(self._server, request)
        self._server.write(bytes(answer))
        self._answer()
        self._read(self._client, answer)

    def close(self) -> None:
        """Both say that they have no more."""
        for side in (self._client, self._server):
            with suppress(ssl.SSLWantReadError):
                side.unwrap()
            self._carry()
            self._answer()

    def _read(self, side: ssl.SSLObject, size: int) -> None:
        while size:
            size -= len(side.read(size))

    def _carry(self) -> None:
        raw = self._from_client.read()
        self.carried += len(raw)
        self._to_server.write(raw)

    def _answer(self) -> None:
        raw = self._from_server.read()
        self.carried += len(raw)
        self.round_trips += bool(raw)
        self._to_client.write(raw)
