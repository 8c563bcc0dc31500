"""POST /sync/1 and /enrol/1/…: through the test client, and over a real server on loopback."""

import random
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from darasa.server.routes.enrol import routes as enrol_routes
from darasa.server.routes.sync import (
    ROUNDS_EACH_MAX,
    ROUNDS_MAX,
    STRANGERS_EACH_MAX,
    STRANGERS_MAX,
)
from darasa.server.routes.sync import routes as sync_routes
from darasa.server.strangers import BURST, KEYS_FRESH_MS, Neighbours, first_greeting
from darasa.sync.channel import channel_pem
from darasa.sync.clock import ManualClock
from darasa.sync.enrol import EnrolError
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.frames import FrameReader
from darasa.sync.home import Home, Peer
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.messages import Doing, EndCode, PresenceRow, parse_message
from darasa.sync.session import Asking, Other
from darasa.sync.session_store import StoreView
from darasa.sync.store import Store
from darasa.sync.transport.exchange import myself
from darasa.sync.transport.http import exchange, join
from darasa.sync.transport.tls import PinnedContext

AMINA = b"A" * 16
CLASS = ROUNDS_MAX // ROUNDS_EACH_MAX


class Feeding(NoHooks):
    """A school that lets its computer have its lists."""

    def __init__(self, *scopes):
        self.scopes = scopes

    def scopes_of(self, node_id):
        return self.scopes

    def wanted_scopes(self):
        return self.scopes


@pytest.fixture
def clock():
    return ManualClock(1_760_000_000_000)


@pytest.fixture
def rng():
    return random.Random(23).randbytes


@pytest.fixture
def make_node(clock, rng, tmp_path):
    """`make_node(role)`: what a classroom is to the routes; its store is a file."""
    with ExitStack() as stack:

        def made(role, *, hooks=None):
            home = Home.in_memory(role=role, name=role.title(), rng=rng)
            path = tmp_path / f"{home.node_id.hex()}.sqlite3"
            store = stack.enter_context(Store.open(path, rng=rng))
            return SimpleNamespace(
                home=home,
                store=store,
                hooks=hooks or NoHooks(),
                clock=clock,
                rng=rng,
                folder=tmp_path,
                log=None,
                codec=None,
            )

        yield made


def _app(node):
    app = Starlette(routes=[*sync_routes, *enrol_routes])
    app.state.folder = node.folder
    desk = EnrolDesk(node.home, node.store, clock=node.clock, rng=node.rng)
    neighbours = Neighbours(node.clock)
    app.state.darasa = SimpleNamespace(classroom=node, enrolment=desk, neighbours=neighbours)
    return app


@contextmanager
def _serving(app):
    """The address of a real server."""
    pem = app.state.folder / "tls.pem"
    pem.write_bytes(channel_pem(app.state.darasa.classroom.home.node_key))
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="critical",
        server_header=False,
        date_header=False,
        ssl_certfile=pem,
        ssl_keyfile=pem,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture
def school(make_node):
    return make_node(Role.SCHOOL)


@pytest.fixture
def served(school):
    """(app, address) of a school."""
    app = _app(school)
    with _serving(app) as url:
        yield app, url


def _joined(node, app, url):
    code = app.state.darasa.enrolment.new_code()
    join(node.home, node.store, url, code, clock=node.clock, rng=node.rng)
    return node


def _log(node):
    return node.store.begin_log(
        key=node.home.node_key,
        school_id=node.home.school_id,
        clock=node.clock,
        app_version="t",
    )


def _write(node, log, count):
    with node.store.transaction() as tx:
        for n in range(count):
            tx.append(log, kind=18, version=1, learner_id=AMINA, lamport=1, body=(n, "answer"))


def _exchange(node, **how):
    return exchange(node.home, node.store, hooks=node.hooks, clock=node.clock, rng=node.rng, **how)


def test_a_computer_joins_with_a_code_and_its_work_arrives(make_node, school, served):
    app, url = served
    computer = _joined(make_node(Role.COMPUTER), app, url)
    assert computer.home.peer.node_id == school.home.node_id
    assert computer.home.school_id == school.home.school_id
    assert computer.home.certificate.issuer == school.home.node_id
    assert computer.home.seal_public == school.home.seal_public
    log = _log(computer)
    _write(computer, log, 25)
    report = _exchange(computer)
    assert report.error == ""
    assert (report.events_out, report.receipt_level, report.rounds) == (25, 1, 1)
    assert school.store.event_count() == 25
    assert school.store.frontier_digest() == computer.store.frontier_digest()


