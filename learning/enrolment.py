"""Joining a server: a folder that is no node becomes a computer; earlier logs go to the school.

Owns: the order of it: make the node, prove the code, keep the peer, adopt. Every step can be done
again after a power cut. Does not know the proof (sync.enrol) nor the link.
"""

import socket
from pathlib import Path

from darasa.learning.classroom import Classroom
from darasa.learning.meeting import meet_server
from darasa.sync.clock import Clock
from darasa.sync.home import Peer, init_home, is_home, open_home
from darasa.sync.ids import Rng, Role


def join_server(
    path: Path, url: str, code: str, *, name: str | None, clock: Clock, rng: Rng
) -> Peer:
    """Enrol the node in a folder with the server at `url`; the server it joined.

    Raises EnrolError for a refused code, HomeError, or SyncError when the server does not answer.
    """
    from darasa.sync.transport.http import join

    if not is_home(path):
        given = name or f"Computer {socket.gethostname()}"
        init_home(path, role=Role.COMPUTER, name=given, rng=rng, clock=clock)
    with Classroom.open(open_home(path), clock=clock, rng=rng) as room:
        peer = join(room.home, room.store, url, code, clock=clock, rng=rng)
    with Classroom.open(open_home(path), clock=clock, rng=rng) as room:  # adopts earlier logs
        meet_server(room)
    return peer


def move_server(path: Path, url: str) -> bool:
    """Tell a node that joined where its server is now; False when it has to join, once more if it
    did so before servers had keys for their connections.
    """
    if not is_home(path):
        return False
    home = open_home(path)
    if home.peer is None or home.peer.channel is None:
        return False
    if home.peer.url != url:
        home.save_peer(home.peer.moved_to(url))
    return True
