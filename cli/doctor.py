"""`darasa doctor`: is everything fine?"""

from dataclasses import asdict
from pathlib import Path

import click

from darasa.cli.exits import Exit
from darasa.cli.options import classroom_at, home_option, print_json

_SIGNS = {"fine": "ok  ", "note": "note", "act": "ACT "}


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True)
@click.option("--repair", is_flag=True, help="Work out anew what is derived from the log.")
def doctor(home: Path, *, as_json: bool, repair: bool) -> int:
    """Look at everything and say what to do. Only reads, unless --repair is given.

    Example: darasa doctor
    """
    from darasa.learning.checkup import Health, checkup

    with classroom_at(home, writable=repair) as room:
        if repair:
            room.rebuild()
        checks = checkup(room)
    healthy = all(check.health is not Health.ACT for check in checks)
    if as_json:
        print_json({"ok": healthy, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            remedy = f"  {check.remedy}" if check.remedy else ""
            click.echo(f"{_SIGNS[check.health]}  {check.name}: {check.what}{remedy}")
    return Exit.DONE if healthy else Exit.REFUSED
