"""The control socket: a command hands its operation to the process that holds the node.

Owns: `home/control.sock` (0600): one JSON line in, one JSON line out, then close. One process has
the one writer, so a command that must write asks it (sync.md section 9). Does not know what the
operations are.
"""

import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from darasa.learning.errors import LearningError

LINE_BYTES_MAX: Final = 1 << 20  # what is asked is short: a path, a name
_ANSWER_BYTES_MAX: Final = 16 << 20  # 10,000 learners of an import, in any script
_ASKED_WITHIN_S: Final = 10.0  # a command asks at once; one that is stopped holds up all others
_ANSWER_WITHIN_S: Final = 300.0  # an import of 10,000 learners, on a slow machine
_ACCEPT_EVERY_S: Final = 0.2
_ADDRESS_BYTES_MAX: Final = 100

log = logging.getLogger(__name__)

_STILL_AT_IT: Final = "The running program is still at it. Look again in a minute."
_ENDED: Final = (
    "The program that ran this folder ended before it answered. Look whether it was done, and do it"
    " again if not."
)

Operation = Callable[[str, dict[str, Any]], dict[str, Any]]


class NoAnswerError(LearningError):
    """The process that holds the node took what was asked and gave no answer."""


class ControlServer:
    """Answers operations on a node's control socket until closed."""

    def __init__(self, path: Path, run: Operation) -> None:
        self._path = path
        self._run = run
        self._stop = threading.Event()
        path.unlink(missing_ok=True)  # the caller holds home/lock: a socket left here is dead
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _short_path(path) as address:
            mask = os.umask(0o177)
            try:
                self._socket.bind(address)
            finally:
                os.umask(mask)
        self._socket.listen(8)
        self._socket.settimeout(_ACCEPT_EVERY_S)
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and remove the socket."""
        self._stop.set()
        self._thread.join()
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError as error:  # too many open files: the command waits until there is room
                log.warning("command not accepted why=%s", error.strerror)
                self._stop.wait(_ACCEPT_EVERY_S)
                continue
            with peer, contextlib.suppress(OSError):
                peer.settimeout(_ASKED_WITHIN_S)
                answer = self._answer(_asked(peer))
                peer.settimeout(_ANSWER_WITHIN_S)
                peer.sendall(answer)

    def _answer(self, line: bytes) -> bytes:
        try:
            asked = json.loads(line)
            answer = self._run(str(asked["op"]), dict(asked["args"]))
        except (ValueError, KeyError, TypeError):
            answer = {"error": "That was not understood.", "code": 2}
        except Exception as error:  # the node must go on serving whatever one command asked
            log.exception("control operation failed")
            answer = {
                "error": f"The server could not do that ({type(error).__name__}).",
                "code": 70,
            }
        return json.dumps(answer).encode() + b"\n"


def call_control(home: Path, op: str, args: dict[str, Any]) -> dict[str, Any] | None:
    """Ask the process that runs the node in `home`; None when no process does.

    Raises NoAnswerError when it takes too long, or ends before it answers: nobody can say then
    whether it was done.
    """
    path = home / "control.sock"
    if not path.exists():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer, _short_path(path) as address:
        try:
            peer.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            return None  # left behind by a process that was killed
        peer.settimeout(_ANSWER_WITHIN_S)
        try:
            peer.sendall(json.dumps({"op": op, "args": args}).encode() + b"\n")
            answer = json.loads(_read_line(peer, bytes_max=_ANSWER_BYTES_MAX))
        except TimeoutError:
            raise NoAnswerError(_STILL_AT_IT) from None
        except (ConnectionError, ValueError) as error:
            raise NoAnswerError(_ENDED) from error
    return dict(answer)


def _asked(peer: socket.socket) -> bytes:
    """What a command asks; empty when that is not one line. Raises OSError."""
    try:
        return _read_line(peer)
    except ValueError:
        return b""


def _read_line(peer: socket.socket, *, bytes_max: int = LINE_BYTES_MAX) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        data = peer.recv(65536)
        if not data or len(line) + len(data) > bytes_max:
            raise ValueError("not one line")
        line += data
    return bytes(line)


@contextlib.contextmanager
def _short_path(path: Path) -> Iterator[str]:
    """A name for the socket that fits its address (108 bytes), however deep the home lies."""
    if len(os.fsencode(path)) < _ADDRESS_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
