"""`darasa join`: enrol this computer with a school server, or a school with a hub."""

import os
from pathlib import Path

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import home_option


@click.command()
@home_option
@click.argument("url")
@click.option("--code", prompt="Code shown by the server", help="8 characters in two groups.")
@click.option("--name", help="What people call this computer, for example: Lab PC 07.")
def join(home: Path, url: str, code: str, name: str | None) -> None:
    """Enrol this node with the server at URL, with a code that the server shows.

    A folder that is no node yet becomes a computer.

    Example: darasa join 192.168.1.5:8710 --code ABCD-EFGH
    """
    from darasa.learning.enrolment import join_server
    from darasa.sync.clock import SystemClock
    from darasa.sync.errors import SyncError

    try:
        peer = join_server(home, url, code, name=name, clock=SystemClock(), rng=os.urandom)
    except SyncError as error:
        raise CommandError(str(error), Exit.UNREACHABLE) from error
    click.echo(f"Joined {peer.name}.")
