"""`darasa demo`: a district on this machine, to be tried in five minutes.

Owns: the order in which the demo's nodes are made and started, its card, its cable. The nodes are
ordinary ones, made and joined by the same functions as a real school's, and run by the same
`darasa serve`; between the computers and the school lies a cable that can be pulled.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from darasa.cli.cable import CableSwitch
from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import default_home

DEFAULT_PORT = 8710


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


def _switch(folder: Path) -> CableSwitch:
    if not folder.exists():
        raise CommandError(f"There is no demo in {folder}. Start one:  darasa demo", Exit.NOT_FOUND)
    return cable_of(folder)


def cable_of(folder: Path) -> CableSwitch:
    """The switch of the cable between the demo's computers and its school."""
    return CableSwitch(folder / "cable-is-cut")


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
        click.pause("Press Enter to open the learner's client.")
        from darasa.client_tui.run import learn

        code = learn(live.computer, plain=False, learner=None, profile=None, card=card)
        click.echo(card)
        return code


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
