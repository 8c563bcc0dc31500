"""Folders that are copied before they join: each machine is its own node, and early work counts."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from deciding_world import deliver, is_rebuilt_equal, runs_of

from darasa.learning.classroom import Classroom
from darasa.learning.status import status_of, unsent_of
from darasa.sync.enrol import EnrolError
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.joining import join_server
from darasa.sync.transport.responder import Responder

AMINA = b"A" * 16


@pytest.fixture
def image(tmp_path, clock, rng, make_attempt):
    """A computer that was started and practised on before it was cloned."""
    home = init_home(tmp_path / "image", role=Role.COMPUTER, name="Lab", rng=rng)
    with Classroom.open(home, clock=clock, rng=rng) as room:
        room.record.record((AMINA, make_attempt(item="q1")), (AMINA, make_attempt(item="q2")))
    return home.path


@pytest.fixture
def opened(clock, rng):
    """`opened(path)`: what a start of the program does."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(
            Classroom.open(open_home(path), clock=clock, rng=rng)
        )


@pytest.fixture
def join(school, clock, rng):
    desk = EnrolDesk(school.home, school.store, clock=clock, rng=rng)

    def ask(path, body):
        try:
            return 200, (desk.start if path.endswith("start") else desk.finish)(body)
        except EnrolError as error:
            pytest.fail(str(error))

    def joined(path):
        with Classroom.open(open_home(path), clock=clock, rng=rng) as room:
            join_server(
                room.home,
                room.store,
                desk.new_code(),
                url="http://x",
                ask=ask,
                shown=lambda: school.home.channel.pin,
                clock=clock,
                rng=rng,
            )

    return joined


@pytest.fixture
def yard(image, opened, join, exchange, school):
    """What every test needs; `copy(a, b)` copies a folder."""
    folder = image.parent

    def copy(name, to):
        return Path(shutil.copytree(folder / name, folder / to))

    return SimpleNamespace(
        image=image, copy=copy, opened=opened, join=join, exchange=exchange, school=school
    )


def test_clones_of_an_image_that_had_not_joined_are_nodes_of_their_own(yard, make_attempt):
    rooms = []
    for name in ("pc1", "pc2"):
        path = yard.copy("image", name)
        yard.join(path)
        rooms.append(yard.opened(path))
    for n, room in enumerate(rooms):
        room.record.record((AMINA, make_attempt(item=f"own{n}")))
        yard.exchange(room, yard.school)
    assert len({room.home.node_id for room in rooms}) == 2
    assert len(yard.school.store.peers()) == 2
    # two answers of the image, once, and one of each clone
    assert yard.school.state(AMINA).tries == 4
    for room in rooms:
        yard.exchange(room, yard.school)
        assert room.store.unsent(yard.school.home.node_id).total == 0


def test_a_folder_moved_twice_before_it_joins_still_brings_its_first_work(yard):
    yard.opened(yard.copy("image", "one")).close()
    path = yard.copy("one", "two")
    yard.join(path)
    room = yard.opened(path)
    assert len(room.home.own_ids) == 3
    yard.exchange(room, yard.school)
    assert yard.school.state(AMINA).tries == 2


def test_what_an_earlier_node_has_not_sent_is_counted_as_to_send(yard, make_attempt):
    yard.join(yard.image)
    room = yard.opened(yard.image)
    room.record.record((AMINA, make_attempt(item="q3")))
    room.close()
    moved = yard.opened(yard.copy("image", "moved"))
    assert unsent_of(moved) >= 3
    yard.exchange(moved, yard.school)
    assert unsent_of(moved) == 0
    peers = {peer["name"]: peer["copied_from"] for peer in status_of(yard.school)["peers"]}
    assert peers == {"Lab": None, "Lab (2)": moved.home.own_ids[1].hex()}


@pytest.fixture
def refusal(clock, rng, school):
    """The sentence with which the school ends an exchange; empty when it goes well."""

    def tried(room):
        responder = Responder(school.home, school.store, hooks=school.hooks, clock=clock, rng=rng)
        peer = room.home.peer
        exchange = Exchange(room.home, room.store, peer, hooks=room.hooks, clock=clock)
        return exchange.run(lambda body: [responder.handle([body])]).error

    return tried


def test_who_came_from_a_removed_computer_goes_with_it_until_confirmed(yard, make_attempt, refusal):
    """A stolen folder can make as many children as it likes: none of them is let in."""
    yard.join(yard.image)
    first = yard.opened(yard.image)
    assert refusal(first) == ""
    first.close()
    confirmed, met, fresh = (
        yard.opened(yard.copy("image", name)) for name in ("confirmed", "met", "fresh")
    )
    for room in (confirmed, confirmed, met):
        yard.exchange(room, yard.school)
    met.record.record((AMINA, make_attempt(item="q3")))
    deliver(yard.school, runs_of(met))
    before = yard.school.state(AMINA).tries
    yard.school.decisions.remove(first.home.node_id)
    assert yard.school.state(AMINA).tries == before  # what was accepted stays
    for room in (met, fresh):
        room.record.record((AMINA, make_attempt(item="q4")))
        assert refusal(room) != ""
    deliver(yard.school, runs_of(met))
    assert yard.school.state(AMINA).tries == before
    assert refusal(confirmed) == ""
    assert is_rebuilt_equal(yard.school)
    assert refusal(fresh) != ""
    for node_id in (first.home.node_id, met.home.node_id):
        yard.school.decisions.let_back(node_id)
    assert (refusal(met), refusal(fresh)) == ("", "")
    assert yard.school.state(AMINA).tries == before + 2
