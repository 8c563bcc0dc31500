"""`darasa computers`: the computers of a school, and which of them are served."""

from pathlib import Path
from typing import Any

import click

from darasa.cli.options import home_option, on_node, print_json, read_node
from darasa.sync.dates import local_time


@click.group()
def computers() -> None:
    """The computers of this school: list, name, remove, accept.

    Example: darasa computers remove "PC 7"
    """


@computers.command("list")
@home_option
@click.option("--json", "as_json", is_flag=True)
def list_(home: Path, *, as_json: bool) -> None:
    """Each computer with its last contact and what of it is held back. Only reads.

    Example: darasa computers list
    """
    told = read_node(home, "computers", {})
    if as_json:
        print_json(told)
        return
    for row in told["computers"]:
        click.echo(_line(row))
    if not told["computers"]:
        click.echo("No computer has joined yet.")


@computers.command("remove")
@home_option
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(home: Path, name: str, *, yes: bool) -> None:
    """Serve a computer no longer. What it has sent stays; later work is held until accepted.

    Example: darasa computers remove "PC 7"
    """
    if not yes:
        click.confirm(f"Remove {name}? Work that it has not sent yet will wait", abort=True)
    done = on_node(home, "remove-computer", {"name": name})
    click.echo(f"{done['name']} is removed. What it has sent still counts.")


@computers.command("accept")
@home_option
@click.argument("name")
@click.option("--back", is_flag=True, help="Also serve a removed computer again.")
def accept(home: Path, name: str, *, back: bool) -> None:
    """Let the work that is held of a computer count.

    Example: darasa computers accept "PC 7" --back
    """
    done = on_node(home, "accept-computer", {"name": name, "back": back})
    click.echo(f"{done['accepted']} events of {done['name']} count now.")
    if done["removed"]:
        click.echo("It stays removed. To serve it again, add  --back")


@computers.command("name")
@home_option
@click.argument("name")
@click.option("--to", help="Its new name.")
@click.option("--place", help="Where it stands.")
def name_(home: Path, name: str, to: str | None, place: str | None) -> None:
    """Give a computer another name, or say where it stands.

    Example: darasa computers name "PC 7" --to "Window 2" --place "Room 4"
    """
    if to is None and place is None:
        raise click.UsageError("Say what to change:  --to NAME  or  --place PLACE")
    done = on_node(home, "rename-computer", {"name": name, "to": to, "place": place})
    where = f", {done['place']}" if done["place"] else ""
    click.echo(f"{done['name']}{where}")


def _line(row: dict[str, Any]) -> str:
    words = [row["node_id"][:8], row["name"]]
    if row["place"]:
        words.append(f"({row['place']})")
    words.append("last contact " + when(row["last_contact"]))
    if row["removed"]:
        words.append("removed")
    if row["held_back"]:
        words.append("held back" + (f": {row['why']}" if row["why"] else ""))
    if row["held"]:
        words.append(f"{row['held']} events wait")
    return "  ".join(words)


def when(wall_ms: int | None) -> str:
    """A time for people, in this machine's time zone."""
    if wall_ms is None:
        return "never"
    return local_time(wall_ms).strftime("%d %b %H:%M")
