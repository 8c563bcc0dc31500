"""Assign: what is set for a class or some of its learners, until when, and who has got it.

Owns: the page and its one form, which says by `do` whether something is set, changed or ended
(ux.md 8.8). What may be set is learning's; whose class it is, `reach.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.assigning.acts import Wanted, assign, change, end
from darasa.learning.assigning.report import (
    Assignment,
    ClassAssignments,
    class_assignments,
    has_got,
)
from darasa.learning.evidence import SkillKey
from darasa.learning.people.people import ClassRow
from darasa.learning.planning.day_ends import day_ahead, day_of, end_of_day
from darasa.server import reach
from darasa.server.auth import Visit
from darasa.server.locale import _, ngettext
from darasa.server.pages.forms import UNPROCESSABLE, WAS, Problem, changed, frame, tried
from darasa.server.wording import day_in_words
from darasa.sync.ids import LearnerId

HERE: Final = "/assign"
_WHO: Final = "who-"
_SKILL: Final = "s-"
_UNIT: Final = "u-"
_TITLE_MAX: Final = 80
_WHO_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class _Filled:
    """What stands in the form: typed, or as it is set now."""

    record: str = ""
    title: str = ""
    until: str = ""
    skills: frozenset[SkillKey] = frozenset()
    units: frozenset[str] = frozenset()
    for_some: bool = False
    learners: frozenset[LearnerId] = frozenset()

    @property
    def mark(self) -> str:
        """Equal for two that say the same."""
        whom = sorted(self.learners) if self.for_some else None
        said = repr((self.record, self.title, self.until, sorted(self.skills), whom))
        return blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()


def assign_page(visit: Visit) -> Response:
    """GET /assign?class=ID&skill=PACK/SKILL&who=ID.ID…&change=RECORD: all but the class if any."""
    wanted = visit.query.get("class")
    if wanted is None:
        first = next(iter(reach.classes_of(visit, act=True)), None)
        if first is None:
            is_any = bool(visit.darasa.classroom.people.classes())
            return visit.page(
                "no_class.html", here=HERE, cable=None, is_any=is_any, **visit.clock()
            )
        wanted = first.record_id.hex()
    row = reach.class_of(visit, wanted, act=True)
    told = class_assignments(visit.darasa.classroom, row.record_id)
    if "change" in visit.query:
        return _page(visit, row, told, _as_set(_standing(told, visit.query["change"])))
    pack, _slash, skill = visit.query.get("skill", "").partition("/")
    pids = visit.query.get("who", "").split(".")[:_WHO_MAX]
    chosen = frozenset(
        each.learner_id
        for each in told.read.learners
        if visit.darasa.pids.pid_of(each.learner_id) in pids
    )
    skills = frozenset({(pack, skill)} if skill else ())
    filled = _Filled(skills=skills, for_some=bool(chosen), learners=chosen)
    return _page(visit, row, told, filled)


def change_assigned(visit: Visit) -> Response:
    """POST /assign: `do` is set, change or end; `record` says what is changed or ended."""
    row = reach.class_of(visit, visit.form.get("class", ""), act=True)
    do = visit.form.get("do", "")
    if do == "end":
        return _end(visit, row)
    if do not in {"set", "change"}:
        raise HTTPException(400, _("That form was not understood."))
    told = class_assignments(visit.darasa.classroom, row.record_id)
    found = _standing(told, visit.form.get("record", "")) if do == "change" else None
    filled = _typed(visit, told)
    problems = _problems(visit, filled)
    if found is not None and visit.form.get(WAS, mark := _as_set(found).mark) != mark:
        words = _("Somebody changed this meanwhile: see below. Save again if yours is to stand.")
        problems.append(Problem("now", words))
    if problems:
        return _page(visit, row, told, filled, problems=problems)
    return _set(visit, row, told, filled, found)


def _set(
    visit: Visit,
    row: ClassRow,
    told: ClassAssignments,
    filled: _Filled,
    found: Assignment | None,
) -> Response:
    room, offered = visit.darasa.classroom, _offered(told)
    kept = () if found is None else (each.key for each in found.skills if each.key not in offered)
    day = day_ahead(filled.until, told.read.now_ms)
    wanted = Wanted(
        skills=(*(key for key in offered if key in _chosen(told, filled)), *kept),
        title=filled.title,
        until_ms=None if day is None else end_of_day(day),
        learners=tuple(sorted(filled.learners)) if filled.for_some else None,
    )
    if found is None:
        undo = tried(lambda: assign(room, row.record_id, wanted))[1]
    else:
        undo = tried(lambda: change(room, found.record_id, wanted))
    what = wanted.title.strip() or room.course_book().title(wanted.skills[0])
    return changed(visit, _done(what, row, wanted), undo, to=_here(row))


def _done(what: str, row: ClassRow, wanted: Wanted) -> str:
    """The check line: what, for whom, until when."""
    count = len(wanted.learners or ())
    whom = ngettext("{n} learner", "{n} learners", count).format(n=count)
    if wanted.learners is None:
        whom = _("all of {name}").format(name=row.name)
    if wanted.until_ms is None:
        return _("{what} for {whom}.").format(what=safe_line(what), whom=whom)
    day = day_in_words(wanted.until_ms)
    return _("{what} for {whom}, until {day}.").format(what=safe_line(what), whom=whom, day=day)


def _end(visit: Visit, row: ClassRow) -> Response:
    room = visit.darasa.classroom
    found = _standing(class_assignments(room, row.record_id), visit.form.get("record", ""))
    undo = tried(lambda: end(room, found.record_id))
    words = _("{what} is set no longer.").format(what=found.title)
    return changed(visit, words, undo, to=_here(row))


def _standing(told: ClassAssignments, record: str) -> Assignment:
    """Something that is set for this class. Raises HTTPException: 404."""
    for each in told.rows:
        if each.record_id.hex() == record:
            return each
    raise HTTPException(404, _("That is set no longer."))


def _is(each: Assignment, filled: _Filled) -> bool:
    return each.record_id.hex() == filled.record


def _here(row: ClassRow) -> str:
    return f"{HERE}?class={row.record_id.hex()}"


def _as_set(found: Assignment) -> _Filled:
    return _Filled(
        record=found.record_id.hex(),
        title=found.own_title,
        until="" if found.until_ms is None else day_of(found.until_ms).isoformat(),
        skills=frozenset(each.key for each in found.skills),
        for_some=not found.for_all,
        learners=frozenset(() if found.for_all else (e.learner_id for e in found.learners)),
    )


def _typed(visit: Visit, told: ClassAssignments) -> _Filled:
    form, pid_of = visit.form, visit.darasa.pids.pid_of
    return _Filled(
        record=form.get("record", ""),
        title=form.get("title", "")[:_TITLE_MAX],
        until=form.get("until", ""),
        skills=frozenset(key for key in _offered(told) if _SKILL + "/".join(key) in form),
        units=frozenset(name for name in form if name.startswith(_UNIT)),
        for_some=form.get("whom") == "some",
        learners=frozenset(
            each.learner_id
            for each in told.read.learners
            if f"{_WHO}{pid_of(each.learner_id)}" in form
        ),
    )


def _problems(visit: Visit, filled: _Filled) -> list[Problem]:
    found = []
    if not filled.skills and not filled.units:
        found.append(Problem("skills", _("Choose at least one skill.")))
    if filled.for_some and not filled.learners:
        found.append(Problem("whom", _("Tick at least one learner, or choose the whole class.")))
    if filled.learners and not filled.for_some:
        words = _("Names are ticked. Choose “Those ticked here”, or untick them.")
        found.append(Problem("whom", words))
    now_ms = visit.darasa.classroom.clock.wall_ms()
    if filled.until.strip() and day_ahead(filled.until, now_ms) is None:
        found.append(Problem("until", _("Choose today or a later day, or leave it empty.")))
    return found


def _offered(told: ClassAssignments) -> list[SkillKey]:
    """The skills of the class's packs, in their order."""
    return [(pack.id, skill) for pack in told.read.packs for skill in pack.skills]


