"""What commands ask of class lists, with plain values in and out (see `learning.operations`).

Owns: the operations `roster-…`, and the questions and findings of a plan as JSON.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from darasa.learning.classroom import Classroom
from darasa.learning.rosters.applying import Imported, import_roster, plan_roster
from darasa.learning.rosters.matching import Match, Plan
from darasa.learning.rosters.opening import open_roster


def _roster_import(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    roster = open_roster(
        room,
        Path(args["path"]),
        mapping=args["mapping"],
        headings=args.get("headings"),
        school=args.get("school") or "",
    )
    plan = plan_roster(room, roster)
    told = told_of(plan)
    if roster.errors or args["dry_run"]:
        return {**told, "learners": _rows(plan.of("new")), "imported": False}
    done = import_roster(
        room, roster, same=frozenset(args.get("same", ())), moves=args.get("moves", "leave")
    )
    return {**told, **_done(done), "imported": True}


def told_of(plan: Plan) -> dict[str, Any]:
    """What a plan would do, and what it asks."""
    return {
        "findings": [asdict(finding) for finding in plan.roster.findings],
        "left_out": list(plan.roster.left_out),
        "new": len(plan.of("new")),
        "here": len(plan.of("here")),
        "elsewhere": _rows(plan.elsewhere),
        "asked": [_question(match) for match in plan.of("asked")],
    }


def _question(match: Match) -> dict[str, Any]:
    assert match.whom is not None
    return {
        "line": match.row.line,
        "name": match.row.name,
        "class": match.row.class_name,
        "why": match.question,
        "known_as": match.whom.name,
        "known_in": list(match.whom.classes),
    }


def _rows(matches: Sequence[Match]) -> list[dict[str, str]]:
    return [{"name": match.row.name, "class": match.row.class_name} for match in matches]


def _done(done: Imported) -> dict[str, Any]:
    return {
        "learners": [
            {"name": new.name, "class": new.class_name, "pin": new.pin} for new in done.made
        ],
        "classes": list(done.classes),
        "moved": done.moved,
        "completed": done.completed,
        "without": list(done.without),
        "staff": list(done.staff),
        "left": done.left,
    }


ROSTER_OPERATIONS: Final[dict[str, Callable[[Classroom, dict[str, Any]], dict[str, Any]]]] = {
    "roster-import": _roster_import,
}
