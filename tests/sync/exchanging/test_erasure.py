"""Learners who are erased: on the wire, on sticks, against restores, replays and forgeries."""

import pytest

from darasa.sync import audit, erased_rows, erasing, events_table, feed
from darasa.sync.codec import pack, unpack
from darasa.sync.erased import ErasedRecord, erase_record, erased_hash
from darasa.sync.erased_file import add_erased, read_erased
from darasa.sync.erased_home import join_erased
from darasa.sync.errors import LearnerErasedError
from darasa.sync.event import chain_after, chain_of_genesis
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.messages import Feed, StubRun, Stubs
from darasa.sync.session import Limits
from darasa.sync.session_body import body_of
from darasa.sync.session_store import apply_write
from darasa.sync.session_view import KeepFeed
from darasa.sync.squeeze import expand
from darasa.sync.store import Store
from darasa.sync.transport.exchange import myself

AMINA = b"A" * 16
BARAKA = b"B" * 16
HERS, HIS = b"l" + AMINA, b"l" + BARAKA
CLASS = b"c" + b"7A" * 8


def erase(school, learner=AMINA):
    record = erase_record(school.home.node_key, school.home.school_id, learner)
    with school.store.transaction() as tx:
        erasing.erase(tx, school.hooks, [record])
    return record


def fed(computer, school, scopes=(HERS, HIS, CLASS)):
    """A computer that is fed these scopes of its school."""
    school.hooks.allowed = computer.hooks.wanted = scopes


def restored(district, node, backup: bytes):
    """The same node with the store as it was: a copy that somebody put back, unannounced."""
    store = Store.open(None, rng=district.rng)
    store._connection.deserialize(backup)
    back = district.opened(node.home, store)
    back.hooks.allowed, back.hooks.wanted = node.hooks.allowed, node.hooks.wanted
    return back


def backup_of(node) -> bytes:
    return node.store._connection.serialize()


def knows_nothing_of(node, learner=AMINA) -> None:
    """Nothing of a store's bytes names her, and the rest of it is whole."""
    assert node.store.events_of(learner) == []
    with node.store.reading() as connection:
        assert list(audit.audit(connection)) == []
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with node.store.transaction() as tx:
        tx.connection.execute("DELETE FROM unswept")
    node.store._connection.execute("VACUUM")
    assert learner not in backup_of(node)


def digest(node) -> bytes | None:
    return node.store.read(erased_rows.digest, node.home.school_id)


def types(raw: bytes) -> list[int]:
    return [frame.type for frame in FrameReader().feed(raw)]


def test_a_computer_hears_that_a_learner_is_erased(district, pair):
    computer, school = pair
    fed(computer, school)
    with school.store.transaction() as tx:
        for learner in (AMINA, BARAKA):
            tx.publish(CLASS, learner, b"a name")
    school.write(3)
    school.write(2, learner=BARAKA)
    computer.write(3)
    computer.write(4, learner=BARAKA)
    district.good(computer, school)
    district.good(computer, school)
    assert computer.store.event_count_of(AMINA) == 6
    erase(school)
    report = district.good(computer, school)
    assert report.rounds == 1
    assert digest(computer) == digest(school) is not None
    assert computer.hooks.erased == {erased_hash(AMINA)}
    for node in (computer, school):
        knows_nothing_of(node)
        assert node.store.event_count_of(BARAKA) == 6
    assert set(computer.store.records(CLASS)) == {BARAKA}


def test_nothing_new_costs_sixteen_bytes_more_when_someone_is_erased(district, pair, make_link):
    computer, school = pair
    computer.write(3)
    district.good(computer, school)
    before, after = make_link(school), make_link(school)
    district.good(computer, school, link=before)
    erase(school)
    district.good(computer, school)
    district.good(computer, school)
    report = district.good(computer, school, link=after)
    assert report.rounds == 1
    assert FrameType.ERASED not in types(after.bodies[0]) + types(after.answers[0])
    assert after.carried - before.carried <= 2 * 18


