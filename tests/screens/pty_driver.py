"""Drives a program in a pseudo-terminal: keys in, a screen of text out, every byte on record.

Load it through the `terminal` fixture of `conftest.py`, or by its path (tests are not a package).
It starts the program as a session leader with the pseudo-terminal as its controlling terminal, so
that a resize arrives as SIGWINCH and a hang-up as SIGHUP, as from a real window.
"""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

# A session leader without a terminal gets as its own the first one that it opens.
_OPEN_AND_RUN = 'exec "$@" <"$0" >"$0" 2>&1'
KEYS = {
    "enter": "\r",
    "escape": "\x1b[27u",  # the unambiguous form: a bare escape would join the next key
    "tab": "\t",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "ctrl+c": "\x03",
    "ctrl+d": "\x04",
    "ctrl+q": "\x11",
    "ctrl+s": "\x13",
    "ctrl+z": "\x1a",
}


class NotShownError(AssertionError):
    """What was waited for did not come; the message holds the screen as it was."""


class Terminal:
    """One program in a terminal of a given size.

    `raw` holds every byte that it wrote. The environment is replaced by `env` when given (PATH is
    kept); TERM is xterm-256color unless `env` names another.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        rows: int = 24,
        cols: int = 80,
    ) -> None:
        self.raw = bytearray()
        self._screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._ended = False
        self._fd, slave = pty.openpty()
        self._resize_to(rows, cols)
        environment = {"PATH": os.environ.get("PATH", ""), "TERM": "xterm-256color"}
        environment.update(env if env is not None else os.environ)
        self._process = subprocess.Popen(
            ["sh", "-c", _OPEN_AND_RUN, os.ttyname(slave), *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        # Held open until the program has the terminal: a master with no slave reads as ended.
        self._slave: int | None = slave

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the program (the shell that opened the terminal became it)."""
        return self._process.pid

    def send(self, keys: str) -> None:
        """Type text as it stands; names of special keys are in `KEYS`, see `press`."""
        os.write(self._fd, keys.encode())

    def press(self, *names: str) -> None:
        """Press keys by name ("enter", "down", "ctrl+q") or by the character that they type."""
        for name in names:
            self.send(KEYS.get(name, name))

    def resize(self, rows: int, cols: int) -> None:
        """Change the size of the window."""
        self._screen.resize(rows, cols)
        self._resize_to(rows, cols)

    def screen(self) -> list[str]:
        """The rows as they stand, without trailing spaces."""
        self.pump(0)
        return [line.rstrip() for line in self._screen.display]

    def text(self) -> str:
        """The whole screen as one text."""
        return "\n".join(self.screen())

    @property
    def cursor(self) -> tuple[int, int]:
        """(row, column) of the terminal's cursor, from 0."""
        return self._screen.cursor.y, self._screen.cursor.x

    def pump(self, timeout_s: float) -> bytes:
        """Read what the program writes, waiting at most `timeout_s` for its first byte."""
        read = b""
        while not self._ended and select.select([self._fd], [], [], 0 if read else timeout_s)[0]:
            try:
                piece = os.read(self._fd, 65536)
            except OSError:  # the last process with this terminal has ended
                piece = b""
            if not piece:
                self._ended = True
                break
            self._let_go_of_slave()
            read += piece
        self.raw += read
        self._stream.feed(read)
        return read

    def wait_until(self, holds: Callable[[], bool], what: str, timeout: float = 20.0) -> None:
        """Read until a condition holds; NotShownError with the screen after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not holds():
            left = deadline - time.monotonic()
            if left <= 0 or (self._ended and not holds()):
                raise NotShownError(f"{what} after {timeout} s; the screen:\n" + self.text())
            self.pump(min(left, 0.1))

    def wait_for(self, text: str, timeout: float = 20.0) -> list[str]:
        """Read until the screen shows `text`; returns the screen."""
        self.wait_until(lambda: text in self.text(), f"no {text!r}", timeout)
        return self.screen()

    def wait_gone(self, text: str, timeout: float = 20.0) -> list[str]:
        """Read until the screen no longer shows `text`; returns the screen."""
        self.wait_until(lambda: text not in self.text(), f"still {text!r}", timeout)
        return self.screen()

    def settle(self, quiet_s: float = 0.2) -> bytes:
        """Read until nothing came for `quiet_s`; returns the bytes. For counting bytes only."""
        read = b""
        while piece := self.pump(quiet_s):
            read += piece
        return read

    def wait_end(self, timeout: float = 20.0) -> int:
        """Read until the program ends; returns its exit code."""
        deadline = time.monotonic() + timeout
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                raise NotShownError("still running; the screen:\n" + self.text())
            self.pump(0.05)
        self.pump(0)
        return self._process.returncode

    def running(self) -> bool:
        """Whether the program runs."""
        return self._process.poll() is None

    def kill9(self) -> None:
        """What a power cut does to the process."""
        self._process.kill()
        self._process.wait()

    def hang_up(self, timeout: float = 20.0) -> int:
        """Close the window, as a desktop does; its exit code (negative: a signal)."""
        self._let_go_of_slave()
        os.close(self._fd)
        self._fd, self._ended = -1, True
        return self._process.wait(timeout)

    def close(self) -> None:
        """Hang up, end the program if it still runs, and free the terminal."""
        self._let_go_of_slave()
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self._ended = True

    def memory_mb(self) -> float:
        """Resident memory of the program in MB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise NotShownError("no memory figure")

    def cpu_s(self) -> float:
        """Processor time of the program so far, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _resize_to(self, rows: int, cols: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def _let_go_of_slave(self) -> None:
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None
