"""NODES in a session: whose certificate is believed, and the one a copied machine is given.

A machine that was copied or moved brings a certificate of its old key (see `lineage`) with each
exchange, until it has one of the server's. The server keeps it at the first contact, so that a
person can see the machine and stop it, and gives its own at the next.
"""

from collections.abc import Iterator, Sequence

from darasa.sync.ids import NodeId, Role
from darasa.sync.lineage import GENERATIONS_MAX, is_certified, is_child
from darasa.sync.messages import Nodes
from darasa.sync.session_view import KeepNodes, Myself, Other, Step, View
from darasa.sync.signing import Certificate, check_certificate, issue_certificate


def is_taken(
    certificate: Certificate, me: Myself, view: View, brought: Sequence[Certificate] = ()
) -> bool:
    """Whether this server gave it, or certified the node, or the one that its line goes back to.

    Who was certified keeps that though the answer which said so was lost: what becomes of the
    node it was copied from is not its affair any more. Whether it is served is another question.
    """
    given = view.certificate(certificate.node_id)
    if given is not None and check_certificate(given, me.key.public):
        return True
    known = {each.node_id: each for each in brought if check_certificate(each, me.key.public)}
    links = {each.node_id: each for each in brought if is_child(each)} | known
    return is_certified(
        certificate,
        lambda node_id: view.certificate(node_id) or links.get(node_id),
        server_public=me.key.public,
        is_revoked=view.is_revoked,
    )


def unproved_line(
    certificate: Certificate, view: View, brought: Sequence[Certificate] = ()
) -> Iterator[NodeId]:
    """A node, and of a copy that is not confirmed yet those that it came from.

    What holds one of them back holds the copy: else a machine that was removed, or frozen, would go
    on under a new key.
    """
    links = {each.node_id: each for each in brought}
    for _ in range(GENERATIONS_MAX + 1):
        yield certificate.node_id
        if not is_child(certificate) or certificate.parent is None:
            return
        parent = view.certificate(certificate.parent) or links.get(certificate.parent)
        if parent is None:
            return
        certificate = parent


def introduction(me: Myself) -> list[Certificate]:
    """The certificates that make this node known to a server that has given it none, or forgot.

    Those of its line too where it has the server's own: what nodes before it wrote stands under its
    word, and that they were before it the server may have forgotten as well.
    """
    if me.certificate is None:
        return []
    line = [me.certificate]
    for each in reversed(me.former):
        line.append(each)
        if not is_child(each):
            break  # back to one that the server gave, and no further
    return [each for each in line if each.school_id == me.school_id and not each.is_self_signed]


class Confirming:
    """The server's side of one round with a machine that may be a copy."""

    def __init__(self, me: Myself, known: Certificate | None) -> None:
        self._me = me
        self._known = known  # when the round began
        self._given: Certificate | None = None

    def close(self, other: Other, brought: Sequence[Certificate]) -> Step:
        """The round has ended well: a child that was kept before gets a certificate of ours."""
        child = next(
            (each for each in brought if each.node_id == other.node_id and is_child(each)), None
        )
        if child is None or self._known is None or self._me.role is not Role.SCHOOL:
            return Step()
        if self._known.issuer == self._me.key.node_id:
            self._given = self._known  # the answer that had it was lost
            return Step()
        self._given = issue_certificate(
            self._me.key,
            subject_public=other.public_key,
            role=other.role,
            school_id=other.school_id,
            parent=child.parent,
        )
        return Step(writes=(KeepNodes((self._given,)),))

    def frames(self) -> list[bytes]:
        """NODES with what is given, if anything is."""
        if self._given is None:
            return []
        return [Nodes((self._given.to_payload(),)).to_frame()]