def _chosen(told: ClassAssignments, filled: _Filled) -> set[SkillKey]:
    """The skills that are ticked, one by one or with their unit."""
    whole = {key for unit in _units(told) if unit.field in filled.units for key in unit.keys}
    return whole | filled.skills


@dataclass(frozen=True, slots=True)
class _Unit:
    field: str
    course: SafeText
    title: SafeText
    keys: tuple[SkillKey, ...]


def _units(told: ClassAssignments) -> Iterator[_Unit]:
    """The units of the class's packs, in the order in which they first come."""
    for pack in told.read.packs:
        titles = dict.fromkeys(skill.unit for skill in pack.skills.values())
        for at, title in enumerate(titles):
            keys = tuple((pack.id, s.id) for s in pack.skills.values() if s.unit == title)
            course = safe_line(pack.title)
            yield _Unit(f"{_UNIT}{pack.id}/{at}", course, safe_line(title), keys)


def _page(
    visit: Visit,
    row: ClassRow,
    told: ClassAssignments,
    filled: _Filled,
    *,
    problems: Sequence[Problem] = (),
) -> Response:
    return visit.page(
        "assign.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here=HERE,
        class_id=row.record_id.hex(),
        class_name=row.name,
        classes=[
            {"id": each.record_id.hex(), "name": each.name}
            for each in reach.classes_of(visit, act=True)
        ],
        problems=problems,
        filled=filled,
        was=next((_as_set(each).mark for each in told.rows if _is(each, filled)), ""),
        units=[_unit_view(visit, each, filled) for each in _units(told)],
        members=_members(visit, told, filled),
        rows=[_row(visit, each) for each in told.rows],
        computers=told.computers,
        title_max=_TITLE_MAX,
        today=day_of(told.read.now_ms).isoformat(),
        as_of_ms=told.read.now_ms,
    )


