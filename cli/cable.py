"""A network cable on loopback that can be pulled: a relay of bytes between a port and a server.

Owns: accepting, copying bytes both ways, and cutting. Used by the demo ("pull the cable") and by
tests that cut an exchange in its middle. The cut is a file, so that another process (`darasa demo
cut`, the teacher's page) pulls the same cable. Knows nothing of what the bytes mean.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_LOOK_EVERY_S = 0.1  # how soon a pulled cable is noticed by a quiet connection
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class CableSwitch:
    """Whether the cable is in: a file that exists while it is pulled."""

    flag: Path

    def is_cut(self) -> bool:
        """True while the cable is pulled."""
        return self.flag.exists()

    def cut(self) -> None:
        """Pull it."""
        self.flag.touch()

    def mend(self) -> None:
        """Put it back."""
        self.flag.unlink(missing_ok=True)


@dataclass
class Cable:
    """Listens on a loopback port and relays each connection to `target`, until it is cut.

    Once `spent_after_bytes` have gone towards the target, `on_spent` is called, before another byte
    passes; by default it pulls the cable.
    """

    target: tuple[str, int]
    switch: CableSwitch
    port: int = 0
    spent_after_bytes: int | None = None
    on_spent: Callable[[], None] | None = None
    bytes_forward: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "Cable":
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._listener.settimeout(_LOOK_EVERY_S)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    @property
    def url(self) -> str:
        """The address that a node joins or syncs with."""
        return f"https://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=self._relay, args=(near,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _relay(self, near: socket.socket) -> None:
        with near:
            if self.switch.is_cut():
                return
            try:
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                return
            with far, contextlib.suppress(OSError):
                self._copy(near, far)

    def _copy(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        while not self._stop.is_set() and not self.switch.is_cut():
            ready, _, _ = select.select([near, far], [], [], _LOOK_EVERY_S)
            for source in ready:
                data = source.recv(_CHUNK)
                if not data or self.switch.is_cut():
                    return
                if source is near:
                    data = self._spend(data)
                other[source].sendall(data)

    def _spend(self, data: bytes) -> bytes:
        """What may still pass towards the target, when there is an allowance."""
        with self._lock:
            if self.spent_after_bytes is not None:
                left = self.spent_after_bytes - self.bytes_forward
                if len(data) >= left:
                    data = data[: max(left, 0)]
                    self.spent_after_bytes = None
                    (self.on_spent or self.switch.cut)()
            self.bytes_forward += len(data)
        return data
