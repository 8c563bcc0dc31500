"""A form that came when its sender's sign-in was over, offered once more.

Owns: the page, which is its sender's alone. Nothing is done before its button is pressed, and then
by the form's own route, as far as they may.
"""

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.server.auth import OUT_OF_REACH, Visit, rights_in, start_of
from darasa.server.kept_forms import carried
from darasa.server.locale import _

_SHOWN_MAX: Final = 10
_ID: Final = re.compile(r"[0-9a-f]{16,}")
_WORD: Final = 1


def again(visit: Visit) -> Response:
    """GET /again/{key}."""
    if not rights_in(visit.darasa, visit.session):
        raise HTTPException(403, OUT_OF_REACH)
    form = visit.darasa.kept.find(visit.path["key"])
    if form is None:
        raise HTTPException(404, _("That form is kept no longer. Please type it again."))
    if form.account != visit.session.account:
        raise HTTPException(
            403, _("Somebody else typed that form. It is kept for an hour, until they sign in.")
        )
    typed = [line for value in form.fields.values() for line in value.splitlines()]
    shown = [safe_line(line) for line in typed if _is_text(line)]
    return visit.page(
        "again.html",
        here="",
        to=form.to,
        fields=carried({**form.fields, "once": visit.darasa.once.number()}),
        shown=shown[:_SHOWN_MAX],
        more=max(0, len(shown) - _SHOWN_MAX),
        start=start_of(visit.darasa, visit.session),
    )


def _is_text(line: str) -> bool:
    """Whether a person typed it, and not the page: no id, no name of a button."""
    return len(line.split()) > _WORD and not _ID.fullmatch(line)
