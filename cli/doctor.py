"""`darasa doctor`: is everything fine?"""

import os
from dataclasses import asdict
from pathlib import Path

import click

from darasa.cli.checks import ask_characters, checks_of_machine, print_checks
from darasa.cli.exits import Exit
from darasa.cli.options import classroom_at, home_option, print_json
from darasa.sync.errors import StoreDamagedError


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--repair",
    is_flag=True,
    help="Salvage a damaged store; work out anew what is derived from the log.",
)
@click.option(
    "--characters", is_flag=True, help="Ask which characters this computer's terminal shows."
)
def doctor(home: Path, *, as_json: bool, repair: bool, characters: bool) -> int:
    """Look at everything and say what to do. Only reads, unless --repair is given.

    The machine itself too: how fast it saves, memory, its terminal, and whether its server answers.

    Example: darasa doctor
    """
    from darasa.learning.checkup import Health, checkup, checkup_of_damaged

    if characters:
        return _ask_characters(home)
    try:
        if repair:
            _salvage(home)
        with classroom_at(home, writable=repair) as room:
            if repair:
                room.rebuild()
            checks, is_damaged = [*checkup(room), *checks_of_machine(room.home)], False
    except StoreDamagedError as error:
        checks, is_damaged = [checkup_of_damaged(error)], True
    healthy = all(check.health is not Health.ACT for check in checks)
    if as_json:
        print_json({"ok": healthy, "checks": [asdict(check) for check in checks]})
    else:
        print_checks(checks)
    if is_damaged:
        return Exit.DAMAGED
    return Exit.DONE if healthy else Exit.REFUSED


def _ask_characters(path: Path) -> int:
    from darasa.sync.home import open_home
    from darasa.sync.ids import Role

    ask_characters(open_home(path, expect=Role.COMPUTER))
    return Exit.DONE


def _salvage(path: Path) -> None:
    """Look over the whole store, each event too; set it aside and salvage it if it is damaged."""
    from darasa.sync.clock import SystemClock
    from darasa.sync.home import open_home
    from darasa.sync.ids import Role
    from darasa.sync.newest_copy import newest_copy
    from darasa.sync.rescue import repair

    home = open_home(path)
    with home.lock():
        hub = home.node_id if home.role is Role.HUB else None
        done = repair(
            home.store_path,
            rng=os.urandom,
            now_ms=SystemClock().wall_ms(),
            hub=hub,
            copy=lambda: newest_copy(home, os.urandom),
        )
    if done is not None:
        click.echo(done.sentence, err=True)
