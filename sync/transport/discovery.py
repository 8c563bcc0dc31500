"""Finding servers on the local network by multicast DNS (RFC 6762, 6763); typing always works.

What is found is a hint and nothing more: anyone may announce anything. Who answers at an address is
known by the pinned certificate, or proves the joining code.
"""

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.sync.home import Home
from darasa.sync.ids import ID_BYTES, NodeId, Role

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf

log = logging.getLogger(__name__)

_SERVICE: Final = "_darasa._tcp.local."
_FOUND_MAX: Final = 16  # of those who announce themselves: a network may be full of noise
_ASK_MS: Final = 1_000
_NAME_BYTES: Final = 200  # a text entry of DNS has at most 255
_LOOK_AGAIN_S: Final = 60.0


class Found(Struct, frozen=True):
    """A server that announced itself: `address` is `host:port`. Nothing of it is proved."""

    node_id: NodeId
    role: str
    name: str
    address: str


@contextmanager
def announced(home: Home, port: int, *, addresses: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Announce a server while it runs, and anew when the `addresses` of this machine change.

    None of them: it is not announced. A network that takes no multicast is noted in the log:
    people then type the address.
    """
    beacon = _Beacon(home, port, addresses)
    beacon.start()
    try:
        yield
    finally:
        beacon.stop()


class _Beacon(threading.Thread):
    """Keeps the announcement as the machine's addresses are."""

    def __init__(self, home: Home, port: int, addresses: Callable[[], Sequence[str]]) -> None:
        super().__init__(name="beacon", daemon=True)
        self._home, self._port, self._addresses = home, port, addresses
        self._ends = threading.Event()

    def stop(self) -> None:
        """Say goodbye, and end."""
        self._ends.set()
        self.join(timeout=5)

    def run(self) -> None:
        """Until it is told to stop."""
        speaker: Zeroconf | None = None
        told: Sequence[str] = ()
        while True:
            addresses = self._now(told)
            if addresses != told:
                _close(speaker)
                speaker = self._told(addresses)
                told = addresses if speaker else ()
            if self._ends.wait(_LOOK_AGAIN_S):
                break
        _close(speaker)

    def _now(self, told: Sequence[str]) -> Sequence[str]:
        """The addresses of this machine; those from before while it cannot tell them."""
        try:
            return tuple(self._addresses())
        except OSError as error:
            log.warning("addresses not read why=%s", error)
            return told

    def _told(self, addresses: Sequence[str]) -> "Zeroconf | None":
        import zeroconf

        if not addresses:
            return None
        speaker: Zeroconf | None = None
        try:
            speaker = zeroconf.Zeroconf(interfaces=list(addresses))
            speaker.register_service(_info(self._home, self._port, addresses))
        except (OSError, RuntimeError, zeroconf.Error) as error:
            _close(speaker)  # it is tried again each minute: what is left open would add up
            log.warning("server not announced why=%s", error)
            return None
        return speaker


def _close(speaker: "Zeroconf | None") -> None:
    if speaker is not None:
        with suppress(OSError):
            speaker.close()


def _info(home: Home, port: int, addresses: Sequence[str]) -> "ServiceInfo":
    from zeroconf import ServiceInfo

    label = home.node_id.hex()
    return ServiceInfo(
        _SERVICE,
        f"{label}.{_SERVICE}",
        port=port,
        addresses=[socket.inet_aton(each) for each in addresses],
        properties={
            "id": label,
            "role": str(home.role),
            "name": home.name.encode()[:_NAME_BYTES].decode(errors="ignore"),
        },
        server=f"darasa-{label[:12]}.local.",
    )


def addresses_of(host: str) -> list[str]:
    """The IPv4 addresses under which others reach a server that listens at `host`; no loopback."""
    import ifaddr  # zeroconf's own dependency

    if host == "0.0.0.0":  # noqa: S104
        ips = {each.ip for adapter in ifaddr.get_adapters() for each in adapter.ips}
    else:
        ips = {host}
    addresses = [ip_address(each) for each in ips if isinstance(each, str)]
    return sorted(str(each) for each in addresses if each.version == 4 and not each.is_loopback)


def find_servers(
    *,
    role: Role,
    within_s: float,
    is_enough: Callable[[Found], bool] = lambda _found: False,
    interfaces: Sequence[str] | None = None,
) -> list[Found]:
    """The servers of a role that answer within a time, by name; sooner when one `is_enough`.

    Empty on a network without multicast. `interfaces`: addresses to ask from; None: all.
    """
    from zeroconf import InterfaceChoice, ServiceBrowser, ServiceListener, Zeroconf

    found: dict[NodeId, Found] = {}
    enough = threading.Event()

    class Listener(ServiceListener):
        """Takes what is announced; called in a thread of the library's."""

        def add_service(self, zc: "Zeroconf", type_: str, name: str) -> None:
            """A server announces itself."""
            info = zc.get_service_info(type_, name, _ASK_MS)
            for each in [] if info is None else _found(info, role):
                if len(found) < _FOUND_MAX:
                    found[each.node_id] = each
                if is_enough(each):
                    enough.set()

        update_service = add_service

        def remove_service(self, zc: "Zeroconf", type_: str, name: str) -> None:
            """A server says goodbye: it may be back before anyone asks it."""

    try:
        asker = Zeroconf(interfaces=InterfaceChoice.All if interfaces is None else list(interfaces))
    except (OSError, RuntimeError):  # the second: this machine has no network at all
        return []
    try:
        browser = ServiceBrowser(asker, _SERVICE, Listener())
        try:
            enough.wait(within_s)
        finally:
            browser.cancel()  # its thread would outlive the asker
    finally:
        _close(asker)
    return sorted(found.values(), key=lambda each: (each.name, each.address))


def _found(info: "ServiceInfo", role: Role) -> Iterator[Found]:
    """What an announcement says, if it fits."""
    told = {key: value or b"" for key, value in info.properties.items()}
    with suppress(ValueError):
        node_id = bytes.fromhex(told.get(b"id", b"").decode("ascii"))
        said = told.get(b"role", b"").decode("ascii")
        name = told.get(b"name", b"").decode("utf-8")
        addresses = info.parsed_addresses()
        if len(node_id) == ID_BYTES and said == role and name and addresses and info.port:
            yield Found(NodeId(node_id), said, name, f"{_near(addresses)}:{info.port}")


def _near(addresses: Sequence[str]) -> str:
    """One of a server's addresses; IPv4 first, which every school network has."""
    plain = [each for each in addresses if ":" not in each]
    return plain[0] if plain else f"[{addresses[0]}]"
