"""`darasa report`: what a teacher's page shows, as text or data."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from darasa.cli.options import classroom_at, home_option, print_json

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


@click.group()
def report() -> None:
    """What a teacher's page shows, as text or data.

    Example: darasa report class --format csv
    """


@report.command("class")
@home_option
@click.option("--class", "class_name", help="Which class; all of them when left out.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json"]),
    default="text",
    show_default=True,
)
def report_class(home: Path, class_name: str | None, form: str) -> None:
    """Each learner's skills, one line a learner. Only reads.

    Example: darasa report class --class 5B --format csv
    """
    with classroom_at(home, writable=False) as room:
        columns, rows = _table(room, class_name)
    if form == "json":
        print_json({"columns": columns, "rows": rows})
    elif form == "csv":
        click.echo(_csv([columns, *rows]), nl=False)
    else:
        _print_table(columns, rows)


def _table(room: "Classroom", class_name: str | None) -> tuple[list[str], list[list[Any]]]:
    """Headings, and a row a learner."""
    from darasa.learning.reports.class_report import class_report

    people = room.people
    classes = people.classes() if class_name is None else [people.find_class(class_name)]
    columns: list[str] = ["class", "name", "answers"]
    rows: list[list[Any]] = []
    for of_class in classes:
        told = class_report(room, of_class.record_id)
        columns[3:] = [skill.title for skill in told.skills]
        for row in told.rows:
            words = [str(standing) for standing in row.standings]
            rows.append([told.record.name, row.name, row.answers, *words])
    return columns, rows


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

    table = Table()
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)
