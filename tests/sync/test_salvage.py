"""A damaged store is set aside and what can be read of it is there again, page by page."""

import itertools
import os
import random
import shutil
import sqlite3

import msgspec
import pytest

from darasa.sync import feed, heads, packing, reads, rescue, rows
from darasa.sync.audit import audit
from darasa.sync.contacts import PeerRow, certificates_of
from darasa.sync.erased import erase_record
from darasa.sync.erased_file import read_erased
from darasa.sync.erased_rows import is_unheard, waits_for_hub
from darasa.sync.errors import StoreError
from darasa.sync.event import EventCopy
from darasa.sync.frontier import Head, SignedHeads, heads_bytes
from darasa.sync.heads import statements_of
from darasa.sync.held_back import REVOKED, is_held_back
from darasa.sync.ids import Mark, NodeId, Role, SchoolId
from darasa.sync.rescue import open_sound, repair, set_aside, suspect_mark
from darasa.sync.salvage import salvage
from darasa.sync.signing import issue_certificate, sign_heads
from darasa.sync.sqlite_pages import PAGE_BYTES
from darasa.sync.store import Store

SCHOOL = SchoolId(bytes(range(16)))
NOW_MS = 1_790_000_000_000
LEARNERS = (b"A" * 16, b"B" * 16, None)


@pytest.fixture
def filled(tmp_path, make_author):
    """(path, events by chain): a closed store with packed runs, rows and a forked log's worth."""
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    fill(author, 700)
    with author.store.transaction() as tx:
        for _ in range(2):
            packing.pack_next(tx.connection)
        certificate = issue_certificate(
            author.key, subject_public=author.key.public, role=Role.COMPUTER, school_id=SCHOOL
        )
        tx.put_certificate(certificate)
        tx.revoke_node(NodeId(b"R" * 16), NOW_MS)
        tx.put_peer(PeerRow(NodeId(b"N" * 16), SCHOOL, Role.SCHOOL, "A School", 5))
    fill(author, 60)
    author.restart()
    fill(author, 50)
    return closed(author, path)


def fill(author, count: int) -> None:
    with author.store.transaction() as tx:
        for number in range(count):
            tx.append(
                author.log, kind=18, version=1, learner_id=LEARNERS[number % 3],
                lamport=number, body=(os.urandom(12), number),
            )  # fmt: skip


def closed(author, path):
    with author.store.reading() as connection:
        events = {each.chain: each for each in reads.all_events(connection)}
    author.store.close()
    return path, events


def everything(store: Store) -> dict:
    with store.reading() as connection:
        assert list(audit(connection)) == []
        return {each.chain: each for each in reads.all_events(connection)}


def opened(path):
    return open_sound(path, rng=os.urandom, now_ms=NOW_MS)


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


def test_every_event_on_an_undamaged_page_is_there_again(filled, tmp_path):
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


def test_a_whole_store_is_left_as_it_is(filled):
    path, events = filled
    suspect_mark(path).touch()
    store, made = opened(path)
    with store:
        assert made is None
        assert everything(store) == events
    assert not suspect_mark(path).exists()
    assert repair(path, rng=os.urandom, now_ms=NOW_MS) is None
    assert set_aside(path.parent) == []


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9])
def test_a_truncated_store_is_salvaged(filled, share):
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


def test_an_empty_wal_is_no_damage(filled):
    path, events = filled
    path.with_name("store.sqlite3-wal").touch()
    store, made = opened(path)
    with store:
        assert made is None
        assert everything(store) == events


def test_the_signed_heads_that_a_hub_gives_back_under_are_there_again(tmp_path, make_author):
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


def test_a_hub_keeps_apart_what_it_has_lost_the_signed_head_of(tmp_path, make_author):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    fill(author, 5)
    (tip,) = author.store.tips()
    with author.store.reading() as connection:
        third = next(each for each in reads.all_events(connection) if each.seq == 3)
    with author.store.transaction() as tx:
        signed = sign_heads(author.key, [Head(tip.log_id, 3, third.chain)])
        heads.add_heads(tx.connection, SCHOOL, signed)
    _, events = closed(author, path)
    for hub, offered in ((NodeId(b"H" * 16), 3), (author.key.node_id, 5), (None, 5)):
        with Store.open(None, rng=os.urandom) as store:
            kept = salvage(path.read_bytes(), b"", store, hub=hub)
            assert [head.seq for head in store.tips()] == [offered]
            assert (kept.events, kept.apart) == (offered, 5 - offered)
            assert everything(store) == events


