"""Exchanges and joining over HTTPS: one POST a round, on one connection.

A server is known by the certificate that was pinned when it was joined, whatever its address and
the dates say; there is no way without TLS. No proxy of the environment, no redirects, no default
headers (the nothing-new budget counts them). An absent server is a sentence in the report, never
an exception.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

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
    from darasa.sync.transport.link import Link

ANSWER_BYTES_MAX: Final = 2 << 20
_SENTENCES: Final = {
    404: "There is no Darasa server at this address.",
    413: "The server refused the transfer: it is too large.",
    429: "The server is busy. Try again in a minute.",
    503: "The server cannot save now. Nothing was lost. Try again later.",
}

__all__ = ["ExchangeReport", "LinkError", "exchange", "join"]


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
    from darasa.sync.transport.link import joined_link  # late: the HTTP library takes a while

    del rng  # the asking side draws nothing; carriers that encrypt will
    peer = home.peer
    if peer is None:
        return ExchangeReport("", ok=False, error="This machine has not joined a server yet.")
    try:
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
        with joined_link(home, url) as link:
            return one.run(_poster(link, "/sync/1"))
    except (LinkError, StoreError) as error:
        return ExchangeReport(peer.name, ok=False, error=str(error))


def join(home: Home, store: Store, url: str, code: str, *, clock: Clock, rng: Rng) -> Peer:
    """Prove `code` to the server at `url` and keep it as this node's server.

    The home has the peer, this node's certificate, its school and seal key afterwards. Raises
    EnrolError for a refused code and for somebody between this machine and the server, LinkError
    when the server is not reached, HomeError.
    """
    from darasa.sync.transport.joining import join_server  # late: SPAKE2 takes a while to load
    from darasa.sync.transport.link import checked_url, stranger_link

    address = checked_url(url)
    with stranger_link(address) as link:
        return join_server(
            home,
            store,
            code,
            url=address,
            ask=lambda path, body: _answer_of(link, path, body),
            shown=lambda: link.seen,
            clock=clock,
            rng=rng,
        )


def _poster(link: "Link", path: str) -> Post:
    return lambda body: _post(link, path, body)


def _post(link: "Link", path: str, body: bytes) -> Iterator[bytes]:
    """The parts of the answer to one POST. Raises LinkError with a sentence."""
    import httpx2

    size = 0
    try:
        with link.stream("POST", path, content=body) as answer:
            if answer.status_code != httpx2.codes.OK:
                said = f"The server answered with an error ({answer.status_code})."
                raise LinkError(_SENTENCES.get(answer.status_code, said))
            for part in answer.iter_raw():
                size += len(part)
                if size > ANSWER_BYTES_MAX:
                    raise LinkError("The server's answer is too large.")
                yield part
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise LinkError("The server does not answer. Work is kept here and goes later.") from error
    except httpx2.HTTPError as error:
        raise LinkError("The link broke. What was sent is safe; the rest goes later.") from error


def _answer_of(link: "Link", path: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to one request of joining. Raises LinkError."""
    import httpx2

    content = b""
    try:
        with link.stream("POST", path, content=body) as answer:
            for part in answer.iter_raw():
                content += part
                if len(content) > ANSWER_BYTES_MAX:
                    raise LinkError("The server's answer is too large.")
    except httpx2.HTTPError as error:
        raise LinkError("The server does not answer. Check the address, then try again.") from error
    return answer.status_code, content
