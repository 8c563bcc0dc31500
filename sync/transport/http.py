"""Exchanges and joining over HTTP: one POST a round, on one connection.

Until TLS comes, only servers on this machine are spoken to. No proxy of the environment, no
redirects, no default headers (the nothing-new budget counts them). An absent server is a sentence
in the report, never an exception.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from darasa.sync.clock import Clock
from darasa.sync.errors import StoreError
from darasa.sync.event_codec import EventCodec
from darasa.sync.home import Home, Peer
from darasa.sync.hooks import Hooks
from darasa.sync.ids import Rng
from darasa.sync.messages import PresenceRow
from darasa.sync.session import Limits
from darasa.sync.session_blobs import Blobs
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange, ExchangeReport, LinkError, Post

if TYPE_CHECKING:
    import httpx2

ANSWER_BYTES_MAX: Final = 2 << 20
_CONNECT_S: Final = 5.0
_SILENCE_S: Final = 60.0  # a link of 20 kbit/s moves something within this
_NOT_HERE: Final = "Darasa meets only servers on this same machine for now. Use 127.0.0.1."
_SENTENCES: Final = {
    404: "There is no Darasa server at this address.",
    413: "The server refused the transfer: it is too large.",
    429: "The server is busy. Try again in a minute.",
    503: "The server cannot save now. Nothing was lost. Try again later.",
}

__all__ = ["ExchangeReport", "LinkError", "checked_url", "exchange", "join", "open_client"]


def checked_url(url: str) -> str:
    """The base address without a path: `http://host:port`. Raises LinkError with a sentence."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise LinkError(f"{url} is not an address like http://127.0.0.1:8710.") from error
    if parts.scheme != "http" or not host or parts.username or parts.query or parts.fragment:
        raise LinkError(f"{url} is not an address like http://127.0.0.1:8710.")
    if not _is_loopback(host):
        raise LinkError(_NOT_HERE)
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}" if port is None else f"http://{shown}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def exchange(
    home: Home,
    store: Store,
    *,
    hooks: Hooks,
    clock: Clock,
    rng: Rng,
    url: str | None = None,
    presence: Sequence[PresenceRow] | None = (),
    limits: Limits | None = None,
    trusted: bool = False,
    blobs: Blobs | None = None,
    codec: EventCodec | None = None,
) -> ExchangeReport:
    """One exchange with the server that this node has joined, at `url` or where it was last.

    `presence`: who sits at this computer; None says nothing, and what was said last stands.

    Never raises for what a network, a server or a disk does: the report says it.
    """
    del rng  # the asking side draws nothing; carriers that encrypt will
    peer = home.peer
    if peer is None:
        return ExchangeReport("", ok=False, error="This machine has not joined a server yet.")
    try:
        address = checked_url(url or peer.url)
        one = Exchange(
            home,
            store,
            peer,
            hooks=hooks,
            clock=clock,
            presence=presence,
            limits=limits,
            trusted=trusted,
            blobs=blobs,
            codec=codec,
        )
        with open_client(address) as client:
            return one.run(_poster(client, "/sync/1"))
    except (LinkError, StoreError) as error:
        return ExchangeReport(peer.name, ok=False, error=str(error))


def join(home: Home, store: Store, url: str, code: str, *, clock: Clock, rng: Rng) -> Peer:
    """Prove `code` to the server at `url` and keep it as this node's server.

    The home has the peer, this node's certificate, its school and seal key afterwards. Raises
    EnrolError for a refused code, LinkError when the server is not reached, HomeError.
    """
    from darasa.sync.transport.joining import join_server  # late: SPAKE2 takes a while to load

    address = checked_url(url)
    with open_client(address) as client:
        return join_server(
            home,
            store,
            code,
            url=address,
            ask=lambda path, body: _answer_of(client, path, body),
            clock=clock,
            rng=rng,
        )


@contextmanager
def open_client(address: str) -> "Iterator[httpx2.Client]":
    """A connection that is kept, to an address that `checked_url` gave."""
    import httpx2

    timeout = httpx2.Timeout(_SILENCE_S, connect=_CONNECT_S)
    with httpx2.Client(
        base_url=address, trust_env=False, follow_redirects=False, timeout=timeout
    ) as client:
        client.headers.clear()  # what HTTP needs (Host, Content-Length) is added at sending
        yield client


def _poster(client: "httpx2.Client", path: str) -> Post:
    return lambda body: _post(client, path, body)


def _post(client: "httpx2.Client", path: str, body: bytes) -> Iterator[bytes]:
    """The parts of the answer to one POST. Raises LinkError with a sentence."""
    import httpx2

    size = 0
    try:
        with client.stream("POST", path, content=body) as answer:
            if answer.status_code != 200:
                said = f"The server answered with an error ({answer.status_code})."
                raise LinkError(_SENTENCES.get(answer.status_code, said))
            for part in answer.iter_raw():
                size += len(part)
                if size > ANSWER_BYTES_MAX:
                    raise LinkError("The server's answer is too large.")
                yield part
    except httpx2.ConnectError as error:
        raise LinkError("The server does not answer. Work is kept here and goes later.") from error
    except httpx2.HTTPError as error:
        raise LinkError("The link broke. What was sent is safe; the rest goes later.") from error


def _answer_of(client: "httpx2.Client", path: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to one request of joining. Raises LinkError."""
    import httpx2

    content = b""
    try:
        with client.stream("POST", path, content=body) as answer:
            for part in answer.iter_raw():
                content += part
                if len(content) > ANSWER_BYTES_MAX:
                    raise LinkError("The server's answer is too large.")
    except httpx2.HTTPError as error:
        raise LinkError("The server does not answer. Check the address, then try again.") from error
    return answer.status_code, content
