"""`learn`: opens this computer's node, starts the sync worker, and runs the client on it.

Owns: the order of opening and closing, the sentences for what cannot be opened, the choice between
full screen and plain mode, and the terminal's profile.
"""

import contextlib
import gc
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from darasa.client_tui.charset import Charset, charset_for
from darasa.client_tui.locale import _
from darasa.client_tui.page import Layout, say
from darasa.client_tui.settings import Settings, settings_of
from darasa.client_tui.themes import theme_for
from darasa.content_packs.safe_text import SafeText
from darasa.sync.errors import StoreDamagedError, SyncError

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow, Sending
    from darasa.learning.care_job import CareJob
    from darasa.learning.classroom import Classroom
    from darasa.learning.control import ControlServer

log = logging.getLogger(__name__)

_REFUSED: Final = 1
_NOT_FOUND: Final = 4
_DAMAGED: Final = 7
_OURS: Final = 70
_RESTARTS_MAX: Final = 20


def learn(
    home_path: Path,
    *,
    plain: bool,
    learner: str | None,
    profile: str | None,
    card: str | None = None,
) -> int:
    """Run the learner's client on the node in `home_path`; the exit code of the command.

    A folder that is no node yet becomes a computer where a guest can practise. `learner` starts at
    that learner's PIN. `profile` is words such as "ascii", "blocks", "plain" or a theme's name.
    `card` is shown on the sign-in screen and under F1.
    """
    words = frozenset((profile or "").replace(",", " ").lower().split())
    plain = plain or "plain" in words or os.environ.get("TERM", "dumb") == "dumb"
    plain = plain or not (sys.stdin.isatty() and sys.stdout.isatty())
    if not plain:
        sys.stdout.write(_("Starting...") + "\r")  # on a slow machine the rest takes seconds
        sys.stdout.flush()
    with contextlib.ExitStack() as stack:
        gc.disable()  # until the client runs: collections are a tenth of the start
        stack.callback(gc.enable)
        try:
            room = _opened(home_path, stack)
        except SyncError as error:
            print(say(str(error)), file=sys.stderr)  # noqa: T201 - the command's own answer
            return _DAMAGED if isinstance(error, StoreDamagedError) else _REFUSED
        settings = _settings(room, words, plain=plain)
        sending = _sending(room, stack)
        stack.callback(_control(room, sending).close)
        stack.callback(_care(room).close)
        flow = _flow(room, sending, settings, card)
        if learner is not None and not _preselect(flow, learner):
            return _NOT_FOUND
        charset = _charset(settings, words)
        if plain or settings.plain:
            return _run_plain(flow, charset)
        return run_full(flow, charset)


def _opened(home_path: Path, stack: contextlib.ExitStack) -> "Classroom":
    """The open classroom; it is closed with `stack`. Raises SyncError."""
    from darasa.learning.classroom import Classroom
    from darasa.sync.clock import SystemClock
    from darasa.sync.home import init_home, is_home, open_home
    from darasa.sync.ids import Role
    from darasa.sync.steered_clock import SteeredClock

    clock = SteeredClock(SystemClock())
    if not is_home(home_path):
        name = f"Computer {socket.gethostname()}"
        init_home(home_path, role=Role.COMPUTER, name=name, rng=os.urandom, clock=clock)
    home = open_home(home_path, expect=Role.COMPUTER)
    room = Classroom.open(home, clock=clock, rng=os.urandom)
    stack.callback(room.close)
    stack.enter_context(_logging_to(home_path))
    if room.rescue is not None:
        sys.stderr.write(f"{room.rescue.sentence}\n")
    if home.peer is None and not room.packs():
        _install_bundled(room)
    return room


def _install_bundled(room: "Classroom") -> None:
    """A computer that has not joined brings the bundled courses for its guest."""
    from darasa.content_packs.build import build_pack
    from darasa.content_packs.bundled import bundled_courses

    key = room.home.node_key
    for course in bundled_courses():
        built = build_pack(course, sign=lambda raw: (key.public, key.sign("pack", raw)))
        room.shelf.install(built, trusted=[key.public])


def _settings(room: "Classroom", words: frozenset[str], *, plain: bool) -> Settings:
    from msgspec.structs import replace

    from darasa.client_tui.themes import THEMES

    settings = settings_of(room.home.config, os.environ)
    for name in words & set(THEMES):
        settings = replace(settings, theme=name)
    if plain or settings.plain:  # a line is ended by Enter: there is no double press to guard
        settings = replace(settings, guard_ms=0)
    return settings