def test_what_was_only_in_the_wal_is_there_again(tmp_path, make_author):
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


def test_a_power_cut_while_it_is_put_in_place_is_gone_on_from(filled, monkeypatch):
    path, events = filled
    raw = bytearray(path.read_bytes())
    raw[:100] = bytes(100)
    path.write_bytes(raw)

    class PowerCutError(Exception):
        pass

    original = type(path).rename

    def cut_at(limit):
        nth = itertools.count(1)

        def rename(self, target):
            if next(nth) == limit:
                raise PowerCutError
            return original(self, target)

        return rename

    for limit in (1, 2, 2):  # made, set aside, and (when it goes on) put in place
        with monkeypatch.context() as patch:
            patch.setattr(type(path), "rename", cut_at(limit))
            with pytest.raises(PowerCutError):
                opened(path)
    store, _ = opened(path)
    with store:
        assert everything(store) == events
    assert len(set_aside(path.parent)) == 1


def test_who_was_met_is_known_again(filled):
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


def test_a_changed_byte_in_an_event_is_repaired_by_hand(filled):
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


def test_events_behind_a_gap_are_read_and_never_offered(filled):
    path, events = filled
    raw = bytearray(path.read_bytes())
    rows = [each for each in events.values() if each.canonical in raw]
    victim = rows[len(rows) // 3]
    place = raw.index(victim.canonical) // PAGE_BYTES * PAGE_BYTES
    raw[place : place + PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(raw)
    suspect_mark(path).touch()
    store, made = opened(path)
    with store:
        found = everything(store)
        assert made is not None
        assert made.kept.apart > 0
        behind = {
            chain
            for chain, each in found.items()
            if each.log_id == victim.log_id and each.seq > victim.seq
        }
        assert behind
        with store.reading() as connection:
            runs = list(reads.runs(connection, SCHOOL, victim.log_id, bytes_max=10_000))
        assert all(run.head.seq < victim.seq for run in runs)


def with_a_changed_byte(raw: bytes, event) -> bytes:
    changed = bytearray(raw)
    changed[raw.index(event.canonical) + len(event.canonical) - 6] ^= 1
    return bytes(changed)


@pytest.fixture
def straight(tmp_path, make_author):
    """(path, events by seq): a closed store with one log of 50 rows."""
    author = make_author(tmp_path / "store.sqlite3")
    fill(author, 50)
    path, events = closed(author, tmp_path / "store.sqlite3")
    return path, {each.seq: each for each in events.values()}


def test_a_changed_event_does_not_hide_what_the_copy_has_of_it(straight):
    path, events = straight
    whole = path.read_bytes()
    wreck = with_a_changed_byte(whole, events[20])
    with Store.open(None, rng=os.urandom) as store:
        kept = salvage(wreck, b"", store, copy=whole)
        assert (kept.events, kept.apart) == (50, 0)
        assert set(everything(store).values()) == set(events.values())


def test_a_row_at_a_place_where_no_event_is_does_not_set_its_log_apart(straight):
    path, events = straight
    whole = path.read_bytes()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE event SET seq = 0 WHERE seq = 1")  # one bit of the row's header
    connection.close()
    with Store.open(None, rng=os.urandom) as store:
        kept = salvage(path.read_bytes(), b"", store, copy=whole)
        assert (kept.events, kept.apart) == (50, 0)
        assert set(everything(store).values()) == set(events.values())


def test_what_one_salvage_kept_behind_a_gap_the_next_one_keeps_too(straight, tmp_path):
    path, events = straight
    wreck = with_a_changed_byte(path.read_bytes(), events[20])
    again = tmp_path / "again.sqlite3"
    with Store.open(again, rng=os.urandom) as store:
        assert salvage(wreck, b"", store).apart == 30
        once = everything(store)
    assert len(once) == 49
    with Store.open(None, rng=os.urandom) as store:
        assert salvage(again.read_bytes(), b"", store).apart == 30
        assert everything(store) == once
    with Store.open(None, rng=os.urandom) as store:  # an older copy has what closes the gap
        assert salvage(again.read_bytes(), b"", store, copy=path.read_bytes()).apart == 0
        assert len(everything(store)) == 50


def test_a_large_store_in_which_a_check_found_damage_is_salvaged_at_the_next_start(
    filled, monkeypatch
):
    path, events = filled
    monkeypatch.setattr(rescue, "CHECKED_BYTES_MAX", 1)
    raw = bytearray(path.read_bytes())
    victim = next(each for each in events.values() if each.canonical in raw)
    place = raw.index(victim.canonical) // PAGE_BYTES * PAGE_BYTES
    raw[place : place + PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(raw)
    suspect_mark(path).touch()
    store, made = opened(path)
    store.close()
    assert made is not None
    assert not suspect_mark(path).exists()


def test_a_changed_event_that_a_copy_found_is_mended_at_the_next_start(straight):
    """SQLite sees nothing wrong with it: only its chain says so."""
    path, events = straight
    path.write_bytes(with_a_changed_byte(path.read_bytes(), events[20]))
    suspect_mark(path).touch()
    store, made = opened(path)
    with store:
        assert made is not None
        assert (made.kept.events, made.kept.apart) == (19, 30)
        assert len(everything(store)) == 49


def test_what_is_behind_a_gap_alone_is_not_said_to_be_sent(straight):
    """The server says of the log that it holds all that is offered: that is not this."""
    path, events = straight
    wreck = with_a_changed_byte(path.read_bytes(), events[20])
    server = NodeId(b"N" * 16)
    with Store.open(None, rng=os.urandom) as store:
        salvage(wreck, b"", store)
        with store.transaction() as tx:
            tx.note_receipt(SCHOOL, server, [tip.tip for tip in store.tips()], level=1)
            tx.note_mark(SCHOOL, server, Mark(b"m" * 8), tx.ordinal)
        waiting = [events[seq] for seq in range(21, 51) if events[seq].event.learner_id]
        assert store.unsent(server).total == len(waiting) == 20
        fed = [
            EventCopy(each.school_id, each.log_id, each.seq, each.chain, each.canonical, genesis)
            for each in waiting[:5]
            for genesis in (store.read(rows.find_log, SCHOOL, each.log_id).genesis,)
        ]
        with store.transaction() as tx:
            tx.insert_copies(feed.LEARNER_SCOPE + b"A" * 16, fed)  # from above: it is there
        assert store.unsent(server).total == 15
        assert sum(store.unsent(server, kinds=(18,)).by_learner.values()) == 15
        assert store.unsent(server, kinds=(19,)).total == 0
    with Store.open(None, rng=os.urandom) as store:
        salvage(path.read_bytes(), b"", store)
        assert store.unsent(server).total == 50


def test_two_salvages_in_one_second_keep_both_files(filled):
    path, _ = filled
    for _ in range(2):
        raw = bytearray(path.read_bytes())
        raw[:100] = bytes(100)
        path.write_bytes(raw)
        store, made = opened(path)
        store.close()
        assert made is not None
    assert len(set_aside(path.parent)) == 2
    assert rescue.CHECKED_BYTES_MAX == 200 << 20


def test_signed_heads_and_who_is_erased_are_there_again(tmp_path, make_author, rng):
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


def test_a_salvaged_store_whose_wal_stays_behind_does_not_take_the_place(filled, monkeypatch):
    """Renamed without it, it would lose what is only there."""
    path, events = filled
    raw = bytearray(path.read_bytes())
    raw[:100] = bytes(100)
    path.write_bytes(raw)
    readers = []

    def watched(raw, wal, into, **how):
        reader = sqlite3.connect(path.with_name("store.sqlite3-making"))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        readers.append(reader)  # as a full disk does, it keeps the WAL from being folded in
        return salvage(raw, wal, into, **how)

    with monkeypatch.context() as watching:
        watching.setattr("darasa.sync.salvage.salvage", watched)
        with pytest.raises(StoreError):
            opened(path)
    readers[0].close()
    assert path.read_bytes() == raw
    store, made = opened(path)
    with store:
        assert made is not None
        assert everything(store) == events


def test_stores_set_aside_under_any_clock_sort_as_they_came_and_none_is_overwritten(tmp_path):
    path = tmp_path / "store.sqlite3"
    names = []
    for wall_ms in (NOW_MS, 0, 4_102_444_800_000, 253_402_300_799_000, -1, NOW_MS, NOW_MS):
        path.write_bytes(b"no store at all")
        store, rescue = open_sound(path, rng=os.urandom, now_ms=wall_ms)
        store.close()
        names.append(rescue.aside)
    assert set_aside(tmp_path) == names
    assert len(set(names)) == 7
