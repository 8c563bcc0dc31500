"""Fits from hub to school to computers, and what is folded by them."""

import random
import signal
import subprocess
import sys

import pytest
from deciding_world import deliver, dump, is_rebuilt_equal, runs_of, work
from fits_world import MADE_MS, made_at, parameters

from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest, learner_digest
from darasa.learning.erasure import erase_learner
from darasa.learning.errors import AmbiguousError, FitError, NotFoundError
from darasa.learning.fits.adopting import (
    QUIET_MS,
    adopt,
    adopt_between_terms,
    keep_fit,
    next_version,
    use_shipped,
)
from darasa.learning.fits.signed_fit import parts_of, sign_fit
from darasa.learning.fits.values import FitPartValue, RulesValue
from darasa.learning.kinds import FitPart
from darasa.learning.mastery.base import ItemRef
from darasa.learning.scopes import FITS_SCOPE
from darasa.sync.home import init_home
from darasa.sync.ids import Role, hash16
from darasa.sync.signing import NodeKey

ITEM = ItemRef((("fractions", "add"),), item=("fractions", "q2"))


@pytest.fixture
def hub(make_room):
    return make_room(Role.HUB)


@pytest.fixture
def school(make_room, hub):
    return make_room(Role.SCHOOL, joined=hub)


@pytest.fixture
def district(hub, school, computer, *, amina, make_attempt, exchange):
    """Amina has worked at the computer; all three hold it."""
    exchange(computer, school)
    exchange(computer, school)
    work(computer, amina, make_attempt)
    exchange(computer, school)
    exchange(school, hub)
    return hub, school, computer


def digests(rooms, learner):
    return {learner_digest(room, learner) for room in rooms}


def names(rooms, learner):
    return {room.state(learner).rules.name for room in rooms}


def test_a_fit_goes_from_hub_to_school_to_computers_and_is_used_once_adopted(
    district, amina, exchange
):
    hub, school, computer = district
    shipped = digests(district, amina)
    fit_id = made_at(hub, 3)
    exchange(school, hub)
    assert [row.version for row in school.store.read(school.fits.listed)] == [3]
    assert digests(district, amina) == shipped  # offered is not adopted
    chance = school.state(amina).predict(ITEM)
    adopt(school, "3")
    exchange(school, hub)
    exchange(computer, school)
    assert names(district, amina) == {f"rlf-fit-3-{fit_id.hex()}"}
    assert len(digests(district, amina)) == 1
    assert digests(district, amina) != shipped
    assert school.state(amina).predict(ITEM) != chance
    assert {room.state(amina).predict(ITEM) for room in district} == {
        school.state(amina).predict(ITEM)
    }
    assert all_digest(school) == all_digest(hub)


def test_work_after_the_adoption_folds_everywhere_to_one_state(
    district, amina, make_attempt, exchange
):
    hub, school, computer = district
    made_at(school, 1)
    adopt(school, "1")
    work(computer, amina, make_attempt, sitting=b"sitting2")  # has not heard of it
    exchange(computer, school)
    exchange(school, hub)
    assert len(digests(district, amina)) == 1
    assert school.state(amina).attempts == 6
    assert len(names(district, amina)) == 1


def test_a_school_goes_back_to_what_ships(district, amina, exchange):
    hub, school, computer = district
    shipped = digests(district, amina)
    made_at(school)
    adopt(school, "1")
    exchange(computer, school)
    use_shipped(school)
    exchange(computer, school)
    exchange(school, hub)
    assert digests(district, amina) == shipped
    with pytest.raises(FitError, match="already"):
        use_shipped(school)


