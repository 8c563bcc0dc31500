"""Joining a server: a folder that is no node becomes a computer; earlier logs go to the school.

Owns: the order of it: make the node, prove the code, keep the peer, adopt. Every step can be done
again after a power cut. Does not know the proof (sync.enrol) nor the link.
"""

import socket
from pathlib import Path

from msgspec.structs import replace

from darasa.content_packs.safe_text import safe_line
from darasa.learning.classroom import Classroom
from darasa.learning.errors import LearningError, OtherServerError
from darasa.learning.meeting import meet_server
from darasa.learning.status import work_for
from darasa.sync.clock import Clock
from darasa.sync.home import NAME_LENGTH_MAX, Home, Peer, init_home, is_home, open_home
from darasa.sync.home_files import read_config, write_config
from darasa.sync.ids import Rng, Role


def join_server(
    path: Path,
    url: str,
    code: str,
    *,
    name: str | None,
    clock: Clock,
    rng: Rng,
    leave_work: bool = False,
) -> Peer:
    """Enrol the node in a folder with the server at `url`; the server it joined.

    `name` is for a computer, also for one that is there already: the first try may have failed.
    Raises EnrolError for a refused code, HomeError, LearningError for a name that cannot be, and
    LinkError when the server does not answer. Raises OtherServerError, before the code is used, for
    a computer with work that only its present school takes, unless `leave_work`.
    """
    from darasa.sync.transport.http import join

    if not is_home(path):
        given = name or f"Computer {socket.gethostname()}"
        init_home(path, role=Role.COMPUTER, name=given, rng=rng, clock=clock)
    else:
        if not leave_work:
            _refuse_to_leave_work(path, url, clock=clock, rng=rng)
        if name:
            _rename(path, name)
    with Classroom.open(open_home(path), clock=clock, rng=rng) as room:
        peer = join(room.home, room.store, url, code, clock=clock, rng=rng)
    with Classroom.open(open_home(path), clock=clock, rng=rng) as room:  # adopts earlier logs
        meet_server(room)
    return peer


def _refuse_to_leave_work(path: Path, url: str, *, clock: Clock, rng: Rng) -> None:
    """Raises OtherServerError when a computer owes its school work and another one is at `url`.

    A log is its school's for ever, so no other takes it, and an exchange or a stick goes to the
    school that was joined last: from here on the work would wait for somebody to remember it.
    """
    home = open_home(path)
    if home.role is not Role.COMPUTER or home.peer is None:
        return
    with Classroom.open(home, clock=clock, rng=rng) as room:
        waiting = work_for(room, home.school_id)
    if waiting and _is_another_server(home, url):
        school = safe_line(home.peer.name, length_max=NAME_LENGTH_MAX)
        raise OtherServerError(
            f"{waiting} pieces of work here are for {school}, which has not said that it has them."
            " No other school takes them. Bring them there first:\n"
            "  darasa sync    or    darasa bundle export --for school FOLDER, and back\n"
            "To join another school even so, and keep them here for later:  --leave-work"
        )


def _is_another_server(home: Home, url: str) -> bool:
    """Whether who answers at `url` is not the server that was joined; False when nobody does."""
    import httpx2

    from darasa.sync.transport.exchange import LinkError
    from darasa.sync.transport.link import checked_url, joined_link

    if home.peer is None or home.peer.channel is None:
        return False
    address = checked_url(url)
    try:
        with joined_link(home, address) as link, link.stream("GET", "/channel"):
            return False
    except LinkError:
        return True
    except (httpx2.HTTPError, OSError):
        return False  # joining says so


def _rename(path: Path, name: str) -> None:
    """Give a computer the name that was typed. Raises HomeError, LearningError."""
    home = open_home(path)
    if home.role is not Role.COMPUTER:
        raise LearningError("Only a computer is given a name here. Leave --name out.")
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH_MAX:
        raise LearningError(f"Give it a name of 1 to {NAME_LENGTH_MAX} letters.")
    with home.lock():
        write_config(path, replace(read_config(path), name=name))


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
