"""Stores on disk to be damaged, and what must be in them again."""

import os

import pytest

from darasa.sync import packing, reads
from darasa.sync.audit import audit
from darasa.sync.contacts import PeerRow
from darasa.sync.ids import NodeId, Role, SchoolId
from darasa.sync.rescue import open_sound
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store

SCHOOL = SchoolId(bytes(range(16)))
NOW_MS = 1_790_000_000_000
LEARNERS = (b"A" * 16, b"B" * 16, None)


@pytest.fixture
def filled(tmp_path, make_author):
    """(path, events by chain): a closed store with packed runs, rows and a forked log's worth."""
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    _fill(author, 700)
    with author.store.transaction() as tx:
        for _ in range(2):
            packing.pack_next(tx.connection)
        certificate = issue_certificate(
            author.key, subject_public=author.key.public, role=Role.COMPUTER, school_id=SCHOOL
        )
        tx.put_certificate(certificate)
        tx.revoke_node(NodeId(b"R" * 16), NOW_MS)
        tx.put_peer(PeerRow(NodeId(b"N" * 16), SCHOOL, Role.SCHOOL, "A School", 5))
    _fill(author, 60)
    author.restart()
    _fill(author, 50)
    return _closed(author, path)


def _fill(author, count: int) -> None:
    with author.store.transaction() as tx:
        for number in range(count):
            tx.append(
                author.log, kind=18, version=1, learner_id=LEARNERS[number % 3],
                lamport=number, body=(os.urandom(12), number),
            )  # fmt: skip


def _closed(author, path):
    with author.store.reading() as connection:
        events = {each.chain: each for each in reads.all_events(connection)}
    author.store.close()
    return path, events


def _everything(store: Store) -> dict:
    with store.reading() as connection:
        assert list(audit(connection)) == []
        return {each.chain: each for each in reads.all_events(connection)}


def _opened(path):
    return open_sound(path, rng=os.urandom, now_ms=NOW_MS)


@pytest.fixture(scope="session")
def fill():
    """`fill(author, count)`: so many events of three learners, in one transaction."""
    return _fill


@pytest.fixture(scope="session")
def closed():
    """`closed(author, path)`: its store is closed; (path, events by chain)."""
    return _closed


@pytest.fixture(scope="session")
def everything():
    """`everything(store)`: its events by chain, and it is whole."""
    return _everything


@pytest.fixture(scope="session")
def opened():
    """`opened(path)`: (store, what was salvaged or None), as a program starts."""
    return _opened


@pytest.fixture
def straight(tmp_path, make_author):
    """(path, events by seq): a closed store with one log of 50 rows."""
    author = make_author(tmp_path / "store.sqlite3")
    _fill(author, 50)
    path, events = _closed(author, tmp_path / "store.sqlite3")
    return path, {each.seq: each for each in events.values()}
