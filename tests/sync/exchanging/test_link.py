"""The pinned link: who answers is known by its certificate, or nothing is said to it."""

import socket
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import httpx2
import pytest

from darasa.sync.channel import announce, channel_of, channel_pem
from darasa.sync.enrol import EnrolError
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.transport.exchange import LinkError
from darasa.sync.transport.http import exchange, join
from darasa.sync.transport.link import joined_link
from darasa.sync.transport.tls import server_context


@pytest.fixture
def serving(tmp_path):
    """`serving(key, number, answers)`: a TLS server; `heard` has what was said to it.

    `answers(path, body)` gives the body of its answer to a request.
    """

    @contextmanager
    def served(key, number=0, answers=lambda path, body: b""):
        pem = tmp_path / f"{key.node_id.hex()}-{number}.pem"
        pem.write_bytes(channel_pem(key, number))
        context, heard = server_context(pem), []
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                near.settimeout(5)
                try:
                    with context.wrap_socket(near, server_side=True) as link:
                        talk(link)
                except OSError:
                    near.close()

        def talk(link):
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    part = link.recv(65536)
                    if not part:
                        return
                    head += part
                head, _, body = head.partition(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.lower().split(b"\r\n")
                        if line.startswith(b"content-length")
                    ),
                    0,
                )
                while len(body) < length:
                    body += link.recv(65536)
                path = head.split(b" ")[1].decode()
                heard.append(path)
                answer = answers(path, body)
                link.sendall(
                    b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer
                )

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            yield SimpleNamespace(url=url, heard=heard)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(5)

    return served


def _asked(home, url):
    with joined_link(home, url) as link, link.stream("POST", "/sync/1", content=b"work") as answer:
        return answer.status_code


def _announcing(key, number):
    said = announce(key, channel_of(key, number)).to_bytes()
    return lambda path, body: said if path == "/channel" else b""


def test_the_joined_server_is_spoken_to_wherever_it_is(pair, serving):
    computer, school = pair
    with serving(school.home.node_key) as server:
        assert _asked(computer.home, server.url) == httpx2.codes.OK
    assert server.heard == ["/sync/1"]


def test_nothing_is_said_to_another_server_at_the_address(district, pair, serving):
    computer, _ = pair
    rogue = district.school().home.node_key
    with serving(rogue, answers=_announcing(rogue, 0)) as server:
        with pytest.raises(LinkError, match="Another machine answers at this address"):
            _asked(computer.home, server.url)
        assert server.heard == ["/channel"]


def test_a_server_that_announced_another_key_is_known_by_it_from_then_on(pair, serving):
    computer, school = pair
    key = school.home.node_key
    with serving(key, 2, _announcing(key, 2)) as server:
        assert _asked(computer.home, server.url) == httpx2.codes.OK
        assert _asked(computer.home, server.url) == httpx2.codes.OK
    assert server.heard == ["/channel", "/sync/1", "/sync/1"]
    assert computer.home.peer.channel == channel_of(key, 2)


def test_an_old_key_of_the_server_is_refused_once_a_newer_one_was_announced(pair, serving):
    """Who stole the old one would show it with its old announcement."""
    computer, school = pair
    key = school.home.node_key
    computer.home.take_channel(channel_of(key, 3))
    with serving(key, 2, _announcing(key, 2)) as server, pytest.raises(LinkError, match="Another"):
        _asked(computer.home, server.url)


def test_an_announcement_of_another_certificate_than_the_one_shown_is_refused(
    district, pair, serving
):
    """A man in the middle may pass on what the server says; it is not his certificate."""
    computer, school = pair
    rogue = district.school().home.node_key
    with (
        serving(rogue, 0, _announcing(school.home.node_key, 5)) as server,
        pytest.raises(LinkError, match="Another machine"),
    ):
        _asked(computer.home, server.url)
    assert computer.home.peer.channel == school.home.channel


def test_a_server_joined_without_its_key_is_asked_nothing(district, pair, serving):
    computer, school = pair
    computer.home.save_peer(
        type(computer.home.peer)(
            "https://127.0.0.1:1",
            school.home.node_id,
            school.home.node_key.public,
            school.home.name,
            school.home.role,
            school.home.certificate,
        )
    )
    with serving(school.home.node_key) as server:
        report = exchange(
            computer.home,
            computer.store,
            hooks=computer.hooks,
            clock=district.clock,
            rng=district.rng,
            url=server.url,
        )
    assert (
        report.error
        == "This server was joined without its key. Ask for a new code and join once more."
    )
    assert server.heard == []


def _desk_of(district, school):
    desk = EnrolDesk(school.home, school.store, clock=district.clock, rng=district.rng)

    steps = {"/enrol/1/start": desk.start, "/enrol/1/finish": desk.finish}

    def answers(path, body):
        return steps[path](body) if path in steps else b""

    return desk, answers


def test_joining_keeps_the_certificate_of_the_server(district, serving):
    school, computer = district.school(), district.computer()
    desk, answers = _desk_of(district, school)
    with serving(school.home.node_key, answers=answers) as server:
        join(
            computer.home,
            computer.store,
            server.url,
            desk.new_code(),
            clock=district.clock,
            rng=district.rng,
        )
        assert computer.home.peer.channel == school.home.channel
        assert _asked(computer.home, server.url) == httpx2.codes.OK


def test_who_passes_the_joining_on_is_found_out(district, serving):
    """The code goes through the man in the middle unchanged, and proves another certificate."""
    school, computer = district.school(), district.computer()
    middle = district.school().home.node_key
    desk, answers = _desk_of(district, school)
    with (
        serving(middle, answers=answers) as server,
        pytest.raises(EnrolError, match="Something stands between"),
    ):
        join(
            computer.home,
            computer.store,
            server.url,
            desk.new_code(),
            clock=district.clock,
            rng=district.rng,
        )
    assert computer.home.peer is None
