"""What a class can do: the map of skills, one skill, and suggested groups (ux.md 8.5, 8.6).

Owns: putting learning's reports into words and rows. Looks only; nothing is changed here.
"""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText
from darasa.learning.errors import NotFoundError
from darasa.learning.people.people import ClassRow
from darasa.learning.planning.groups import MOST, MOST_MAX, MOST_MIN, By
from darasa.learning.planning.needs import GOT
from darasa.learning.reports.class_groups import class_groups
from darasa.learning.reports.heat_map import Cell, HeatMap, heat_map
from darasa.learning.reports.item_statistics import Doubt, ItemStatistics
from darasa.learning.reports.skill_report import SkillReport, skill_report
from darasa.learning.reports.wrong_answers import WrongAnswer
from darasa.server import reach
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _, ngettext
from darasa.server.pages.standings import CERTAINTY, STANDINGS

_BY: Final = {
    By.NEED: _("What they need"),
    By.MIXED: _("Mixed strengths"),
    By.INTEREST: _("What they like"),
    By.FREE: _("By chance"),
}
_JUDGED: Final = {"got": _("a teacher says: got it"), "learning": _("a teacher says: learning")}
_DOUBTS: Final = {
    Doubt.HARDER: _("Far harder than its difficulty."),
    Doubt.NOT_APART: _("Those who know more do no better. Is its key right?"),
}
_AGAIN_MAX: Final = 1_000
_WRONG_MAX: Final = 20


def skills(visit: Visit) -> Response:
    """GET /skills?class=ID&unit=N&sort=name|need."""
    row = _class(visit)
    if row is None:
        return _no_class(visit, "/skills")
    by_need = visit.query.get("sort") == "need"
    unit = _number(visit, "unit", least=0, most=10_000)
    view = heat_map(visit.darasa.classroom, row.record_id, unit=unit, by_need=by_need)
    shown = None if view.shown is None else view.units.index(view.shown)
    return visit.page(
        "skills.html",
        **_frame(visit, row, "/skills"),
        sort="need" if by_need else "name",
        units=[{"at": at, "title": each.title} for at, each in enumerate(view.units)],
        shown=shown,
        course="" if view.shown is None else view.shown.course,
        unit="" if view.shown is None else view.shown.title,
        columns=_columns(view),
        rows=_rows(visit, view),
        wrong=[_wrong(each) for each in view.wrong],
        signs=[{"key": key, "sign": sign, "word": word} for key, sign, word in STANDINGS.values()],
        as_of_ms=view.as_of_ms,
    )


def skill(visit: Visit) -> Response:
    """GET /skills/one?class=ID&skill=PACK/SKILL; without a skill, the map."""
    row = reach.class_of(visit, visit.query.get("class", ""))
    if "skill" not in visit.query:
        return see_other(f"/skills?class={row.record_id.hex()}")
    pack, _slash, name = visit.query["skill"].partition("/")
    try:
        told = skill_report(visit.darasa.classroom, (pack, name), class_id=row.record_id)
    except NotFoundError as error:
        raise HTTPException(404, _("There is no such skill.")) from error
    return visit.page(
        "skill.html",
        **_frame(visit, row, "/skills"),
        key="/".join((pack, name)),
        may_assign=_may_assign(visit, row),
        title=told.title,
        unit=told.unit,
        states=_states(told),
        certain=[
            {"word": CERTAINTY[str(word)], "count": count} for word, count in told.certain if count
        ],
        sums=_sums(told),
        wrong=[_wrong(each) for each in told.wrong[:_WRONG_MAX]],
        items=[] if told.statistics is None else [_item(each) for each in told.statistics.items],
        as_of_ms=told.as_of_ms,
    )


def groups(visit: Visit) -> Response:
    """GET /groups?class=ID&by=need|mixed|interest|free&most=N&again=N."""
    row = _class(visit)
    if row is None:
        return _no_class(visit, "/groups")
    asked = visit.query.get("by", "")
    by = By(asked) if asked in list(By) else By.NEED
    most = _number(visit, "most", least=MOST_MIN, most=MOST_MAX) or MOST
    again = _number(visit, "again", least=0, most=_AGAIN_MAX) or 0
    made = class_groups(visit.darasa.classroom, row.record_id, by, most=most, again=again)
    pid_of = visit.darasa.pids.pid_of
    return visit.page(
        "groups.html",
        **_frame(visit, row, "/groups"),
        by=str(by),
        ways=[{"key": str(key), "word": word} for key, word in _BY.items()],
        most=most,
        sizes=list(range(MOST_MIN, MOST_MAX + 1)),
        again=(again + 1) % _AGAIN_MAX,
        may_assign=_may_assign(visit, row),
        groups=[
            {
                "name": each.name,
                "reason": each.reason,
                "skill": "/".join(each.skill) if each.skill else "",
                "who": ".".join(pid_of(who.learner_id) for who in each.learners),
                "learners": [
                    {"pid": pid_of(who.learner_id), "name": who.name} for who in each.learners
                ],
            }
            for each in made.groups
        ],
        left=[
            {"pid": pid_of(who.learner_id), "name": who.name, "reason": reason}
            for who, reason in made.left
        ],
        as_of_ms=made.as_of_ms,
    )


