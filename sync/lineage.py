"""Nodes that came from other nodes: a folder that was copied or moved makes a new key at its start.

The old key signs a certificate for the new one, its *child* (issuer and parent are one). A server
believes a child whose parent it certified, and replaces that certificate by one of its own at the
next contact. A child may vouch for the logs of those it came from: it brings what they wrote. Pure.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from darasa.sync.ids import NodeId
from darasa.sync.signing import Certificate, check_certificate

GENERATIONS_MAX: Final = 48
"""Nodes that one may have come from. A folder on a stick moves with every change of machine: twice
a day, two weeks without a contact. All of a line fits one NODES frame, with both certificates of
each."""

Known = Callable[[NodeId], Certificate | None]


def is_child(certificate: Certificate) -> bool:
    """Whether it was given by the node that this one came from, and not by a server."""
    return certificate.parent is not None and certificate.parent == certificate.issuer


def is_child_of(certificate: Certificate, parent: Certificate) -> bool:
    """Whether the parent's key signed it, and it claims no more than the parent is."""
    return (
        is_child(certificate)
        and certificate.role is parent.role
        and certificate.school_id == parent.school_id
        and check_certificate(certificate, parent.public_key)
    )


def is_certified(
    certificate: Certificate,
    known: Known,
    *,
    server_public: bytes,
    is_revoked: Callable[[NodeId], bool],
) -> bool:
    """Whether a server gave this certificate, or one to whom it came from through children alone.

    A node between that was revoked ends the line.
    """
    for _ in range(GENERATIONS_MAX + 1):
        if check_certificate(certificate, server_public):
            return True
        if certificate.parent is None or is_revoked(certificate.parent):
            return False
        parent = known(certificate.parent)
        if parent is None or not is_child_of(certificate, parent):
            return False
        certificate = parent
    return False


def came_from(node_id: NodeId, author: NodeId, known: Known) -> bool:
    """Whether a node came from `author`, by the parents that its certificates name."""
    return author in ancestors(node_id, known)


def ancestors(node_id: NodeId, known: Known) -> Iterator[NodeId]:
    """The nodes that a node came from, by the parents that its certificates name."""
    for _ in range(GENERATIONS_MAX):
        certificate = known(node_id)
        if certificate is None or certificate.parent is None:
            return
        node_id = certificate.parent
        yield node_id


def proved_line(public_key: bytes, brought: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """The children's certificates from this key back, each signed by the key that it names.

    For one that joins and was copied before: only the signatures count, no server gave any of it.
    """
    return tuple(_line(public_key, brought))


def _line(public_key: bytes, brought: Iterable[Certificate]) -> Iterator[Certificate]:
    certificates = list(brought)
    for _ in range(GENERATIONS_MAX):
        step = next(
            (
                (child, parent)
                for child in certificates
                if child.public_key == public_key and is_child(child)
                for parent in certificates
                if check_certificate(child, parent.public_key)
            ),
            None,
        )
        if step is None:
            return
        yield step[0]
        public_key = step[1].public_key
