"""The content packs on this server, as a list, and which classes have each."""

from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.people.class_courses import courses_of
from darasa.learning.rights import Right
from darasa.server import reach
from darasa.server.auth import Visit, rights_in


def packs(visit: Visit) -> Response:
    """GET /packs."""
    room, classes = visit.darasa.classroom, reach.classes_of(visit)
    has = {row.record_id: courses_of(room, row.record_id) for row in classes}
    rows = [
        {
            "title": safe_line(pack.title),
            "id": pack.id,
            "version": pack.version,
            "skills": pack.skills,
            "items": pack.items,
            "size": pack.size,
            "classes": [
                {"id": row.record_id.hex(), "name": row.name}
                for row in classes
                if not has[row.record_id] or pack.id in has[row.record_id]
            ],
        }
        for pack in room.shelf.list()
    ]
    rights = rights_in(visit.darasa, visit.session)
    return visit.page(
        "packs.html",
        here="/packs",
        packs=rows,
        may_change=Right.PEOPLE in rights,
        may_mark=Right.EVIDENCE in rights,
    )
