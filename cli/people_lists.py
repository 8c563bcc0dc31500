"""`darasa people …` for classes and class lists: what the People page does, at the keyboard."""

from pathlib import Path
from typing import Any, Final

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import home_option, on_node, print_json, read_node


@click.command("list")
@home_option
@click.option("--class", "class_name", help="Only this class.")
@click.option("--json", "as_json", is_flag=True)
def list_(home: Path, class_name: str | None, *, as_json: bool) -> None:
    """The classes and who is on their lists. Only reads.

    Example: darasa people list --class 5B
    """
    told = read_node(home, "list-people", {"class": class_name})
    if as_json:
        print_json(told)
        return
    for each in told["learners"]:
        click.echo(f"{', '.join(each['classes']):<12} {each['number']:<8} {each['name']}".rstrip())
    for each in told["off"]:
        click.echo(f"{'(off)':<12} {each['number']:<8} {each['name']}")
    empty = [name for name in told["classes"] if not told["learners"]]
    if empty and not class_name:
        click.echo(f"Nobody is on a list yet. Classes: {', '.join(empty)}")
    if told["closed"]:
        click.echo(f"Closed classes: {', '.join(told['closed'])}")


@click.command("add-class")
@home_option
@click.argument("name")
def add_class(home: Path, name: str) -> None:
    """Make a class.

    Example: darasa people add-class 5B
    """
    click.echo(f"Class {on_node(home, 'add-class', {'name': name})['class']} is on the list.")


@click.command("rename-class")
@home_option
@click.argument("name")
@click.argument("to")
def rename_class(home: Path, name: str, to: str) -> None:
    """Give a class another name.

    Example: darasa people rename-class 5B "5 Blue"
    """
    done = on_node(home, "rename-class", {"name": name, "to": to})
    click.echo(f"{done['was']} is called {done['class']} now.")


@click.command("close-class")
@home_option
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open a closed class again.")
def close_class(home: Path, name: str, *, undo: bool) -> None:
    """Take a class off the lists. Its learners and their work stay.

    Example: darasa people close-class 5B
    """
    done = on_node(home, "reopen-class" if undo else "close-class", {"name": name})
    words = "is on the list again" if undo else "is closed. Its learners and their work stay"
    click.echo(f"{done['class']} {words}.")


@click.command("add")
@home_option
@click.argument("class_name", metavar="CLASS")
@click.argument("names", nargs=-1)
@click.option("--number", default="", help="The register number; for one name.")
@click.option("--from", "file", type=click.File("rb"), help="Names, one a line; - is the keyboard.")
@click.option("--another", is_flag=True, help="Yes, another child of such a name.")
@click.option("--json", "as_json", is_flag=True)
def add(
    home: Path, class_name: str, names: tuple[str, ...], *, number: str, file: Any, **flags: bool
) -> None:
    """Add learners to a class, and print their first PINs once.

    Example: darasa people add 5B "Neema Paul" "Asha Mwangi"
    """
    lines = _lines_of(file) if file else []
    split = [line.replace("\t", ";").partition(";") for line in lines if line]
    learners = [[name, ""] for name in names] + [[name, after] for name, _, after in split]
    if number and len(learners) != 1:
        raise click.UsageError("--number goes with one name.")
    if not learners:
        raise click.UsageError("Give at least one name, or --from FILE.")
    if number:
        learners[0][1] = number
    args = {"class": class_name, "learners": learners, "another": flags["another"]}
    done = on_node(home, "add-learners", args)
    if flags["as_json"]:
        print_json(done)
        return
    for each in done["learners"]:
        click.echo(f"{each['number']:<8} {each['pin']}   {each['name']}")
    click.echo("Their PINs are shown only now. Write them down.")


def _lines_of(file: Any) -> list[str]:
    """The lines of a list of names, in any encoding that editors save. Raises CommandError."""
    from darasa.learning.rosters.table import BYTES_MAX, TableError, read_text

    try:
        text, _ = read_text(file.read(BYTES_MAX + 1))
    except TableError as error:
        raise CommandError(f"{file.name}: {error}", Exit.BAD_INPUT) from error
    return [line.strip() for line in text.splitlines()]


@click.command("rename")
@home_option
@click.argument("name")
@click.argument("to")
def rename(home: Path, name: str, to: str) -> None:
    """Give a learner another name. The work stays as it is.

    Example: darasa people rename "Amina Kazungo" "Amina Kazungu"
    """
    done = _change(home, name, "rename", to)
    click.echo(f"{done['name']} is called {done['to']} now.")


@click.command("number")
@home_option
@click.argument("name")
@click.argument("number")
def number_(home: Path, name: str, number: str) -> None:
    """Set a learner's register number; "" for none.

    Example: darasa people number "Amina Kazungu" 17
    """
    done = _change(home, name, "number", number)
    click.echo(f"{done['name']}: {done['to'] or 'no number'}.")


