"""Erasing a learner: nothing of a folder names her afterwards, and nobody else loses anything."""

import random
import shutil
from contextlib import ExitStack

import pytest

from darasa.learning import tables
from darasa.learning.checkup import Health, checkup
from darasa.learning.classroom import Classroom
from darasa.learning.erasure import erase_learner, erasure_status
from darasa.learning.errors import NotFoundError, NotHereError
from darasa.learning.kinds import Merge, SignIn, SignOut
from darasa.learning.people import class_lists
from darasa.learning.records import LEARNER_NAME
from darasa.sync import audit
from darasa.sync.care import Care
from darasa.sync.contacts import PeerRow
from darasa.sync.errors import LearnerErasedError
from darasa.sync.home import init_home
from darasa.sync.ids import Role
from darasa.sync.messages import Doing, PresenceRow
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.responder import Responder


@pytest.fixture
def on_disk(tmp_path, clock, joined):
    """on_disk("school", Role.SCHOOL), on_disk("lab", Role.COMPUTER, joined=school)."""
    with ExitStack() as stack:

        def made(name, role, *, server=None) -> Classroom:
            rng = random.Random(name).randbytes
            home = init_home(tmp_path / name, role=role, name=name, rng=rng)
            if server is not None:
                Classroom.open(home, clock=clock, rng=rng).close()  # it was there before it joined
                joined(home, server)
            room = stack.enter_context(Classroom.open(home, clock=clock, rng=rng))
            if server is not None:
                with room.store.transaction() as tx:
                    above = server.home
                    tx.put_peer(
                        PeerRow(above.node_id, above.school_id, above.role, above.name, None)
                    )
                with server.store.transaction() as tx:
                    tx.put_peer(PeerRow(home.node_id, home.school_id, role, name, None))
            return room

        yield made


@pytest.fixture
def district(on_disk):
    hub = on_disk("hub", Role.HUB)
    school = on_disk("school", Role.SCHOOL, server=hub)
    return on_disk("lab", Role.COMPUTER, server=school), school, hub


@pytest.fixture
def klass(district, exchange):
    """A class of three at the school, known at the computer: their ids."""
    computer, school, _ = district
    class_id = school.people.add_class("5B")
    names = ("Amina Kato", "Amina Kazungu", "Baraka Odhiambo")
    ids = [school.people.add_learner(name, class_id, pin="4821") for name in names]
    class_lists.rename(school, ids[1], "Amina Kazungu-Zawadi")
    exchange(computer, school)
    exchange(computer, school)
    return ids


def work(room, learner, make_attempt, *, answers=5, sitting=b"sitting1"):
    room.record.record((learner, SignIn(sitting, "pin")))
    for nth in range(1, answers + 1):
        room.record.record(
            (learner, make_attempt(sitting=sitting, nth=nth, values=(nth,))),
            place=(learner, b"a place"),
        )
    room.record.record((learner, SignOut(sitting, "asked")))


def files_of(room):
    return [path for path in room.home.path.rglob("*") if path.is_file()]


def names_nowhere(room, *needles: bytes) -> None:
    """No byte of any file of the folder, its store and WAL included, is one of these."""
    assert any(path.name.endswith("sqlite3") for path in files_of(room))
    for path in files_of(room):
        raw = path.read_bytes()
        for needle in needles:
            assert needle not in raw, f"{path.name} names her"


def needles_of(learner_id):
    return (learner_id, learner_id.hex().encode(), learner_id.hex().upper().encode())


