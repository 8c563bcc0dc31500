"""One learner: where she is with each skill, and why (ux.md 8.7).

Owns: putting learning's report into words and rows. No rank, no line of a class average.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line, safe_text
from darasa.learning.reports.history import Reason, Shown
from darasa.learning.reports.reports import (
    Dated,
    EvidenceRow,
    LearnerPage,
    Rules,
    SkillEvidence,
    learner_page,
)
from darasa.learning.reports.said import Language, Said
from darasa.learning.reports.skill_answers import (
    JUDGED,
    certainty_words,
    in_thousandths,
    part_words,
)
from darasa.learning.rights import Right
from darasa.learning.signing_in.earlier_sittings import not_hers
from darasa.learning.views import EarlierSitting, GoalView, PlanKind, PlanRow
from darasa.server import reach
from darasa.server.auth import Visit, rights_in
from darasa.server.locale import _, ngettext
from darasa.server.pages.forms import frame
from darasa.server.pages.standings import STANDINGS
from darasa.server.wording import ago, day, day_and_time, day_in_words, time_of_day
from darasa.sync.ids import LearnerId

_PLANNED: Final = {
    PlanKind.CARRY_ON: _("Carry on"),
    PlanKind.REFRESH: _("Refresh"),
    PlanKind.GROUP: _("The group's"),
    PlanKind.ASSIGNED: _("Set by a teacher"),
    PlanKind.WEEK: _("The class's now"),
    PlanKind.GOAL: _("A goal"),
    PlanKind.TOPIC: _("New or under way"),
    PlanKind.HARDER: _("Something harder"),
    PlanKind.START: _("Finds a start"),
    PlanKind.REST: _("Rests until tomorrow"),
    PlanKind.CHOICE: _("Free choice"),
}
HERE: Final = Language(text=_, plural=ngettext, day=day)
"""How the pages say learning's sentences: through gettext, days as days here."""
EVIDENCE_MAX: Final = 40  # newest first; an estimate hardly moves by what is older


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One answer as a row."""

    when: str
    prompt: SafeText
    answer: SafeText
    result: str
    help: SafeText
    weight: int
    counts: SafeText
    skill: SafeText
    event: str
    query: str
    is_right: bool


def show_learner(visit: Visit) -> Response:
    """GET /learner/{pid}."""
    row = reach.learner_of(visit, visit.path["pid"])
    report = learner_page(visit.darasa.classroom, row.learner_id)
    titles = {skill.skill: skill.title for skill in report.skills}
    return visit.page(
        "learner.html",
        here="/learner",
        **frame(visit),
        pid=visit.path["pid"],
        may_act=reach.may_change(visit, row.learner_id),
        may_mark=_may_mark(visit, row.learner_id),
        name=report.learner.name,
        class_name=report.learner.class_name,
        back=f"/class?class={row.class_id.hex()}" if row.class_id else "/class",
        today=_in_a_sentence(report),
        plan=[_planned(row) for row in report.plan],
        goals=[_goal(each) for each in report.goals],
        rules=_rules(report.rules),
        not_hers=[_not_hers(each) for each in not_hers(visit.darasa.classroom, row.learner_id)],
        units=_units(report.skills),
        answers=[answer_view(each, titles) for each in report.last],
    )


def _goal(goal: GoalView) -> dict[str, Any]:
    """A goal that she set herself."""
    return {
        "words": HERE.words(goal.words),
        "until": "" if goal.until_ms is None else day_in_words(goal.until_ms),
        "got": goal.got,
        "of": goal.of,
        "is_reached": goal.is_reached,
        "is_over": not goal.is_reached and not goal.is_open,
    }


def _may_mark(visit: Visit, learner_id: LearnerId) -> bool:
    is_right = Right.EVIDENCE in rights_in(visit.darasa, visit.session)
    return is_right and reach.may_change(visit, learner_id)


def _not_hers(sitting: EarlierSitting) -> dict[str, str]:
    ended = "" if sitting.ended_ms is None else f" - {time_of_day(sitting.ended_ms)}"
    return {
        "when": day_and_time(sitting.begun_ms) + ended,
        "computer": sitting.computer or _("a computer whose name is not known"),
        "said": "" if sitting.said_ms is None else day_and_time(sitting.said_ms),
    }


def _in_a_sentence(report: LearnerPage) -> str:
    if report.last_ms is None:
        return _("No answers yet.")
    answers = ngettext("{n} answer", "{n} answers", report.answers).format(n=report.answers)
    sittings = ngettext("{n} sitting", "{n} sittings", report.sittings).format(n=report.sittings)
    return _("{answers} in {sittings}; the last one {when}.").format(
        answers=answers, sittings=sittings, when=ago(report.as_of_ms - report.last_ms)
    )


def _units(skills: Iterable[SkillEvidence]) -> list[dict[str, Any]]:
    """The skills under the headings of their units, in the order of the packs."""
    units: dict[SafeText, list[dict[str, Any]]] = {}
    for number, skill in enumerate(skills):
        units.setdefault(skill.unit, []).append(_skill(skill, number))
    return [{"title": title, "skills": views} for title, views in units.items()]


def _skill(skill: SkillEvidence, number: int) -> dict[str, Any]:
    key, sign, word = STANDINGS[skill.standing]
    return {
        "anchor": f"skill-{number + 1}",
        "title": skill.title,
        "standing": key,
        "sign": sign,
        "word": word,
        "percent": round(skill.p * 100),
        "certainty": HERE.words(certainty_words(skill.certainty)),
        "why": _paragraph(skill.answers.why),
        "got": _paragraph(skill.answers.got),
        "next": _paragraph(skill.answers.next),
        "key": "/".join(skill.skill),
        "teacher": _paragraph(skill.answers.teacher),
        "teachers": [HERE.words(JUDGED[word]) for word in _words_of(skill)],
        "sum": None if skill.reason is None else _sum(skill.reason),
        "behind": _("The figures and answers behind it: {n} count, {kept} do not").format(
            n=skill.counted, kept=len(skill.events) - skill.counted
        ),
        "shown": [_shown(each) for each in skill.shown],
        "events": [answer_view(row, {}) for row in skill.events[:EVIDENCE_MAX]],
        "older": max(0, len(skill.events) - EVIDENCE_MAX),
    }


def _words_of(skill: SkillEvidence) -> list[str]:
    """The different words of teachers that stand, the one in force first."""
    return [word for word in dict.fromkeys(each.word for each in skill.judged) if word in JUDGED]


def _paragraph(sentences: Iterable[Said]) -> SafeText:
    return HERE.paragraph(sentences)


def _sum(reason: Reason) -> dict[str, Any]:
    """The parts as shown add up to the total as shown."""
    amounts, total = in_thousandths(reason.parts)
    return {
        "parts": [
            {"name": HERE.words(part_words(part)), "amount": _signed(amount)}
            for part, amount in zip(reason.parts, amounts, strict=True)
            if part.amount_micro
        ],
        "total": _signed(total),
        "percent": round(reason.p_micro / 10_000),
        "event": _place(reason.answer.log_id.hex(), reason.answer.seq),
    }


def _shown(shown: Shown) -> str:
    """A screen that said "Got it"."""
    return _("{day}, by the rule {rule}, event {event}").format(
        day=day(shown.stored.happened_ms),
        rule=shown.rule,
        event=_place(shown.stored.log_id.hex(), shown.stored.seq),
    )


def _signed(thousandths: int) -> str:
    return f"{thousandths / 1000:+.3f}".replace("-", "\N{MINUS SIGN}")


def _planned(row: PlanRow) -> dict[str, Any]:
    return {"kind": _PLANNED[row.kind], "title": row.title, "reason": row.reason}


def _rules(rules: Rules) -> str:
    """What the estimates were worked out by."""
    return _("{model} with the parameters “{name}”; “Got it” by the rule {rule}.").format(
        model=rules.model, name=rules.parameters.name, rule=rules.mastery
    )


def _place(log: str, seq: int) -> str:
    """Where an event is: the beginning of its log's id, and its number there."""
    return f"{log[:8]}:{seq}"


