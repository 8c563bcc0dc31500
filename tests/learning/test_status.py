"""`status` says how many events each place is known to hold."""

from darasa.learning.status import status_of
from darasa.sync.ids import Role


def test_held_follows_the_work_from_the_computer_to_the_hub(make_room, exchange):
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    computer = make_room(Role.COMPUTER, joined=school)
    log = computer.store.begin_log(
        key=computer.home.node_key,
        school_id=computer.home.school_id,
        clock=computer.clock,
        app_version="t",
    )
    with computer.store.transaction() as tx:
        for n in range(3):
            tx.append(log, kind=60_001, version=1, learner_id=None, lamport=1, body=(n,))

    def held(room):
        told = status_of(room)["held"]
        return told["school"], told["second_copy"], told["hub"]

    assert held(computer) == (0, 0, 0)
    exchange(computer, school)
    assert held(computer) == (3, 0, 0)
    with school.store.transaction() as tx:
        tx.note_second_copy(school.store.position().ordinal)
    exchange(computer, school)
    assert held(computer) == (3, 3, 0)
    exchange(school, hub)
    exchange(computer, school)
    assert held(computer) == (3, 3, 3)
    assert held(school) == (3, 3, 3)
    assert held(hub) == (0, 0, 0)
    assert status_of(school)["forked_logs"] == 0