@pytest.mark.parametrize("is_packed", [False, True], ids=["rows", "packed"])
def test_nothing_in_any_folder_names_her_afterwards(
    district, klass, exchange, make_attempt, is_packed
):
    computer, school, hub = district
    her, other, _ = klass
    for room in (computer, school):
        for sitting in (b"sitting1", b"sitting2"):
            for learner in klass:
                work(room, learner, make_attempt, answers=40, sitting=sitting)
    computer.desk.try_pin(her, "0000")
    school.desk.try_pin(her, "0000")
    class_lists.out_of(school, her, school.people.classes()[0].record_id)
    class_lists.also_in(school, her, school.people.classes()[0].record_id)
    for below, above in ((computer, school), (computer, school), (school, hub)):
        exchange(below, above)
    if is_packed:
        for room in district:
            care = Care(room.store, room.clock)
            care.all_is_quiet()
            care.finish()
    sealed = [
        row[8]
        for name, row in school.store.read(lambda c: list(tables.dump(c)))
        if name == "lt_op" and row[1] == her and row[7] == LEARNER_NAME
    ]
    assert sealed
    before = {room: room.store.events_of(other) for room in district}
    count = school.store.event_count()
    done = erase_learner(school, her)
    assert (done.name, done.events > 80) == ("Amina Kato", True)
    exchange(computer, school)
    exchange(school, hub)
    for room in district:
        names_nowhere(room, *needles_of(her), *sealed)
        assert room.store.events_of(other) == before[room]
        with room.store.reading() as connection:
            assert list(audit.audit(connection)) == []
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    assert school.store.event_count() == hub.store.event_count() == count
    names_nowhere(computer, b"Amina Kat")
    names_nowhere(school, b"Amina Kat")


def test_the_lists_go_on_without_her(district, klass, exchange):
    computer, school, _ = district
    assert sorted(row.short for row in computer.people.learners()) == [
        "Amina Kat.",
        "Amina Kaz.",
        "Baraka O.",
    ]
    erase_learner(school, klass[0])
    exchange(computer, school)
    for room in (computer, school):
        assert sorted(row.short for row in room.people.learners()) == ["Amina K.", "Baraka O."]
    with pytest.raises(NotFoundError):
        computer.people.find_id(klass[0])
    assert computer.desk.try_pin(klass[1], "4821")


def test_tables_are_those_of_a_rebuild(district, klass, exchange, make_attempt):
    computer, school, hub = district
    for learner in klass:
        work(computer, learner, make_attempt)
    for below, above in ((computer, school), (school, hub)):
        exchange(below, above)
    erase_learner(school, klass[0])
    exchange(computer, school)
    exchange(school, hub)
    for room in district:
        kept = room.store.read(lambda c: list(tables.dump(c)))
        room.rebuild()
        assert room.store.read(lambda c: list(tables.dump(c))) == kept


def test_nothing_new_is_recorded_of_her(district, klass, exchange, make_attempt):
    computer, school, _ = district
    erase_learner(school, klass[0])
    exchange(computer, school)
    for room in (computer, school):
        before = room.store.event_count()
        with pytest.raises(LearnerErasedError):
            room.record.record((klass[0], SignIn(b"sitting3", "pin")))
        assert room.store.event_count() == before
        names_nowhere(room, *needles_of(klass[0]))


def test_she_sits_nowhere_on_the_live_page(district, klass, exchange):
    computer, school, _ = district
    row = PresenceRow(klass[0], Doing.WORKING, 0, "q1", 1, 8)
    exchange(computer, school, presence=(row,))
    assert set(school.presence.seats()) == {klass[0]}
    erase_learner(school, klass[0])
    assert school.presence.seats() == {}
    exchange(computer, school, presence=(row,))
    assert school.presence.seats() == {}


def test_only_her_school_erases(district, klass):
    computer, _, hub = district
    for room in (computer, hub):
        with pytest.raises(NotHereError, match="school server"):
            erase_learner(room, klass[0])


def test_status_says_who_has_applied_it(district, klass, exchange):
    computer, school, hub = district
    exchange(school, hub)
    assert erasure_status(school) == {"learners": 0, "computers": 1, "applied": 1, "hub": True}
    erase_learner(school, klass[0])
    assert erasure_status(school) == {"learners": 1, "computers": 1, "applied": 0, "hub": False}
    exchange(computer, school)
    exchange(computer, school)
    exchange(school, hub)
    assert erasure_status(school) == {"learners": 1, "computers": 1, "applied": 1, "hub": True}


