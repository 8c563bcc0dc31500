"""`darasa bundle`: work, lists and courses on a stick."""

import sys
from pathlib import Path
from typing import Any

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import checked, classroom_at, home_option, print_json
from darasa.sync.dates import local_time

_MEGABYTE = 1_000_000
_LINE_MAX = 1_000  # many courses may come on one stick


@click.group()
def bundle() -> None:
    """Carry work, lists and courses on a stick.

    Example: darasa bundle export --for school /media/stick
    """


@bundle.command("export")
@home_option
@click.option(
    "--for",
    "receiver",
    type=click.Choice(["school", "hub", "computers"]),
    required=True,
    help="Whom the stick goes to: up to the school or hub, or down to those who joined here.",
)
@click.option("--all", "everything", is_flag=True, help="All work, not only what is not there yet.")
@click.option("--json", "as_json", is_flag=True)
@click.argument("path", type=click.Path(path_type=Path))
def export_(home: Path, receiver: str, path: Path, *, everything: bool, as_json: bool) -> None:
    """Write what the other side lacks into the folder PATH, sealed so that only it can read it.

    Example: darasa bundle export --for hub /media/stick
    """
    asked = {"for": receiver, "path": str(path.absolute()), "all": everything}
    told = _done(home, "bundle-export", asked)
    if as_json:
        print_json(told)
        return
    for made in told["made"]:
        name = Path(made["file"]).name
        click.echo(f"{_plain(_made(made))}, {made['size'] / 1000:.1f} kB, in {_plain(name)}")
    click.echo("It is safe to remove the stick. Doing this again does no harm.")


def _made(made: dict[str, Any]) -> str:
    """What was written, for whom."""
    from darasa.learning.sticks import COURSES

    if made["receiver"] == COURSES:
        return "For all: courses"
    what = f"{made['events']} events" if made["logs"] else "answers and lists"
    return f"For {made['receiver']}: {what}"


@bundle.command("import")
@home_option
@click.option("--json", "as_json", is_flag=True)
@click.argument("path", type=click.Path(path_type=Path))
def import_(home: Path, path: Path, *, as_json: bool) -> None:
    """Take the bundles in the folder PATH, or in one file. Twice is as good as once.

    Example: darasa bundle import /media/stick
    """
    told = _done(home, "bundle-import", {"path": str(path.absolute())})
    if as_json:
        print_json(told)
    else:
        _print_import(told)
    taken = [each for each in told["bundles"] if each["ok"] and not each["passed"]]
    if not told["ok"]:
        for each in told["bundles"]:
            if not each["ok"]:
                click.echo(_plain(f"{each['file']}: {each['error']}"), err=True)
        raise CommandError(
            "Some bundles could not be taken whole. What was read is safe."
            if taken or told["events_in"]
            else "Nothing was taken.",
            Exit.BAD_INPUT,
        )
    if not taken:
        raise CommandError(_plain(told["bundles"][0]["passed"]))


def _print_import(told: dict[str, Any]) -> None:
    for each in told["bundles"]:
        if each["ok"] and not each["passed"]:
            click.echo(_plain(_news(each)))
    if told["left_out"]:
        click.echo(f"{told['left_out']} more bundles wait. Import again without these.", err=True)


def _news(brought: dict[str, Any]) -> str:
    if brought["kind"] == "carried":
        return f"Carried for {brought['maker']}: goes to the school with the next exchange."
    news = [f"{brought['events_in']} events", f"{brought['records_in']} records"]
    return f"From {brought['maker']}: {', '.join([*news, *brought['packs']])}."


@bundle.command()
@home_option
@click.option("--json", "as_json", is_flag=True)
@click.argument("path", type=click.Path(path_type=Path))
def show(home: Path, path: Path, *, as_json: bool) -> None:
    """Who made a bundle, for whom, when and how much is in it. Changes nothing.

    Example: darasa bundle show /media/stick
    """
    from darasa.sync.bundle import BundleError
    from darasa.sync.home import is_home, open_home
    from darasa.sync.transport.bundle_show import show_bundle
    from darasa.sync.transport.stick_files import StickError, StickNotFoundError, bundle_files

    node = open_home(home) if is_home(home) else None
    try:
        files, left_out = bundle_files(path)
    except StickNotFoundError as error:
        raise CommandError(_plain(str(error)), Exit.NOT_FOUND) from error
    told: list[dict[str, Any]] = []
    unread: list[dict[str, str]] = []
    for file in files:
        try:
            told.append(show_bundle(file, node))
        except (BundleError, StickError) as error:
            if len(files) == 1:
                raise CommandError(_plain(str(error)), Exit.BAD_INPUT) from error
            unread.append({"file": file.name, "error": str(error)})
    if as_json:
        print_json({"bundles": told, "unread": unread, "left_out": left_out})
    else:
        _print_bundles(told, unread, left_out)
    if unread:
        raise CommandError("Some bundles could not be read.", Exit.BAD_INPUT)


def _print_bundles(told: list[dict[str, Any]], unread: list[dict[str, str]], left_out: int) -> None:
    for each in told:
        _print_bundle(each)
    for bad in unread:
        click.echo(_plain(f"{bad['file']}: {bad['error']}"), err=True)
    if left_out:
        click.echo(f"{left_out} more bundles are there and not shown.", err=True)


def _print_bundle(told: dict[str, Any]) -> None:
    maker = told["maker_name"] or f"{told['maker_role']} {told['maker'][:10]}"
    click.echo(_plain(f"{told['file']}: {told['kind']} from {maker} for a {told['for_role']}"))
    click.echo(
        f"  made {_date(told['made_ms'])}, {told['bytes']} bytes,"
        f" {told['events']} events in {told['logs']} logs (as it says)"
    )
    contents = told["contents"]
    if contents is None:
        click.echo("  sealed for someone else: this folder cannot open it")
    elif "files" in contents:
        click.echo(f"  {contents['files']} courses, open to read")
    else:
        click.echo(
            f"  inside: {contents['events']} events, {contents['receipts']} receipts,"
            f" {contents['records']} records"
        )
    if contents is not None and not contents["whole"]:
        click.echo(f"  it is not whole: {_plain(contents['damage'])}")


def _plain(raw: str) -> str:
    """A line of which a stranger, or a machine that joined, chose the names."""
    from darasa.content_packs.safe_text import safe_line

    return safe_line(raw, length_max=_LINE_MAX)


def _date(made_ms: int) -> str:
    """A maker's clock may say anything."""
    try:
        made = local_time(made_ms)
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"
    return f"{made:%d %b %Y %H:%M}"


def _done(home: Path, op: str, args: dict[str, Any]) -> dict[str, Any]:
    """Do it in the process that holds the node, or here with a line that moves on a terminal."""
    from darasa.learning.control import call_control
    from darasa.learning.operations import run_operation

    answer = call_control(home, op, args)
    if answer is None:
        with classroom_at(home, writable=True) as room:
            answer = run_operation(room, op, {**args, "progress": _progress()})
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
    return checked(answer)


def _progress() -> Any:
    """A line on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        return None
    shown = -1

    def show_it(done: int, total: int) -> None:
        nonlocal shown
        if done // _MEGABYTE == shown:
            return
        shown = done // _MEGABYTE
        of = f" of {total / _MEGABYTE:.1f}" if total else ""
        sys.stderr.write(f"\r{done / _MEGABYTE:.1f}{of} MB\x1b[K")
        sys.stderr.flush()

    return show_it
