import json
import resource
import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest

from darasa.learning import control
from darasa.learning.control import LINE_BYTES_MAX, ControlServer, NoAnswerError, call_control


def test_an_answer_may_be_longer_than_what_is_asked(tmp_path):
    names = ["Zoé " * 20] * 20_000
    with closing(ControlServer(tmp_path / "control.sock", lambda op, args: {"names": names})):
        told = call_control(tmp_path, "roster-import", {})
    assert told == {"names": names}
    assert sum(map(len, names)) > LINE_BYTES_MAX


@contextmanager
def _no_more_files():
    """Meanwhile this process can open nothing, as when too many connections are open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _is_running():
    return "control" in [each.name for each in threading.enumerate()]


def test_too_many_open_files_do_not_end_it(tmp_path, caplog):
    """The thread ended, and each command after that waited for minutes for nobody."""
    with (
        closing(ControlServer(tmp_path / "control.sock", lambda op, args: {"op": op})),
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer,
    ):
        peer.settimeout(20)
        with _no_more_files():
            peer.connect(str(tmp_path / "control.sock"))
            peer.sendall(b'{"op": "late", "args": {}}\n')
            while _is_running() and not caplog.records:
                time.sleep(0.005)
        assert json.loads(peer.recv(1000)) == {"op": "late"}
        assert call_control(tmp_path, "next", {}) == {"op": "next"}


def test_a_command_that_says_nothing_holds_up_neither_the_next_one_nor_the_end(
    tmp_path, monkeypatch
):
    """A command that was stopped in its terminal kept a server from ending for five minutes."""
    monkeypatch.setattr(control, "_ASKED_WITHIN_S", 0.05)
    server = ControlServer(tmp_path / "control.sock", lambda op, args: {"op": op})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.connect(str(tmp_path / "control.sock"))
        assert call_control(tmp_path, "next", {}) == {"op": "next"}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as another:
            another.connect(str(tmp_path / "control.sock"))
            server.close()


@contextmanager
def _program(tmp_path, say):
    """A program that takes one operation on the socket of a folder, and then does `say`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "control.sock"))
        listener.listen(1)

        def take():
            peer, _ = listener.accept()
            with peer:
                peer.recv(1000)
                say(peer)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield
        finally:
            thread.join()


def test_a_program_that_ends_before_it_answers_is_said_so(tmp_path):
    """A server that was stopped meanwhile: it may be done and it may not."""
    with (
        _program(tmp_path, lambda peer: peer.sendall(b'{"half')),
        pytest.raises(NoAnswerError, match="ended before it answered"),
    ):
        call_control(tmp_path, "add-class", {"name": "5B"})


def test_a_program_that_takes_too_long_is_said_to_be_at_it(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "_ANSWER_WITHIN_S", 0.05)
    gone = threading.Event()
    with _program(tmp_path, lambda peer: gone.wait(20)):
        with pytest.raises(NoAnswerError, match="still at it"):
            call_control(tmp_path, "bundle-import", {"path": "/media/stick"})
        gone.set()
