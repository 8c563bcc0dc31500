"""`darasa people …` for the staff: who teaches which class, and handing over."""

from pathlib import Path
from typing import Final

import click

from darasa.cli.computers import when
from darasa.cli.options import home_option, on_node, print_json, read_node


@click.command("staff")
@home_option
@click.option("--json", "as_json", is_flag=True)
def staff(home: Path, *, as_json: bool) -> None:
    """Who signs in to the pages, with which classes, and when last. Only reads.

    Example: darasa people staff
    """
    told = read_node(home, "staff", {})
    if as_json:
        print_json(told)
        return
    for each in told["staff"]:
        last = when(each["last_sign_in"]) if each["last_sign_in"] else "never signed in"
        click.echo(f"{each['name']} ({each['post']})  {', '.join(each['classes'])}  {last}")
    if told["former"]:
        click.echo(f"No longer here: {', '.join(told['former'])}")
    words = "may look at every class" if told["shares"] else "see only their own classes"
    click.echo(f"Teachers {words}.")


@click.command("teachers")
@home_option
@click.argument("class_name", metavar="CLASS")
@click.argument("names", nargs=-1)
@click.option("--every", is_flag=True, help="Nobody in particular: every teacher has it.")
def teachers(home: Path, class_name: str, names: tuple[str, ...], *, every: bool) -> None:
    """Say who teaches a class; without names it only tells.

    Example: darasa people teachers 5B "Ms. Otieno" "Mr. Mwangi"
    """
    wanted = list(names) if names or every else None
    done = on_node(home, "class-teachers", {"class": class_name, "names": wanted})
    who = ", ".join(done["teachers"]) or "every teacher"
    click.echo(f"{done['class']}: {who}.")


@click.command("hand-over")
@home_option
@click.argument("leaving", metavar="FROM")
@click.argument("to", required=False)
@click.option("--class", "classes", multiple=True, help="Only this class; may be said again.")
@click.option("--end", is_flag=True, help="FROM signs in no longer.")
def hand_over(
    home: Path, leaving: str, to: str | None, classes: tuple[str, ...], *, end: bool
) -> None:
    """Hand classes over from one teacher to another; all of them when none is named.

    Example: darasa people hand-over "Ms. Otieno" "Mr. Mwangi" --class 5B --end
    """
    args = {"from": leaving, "to": to, "classes": list(classes), "end": end}
    done = on_node(home, "hand-over", args)
    if done["classes"]:
        click.echo(f"{', '.join(done['classes'])}: from {done['from']} to {done['to']}.")
    if done["ended"]:
        click.echo(f"{done['from']} signs in here no longer. What was written keeps the name.")


@click.command("share-classes")
@home_option
@click.argument("shared", metavar="on|off", type=click.Choice(["on", "off"]))
def share_classes(home: Path, shared: str) -> None:
    """Let teachers look at classes that are not theirs, or not.

    Example: darasa people share-classes on
    """
    done = on_node(home, "share-classes", {"shared": shared == "on"})
    words = "may look at every class" if done["shares"] else "see only their own classes"
    click.echo(f"Teachers {words} now.")


@click.command("let-back")
@home_option
@click.argument("name")
def let_back(home: Path, name: str) -> None:
    """Let somebody whose sign-in was ended sign in again, with the same passphrase.

    Example: darasa people let-back "Ms. Otieno"
    """
    click.echo(f"{on_node(home, 'teacher-back', {'name': name})['name']} signs in here again.")


STAFF_COMMANDS: Final = (staff, teachers, hand_over, share_classes, let_back)
