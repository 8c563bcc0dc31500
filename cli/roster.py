"""`darasa roster`: class lists from files and back, and two entries of one learner."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import checked, classroom_at, home_option, on_node, print_json
from darasa.cli.roster_year import export, rollover

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


@click.group()
def roster() -> None:
    """Class lists in and out, a new school year; join two entries of one learner.

    Example: darasa roster import class.csv
    """


roster.add_command(export)
roster.add_command(rollover)


@roster.command("import")
@home_option
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--map", "mapping", multiple=True, metavar="COL=FIELD", help="A column's meaning, or skip."
)
@click.option("--no-headings", is_flag=True, help="The first line is a learner already.")
@click.option("--same", multiple=True, type=int, metavar="LINE", help="It is the one asked about.")
@click.option(
    "--classes",
    "moves",
    type=click.Choice(["leave", "add", "move"]),
    default="leave",
    show_default=True,
    help="The classes of those who are here already.",
)
@click.option("--school", metavar="NAME", help="One of several in a OneRoster export.")
@click.option("--dry-run", is_flag=True, help="Only show what would happen.")
@click.option("--json", "as_json", is_flag=True)
def import_(
    home: Path,
    file: Path,
    *,
    mapping: tuple[str, ...],
    same: tuple[int, ...],
    moves: str,
    school: str | None,
    no_headings: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Add the learners of a CSV file and print their first PINs. All are added, or nobody.

    Columns: name, or first and last; class; and where there are any register, pin, language and
    teacher. Headings are understood in six languages; --map says the rest, by heading or number.

    FILE may be a OneRoster 1.1 or 1.2 export as well, a folder or a zip. Imported again it changes
    what has changed there; people and classes that were made here stay as they are.

    Example: darasa roster import class.csv --map "Full name=name"
    """
    args = {
        "path": str(file.resolve()),
        "mapping": _columns(mapping),
        "headings": False if no_headings else None,
        "same": list(same),
        "moves": moves,
        "school": school,
        "dry_run": dry_run,
    }
    done = _import(home, args)
    if as_json:
        print_json(done)
    else:
        _print_roster(file, done)
    if any(finding["level"] == "error" for finding in done["findings"]):
        raise CommandError(
            "Nothing was imported. Mend these lines, then try again.", Exit.BAD_INPUT
        )


def _columns(mapping: tuple[str, ...]) -> dict[str, str]:
    columns = dict(pair.rsplit("=", 1) for pair in mapping if "=" in pair)
    if len(columns) != len(mapping):
        raise click.UsageError("--map wants COLUMN=FIELD, for example  --map Pupil=name")
    return columns


def _import(home: Path, args: dict[str, Any]) -> dict[str, Any]:
    """In the process that holds the node; where none does, here, and the PINs are hashed too."""
    from darasa.learning.control import call_control
    from darasa.learning.operations import run_operation

    answer = call_control(home, "roster-import", args)
    if answer is not None:
        return checked(answer)
    with classroom_at(home, writable=True) as room:
        answer = checked(run_operation(room, "roster-import", args))
        _make_pins_ready(room)
    return answer


def _make_pins_ready(room: "Classroom") -> None:
    """Hash the first PINs; what is cut short here, the next server goes on with."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Making PINs ready", total=room.first_pins.waiting())
        while hashed := room.first_pins.hash_some():
            bar.update(task, advance=hashed)


@roster.command("merge")
@home_option
@click.argument("keep")
@click.argument("other", required=False)
@click.option("--undo", is_flag=True, help="Take the merges of KEEP back.")
def merge(home: Path, keep: str, other: str | None, *, undo: bool) -> None:
    """Two entries are one learner: all work counts together, either name and PIN signs in.

    Example: darasa roster merge "Amina Kazungu" "Amina Kazungo"
    """
    if undo == (other is not None):
        raise click.UsageError("Give two learners, or one and --undo.")
    if undo:
        done = on_node(home, "unmerge-learner", {"name": keep})
        click.echo(f"{done['name']}: {done['taken_back']} taken back. Nothing was lost.")
        return
    done = on_node(home, "merge-learners", {"keep": keep, "other": other})
    click.echo(f"{done['other']} and {done['keep']} are one learner, {done['keep']}.")


def _print_roster(file: Path, done: dict[str, Any]) -> None:
    for finding in done["findings"]:
        where = f"{file}/{finding['file']}" if finding["file"] else f"{file}"
        click.echo(f"{where}:{finding['line']}: {finding['what']}", err=True)
    for question in done["asked"]:
        where = ", ".join(question["known_in"])
        click.echo(
            f"{file}:{question['line']}: {question['name']} of {question['class']}: is it"
            f" {question['known_as']} of {where}?  --same {question['line']}",
            err=True,
        )
    for heading in done["left_out"]:
        click.echo(f"The column {heading} is left out: it is not needed here.", err=True)
    if done["here"]:
        click.echo(f"{done['here']} are here already. They are not made twice.", err=True)
    if done["changing"]:
        click.echo(f"The classes of {done['changing']} follow this list.", err=True)
    for name in done["stranded"]:
        click.echo(f"{name} is in no class any more by this list.", err=True)
    learners = done["learners"]
    if not done["imported"]:
        click.echo(f"{done['new'] + len(done['asked'])} learners would be added.", nl=False)
        click.echo(" Nothing was changed.")
        return
    for learner in learners:
        click.echo(f"{learner['class']:<10} {learner['pin']}   {learner['name']}")
    for name in done["without"]:
        click.echo(f"{name} has no sign-in here:  darasa people add-teacher", err=True)
    for name in done["staff"]:
        click.echo(f"{name} is on the staff. A passphrase:  darasa people add-teacher", err=True)
    if done["left"]:
        click.echo(f"{done['left']} have left and are off the lists. Their work stays.")
    if done["moved"]:
        click.echo(f"{done['moved']} changed their classes.")
    pins = " Their PINs are shown only now: print them." if learners else ""
    click.echo(f"{len(learners)} learners added.{pins}")
