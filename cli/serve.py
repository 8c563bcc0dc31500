"""`darasa serve` and `darasa invite`: run a node's server; show a code with which others join."""

import os
import signal
import threading
from pathlib import Path
from typing import Final

import click

from darasa.cli.cable import CableSwitch
from darasa.cli.options import home_option, on_running_node

_STDIN: Final = 0
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  computers are on the network, and speak TLS


@click.command()
@home_option
@click.option("--host", default=_EVERYWHERE, show_default=True, help="127.0.0.1: only this one.")
@click.option("--port", default=8710, show_default=True)
@click.option("--workers", default=1, show_default=True)
@click.option("--sync-every", default=60.0, show_default=True, help="Seconds between hub contacts.")
@click.option("--cable", type=click.Path(path_type=Path), hidden=True)
@click.option("--until-input-ends", is_flag=True, hidden=True)
def serve(
    *,
    home: Path,
    host: str,
    port: int,
    workers: int,
    sync_every: float,
    cable: Path | None,
    until_input_ends: bool,
) -> int:
    """Run the server of this node until it is stopped.

    Computers and browsers elsewhere reach it over TLS; this machine's browser needs none.

    Example: darasa serve --port 8710
    """
    from darasa.server.config import LOOPBACK_HOSTS, Config
    from darasa.server.run import serve as run_server

    if until_input_ends:
        stop_when_input_ends()
    config = Config(
        hosts=LOOPBACK_HOSTS,
        sync_every_s=sync_every,
        sync_soon_s=min(sync_every / 2, Config().sync_soon_s),
        cable=None if cable is None else CableSwitch(cable),
    )
    return run_server(home, host=host, port=port, workers=workers, config=config)


def stop_when_input_ends() -> None:
    """End with the program that started this one, however that one ended."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(_STDIN, 4096):  # not the buffered file: its lock would outlive this thread
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@click.command()
@home_option
def invite(home: Path) -> None:
    """Show a code with which one computer (at a hub: one school) joins. The server must be running.

    Example: darasa invite
    """
    done = on_running_node(home, "new-code", {})
    click.echo(f"Code:  {done['code']}     good for 10 minutes and one try")
    click.echo(f"On the other machine:  darasa join {done['code']}")
    click.echo(f"If it finds no server:  darasa join {done['address']} --code {done['code']}")
