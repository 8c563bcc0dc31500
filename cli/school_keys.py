"""`darasa school kit | recover | new-key | new-tls-key`: a server's keys, on paper and new ones."""

from pathlib import Path

import click

from darasa.cli.exits import CommandError
from darasa.cli.options import classroom_at, home_option, on_node


@click.command("kit")
@home_option
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the two sheets; print them, then delete them.",
)
def kit(home: Path, out: Path) -> None:
    """Write the recovery kit: two sheets to print, useless one without the other.

    Example: darasa school kit --out /media/stick
    """
    done = on_node(home, "recovery-kit", {"out": str(out.absolute())})
    for name in done["files"]:
        click.echo(f"Written: {out / name}")
    click.echo("Print both, give them to two people, then delete the files.")
    click.echo("With both, a burnt server comes back:  darasa school recover (hub recover)")


@click.command("recover")
@home_option
@click.argument("half_1", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("half_2", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def recover(home: Path, half_1: Path, half_2: Path) -> None:
    """Bring a server back from the two sheets of its kit, typed or scanned as text.

    In a new folder: the server under its old name and keys. In its own folder: the keys it lacks.

    Example: darasa school recover half-1.txt half-2.txt
    """
    from darasa.learning.school_key import kit_of_files, note_kit_used, take_kit
    from darasa.sync.home import is_home, recovered_home

    found = kit_of_files([half_1, half_2])
    if is_home(home):
        with classroom_at(home, writable=True) as room:
            new = take_kit(room, found)
            note_kit_used(room.home, found)
        click.echo(f"{new} keys are new here.")
        return
    node = recovered_home(home, found)
    with classroom_at(home, writable=True) as room, room.store.transaction() as tx:
        tx.note_erased_unheard(has_hub=False)  # once a hub is joined, it is asked first
    note_kit_used(node, found)
    click.echo(f"{node.name} is back in {home}, with nothing in it yet.")
    click.echo("With a copy on a disk:  darasa restore FOLDER")
    click.echo("Without one join the hub again, and let those who joined meet it.")
    click.echo("Courses:  darasa pack install")


@click.command("new-key")
@home_option
def new_key(home: Path) -> None:
    """Give the school a new key for names and texts; those sealed before stay readable here.

    Example: darasa school new-key
    """
    on_node(home, "new-school-key", {})
    click.echo("The school has a new key. Computers learn it at their next contact.")
    click.echo("The old recovery kit lacks it. Make a new one:  darasa school kit --out FOLDER")


@click.command("new-tls-key")
@home_option
def new_tls_key(home: Path) -> None:
    """Give a server another key for its connections. Stop it first; start it again afterwards.

    Example: darasa school new-tls-key
    """
    from darasa.sync.home import open_home
    from darasa.sync.ids import Role

    node = open_home(home)
    if node.role is Role.COMPUTER:
        raise CommandError("A computer has no such key: only servers are connected to.")
    with node.lock():
        node.renew_channel()
    click.echo("The connections have a new key. Computers learn it by themselves.")
