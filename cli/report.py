"""`darasa report`: what a teacher's page shows, as text or data."""

import csv
import io
from pathlib import Path
from typing import Any

import click

from darasa.cli.options import classroom_at, home_option, print_json

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


@click.group()
def report() -> None:
    """What a teacher's page shows, as text or data.

    Example: darasa report class --format csv
    """


@report.command("class")
@home_option
@click.option("--class", "class_name", help="Which class; all of them when left out.")
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True
)
def report_class(home: Path, class_name: str | None, form: str) -> None:
    """Each learner's skills, one line a learner. Only reads.

    Example: darasa report class --class 5B --format csv
    """
    from darasa.learning.reports import class_report

    with classroom_at(home, writable=False) as room:
        class_id = None if class_name is None else room.people.find_class(class_name).record_id
        told = class_report(room, class_id)
    columns = ["name", "class", *(skill.title for skill in told.skills), "answers"]
    rows = [[row.name, row.class_name, *row.standings, row.attempts] for row in told.rows]
    if form == "json":
        print_json({"columns": columns, "rows": rows})
    elif form == "csv":
        click.echo(_csv([columns, *rows]), nl=False)
    else:
        _print_table(columns, rows)


def _csv(rows: list[list[Any]]) -> str:
    """RFC 4180 with a mark for spreadsheets; no cell is taken for a formula (threat-model T14)."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return "\ufeff" + out.getvalue()


def _plain(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _print_table(columns: list[str], rows: list[list[Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*(Text(column) for column in columns))
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)