def test_a_computer_that_lacks_the_fit_folds_with_what_it_has_and_says_so(
    district, amina, exchange
):
    _, school, computer = district
    made_at(school, 1)
    adopt(school, "1")
    exchange(computer, school)
    first = names([computer], amina)
    second = made_at(school, 2, items=4)
    adopt(school, "2")
    missing = [
        value.record_id
        for value in (
            FitPartValue(second, nth, 1, data)
            for nth, data in enumerate(parts_of(school.store.read(school.fits.signed, second)))
        )
    ]
    with school.store.transaction() as tx:
        tx.publish(FITS_SCOPE, missing[0], None)
    exchange(computer, school)
    assert computer.store.read(computer.fits.lacks) == second
    # the school has taken the first one off its list, so it ships for the computer again
    assert names([computer], amina) == {"rlf-shipped-warm-1"} != first
    with school.store.transaction() as tx:
        school.fits.publish(tx)
    exchange(computer, school)
    assert computer.store.read(computer.fits.lacks) is None
    assert names([computer], amina) == names([school], amina)


def test_read_tables_made_anew_are_the_same(district, amina):
    for room in district[:2]:
        made_at(room, 2)
    hub, school, _ = district
    adopt(school, "2")
    while school.freshen(10):
        pass
    assert is_rebuilt_equal(school)
    assert is_rebuilt_equal(hub)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_logs_come_changes_nothing(seed, district, amina, make_attempt):
    hub, school, _ = district
    made_at(school, 1)
    adopt(school, "1")
    made_at(school, 2, items=12_000)  # of several events
    adopt(school, "2")
    work(school, amina, make_attempt, sitting=b"sitting3")
    found = runs_of(school)
    deliver(hub, found, random.Random(seed), parts=2, decides=False)
    deliver(hub, found, decides=False)  # twice is as good as once
    assert learner_digest(hub, amina) == learner_digest(school, amina)
    assert hub.state(amina).rules.version == 2


def test_one_learner_is_never_folded_by_two_versions(district, amina, make_attempt):
    _, school, _ = district
    made_at(school, 1)
    adopt(school, "1")
    stale = school.store.read(lambda c: c.execute("SELECT rules FROM lt_learner").fetchall())
    assert all("shipped" in rules for (rules,) in stale)
    work(school, amina, make_attempt, sitting=b"sitting2")  # while she is not folded anew yet
    row = school.store.read(
        lambda c: c.execute(
            "SELECT rules FROM lt_learner WHERE learner_id = ?", (amina,)
        ).fetchone()
    )
    assert "shipped" not in row[0]
    digest = learner_digest(school, amina)
    school.rebuild()
    assert learner_digest(school, amina) == digest


def test_who_is_killed_in_the_middle_of_adopting_goes_on(school, class_id, make_attempt):
    learners = [school.people.add_learner(f"Child {n}", class_id, pin="4821") for n in range(6)]
    for nth, learner in enumerate(learners):
        work(school, learner, make_attempt, sitting=b"sitting%d" % nth)
    made_at(school, 1)
    adopt(school, "1")
    before = all_digest(school)  # asked of states that are not folded anew yet
    assert school.freshen(2) == 2
    school._start()  # as after a kill: what is done stays done
    assert len(school.store.read(school._learners.stale, 100)) == 4
    while school.freshen(3):
        pass
    assert all_digest(school) == before
    kept = dump(school)
    school.rebuild()
    assert dump(school) == kept


def test_a_fit_that_does_not_hold_is_refused_with_a_sentence(district, rng, exchange):
    hub, school, computer = district
    stranger = NodeKey.generate(rng)
    alien = sign_fit(parameters(7), stranger, made_ms=MADE_MS)
    with pytest.raises(FitError, match="No server that is known here made it"):
        keep_fit(school, alien)
    with pytest.raises(FitError, match="made at a school server"):
        keep_fit(computer, alien)
    with hub.store.transaction() as tx:  # a hub that lets anything pass
        for nth, data in enumerate(parts_of(alien)):
            value = FitPartValue(hash16(alien), nth, 1, data)
            tx.publish(FITS_SCOPE, value.record_id, value.to_bytes())
        broken = FitPartValue(b"broken fit id...", 0, 1, b"?" * 40_000)
        tx.publish(FITS_SCOPE, broken.record_id, broken.to_bytes())
        tx.publish(FITS_SCOPE, RulesValue(hash16(alien)).record_id, b"\xc1 no msgpack")
    exchange(school, hub)
    faults = {row.fault for row in school.store.read(school.fits.listed)}
    assert faults == {"No server that is known here made it.", "Its parts do not belong together."}
    for version in ("7", hash16(alien).hex()):
        with pytest.raises((FitError, NotFoundError)):
            adopt(school, version)
    assert school.store.read(school.fits.rules).name == "rlf-shipped-warm-1"


