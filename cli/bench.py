"""`darasa bench`: measure the budgets. The benches live beside the sources, not in the wheel."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from darasa.cli.budgets import print_table
from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import print_json

ALL = "all"
LONG = {"proofs"}
"""Not among all of them: an hour or two."""


def _folder() -> Path:
    import darasa.cli

    return Path(next(iter(darasa.cli.__path__))).parent / "bench"


@click.command()
@click.argument("name", default=ALL)
@click.option("--json", "as_json", is_flag=True)
def bench(name: str, *, as_json: bool) -> int:
    """Measure the budgets of one bench, or of all but `proofs`.

    Example: darasa bench client
    """
    files = {file.stem: file for file in sorted(_folder().glob("[a-z]*.py"))}
    if not files:
        raise CommandError("The benches are in the source checkout, not here.", Exit.NOT_FOUND)
    if name != ALL and name not in files:
        raise click.UsageError(f"There is no bench {name!r}. There are: {', '.join(files)}, all.")
    rows: list[dict[str, Any]] = []
    for file in [files[each] for each in files.keys() - LONG] if name == ALL else [files[name]]:
        done = subprocess.run([sys.executable, str(file)], stdout=subprocess.PIPE, check=False)
        if done.returncode:
            raise CommandError(f"The bench {file.stem} stopped with {done.returncode}.")
        rows += json.loads(done.stdout)
    if as_json:
        print_json({"machine": _machine(), "rows": rows})
    else:
        print_table(rows)
    return Exit.DONE if all(row["pass"] is not False for row in rows) else Exit.REFUSED


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
