"""Joining a server: the joiner's two requests, and keeping what the welcome gives.

Owns: the order of it. The proof is `enrol`'s, the carrier an `Ask`.
"""

from collections.abc import Callable
from typing import Any, Final

from darasa.sync.clock import Clock
from darasa.sync.codec import CodecError, unpack
from darasa.sync.contacts import PeerRow, certificates_by
from darasa.sync.enrol import ENROL_BYTES_MAX, ISSUED_MAX, EnrolClient, EnrolError, Enrolled, Joiner
from darasa.sync.home import Home, Peer
from darasa.sync.ids import NO_SCHOOL, Rng, Role
from darasa.sync.store import Store

Ask = Callable[[str, bytes], tuple[int, bytes]]
"""Path and body to the server; status and body of its answer. Raises LinkError."""

_OK: Final = 200
_SENTENCE_MAX: Final = 400
_BETWEEN: Final = "Something stands between this machine and the server. It was not joined."


def join_server(
    home: Home,
    store: Store,
    code: str,
    *,
    url: str,
    ask: Ask,
    shown: Callable[[], bytes | None],
    clock: Clock,
    rng: Rng,
) -> Peer:
    """Prove `code` and keep the server. Raises EnrolError with a sentence, LinkError, HomeError.

    `shown`: the pin of the certificate on the connection. The server's own is in its proof, so
    that who stands between is found even if the code went through that very connection.
    """
    side = EnrolClient(code=code, key=home.node_key, rng=rng)
    start = _accepted(*ask("/enrol/1/start", side.start()))
    finish = side.finish(start, joiner_of(home, store))
    enrolled = side.welcomed(_accepted(*ask("/enrol/1/finish", finish)))
    if enrolled.channel is None or enrolled.channel.pin != shown():
        raise EnrolError(_BETWEEN)
    return keep_enrolled(home, store, enrolled, url=url, clock=clock)


def joiner_of(home: Home, store: Store) -> Joiner:
    """Who this node is; a school brings the certificates that it gave to its computers, and a
    computer that was copied or moved those that prove where it came from.

    Those beyond the limit go to the hub with the first events of their computers.
    """
    if home.role is Role.SCHOOL:
        issued = store.read(certificates_by, home.node_id)
    else:
        issued = [home.certificate, *reversed(home.former)] if home.former else []
    computers = [each.to_payload() for each in issued if each.role is Role.COMPUTER]
    return Joiner(
        public_key=home.node_key.public,
        role=str(home.role),
        name=home.name,
        school_id=None if home.school_id == NO_SCHOOL else home.school_id,
        issued=tuple(computers[:ISSUED_MAX]),
    )


def keep_enrolled(home: Home, store: Store, enrolled: Enrolled, *, url: str, clock: Clock) -> Peer:
    """Save what a welcome gave: first in the store, then in the home, which makes it count."""
    server = enrolled.server_certificate
    peer = Peer(
        url=url,
        node_id=server.node_id,
        public_key=server.public_key,
        name=enrolled.server_name,
        role=server.role,
        certificate=server,
        seal_public=enrolled.seal_public,
        channel=enrolled.channel,
    )
    is_computer = home.role is Role.COMPUTER
    with store.transaction() as tx:
        tx.put_certificate(server)
        tx.put_certificate(enrolled.certificate)
        tx.put_peer(PeerRow(peer.node_id, server.school_id, peer.role, peer.name, clock.wall_ms()))
        if not is_computer:
            tx.note_hub_joined()
    home.save_peer(
        peer,
        certificate=enrolled.certificate,
        school_id=enrolled.school_id if is_computer else None,
        seal_public=enrolled.seal_public if is_computer else None,
    )
    return peer


def _accepted(status: int, content: bytes) -> bytes:
    """The body of an accepted request. Raises EnrolError with the server's sentence."""
    if status != _OK:
        raise EnrolError(_sentence_of(status, content))
    if len(content) > ENROL_BYTES_MAX:
        raise EnrolError("The server's answer is too large.")
    return content


def _sentence_of(status: int, content: bytes) -> str:
    """The sentence of a refusal, `[sentence]` packed; a page of another program has none."""
    try:
        said: Any = unpack(content, limit=4096)
    except CodecError:
        said = None
    if isinstance(said, tuple) and said and isinstance(said[0], str):
        return said[0][:_SENTENCE_MAX]
    return f"There is no Darasa server at this address (answer {status})."
