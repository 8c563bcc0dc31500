"""`darasa doctor`: is everything fine?"""

import os
from dataclasses import asdict
from pathlib import Path

import click

from darasa.cli.exits import Exit
from darasa.cli.options import classroom_at, home_option, print_json
from darasa.sync.errors import StoreDamagedError

_SIGNS = {"fine": "ok  ", "note": "note", "act": "ACT "}


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--repair",
    is_flag=True,
    help="Salvage a damaged store; work out anew what is derived from the log.",
)
def doctor(home: Path, *, as_json: bool, repair: bool) -> int:
    """Look at everything and say what to do. Only reads, unless --repair is given.

    Example: darasa doctor
    """
    from darasa.learning.checkup import Health, checkup, checkup_of_damaged

    try:
        if repair:
            _salvage(home)
        with classroom_at(home, writable=repair) as room:
            if repair:
                room.rebuild()
            checks, is_damaged = checkup(room), False
    except StoreDamagedError as error:
        checks, is_damaged = [checkup_of_damaged(error)], True
    healthy = all(check.health is not Health.ACT for check in checks)
    if as_json:
        print_json({"ok": healthy, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            remedy = f"  {check.remedy}" if check.remedy else ""
            click.echo(f"{_SIGNS[check.health]}  {check.name}: {check.what}{remedy}")
    if is_damaged:
        return Exit.DAMAGED
    return Exit.DONE if healthy else Exit.REFUSED


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