def _care(room: "Classroom") -> "CareJob":
    from darasa.learning.care_job import CareJob  # late: start-up does not need it

    return CareJob(room)


def _sending(room: "Classroom", stack: contextlib.ExitStack) -> "Sending":
    from darasa.client_tui.sync_worker import NoSchool, SyncWorker

    if room.home.peer is None:
        return NoSchool()
    worker: SyncWorker = SyncWorker(room)
    worker.start()
    stack.callback(worker.stop)
    return worker


def _control(room: "Classroom", sending: "Sending") -> "ControlServer":
    """Commands that need this node reach it while the client holds it."""
    from darasa.client_tui.sync_worker import SyncWorker
    from darasa.learning.control import ControlServer

    def run(op: str, args: dict[str, Any]) -> dict[str, Any]:
        from darasa.learning.operations import run_operation

        if op == "sync" and isinstance(sending, SyncWorker):
            return sending.exchange_now(args.get("peer")).to_json()
        return run_operation(room, op, args)

    return ControlServer(room.home.control_path, run)


def _flow(room: "Classroom", sending: "Sending", settings: Settings, card: str | None) -> "Flow":
    from darasa.client_tui.flow import Flow
    from darasa.client_tui.speaking import Speaking

    lines: list[SafeText] = [say(line) for line in _without_indent(card or "")]
    theme = theme_for(os.environ, settings.theme)
    wanted = [settings.language, *(os.environ.get(name) for name in ("LC_ALL", "LANG"))]
    speaking = Speaking.at(room, wanted)
    return Flow(
        room,
        sending=sending,
        settings=settings,
        card=lines,
        theme=theme.name,
        speaking=speaking,
    )


def _without_indent(card: str) -> list[str]:
    """The lines of a card without what all of them begin with, and without blank ends."""
    from textwrap import dedent

    return dedent(card).strip("\n").splitlines()


def _preselect(flow: "Flow", name: str) -> bool:
    """Start at a learner's secret; False after the sentence that says why not."""
    from darasa.client_tui.screens.secret import open_secret
    from darasa.learning.errors import PeopleError

    try:
        open_secret(flow, flow.classroom.people.find(name))
    except PeopleError as error:
        print(say(str(error)), file=sys.stderr)  # noqa: T201 - the command's own answer
        return False
    return True


def _charset(settings: Settings, words: frozenset[str]) -> Charset:
    wanted = "A" if "ascii" in words else "B" if "blocks" in words else settings.charset
    environment = dict(os.environ) | ({"DARASA_CHARSET": wanted} if wanted else {})
    return charset_for(environment, sys.stdout.encoding)


def _run_plain(flow: "Flow", charset: Charset) -> int:
    from darasa.client_tui.plain import run_plain, unbreakable

    gc.enable()
    with unbreakable(sys.stdin):
        return run_plain(flow, sys.stdin, sys.stdout, charset)


def run_full(flow: "Flow", charset: Charset) -> int:
    """The full-screen client on a flow; begun anew after a fault of the screen. 0, or 70."""
    from shutil import get_terminal_size

    from darasa.client_tui.app import ClientApp
    from darasa.client_tui.flow_thread import FlowThread
    from darasa.client_tui.plain import unbreakable

    sys.stdout.write(" " * len(_("Starting...")) + "\r")
    sys.stdout.flush()
    with unbreakable(sys.stdin):
        for _attempt in range(_RESTARTS_MAX):
            size = get_terminal_size()
            layout = Layout(columns=size.columns, rows=size.lines, charset=charset)
            thread = FlowThread(flow, layout)
            app = ClientApp(thread, charset)
            gc.freeze()  # what the start has made stays: later collections need not look at it
            gc.enable()
            try:
                app.run()
            finally:
                thread.pause()
            if not app.failed:
                flow.close()
                return 0
    flow.close()
    print(_("Something went wrong here. Your work is saved."), file=sys.stderr)  # noqa: T201
    return _OURS


@contextlib.contextmanager
def _logging_to(home_path: Path) -> Iterator[None]:
    """The client's log is a file of its node: nothing is printed over the screen."""
    folder = home_path / "logs"
    folder.mkdir(exist_ok=True)
    handler = logging.FileHandler(folder / "client.log", delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger("darasa")
    before = root.propagate, root.level
    root.addHandler(handler)
    root.propagate = False
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.propagate = before[0]
        root.setLevel(before[1])
        handler.close()