def test_a_wrong_code_is_a_sentence_and_nobody_joins(make_node, school, served):
    app, url = served
    app.state.darasa.enrolment.new_code()
    computer = make_node(Role.COMPUTER)
    with pytest.raises(EnrolError, match="does not fit"):
        join(
            computer.home,
            computer.store,
            url,
            "ABCD-EFGH",
            clock=computer.clock,
            rng=computer.rng,
        )
    assert computer.home.peer is None
    assert school.store.peers() == []


def test_a_school_and_its_hub_are_the_same_twice(make_node, school, served):
    app, url = served
    computer = _joined(make_node(Role.COMPUTER), app, url)
    hub = make_node(Role.HUB)
    hub_app = _app(hub)
    with _serving(hub_app) as hub_url:
        _joined(school, hub_app, hub_url)
        _write(computer, _log(computer), 10)
        _exchange(computer)
        report = _exchange(school)
    assert report.error == ""
    assert (report.events_out, report.receipt_level) == (10, 3)
    assert hub.store.event_count() == 10


def test_a_long_backlog_crosses_in_several_rounds_on_one_connection(make_node, school, served):
    app, url = served
    computer = _joined(make_node(Role.COMPUTER), app, url)
    with computer.store.transaction() as tx:
        log = _log(computer)
        for _ in range(80):
            body = (computer.rng(40_000),)
            tx.append(log, kind=18, version=1, learner_id=AMINA, lamport=1, body=body)
    report = _exchange(computer)
    assert report.error == ""
    assert report.rounds >= 4
    assert school.store.event_count() == 80


def test_work_done_while_the_server_was_away_arrives_later(make_node, school):
    app = _app(school)
    with _serving(app) as url:
        computer = _joined(make_node(Role.COMPUTER), app, url)
    _write(computer, _log(computer), 5)
    away = _exchange(computer)
    assert not away.ok
    assert away.error.startswith("The server does not answer.")
    with _serving(app) as url:
        assert _exchange(computer, url=url).ok
    assert school.store.event_count() == 5


def _dialled(url):
    """A connection, its handshake done."""
    host, _, port = url.removeprefix("https://").rpartition(":")
    return PinnedContext(None).wrap_socket(socket.create_connection((host, int(port)), timeout=5))


def _body(node):
    """The body with which a node asks its server."""
    peer = node.home.peer
    one = Asking(
        me=myself(node.home),
        other=Other(peer.node_id, peer.public_key, peer.role, node.home.school_id),
        view=StoreView(node.store, myself(node.home)),
    )
    return one.send(5)