@click.command("move")
@home_option
@click.argument("name")
@click.argument("class_name", metavar="CLASS")
@click.option("--also", "how", flag_value="also", help="Add to this class; the others stay.")
@click.option("--out", "how", flag_value="out", help="Only out of this class.")
def move(home: Path, name: str, class_name: str, *, how: str | None) -> None:
    """Put a learner into a class and out of all others.

    Example: darasa people move "Amina Kazungu" 6A
    """
    done = _change(home, name, how or "move", class_name)
    words = {"also": "is in {to} too", "out": "is out of {to}"}.get(how or "", "is in {to} now")
    click.echo(f"{done['name']} {words.format(to=done['to'])}.")


@click.command("off")
@home_option
@click.argument("name")
def off(home: Path, name: str) -> None:
    """Take a learner off the lists. The work is kept.

    Example: darasa people off "Amina Kazungu"
    """
    click.echo(f"{_change(home, name, 'off')['name']} is off the lists. All work is kept.")


@click.command("back")
@home_option
@click.argument("name")
@click.option("--class", "class_name", help="Into this class; else the one of before.")
def back(home: Path, name: str, class_name: str | None) -> None:
    """Put a learner back on the lists.

    Example: darasa people back "Amina Kazungu" --class 6A
    """
    click.echo(f"{_change(home, name, 'back', class_name)['name']} is on the list again.")


@click.command("newcomers")
@home_option
@click.option("--json", "as_json", is_flag=True)
def newcomers(home: Path, *, as_json: bool) -> None:
    """Who began at a computer and is on no list yet. Only reads.

    Example: darasa people newcomers
    """
    told = read_node(home, "newcomers", {})
    if as_json:
        print_json(told)
        return
    for each in told["newcomers"]:
        at = ", ".join(each["at"]) or "a computer"
        click.echo(f"{each['id'][:8]}  {each['name']}  at {at}, {each['answers']} answers")
    if not told["newcomers"]:
        click.echo("Everybody is on a list.")


@click.command("take-in")
@home_option
@click.argument("name")
@click.argument("class_name", metavar="CLASS", required=False)
@click.option("--as", "as_name", help="The whole name.")
@click.option("--number", default="", help="The register number.")
@click.option("--same", help="The same as this learner, who is on a list already.")
def take_in(
    home: Path, name: str, class_name: str | None, *, as_name: str | None, number: str,
    same: str | None,
) -> None:  # fmt: skip
    """Put somebody who began at a computer on the list of a class; all their work counts.

    Example: darasa people take-in "Asha M." 5B --as "Asha Mwangi"
    """
    if (class_name is None) == (same is None):
        raise click.UsageError("Give a class, or --same LEARNER.")
    args = {"name": name, "class": class_name, "as": as_name, "number": number, "same": same}
    done = on_node(home, "take-in", args)
    if same is not None:
        click.echo(f"The work of {done['name']} counts for {done['same']} now.")
        return
    click.echo(f"{done['name']} is on the list of {done['class']}. First PIN:  {done['pin']}")
    click.echo("It is shown only now. Write it down.")


@click.command("cards")
@home_option
@click.option("--class", "class_name", required=True, help="Whose cards.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
def cards(home: Path, class_name: str, out: Path) -> None:
    """Write the sign-in cards of a class as an HTML file to print on A4 and cut.

    Example: darasa people cards --class 5B --out cards.html
    """
    from darasa.content_packs.safe_text import safe_line
    from darasa.learning.signing_in.cards import Card
    from darasa.server.pages.cards import cards_file
    from darasa.sync.home_files import speaking, write_whole
    from darasa.sync.ids import LearnerId

    done = on_node(home, "sign-in-cards", {"class": class_name})
    found = [
        Card(
            LearnerId(bytes.fromhex(each["id"])),
            safe_line(each["name"]),
            safe_line(each["shown"]),
            safe_line(done["class"]),
            each["number"],
            each["secret"],
            pictures=each["pictures"],
        )
        for each in done["cards"]
    ]
    with speaking(out.parent, "written"):
        write_whole(out, cards_file(done["school"], done["class"], found).encode())
    known = sum(bool(each.secret) for each in found)
    click.echo(f"{len(found)} cards in {out}, {known} with a first PIN.")
    if known:
        click.echo("Anyone who has the file can read them. Print it, then delete it.")


def _change(home: Path, name: str, do: str, to: str | None = None) -> dict[str, Any]:
    return on_node(home, "change-learner", {"name": name, "do": do, "to": to})


LIST_COMMANDS: Final = (
    list_, add_class, rename_class, close_class, add, rename, number_, move, off, back,
    newcomers, take_in, cards,
)  # fmt: skip
