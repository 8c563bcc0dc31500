"""Removed machines in a simulated district, and copies that a server has yet to confirm.

Owns what the oracle knows of it: a machine that its school has removed is refused, and so is a
child of one that no server certified; nothing of its is taken, on a wire or a stick, and nothing
that its own disk holds is lost. A school that was set back may have forgotten whom it removed.
"""

from typing import TYPE_CHECKING

from darasa.sync import held_back
from darasa.sync.ids import NodeId, Role
from darasa.sync.lineage import is_child

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World


def removed_at(server: "Machine") -> frozenset[NodeId]:
    """Whom a school holds for removed now."""
    return frozenset(held_back.held_back(server.disk.connection, held_back.REVOKED))


def is_refused(world: "World", machine: "Machine") -> bool:
    """Whether a school must refuse a machine: it removed it, or what its line goes back to."""
    if not world.removes or machine.role is not Role.COMPUTER:
        return False
    server = world.server_of(machine)
    removed = removed_at(server)
    if machine.home.node_id in removed:
        return True
    if not is_child(machine.home.certificate) or _has_certified(server, machine.home.node_id):
        return False
    former = {each.node_id: each for each in machine.home.former}  # a confirmation came last
    certificate = machine.home.certificate
    while is_child(certificate) and certificate.parent is not None:
        if certificate.parent in removed:
            return True
        if _has_certified(server, certificate.parent):
            return False
        certificate = former[certificate.parent]
    return False


def _has_certified(server: "Machine", node_id: bytes) -> bool:
    with server.store.reading() as connection:
        row = connection.execute(
            "SELECT 1 FROM certificate WHERE node_id = ? AND issuer = ?",
            (node_id, server.home.node_id),
        ).fetchone()
    return row is not None
