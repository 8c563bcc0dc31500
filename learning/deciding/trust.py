"""What role a node has in a school, by the certificates that this node trusts (sync.md section 5).

Owns: whose word counts: this node's own, that of the server it joined, and that of a school for its
computers. A certificate that a node gives itself says nothing. Signatures are checked before a
certificate is kept; here they are only read.
"""

import sqlite3
from typing import Final

from darasa.sync.contacts import certificates_of
from darasa.sync.home import Home
from darasa.sync.ids import NodeId, Role, SchoolId

_ISSUES: Final = {Role.HUB: Role.SCHOOL, Role.SCHOOL: Role.COMPUTER}
"""Who enrols whom."""


class Trust:
    """The roles of nodes as one node sees them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def role_of(
        self, connection: sqlite3.Connection, node_id: NodeId, school_id: SchoolId
    ) -> Role | None:
        """The role of a node in a school; None when nothing that is trusted gives it one."""
        known = self._root_role(node_id, school_id)
        if known is not None:
            return known
        for certificate in certificates_of(connection, node_id):
            if certificate.school_id != school_id or certificate.is_self_signed:
                continue
            issuer = self._issuer_role(connection, certificate.issuer, school_id)
            if issuer is not None and _ISSUES.get(issuer) is certificate.role:
                return certificate.role
        return None

    def speaker(self, connection: sqlite3.Connection, node_id: NodeId, school_id: SchoolId) -> Role:
        """The role under which an author's events count in a school (`authority.py`).

        A hub is one in every school. Whoever has no certificate there has the rights of a computer.
        """
        if node_id in self.hubs():
            return Role.HUB
        return self.role_of(connection, node_id, school_id) or Role.COMPUTER

    def hubs(self) -> list[NodeId]:
        """This node when it is a hub, and the hub that it has joined."""
        home, peer = self._home, self._home.peer
        mine = [home.node_id] if home.role is Role.HUB else []
        above = [peer.node_id] if peer is not None and peer.role is Role.HUB else []
        return mine + above

    def _root_role(self, node_id: NodeId, school_id: SchoolId) -> Role | None:
        """The role of this node itself, or of the server it joined."""
        home, peer = self._home, self._home.peer
        if node_id == home.node_id and school_id == home.school_id:
            return home.role
        if peer is not None and node_id == peer.node_id and school_id == peer.certificate.school_id:
            return peer.role
        return None

    def _issuer_role(
        self, connection: sqlite3.Connection, issuer: NodeId, school_id: SchoolId
    ) -> Role | None:
        """The role of an issuer: hubs are known only as oneself or as one's server."""
        home, peer = self._home, self._home.peer
        if issuer == home.node_id:
            return home.role
        if peer is not None and issuer == peer.node_id:
            return peer.role
        for certificate in certificates_of(connection, issuer):
            hub = home.node_id if home.role is Role.HUB else None
            if certificate.school_id == school_id and certificate.issuer == hub:
                return certificate.role
        return None
