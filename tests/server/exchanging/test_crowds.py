"""Whom the sync routes serve when many come at once: budgets of nodes, addresses and strangers."""

import time
from contextlib import ExitStack

from starlette.testclient import TestClient
from sync_nodes import (
    app_of,
    begin_log,
    body_of,
    dialled,
    exchange_of,
    joined,
    request_of,
    serving,
    write,
)

from darasa.server.routes.sync import ROUNDS_EACH_MAX, ROUNDS_MAX, STRANGERS_EACH_MAX, STRANGERS_MAX
from darasa.server.strangers import BURST, KEYS_FRESH_MS, first_greeting
from darasa.sync.frames import FrameReader
from darasa.sync.home import Peer
from darasa.sync.ids import Role
from darasa.sync.messages import EndCode, parse_message

CLASS = ROUNDS_MAX // ROUNDS_EACH_MAX


def test_a_crowd_is_told_when_to_come_and_each_at_another_time(make_node, school, served):
    app, url = served
    computer = joined(make_node(Role.COMPUTER), app, url)
    others = [joined(make_node(Role.COMPUTER), app, url) for _ in range(CLASS)]
    begun = [request_of(body_of(each))[:-5] for each in others]
    assert exchange_of(computer).ok
    write(computer, begin_log(computer), 3)
    lane = app.state.sync_door.nodes
    with ExitStack() as stack:
        for n in range(ROUNDS_MAX):  # a class whose bodies have begun and do not end
            stack.enter_context(dialled(url)).sendall(begun[n % CLASS])
        while lane.rounds < ROUNDS_MAX:
            time.sleep(0.005)
        refused = [exchange_of(computer) for _ in range(40)]
    assert {each.error for each in refused} == {
        "The server is busy now. This machine comes again by itself."
    }
    waits = [each.retry_after_s for each in refused]
    assert min(waits) >= 1
    assert len(set(waits)) > 1
    assert computer.store.unsent(school.home.node_id).total == 3
    while lane.rounds:
        time.sleep(0.005)
    assert exchange_of(computer).ok
    assert computer.store.unsent(school.home.node_id).total == 0


def test_one_node_whose_rounds_stand_still_keeps_no_other_out(make_node, school, served):
    """ROUNDS_MAX bodies that move a little, with the key of one computer, sent a whole lab away."""
    app, url = served
    bad, good = (joined(make_node(Role.COMPUTER), app, url) for _ in range(2))
    assert exchange_of(bad).ok
    write(good, begin_log(good), 3)
    begun, lane = request_of(body_of(bad))[:-5], app.state.sync_door.nodes
    with ExitStack() as stack:
        links = [stack.enter_context(dialled(url)) for _ in range(ROUNDS_EACH_MAX + 2)]
        for link in links[:ROUNDS_EACH_MAX]:
            link.sendall(begun)
        while lane.rounds < ROUNDS_EACH_MAX:
            time.sleep(0.005)
        for link in links[ROUNDS_EACH_MAX:]:
            link.sendall(begun)
            link.sendall(request_of(body_of(bad))[-5:])
            answer = b""
            while b"The server is busy" not in answer:
                part = link.recv(65536)
                assert part, answer
                answer += part
        assert lane.rounds == ROUNDS_EACH_MAX
        report = exchange_of(good)
    assert report.ok, report.error
    assert school.store.event_count() == 3


def test_strangers_that_stand_still_at_one_address_keep_no_other_address_out(make_node, school):
    """A lab that was copied from one disk comes as strangers, and has to be let in."""
    app = app_of(school)
    with serving(app) as url, ExitStack() as stack:
        computer = joined(make_node(Role.COMPUTER), app, url)
        assert exchange_of(computer).ok
        looking = Looking(app.state.sync_door)
        for _ in range(STRANGERS_MAX):
            stack.enter_context(dialled(url)).sendall(request_of(bytes(100))[:-1])
        while looking.rounds < STRANGERS_EACH_MAX:
            time.sleep(0.005)
        with TestClient(app, client=("10.0.0.66", 5)) as lab:
            answer = lab.post("/sync/1", content=b"noise")
    end = parse_message(FrameReader().feed(answer.content)[0])
    assert end.code != EndCode.BUSY


