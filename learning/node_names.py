"""The names of nodes: as people gave them, else as the machine said at joining."""

import sqlite3
from collections.abc import Mapping

from darasa.learning.scopes import ComputerValue, parse_value
from darasa.sync import contacts
from darasa.sync.home import Home
from darasa.sync.ids import Role


class NodeBook:
    """Names and places of the nodes that one node knows of."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def names(self, connection: sqlite3.Connection) -> Mapping[bytes, str]:
        """node_id to name; a node that nobody named is not in it."""
        named: dict[bytes, str] = {self._home.node_id: self._home.name}
        peer = self._home.peer
        if peer is not None:
            named[peer.node_id] = peer.name
        named |= {row.node_id: row.name for row in contacts.peers(connection)}
        rows = connection.execute("SELECT node_id, name FROM lt_computer WHERE name IS NOT NULL")
        named |= dict(rows.fetchall())
        if self._home.role is Role.COMPUTER:
            told = connection.execute("SELECT value FROM lt_notice").fetchall()
            values = (parse_value(raw) for (raw,) in told)
            named |= {v.node_id: v.name for v in values if isinstance(v, ComputerValue)}
        return named

    def places(self, connection: sqlite3.Connection) -> Mapping[bytes, str]:
        """node_id to where it stands, for those of whom that was said."""
        rows = connection.execute("SELECT node_id, place FROM lt_computer WHERE place IS NOT NULL")
        return dict(rows.fetchall())