@pytest.mark.parametrize("writable", [True, False])
def test_a_store_that_is_put_back_shows_nothing_of_her(
    tmp_path, district, klass, make_attempt, writable
):
    """The file beside the store is read before anything of the store is."""
    _, school, _ = district
    work(school, klass[0], make_attempt)
    school.store.checkpoint(at_least_bytes=0)
    store = school.home.store_path
    shutil.copy(store, tmp_path / "backup")
    erase_learner(school, klass[0])
    home = school.home
    school.close()
    for path in store.parent.glob("store.sqlite3*"):
        path.unlink()
    shutil.copy(tmp_path / "backup", store)
    rng = random.Random(3).randbytes
    with Classroom.open(home, clock=school.clock, rng=rng, writable=writable) as room:
        assert klass[0] not in [row.learner_id for row in room.people.learners()]
        assert room.store.events_of(klass[0]) == []
    names_nowhere(school, *needles_of(klass[0]))


def test_every_entry_of_one_learner_is_erased_with_her(district, klass, exchange, make_attempt):
    computer, school, hub = district
    for learner in klass[:2]:
        work(computer, learner, make_attempt)
    exchange(computer, school)
    school.decisions.merge(klass[0], klass[1])
    for below, above in ((computer, school), (computer, school), (school, hub)):
        exchange(below, above)
    assert set(computer.aliases_of(klass[1])) == set(klass[:2])
    erase_learner(school, klass[1])
    exchange(computer, school)
    exchange(school, hub)
    for room in district:
        for learner_id in klass[:2]:
            names_nowhere(room, *needles_of(learner_id))
    assert [row.short for row in computer.people.learners()] == ["Baraka O."]


@pytest.mark.parametrize("is_packed", [False, True], ids=["rows", "packed"])
def test_a_merge_that_was_taken_back_names_her_no_more(
    district, klass, exchange, make_attempt, is_packed
):
    """The event is the other one's, and says in its body whom she was taken for."""
    computer, school, hub = district
    her, other, _ = klass
    for learner in (her, other):
        work(computer, learner, make_attempt)
    exchange(computer, school)
    school.decisions.merge(her, other)
    school.decisions.unmerge(other)
    for below, above in ((computer, school), (computer, school), (school, hub)):
        exchange(below, above)
    if is_packed:
        for room in district:
            care = Care(room.store, room.clock)
            care.all_is_quiet()
            care.finish()
    before = [len(room.store.events_of(other)) for room in district]
    erase_learner(school, her)
    exchange(computer, school)
    exchange(school, hub)
    for room, count in zip(district, before, strict=True):
        names_nowhere(room, *needles_of(her))
        assert len(room.store.events_of(other)) == count - 1  # the merge alone is gone
        with room.store.reading() as connection:
            assert list(audit.audit(connection)) == []
        kept = room.store.read(lambda c: list(tables.dump(c)))
        room.rebuild()
        assert room.store.read(lambda c: list(tables.dump(c))) == kept


def test_what_her_next_school_decided_of_her_stays_at_the_hub(make_room, exchange, make_attempt):
    """She has changed school; the old one erases her, and not what the new one knows of her."""
    hub = make_room(Role.HUB)
    old, new = (make_room(Role.SCHOOL, joined=hub, name=name) for name in ("old", "new"))
    her, twice = old.guest().learner_id, new.guest().learner_id
    for room in (old, new):
        work(room, her, make_attempt)
    work(new, twice, make_attempt)
    new.record.record((twice, Merge(her, ())))
    for room in (old, new):
        exchange(room, hub)
    erase_learner(old, her)
    exchange(old, hub)
    assert set(hub.aliases_of(twice)) == {her, twice}
    assert len(hub.events_of(her)) == len(new.events_of(her))
    kept = hub.store.read(lambda c: list(tables.dump(c)))
    hub.rebuild()
    assert hub.store.read(lambda c: list(tables.dump(c))) == kept


