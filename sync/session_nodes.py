"""NODES in a session: whose certificate is believed, and the one a copied machine is given.

A machine that was copied or moved brings a certificate of its old key (see `lineage`) with each
exchange, until it has one of the server's. The server keeps it at the first contact, so that a
person can see the machine and stop it, and gives its own at the next.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from darasa.sync.ids import NodeId, Role
from darasa.sync.lineage import GENERATIONS_MAX, Known, ancestors, is_certified, is_child
from darasa.sync.messages import Nodes
from darasa.sync.session_view import KeepNodes, Myself, Other, Step, View
from darasa.sync.signing import Certificate, check_certificate, issue_certificate

_LINE_MAX: Final = 2 * GENERATIONS_MAX + 1
"""Its own, and of a node before it two: its parent gave one, and the server the other."""


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
    return is_certified(
        certificate,
        _known(me, view, brought),
        server_public=me.key.public,
        is_revoked=view.is_revoked,
    )


def is_of_line(
    certificate: Certificate, other: NodeId, me: Myself, view: View, brought: Sequence[Certificate]
) -> bool:
    """Whether a child is one that `other` came from, and this server certified `other`.

    It gave that certificate to one who came this way: what has become of those before since takes
    back nothing of it, and with them would go the word of `other` for what they wrote.
    """
    known = _known(me, view, brought)
    own = known(other)
    return (
        own is not None
        and check_certificate(own, me.key.public)
        and certificate.node_id in ancestors(other, known)
        and is_certified(
            certificate, known, server_public=me.key.public, is_revoked=lambda _: False
        )
    )


def _known(me: Myself, view: View, brought: Sequence[Certificate]) -> Known:
    """What this server gave once and is shown again, else what it holds, else a child's."""
    given = {each.node_id: each for each in brought if check_certificate(each, me.key.public)}
    links = {each.node_id: each for each in brought if is_child(each)}
    return lambda node_id: given.get(node_id) or view.certificate(node_id) or links.get(node_id)


def unproved_line(
    certificate: Certificate, me: Myself, view: View, brought: Sequence[Certificate] = ()
) -> Iterator[NodeId]:
    """A node, and of a copy that is not confirmed yet those that it came from.

    What holds one of them back holds the copy: else a machine that was removed, or frozen, would go
    on under a new key.
    """
    known = _known(me, view, brought)
    for _ in range(GENERATIONS_MAX + 1):
        yield certificate.node_id
        if not is_child(certificate) or certificate.parent is None:
            return
        parent = known(certificate.parent)
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
    line = [me.certificate, *reversed(me.former)][:_LINE_MAX]
    return [each for each in line if each.school_id == me.school_id and not each.is_self_signed]


def line_of(me: Myself) -> list[Certificate]:
    """What proves a child's certificate: those before it, back to one that the server gave."""
    certificate, line = me.certificate, list[Certificate]()
    for each in reversed(me.former):
        if certificate is None or not is_child(certificate) or len(line) == GENERATIONS_MAX:
            break
        line.append(each)
        certificate = each
    return line


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