def _class(visit: Visit) -> ClassRow | None:
    """The class of the address, or the first that she has; None where there is none."""
    wanted = visit.query.get("class")
    if wanted:
        return reach.class_of(visit, wanted)
    return next(iter(reach.classes_of(visit)), None)


def _may_assign(visit: Visit, row: ClassRow) -> bool:
    """Whether she may set something for the class, and not only look at it."""
    return reach.reach_in(visit.darasa, visit.session).may_act((row.record_id,))


def _no_class(visit: Visit, here: str) -> Response:
    is_any = bool(visit.darasa.classroom.people.classes())
    return visit.page("no_class.html", here=here, cable=None, is_any=is_any, **visit.clock())


def _frame(visit: Visit, row: ClassRow, here: str) -> dict[str, Any]:
    return {
        "here": here,
        "class_id": row.record_id.hex(),
        "class_name": row.name,
        "classes": [
            {"id": each.record_id.hex(), "name": each.name} for each in reach.classes_of(visit)
        ],
    }


def _number(visit: Visit, name: str, *, least: int, most: int) -> int | None:
    """A number of the address; None for anything else."""
    raw = visit.query.get(name, "")
    if not (raw.isascii() and raw.isdigit() and len(raw) <= len(str(most))):
        return None
    return int(raw) if least <= int(raw) <= most else None


def _columns(view: HeatMap) -> list[dict[str, Any]]:
    return [
        {
            "key": "/".join(column.key),
            "title": column.title,
            "got": column.got,
            "learning": column.learning,
        }
        for column in view.columns
    ]


def _rows(visit: Visit, view: HeatMap) -> list[dict[str, Any]]:
    return [
        {
            "pid": visit.darasa.pids.pid_of(row.learner.learner_id),
            "name": row.learner.name,
            "cells": [_cell(cell) for cell in row.cells],
            "got": row.got,
            "of": len(row.cells),
        }
        for row in view.rows
    ]


def _cell(cell: Cell) -> dict[str, Any]:
    """The sign that is seen, and the words that are read."""
    key, sign, word = STANDINGS[cell.standing]
    words = [word]
    if cell.certainty is not None:
        words.append(CERTAINTY[str(cell.certainty)])
    if cell.judged:
        words.append(_JUDGED[cell.judged])
    return {"key": key, "sign": sign + ("t" if cell.judged else ""), "words": ", ".join(words)}


def _wrong(each: WrongAnswer) -> dict[str, Any]:
    count = ngettext("{n} learner", "{n} learners", each.learners).format(n=each.learners)
    return {"asked": each.asked, "answered": each.answered, "note": each.note, "count": count}


def _states(told: SkillReport) -> list[dict[str, Any]]:
    found = []
    for standing, count in told.states:
        key, sign, word = STANDINGS[standing]
        found.append({"key": key, "sign": sign, "word": word, "count": count})
    return found


def _sums(told: SkillReport) -> SafeText | None:
    found = told.statistics
    if found is None or not found.counted:
        return None
    got = sum(count for standing, count in told.states if standing in GOT)
    return SafeText(
        _(
            "{got} of {of} have got it. Of {counted} answers that count {alone} were right alone, "
            "{helped} with help."
        ).format(
            got=got, of=told.of, counted=found.counted, alone=found.alone, helped=found.with_help
        )
    )


def _item(item: ItemStatistics) -> dict[str, Any]:
    return {
        "id": item.key[1],
        "learners": item.learners,
        "right": _percent(item.observed),
        "expected": _percent(item.expected),
        "seconds": "" if item.median_ms is None else str(round(item.median_ms / 1_000)),
        "doubts": " ".join(_DOUBTS[each] for each in item.doubts),
    }


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
