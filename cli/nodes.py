"""`darasa school` and `darasa hub`: make a node that serves; `school_keys` has its recovery kit."""

import os
from pathlib import Path

import click

from darasa.cli.bundled import install_bundled
from darasa.cli.options import classroom_at, home_option, name_for_people
from darasa.cli.school_keys import kit, new_key, new_tls_key, recover


@click.group()
def school() -> None:
    """Make a school server; keep and bring back its keys.

    Example: darasa school init --name "Kisima Primary"
    """


@click.group()
def hub() -> None:
    """Make a district's hub; keep and bring back its keys.

    Example: darasa hub init --name "Kisima District"
    """


school.add_command(kit)
school.add_command(recover)
school.add_command(new_key)
school.add_command(new_tls_key)
hub.add_command(kit)
hub.add_command(recover)


@school.command("init")
@home_option
@click.option(
    "--name",
    required=True,
    callback=name_for_people,
    help="The school's name, as teachers will see it.",
)
def school_init(home: Path, name: str) -> None:
    """Make this folder a school server, with the bundled courses.

    Example: darasa school init --name "Kisima Primary"
    """
    packs = init_school(home, name)
    click.echo(f"{name} is ready in {home}.")
    click.echo(f"Courses: {', '.join(packs)}.")
    click.echo('Next, a password for the first teacher:  darasa people add-teacher "Full Name"')
    click.echo("Then a class list:                       darasa roster import class.csv")
    click.echo("Then start the server:                   darasa serve")


@hub.command("init")
@home_option
@click.option("--name", required=True, callback=name_for_people, help="The district's name.")
@click.option("--database", help="A PostgreSQL address; comes with a later version.")
def hub_init(home: Path, name: str, database: str | None) -> None:
    """Make this folder a district's hub.

    Example: darasa hub init --name "Kisima District"
    """
    if database is not None:
        raise click.UsageError("This version keeps the hub in SQLite: leave out --database.")
    from darasa.sync.clock import SystemClock
    from darasa.sync.home import init_home
    from darasa.sync.ids import Role

    init_home(home, role=Role.HUB, name=name, rng=os.urandom, clock=SystemClock())
    click.echo(f"{name} is ready in {home}.")
    click.echo('Next, a password for the first officer:  darasa people add-teacher "Their Name"')
    click.echo("Then start the server:                   darasa serve")


def init_school(home: Path, name: str) -> list[str]:
    """Make a school server with the bundled courses, signed by its own key; their titles."""
    from darasa.learning.pack_delivery import publish_packs
    from darasa.sync.clock import SystemClock
    from darasa.sync.home import init_home
    from darasa.sync.ids import Role

    node = init_home(home, role=Role.SCHOOL, name=name, rng=os.urandom, clock=SystemClock())
    titles = install_bundled(node)
    with classroom_at(home, writable=True) as room:
        publish_packs(room)
    return titles
