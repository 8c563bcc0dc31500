"""What can be read of a damaged store is there again, page by page."""

import os
import random
import shutil
import sqlite3

import msgspec
import pytest

from darasa.sync import heads, reads
from darasa.sync.contacts import PeerRow, certificates_of
from darasa.sync.erased import erase_record
from darasa.sync.erased_file import read_erased
from darasa.sync.erased_rows import is_unheard, waits_for_hub
from darasa.sync.frontier import SignedHeads, heads_bytes
from darasa.sync.heads import statements_of
from darasa.sync.held_back import REVOKED, is_held_back
from darasa.sync.ids import NodeId, Role, SchoolId
from darasa.sync.rescue import repair, set_aside, suspect_mark
from darasa.sync.salvage import salvage
from darasa.sync.signing import issue_certificate, sign_heads
from darasa.sync.sqlite_pages import PAGE_BYTES
from darasa.sync.store import Store

SCHOOL = SchoolId(bytes(range(16)))
NOW_MS = 1_790_000_000_000


def pages_of_events(path, events) -> dict[bytes, set[int]]:
    """The pages (from 0) that each event needs: its row's, or those of its packed run."""
    raw = path.read_bytes()

    def page_of(part: bytes) -> int:
        return raw.index(part) // PAGE_BYTES

    needed = {}
    connection = sqlite3.connect(path)
    try:
        packed = connection.execute(
            "SELECT run_key, log_id, first_seq, n, prev_chain, last_chain FROM packed"
            " JOIN log USING (log_key)"
        ).fetchall()
        for run_key, log_id, first, n, prev, last in packed:
            parts = connection.execute(
                "SELECT bytes FROM packed_part WHERE part_key / 256 = ?", (run_key,)
            ).fetchall()
            pages = {page_of(part) for (part,) in parts} | {page_of(prev + last)}
            for chain, event in events.items():
                if event.log_id == log_id and first <= event.seq < first + n:
                    needed[chain] = pages
    finally:
        connection.close()
    for chain, event in events.items():
        if chain not in needed:
            needed[chain] = {page_of(event.canonical)}
    return needed


def test_every_event_on_an_undamaged_page_is_there_again(filled, tmp_path, everything, opened):
    path, events = filled
    needed = pages_of_events(path, events)
    whole = path.read_bytes()
    rng = random.Random(7)
    rescued = 0
    for page in range(len(whole) // PAGE_BYTES):
        wreck = bytearray(whole)
        wreck[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = rng.choice(
            [rng.randbytes(PAGE_BYTES), bytes(PAGE_BYTES)]
        )
        folder = tmp_path / f"damaged-{page}"
        folder.mkdir()
        target = folder / "store.sqlite3"
        target.write_bytes(wreck)
        suspect_mark(target).touch()
        store, made = opened(target)
        with store:
            if made is None:
                repaired = None
            else:
                rescued += 1
                found = everything(store)
                sure = {chain for chain, pages in needed.items() if page not in pages}
                assert sure <= set(found), page
                assert found.items() <= events.items(), page
                assert made.aside.read_bytes()[100:] == bytes(wreck)[100:]
                assert str(made.kept.events + made.kept.apart) in made.sentence
                continue
        repaired = repair(target, rng=os.urandom, now_ms=NOW_MS)
        with Store.open(target, rng=os.urandom) as store:
            found = everything(store)
        sure = {chain for chain, pages in needed.items() if page not in pages}
        assert sure <= set(found), (page, repaired)
    assert rescued > 20


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9])
def test_a_truncated_store_is_salvaged(filled, share, everything, opened):
    path, events = filled
    whole = path.read_bytes()
    kept = whole[: int(len(whole) * share)]
    path.write_bytes(kept)
    suspect_mark(path).touch()
    store, made = opened(path)
    with store:
        found = everything(store)
        assert all(events[chain] == each for chain, each in found.items())
        if made is None:
            assert share == 0.0  # nothing at all is an empty store
            return
    assert set_aside(path.parent) == [made.aside]
    assert made.aside.read_bytes() == kept


def test_the_signed_heads_that_a_hub_gives_back_under_are_there_again(
    tmp_path, make_author, fill, closed
):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    fill(author, 3)
    (tip,) = author.store.tips()
    signed = sign_heads(author.key, [tip])
    forged = SignedHeads((tip,), signed.signer, signed.signature[::-1])
    certificate = issue_certificate(
        author.key, subject_public=author.key.public, role=Role.COMPUTER, school_id=SCHOOL
    )
    with author.store.transaction() as tx:
        tx.put_certificate(certificate)
        for each in (forged, signed):
            heads.add_heads(tx.connection, SCHOOL, each)
            tx.connection.execute("DELETE FROM head")
    closed(author, path)
    with Store.open(None, rng=os.urandom) as store:
        salvage(path.read_bytes(), b"", store)
        assert store.read(heads.statements_of, SCHOOL, [tip.log_id]) == [
            msgspec.structs.replace(signed, heads=(tip,))
        ]


