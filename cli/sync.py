"""`darasa sync`: one exchange with the server, now."""

from pathlib import Path

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import home_option, on_node, print_json


@click.command()
@home_option
@click.option("--peer", "url", help="The server's address, when it is not the one that was joined.")
@click.option("--json", "as_json", is_flag=True)
def sync(home: Path, url: str | None, *, as_json: bool) -> None:
    """Exchange with the server now.

    Example: darasa sync
    """
    report = on_node(home, "sync", {"peer": url})
    if as_json:
        print_json(report)
    elif report["ok"]:
        click.echo(
            f"{report['peer']}: sent {report['events_out']} events, received {report['events_in']} "
            f"events and {report['records_in']} records."
        )
    if report["ok"] and report["error"] and not as_json:
        click.echo(report["error"], err=True)  # a course that did not come; the work has gone
    if not report["ok"]:
        raise CommandError(str(report["error"]), Exit.UNREACHABLE)
