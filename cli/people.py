"""`darasa people` and `darasa roster`: teachers, PINs, class lists."""

from pathlib import Path

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import home_option, on_node, print_json


@click.group()
def people() -> None:
    """Teachers and PINs.

    Example: darasa people reset-pin "Amina Kazungu"
    """


@people.command("add-teacher")
@home_option
@click.argument("name")
@click.option("--passphrase", help="10 characters or more; made for you when left out.")
def add_teacher(home: Path, name: str, passphrase: str | None) -> None:
    """Give a teacher (at a hub: an officer) a sign-in, and print the passphrase once.

    Example: darasa people add-teacher "Grace Otieno"
    """
    done = on_node(home, "add-teacher", {"name": name, "passphrase": passphrase})
    click.echo(f"{done['name']} signs in with the passphrase:  {done['passphrase']}")
    click.echo("It is shown only now. Write it down for her.")


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


@click.group()
def roster() -> None:
    """Import a class list.

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
