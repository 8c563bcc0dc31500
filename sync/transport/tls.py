"""TLS as nodes use it among themselves: 1.3, the pinned certificate, no dates, no authority.

OpenSSL has proved in the handshake that the other side holds the key of the certificate it shows;
whose certificate that is, is decided here, by its bytes, before one byte of ours is sent.
"""

import socket
import ssl
from pathlib import Path
from typing import Any, Final

from darasa.sync.channel import pin_of

_SERVER_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class PinError(ssl.SSLError):
    """The certificate is not the pinned one."""


class PinnedContext(ssl.SSLContext):
    """A client's side. `pin` None takes any certificate: joining proves it afterwards.

    `seen` is the pin of the certificate that was shown last; `is_refused`: it was not `pin`.
    """

    pin: bytes | None
    seen: bytes | None
    is_refused: bool

    def __new__(cls, pin: bytes | None) -> "PinnedContext":
        """A context for connections to one server."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE  # no authority: the pin below decides
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        made.pin, made.seen, made.is_refused = pin, None, False
        return made

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """The connection, when the handshake is done and the certificate is the pinned one."""
        kwargs["server_hostname"] = None  # a name would only tell those on the way who is asked
        wrapped = super().wrap_socket(sock, *args, **kwargs)
        try:
            self.check(wrapped.getpeercert(binary_form=True))
        except PinError:
            wrapped.close()
            raise
        return wrapped

    def check(self, certificate: bytes | None) -> None:
        """Raise PinError unless a connection's certificate is the pinned one."""
        self.seen = None if certificate is None else pin_of(certificate)
        self.is_refused = self.seen is None or (self.pin is not None and self.seen != self.pin)
        if self.is_refused:
            raise PinError("The certificate is not the one that was pinned.")


def server_context(pem: Path) -> ssl.SSLContext:
    """A server's side, from its `channel_pem`: 1.3, and 1.2 for the pages in old browsers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SERVER_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.num_tickets = 0  # connections are kept; tickets would be half a kilobyte each time
    context.load_cert_chain(pem)
    return context
