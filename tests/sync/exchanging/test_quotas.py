"""A node that floods is frozen at the server that it floods; nothing of its work is lost by it."""

import pytest

from darasa.sync import erasing, held_back
from darasa.sync.erased import erase_record
from darasa.sync.frames import FrameReader
from darasa.sync.ids import Role
from darasa.sync.messages import EndCode, parse_message
from darasa.sync.quotas import DAY_MS, QUOTAS, Quota
from darasa.sync.session import Limits
from darasa.sync.store import Store
from darasa.sync.transport.file import Stick
from darasa.sync.transport.responder import Responder

AMINA = b"A" * 16
SMALL = {Role.COMPUTER: Quota(log_day=50, node_day=120)}


class Guarded:
    """A link to a server with quotas."""

    def __init__(self, server, quotas):
        self.server = server
        self.quotas = quotas
        self.ends = []

    def __call__(self, body):
        server = self.server
        answer = Responder(
            server.home,
            server.store,
            hooks=server.hooks,
            clock=server.clock,
            rng=server.rng,
            quotas=self.quotas,
        ).handle([body])
        self.ends.append(parse_message(FrameReader().feed(answer)[-1]))
        yield answer


@pytest.fixture
def link(pair):
    return Guarded(pair[1], SMALL)


def frozen(node):
    return set(node.store.read(held_back.held_back, held_back.FROZEN))


def test_what_a_class_writes_passes(district, pair, link):
    computer, school = pair
    for _ in range(2):
        computer.write(50)
        computer.restart()
        district.good(computer, school, link=link)
    assert len(school.places()) == 100
    assert frozen(school) == set()


def test_a_log_that_floods_freezes_its_node_and_what_came_before_stays(district, pair, link):
    computer, school = pair
    computer.write(30)
    district.good(computer, school, link=link)
    computer.write(21)
    report = district.exchange(computer, school, link=link)
    assert report.error == "This machine sent far too much. Ask the teacher to release it."
    assert link.ends[-1].code == EndCode.FROZEN
    assert link.ends[-1].retry_after_s == 900
    assert len(school.places()) == 30
    assert frozen(school) == {computer.home.node_id}
    assert computer.store.unsent(school.home.node_id).total == 21
    assert len(computer.places()) == 51


def test_many_small_logs_freeze_the_node_too(district, pair, link):
    computer, school = pair
    for _ in range(13):
        computer.restart()
        computer.write(10)
    report = district.exchange(computer, school, link=link)
    assert not report.ok
    assert frozen(school) == {computer.home.node_id}


def test_a_frozen_node_is_answered_with_a_sentence_and_nothing_is_kept(district, pair, link):
    computer, school = pair
    with school.store.transaction() as tx:
        tx.freeze_node(computer.home.node_id, 7)
    computer.write(1)
    report = district.exchange(computer, school, link=link)
    assert (report.ok, report.rounds) == (False, 1)
    assert link.ends[-1].code == EndCode.FROZEN
    assert school.places() == []


def test_after_its_release_the_whole_of_it_arrives(district, pair):
    computer, school = pair
    computer.limits = Limits(frame=4096)
    link = Guarded(school, {Role.COMPUTER: Quota(log_day=300, node_day=1_000)})
    computer.write(500, body=("an answer of some length, to fill frames", b"x" * 60))
    assert not district.exchange(computer, school, link=link).ok
    before = len(school.places())
    assert before < 500
    for _ in range(2):
        with school.store.transaction() as tx:
            assert tx.release_node(computer.home.node_id)
            assert not tx.release_node(computer.home.node_id)
        if district.exchange(computer, school, link=link).ok:
            break
    assert school.places() == computer.places()
    assert computer.store.unsent(school.home.node_id).total == 0


def test_a_frame_that_holds_more_than_a_day_may_passes_when_its_node_is_let_go(
    district, pair, link
):
    computer, school = pair
    computer.write(130)
    for _ in range(2):
        assert not district.exchange(computer, school, link=link).ok
    assert school.places() == []
    with school.store.transaction() as tx:
        tx.release_node(computer.home.node_id)
    district.good(computer, school, link=link)
    assert school.places() == computer.places()
    computer.write(1)
    assert not district.exchange(computer, school, link=link).ok
    assert frozen(school) == {computer.home.node_id}


def test_events_that_come_again_are_not_counted_twice(district, pair, link):
    computer, school = pair
    computer.write(40)
    bodies = []

    def listening(body):
        bodies.append(body)
        return link(body)

    district.good(computer, school, link=listening)
    for _ in range(5):
        list(link(bodies[0]))
    assert frozen(school) == set()


def test_a_long_log_brought_at_once_has_a_quota_for_each_of_its_days(district, pair):
    computer, school = pair
    link = Guarded(school, {Role.COMPUTER: Quota(log_day=50, node_day=1_000)})
    for _ in range(10):
        computer.write(45)
        district.clock.advance(DAY_MS)
    district.good(computer, school, link=link)
    assert len(school.places()) == 450


