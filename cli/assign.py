"""`darasa assign`: what is set for a class or some of its learners."""

from pathlib import Path
from typing import Any

import click

from darasa.cli.options import home_option, on_node, print_json, read_node


@click.group()
def assign() -> None:
    """Set skills for a class, or for some of its learners, until a day.

    It is a line of their plan until all of it is got, or the day is over.

    Example: darasa assign set 5B --skill "Add fractions" --until 2027-01-31
    """


@assign.command("set")
@home_option
@click.argument("class_name", metavar="CLASS")
@click.option("--skill", "skills", multiple=True, help="Its title, a beginning of it, or its id.")
@click.option("--unit", "units", multiple=True, help="All skills of a unit, by its title.")
@click.option("--for", "names", multiple=True, metavar="NAME", help="These learners only.")
@click.option("--until", metavar="DAY", help="The last day, as 2027-01-31.")
@click.option("--title", default="", help="What it is called; learners read it.")
def set_skills(
    home: Path,
    *,
    class_name: str,
    skills: tuple[str, ...],
    units: tuple[str, ...],
    names: tuple[str, ...],
    until: str | None,
    title: str,
) -> None:
    """Set skills for all of a class, or for those who are named.

    Example: darasa assign set 5B --unit "Fractions" --for "Amina Kazungu" --for "Juma Ali"
    """
    args = {
        "class": class_name,
        "skills": list(skills),
        "units": list(units),
        "names": list(names),
        "until": until,
        "title": title,
    }
    done = on_node(home, "assign-set", args)
    click.echo(_line(done))


@assign.command("list")
@home_option
@click.option("--class", "class_name", metavar="CLASS", help="Of this class only.")
@click.option("--json", "as_json", is_flag=True)
def listed(home: Path, class_name: str | None, *, as_json: bool) -> None:
    """What is set now, and how many have got it. Only reads.

    Example: darasa assign list --class 5B
    """
    told = read_node(home, "assign-list", {"class": class_name})
    if as_json:
        print_json(told)
        return
    for each in told["assignments"]:
        click.echo(_line(each))
        for skill in each["skills"]:
            click.echo(f"    {skill['title']}: {skill['got']} of {len(each['learners'])}")
    if not told["assignments"]:
        click.echo("Nothing is set.")


@assign.command("end")
@home_option
@click.argument("class_name", metavar="CLASS")
@click.argument("what")
def end(home: Path, class_name: str, what: str) -> None:
    """Set it no longer. WHAT is its title, or its mark in `assign list`.

    Example: darasa assign end 5B "Market week"
    """
    done = on_node(home, "assign-end", {"class": class_name, "what": what})
    click.echo(f"{done['title']} is set no longer for {done['class']}.")


def _line(each: dict[str, Any]) -> str:
    """One thing that is set, in a line."""
    whom = f"all of {each['class']}" if each["for_all"] else ", ".join(each["learners"]) or "nobody"
    until = f", until {each['until']}" if each["until"] else ""
    over = " (its time is over)" if each["is_over"] else ""
    got = f"{each['got']} of {len(each['learners'])} have got it"
    return f"{each['mark']}  {each['title']}, for {whom}{until}{over}: {got}. By {each['by']}."
