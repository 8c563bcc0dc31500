"""One port: TLS for everybody, plain pages for this machine's browser, and no way round."""

import socket
import ssl
from contextlib import ExitStack

import httpx2
import pytest

from darasa.server.config import LOOPBACK_HOSTS, Config, Limits
from darasa.sync.channel import Announcement
from darasa.sync.transport.tls import PinError, PinnedContext


@pytest.fixture
def port(make_place, serving, school_home):
    config = Config(hosts=LOOPBACK_HOSTS, limits=Limits(header_within_s=0.4))
    with serving(make_place(school_home, config)) as url:
        yield int(url.rpartition(":")[2])


def _got(scheme, port, path, *, context=True, method="GET"):
    with httpx2.Client(trust_env=False, verify=context) as client:
        return client.request(method, f"{scheme}://127.0.0.1:{port}{path}")


def test_pages_are_for_a_browser_here_without_tls_and_for_all_with_it(port):
    assert _got("http", port, "/health").json()["role"] == "school"
    assert _got("https", port, "/health", context=PinnedContext(None)).json()["role"] == "school"


@pytest.mark.parametrize("path", ["/sync/1", "/enrol/1/start", "/enrol/1/finish"])
def test_nodes_are_not_spoken_to_without_tls(port, path):
    answer = _got("http", port, path, method="POST")
    assert answer.status_code == 400
    assert "over TLS only" in answer.text


def test_a_name_of_another_site_is_refused_without_tls(port):
    with httpx2.Client(trust_env=False) as client:
        answer = client.get(f"http://127.0.0.1:{port}/health", headers={"host": "evil.example"})
    assert answer.status_code == 400


def test_the_certificate_shown_is_the_one_that_joining_gives(port, school_home):
    pinned = PinnedContext(school_home.channel.pin)
    assert _got("https", port, "/health", context=pinned).status_code == 200
    other = PinnedContext(bytes(32))
    with pytest.raises(httpx2.ConnectError):
        _got("https", port, "/health", context=other)
    assert other.is_refused
    with socket.create_connection(("127.0.0.1", port)) as link, pytest.raises(PinError):
        other.wrap_socket(link)


def test_what_the_server_announces_of_its_key_is_its_key(port, school_home):
    told = Announcement.parse(_got("https", port, "/channel", context=PinnedContext(None)).content)
    assert told.channel == school_home.channel
    assert told.is_of(school_home.node_key.public)


def _spoken(port, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as link,
        context.wrap_socket(link) as wrapped,
    ):
        return wrapped.version()


def test_old_browsers_have_tls_1_2(port):
    assert _spoken(port, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert _spoken(port, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def test_nodes_themselves_insist_on_tls_1_3():
    assert PinnedContext(None).minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("begun", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"GET / HT"])
def test_whoever_begins_and_does_not_go_on_is_let_go(port, begun):
    with ExitStack() as stack:
        links = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            for _ in range(20)
        ]
        for link in links:
            link.sendall(begun)
        for link in links:
            while link.recv(65536):  # to the end: without a deadline this times out
                pass
        assert _got("http", port, "/health").status_code == 200


def test_noise_and_broken_handshakes_do_not_stop_the_server(port):
    for noise in (b"\x16" * 500, b"\x16\x03\x03\x00\x05hello", bytes(range(256)) * 4):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(noise)
    assert _got("https", port, "/health", context=PinnedContext(None)).status_code == 200


def test_a_cookie_over_tls_is_another_one_and_never_sent_without(port):
    plain = _got("http", port, "/sign-in").headers["set-cookie"]
    secret = _got("https", port, "/sign-in", context=PinnedContext(None)).headers["set-cookie"]
    assert secret.startswith("__Host-")
    assert "secure" in secret.lower()
    assert not plain.startswith("__Host-")
