"""The demo's cable relays bytes, and a pulled cable stops them at once."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from darasa.cli.cable import Cable, CableSwitch


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that sends back what it receives."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer, contextlib.suppress(ConnectionResetError):
                    while data := peer.recv(65536):
                        peer.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def switch(tmp_path: Path) -> CableSwitch:
    return CableSwitch(tmp_path / "cut")


def _ask(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
        got = b""
        with contextlib.suppress(OSError):  # a pulled cable may also reset
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            while part := peer.recv(65536):
                got += part
    return got


def test_bytes_pass_both_ways(echo: tuple[str, int], switch: CableSwitch) -> None:
    with Cable(echo, switch) as cable, socket.create_connection(("127.0.0.1", cable.port)) as peer:
        peer.sendall(b"jambo")
        assert peer.recv(5) == b"jambo"


def test_pulled_cable_carries_nothing_and_mended_one_does(
    echo: tuple[str, int], switch: CableSwitch
) -> None:
    with Cable(echo, switch) as cable:
        switch.cut()
        assert _ask(cable.port, b"x") == b""
        switch.mend()
        with socket.create_connection(("127.0.0.1", cable.port)) as peer:
            peer.sendall(b"y")
            assert peer.recv(1) == b"y"


def test_pulling_the_cable_ends_an_open_connection(
    echo: tuple[str, int], switch: CableSwitch
) -> None:
    with Cable(echo, switch) as cable, socket.create_connection(("127.0.0.1", cable.port)) as peer:
        peer.sendall(b"a")
        assert peer.recv(1) == b"a"
        switch.cut()
        peer.settimeout(5)
        assert peer.recv(1) == b""


def test_cut_after_a_number_of_bytes_lets_just_those_through(
    echo: tuple[str, int], switch: CableSwitch
) -> None:
    with Cable(echo, switch, spent_after_bytes=10) as cable:
        _ask(cable.port, b"0123456789abcdef")
        assert cable.bytes_forward == 10
        assert switch.is_cut()
