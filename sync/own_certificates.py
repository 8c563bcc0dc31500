"""The certificates in a node's folder and its store, joined when a node opens.

Joining puts a server's certificate and this node's own into both. A store that was salvaged, or
that began anew, may lack them; then no one is a server of the school there, and no clock event of
one counts (PROTOCOL.md section 13).
"""

from typing import TYPE_CHECKING

from darasa.sync.contacts import certificates_of

if TYPE_CHECKING:
    from darasa.sync.home import Home
    from darasa.sync.store import Store


def keep_own_certificates(home: "Home", store: "Store") -> bool:
    """Give the store back what its server gave to this node, and to those it came from.

    Answers whether anything was missing: then times may have changed. Raises StoreError.
    """
    peer = home.peer
    if peer is None:
        return False
    own = (each for each in (home.certificate, *home.former) if each.issuer == peer.node_id)
    lacking = [
        each
        for each in (peer.certificate, *own)
        if all(held.issuer != each.issuer for held in store.read(certificates_of, each.node_id))
    ]
    if lacking:
        with store.transaction() as tx:
            for certificate in lacking:
                tx.put_certificate(certificate)
    return bool(lacking)
