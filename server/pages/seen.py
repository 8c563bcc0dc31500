"""Several learners seen to do a skill on paper or aloud: one form for a class.

Owns: the page and its form. One learner is on her own page (marks.py).
"""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from darasa.learning import marking_undo
from darasa.learning.people.people import ClassRow
from darasa.server import reach
from darasa.server.auth import Visit
from darasa.server.locale import _, ngettext
from darasa.server.pages.forms import UNPROCESSABLE, Problem, changed, frame, tried
from darasa.server.pages.marks import SEEN, skill_of

HERE: Final = "/class/observe"
_WHO: Final = "who-"


def observe_page(visit: Visit) -> Response:
    """GET /class/observe?class=ID."""
    return _page(visit, reach.class_of(visit, visit.query.get("class", ""), act=True))


def observe_class(visit: Visit) -> Response:
    """POST /class/observe: `who-…` are those who were seen, `skill` what they did, `seen` how."""
    row = reach.class_of(visit, visit.form.get("class", ""), act=True)
    room, pids = visit.darasa.classroom, visit.darasa.pids
    members = room.people.learners(row.record_id)
    chosen = [m for m in members if f"{_WHO}{pids.pid_of(m.learner_id)}" in visit.form]
    seen, typed = SEEN.get(visit.form.get("seen", "")), visit.form.get("skill", "")
    problems = []
    if not typed:
        problems.append(Problem("skill", _("Choose the skill.")))
    if seen is None:
        problems.append(Problem("seen", _("Choose what you saw or heard.")))
    if not chosen:
        problems.append(Problem("who", _("Tick those who did it.")))
    if seen is None or problems:
        return _page(visit, row, problems=problems)
    skill, ids = skill_of(typed), [each.learner_id for each in chosen]
    back = tried(
        lambda: marking_undo.observe(room, ids, skill, right=seen.right, source=seen.source)
    )
    words = ngettext("Noted for {n} learner.", "Noted for {n} learners.", len(ids))
    to = f"{HERE}?class={row.record_id.hex()}"
    return changed(visit, words.format(n=len(ids)), back, to=to)


def _page(visit: Visit, row: ClassRow, *, problems: Sequence[Problem] = ()) -> Response:
    room, pids = visit.darasa.classroom, visit.darasa.pids
    members = room.people.learners(row.record_id)
    return visit.page(
        "observe.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here=HERE,
        class_id=row.record_id.hex(),
        class_name=row.name,
        problems=problems,
        skills=[
            {"id": f"{pack.id}/{skill.id}", "title": f"{skill.unit}: {skill.title}"}
            for pack in room.packs()
            for skill in pack.skills.values()
        ],
        members=[
            {
                "field": (field := f"{_WHO}{pids.pid_of(each.learner_id)}"),
                "name": each.name,
                "ticked": field in visit.form,
            }
            for each in members
        ],
        typed={name: visit.form.get(name, "") for name in ("skill", "seen")},
    )
