"""`darasa people` and `darasa roster`: teachers, PINs, class lists."""

from pathlib import Path
from typing import Any

import click

from darasa.cli.computers import when
from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import checked, classroom_at, home_option, on_node, print_json
from darasa.cli.people_lists import LIST_COMMANDS
from darasa.cli.staff import STAFF_COMMANDS


@click.group()
def people() -> None:
    """Classes, class lists, teachers, PINs, and what two people changed at the same time.

    Example: darasa people reset-pin "Amina Kazungu"
    """


for _command in (*LIST_COMMANDS, *STAFF_COMMANDS):
    people.add_command(_command)


@people.command("add-teacher")
@home_option
@click.argument("name")
@click.option("--passphrase", help="10 characters or more; made for you when left out.")
@click.option(
    "--as",
    "post",
    type=click.Choice(["teacher", "head", "technician"]),
    help="At a school; the first one is head, the others teachers, when left out.",
)
def add_teacher(home: Path, name: str, passphrase: str | None, post: str | None) -> None:
    """Give somebody a sign-in for the pages, and print the passphrase once. At a hub: an officer.

    Example: darasa people add-teacher "Grace Otieno"
    """
    args = {"name": name, "passphrase": passphrase, "post": post}
    done = on_node(home, "add-teacher", args)
    click.echo(f"{done['name']} ({done['post']}) signs in with:  {done['passphrase']}")
    click.echo("It is shown only now. Write it down for her.")


@people.command("end")
@home_option
@click.argument("name")
def end(home: Path, name: str) -> None:
    """Take somebody's sign-in for the pages away, at once. What she did stays.

    Example: darasa people end "Peter Lema"
    """
    done = on_node(home, "end-teacher", {"name": name})
    click.echo(f"{done['name']} signs in here no longer.")


@people.command("reset-pin")
@home_option
@click.argument("name")
def reset_pin(home: Path, name: str) -> None:
    """Give a learner a new PIN, and print it once.

    Example: darasa people reset-pin "Amina Kazungu"
    """
    done = on_node(home, "reset-pin", {"name": name})
    click.echo(f"{done['name']} signs in with the PIN:  {done['pin']}")
    click.echo("Computers know it after their next contact with this server.")


@people.command("conflicts")
@home_option
@click.option("--keep", metavar="MARK", help="End a conflict: keep the value with this mark.")
@click.option("--json", "as_json", is_flag=True)
def conflicts(home: Path, keep: str | None, *, as_json: bool) -> None:
    """What two people changed at the same time. Both are kept; the first of each is shown.

    Example: darasa people conflicts --keep 3fa91b02
    """
    if keep is not None:
        done = on_node(home, "keep-choice", {"choice": keep})
        click.echo(f"{done['about']}: {done['kept']}")
        return
    told = _read(home, "conflicts")
    if as_json:
        print_json(told)
        return
    for conflict in told["conflicts"]:
        click.echo(f"{conflict['about']}  {conflict['field']}")
        for choice in conflict["choices"]:
            shown = "  (shown)" if choice["shown"] else ""
            who = f"{choice['who']}, {when(choice['when'])}"
            click.echo(f"  {choice['choice'][:8]}  {choice['value']}  {who}{shown}")
    if not told["conflicts"]:
        click.echo("There are no conflicts.")


@people.command("ignored")
@home_option
@click.option("--json", "as_json", is_flag=True)
def ignored(home: Path, *, as_json: bool) -> None:
    """What is kept and does not count: who wrote it, when, and why. Only reads.

    Example: darasa people ignored
    """
    told = _read(home, "ignored")
    if as_json:
        print_json(told)
        return
    for event in told["ignored"]:
        line = f"{event['mark'][:8]}  {event['what']}  {event['who']}, {when(event['when'])}"
        click.echo(f"{line}  {event['words']}")
    if not told["ignored"]:
        click.echo("Everything here counts.")


@people.command("confirm")
@home_option
@click.argument("mark")
def confirm(home: Path, mark: str) -> None:
    """Let a teacher's change from a computer count; `people ignored` lists the marks.

    Example: darasa people confirm 3fa91b02
    """
    done = on_node(home, "confirm", {"mark": mark})
    click.echo(f"{done['what']} from {done['who']} counts now.")


def _read(home: Path, op: str) -> dict[str, Any]:
    from darasa.learning.operations import run_operation

    with classroom_at(home, writable=False) as room:
        return checked(run_operation(room, op, {}))


@click.group()
def roster() -> None:
    """Import a class list; join two entries of one learner.

    Example: darasa roster import class.csv
    """


@roster.command("import")
@home_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="COL=FIELD", help="A column's meaning.")
@click.option("--dry-run", is_flag=True, help="Only show what would happen.")
@click.option("--json", "as_json", is_flag=True)
def import_(
    home: Path, file: Path, mapping: tuple[str, ...], *, dry_run: bool, as_json: bool
) -> None:
    """Add the learners of a CSV file with the columns name and class; prints their first PINs.

    Example: darasa roster import class.csv --map "Full name=name"
    """
    columns = dict(pair.split("=", 1) for pair in mapping if "=" in pair)
    if len(columns) != len(mapping):
        raise click.UsageError("--map wants COLUMN=FIELD, for example  --map Pupil=name")
    args = {"path": str(file.resolve()), "mapping": columns, "dry_run": dry_run}
    done = on_node(home, "roster-import", args)
    if as_json:
        print_json(done)
    else:
        _print_roster(file, done)
    if any(finding["level"] == "error" for finding in done["findings"]):
        raise CommandError(
            "Nothing was imported. Mend these lines, then try again.", Exit.BAD_INPUT
        )


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


def _print_roster(file: Path, done: dict[str, object]) -> None:
    findings, learners = done["findings"], done["learners"]
    assert isinstance(findings, list)
    assert isinstance(learners, list)
    for finding in findings:
        click.echo(f"{file}:{finding['line']}: {finding['what']}", err=True)
    if not done["imported"]:
        click.echo(f"{len(learners)} learners would be added. Nothing was changed.")
        return
    for learner in learners:
        click.echo(f"{learner['class']:<10} {learner['pin']}   {learner['name']}")
    click.echo(f"{len(learners)} learners added. Their PINs are shown only now: print them.")
