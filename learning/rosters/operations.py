"""What commands ask of class lists, with plain values in and out (see `learning.operations`).

Owns: the operations `roster-…`, and the questions and findings of a plan as JSON.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from darasa.learning.classroom import Classroom
from darasa.learning.errors import LearningError, NotFoundError
from darasa.learning.rosters.applying import Imported, import_roster, plan_roster
from darasa.learning.rosters.matching import Match, Plan
from darasa.learning.rosters.opening import open_roster
from darasa.learning.rosters.rollover import (
    Change,
    changes_as_json,
    changes_from_json,
    do_rollover,
    plan_rollover,
    undo_rollover,
)
from darasa.sync.home_files import write_whole

_UNDO_FILE: Final = "last-rollover.json"


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


def _rollover(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    mapping = [(str(was), str(becomes)) for was, becomes in args["mapping"]]
    plan = plan_rollover(room, mapping)
    if args["do"]:
        do_rollover(room, mapping, keep=lambda changes: _keep_undo(room, changes))
    return {
        "classes": [
            {
                "was": step.was,
                "becomes": step.name,
                "learners": len(step.learners),
                "joins": step.into is not None,
            }
            for step in plan.steps
        ],
        "staying": list(plan.staying),
        "leavers_elsewhere": list(plan.elsewhere),
        "done": bool(args["do"]),
    }


def _keep_undo(room: Classroom, changes: Sequence[Change]) -> None:
    raw = json.dumps(changes_as_json(changes)).encode()
    write_whole(room.home.path / _UNDO_FILE, raw)


def _undo_rollover(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    del args
    try:
        changes = changes_from_json(json.loads((room.home.path / _UNDO_FILE).read_bytes()))
    except FileNotFoundError as error:
        raise NotFoundError("No school year was begun here that can be taken back.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LearningError("What takes the school year back is damaged.") from error
    kept = undo_rollover(room, changes)
    (room.home.path / _UNDO_FILE).unlink()
    return {"taken_back": len(changes) - kept, "kept": kept}


def told_of(plan: Plan) -> dict[str, Any]:
    """What a plan would do, and what it asks."""
    return {
        "findings": [asdict(finding) for finding in plan.roster.findings],
        "left_out": list(plan.roster.left_out),
        "new": len(plan.of("new")),
        "here": len(plan.of("here")),
        "elsewhere": _rows(plan.elsewhere),
        "changing": len(plan.changing),
        "stranded": [match.row.name for match in plan.stranded],
        "leaving": len(plan.roster.gone),
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
    "roster-rollover": _rollover,
    "roster-rollover-undo": _undo_rollover,
}