def _unit_view(visit: Visit, unit: _Unit, filled: _Filled) -> dict[str, Any]:
    book = visit.darasa.classroom.course_book()
    return {
        "field": unit.field,
        "course": unit.course,
        "title": unit.title,
        "ticked": unit.field in filled.units,
        "open": unit.field in filled.units or bool(filled.skills & set(unit.keys)),
        "skills": [
            {
                "field": _SKILL + "/".join(key),
                "title": book.title(key),
                "ticked": key in filled.skills,
            }
            for key in unit.keys
        ],
    }


def _members(visit: Visit, told: ClassAssignments, filled: _Filled) -> list[dict[str, Any]]:
    """The learners of the class; those who have got all that is chosen are marked."""
    keys = _chosen(told, filled)
    return [
        {
            "field": f"{_WHO}{visit.darasa.pids.pid_of(each.learner_id)}",
            "name": each.name,
            "ticked": each.learner_id in filled.learners,
            "has_got": bool(keys) and has_got(told.read, each, keys),
        }
        for each in told.read.learners
    ]


def _row(visit: Visit, each: Assignment) -> dict[str, Any]:
    until = "" if each.until_ms is None else day_in_words(each.until_ms)
    return {
        "record": each.record_id.hex(),
        "title": each.title,
        "by": each.by,
        "until": until,
        "is_over": each.is_over,
        "for_all": each.for_all,
        "learners": [
            {"pid": visit.darasa.pids.pid_of(who.learner_id), "name": who.name}
            for who in (() if each.for_all else each.learners)
        ],
        "got": each.got,
        "of": len(each.learners),
        "met": each.met,
        "skills": [
            {"key": "/".join(skill.key), "title": skill.title, "got": skill.got}
            for skill in each.skills
        ],
    }
