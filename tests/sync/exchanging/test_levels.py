"""A computer learns how many places hold its work: the school, a second copy, the hub."""

import sqlite3

import pytest

from darasa.sync import contacts, levels

REQUEST_HEADERS = len(
    b"POST /sync/1 HTTP/1.1\r\nHost: 127.0.0.1:8710\r\nContent-Length: 222\r\n\r\n"
)
ANSWER_HEADERS = len(b"HTTP/1.1 200 OK\r\ncontent-length: 135\r\n\r\n")


def level_of(computer):
    """The level that all of a computer's work has."""
    home = computer.home
    return computer.store.read(contacts.receipt_level, home.peer.node_id, school_id=home.school_id)


def quiet_bytes(report):
    assert (report.rounds, report.events_out, report.receipt_level) == (1, 0, 0)
    return report.bytes_out + report.bytes_in + REQUEST_HEADERS + ANSWER_HEADERS


def second_copy(school):
    """A backup was made of the school's store as it is."""
    with school.store.transaction() as tx:
        tx.note_second_copy(school.store.position().ordinal)


def test_a_computer_is_told_once_that_its_work_is_at_the_hub(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(5)
    assert district.good(computer, school).receipt_level == 1
    assert level_of(computer) == 1
    district.good(school, hub)
    told = district.good(computer, school)
    assert (told.receipt_level, told.rounds) == (3, 1)
    assert level_of(computer) == 3
    assert quiet_bytes(district.good(computer, school)) <= 500
    assert told.bytes_in < 400


def test_a_second_copy_is_told_and_then_the_hub(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(5)
    district.good(computer, school)
    second_copy(school)
    district.good(computer, school)
    assert level_of(computer) == 2
    district.good(school, hub)
    district.good(computer, school)
    assert level_of(computer) == 3
    second_copy(school)  # a lower level than is known is no news to anyone
    district.good(computer, school)
    assert level_of(computer) == 3
    assert quiet_bytes(district.good(computer, school)) <= 500


def test_work_after_the_copy_is_not_said_to_be_in_it(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(5)
    district.good(computer, school)
    district.good(school, hub)
    computer.write(2)
    district.good(computer, school)  # the news and the new work in one answer
    assert level_of(computer) == 1
    peer, home = computer.home.peer.node_id, computer.home
    counted = [
        computer.store.read(levels.count_receipted, home.school_id, peer, level)
        for level in (1, 2, 3)
    ]
    assert counted == [7, 5, 5]
    assert [school.store.read(levels.count_held, home.school_id, n) for n in (2, 3)] == [0, 5]


def test_each_computer_is_told_of_its_own_logs_alone(district, chain_of_three, make_link):
    computer, school, hub = chain_of_three
    other = district.computer(school)
    for each in (computer, other):
        each.write(3)
        district.good(each, school)
    district.good(school, hub)
    computer.write(1)
    district.good(computer, school)
    district.good(school, hub)
    district.good(other, school)
    assert level_of(other) == 3
    assert quiet_bytes(district.good(other, school)) <= 500
    district.good(computer, school)
    assert level_of(computer) == 3
    computer.write(1)
    district.good(computer, school)
    district.good(school, hub)
    assert quiet_bytes(district.good(other, school)) <= 500  # nothing of hers is news


def test_a_lost_answer_is_told_again(district, chain_of_three, make_link):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.good(computer, school)
    district.good(school, hub)
    link = make_link(school)

    def lost(body):
        b"".join(link(body))
        return iter(())

    assert not district.exchange(computer, school, link=lost).ok
    district.good(computer, school)
    assert level_of(computer) == 3


def test_a_fork_has_the_level_of_its_last_tip(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    twin = district.twin(computer)
    computer.write(2)
    twin.write(4)
    district.good(computer, school)
    district.good(school, hub)
    district.good(twin, school)
    district.good(computer, school)
    assert level_of(computer) == 3
    assert level_of(twin) == 1
    district.good(school, hub)
    district.good(twin, school)
    assert level_of(twin) == 3


@pytest.mark.parametrize("who", ["school", "hub"])
def test_a_set_back_lowers_what_its_store_said_and_nothing_else(district, chain_of_three, who):
    computer, school, hub = chain_of_three
    computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    node = {"school": school, "hub": hub}[who]
    copy = sqlite3.connect(":memory:")
    with node.store.reading() as connection:
        connection.backup(copy)
    computer.write(3)
    district.good(computer, school)
    district.good(school, hub)
    district.good(computer, school)
    assert level_of(computer) == 3
    with node.store.reading() as connection:  # the memory store shares its one connection
        copy.backup(connection)
    copy.close()
    node.restart()
    computer.write(1)
    district.good(computer, school)
    assert level_of(computer) == 1
    district.good(school, hub)
    district.good(computer, school)
    assert level_of(computer) == 3
    assert computer.places() == school.places() == hub.places()
    assert quiet_bytes(district.good(computer, school)) <= 500


def test_levels_after_a_comparison_by_ranges_are_told_too(district, chain_of_three):
    from darasa.sync.session import Limits

    computer, school, hub = chain_of_three
    school.limits = Limits(named_logs=3, frame=600)
    for _ in range(40):
        computer.restart()
        computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    with school.store.transaction() as tx:
        for table in ("mark_given", "receipt", "held_elsewhere"):
            tx.connection.execute(f"DELETE FROM {table}")
    district.good(school, hub)
    district.good(computer, school)
    assert level_of(computer) == 3


def test_a_computer_that_lost_its_marks_is_told_all_levels_anew(district, chain_of_three):
    from darasa.sync.session import Limits

    computer, school, hub = chain_of_three
    computer.limits = Limits(named_logs=3, frame=600)
    for _ in range(40):
        computer.restart()
        computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    with computer.store.transaction() as tx:
        for table in ("mark_given", "receipt"):
            tx.connection.execute(f"DELETE FROM {table}")
    district.good(computer, school)
    assert level_of(computer) == 3
