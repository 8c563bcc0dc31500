"""Saying how a machine is: the lines of checks, and the question which characters it shows.

Owns: gathering what learning and the client look at, printing it, and keeping the helper's answer
in `darasa.toml`. What is looked at belongs to them.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from darasa.learning.checkup import Check
    from darasa.sync.home import Home

_COLUMNS_MAX: Final = 100
_SIGNS: Final = {"fine": "ok  ", "note": "note", "act": "ACT "}


def checks_of_machine(home: "Home") -> "list[Check]":
    """What is looked at beside the node itself; on a computer its terminal too, when it has one."""
    from darasa.learning.machine_checks import machine_checks
    from darasa.sync.ids import Role

    checks = machine_checks(home)
    if home.role is Role.COMPUTER and sys.stdout.isatty():
        from darasa.client_tui.machine_check import terminal_checks
        from darasa.client_tui.settings import settings_of

        size = shutil.get_terminal_size()
        checks += terminal_checks(
            os.environ,
            encoding=sys.stdout.encoding,
            columns=size.columns,
            rows=size.lines,
            charset=settings_of(home.config, {}).charset,
        )
    return checks


def print_checks(checks: "Sequence[Check]") -> None:
    """A line each, those that need somebody with what to do; a terminal breaks none in a word."""
    for check in checks:
        remedy = f"  {check.remedy}" if check.remedy else ""
        line = f"{_SIGNS[check.health]}  {check.name}: {check.what}{remedy}"
        if sys.stdout.isatty():
            columns = min(_COLUMNS_MAX, shutil.get_terminal_size().columns)
            line = fill(line, columns - 1, subsequent_indent=" " * 6, break_on_hyphens=False)
        click.echo(line)


def ask_characters(home: "Home") -> None:
    """Ask which characters this terminal shows, and keep the answer for this machine."""
    from darasa.client_tui.machine_check import level_said, sample_lines
    from darasa.learning.languages import folders_of, languages

    click.echo("Which of these lines look right? Each has all of the one before.")
    for line in sample_lines(row.name for row in languages(folders_of(home.path))):
        click.echo(line)
    try:
        told = click.prompt("A, B or C (Enter leaves it as it is)", default="", show_default=False)
    except click.Abort:  # whoever ends the question has joined all the same
        told = ""
    level = level_said(told)
    if level is None:
        click.echo("It stays as it is. Ask again with:  darasa doctor --characters")
        return
    _keep(home.path, level)
    click.echo(f"Kept: {level}. It counts from the next start of  darasa learn  on.")


def _keep(folder: Path, level: str) -> None:
    """Set `charset` under `[client]` in the node's file; all else in it stays."""
    import tomlkit

    from darasa.sync.home_files import CONFIG_NAME, speaking, write_whole

    file = folder / CONFIG_NAME
    with speaking(folder, "saved"):
        document = tomlkit.parse(file.read_text(encoding="utf-8"))
        table = document.setdefault("client", tomlkit.table())
        table["charset"] = str(level)
        write_whole(file, tomlkit.dumps(document).encode("utf-8"))