def test_a_computer_whose_store_began_anew_says_who_is_erased_once(district, pair, make_link):
    """What its server said last is noted with the server, which a new store does not list yet."""
    computer, school = pair
    for n in range(20):
        erase(school, bytes([n]) * 16)
    reborn = district.opened(computer.home, Store.open(None, rng=district.rng))
    for _ in range(3):
        link = make_link(school)
        assert district.good(reborn, school, link=link).rounds == 1
    assert FrameType.ERASED not in types(link.bodies[0])
    assert reborn.store.peers() == computer.store.peers()


def test_what_she_wrote_while_away_arrives_as_leaves(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    computer.write(3)
    computer.write(2, learner=BARAKA)
    computer.write(1)
    erase(school)
    district.good(computer, school)
    district.good(school, hub)
    for node in chain_of_three:
        knows_nothing_of(node)
        assert node.store.event_count() == 8
        assert node.store.event_count_of(BARAKA) == 2
    assert len({node.store.frontier_digest() for node in chain_of_three}) == 1


def test_nothing_new_is_kept_of_her(pair):
    _, school = pair
    school.write(1)
    erase(school)
    with pytest.raises(LearnerErasedError, match="erased"):
        school.write(1)
    assert school.store.event_count() == 1


def test_a_restored_school_serves_nothing_before_a_computer_has_told_it(district, pair, make_link):
    computer, school = pair
    fed(computer, school, scopes=(CLASS, HIS))
    school.write(4)
    with school.store.transaction() as tx:
        tx.publish(CLASS, AMINA, b"her name")
    district.good(computer, school)
    old = backup_of(school)
    erase(school)
    district.good(computer, school)
    district.good(computer, school)
    back = restored(district, school, old)
    link = make_link(back)
    assert back.store.event_count_of(AMINA) == 4
    district.good(computer, back, link=link)
    assert FrameType.FEED not in types(link.answers[0])
    assert all(b"her name" not in answer for answer in link.answers)
    knows_nothing_of(back)
    knows_nothing_of(computer)
    assert digest(back) == digest(computer)


def test_a_restored_school_is_told_by_its_hub(district, chain_of_three):
    _, school, hub = chain_of_three
    school.write(4)
    old = backup_of(school)
    erase(school)
    district.good(school, hub)
    back = restored(district, school, old)
    district.good(back, hub)
    knows_nothing_of(back)
    assert digest(back) == hub.store.read(erased_rows.digest, school.home.school_id)


def test_a_restored_hub_is_told_by_the_school(district, chain_of_three):
    _, school, hub = chain_of_three
    school.write(4)
    school.write(1, learner=BARAKA)
    district.good(school, hub)
    old = backup_of(hub)
    erase(school)
    district.good(school, hub)
    knows_nothing_of(hub)
    back = restored(district, hub, old)
    assert back.store.event_count_of(AMINA) == 4
    district.good(school, back)
    knows_nothing_of(back)
    assert back.store.event_count_of(BARAKA) == 1


def test_a_new_hub_is_given_leaves(district, chain_of_three, make_link):
    computer, school, _ = chain_of_three
    for learner in (AMINA, BARAKA, AMINA, AMINA, BARAKA):
        computer.write(2, learner=learner)
    district.good(computer, school)
    erase(school)
    other = district.hub()
    district.join(school, other)
    link = make_link(other)
    district.good(school, other, link=link)
    assert FrameType.STUB in types(link.bodies[-1])
    knows_nothing_of(other)
    assert other.places() == school.places()
    assert other.store.frontier_digest() == school.store.frontier_digest()
    assert other.store.event_count() == 10


@pytest.mark.parametrize("frame", [700, 64 * 1024])
def test_a_school_that_lost_its_store_is_given_leaves_back(district, chain_of_three, frame):
    computer, school, hub = chain_of_three
    for learner in (AMINA, BARAKA, AMINA, AMINA, BARAKA):
        computer.write(2, learner=learner)
    district.good(computer, school)
    erase(school)
    district.good(school, hub)
    back = district.opened(school.home, Store.open(None, rng=district.rng))
    back.limits = hub.limits = Limits(frame=frame)
    district.good(back, hub)
    knows_nothing_of(back)
    assert back.places() == hub.places()
    assert back.store.event_count_of(BARAKA) == 4
    assert digest(back) == hub.store.read(erased_rows.digest, school.home.school_id)


@pytest.mark.parametrize("cut_at", range(60, 3_000, 211))
def test_a_link_that_dies_among_leaves_goes_on_at_the_next(
    district, chain_of_three, make_link, cut_at
):
    computer, school, hub = chain_of_three
    for n in range(30):
        computer.write(1, learner=AMINA if n % 3 else BARAKA)
    district.good(computer, school)
    erase(school)
    district.exchange(school, hub, link=make_link(hub, cut_at=cut_at))
    district.good(school, hub)
    assert hub.places() == school.places()
    assert hub.store.event_count() == 30
    knows_nothing_of(hub)


def test_a_stub_takes_nothing_from_who_holds_the_event(district, chain_of_three, make_link):
    """Only the school's record erases: who says "erased" of what is here changes nothing."""
    computer, school, _ = chain_of_three
    computer.write(3)
    district.good(computer, school)
    with computer.store.transaction() as tx:  # a computer that lies about its own log
        events_table.erase(tx.connection, AMINA)
        tx.connection.execute("DELETE FROM mark_given")
        tx.connection.execute("DELETE FROM receipt")
    link = make_link(school)
    district.good(computer, school, link=link)
    assert FrameType.STUB in types(link.bodies[0])
    assert school.store.event_count_of(AMINA) == 3


def test_a_stranger_may_not_say_that_work_is_erased(district, pair, make_link):
    computer, school = pair
    other = district.computer(school)
    other.write(3, learner=BARAKA)
    district.good(other, school)
    mine = computer.write(1)
    # the computer offers the other's log as if it were its own, erased
    with other.store.reading() as theirs:
        genesis = theirs.execute("SELECT genesis FROM log").fetchone()[0]
    log_id = other.log.log_id
    leaf = b"L" * 16
    first = chain_of_genesis(genesis)
    planted = Stubs((StubRun(log_id, first[:8], 1, genesis, (leaf,)),)).to_frame()
    link = make_link(school)

    def post(body):
        frames = [frame.raw for frame in FrameReader().feed(body)][:-1]
        yield from link(body_of([frames[0], planted, *frames[1:]]))

    report = district.exchange(computer, school, link=post)
    assert "may not say so" in report.error
    with school.store.reading() as connection:
        chains = connection.execute("SELECT chain FROM event WHERE log_key = 1").fetchall()
    assert (chain_after(first, leaf),) not in chains
    assert mine[0].chain not in [chain for (chain,) in chains]


def test_a_record_that_the_school_did_not_sign_is_refused(district, pair):
    computer, school = pair
    school.write(2)
    computer.write(2)
    planted = erase_record(computer.home.node_key, school.home.school_id, AMINA)
    with computer.store.transaction() as tx:
        tx.connection.execute(
            "INSERT INTO erased (school_id, learner_hash, signature) VALUES (?, ?, ?)",
            (planted.school_id, planted.learner_hash, planted.signature),
        )
    report = district.exchange(computer, school)
    assert report.error == "A record of erasure is not signed by the school."
    assert school.store.event_count_of(AMINA) == 2
    assert digest(school) is None


def test_an_old_body_that_is_played_again_brings_nothing_back(district, pair, make_link):
    computer, school = pair
    computer.write(4)
    link = make_link(school)
    district.good(computer, school, link=link)
    erase(school)
    for body in link.bodies:
        school.responder().handle([body])
    knows_nothing_of(school)
    assert school.store.event_count() == 4


def feeds_of(answers, computer):
    """What the FEED frames of answers would have a computer keep."""
    for frame in FrameReader().feed(b"".join(answers)):
        if frame.type == FrameType.FEED:
            told = Feed.parse(frame.payload)
            records = unpack(expand(told.records))
            authority = computer.home.peer.node_id
            yield [KeepFeed(authority, told.scope, told.start, told.to, records)]


def test_an_old_answer_that_is_played_again_brings_nothing_back(district, pair, make_link):
    computer, school = pair
    fed(computer, school)
    school.write(4)
    link = make_link(school)
    district.good(computer, school, link=link)
    assert computer.store.event_count_of(AMINA) == 4
    old = computer.store.read(feed.cursors, school.home.node_id)
    assert HERS in old
    erase(school)
    district.good(computer, school)
    knows_nothing_of(computer)
    copies = [kept for step in feeds_of(link.answers, computer) for kept in step]
    assert copies
    with computer.store.transaction() as tx:
        for write in copies:
            apply_write(tx, write, me=myself(computer.home), hooks=computer.hooks)
    knows_nothing_of(computer)


def test_a_record_about_something_else_that_names_her_goes_and_does_not_come_again(
    district, pair, make_link
):
    """Who is one with whom is told in records of their own; nothing else here has her id."""
    computer, school = pair
    fed(computer, school, scopes=(b"s",))
    with school.store.transaction() as tx:
        tx.publish(b"s", b"one".ljust(16), pack(("alias", BARAKA, AMINA)))
        tx.publish(b"s", b"two".ljust(16), pack(("class", "5B")))
    link = make_link(school)
    district.good(computer, school, link=link)
    assert AMINA in backup_of(computer)
    erase(school)
    district.good(computer, school)
    copies = [kept for step in feeds_of(link.answers, computer) for kept in step]
    assert copies
    for write in (None, *copies):
        if write is not None:
            with computer.store.transaction() as tx:
                apply_write(tx, write, me=myself(computer.home), hooks=computer.hooks)
        knows_nothing_of(computer)
        knows_nothing_of(school)
        assert set(computer.store.records(b"s")) == {b"two".ljust(16)}


def test_erasing_twice_is_erasing_once(district, pair):
    computer, school = pair
    computer.write(3)
    district.good(computer, school)
    assert erase(school) == erase(school)
    first = backup_of(school)
    erase(school)
    assert digest(school) == erased_hash(AMINA)
    assert len(first) == len(backup_of(school))
    knows_nothing_of(school)


def test_records_of_both_sides_come_together(district, chain_of_three):
    """Each side of a school and its hub may know of erasures that the other has forgotten."""
    _, school, hub = chain_of_three
    for learner in (AMINA, BARAKA):
        school.write(2, learner=learner)
    old = backup_of(school)
    erase(school, AMINA)
    district.good(school, hub)
    back = restored(district, school, old)
    erase(back, BARAKA)
    district.good(back, hub)
    for node in (back, hub):
        knows_nothing_of(node, AMINA)
        knows_nothing_of(node, BARAKA)
    assert digest(back) == hub.store.read(erased_rows.digest, school.home.school_id)


def test_another_schools_record_takes_nothing_from_a_school(district):
    hub, first, second = district.hub(), district.school(), district.school()
    for school in (first, second):
        district.join(school, hub)
        school.write(2)
        district.good(school, hub)
    erase(first)
    district.good(first, hub)
    district.good(second, hub)
    held = hub.store.events_of(AMINA)
    assert {each.school_id for each in held} == {second.home.school_id}
    assert second.store.event_count_of(AMINA) == 2


def test_sticks_carry_records_and_leaves(district, chain_of_three, carry):
    computer, school, hub = chain_of_three
    fed(computer, school, scopes=(CLASS,))
    with school.store.transaction() as tx:
        tx.publish(CLASS, AMINA, b"her name")
        tx.publish(CLASS, BARAKA, b"his name")
    computer.write(3)
    carry(computer, school)
    assert set(computer.store.records(CLASS)) == {AMINA, BARAKA}
    computer.write(2)
    computer.write(2, learner=BARAKA)
    erase(school)
    up, down = carry(computer, school)
    assert (up.error, down.error) == ("", "")
    up, _ = carry(school, hub)
    assert up.error == ""
    for node in chain_of_three:
        knows_nothing_of(node)
        assert node.store.event_count() == 7
    assert set(computer.store.records(CLASS)) == {BARAKA}


def on_disk(district, node, folder):
    """A node whose store is a file; a copy of it is the file."""
    store = Store.open(folder / "store.sqlite3", rng=district.rng)
    return district.opened(node.home, store)


def test_what_the_file_knows_is_applied_when_the_store_was_put_back(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(3)
    school.write(2, learner=BARAKA)
    school.store.checkpoint(at_least_bytes=0)
    old = (tmp_path / "store.sqlite3").read_bytes()
    erase(school)
    school.store.close()
    (tmp_path / "store.sqlite3").write_bytes(old)
    back = on_disk(district, school, tmp_path)
    assert back.store.event_count_of(AMINA) == 3
    assert join_erased(back.home, back.store, back.hooks) == 1
    assert join_erased(back.home, back.store, back.hooks) == 0
    assert back.store.event_count_of(AMINA) == 0
    assert back.store.event_count_of(BARAKA) == 2
    back.store.close()
    for file in tmp_path.iterdir():
        raw = file.read_bytes()
        assert AMINA not in raw, file.name
        assert AMINA.hex().encode() not in raw, file.name


def test_a_crash_between_file_and_store_is_made_good_at_the_next_start(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(3)
    record = erase_record(school.home.node_key, school.home.school_id, AMINA)
    with school.store.transaction() as tx:
        tx.connection.execute("SAVEPOINT before")
        erasing.erase(tx, school.hooks, [record])
        tx.connection.execute("ROLLBACK TO before")  # the power goes: the file is written already
    assert school.store.event_count_of(AMINA) == 3
    assert read_erased(tmp_path / "erased") == {record}
    assert join_erased(school.home, school.store, school.hooks) == 1
    assert school.store.event_count_of(AMINA) == 0


def test_a_file_that_was_lost_is_written_again(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    record = erase(school)
    (tmp_path / "erased").unlink()
    join_erased(school.home, school.store, school.hooks)
    assert read_erased(tmp_path / "erased") == {record}


def test_a_planted_line_in_the_file_erases_nobody(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(3)
    good = erase_record(school.home.node_key, school.home.school_id, AMINA)
    planted = ErasedRecord(good.school_id, good.learner_hash, bytes(64))
    add_erased(tmp_path / "erased", [planted])
    assert join_erased(school.home, school.store, school.hooks) == 0
    assert school.store.event_count_of(AMINA) == 3


def test_a_reader_in_the_way_leaves_the_cleaning_for_later(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(200)
    with school.store.reading() as connection:
        connection.execute("SELECT count(*) FROM event").fetchone()
        erase(school)
        assert not school.store.sweep()
    assert school.store.sweep()
    assert not school.store.sweep()
    school.store.close()
    assert all(AMINA not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_school_from_its_kit_waits_for_its_hub_once_it_has_joined_one(pair):
    _, school = pair
    unheard = erased_rows.is_unheard
    with school.store.transaction() as tx:
        tx.note_hub_joined()
    assert not school.store.read(unheard)  # nothing was forgotten: a school joins as any
    with school.store.transaction() as tx:
        tx.note_erased_unheard(has_hub=False)
    assert not school.store.read(unheard)
    with school.store.transaction() as tx:
        tx.note_hub_joined()
    assert school.store.read(unheard)


def test_a_stick_from_the_hub_ends_the_waiting(district, chain_of_three, carry):
    computer, school, hub = chain_of_three
    fed(computer, school, scopes=(CLASS, HIS))
    school.write(2)
    district.good(school, hub)
    with school.store.transaction() as tx:
        tx.note_erased_unheard(has_hub=True)
        tx.publish(CLASS, BARAKA, b"his name")
    assert district.good(computer, school).records_in == 0
    carry(school, hub)
    assert not school.store.read(erased_rows.is_unheard)
    assert district.good(computer, school).records_in == 1