def _strange_bodies(make_node, school):
    """What those who are no nodes here send: noise, and greetings of many kinds."""
    stranger, liar = make_node(Role.COMPUTER), make_node(Role.COMPUTER)
    peer = Peer(
        "https://127.0.0.1:9",
        school.home.node_id,
        school.home.node_key.public,
        "School",
        Role.SCHOOL,
        school.home.certificate,
    )
    for node in (stranger, liar):
        node.home.save_peer(peer)
    return [
        body_of(stranger),
        body_of(liar)[:40],
        b"",
        b"GET / HTTP/1.1",
        bytes(100),
        b"\0\0\0\1\1\0xxxxx",
    ]


class Looking:
    """Counts what the engine is asked to look at, and for whom."""

    def __init__(self, door):
        self.rounds, self.begin = 0, door.responder.round
        door.responder.round = self

    def __call__(self):
        self.rounds += 1
        return self.begin()


def test_a_flood_of_strangers_costs_a_budget_and_no_node_waits_for_any_of_it(
    make_node, school, clock
):
    """By counts. Before there were budgets, each of 600 was looked at, in the one thread of the
    nodes, and 64 that stood still had the node sent away until they were dropped."""
    app = app_of(school)
    with serving(app) as url:
        computer = joined(make_node(Role.COMPUTER), app, url)
        write(computer, begin_log(computer), 3)
        assert exchange_of(computer).ok
        bodies = _strange_bodies(make_node, school)
        door = app.state.sync_door
        looking = Looking(door)
        with TestClient(app, client=("10.0.0.66", 5)) as flood, ExitStack() as stack:
            for _ in range(ROUNDS_MAX):  # bodies that have begun and do not end
                link = stack.enter_context(dialled(url))
                link.sendall(request_of(bytes(100))[:-99])
            answers = [flood.post("/sync/1", content=bodies[n % len(bodies)]) for n in range(600)]
            assert looking.rounds <= BURST + STRANGERS_EACH_MAX  # those stand at another address
            write(computer, begin_log(computer), 1)  # a child has answered
            report = exchange_of(computer)
    assert report.ok, report.error
    assert report.retry_after_s is None
    assert (report.events_out, report.rounds) == (1, 1)
    assert looking.rounds <= BURST + STRANGERS_EACH_MAX + 1
    assert door.nodes.rounds == door.strangers.rounds == 0
    ends = [parse_message(FrameReader().feed(each.content)[0]) for each in answers]
    busy = [end.retry_after_s for end in ends if end.code == EndCode.BUSY]
    assert len(busy) >= 600 - BURST
    assert all(1 <= wait_s <= 60 for wait_s in busy)


def test_sixty_nodes_behind_one_address_are_none_of_its_strangers(make_node, school):
    app = app_of(school)
    with serving(app) as url:
        computer = joined(make_node(Role.COMPUTER), app, url)
        body = body_of(computer)
        with TestClient(app, client=("10.0.0.66", 5)) as lab:
            for _ in range(100):
                lab.post("/sync/1", content=b"noise")
            answers = [lab.post("/sync/1", content=body).content for _ in range(60)]
    ends = [parse_message(FrameReader().feed(each)[-1]) for each in answers]
    assert {end.code for end in ends} == {EndCode.DONE}


def test_whoever_joins_is_a_node_at_once_and_a_removed_one_a_stranger(make_node, school, clock):
    removed = []
    school.hooks.refusal_of = lambda node_id: "Removed." if node_id in removed else ""
    app = app_of(school)
    with serving(app) as url:
        first = joined(make_node(Role.COMPUTER), app, url)
        assert exchange_of(first).ok
        second = joined(make_node(Role.COMPUTER), app, url)
        looking = Looking(app.state.sync_door)
        with TestClient(app, client=("127.0.0.1", 5)) as flood:
            for _ in range(BURST + 5):
                flood.post("/sync/1", content=b"noise")
        assert exchange_of(second).ok
        assert looking.rounds == BURST + 1
        removed.append(second.home.node_id)
        clock.advance(KEYS_FRESH_MS)
        exchange_of(second)
        known = app.state.sync_door.known
        assert not known.greets(first_greeting(body_of(second))[0])
        assert known.greets(first_greeting(body_of(first))[0])


def test_joining_has_a_budget_too_and_says_so_in_a_sentence(school, clock):
    with TestClient(app_of(school), client=("10.0.0.66", 5)) as client:
        answers = [client.post("/enrol/1/finish", content=b"noise") for _ in range(140)]
        assert {each.status_code for each in answers} == {403}
        assert b"Too many machines" not in answers[119].content
        assert b"Too many machines" in answers[120].content
        clock.advance(60_000)
        assert b"Too many" not in client.post("/enrol/1/finish", content=b"noise").content
