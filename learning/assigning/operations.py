"""What `darasa assign` does at a node, by name, with plain values in and out.

Owns: finding class, skills, learners and what is set by what somebody typed.
"""

from collections.abc import Callable
from typing import Any, Final

from darasa.content_packs.safe_text import safe_line
from darasa.learning.assigning.acts import Wanted, assign, end
from darasa.learning.assigning.report import Assignment, class_assignments
from darasa.learning.classroom import Classroom
from darasa.learning.errors import AmbiguousError, NotFoundError, PeopleError
from darasa.learning.evidence import SkillKey
from darasa.learning.people.lists import ClassRow
from darasa.learning.people.short_names import folded
from darasa.learning.planning.day_ends import day_ahead, day_of, end_of_day
from darasa.learning.reports.finding_skills import find_skill

_Args = dict[str, Any]


def set_for_class(room: Classroom, args: _Args) -> _Args:
    """`skills` and `units` by title, id or beginning; `names` none: the whole class."""
    row = room.people.find_class(args["class"])
    found = [room.people.find(name) for name in args["names"]]
    ids = tuple(dict.fromkeys(each.learner_id for each in found))
    wanted = Wanted(
        skills=_skills(room, args["skills"], args["units"]),
        title=args["title"],
        until_ms=_until(room, args["until"]),
        learners=ids or None,
    )
    record_id, _undo = assign(room, row.record_id, wanted)
    return {"class": row.name, **_told(_standing(room, row, record_id.hex()))}


def listed(room: Classroom, args: _Args) -> _Args:
    """What stands for a class, or for all."""
    rows = [room.people.find_class(args["class"])] if args["class"] else room.people.classes()
    return {
        "assignments": [
            {"class": row.name, **_told(each)}
            for row in rows
            for each in class_assignments(room, row.record_id).rows
        ]
    }


def end_one(room: Classroom, args: _Args) -> _Args:
    """`what` is its title, or the beginning of its mark."""
    row = room.people.find_class(args["class"])
    found = _standing(room, row, args["what"])
    end(room, found.record_id)
    return {"class": row.name, "title": found.title}


def _standing(room: Classroom, row: ClassRow, typed: str) -> Assignment:
    rows = class_assignments(room, row.record_id).rows
    for fits in (
        [each for each in rows if folded(each.title) == folded(typed)],
        [each for each in rows if typed and each.record_id.hex().startswith(typed.lower())],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            marks = ", ".join(each.record_id.hex()[:8] for each in fits)
            raise AmbiguousError(f"Several are called so. Say one of these marks: {marks}.")
    raise NotFoundError("Nothing is set for that class under this name or mark.")


def _skills(room: Classroom, skills: list[str], units: list[str]) -> tuple[SkillKey, ...]:
    """The skills that were named, then those of the units, in their order."""
    taught = [
        ((pack.id, skill.id), skill) for pack in room.packs() for skill in pack.skills.values()
    ]
    named = [(key, safe_line(skill.title)) for key, skill in taught]
    found = [find_skill(named, typed) for typed in skills]
    for typed in units:
        keys = [key for key, skill in taught if folded(skill.unit) == folded(typed)]
        if not keys:
            raise NotFoundError("No pack here has a unit of that name.")
        found += keys
    return tuple(dict.fromkeys(found))


def _until(room: Classroom, typed: str | None) -> int | None:
    if not typed:
        return None
    day = day_ahead(typed, room.clock.wall_ms())
    if day is None:
        raise PeopleError("Say the last day as 2027-01-31: today, or within 400 days.")
    return end_of_day(day)


def _told(each: Assignment) -> _Args:
    return {
        "mark": each.record_id.hex()[:8],
        "title": each.title,
        "by": each.by,
        "until": None if each.until_ms is None else day_of(each.until_ms).isoformat(),
        "is_over": each.is_over,
        "for_all": each.for_all,
        "learners": [who.name for who in each.learners],
        "got": each.got,
        "computers_since": each.met,
        "skills": [
            {"skill": "/".join(skill.key), "title": skill.title, "got": skill.got}
            for skill in each.skills
        ],
    }


ASSIGNING: Final[dict[str, Callable[[Classroom, _Args], _Args]]] = {
    "assign-set": set_for_class,
    "assign-list": listed,
    "assign-end": end_one,
}
