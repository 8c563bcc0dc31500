"""`darasa teach --web`: the teacher's pages in the browser of any joined computer."""

import asyncio
import contextlib
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import home_option
from darasa.content_packs.safe_text import safe_line

if TYPE_CHECKING:
    from darasa.sync.home import Home


@click.command()
@home_option
@click.option("--web", is_flag=True, help="In the browser: the only way in this version.")
@click.option("--port", default=0, help="The port on this machine; any free one by default.")
def teach(home: Path, port: int, *, web: bool) -> None:
    """Open the pages of the server that was joined: of the school, at a computer.

    The browser speaks to this program, and this program to the school under its key: there is no
    warning to click away.

    Example: darasa teach --web
    """
    from darasa.sync.home import open_home
    from darasa.sync.transport.exchange import LinkError
    from darasa.sync.transport.tunnel import serve_tunnel

    if not web:
        raise CommandError("The pages open in a browser:  darasa teach --web")
    node = open_home(home)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve_tunnel(node, port, on_open=lambda address: _say(node, address)))
    except LinkError as error:
        raise CommandError(str(error), Exit.UNREACHABLE) from error
    except OSError as error:
        raise CommandError(f"Port {port} cannot be used. Choose another:  --port N") from error


def _say(node: "Home", address: str) -> None:
    """At a school server they are its hub's pages."""
    assert node.peer is not None  # or there was nobody to open the way to
    name = safe_line(node.peer.name)
    click.echo(f"The pages of {name} are at {address}/class on this computer. Ctrl+C ends this.")
    if sys.stdout.isatty():
        webbrowser.open(f"{address}/class")
