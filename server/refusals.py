"""What people are told when something cannot be done: a page for them, a line for programs.

Owns: the words of a refusal, of a fault of ours, and of a store that cannot save now; what was
typed stays on that last page, to be sent again. Knows no one page.
"""

import logging
from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from darasa.server.auth import frame_of, session_of
from darasa.server.headers import SECURITY_HEADERS
from darasa.server.kept_forms import carried
from darasa.server.locale import _
from darasa.server.state import darasa_of
from darasa.server.templating import render
from darasa.sync.errors import LearnerErasedError, StoreError

log = logging.getLogger(__name__)

_HEADINGS: Final = {
    400: _("That was not understood"),
    403: _("Not allowed"),
    404: _("Nothing is here"),
    409: _("That did not work"),
    413: _("Too large"),
    415: _("That was not understood"),
}
_NOT_SAVED: Final = _("Nothing was changed. What you typed is on this page: you can send it again.")
_NOT_READ: Final = _("Nothing was changed. Look again in a minute.")


async def refusal(request: Request, error: Exception) -> Response:
    """A page with a sentence for people, a line of text for programs."""
    assert isinstance(error, HTTPException)
    if not _is_for_people(request):
        return PlainTextResponse(error.detail, error.status_code, error.headers)
    heading = _HEADINGS.get(error.status_code, _("That did not work"))
    return _page(request, error.status_code, heading, _sentence(error), headers=error.headers)


def unsaved(request: Request, error: Exception) -> Response:
    """The store cannot do it now: a full disk, another program. Programs get what `fault` says."""
    if not _is_for_people(request):
        raise error
    log.warning("page not served path=%s why=%s", request.url.path, type(error).__name__)
    if isinstance(error, LearnerErasedError):
        return _page(request, 409, _("That did not work"), str(error))
    fields = getattr(request.state, "fields", None)
    heading = _("That is not saved") if request.method == "POST" else _("This cannot be shown now")
    return _page(
        request,
        503,
        heading,
        f"{error} {_NOT_READ if fields is None else _NOT_SAVED}",
        again=None if fields is None else {"to": request.url.path, "fields": carried(fields)},
    )


async def fault(request: Request, error: Exception) -> Response:
    """A fault of ours: the server logs it and goes on."""
    return PlainTextResponse(
        _("Something went wrong in the server itself. Nothing was lost. Try again."),
        status_code=500,
        headers=SECURITY_HEADERS,
    )


def _is_for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _page(
    request: Request,
    status: int,
    heading: str,
    sentence: str,
    *,
    again: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    darasa = darasa_of(request)
    try:
        frame = frame_of(darasa, session_of(request))
    except StoreError:  # it cannot even be read: the page comes without its menu
        frame = frame_of(darasa, None)
    html = render("error.html", **frame, here="", heading=heading, sentence=sentence, again=again)
    return HTMLResponse(html, status, headers)


def _sentence(error: HTTPException) -> str:
    """The detail when we wrote one; Starlette's own are the names of the status codes."""
    if error.status_code == 404 and error.detail == "Not Found":
        return _("This address leads nowhere. Perhaps it was mistyped.")
    if error.status_code == 413:
        return _("That is more than this page takes. Nothing was changed.")
    return error.detail
