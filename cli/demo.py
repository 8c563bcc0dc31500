"""`darasa demo`: a district on this machine, to be tried in five minutes.

Owns: the order in which the demo's nodes are made and started, its card, its cable. The nodes are
ordinary ones, made and joined by the same functions as a real school's, and run by the same
`darasa serve`; between the computers and the school lies a cable that can be pulled.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from darasa.cli.cable import CableSwitch
from darasa.cli.demo_files import cable_of, save_card
from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import default_home

DEFAULT_PORT = 8710
_LOOK_EVERY_S = 0.2
_SEED = 7  # of what the class does next


def demo_folder(home: Path | None) -> Path:
    """The folder of the demo's nodes."""
    return home if home is not None else default_home() / "demo"


@click.group(invoke_without_command=True)
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="The demo's folder.")
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, help="The school; the hub is next."
)
@click.option("--no-client", is_flag=True, help="Serve until stopped, without a client.")
@click.option("--fresh", is_flag=True, help="Set the last demo aside and start anew.")
@click.pass_context
def demo(
    ctx: click.Context, home: Path | None, port: int, *, no_client: bool, fresh: bool
) -> int | None:
    """A district on this machine: a hub, a school with a practice class, one computer.

    Example: darasa demo
    """
    folder = demo_folder(home)
    ctx.obj = folder
    if ctx.invoked_subcommand is not None:
        return None
    if fresh and folder.exists():
        click.echo(f"The last demo is kept in {_set_aside(folder)}.", err=True)
    return run_demo(folder, port=port, with_client=not no_client and sys.stdin.isatty())


@demo.command()
@click.option("--home", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def cut(folder: Path, home: Path | None) -> None:
    """Pull the demo's network cable.

    Example: darasa demo cut
    """
    _switch(home or folder).cut()
    click.echo("The cable is out. Answers go on; nothing is lost.  Put it back:  darasa demo mend")


@demo.command()
@click.option("--home", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def mend(folder: Path, home: Path | None) -> None:
    """Put the demo's network cable back.

    Example: darasa demo mend
    """
    _switch(home or folder).mend()
    click.echo("The cable is in. What waited goes by itself.")


@demo.command(hidden=True)
@click.option("--home", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--port", required=True, type=int)
@click.option("--until-input-ends", is_flag=True)
def work(home: Path, port: int, *, until_input_ends: bool) -> None:
    """Let the practice class work. The demo starts this by itself.

    Example: darasa demo work --home DIR --port 8710
    """
    from darasa.cli.demo_class import PracticeClass
    from darasa.cli.serve import stop_when_input_ends

    with _stoppable() as stopped:
        if until_input_ends:
            stop_when_input_ends()
        PracticeClass(home, port=port, seed=_SEED).work_until(stopped)


def _switch(folder: Path) -> CableSwitch:
    if not folder.exists():
        raise CommandError(f"There is no demo in {folder}. Start one:  darasa demo", Exit.NOT_FOUND)
    return cable_of(folder)


def _set_aside(folder: Path) -> Path:
    for n in range(1, 10_000):
        aside = folder.with_name(f"{folder.name}-{n}")
        if not aside.exists():
            return folder.rename(aside)
    raise CommandError(f"Too many old demos beside {folder}: remove some.")


def run_demo(folder: Path, *, port: int, with_client: bool) -> int:
    """Make the district if it is not there, start it, and stay until it is stopped."""
    from darasa.cli.demo_district import District

    folder.mkdir(parents=True, exist_ok=True)
    cable_of(folder).mend()
    with _stoppable() as stopped, District(folder, port=port, progress=_progress).running() as live:
        card = live.card()
        click.echo(card)
        if not with_client:
            stopped.wait()
            return Exit.DONE
        _wait_for_enter(stopped)
        if not stopped.is_set():
            _run_client(live.computer, save_card(folder, card), stopped)
        click.echo(card)
        return Exit.DONE


def _wait_for_enter(stopped: threading.Event) -> None:
    """Until Enter, or an end. (click's own pause throws away what is typed while it begins.)"""
    click.echo("Press Enter to open the learner's client. ", nl=False)
    with contextlib.suppress(OSError):  # the window was closed
        while not stopped.is_set():
            if select.select([sys.stdin], [], [], _LOOK_EVERY_S)[0]:
                sys.stdin.readline()
                return


def _run_client(computer: Path, card: Path, stopped: threading.Event) -> None:
    """The learner's client in this terminal, a program of its own as on a real computer."""
    words = ["learn", "--home", str(computer), "--card", str(card)]
    client = subprocess.Popen([sys.executable, "-m", "darasa.cli.main", *words])
    while client.poll() is None:
        if stopped.wait(_LOOK_EVERY_S):
            client.terminate()
            client.wait()


def _progress(sentence: str) -> None:
    click.echo(sentence, err=True)


@contextlib.contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that SIGTERM, SIGINT and a closed window set."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            os._exit(Exit.REFUSED)  # asked twice: leave at once; the nodes end with their pipe
        stopped.set()

    kinds = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {kind: signal.signal(kind, stop) for kind in kinds}
    try:
        yield stopped
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
