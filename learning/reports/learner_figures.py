"""A learner's page as plain values, for files and programs.

Owns: the names of the fields, which `docs/commands.md` tells. Logits and probabilities are numbers
in units of 1; every sum of parts is exact in units of 1e-6, and so are the numbers given here.
"""

from typing import Any, Final

from darasa.learning.mastery.base import MICRO
from darasa.learning.planning.mastery_rule import Condition, Lack
from darasa.learning.reports.evidence_rows import EvidenceRow
from darasa.learning.reports.history import Reason
from darasa.learning.reports.learner_report import LearnerPage, SkillEvidence
from darasa.learning.reports.said import ENGLISH
from darasa.learning.views import GoalView, PlanRow

COLUMNS: Final = (
    "pack", "skill", "title", "unit", "state", "certainty", "p", "logit", "counted",
    "not_counted", "rights_needed", "why", "got", "next",
)  # fmt: skip
"""Of the table with a row a skill."""

ANSWER_COLUMNS: Final = (
    "when_ms", "item", "question", "answer", "right", "try", "help", "weight", "why", "reason",
    "log", "seq",
)  # fmt: skip
"""Of the table with a row an answer."""


def figures(page: LearnerPage) -> dict[str, Any]:
    """Everything that the page rests on."""
    rules = page.rules
    return {
        "learner": {
            "id": page.learner.learner_id.hex(),
            "name": page.learner.name,
            "class": page.learner.class_name,
        },
        "as_of_ms": page.as_of_ms,
        "answers": page.answers,
        "sittings": page.sittings,
        "rules": {
            "fold": rules.fold,
            "mastery": rules.mastery,
            "model": rules.model,
            "parameters": {
                "name": rules.parameters.name,
                "version": rules.parameters.version,
                "mode": rules.parameters.mode,
                "source": rules.parameters.source,
            },
        },
        "plan": [_plan_row(row) for row in page.plan],
        "goals": [_goal(each) for each in page.goals],
        "skills": [skill_figures(skill) for skill in page.skills],
    }


def _goal(goal: GoalView) -> dict[str, Any]:
    """A goal of hers; `until_ms` is the end of its day, null for no day."""
    return {
        "goal": ENGLISH.words(goal.words),
        "got": goal.got,
        "of": goal.of,
        "until_ms": goal.until_ms,
        "reached": goal.is_reached,
    }


def skill_figures(skill: SkillEvidence) -> dict[str, Any]:
    """One skill: the state, its sum, the three answers, and every answer behind it."""
    answers = skill.answers
    return {
        "pack": skill.skill[0],
        "skill": skill.skill[1],
        "title": skill.title,
        "unit": skill.unit,
        "state": str(skill.standing),
        "state_is_a_teachers": skill.is_judged,
        "certainty": skill.certainty,
        "p": skill.p,
        "reason": None if skill.reason is None else _reason(skill.reason),
        "teachers": {
            "words": [
                {"state": each.word, "by": each.by and each.by.hex(), "when_ms": each.ms}
                for each in skill.judged
            ],
            "sentences": [ENGLISH.words(each) for each in answers.teacher],
        },
        "why": [ENGLISH.words(each) for each in answers.why],
        "got": {
            "rights_needed": skill.way.rights,
            "p_then": skill.way.p_micro / MICRO,
            "missing": [_lack(lack) for lack in skill.way.lacks],
            "sentences": [ENGLISH.words(each) for each in answers.got],
        },
        "next": {
            "question": None if skill.next_question is None else skill.next_question.prompt,
            "p": None if skill.next_question is None else skill.next_question.p_micro / MICRO,
            "sentences": [ENGLISH.words(each) for each in answers.next],
        },
        "shown": [
            {
                "when_ms": each.stored.happened_ms,
                "rule": each.rule,
                "log": each.stored.log_id.hex(),
                "seq": each.stored.seq,
            }
            for each in skill.shown
        ],
        "answers": [answer_figures(row) for row in skill.events],
    }


def answer_figures(row: EvidenceRow) -> dict[str, Any]:
    """One answer, with whether it counts and why."""
    return {
        "when_ms": row.when_ms,
        "item": "/".join(row.item_key),
        "question": row.item,
        "answer": row.answer,
        "right": row.right,
        "try": row.try_nth,
        "help": row.help,
        "weight": row.weight,
        "why": str(row.why),
        "reason": row.reason,
        "log": row.log,
        "seq": row.seq,
    }


def skill_row(skill: SkillEvidence) -> list[Any]:
    """One skill under COLUMNS."""
    return [
        *skill.skill,
        skill.title,
        skill.unit,
        str(skill.standing),
        skill.certainty,
        skill.p,
        "" if skill.reason is None else skill.reason.logit_micro / MICRO,
        skill.counted,
        len(skill.events) - skill.counted,
        "" if skill.way.rights is None else skill.way.rights,
        ENGLISH.paragraph(skill.answers.why),
        ENGLISH.paragraph(skill.answers.got),
        ENGLISH.paragraph(skill.answers.next),
    ]


def _plan_row(row: PlanRow) -> dict[str, Any]:
    return {
        "kind": str(row.kind),
        "skill": None if row.key is None else "/".join(row.key),
        "title": row.title,
        "state": None if row.standing is None else str(row.standing),
        "reason": row.reason,
        "questions": row.of,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "logit": reason.logit_micro / MICRO,
        "p": reason.p_micro / MICRO,
        "parts": [{"name": p.name, "logit": p.amount_micro / MICRO} for p in reason.parts],
        "log": reason.answer.log_id.hex(),
        "seq": reason.answer.seq,
    }


def _lack(lack: Lack) -> dict[str, Any]:
    unit = MICRO if lack.condition is Condition.LIKELY else 1
    return {"what": str(lack.condition), "have": lack.have / unit, "need": lack.need / unit}