def test_the_word_of_a_computer_is_no_fit_and_adopts_nothing(district, amina, exchange):
    _, school, computer = district
    raw = sign_fit(parameters(9), computer.home.node_key, made_ms=MADE_MS)
    computer.record.record((None, FitPart(hash16(raw), 0, 1, raw)))
    exchange(computer, school)
    assert school.store.read(school.fits.listed) == []
    with pytest.raises(FitError, match="at the school server"):
        adopt(computer, "9")
    with pytest.raises(FitError, match="at the school server"):
        use_shipped(computer)


def test_versions_that_are_alike_are_told_apart_by_their_ids(district, exchange):
    hub, school, _ = district
    assert next_version(school) == 1
    made_at(hub, 1)
    exchange(school, hub)
    mine = made_at(school, 1, items=9)
    assert next_version(school) == 2
    with pytest.raises(AmbiguousError, match=mine.hex()[:8]):
        adopt(school, "1")
    assert adopt(school, mine.hex()[:8]).fit_id == mine
    with pytest.raises(NotFoundError):
        adopt(school, "12")


def test_an_adopted_fit_stays_when_the_hub_offers_newer_ones(district, amina, exchange):
    hub, school, _ = district
    made_at(hub, 1)
    exchange(school, hub)
    adopt(school, "1")
    for version in (2, 3):
        made_at(hub, version)
    exchange(school, hub)
    assert [row.version for row in school.store.read(school.fits.listed)] == [3, 2, 1]
    assert school.state(amina).rules.version == 1
    school.rebuild()
    assert school.state(amina).rules.version == 1


def test_a_large_fit_goes_in_many_events_and_records(district, amina, exchange):
    hub, school, computer = district
    made_at(school, 1, items=20_000)
    adopt(school, "1")
    exchange(computer, school)
    exchange(school, hub)
    assert len(digests(district, amina)) == 1
    assert "fit-1" in names(district, amina).pop()
    rows = school.store.read(lambda c: c.execute("SELECT count(*) FROM lt_fit_part").fetchone())
    assert rows[0] > 3


def test_an_older_program_keeps_and_relays_what_it_does_not_know(
    district, amina, monkeypatch, exchange
):
    """Without the kind among those it knows, the event counts as any other and changes nothing."""
    from darasa.learning import kinds

    hub, school, _ = district
    made_at(school, 1)
    monkeypatch.delitem(kinds.PAYLOADS, (8, 1))
    before = digests([hub], amina)
    exchange(school, hub)
    kept = [one.canonical for _, _, one in runs_of(hub).values() if one.event.kind == 8]
    assert kept == [one.canonical for _, _, one in runs_of(school).values() if one.event.kind == 8]
    assert kept
    assert digests([hub], amina) == before
    assert hub.store.read(hub.fits.listed) == []


def test_the_newest_fit_of_the_hub_is_adopted_between_terms_and_not_within_one(
    district, amina, clock, exchange, make_attempt
):
    hub, school, computer = district
    made_at(hub, 1)
    exchange(school, hub)
    assert adopt_between_terms(school) is None  # Amina was at work a moment ago
    clock.advance(QUIET_MS + 1)
    assert adopt_between_terms(computer) is None
    assert adopt_between_terms(school).version == 1
    assert adopt_between_terms(school) is None
    made_at(school, 2, items=5)  # its own is nobody's but a person's to adopt
    assert adopt_between_terms(school) is None
    work(school, amina, make_attempt, sitting=b"sitting4")
    made_at(hub, 3)
    exchange(school, hub)
    assert adopt_between_terms(school) is None
    assert school.state(amina).rules.version == 1