def _when(row: EvidenceRow) -> str:
    """The date, with a mark where the computer's clock was wrong."""
    match row.dated:
        case Dated.RIGHT:
            return day_and_time(row.when_ms)
        case Dated.ABOUT:
            return _("about {day}; this computer's clock was wrong").format(
                day=day_in_words(row.when_ms)
            )
        case Dated.UNKNOWN:
            return _("date not known; this computer's clock was wrong")


def answer_view(row: EvidenceRow, titles: dict[Any, SafeText]) -> AnswerView:
    """An answer, or what a teacher saw, as a row."""
    result = _("right") if row.right else _("not yet")
    if row.turned is not None:
        result += " " + _("(a teacher's word)")
    if row.try_nth > 1:
        result += " " + _("(try {n})").format(n=row.try_nth)
    return AnswerView(
        when=_when(row),
        prompt=_asked(row),
        answer=safe_line(row.answer) if row.answer else SafeText(""),
        result=result,
        help=row.help,
        weight=row.weight,
        counts=SafeText(_(row.reason)),
        skill=SafeText(", ".join(titles[skill] for skill in row.skills if skill in titles)),
        event=_place(row.log, row.seq),
        query=f"log={row.log}&seq={row.seq}",
        is_right=row.right,
    )


def _asked(row: EvidenceRow) -> SafeText:
    """The question; or how a teacher saw it, and who."""
    if row.seen_by is None:
        return safe_text(row.item)
    return safe_text(_("{what} ({teacher})").format(what=_(row.item), teacher=row.seen_by))
