"""One kept connection to one server: TLS, pinned, with nothing said that HTTP does not need.

Owns: addresses, the pin, and what happens when a server shows another certificate: it may have
announced that under its node key, which this node knows from joining; else nothing is said to it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx2

from darasa.sync.channel import ANNOUNCEMENT_BYTES_MAX, Announcement
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.home import Home
from darasa.sync.transport.exchange import LinkError
from darasa.sync.transport.tls import PinnedContext

PORT: Final = 8710
_CONNECT_S: Final = 5.0
_SILENCE_S: Final = 60.0  # a link of 20 kbit/s moves something within this
NO_PIN: Final = "This server was joined without its key. Ask for a new code and join once more."
_OTHER: Final = "Another machine answers at this address. Nothing was said to it."

Renew = Callable[[Announcement], bool]
"""Takes what a server says of its key; whether it is believed, and noted."""


def checked_url(url: str) -> str:
    """The base address without a path: `https://host:port`. Raises LinkError with a sentence.

    People copy addresses from anywhere: `http://` is read as the name of the place, not as a wish.
    """
    said = f"{url} is not an address like 192.168.1.5:{PORT}."
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError as error:
        raise LinkError(said) from error
    is_web = parts.scheme in {"http", "https"}
    if not is_web or not host or parts.username or parts.query or parts.fragment:
        raise LinkError(said)
    address = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    try:  # what cannot be looked up is said now: at the request it would be no network error
        httpx2.URL(address).raw_host.decode("ascii").encode("idna")
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise LinkError(said) from error
    return address


def is_loopback(url: str) -> bool:
    """Whether an address is of this very machine."""
    host = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


class Link:
    """Requests to one server. Made by `joined_link` and `stranger_link`."""

    def __init__(self, address: str, pin: bytes | None, renew: Renew | None) -> None:
        self._address = address
        self._renew = renew
        self._context = PinnedContext(pin)
        self._client = _client(address, self._context)

    @property
    def seen(self) -> bytes | None:
        """The pin of the certificate that was shown last."""
        return self._context.seen

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> "Iterator[httpx2.Response]":
        """The answer to one request, its body not read yet.

        Raises LinkError when somebody else answers, httpx2.HTTPError when the network breaks.
        """
        request = self._client.build_request(method, path, content=content, headers=headers)
        answer = self._sent(request)
        try:
            yield answer
        finally:
            answer.close()

    def _sent(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return self._client.send(request, stream=True)
        except httpx2.ConnectError as error:
            if not self._context.is_refused:
                raise
            if not self._renewed():
                raise LinkError(_OTHER) from error
        return self._client.send(request, stream=True)  # nothing had been sent

    def _renewed(self) -> bool:
        """Whether the certificate that was shown is a new one of the joined server."""
        if self._renew is None:
            return False
        with stranger_link(self._address) as stranger:
            announcement = _announcement(stranger)
            is_same = announcement is not None and announcement.channel.pin == stranger.seen
        if announcement is None or not is_same or not self._renew(announcement):
            return False
        self._client.close()
        self._context = PinnedContext(announcement.channel.pin)
        self._client = _client(self._address, self._context)
        return True


def _announcement(stranger: Link) -> Announcement | None:
    raw = b""
    try:
        with stranger.stream("GET", "/channel") as answer:
            for part in answer.iter_raw():
                raw += part
                if len(raw) > ANNOUNCEMENT_BYTES_MAX:
                    return None
        return Announcement.parse(raw)
    except (httpx2.HTTPError, RemoteProtocolError):
        return None


@contextmanager
def joined_link(home: Home, url: str | None = None) -> Iterator[Link]:
    """A link to the server that this node has joined, at `url` or where it was last.

    Raises LinkError for an address that is none, and for a server joined without its key.
    """
    peer = home.peer
    if peer is None:
        raise LinkError("This machine has not joined a server yet.")
    known = peer.channel
    if known is None:
        raise LinkError(NO_PIN)

    def renew(announcement: Announcement) -> bool:
        is_newer = announcement.channel.number > known.number
        if not is_newer or not announcement.is_of(peer.public_key):
            return False
        home.take_channel(announcement.channel)
        return True

    with _closing(Link(checked_url(url or peer.url), known.pin, renew)) as link:
        yield link


@contextmanager
def stranger_link(address: str) -> Iterator[Link]:
    """A link to a server that is not known yet: to join it, or to hear what it says of its key."""
    with _closing(Link(checked_url(address), None, None)) as link:
        yield link


@contextmanager
def _closing(link: Link) -> Iterator[Link]:
    try:
        yield link
    finally:
        link.close()


def _client(address: str, context: PinnedContext) -> httpx2.Client:
    timeout = httpx2.Timeout(_SILENCE_S, connect=_CONNECT_S)
    client = httpx2.Client(
        base_url=address, verify=context, trust_env=False, follow_redirects=False, timeout=timeout
    )
    client.headers.clear()  # what HTTP needs (Host, Content-Length) is added at sending
    return client