def test_branches_of_a_fork_count_each(district, pair, link):
    """The same places filled again and again are a flood as well."""
    computer, school = pair
    computer.write(1)
    genesis_state = computer.log.place
    stores = []
    for n in range(3):
        store = Store.open(None, rng=district.rng)
        stores.append(store)
        twin = district.opened(computer.home, store)
        _copy_log(computer, twin, genesis_state)
        twin.write(24, body=("branch", n))
        report = district.exchange(twin, school, link=link)
        assert report.ok == (n < 2)
    assert frozen(school) == {computer.home.node_id}


def _copy_log(source, twin, place):
    """The twin holds the source's log up to now and goes on in it, as a copied machine does."""
    (event,) = source.store.events_after(0)
    with twin.store.transaction() as tx:
        tx.insert_received(
            event.school_id,
            event.log_id,
            genesis=place.log.genesis,
            prev_chain=place.log.chain_0,
            events=(event,),
            believed=1,
        )
        row = tx.connection.execute("SELECT log_key FROM log").fetchone()
    twin.log.place = place._replace(log=place.log._replace(log_key=row[0]))


def test_another_day_begins_a_new_count_and_old_counts_go(district, pair, link):
    computer, school = pair
    for _ in range(4):
        for _ in range(2):
            computer.restart()
            computer.write(50)
        district.good(computer, school, link=link)
        district.clock.advance(DAY_MS)
    with school.store.reading() as connection:
        days = connection.execute("SELECT DISTINCT today FROM quota").fetchall()
    assert len(days) == 1


def test_other_nodes_go_on_while_one_is_frozen(district, pair, link):
    flooding, school = pair
    other = district.computer(school)
    flooding.write(60)
    assert not district.exchange(flooding, school, link=link).ok
    other.write(5)
    district.good(other, school, link=link)
    assert len(school.places()) == 5


def test_a_quota_says_nothing_to_the_fold_of_others(district, chain_of_three):
    """Another server takes what this one refused: the rule is of the receiver, not of the log."""
    computer, school, hub = chain_of_three
    computer.write(60)
    assert not district.exchange(computer, school, link=Guarded(school, SMALL)).ok
    with school.store.transaction() as tx:
        tx.release_node(computer.home.node_id)
    district.good(computer, school)
    district.good(school, hub, link=Guarded(hub, SMALL))
    assert hub.places() == computer.places()


def test_the_quotas_have_room_for_a_full_day_and_a_long_absence():
    quota = QUOTAS[Role.COMPUTER]
    full_day = 8 * 3_600 // 4 * 2  # an answer every 4 s for 8 h, and as many other events
    assert quota.log_day >= full_day
    assert quota.node_day >= 30 * 300 * 2 * 10  # ten times the 30 days of sync.md section 13


def test_a_stick_counts_like_a_link_and_freezes_the_bundles_maker(district, pair, tmp_path):
    computer, school = pair
    computer.write(60)

    def stick(node, quotas):
        return Stick(
            node.home, node.store, hooks=node.hooks, clock=node.clock, rng=node.rng, quotas=quotas
        )

    file = tmp_path / stick(computer, QUOTAS).export_work(tmp_path).file
    for _ in range(2):
        assert "far too much" in stick(school, SMALL).take(file).error
        assert frozen(school) == {computer.home.node_id}
        assert school.places() == []
    assert "far too much" in district.exchange(computer, school).error
    assert computer.store.unsent(school.home.node_id).total == 60
    with school.store.transaction() as tx:
        assert tx.release_node(computer.home.node_id)
    assert stick(school, QUOTAS).take(file).ok
    assert school.places() == computer.places()


def test_erased_work_of_many_days_is_no_flood_of_one(district, pair, link):
    """A leaf says nothing of its day: years of a class that left are not the work of a morning."""
    computer, school = pair
    for _ in range(3):
        computer.write(30)
        district.clock.advance(DAY_MS)
    record = erase_record(school.home.node_key, school.home.school_id, AMINA)
    for node in (computer, school):
        with node.store.transaction() as tx:
            erasing.erase(tx, node.hooks, [record])
    district.good(computer, school, link=link)
    assert school.store.log_count() == 1
    assert school.store.tips() == computer.store.tips()


def test_a_flood_of_leaves_is_still_one(district, pair, link):
    computer, school = pair
    computer.write(121)
    record = erase_record(school.home.node_key, school.home.school_id, AMINA)
    for node in (computer, school):
        with node.store.transaction() as tx:
            erasing.erase(tx, node.hooks, [record])
    assert "far too much" in district.exchange(computer, school, link=link).error
    assert frozen(school) == {computer.home.node_id}