def _request(body):
    """The bytes of one POST."""
    head = f"POST /sync/1 HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _http_bytes(url, body):
    """(request bytes, answer bytes) of one POST as they are on the wire."""
    host = url.removeprefix("https://")
    request = (
        f"POST /sync/1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    with _dialled(url) as link:
        link.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += link.recv(65536)
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += link.recv(65536)
    return len(request), len(head) + 4 + len(rest)


def test_nothing_new_is_one_request_of_at_most_500_bytes(make_node, clock):
    """With a learner at the keyboard and the usual scopes; HTTP headers counted, both ways."""
    scopes = (b"s", b"c" + b"1" * 16, b"l" + AMINA)
    school = make_node(Role.SCHOOL, hooks=Feeding(*scopes))
    app = _app(school)
    row = PresenceRow(AMINA, Doing.WORKING, 61_000, "fractions/half-of", 3, 8)
    with _serving(app) as url:
        computer = _joined(make_node(Role.COMPUTER, hooks=Feeding(*scopes)), app, url)
        with school.store.transaction() as tx:
            for number, scope in enumerate(scopes[:2]):
                tx.publish(scope, bytes([number]) * 16, b"value")
        _write(computer, _log(computer), 3)
        for _ in range(2):
            assert _exchange(computer, presence=(row,)).ok
        quiet = _exchange(computer, presence=(row,))
        assert (quiet.rounds, quiet.events_out, quiet.records_in) == (1, 0, 0)
        peer = computer.home.peer
        one = Asking(
            me=myself(computer.home),
            other=Other(peer.node_id, peer.public_key, peer.role, computer.home.school_id),
            view=StoreView(computer.store, myself(computer.home)),
            wanted=scopes,
            presence=(row,),
        )
        out, back = _http_bytes(url, one.send(clock.wall_ms()))
    assert out + back <= 500, (out, back)


def test_bodies_above_a_megabyte_are_refused_with_413(school):
    with TestClient(_app(school)) as client:
        assert client.post("/sync/1", content=bytes((1 << 20) + 1)).status_code == 413
        chunks = (bytes(1 << 18) for _ in range(5))
        assert client.post("/sync/1", content=chunks).status_code == 413


def test_what_is_no_exchange_is_answered_with_a_sentence(school):
    with TestClient(_app(school)) as client:
        for body in (b"", b"GET / HTTP/1.1", bytes(100)):
            answer = client.post("/sync/1", content=body)
            assert answer.status_code == 200
            assert answer.content[4] == 15  # END
            assert b"." in answer.content
        assert client.get("/sync/1").status_code == 405


def test_the_answer_has_no_header_but_its_length(school):
    with TestClient(_app(school)) as client:
        assert [*client.post("/sync/1", content=b"").headers] == ["content-length"]


def test_enrolment_answers_strangers_with_a_sentence(school):
    app = _app(school)
    with TestClient(app) as client:
        assert client.post("/enrol/1/start", content=b"noise").status_code == 403
        app.state.darasa.enrolment.new_code()
        refused = client.post("/enrol/1/finish", content=b"noise")
        assert refused.status_code == 403
        assert b"." in refused.content
        assert client.post("/enrol/1/start", content=bytes(200_000)).status_code == 413


def test_a_body_cut_in_the_middle_keeps_its_whole_frames(make_node, school, served):
    app, url = served
    computer = _joined(make_node(Role.COMPUTER), app, url)
    peer = computer.home.peer
    _write(computer, _log(computer), 5)
    with _dialled(url) as link:
        link.sendall(_request(_body(computer))[:-5])  # all but the end of END
    deadline = time.monotonic() + 10
    while school.store.event_count() < 5 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert school.store.event_count() == 5
    healed = _exchange(computer)
    assert healed.error == ""
    assert school.store.event_count() == 5
    assert computer.store.unsent(peer.node_id).total == 0


def test_a_crowd_is_told_when_to_come_and_each_at_another_time(make_node, school, served):
    app, url = served
    computer = _joined(make_node(Role.COMPUTER), app, url)
    others = [_joined(make_node(Role.COMPUTER), app, url) for _ in range(CLASS)]
    begun = [_request(_body(each))[:-5] for each in others]
    assert _exchange(computer).ok
    _write(computer, _log(computer), 3)
    lane = app.state.sync_door.nodes
    with ExitStack() as stack:
        for n in range(ROUNDS_MAX):  # a class whose bodies have begun and do not end
            stack.enter_context(_dialled(url)).sendall(begun[n % CLASS])
        while lane.rounds < ROUNDS_MAX:
            time.sleep(0.005)
        refused = [_exchange(computer) for _ in range(40)]
    assert {each.error for each in refused} == {
        "The server is busy now. This machine comes again by itself."
    }
    waits = [each.retry_after_s for each in refused]
    assert min(waits) >= 1
    assert len(set(waits)) > 1
    assert computer.store.unsent(school.home.node_id).total == 3
    while lane.rounds:
        time.sleep(0.005)
    assert _exchange(computer).ok
    assert computer.store.unsent(school.home.node_id).total == 0


def test_one_node_whose_rounds_stand_still_keeps_no_other_out(make_node, school, served):
    """ROUNDS_MAX bodies that move a little, with the key of one computer, sent a whole lab away."""
    app, url = served
    bad, good = (_joined(make_node(Role.COMPUTER), app, url) for _ in range(2))
    assert _exchange(bad).ok
    _write(good, _log(good), 3)
    begun, lane = _request(_body(bad))[:-5], app.state.sync_door.nodes
    with ExitStack() as stack:
        links = [stack.enter_context(_dialled(url)) for _ in range(ROUNDS_EACH_MAX + 2)]
        for link in links[:ROUNDS_EACH_MAX]:
            link.sendall(begun)
        while lane.rounds < ROUNDS_EACH_MAX:
            time.sleep(0.005)
        for link in links[ROUNDS_EACH_MAX:]:
            link.sendall(begun)
            link.sendall(_request(_body(bad))[-5:])
            answer = b""
            while b"The server is busy" not in answer:
                part = link.recv(65536)
                assert part, answer
                answer += part
        assert lane.rounds == ROUNDS_EACH_MAX
        report = _exchange(good)
    assert report.ok, report.error
    assert school.store.event_count() == 3


def test_strangers_that_stand_still_at_one_address_keep_no_other_address_out(make_node, school):
    """A lab that was copied from one disk comes as strangers, and has to be let in."""
    app = _app(school)
    with _serving(app) as url, ExitStack() as stack:
        computer = _joined(make_node(Role.COMPUTER), app, url)
        assert _exchange(computer).ok
        looking = Looking(app.state.sync_door)
        for _ in range(STRANGERS_MAX):
            stack.enter_context(_dialled(url)).sendall(_request(bytes(100))[:-1])
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
        _body(stranger),
        _body(liar)[:40],
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
    app = _app(school)
    with _serving(app) as url:
        computer = _joined(make_node(Role.COMPUTER), app, url)
        _write(computer, _log(computer), 3)
        assert _exchange(computer).ok
        bodies = _strange_bodies(make_node, school)
        door = app.state.sync_door
        looking = Looking(door)
        with TestClient(app, client=("10.0.0.66", 5)) as flood, ExitStack() as stack:
            for _ in range(ROUNDS_MAX):  # bodies that have begun and do not end
                link = stack.enter_context(_dialled(url))
                link.sendall(_request(bytes(100))[:-99])
            answers = [flood.post("/sync/1", content=bodies[n % len(bodies)]) for n in range(600)]
            assert looking.rounds <= BURST + STRANGERS_EACH_MAX  # those stand at another address
            _write(computer, _log(computer), 1)  # a child has answered
            report = _exchange(computer)
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
    app = _app(school)
    with _serving(app) as url:
        computer = _joined(make_node(Role.COMPUTER), app, url)
        body = _body(computer)
        with TestClient(app, client=("10.0.0.66", 5)) as lab:
            for _ in range(100):
                lab.post("/sync/1", content=b"noise")
            answers = [lab.post("/sync/1", content=body).content for _ in range(60)]
    ends = [parse_message(FrameReader().feed(each)[-1]) for each in answers]
    assert {end.code for end in ends} == {EndCode.DONE}


def test_whoever_joins_is_a_node_at_once_and_a_removed_one_a_stranger(make_node, school, clock):
    removed = []
    school.hooks.refusal_of = lambda node_id: "Removed." if node_id in removed else ""
    app = _app(school)
    with _serving(app) as url:
        first = _joined(make_node(Role.COMPUTER), app, url)
        assert _exchange(first).ok
        second = _joined(make_node(Role.COMPUTER), app, url)
        looking = Looking(app.state.sync_door)
        with TestClient(app, client=("127.0.0.1", 5)) as flood:
            for _ in range(BURST + 5):
                flood.post("/sync/1", content=b"noise")
        assert _exchange(second).ok
        assert looking.rounds == BURST + 1
        removed.append(second.home.node_id)
        clock.advance(KEYS_FRESH_MS)
        _exchange(second)
        known = app.state.sync_door.known
        assert not known.greets(first_greeting(_body(second))[0])
        assert known.greets(first_greeting(_body(first))[0])


def test_joining_has_a_budget_too_and_says_so_in_a_sentence(school, clock):
    with TestClient(_app(school), client=("10.0.0.66", 5)) as client:
        answers = [client.post("/enrol/1/finish", content=b"noise") for _ in range(140)]
        assert {each.status_code for each in answers} == {403}
        assert b"Too many machines" not in answers[119].content
        assert b"Too many machines" in answers[120].content
        clock.advance(60_000)
        assert b"Too many" not in client.post("/enrol/1/finish", content=b"noise").content
