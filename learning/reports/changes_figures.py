"""What changed in a class, as plain figures, rows and lines: for JSON, CSV and text. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from darasa.learning.reports.changes import Change, ClassChanges, LearnerChanges, Recovery

COLUMNS: Final = (
    "name", "answers", "changed", "after a not-yet", "of these right", "good at", "not met",
)  # fmt: skip
SKILL_COLUMNS: Final = ("skill", "got then", "got now", "met it", "open for")


def changes_figures(told: ClassChanges, *, days: int) -> dict[str, Any]:
    """Everything, for JSON."""
    return {
        "class": told.record.name,
        "days": days,
        "since_ms": told.since_ms,
        "as_of_ms": told.as_of_ms,
        "recovery": _recovery(told.recovery),
        "learners": [_learner(each) for each in told.learners],
        "skills": [
            {
                "skill": "/".join(each.key),
                "title": each.title,
                "got_then": each.got_before,
                "got_now": each.got_now,
                "met": each.met,
                "open_for": each.could,
            }
            for each in told.skills
        ],
        "not_met": [each.title for each in told.not_met],
    }


def changes_rows(told: ClassChanges) -> list[list[Any]]:
    """A row a learner, under COLUMNS."""
    return [
        [
            each.learner.name,
            each.answers,
            "; ".join(map(_change, each.changes)),
            each.recovery.chances,
            each.recovery.right,
            " ".join(strength.sentence for strength in each.strengths),
            "; ".join(each.not_met),
        ]
        for each in told.learners
    ]


def skill_rows(told: ClassChanges) -> list[list[Any]]:
    """A row a skill, under SKILL_COLUMNS."""
    return [[s.title, s.got_before, s.got_now, s.met, s.could] for s in told.skills]


def changes_lines(told: ClassChanges, *, days: int) -> Iterator[str]:
    """For a terminal: who changed what; then what nobody met."""
    yield f"{told.record.name}, the last {days} days"
    yield f"Right alone after a not-yet: {_said(told.recovery)}."
    for each in told.learners:
        yield ""
        yield f"{each.learner.name}: {each.answers} answers."
        if each.changes:
            yield f"  Changed: {'; '.join(map(_change, each.changes))}."
        if each.recovery.chances:
            yield f"  Right alone after a not-yet: {_said(each.recovery)}."
        if each.strengths:
            yield f"  Good at: {' '.join(strength.sentence for strength in each.strengths)}"
        if each.not_met:
            yield f"  Not met: {'; '.join(each.not_met)}."
    if told.not_met:
        yield ""
        yield f"Nobody met: {'; '.join(each.title for each in told.not_met)}."


def _change(change: Change) -> str:
    return f"{change.title}, {change.before} to {change.after}"


def _said(recovery: Recovery) -> str:
    return f"{recovery.right} of {recovery.chances}" if recovery.chances else "no such answer yet"


def _recovery(recovery: Recovery) -> dict[str, Any]:
    return {"chances": recovery.chances, "right": recovery.right, "rate": recovery.rate}


def _learner(each: LearnerChanges) -> dict[str, Any]:
    return {
        "id": each.learner.learner_id.hex(),
        "name": each.learner.name,
        "answers": each.answers,
        "changes": [
            {
                "skill": "/".join(change.key),
                "title": change.title,
                "before": str(change.before),
                "after": str(change.after),
            }
            for change in each.changes
        ],
        "recovery": _recovery(each.recovery),
        "strengths": [
            {"skill": "/".join(found.key), "title": found.title, "kept_days": found.days}
            for found in each.strengths
        ],
        "not_met": list(each.not_met),
    }
