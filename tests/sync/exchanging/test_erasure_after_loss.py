"""A server that was set back, or lost its store, hears again who is erased before it serves."""

import pytest

from darasa.sync import erased_rows
from darasa.sync.frames import FrameType
from darasa.sync.session import Limits

AMINA = b"A" * 16
BARAKA = b"B" * 16
HERS, HIS = b"l" + AMINA, b"l" + BARAKA
CLASS = b"c" + b"7A" * 8


def test_a_restored_school_serves_nothing_before_a_computer_has_told_it(
    district, pair, make_link, frames_of
):
    computer, school = pair
    computer.fed_by(school, CLASS, HIS)
    school.write(4)
    with school.store.transaction() as tx:
        tx.publish(CLASS, AMINA, b"her name")
    district.good(computer, school)
    old = school.image()
    school.erase()
    district.good(computer, school)
    district.good(computer, school)
    back = district.anew(school, old)
    link = make_link(back)
    assert back.store.event_count_of(AMINA) == 4
    district.good(computer, back, link=link)
    assert frames_of(link.answers[0], FrameType.FEED) == []
    assert all(b"her name" not in answer for answer in link.answers)
    back.knows_nothing_of()
    computer.knows_nothing_of()
    assert back.erased_digest() == computer.erased_digest()


def test_a_restored_school_is_told_by_its_hub(district, chain_of_three):
    _, school, hub = chain_of_three
    school.write(4)
    old = school.image()
    school.erase()
    district.good(school, hub)
    back = district.anew(school, old)
    district.good(back, hub)
    back.knows_nothing_of()
    assert back.erased_digest() == hub.store.read(erased_rows.digest, school.home.school_id)


def test_a_restored_hub_is_told_by_the_school(district, chain_of_three):
    _, school, hub = chain_of_three
    school.write(4)
    school.write(1, learner=BARAKA)
    district.good(school, hub)
    old = hub.image()
    school.erase()
    district.good(school, hub)
    hub.knows_nothing_of()
    back = district.anew(hub, old)
    assert back.store.event_count_of(AMINA) == 4
    district.good(school, back)
    back.knows_nothing_of()
    assert back.store.event_count_of(BARAKA) == 1


def test_a_new_hub_is_given_leaves(district, chain_of_three, make_link, frames_of):
    computer, school, _ = chain_of_three
    for learner in (AMINA, BARAKA, AMINA, AMINA, BARAKA):
        computer.write(2, learner=learner)
    district.good(computer, school)
    school.erase()
    other = district.hub()
    district.join(school, other)
    link = make_link(other)
    district.good(school, other, link=link)
    assert frames_of(link.bodies[-1], FrameType.STUB)
    other.knows_nothing_of()
    assert other.places() == school.places()
    assert other.store.frontier_digest() == school.store.frontier_digest()
    assert other.store.event_count() == 10


@pytest.mark.parametrize("frame", [700, 64 * 1024])
def test_a_school_that_lost_its_store_is_given_leaves_back(district, chain_of_three, frame):
    computer, school, hub = chain_of_three
    for learner in (AMINA, BARAKA, AMINA, AMINA, BARAKA):
        computer.write(2, learner=learner)
    district.good(computer, school)
    school.erase()
    district.good(school, hub)
    back = district.anew(school)
    back.limits = hub.limits = Limits(frame=frame)
    district.good(back, hub)
    back.knows_nothing_of()
    assert back.places() == hub.places()
    assert back.store.event_count_of(BARAKA) == 4
    assert back.erased_digest() == hub.store.read(erased_rows.digest, school.home.school_id)


def test_records_of_both_sides_come_together(district, chain_of_three):
    """Each side of a school and its hub may know of erasures that the other has forgotten."""
    _, school, hub = chain_of_three
    for learner in (AMINA, BARAKA):
        school.write(2, learner=learner)
    old = school.image()
    school.erase(AMINA)
    district.good(school, hub)
    back = district.anew(school, old)
    back.erase(BARAKA)
    district.good(back, hub)
    for node in (back, hub):
        node.knows_nothing_of(AMINA)
        node.knows_nothing_of(BARAKA)
    assert back.erased_digest() == hub.store.read(erased_rows.digest, school.home.school_id)


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
    computer.fed_by(school, CLASS, HIS)
    school.write(2)
    district.good(school, hub)
    with school.store.transaction() as tx:
        tx.note_erased_unheard(has_hub=True)
        tx.publish(CLASS, BARAKA, b"his name")
    assert district.good(computer, school).records_in == 0
    carry(school, hub)
    assert not school.store.read(erased_rows.is_unheard)
    assert district.good(computer, school).records_in == 1
