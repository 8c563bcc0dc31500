"""`darasa report groups|skill|changes`: what a class's teacher can know, as text or data."""

from pathlib import Path
from typing import Any

import click

from darasa.cli.options import classroom_at, home_option, print_json
from darasa.cli.report_tables import csv_of, form_option, print_table

_BY = ("need", "mixed", "interest", "free")


@click.command("groups")
@home_option
@click.option("--class", "class_name", required=True, help="Which class.")
@click.option("--by", type=click.Choice(_BY), default="need", show_default=True)
@click.option("--most", default=5, show_default=True, type=click.IntRange(3, 12), help="A group.")
@click.option("--again", default=0, type=click.IntRange(0, 1_000), help="Other groups: 1, 2 …")
@form_option
def report_groups(
    *, home: Path, class_name: str, by: str, most: int, again: int, form: str
) -> None:
    """Suggest groups, each with its reason. Only reads; the same all day.

    Example: darasa report groups --class 5B --by need
    """
    from darasa.learning.planning.groups import By
    from darasa.learning.reports.class_groups import class_groups

    with classroom_at(home, writable=False) as room:
        class_id = room.people.find_class(class_name).record_id
        made = class_groups(room, class_id, By(by), most=most, again=again)
    groups = [(each.name, each.reason, each.learners) for each in made.groups]
    if form == "json":
        print_json(
            {
                "class": made.record.name,
                "by": by,
                "groups": [
                    {"name": name, "reason": reason, "learners": [_person(who) for who in learners]}
                    for name, reason, learners in groups
                ],
                "left": [{**_person(who), "reason": reason} for who, reason in made.left],
            }
        )
    elif form == "csv":
        rows = [[name, who.name, why] for name, why, learners in groups for who in learners]
        rows += [["", who.name, why] for who, why in made.left]
        click.echo(csv_of([["group", "name", "reason"], *rows]), nl=False)
    else:
        for name, reason, learners in groups:
            click.echo(f"{name}: {', '.join(who.name for who in learners)}\n  {reason}")
        for who, reason in made.left:
            click.echo(f"{who.name}: {reason}")


def _person(who: Any) -> dict[str, str]:
    return {"id": who.learner_id.hex(), "name": who.name}


@click.command("skill")
@home_option
@click.argument("name")
@click.option("--class", "class_name", help="Which class; the whole school when left out.")
@form_option
def report_skill(home: Path, name: str, class_name: str | None, form: str) -> None:
    """One skill: states, common wrong answers, and figures of its items. Names nobody. Only reads.

    Over the school nothing is told of fewer than ten learners.

    Example: darasa report skill "Add fractions" --class 5B
    """
    from darasa.learning.reports.finding_skills import find_skill
    from darasa.learning.reports.skill_figures import (
        ITEM_COLUMNS,
        SHORT_COLUMNS,
        item_row,
        short_row,
        skill_figures,
        skill_lines,
    )
    from darasa.learning.reports.skill_report import skill_report

    with classroom_at(home, writable=False) as room:
        titles = list(room.course_book().course.titles.items())
        class_id = None if class_name is None else room.people.find_class(class_name).record_id
        told = skill_report(room, find_skill(titles, name), class_id=class_id)
    items = [] if told.statistics is None else [item_row(each) for each in told.statistics.items]
    if form == "json":
        print_json(skill_figures(told))
    elif form == "csv":
        click.echo(csv_of([list(ITEM_COLUMNS), *items]), nl=False)
    else:
        for line in skill_lines(told):
            click.echo(line)
        if told.statistics is not None:
            click.echo("")
            print_table(SHORT_COLUMNS, [short_row(each) for each in told.statistics.items])


@click.command("changes")
@home_option
@click.option("--class", "class_name", required=True, help="Which class.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 366))
@form_option
def report_changes(*, home: Path, class_name: str, days: int, form: str) -> None:
    """What changed since last week: states, recovery, strengths, and what was not met. Only reads.

    Example: darasa report changes --class 5B --days 7
    """
    from darasa.learning.reports import changes_figures as plain
    from darasa.learning.reports.changes import class_changes

    with classroom_at(home, writable=False) as room:
        told = class_changes(room, room.people.find_class(class_name).record_id, days=days)
    if form == "json":
        print_json(plain.changes_figures(told, days=days))
    elif form == "csv":
        click.echo(csv_of([list(plain.COLUMNS), *plain.changes_rows(told)]), nl=False)
    else:
        for line in plain.changes_lines(told, days=days):
            click.echo(line)
        click.echo("")
        print_table(plain.SKILL_COLUMNS, plain.skill_rows(told))


@click.command("items")
@home_option
@click.option("--class", "class_name", help="Which class; the whole school when left out.")
@form_option
def report_items(home: Path, class_name: str | None, form: str) -> None:
    """Items that look wrong: far harder than their difficulty, or no easier for who knows more.

    A hint to look at them, and to withdraw what is wrong. Only reads.

    Example: darasa report items
    """
    from darasa.learning.reports.skill_figures import (
        ITEM_COLUMNS,
        item_figures,
        item_row,
        short_row,
    )
    from darasa.learning.reports.skill_report import doubtful_items

    with classroom_at(home, writable=False) as room:
        class_id = None if class_name is None else room.people.find_class(class_name).record_id
        told = doubtful_items(room, class_id=class_id)
    if form == "json":
        figures = [item_figures(each) for each in told.items]
        print_json({"class": class_name, "looked_at": told.looked_at, "items": figures})
    elif form == "csv":
        rows = [item_row(each) for each in told.items]
        click.echo(csv_of([list(ITEM_COLUMNS), *rows]), nl=False)
    else:
        for each in told.items:
            _item, learners, right, expected, _seconds, why = short_row(each)
            click.echo(f"{'/'.join(each.key)}: {right} right where {expected} were expected.")
            click.echo(f"  {learners} learners. {why}")
        click.echo(f"{len(told.items)} of {told.looked_at} items with answers enough look wrong.")
