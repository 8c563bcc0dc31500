"""`darasa roster export` and `darasa roster rollover`: lists out, and a new school year."""

import os
import time
from pathlib import Path
from typing import Any, Final

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import classroom_at, home_option, on_node, print_json

_LEAVE: Final = frozenset({"", "-", "leave", "leaves", "left"})
_HEADINGS: Final = frozenset({"from", "was", "old", "class", "to", "becomes", "new", "next"})


@click.command("export")
@home_option
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(["csv", "oneroster"]), default="csv")
def export(home: Path, path: Path, form: str) -> None:
    """Write the class lists to PATH: a CSV that imports again, or a OneRoster 1.1 zip. No PINs.

    Example: darasa roster export lists.csv
    """
    from darasa.learning.rosters.exporting import export_csv, export_oneroster

    with classroom_at(home, writable=False) as room:
        if form == "csv":
            told = export_csv(room)
        else:
            year = time.gmtime(room.clock.wall_ms() / 1_000).tm_year
            told = export_oneroster(room, year=year)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already. Choose another name.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(told.raw)
    click.echo(f"{told.learners} learners are in {path}. It has their names: keep it safe.")
    if told.without:
        click.echo(f"{told.without} learners are in no class and are not in it.")


@click.command("rollover")
@home_option
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="OLD=NEW", help="OLD= : they leave.")
@click.option("--yes", is_flag=True, help="Do it. Without this it is only shown.")
@click.option("--undo", is_flag=True, help="Take the last one back.")
@click.option("--json", "as_json", is_flag=True)
def rollover(
    home: Path,
    file: Path | None,
    *,
    mapping: tuple[str, ...],
    yes: bool,
    undo: bool,
    as_json: bool,
) -> None:
    """Begin a school year: classes get new names, leavers go off the lists, all work stays.

    FILE is a CSV of two columns, the class and what it becomes; nothing or "-" means they leave. A
    class that becomes one which stays joins it.

    Example: darasa roster rollover --map 5A=6A --map 6A=7A --map 7A= --yes
    """
    if undo == bool(file or mapping):
        raise click.UsageError("Give a file or --map, or --undo alone.")
    if undo:
        done = on_node(home, "roster-rollover-undo", {})
        _print_undo(done, as_json=as_json)
        return
    pairs = [*_of_file(file), *_of_options(mapping)]
    done = on_node(home, "roster-rollover", {"mapping": pairs, "do": yes})
    if as_json:
        print_json(done)
    else:
        _print_rollover(done)


def _of_options(mapping: tuple[str, ...]) -> list[tuple[str, str]]:
    if any("=" not in pair for pair in mapping):
        raise click.UsageError("--map wants OLD=NEW, for example  --map 5A=6A")
    pairs = (pair.rsplit("=", 1) for pair in mapping)
    return [(was, _becomes(becomes)) for was, becomes in pairs]


def _of_file(file: Path | None) -> list[tuple[str, str]]:
    """The pairs of a CSV, with or without headings."""
    from darasa.learning.rosters.cells import unmarked
    from darasa.learning.rosters.table import BYTES_MAX, TableError, read_table

    if file is None:
        return []
    try:
        with file.open("rb") as stream:
            table = read_table(stream.read(BYTES_MAX + 1), headings=False)
    except TableError as error:
        raise CommandError(f"{file}:{error.line}: {error}", Exit.BAD_INPUT) from error
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    lines = list(table.lines)
    if lines and {lines[0].cell(n).strip().casefold() for n in (0, 1)} <= _HEADINGS:
        del lines[0]
    return [(unmarked(line.cell(0)), _becomes(unmarked(line.cell(1)))) for line in lines]


def _becomes(text: str) -> str:
    return "" if text.strip().casefold() in _LEAVE else text.strip()


def _print_rollover(done: dict[str, Any]) -> None:
    for step in done["classes"]:
        becomes = step["becomes"] or "leave the school"
        joins = "  (joins it)" if step["joins"] else ""
        click.echo(f"{step['was']:<12} {step['learners']:>4} learners   {becomes}{joins}")
    if done["staying"]:
        click.echo(f"These stay as they are: {', '.join(done['staying'])}.")
    for name in done["leavers_elsewhere"]:
        click.echo(f"{name} leaves, and is in another class too.", err=True)
    if done["done"]:
        click.echo("The new year has begun. All work is kept.")
        click.echo("To take it back:  darasa roster rollover --undo")
    else:
        click.echo("Nothing was changed. Do it with --yes.")


def _print_undo(done: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    click.echo("The old year is back.")
    if done["kept"]:
        click.echo(f"{done['kept']} things were changed since. They stay as they are.")