def test_what_was_only_in_the_wal_is_there_again(tmp_path, make_author, fill, closed, everything):
    path, copy = tmp_path / "store.sqlite3", tmp_path / "copy" / "store.sqlite3"
    author = make_author(path)
    fill(author, 30)
    author.store.checkpoint(at_least_bytes=0)
    fill(author, 30)
    copy.parent.mkdir()
    for name in ("store.sqlite3", "store.sqlite3-wal"):
        shutil.copy(path.with_name(name), copy.with_name(name))
    _, events = closed(author, path)
    raw = bytearray(copy.read_bytes())
    raw[:100] = bytes(100)  # the header is gone
    wal = copy.with_name("store.sqlite3-wal").read_bytes()
    with Store.open(None, rng=os.urandom) as store:  # with a torn frame at the end of the WAL
        salvage(bytes(raw), wal + wal[-2000:], store)
        assert everything(store) == events
    with Store.open(None, rng=os.urandom) as store:  # a frame with a wrong sum ends it
        salvage(bytes(raw), wal[:60] + b"x" + wal[61:], store)
        assert len(everything(store)) == 30


def test_who_was_met_is_known_again(filled, opened):
    path, _ = filled
    raw = bytearray(path.read_bytes())
    raw[:100] = bytes(100)
    path.write_bytes(raw)
    store, _ = opened(path)
    with store:
        assert [peer.name for peer in store.peers()] == ["A School"]
        with store.reading() as connection:
            (author,) = {log.node_id for log in reads.logs_after(connection, SCHOOL)}
            assert len(certificates_of(connection, author)) == 1
            assert is_held_back(connection, NodeId(b"R" * 16), REVOKED)
        assert store.unsent(NodeId(b"N" * 16)).total == store.event_count() > 800


def test_a_changed_byte_in_an_event_is_repaired_by_hand(filled, everything):
    path, events = filled
    raw = bytearray(path.read_bytes())
    rows = [each for each in events.values() if each.canonical in raw]
    *_, last = sorted(rows, key=lambda each: (each.log_id, each.seq))
    raw[raw.index(last.canonical) + len(last.canonical) - 6] ^= 1
    path.write_bytes(raw)
    done = repair(path, rng=os.urandom, now_ms=NOW_MS)
    assert done is not None
    with Store.open(path, rng=os.urandom) as store:
        found = everything(store)
    gone = set(events) - set(found)
    assert gone == {last.chain}
    assert all(events[chain] == each for chain, each in found.items())


def test_signed_heads_and_who_is_erased_are_there_again(tmp_path, make_author, rng, fill, closed):
    """A hub gives work back under the heads that it was given: nobody else has them."""
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    fill(author, 30)
    signed = author.heads()
    planted = signed.__class__(signed.heads, signed.signer, bytes(64))
    record = erase_record(author.key, SCHOOL, b"Z" * 16)
    with author.store.transaction() as tx:
        tx.put_certificate(
            issue_certificate(
                author.key, subject_public=author.key.public, role=Role.COMPUTER, school_id=SCHOOL
            )
        )
        tx.insert_heads(SCHOOL, signed)
        tx.keep_erased([record])
    log_id = author.log_id
    closed(author, path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO statement (signer, signature, heads) VALUES (?, ?, ?)",
            (planted.signer, planted.signature, heads_bytes(planted.heads)),
        )
    connection.close()
    (tmp_path / "erased").unlink()
    raw = path.read_bytes()
    with Store.open(tmp_path / "new.sqlite3", rng=rng) as store:
        salvage(raw, b"", store)
        assert store.read(statements_of, SCHOOL, [log_id]) == [signed]
    assert read_erased(tmp_path / "erased") == {record}


@pytest.mark.parametrize("has_hub", [True, False])
def test_a_school_that_may_have_forgotten_who_is_erased_still_waits(tmp_path, make_author, has_hub):
    author = make_author(tmp_path / "store.sqlite3")
    with author.store.transaction() as tx:
        if has_hub:
            tx.put_peer(PeerRow(NodeId(b"H" * 16), SCHOOL, Role.HUB, "The hub", None))
        tx.note_erased_unheard(has_hub=has_hub)
    author.store.close()
    with Store.open(None, rng=os.urandom) as store:
        salvage((tmp_path / "store.sqlite3").read_bytes(), b"", store)
        assert store.read(is_unheard) == has_hub
        assert store.read(waits_for_hub) != has_hub


def test_nobody_waits_at_a_computer_where_an_erasure_was_not_swept(tmp_path, make_author):
    author = make_author(tmp_path / "store.sqlite3")
    with author.store.transaction() as tx:
        tx.put_peer(PeerRow(NodeId(b"N" * 16), SCHOOL, Role.SCHOOL, "A School", None))
        tx.connection.execute("INSERT INTO unswept (since_ordinal) VALUES (?)", (tx.ordinal,))
    author.store.close()
    with Store.open(None, rng=os.urandom) as store:
        salvage((tmp_path / "store.sqlite3").read_bytes(), b"", store)
        assert not store.read(is_unheard)
        assert not store.read(waits_for_hub)