@pytest.mark.parametrize("word", ["stay", "shipped"])
def test_a_school_that_said_otherwise_is_not_changed_between_terms(
    word, *, district, clock, exchange
):
    hub, school, _ = district
    made_at(hub, 1)
    exchange(school, hub)
    if word == "stay":
        adopt(school, "1", for_good=True)
    else:
        use_shipped(school)
    before = school.store.read(school.fits.rules).name
    made_at(hub, 2)
    exchange(school, hub)
    clock.advance(QUIET_MS + 1)
    assert adopt_between_terms(school) is None
    assert school.store.read(school.fits.rules).name == before


def test_reports_of_then_and_now_go_by_the_same_rules(district, amina, clock):
    """Else a week in which a fit was adopted would look like a week of changes."""
    from darasa.learning.reports.changes import _as_of

    _, school, _ = district
    made_at(school, 1)
    adopt(school, "1")
    then, _ = _as_of(school, school.people.find_id(amina), clock.wall_ms() + 1)
    assert then.rules == school.state(amina).rules
    assert then.skill(("fractions", "add")) == school.state(amina).skill(("fractions", "add"))


_KILLED = """
import os, signal, sys
from pathlib import Path
from darasa.cli.options import classroom_at
with classroom_at(Path(sys.argv[1]), writable=True) as room:
    assert room.freshen(2) == 2
    with room.store.transaction() as tx:
        for learner_id in room._learners.stale(tx.connection, 10):
            room._learners.freshen(tx.connection, learner_id)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_node_that_is_killed_while_it_folds_anew_goes_on(tmp_path, clock, rng, make_attempt):
    home = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=rng)
    with Classroom.open(home, clock=clock, rng=rng) as school:
        class_id = school.people.add_class("5B")
        for nth in range(5):
            learner = school.people.add_learner(f"Child {nth}", class_id, pin="4821")
            work(school, learner, make_attempt, sitting=b"sitting%d" % nth)
        made_at(school, 1)
        adopt(school, "1")
        before = all_digest(school)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home.path)], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with Classroom.open(home, clock=clock, rng=rng) as school:
        assert school.stale() == 3  # what was committed stays, what was not is done again
        assert all_digest(school) == before
        while school.freshen(10):
            pass
        assert school.stale() == 0
        assert all_digest(school) == before


def test_one_who_was_erased_while_others_were_folded_anew_does_not_come_back(
    district, amina, make_attempt
):
    _, school, _ = district
    made_at(school, 1)
    adopt(school, "1")
    (stale,) = school.store.read(school._learners.stale, 10)  # the background care has its list
    assert stale == amina
    erase_learner(school, amina)
    with school.store.transaction() as tx:
        school._learners.freshen(tx.connection, amina)
    assert amina not in school.learner_ids()
    assert school.stale() == 0


def test_a_server_that_says_more_than_any_does_takes_no_more_memory(district, amina, exchange):
    hub, school, _ = district
    good = made_at(hub, 1)
    with hub.store.transaction() as tx:
        for nth in range(300):
            value = FitPartValue(hash16(b"%d" % nth), 0, 1, b"x" * 100)
            tx.publish(FITS_SCOPE, value.record_id, value.to_bytes())
    exchange(school, hub)
    listed = school.store.read(school.fits.listed)
    assert 100 < len(listed) <= 4 * 32
    assert {row.fault for row in listed if row.fit_id != good} == {
        "Its parts do not belong together."
    }
    assert school.state(amina).rules.name == "rlf-shipped-warm-1"
