"""`darasa mark`: what a teacher says herself of answers and skills."""

from pathlib import Path
from typing import Any, Final

import click

from darasa.cli.computers import when
from darasa.cli.options import home_option, on_node, print_json, read_node

_SKILL: Final = click.option(
    "--skill", required=True, help="Its title, the beginning of it, or its id."
)


@click.group()
def mark() -> None:
    """What a teacher says: seen on paper, a word of their own, an answer accepted, a question
    withdrawn.

    Each can be taken back, and nothing that a learner wrote is altered.

    Example: darasa mark judge "Amina Kazungu" got --skill "Add fractions"
    """


@mark.command("observe")
@home_option
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@_SKILL
@click.option("--right/--not-yet", "right", default=True, help="What was seen; right at first.")
@click.option("--oral", is_flag=True, help="Heard, and not seen on paper.")
def observe(home: Path, names: tuple[str, ...], skill: str, *, right: bool, oral: bool) -> None:
    """Note that learners did a skill on paper or aloud. One a skill a day counts.

    Example: darasa mark observe "Amina Kazungu" "Juma Ali" --skill "Add fractions"
    """
    args = {"names": list(names), "skill": skill, "right": right, "oral": oral}
    done = on_node(home, "mark-observe", args)
    word = "right" if right else "not yet"
    click.echo(f"{done['skill']}, {word}: {', '.join(done['names'])}.")


@mark.command("unobserve")
@home_option
@click.argument("name")
@click.argument("place")
def unobserve(home: Path, name: str, place: str) -> None:
    """Take back what was seen. PLACE is as `report learner --format json` has it: log:seq.

    Example: darasa mark unobserve "Amina Kazungu" 3fa91b02:17
    """
    done = on_node(home, "mark-unobserve", {"name": name, "answer": place})
    click.echo(f"Taken back for {done['name']}.")


@mark.command("judge")
@home_option
@click.argument("name")
@click.argument("word", type=click.Choice(["got", "learning", "back"]))
@_SKILL
def judge(home: Path, name: str, word: str, skill: str) -> None:
    """Say yourself where a learner is with a skill; `back` takes it back.

    It stands beside what the model says, as a teacher's word, and changes no figure.

    Example: darasa mark judge "Amina Kazungu" got --skill "Add fractions"
    """
    said = {"got": "got", "learning": "learning", "back": ""}[word]
    done = on_node(home, "mark-judge", {"name": name, "skill": skill, "word": said})
    words = {"got": "“Got it”", "learning": "“Learning”", "back": "nothing any more"}[word]
    click.echo(f"{done['name']}, {done['skill']}: a teacher says {words}.")


@mark.command("accept")
@home_option
@click.argument("name")
@click.argument("place")
@click.option("--for-all", is_flag=True, help="The same answer of everybody, now and later.")
@click.option("--not-yet", is_flag=True, help="It counts as not yet instead.")
@click.option("--back", is_flag=True, help="It counts as it did at first.")
def accept(home: Path, name: str, place: str, *, for_all: bool, not_yet: bool, back: bool) -> None:
    """Take an answer for right. PLACE is as `report learner --format json` has it: log:seq.

    Example: darasa mark accept "Amina Kazungu" 3fa91b02:17 --for-all
    """
    if back and not_yet:
        raise click.UsageError("--back and --not-yet say different things.")
    right = None if back else not not_yet
    args = {"name": name, "answer": place, "for_all": for_all, "right": right}
    done = on_node(home, "mark-accept", args)
    words = {None: "counts as it did at first", True: "counts as right", False: "counts as not yet"}
    whose = "of everybody" if for_all else f"of {done['name']}"
    click.echo(f"That answer {whose} {words[right]}.")


@mark.command("withdraw")
@home_option
@click.argument("question", metavar="PACK/QUESTION")
@click.option("--back", is_flag=True, help="Its answers count again.")
def withdraw(home: Path, question: str, *, back: bool) -> None:
    """No answer to a question counts any more, whoever gave it.

    Example: darasa mark withdraw fractions/add-7
    """
    done = on_node(home, "mark-withdraw", {"item": question, "withdrawn": not back})
    if not done["changed"]:
        click.echo(f"{done['item']}: that stands already.")
    elif back:
        click.echo(f"{done['item']}: its answers count again.")
    else:
        click.echo(f"{done['item']}: its answers are kept, and do not count.")


@mark.command("list")
@home_option
@click.option("--json", "as_json", is_flag=True)
def listed(home: Path, *, as_json: bool) -> None:
    """What teachers said of questions to all: withdrawn, and answers accepted. Only reads.

    Example: darasa mark list
    """
    told = read_node(home, "marks", {})
    if as_json:
        print_json(told)
        return
    for each in told["marks"]:
        click.echo(f"{each['item']}  {_said(each)}  {each['by']}, {when(each['when_ms'])}")
    if not told["marks"]:
        click.echo("Nothing was said of any question.")


def _said(each: dict[str, Any]) -> str:
    if each["withdrawn"]:
        return "withdrawn"
    return f"“{each['answer']}” counts as {'right' if each['right'] else 'not yet'}"
