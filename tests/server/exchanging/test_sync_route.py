"""POST /sync/1 and /enrol/1/…: through the test client, and over a real server on loopback."""

import time

import pytest
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

from darasa.sync.enrol import EnrolError
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.messages import Doing, PresenceRow
from darasa.sync.session import Asking, Other
from darasa.sync.session_store import StoreView
from darasa.sync.transport.exchange import myself
from darasa.sync.transport.http import join

AMINA = b"A" * 16


class Feeding(NoHooks):
    """A school that lets its computer have its lists."""

    def __init__(self, *scopes):
        self.scopes = scopes

    def scopes_of(self, node_id):
        return self.scopes

    def wanted_scopes(self):
        return self.scopes


def test_a_computer_joins_with_a_code_and_its_work_arrives(make_node, school, served):
    app, url = served
    computer = joined(make_node(Role.COMPUTER), app, url)
    assert computer.home.peer.node_id == school.home.node_id
    assert computer.home.school_id == school.home.school_id
    assert computer.home.certificate.issuer == school.home.node_id
    assert computer.home.seal_public == school.home.seal_public
    log = begin_log(computer)
    write(computer, log, 25)
    report = exchange_of(computer)
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
    computer = joined(make_node(Role.COMPUTER), app, url)
    hub = make_node(Role.HUB)
    hub_app = app_of(hub)
    with serving(hub_app) as hub_url:
        joined(school, hub_app, hub_url)
        write(computer, begin_log(computer), 10)
        exchange_of(computer)
        report = exchange_of(school)
    assert report.error == ""
    assert (report.events_out, report.receipt_level) == (10, 3)
    assert hub.store.event_count() == 10


def test_a_long_backlog_crosses_in_several_rounds_on_one_connection(make_node, school, served):
    app, url = served
    computer = joined(make_node(Role.COMPUTER), app, url)
    with computer.store.transaction() as tx:
        log = begin_log(computer)
        for _ in range(80):
            body = (computer.rng(40_000),)
            tx.append(log, kind=18, version=1, learner_id=AMINA, lamport=1, body=body)
    report = exchange_of(computer)
    assert report.error == ""
    assert report.rounds >= 4
    assert school.store.event_count() == 80


def test_work_done_while_the_server_was_away_arrives_later(make_node, school):
    app = app_of(school)
    with serving(app) as url:
        computer = joined(make_node(Role.COMPUTER), app, url)
    write(computer, begin_log(computer), 5)
    away = exchange_of(computer)
    assert not away.ok
    assert away.error.startswith("The server does not answer.")
    with serving(app) as url:
        assert exchange_of(computer, url=url).ok
    assert school.store.event_count() == 5


def _http_bytes(url, body):
    """(request bytes, answer bytes) of one POST as they are on the wire."""
    host = url.removeprefix("https://")
    request = request_of(body, host=host)
    with dialled(url) as link:
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
    app = app_of(school)
    row = PresenceRow(AMINA, Doing.WORKING, 61_000, "fractions/half-of", 3, 8)
    with serving(app) as url:
        computer = joined(make_node(Role.COMPUTER, hooks=Feeding(*scopes)), app, url)
        with school.store.transaction() as tx:
            for number, scope in enumerate(scopes[:2]):
                tx.publish(scope, bytes([number]) * 16, b"value")
        write(computer, begin_log(computer), 3)
        for _ in range(2):
            assert exchange_of(computer, presence=(row,)).ok
        quiet = exchange_of(computer, presence=(row,))
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
    with TestClient(app_of(school)) as client:
        assert client.post("/sync/1", content=bytes((1 << 20) + 1)).status_code == 413
        chunks = (bytes(1 << 18) for _ in range(5))
        assert client.post("/sync/1", content=chunks).status_code == 413


def test_what_is_no_exchange_is_answered_with_a_sentence(school):
    with TestClient(app_of(school)) as client:
        for body in (b"", b"GET / HTTP/1.1", bytes(100)):
            answer = client.post("/sync/1", content=body)
            assert answer.status_code == 200
            assert answer.content[4] == 15  # END
            assert b"." in answer.content
        assert client.get("/sync/1").status_code == 405


def test_the_answer_has_no_header_but_its_length(school):
    with TestClient(app_of(school)) as client:
        assert [*client.post("/sync/1", content=b"").headers] == ["content-length"]


def test_enrolment_answers_strangers_with_a_sentence(school):
    app = app_of(school)
    with TestClient(app) as client:
        assert client.post("/enrol/1/start", content=b"noise").status_code == 403
        app.state.darasa.enrolment.new_code()
        refused = client.post("/enrol/1/finish", content=b"noise")
        assert refused.status_code == 403
        assert b"." in refused.content
        assert client.post("/enrol/1/start", content=bytes(200_000)).status_code == 413


def test_a_body_cut_in_the_middle_keeps_its_whole_frames(make_node, school, served):
    app, url = served
    computer = joined(make_node(Role.COMPUTER), app, url)
    peer = computer.home.peer
    write(computer, begin_log(computer), 5)
    with dialled(url) as link:
        link.sendall(request_of(body_of(computer))[:-5])  # all but the end of END
    deadline = time.monotonic() + 10
    while school.store.event_count() < 5 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert school.store.event_count() == 5
    healed = exchange_of(computer)
    assert healed.error == ""
    assert school.store.event_count() == 5
    assert computer.store.unsent(peer.node_id).total == 0
