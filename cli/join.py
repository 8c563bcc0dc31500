"""`darasa join`: enrol this computer with a school server, or a school with a hub."""

import os
import sys
from pathlib import Path

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import home_option


@click.command()
@home_option
@click.argument("where", metavar="[CODE|ADDRESS]", required=False)
@click.option("--code", help="8 characters in two groups, when an address is given too.")
@click.option("--name", help="What people call this computer, for example: Lab PC 07.")
@click.option("--leave-work", is_flag=True, help="Even if another school still lacks work of here.")
def join(
    home: Path, where: str | None, code: str | None, name: str | None, *, leave_work: bool
) -> None:
    """Enrol this node with a server, with a code that the server shows.

    Without an address the server is looked for on the network. A folder that is no node yet becomes
    a computer.

    Example: darasa join ABCD-EFGH
    """
    from darasa.learning.enrolment import join_server
    from darasa.sync.clock import SystemClock
    from darasa.sync.enrol import is_code
    from darasa.sync.transport.exchange import LinkError

    address = where
    if where is not None and code is None and is_code(where):
        address, code = None, where
    if code is None:
        code = click.prompt("Code shown by the server")
    url = address or _found(home)
    try:
        peer = join_server(
            home,
            url,
            code,
            name=name,
            clock=SystemClock(),
            rng=os.urandom,
            leave_work=leave_work,
        )
    except LinkError as error:
        raise CommandError(str(error), Exit.UNREACHABLE) from error
    click.echo(f"Joined {peer.name}.")
    _say_how_it_is(home)


def _say_how_it_is(home: Path) -> None:
    """The machine check of a computer: what it found, and what to do; it keeps nobody from work."""
    from darasa.cli.checks import ask_characters, checks_of_machine, print_checks
    from darasa.cli.options import classroom_at
    from darasa.learning.checkup import Health, checkup
    from darasa.sync.home import open_home
    from darasa.sync.ids import Role

    node = open_home(home)
    if node.role is not Role.COMPUTER:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        ask_characters(node)
    with classroom_at(home, writable=False) as room:
        checks = [*checkup(room), *checks_of_machine(room.home)]
    print_checks(checks)
    if any(check.health is Health.ACT for check in checks):
        click.echo("Mend what says ACT. Look again with:  darasa doctor")
    else:
        click.echo("This computer is ready:  darasa learn")


def _found(home: Path) -> str:
    """The address of the one server on this network. Raises CommandError for none and for several.

    A code is good for one try, and a machine that only says that it is the school would burn it.
    """
    from darasa.content_packs.safe_text import safe_line
    from darasa.learning.finding import servers_nearby
    from darasa.sync.home import is_home, open_home
    from darasa.sync.ids import Role

    role = open_home(home).role if is_home(home) else Role.COMPUTER
    found = servers_nearby(role)
    if len(found) == 1:
        click.echo(f"Found {safe_line(found[0].name)} at {found[0].address}.")
        return found[0].address
    if not found:
        raise CommandError(
            "No server was found on this network. Type the address that the server shows:\n"
            "  darasa join ADDRESS --code CODE",
            Exit.UNREACHABLE,
        )
    names = "\n".join(f"  {each.address}   {safe_line(each.name)}" for each in found)
    raise CommandError(f"Several servers answer. Say which:\n{names}", Exit.UNREACHABLE)
