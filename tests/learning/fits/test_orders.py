"""By what a school's learners are folded is a matter of what was said, and not of how it came."""

import random
from itertools import product

import pytest
from deciding_world import deliver, dump, is_rebuilt_equal, runs_of, work
from fits_world import MADE_MS, made_at, parameters

from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest
from darasa.learning.fits.adopting import adopt, use_shipped
from darasa.learning.fits.signed_fit import parts_of, sign_fit
from darasa.learning.fits.words import SETTING
from darasa.learning.kinds import FitPart, Op
from darasa.learning.records import SCHOOL_PARAMETERS
from darasa.sync.contacts import certificates_of
from darasa.sync.home import init_home
from darasa.sync.ids import Role, hash16
from darasa.sync.signing import NodeKey

ORDERS = 30


@pytest.fixture
def hub(make_room):
    return make_room(Role.HUB)


@pytest.fixture
def runs(tmp_path, clock, rng, hub, joined):
    """runs(do, …): each does its work in a run of the school's program, so in a log of its own."""
    home = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=rng)
    joined(home, hub)

    def run(*work_of_runs):
        for do in work_of_runs:
            with Classroom.open(home, clock=clock, rng=rng) as school:
                do(school)
        return Classroom.open(home, clock=clock, rng=rng)

    return run


def said(school, fit_id):
    """Adopt without asking whether the fit is any good."""
    seen = school.people.record_of(SETTING).chains(SCHOOL_PARAMETERS)
    school.record.record((None, Op(SETTING, SCHOOL_PARAMETERS, (fit_id, False), seen)))


def told(school, raw, fit_id=None):
    """Write parts of anything."""
    parts = parts_of(raw)
    named = fit_id or hash16(raw)
    facts = [(None, FitPart(named, nth, len(parts), data)) for nth, data in enumerate(parts)]
    school.record.record(*facts)
    return named


def known(room):
    """What is known of fits, and by which one each school goes."""
    return [row for row in dump(room) if row[0] in ("lt_fit", "lt_fit_part", "lt_rules")]


@pytest.fixture
def heard(hub, clock, rng):
    """heard(runs, node_id): the one thing that hubs know, who heard of all that in many orders."""

    def hear(found, node_id):
        certificates = hub.store.read(certificates_of, node_id)
        known_then = []
        for seed in range(ORDERS):
            with Classroom.in_memory(role=Role.HUB, clock=clock, rng=rng, home=hub.home) as other:
                with other.store.transaction() as tx:
                    for each in certificates:
                        tx.put_certificate(each)
                deliver(other, found, random.Random(seed), parts=3, decides=False)
                known_then.append((known(other), all_digest(other)))
                assert is_rebuilt_equal(other)
        assert all(each == known_then[0] for each in known_then)
        return known_then[0][0]

    return hear


@pytest.fixture
def orders(heard, runs):
    """orders(do, …): the same of what runs of the school's program did."""

    def hear(*work_of_runs):
        with runs(*work_of_runs) as school:
            return heard(runs_of(school), school.home.node_id)

    return hear


def in_use(rows):
    """The fit that the one school goes by at a hub; None for what ships."""
    found = [row[1][2] for row in rows if row[0] == "lt_rules"]
    return found[0] if found else None


def test_fits_that_come_after_the_words_that_name_them(orders, make_attempt):
    ids = {}

    def first(school):
        amina = school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")
        ids[1] = made_at(school, 1)
        ids[2] = made_at(school, 2, items=9)
        work(school, amina, make_attempt)

    rows = orders(first, lambda school: adopt(school, "1"), lambda school: adopt(school, "2"))
    assert in_use(rows) == ids[2]


def test_a_fit_that_never_holds_leaves_the_one_before_it_in_use(orders, rng):
    """Said last, it is lacking for ever; what stands in for it must not be a matter of luck."""
    ids = {}

    def first(school):
        ids[1], ids[2] = made_at(school, 1), made_at(school, 2, items=9)

    def last(school):
        alien = sign_fit(parameters(7), NodeKey.generate(rng), made_ms=MADE_MS)
        said(school, told(school, alien))

    rows = orders(first, lambda school: adopt(school, "1"), lambda school: adopt(school, "2"), last)
    assert in_use(rows) == ids[2]


def test_a_fit_that_never_comes_after_what_ships_leaves_what_ships(orders):
    def last(school):
        said(school, b"no such fit here")

    rows = orders(lambda school: (made_at(school, 1), adopt(school, "1")), use_shipped, last)
    assert in_use(rows) is None


def test_parts_of_one_fit_that_contradict_each_other(orders):
    """Of two logs; the one that is whole and holds counts, whichever came first."""
    ids = {}

    def first(school):
        raw = sign_fit(parameters(1, items=12_000), school.home.node_key, made_ms=MADE_MS)
        ids[1] = told(school, raw)
        ids["raw"] = raw

    def liar(school):
        told(school, bytes(len(ids["raw"])), ids[1])
        told(school, b"another lie", b"another fit id..")

    def other_liar(school):
        told(school, b"?" * 50_000, b"another fit id..")

    rows = orders(first, liar, other_liar, lambda school: said(school, ids[1]))
    assert in_use(rows) == ids[1]


def test_words_of_a_server_that_is_held_back_count_once_it_is_let_back(hub, runs, heard):
    """And not before, whether they came before the word that holds it back or after."""
    ids = {}

    def later(school):
        ids[2] = made_at(school, 2, items=9)
        adopt(school, "2")

    with runs(lambda school: (made_at(school, 1), adopt(school, "1"))) as school:
        ids[1] = school.store.read(school.fits.listed)[0].fit_id
        node_id = school.home.node_id
        deliver(hub, runs_of(school), decides=False)
    hub.decisions.remove(node_id)
    with runs(later) as school:
        deliver(hub, runs_of(school), decides=False)
    assert in_use(known(hub)) == ids[1]
    assert [row.fit_id for row in hub.store.read(hub.fits.listed)] == [ids[1]]
    assert is_rebuilt_equal(hub)
    assert in_use(heard(runs_of(hub), node_id)) == ids[1]
    hub.decisions.let_back(node_id)
    assert in_use(heard(runs_of(hub), node_id)) == ids[2]
    assert in_use(known(hub)) == ids[2]
    assert is_rebuilt_equal(hub)


@pytest.mark.parametrize("heard_of", list(product([True, False], repeat=3)))
def test_a_computer_comes_to_what_its_school_goes_by_whatever_it_heard_of(
    heard_of, make_room, exchange, rng
):
    """It may have been away at any of the words; the last one names a fit that never holds."""
    school = make_room(Role.SCHOOL)
    computer = make_room(Role.COMPUTER, joined=school)
    made_at(school, 1)
    second = made_at(school, 2, items=9)
    alien = sign_fit(parameters(7), NodeKey.generate(rng), made_ms=MADE_MS)
    words = [
        lambda: adopt(school, "1"),
        lambda: adopt(school, "2"),
        lambda: said(school, told(school, alien)),
    ]
    for say, hears in zip(words, heard_of, strict=True):
        say()
        if hears:
            exchange(computer, school)
    exchange(computer, school)
    names = {room.store.read(room.fits.rules).name for room in (school, computer)}
    assert names == {f"rlf-fit-2-{second.hex()}"}
    assert computer.store.read(computer.fits.lacks) is None
    assert is_rebuilt_equal(computer)
    use_shipped(school)
    exchange(computer, school)
    assert computer.store.read(computer.fits.rules).name == "rlf-shipped-warm-1"
