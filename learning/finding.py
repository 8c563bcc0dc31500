"""Looking for the server on the network: when joining without an address, and when it has moved.

Owns: when to look, and how long. An address changes when a router is started anew; a server that is
found again is known by its certificate, so that nobody has to be trusted for the hint.
"""

from typing import TYPE_CHECKING, Final

from darasa.sync.ids import Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.sync.transport.discovery import Found

JOIN_WITHIN_S: Final = 3.0
_AGAIN_WITHIN_S: Final = 2.0
_LOOK_EVERY_MS: Final = 60_000  # a server that is off is looked for no oftener


def servers_nearby(role: Role) -> "list[Found]":
    """The servers that a node of this role may join, as they announce themselves."""
    from darasa.sync.transport.discovery import find_servers

    wanted = Role.HUB if role is Role.SCHOOL else Role.SCHOOL
    return find_servers(role=wanted, within_s=JOIN_WITHIN_S)


def found_again(room: "Classroom") -> str | None:
    """Where the joined server announces itself now, when that is elsewhere; looked up rarely."""
    from darasa.sync.transport.discovery import find_servers
    from darasa.sync.transport.link import checked_url, is_loopback

    peer, now_ms = room.home.peer, room.clock.elapsed_ms()
    looked_ms = room.looked_for_server_ms
    if peer is None or is_loopback(peer.url):
        return None  # a server on this very machine does not move
    if looked_ms is not None and now_ms - looked_ms < _LOOK_EVERY_MS:
        return None
    room.looked_for_server_ms = now_ms
    found = find_servers(
        role=peer.role,
        within_s=_AGAIN_WITHIN_S,
        is_enough=lambda each: each.node_id == peer.node_id,
    )
    places = [each.address for each in found if each.node_id == peer.node_id]
    return next((each for each in places if checked_url(each) != peer.url), None)
