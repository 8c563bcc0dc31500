"""The HTTP driver against real sockets: absent, broken, hostile and far servers are sentences."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from darasa.sync.channel import channel_pem
from darasa.sync.enrol import EnrolError
from darasa.sync.transport import http
from darasa.sync.transport.exchange import LinkError
from darasa.sync.transport.http import exchange, join
from darasa.sync.transport.link import checked_url
from darasa.sync.transport.tls import server_context


@pytest.fixture
def tls(tmp_path):
    """`tls(home)`: the server's side of TLS as that node has it."""

    def made(home):
        pem = tmp_path / "tls.pem"
        pem.write_bytes(channel_pem(home.node_key))
        return server_context(pem)

    return made


@contextmanager
def _server(context, *answers, on_request=None):
    """A listener that reads a request and sends one of `answers` to each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve():
        for answer in answers:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            near.settimeout(5)
            with context.wrap_socket(near, server_side=True) as near:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += near.recv(65536)
                head, _, body = request.partition(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                while len(body) < length:
                    body += near.recv(65536)
                if on_request:
                    on_request(head)
                with suppress(OSError):  # whoever asked may have heard enough
                    near.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(5)


def _exchange(district, computer, url):
    return exchange(
        computer.home,
        computer.store,
        hooks=computer.hooks,
        clock=district.clock,
        rng=district.rng,
        url=url,
    )


def _response(body, status=b"200 OK", headers=b""):
    length = b"content-length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + length + headers + b"\r\n" + body


def test_an_absent_server_is_a_sentence(district, pair):
    computer, _ = pair
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"https://127.0.0.1:{taken.getsockname()[1]}"
    report = _exchange(district, computer, url)
    assert not report.ok
    assert report.error.startswith("The server does not answer.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "The link broke"),
        (b"noise\r\n\r\n", "The link broke"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nhalf", "The link broke"),
        (_response(b""), "cut short"),
        (_response(b"not frames at all"), "A frame says"),
        (_response(b"x" * (3 << 20)), "A frame says"),
        (_response(b"", b"404 Not Found"), "no Darasa server"),
        (_response(b"", b"413 Content Too Large"), "too large"),
        (_response(b"", b"500 Internal Server Error"), "an error (500)"),
        (_response(b"", b"302 Found", b"location: http://example.org/\r\n"), "an error (302)"),
    ],
)
def test_a_strange_answer_is_a_sentence_and_work_stays(district, pair, tls, answer, words):
    computer, school = pair
    computer.write(2)
    with _server(tls(school.home), answer) as url:
        report = _exchange(district, computer, url)
    assert not report.ok
    assert words in report.error
    assert computer.store.unsent(computer.home.peer.node_id).total == 2


def test_an_endless_answer_is_refused(district, pair, tls, monkeypatch):
    computer, school = pair
    monkeypatch.setattr(http, "ANSWER_BYTES_MAX", 10)
    with _server(tls(school.home), _response(b"\0" * 100)) as url:
        assert "too large" in _exchange(district, computer, url).error


def test_only_what_http_needs_is_sent_as_headers(district, pair, tls):
    computer, school = pair
    heads = []
    with _server(tls(school.home), _response(b""), on_request=heads.append) as url:
        _exchange(district, computer, url)
    names = sorted(line.split(b":")[0].lower() for line in heads[0].split(b"\r\n")[1:])
    assert names == [b"content-length", b"host"]


def test_proxies_of_the_environment_are_not_used(district, pair, tls, monkeypatch):
    computer, school = pair
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with _server(tls(school.home), _response(b"")) as url:
        assert "cut short" in _exchange(district, computer, url).error


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://127.0.0.1",
        "https://u:p@127.0.0.1",
        "https://127.0.0.1:x",
        "https://a/?b=c",
        "192.168.1..5",
        "s" * 70 + ".lan",
        "école..lan",
        "\u200bschool",
        "\uff11\uff19\uff12.168.1.5",
        "school\0",
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(url):
    with pytest.raises(LinkError, match="is not an address"):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("192.168.1.5", "https://192.168.1.5:8710"),
        ("127.0.0.1:8711", "https://127.0.0.1:8711"),
        ("http://school.local:8711/", "https://school.local:8711"),
        ("https://[::1]:8710/class", "https://[::1]:8710"),
    ],
)
def test_an_address_is_taken_as_people_write_it_and_means_tls(url, base):
    assert checked_url(url) == base


def test_joining_an_absent_server_is_a_sentence(district):
    computer = district.computer()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"https://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(LinkError, match="does not answer"):
        join(
            computer.home,
            computer.store,
            url,
            "ABCD-EFGH",
            clock=district.clock,
            rng=district.rng,
        )
    assert computer.home.peer is None


def test_joining_says_why_it_was_refused(district, tls):
    from darasa.sync.codec import pack

    computer, server = district.computer(), tls(district.school().home)
    said = _response(pack(("No code is open here.",)), b"403 Forbidden")
    page = _response(b"<html>", b"404 Not Found")
    for answer, words in ((said, "No code is open here."), (page, "no Darasa server")):
        with _server(server, answer) as url, pytest.raises(EnrolError, match=words):
            join(
                computer.home,
                computer.store,
                url,
                "ABCD-EFGH",
                clock=district.clock,
                rng=district.rng,
            )
