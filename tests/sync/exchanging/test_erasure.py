"""Learners who are erased: all nodes hear of it, and nothing that names them stays or comes."""

import pytest

from darasa.sync.erased import erased_hash
from darasa.sync.errors import LearnerErasedError
from darasa.sync.frames import FrameType

AMINA = b"A" * 16
BARAKA = b"B" * 16
HERS, HIS = b"l" + AMINA, b"l" + BARAKA
CLASS = b"c" + b"7A" * 8


def test_a_computer_hears_that_a_learner_is_erased(district, pair):
    computer, school = pair
    computer.fed_by(school, HERS, HIS, CLASS)
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
    school.erase()
    report = district.good(computer, school)
    assert report.rounds == 1
    assert computer.erased_digest() == school.erased_digest() is not None
    assert computer.hooks.erased == {erased_hash(AMINA)}
    for node in (computer, school):
        node.knows_nothing_of()
        assert node.store.event_count_of(BARAKA) == 6
    assert set(computer.store.records(CLASS)) == {BARAKA}


def test_nothing_new_costs_sixteen_bytes_more_when_someone_is_erased(
    district, pair, make_link, frames_of
):
    computer, school = pair
    computer.write(3)
    district.good(computer, school)
    before, after = make_link(school), make_link(school)
    district.good(computer, school, link=before)
    school.erase()
    district.good(computer, school)
    district.good(computer, school)
    report = district.good(computer, school, link=after)
    assert report.rounds == 1
    assert frames_of(after.bodies[0] + after.answers[0], FrameType.ERASED) == []
    assert after.carried - before.carried <= 2 * 18


def test_a_computer_whose_store_began_anew_says_who_is_erased_once(
    district, pair, make_link, frames_of
):
    """What its server said last is noted with the server, which a new store does not list yet."""
    computer, school = pair
    for n in range(20):
        school.erase(bytes([n]) * 16)
    reborn = district.anew(computer)
    for _ in range(3):
        link = make_link(school)
        assert district.good(reborn, school, link=link).rounds == 1
    assert frames_of(link.bodies[0], FrameType.ERASED) == []
    assert reborn.store.peers() == computer.store.peers()


def test_what_she_wrote_while_away_arrives_as_leaves(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    computer.write(3)
    computer.write(2, learner=BARAKA)
    computer.write(1)
    school.erase()
    district.good(computer, school)
    district.good(school, hub)
    for node in chain_of_three:
        node.knows_nothing_of()
        assert node.store.event_count() == 8
        assert node.store.event_count_of(BARAKA) == 2
    assert len({node.store.frontier_digest() for node in chain_of_three}) == 1


def test_nothing_new_is_kept_of_her(pair):
    _, school = pair
    school.write(1)
    school.erase()
    with pytest.raises(LearnerErasedError, match="erased"):
        school.write(1)
    assert school.store.event_count() == 1


@pytest.mark.parametrize("cut_at", range(60, 3_000, 211))
def test_a_link_that_dies_among_leaves_goes_on_at_the_next(
    district, chain_of_three, make_link, cut_at
):
    computer, school, hub = chain_of_three
    for n in range(30):
        computer.write(1, learner=AMINA if n % 3 else BARAKA)
    district.good(computer, school)
    school.erase()
    district.exchange(school, hub, link=make_link(hub, cut_at=cut_at))
    district.good(school, hub)
    assert hub.places() == school.places()
    assert hub.store.event_count() == 30
    hub.knows_nothing_of()


def test_erasing_twice_is_erasing_once(district, pair):
    computer, school = pair
    computer.write(3)
    district.good(computer, school)
    assert school.erase() == school.erase()
    first = school.image()
    school.erase()
    assert school.erased_digest() == erased_hash(AMINA)
    assert len(first) == len(school.image())
    school.knows_nothing_of()


def test_sticks_carry_records_and_leaves(district, chain_of_three, carry):
    computer, school, hub = chain_of_three
    computer.fed_by(school, CLASS)
    with school.store.transaction() as tx:
        tx.publish(CLASS, AMINA, b"her name")
        tx.publish(CLASS, BARAKA, b"his name")
    computer.write(3)
    carry(computer, school)
    assert set(computer.store.records(CLASS)) == {AMINA, BARAKA}
    computer.write(2)
    computer.write(2, learner=BARAKA)
    school.erase()
    up, down = carry(computer, school)
    assert (up.error, down.error) == ("", "")
    up, _ = carry(school, hub)
    assert up.error == ""
    for node in chain_of_three:
        node.knows_nothing_of()
        assert node.store.event_count() == 7
    assert set(computer.store.records(CLASS)) == {BARAKA}
