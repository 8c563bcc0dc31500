"""A header that proves which node asks: for plain requests beside the sync session.

Owns: its text, `Authorization: Darasa NODE_ID.SIGNATURE` in hexadecimal, a signature for purpose
"packs" over the server's node id and the path. It keeps strangers from taking the server's time and
guards nothing secret, so it needs no date. Pure.
"""

from collections.abc import Iterable
from typing import Final

from darasa.sync.ids import ID_BYTES, NodeId
from darasa.sync.signing import Certificate, NodeKey, check_certificate, verify

PURPOSE: Final = "packs"
_SCHEME: Final = "Darasa "


def authorization_of(key: NodeKey, server_id: bytes, path: str) -> str:
    """The header with which a node asks that server for a path."""
    signature = key.sign(PURPOSE, server_id + path.encode())
    return f"{_SCHEME}{key.node_id.hex()}.{signature.hex()}"


def claimed_node(header: str) -> NodeId | None:
    """The node that a header names, proved or not; None when it is no such header."""
    parts = _parts(header)
    return None if parts is None else parts[0]


def proves(header: str, path: str, *, server: NodeKey, certificates: Iterable[Certificate]) -> bool:
    """Whether the header is of a node that `server` certified; `certificates` are that node's."""
    parts = _parts(header)
    return parts is not None and any(
        check_certificate(certificate, server.public)
        and verify(certificate.public_key, PURPOSE, server.node_id + path.encode(), parts[1])
        for certificate in certificates
    )


def _parts(header: str) -> tuple[NodeId, bytes] | None:
    node, _, signature = header.removeprefix(_SCHEME).partition(".")
    try:
        node_id, signed = bytes.fromhex(node), bytes.fromhex(signature)
    except ValueError:
        return None
    fits = header.startswith(_SCHEME) and len(node_id) == ID_BYTES
    return (NodeId(node_id), signed) if fits else None
