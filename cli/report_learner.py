"""`darasa report learner`: one child's skills, and a teacher's three questions about each."""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Final

import click

from darasa.cli.computers import when
from darasa.cli.options import classroom_at, home_option, print_json
from darasa.cli.report_tables import csv_of, form_option

if TYPE_CHECKING:
    from darasa.learning.reports.learner_report import EvidenceRow, LearnerPage, SkillEvidence
    from darasa.learning.views import GoalView

_SIGNS: Final = {
    "later": "-", "ready": "o", "learning": "~", "got": "+", "kept": "*", "refresh": "!",
}  # fmt: skip
_WIDTH: Final = 96
_ANSWERS_MAX: Final = 10  # of each skill, the newest; the other formats have all


@click.command("learner")
@home_option
@click.argument("name")
@click.option("--skill", "wanted", help="One skill: its title, the beginning of it, or its id.")
@form_option
def report_learner(home: Path, name: str, wanted: str | None, form: str) -> None:
    """Why a child is at this state, what would make it Got it, and what to do next. Only reads.

    With --skill: three short paragraphs. JSON has all figures, the sum and every answer; CSV has a
    row a skill, or with --skill a row an answer.

    Example: darasa report learner "Amina Kazungu" --skill "Add fractions"
    """
    from darasa.learning.reports import learner_figures as plain
    from darasa.learning.reports.finding_skills import find_skill
    from darasa.learning.reports.reports import learner_page

    with classroom_at(home, writable=False) as room:
        page = learner_page(room, room.people.find(name).learner_id)
    skill: SkillEvidence | None = None
    if wanted is not None:
        key = find_skill([(each.skill, each.title) for each in page.skills], wanted)
        skill = next(each for each in page.skills if each.skill == key)
    if form == "json":
        told = plain.figures(page)
        if skill is not None:
            told["skills"] = [plain.skill_figures(skill)]
        print_json(told)
    elif form == "csv" and skill is not None:
        rows = [list(plain.answer_figures(row).values()) for row in skill.events]
        click.echo(csv_of([list(plain.ANSWER_COLUMNS), *rows]), nl=False)
    elif form == "csv":
        rows = [plain.skill_row(each) for each in page.skills]
        click.echo(csv_of([list(plain.COLUMNS), *rows]), nl=False)
    elif skill is not None:
        _print_answers(page, skill)
    else:
        _print_page(page)


def _print_answers(page: "LearnerPage", skill: "SkillEvidence") -> None:
    """Three paragraphs to read aloud."""
    from darasa.learning.reports.said import ENGLISH

    answers = skill.answers
    click.echo(f"{page.learner.name}: {skill.title}")
    if answers.teacher:
        click.echo(f"\n{_wrapped(ENGLISH.paragraph(answers.teacher))}")
    for question, sentences in (
        ("Why?", answers.why),
        ("What would make it Got it?", answers.got),
        ("What should come next?", answers.next),
    ):
        click.echo(f"\n{_wrapped(f'{question} {ENGLISH.paragraph(sentences)}')}")
    first = _first(page)
    if first:
        click.echo(_wrapped(first))


def _print_page(page: "LearnerPage") -> None:
    """Every skill that she has begun with its sum and its answers; of the others a line."""
    from darasa.learning.reports.said import ENGLISH
    from darasa.learning.reports.skill_answers import certainty_words

    learner = page.learner
    of_class = f", {learner.class_name}" if learner.class_name else ""
    click.echo(f"{learner.name}{of_class}")
    click.echo(_wrapped(_first(page) or "There is nothing to practise here."))
    for goal in page.goals:
        click.echo(_wrapped(_goal(goal)))
    unit = ""
    for skill in page.skills:
        if skill.unit != unit:
            unit = skill.unit
            click.echo(f"\n{unit}")
        sign, state = _SIGNS[skill.standing], str(skill.standing)
        if not skill.events:
            click.echo(f"  {sign} {state:<9}{skill.title}")
            continue
        sure = ENGLISH.words(certainty_words(skill.certainty))
        click.echo(f"  {sign} {state:<9}{skill.title}   {skill.p:.0%}, {sure}")
        for told in (
            *([ENGLISH.paragraph(skill.answers.teacher)] if skill.answers.teacher else []),
            ENGLISH.paragraph(skill.answers.why),
            _sum(skill),
            f"Got it: {ENGLISH.paragraph(skill.answers.got)}",
            f"Next: {ENGLISH.paragraph(skill.answers.next)}",
        ):
            click.echo(_wrapped(told, indent="      "))
        for row in skill.events[:_ANSWERS_MAX]:
            click.echo(_wrapped(_answer(row), indent="      ", more="          "))
        older = len(skill.events) - _ANSWERS_MAX
        if older > 0:
            click.echo(f"      {older} older answers:  --skill {skill.skill[1]} --format csv")
    rules = page.rules
    click.echo(
        f"\nWorked out by {rules.model} with {rules.parameters.name};"
        f" “Got it” by the rule {rules.mastery}."
    )


def _wrapped(text: str, *, indent: str = "", more: str = "") -> str:
    return fill(text, _WIDTH, initial_indent=indent, subsequent_indent=more or indent)


def _answer(row: "EvidenceRow") -> str:
    """One answer, what it weighs and why."""
    result = "right" if row.right else "not yet"
    asked = f"{row.item}  {row.answer}".rstrip()
    place = f"{row.log[:8]}:{row.seq}"
    return f"{when(row.when_ms)}  {result}, weight {row.weight}. {row.reason} {asked}  [{place}]"


def _first(page: "LearnerPage") -> str:
    """The top of her plan, in the words that she reads herself."""
    if not page.plan:
        return ""
    row = page.plan[0]
    return f"The plan begins with: {row.title}. The learner reads: “{row.reason}”"


def _goal(goal: "GoalView") -> str:
    """A goal that she set herself, and how far it is."""
    from darasa.learning.planning.day_ends import day_of
    from darasa.learning.reports.said import ENGLISH

    until = "" if goal.until_ms is None else f", by {day_of(goal.until_ms)}"
    reached = " Reached." if goal.is_reached else ""
    return f"Own goal: {ENGLISH.words(goal.words)}{until}: {goal.got} of {goal.of}.{reached}"


def _sum(skill: "SkillEvidence") -> str:
    """The sum, in thousandths that add up."""
    from darasa.learning.reports.said import ENGLISH
    from darasa.learning.reports.skill_answers import in_thousandths, part_words

    if skill.reason is None:
        return "There is no sum: no answer counted."
    amounts, total = in_thousandths(skill.reason.parts)
    terms = [
        f"{ENGLISH.words(part_words(part))} {amount / 1000:+.3f}"
        for part, amount in zip(skill.reason.parts, amounts, strict=True)
        if part.amount_micro
    ]
    return f"The sum: {', '.join(terms)} = {total / 1000:+.3f}, which is {skill.p:.0%}."
