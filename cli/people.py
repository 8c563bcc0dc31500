"""`darasa people`: teachers, PINs, and what two people changed at once."""

from pathlib import Path
from typing import Any

import click

from darasa.cli.computers import when
from darasa.cli.options import home_option, on_node, print_json, read_node
from darasa.cli.people_lists import LIST_COMMANDS
from darasa.cli.staff import STAFF_COMMANDS
from darasa.sync.dates import local_time


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
    click.echo("It is shown only now. Write it down.")


@people.command("new-passphrase")
@home_option
@click.argument("name")
def new_passphrase(home: Path, name: str) -> None:
    """Give one of the staff who forgot the passphrase another one, and print it once.

    The former one opens nothing from then on, and pages that are open with it close.

    Example: darasa people new-passphrase "Grace Otieno"
    """
    done = on_node(home, "new-passphrase", {"name": name})
    click.echo(f"{done['name']} signs in with:  {done['passphrase']}")
    click.echo("It is shown only now. Write it down.")


@people.command("end")
@home_option
@click.argument("name")
def end(home: Path, name: str) -> None:
    """Take somebody's sign-in for the pages away, at once. What they wrote stays.

    Example: darasa people end "Peter Lema"
    """
    done = on_node(home, "end-teacher", {"name": name})
    click.echo(f"{done['name']} signs in here no longer.")


@people.command("reset-pin")
@home_option
@click.argument("name")
def reset_pin(home: Path, name: str) -> None:
    """Show a learner's one-use code. Typed at sign-in, it lets them choose a new secret.

    The code is good for a day and works once, also at a computer that has no contact now.

    Example: darasa people reset-pin "Amina Kazungu"
    """
    done = on_node(home, "reset-pin", {"name": name})
    click.echo(f"Code for {done['name']}:  {done['code']}     works once, until {_until(done)}")
    click.echo("At a computer: choose the name, press T, and type it.")


def _until(done: dict[str, Any]) -> str:
    return f"{local_time(done['until_ms']):%Y-%m-%d %H:%M}"


@people.command("codes")
@home_option
@click.argument("class_name", metavar="CLASS")
def codes(home: Path, class_name: str) -> None:
    """Print a class's one-use codes, for a day on which the server is off. Keep it like a key.

    Each is good until it is used, or a new one is shown for that learner.

    Example: darasa people codes 5B
    """
    done = on_node(home, "class-codes", {"class": class_name})
    for row in done["learners"]:
        click.echo(f"{row['code']:<10}{row['name']}")
    if done["without"]:
        click.echo(f"{done['without']} more have none yet. Let the server run for a few minutes.")


@people.command("unlock")
@home_option
@click.argument("name")
def unlock(home: Path, name: str) -> None:
    """End the pause after wrong secrets, of a learner or a teacher.

    Example: darasa people unlock "Amina Kazungu"
    """
    done = on_node(home, "unlock", {"name": name})
    click.echo(f"{done['name']} may try again now.")


@people.command("sign-in")
@home_option
@click.argument("class_name", metavar="CLASS")
@click.option("--with", "kind", type=click.Choice(["pin", "pictures"]), required=True)
def sign_in(home: Path, class_name: str, kind: str) -> None:
    """Say what learners of a class sign in with. Secrets that they have go on working.

    Example: darasa people sign-in 2A --with pictures
    """
    done = on_node(home, "class-sign-in", {"class": class_name, "with": kind})
    words = "three pictures" if done["with"] == "pictures" else "a PIN"
    click.echo(f"{done['class']}: new learners and new secrets have {words} now.")


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
    told = read_node(home, "conflicts", {})
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
    told = read_node(home, "ignored", {})
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
