"""The content packs on this server, as a list."""

from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.server.auth import Visit


def packs(visit: Visit) -> Response:
    """GET /packs."""
    rows = [
        {
            "title": safe_line(pack.title),
            "id": pack.id,
            "version": pack.version,
            "skills": pack.skills,
            "items": pack.items,
            "size": pack.size,
        }
        for pack in visit.darasa.classroom.shelf.list()
    ]
    return visit.page("packs.html", here="/packs", packs=rows)
