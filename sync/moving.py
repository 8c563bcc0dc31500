"""A folder that was copied or moved to another machine becomes a node of its own (PROTOCOL.md 14).

Owns: when. Two machines must not write under one key; where the machine cannot be told, they may,
and each run's own log keeps their work apart. Servers keep their key: their computers know them by
it.
"""

from pathlib import Path

from darasa.sync.fingerprint import read_fingerprint
from darasa.sync.home import Home
from darasa.sync.home_files import FIRST_KEY, speaking
from darasa.sync.ids import Rng, Role
from darasa.sync.signing import NodeKey, issue_certificate


def notice_place(home: Home, rng: Rng, *, root: Path = Path("/")) -> bool:
    """At the start of a program that holds the folder's lock: whether it is another node now.

    The old key signs a certificate for the new one. Raises HomeError when it cannot be saved; then
    it is the node that it was.
    """
    if home.is_in_memory or home.role is not Role.COMPUTER:
        return False
    file = home.path / "keys" / FIRST_KEY
    was = home.fingerprint
    with speaking(home.path, "read"):
        now = read_fingerprint(file, home.node_id, root=root)
        if was is None:
            home.save_fingerprint(now)
        if was is None or not was.is_elsewhere(now):
            return False
        key = NodeKey.generate(rng)
        now = read_fingerprint(file, key.node_id, root=root)
    child = issue_certificate(
        home.node_key,
        subject_public=key.public,
        role=home.role,
        school_id=home.certificate.school_id,
        parent=home.node_id,
    )
    home.become(key, child, now)
    return True
