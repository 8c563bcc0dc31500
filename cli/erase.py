"""`darasa erase-learner`: a learner's work, name and sign-in go for good."""

from pathlib import Path

import click

from darasa.cli.exits import CommandError
from darasa.cli.options import home_option, on_node, print_json


@click.command("erase-learner")
@home_option
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask to type the name again.")
@click.option("--json", "as_json", is_flag=True)
def erase_learner(home: Path, name: str, *, yes: bool, as_json: bool) -> None:
    """Erase a learner for good: work, name and sign-in, here and wherever this school's
    computers and hub hear of it. Nothing can bring it back.

    Example: darasa erase-learner "Amina Kazungu"
    """
    found = on_node(home, "erasable", {"name": name})
    if not yes:
        _confirm(found["name"], found["events"])
    done = on_node(home, "erase-learner", {"learner_id": found["learner_id"]})
    if as_json:
        print_json(done)
        return
    click.echo(f"{done['name']} is erased, with {done['events']} events.")
    click.echo("Computers and the hub erase this learner at their next contact:  darasa status")
    click.echo(done["kept_elsewhere"])
    if count := done["accepted"]:
        said = "An answer was" if count == 1 else f"{count} answers were"
        click.echo(f"{said} spoken of by a teacher, for everybody.")
        click.echo("That word stays, with what was typed and without a name.")
    for file in done["set_aside"]:
        click.echo(f"A damaged store of before may hold this learner too. Delete it:  {file}")


def _confirm(name: str, events: int) -> None:
    """Let a person type the name again. Raises CommandError when it is another."""
    click.echo(f"{name} has {events} events here. All of it goes, and nothing brings it back.")
    if click.prompt("Type the name again", default="", show_default=False).strip() != name:
        raise CommandError("The names differ. Nothing was erased.")