def test_who_is_one_with_whom_is_told_without_an_id_that_nothing_else_names(
    school, computer, exchange
):
    """Two entries of one learner, neither in a class: the school's list alone names them."""
    class_id = school.people.add_class("5B")
    names = ("Amina Kato", "Amina Kat")
    ids = [school.people.add_learner(name, class_id, pin="4821") for name in names]
    for each in ids:
        class_lists.out_of(school, each, class_id)
    school.decisions.merge(*ids)
    exchange(computer, school)
    assert set(computer.aliases_of(ids[1])) == set(ids)
    erase_learner(school, ids[0])
    exchange(computer, school)
    told = computer.store.records(b"s").values()
    assert not any(learner_id in value for learner_id in ids for value in told)
    kept = computer.store.read(lambda c: list(tables.dump(c)))
    computer.rebuild()
    assert computer.store.read(lambda c: list(tables.dump(c))) == kept


@pytest.mark.parametrize("keeps_store", [False, True], ids=["both gone", "an old store"])
def test_a_school_that_lost_the_file_feeds_nobody_before_its_hub_has_told(
    district, klass, exchange, make_attempt, tmp_path, *, keeps_store
):
    """The computer never heard of the erasure, and brings her back to the school."""
    computer, school, hub = district
    her, other, gone_before = klass
    for learner in (her, other):
        work(computer, learner, make_attempt)
    exchange(computer, school)
    erase_learner(school, gone_before)
    exchange(school, hub)
    school.store.checkpoint(at_least_bytes=0)
    shutil.copy(school.home.store_path, tmp_path / "old")
    erase_learner(school, her)
    exchange(school, hub)
    school.close()
    for path in (school.home.erased_path, *school.home.path.glob("store.sqlite3*")):
        path.unlink()
    if keeps_store:
        shutil.copy(tmp_path / "old", school.home.store_path)
    rng = random.Random(8).randbytes
    with Classroom.open(school.home, clock=school.clock, rng=rng) as back:
        with back.store.transaction() as tx:  # an empty store knows no computer
            tx.put_certificate(computer.home.certificate)
        brought = exchange(computer, back)
        assert (brought.events_out > 0 or keeps_store, brought.records_in) == (True, 0)
        # its lists stay meanwhile, but for the one whom the old store knows to be erased
        assert len(computer.people.learners()) == (2 if keeps_store else 3)
        assert "erased" in [each.name for each in checkup(back) if each.health is Health.ACT]
        exchange(back, hub)
        assert "erased" not in [each.name for each in checkup(back)]
        exchange(back, hub)
        exchange(computer, back)
        exchange(computer, back)
        names_nowhere(back, *needles_of(her))
        names_nowhere(computer, *needles_of(her))
        assert back.store.events_of(other)
        assert [row.short for row in computer.people.learners()] == ["Amina K."]


def test_a_school_that_starts_for_the_first_time_feeds_its_computers(on_disk, exchange):
    hub = on_disk("hub", Role.HUB)
    school = on_disk("school", Role.SCHOOL, server=hub)
    exchange(school, hub)
    computer = on_disk("lab", Role.COMPUTER, server=school)
    school.people.add_class("5B")
    exchange(computer, school)
    exchange(computer, school)
    assert [each.name for each in computer.people.classes()] == ["5B"]


def test_work_that_was_coded_by_a_prefix_of_her_id_arrives_as_leaves(
    district, klass, make_attempt, clock
):
    """The school knows no such learner any more: it asks for codec 0, and tells of the erasure."""
    computer, school, _ = district

    def meet():
        answering = Responder(
            school.home, school.store, hooks=school.hooks, clock=clock, rng=school.rng,
            codec=school.codec,
        )  # fmt: skip
        report = Exchange(
            computer.home, computer.store, computer.home.peer, hooks=computer.hooks, clock=clock,
            codec=computer.codec,
        ).run(lambda body: [answering.handle([body])])  # fmt: skip
        assert report.ok, report.error

    for learner in klass:
        work(computer, learner, make_attempt, answers=30)
    meet()
    erase_learner(school, klass[0])
    for learner in klass:
        work(computer, learner, make_attempt, answers=30, sitting=b"sitting2")
    count = computer.store.event_count()
    meet()
    meet()
    for room in (computer, school):
        names_nowhere(room, *needles_of(klass[0]))
        assert room.store.event_count_of(klass[1]) == school.store.event_count_of(klass[1])
    assert computer.store.event_count() == count
    assert computer.store.unsent(school.home.node_id).total == 0
