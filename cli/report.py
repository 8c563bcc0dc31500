"""`darasa report`: what a teacher's page shows, as text or data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from darasa.cli.options import classroom_at, home_option, print_json
from darasa.cli.report_class import report_changes, report_groups, report_items, report_skill
from darasa.cli.report_learner import report_learner
from darasa.cli.report_tables import csv_of, form_option, print_table

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


@click.group()
def report() -> None:
    """What a teacher's page shows, as text or data.

    Example: darasa report class --format csv
    """


report.add_command(report_groups)
report.add_command(report_learner)
report.add_command(report_skill)
report.add_command(report_changes)
report.add_command(report_items)


@report.command("class")
@home_option
@click.option("--class", "class_name", help="Which class; all of them when left out.")
@form_option
def report_class(home: Path, class_name: str | None, form: str) -> None:
    """Each learner's skills, one line a learner. Only reads.

    Example: darasa report class --class 5B --format csv
    """
    with classroom_at(home, writable=False) as room:
        columns, rows = _table(room, class_name)
    if form == "json":
        print_json({"columns": columns, "rows": rows})
    elif form == "csv":
        click.echo(csv_of([columns, *rows]), nl=False)
    else:
        print_table(columns, rows)


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
