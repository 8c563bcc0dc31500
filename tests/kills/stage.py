"""The test's side of the kill loop: actors' processes, what they acknowledged, and the proxy.

One loop over all sockets: a byte that passes the proxy, an acknowledgement and a kill happen one
after the other in this process, so that a seed says when each actor dies.
"""

import json
import os
import random
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WITHIN_S = 60.0
_CHUNK = 16384
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, what is under way is thrown away


@dataclass
class Actor:
    """One process, while it lives. `heard` is what it has said, a JSON object a line."""

    name: str
    pid: int
    link: socket.socket | None = None
    is_ready: bool = False
    is_healed: bool = False
    is_dead: bool = False
    unread: bytes = b""


@dataclass
class Passage:
    """A connection through the proxy; `left`: bytes until it is cut, None for never."""

    near: socket.socket
    far: socket.socket
    left: int | None

    def other(self, end: socket.socket) -> socket.socket:
        return self.far if end is self.near else self.near


@dataclass
class Stage:
    """Everything that runs. `target` is the school's port; `chaos` off: nothing is cut any more."""

    folder: Path
    rng: random.Random
    target: int
    cuts: int = 0
    bytes_passed: int = 0
    chaos: bool = True
    actors: dict[str, Actor] = field(default_factory=dict)
    acknowledged: dict[str, list[tuple[str, int, str, str]]] = field(default_factory=dict)
    said: int = 0
    on_bytes: Callable[[], None] | None = None
    bytes_until: int = 0
    _passages: dict[socket.socket, Passage] = field(default_factory=dict)

    def __enter__(self) -> "Stage":
        self.selector = selectors.DefaultSelector()
        self.proxy = socket.create_server(("127.0.0.1", 0))
        self.path = self.folder / "stage.sock"
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(self.path))
        self.door.listen(16)
        self.selector.register(self.proxy, selectors.EVENT_READ, self._admit)
        self.selector.register(self.door, selectors.EVENT_READ, self._welcome)
        self.nursery = subprocess.Popen(
            [sys.executable, str(HERE / "actors.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self.actors.values():
            if not actor.is_dead:
                with suppress(ProcessLookupError):
                    os.kill(actor.pid, signal.SIGKILL)
            if actor.link is not None:
                actor.link.close()
        with self.nursery:
            self.nursery.kill()
        for end in self._passages:
            end.close()
        self.selector.close()
        self.door.close()
        self.proxy.close()

    @property
    def url(self) -> str:
        """Where computers find the school."""
        return f"http://127.0.0.1:{self.proxy.getsockname()[1]}"

    # -- actors ----------------------------------------------------------------------------

    def start(self, name: str, role: str, home: Path, **more: Any) -> Actor:
        """Begin a process; it is ready when it has said so."""
        wish = {"name": name, "role": role, "home": str(home), "socket": str(self.path), **more}
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(json.dumps(wish) + "\n")
        self.nursery.stdin.flush()
        actor = self.actors[name] = Actor(name, int(self.nursery.stdout.readline()))
        self.acknowledged.setdefault(name, [])
        return actor

    def kill(self, actor: Actor) -> None:
        """kill -9, and read what it had said until then."""
        os.kill(actor.pid, signal.SIGKILL)
        self.until(lambda: actor.is_dead, f"{actor.name} is dead")

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Let everything go on until something is so."""
        deadline = time.monotonic() + WITHIN_S
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {WITHIN_S:.0f} s: {what}")
            for key, _ in self.selector.select(0.2):
                key.data(key.fileobj)
                if is_so():
                    return

    def _welcome(self, door: socket.socket) -> None:
        link, _ = door.accept()
        name = json.loads(link.makefile("rb", buffering=0).readline())["name"]
        actor = self.actors[name]
        actor.link = link
        self.selector.register(link, selectors.EVENT_READ, lambda _: self._hear(actor, link))

    def _hear(self, actor: Actor, link: socket.socket) -> None:
        if actor.link is None:  # closed since this was selected
            return
        try:
            heard = link.recv(65536)
        except ConnectionError:
            heard = b""
        if not heard:
            self.selector.unregister(link)
            link.close()
            actor.link, actor.is_dead = None, True
            return
        *lines, actor.unread = (actor.unread + heard).split(b"\n")
        for line in lines:
            actor.is_ready = True
            if line.startswith(b"{"):
                self._note(actor, json.loads(line))

    def _note(self, actor: Actor, fact: dict[str, Any]) -> None:
        actor.is_healed = actor.is_healed or bool(fact.get("healed"))
        if fact.get("events"):
            self.said += 1
            self.acknowledged[actor.name] += [tuple(row) for row in fact["events"]]

    # -- the proxy -------------------------------------------------------------------------

    def _admit(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            near.close()
            return
        left = self.rng.randrange(4_000) if self.chaos and self.rng.random() < 0.5 else None
        passage = Passage(near, far, left)
        for end in (near, far):
            self._passages[end] = passage
            self.selector.register(end, selectors.EVENT_READ, self._carry)

    def _carry(self, source: socket.socket) -> None:
        passage = self._passages.get(source)
        if passage is None:
            return
        allowed = _CHUNK if passage.left is None or not self.chaos else min(_CHUNK, passage.left)
        if self.on_bytes is not None:
            allowed = min(allowed, max(1, self.bytes_until - self.bytes_passed))
        try:
            data = source.recv(allowed) if allowed else b""
            passage.other(source).sendall(data)
        except OSError:
            data = b""
        if not data:
            self._end(passage, is_cut=allowed == 0)
            return
        self.bytes_passed += len(data)
        if passage.left is not None:
            passage.left -= len(data)
        if self.on_bytes is not None and self.bytes_passed >= self.bytes_until:
            then, self.on_bytes = self.on_bytes, None
            then()

    def _end(self, passage: Passage, *, is_cut: bool) -> None:
        self.cuts += is_cut
        for end in (passage.near, passage.far):
            self.selector.unregister(end)
            del self._passages[end]
            if is_cut and self.rng.random() < 0.5:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.close()
