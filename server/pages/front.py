"""The first page, the way in and the way out.

Owns: the sign-in flow. Passphrases are checked by learning's desk, one at a time in one thread, so
that forty sign-ins need the memory of one; who has to wait is told how many are before her. Does
not know how long a wrong one must wait.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.people.staff_use import note_use
from darasa.learning.signing_in.desk import Teacher, WrongSecret
from darasa.server.asked import Asked
from darasa.server.auth import (
    AGAIN,
    TLS_PREFIX,
    Visit,
    check_token,
    cookie_name,
    form_of,
    frame_of,
    local_path,
    see_other,
    session_of,
    start_of,
)
from darasa.server.locale import _, ngettext
from darasa.server.sessions import Session
from darasa.server.state import Darasa, darasa_of
from darasa.server.templating import render

if TYPE_CHECKING:
    from darasa.learning.signing_in.one_line import Ticket

_HOUR_S: Final = 3600
_VISITOR_S: Final = 12 * _HOUR_S


async def front(request: Request) -> Response:
    """GET /: what this is, and the way in."""
    return _with_form(request, "front.html")


async def sign_in_page(request: Request) -> Response:
    """GET /sign-in."""
    darasa = darasa_of(request)
    session = session_of(request)
    if session is not None:
        start = await run_in_threadpool(start_of, darasa, session)
        return see_other(local_path(request.query_params.get("next"), default=start))
    return _with_form(request, "sign_in.html", next_path=request.query_params.get("next"))


async def sign_in(request: Request) -> Response:
    """POST /sign-in: name and passphrase to a session."""
    darasa = darasa_of(request)
    form = await form_of(request)
    nonce = request.cookies.get(_visitor_cookie(request), "")
    name, passphrase = form.get("name", "")[:200], form.get("passphrase", "")[:200]
    try:
        check_token(request, form, darasa.sessions.visitor_token(nonce))
    except HTTPException:  # the page stood open overnight, or while the server began anew
        words = _("This page was too old. Please type the passphrase once more.")
        old = _with_form(
            request, "sign_in.html", problem=words, name=name, next_path=form.get("next")
        )
        old.status_code = 403
        return old
    desk = darasa.classroom.desk
    ticket = await run_in_threadpool(desk.queue_teacher, name, passphrase)
    asked = Asked(ticket, name, form.get("next"))
    if await _is_soon(ticket, darasa.config.sign_in_within_s):
        return await _answered(request, asked)
    darasa.asked.put(nonce, asked)
    return see_other("/sign-in/wait")


async def sign_in_wait(request: Request) -> Response:
    """GET /sign-in/wait: how many are before her; then where she wanted to go."""
    darasa = darasa_of(request)
    nonce = request.cookies.get(_visitor_cookie(request), "")
    asked = darasa.asked.get(nonce)
    if asked is None:
        return see_other("/sign-in")
    if asked.ticket.is_done():
        darasa.asked.take(nonce)
        return await _answered(request, asked)
    html = render(
        "sign_in_wait.html",
        **_form_values(darasa, None, nonce),
        before=asked.ticket.before(),
    )
    return HTMLResponse(html, headers={"refresh": "1"})


async def _is_soon(ticket: "Ticket[Teacher | WrongSecret]", within_s: float) -> bool:
    """Wait for the answer, while it may come soon; who is next waits for it here in any case."""
    future = asyncio.wrap_future(ticket.future)
    done, _ = await asyncio.wait([future], timeout=within_s if ticket.before() else None)
    return bool(done)


async def _answered(request: Request, asked: Asked) -> Response:
    """The session, or what did not fit."""
    darasa, found = darasa_of(request), asked.ticket.result()
    if isinstance(found, WrongSecret):
        return _refused(request, name=asked.name, next_path=asked.next_path, wait_s=found.wait_s)
    await run_in_threadpool(note_use, darasa.classroom, found.row.record_id)
    session = darasa.sessions.open(found.row.record_id, safe_line(found.row.name))
    start = await run_in_threadpool(start_of, darasa, session)
    response = see_other(local_path(asked.next_path, default=start))
    _set_cookie(
        request,
        response,
        cookie_name(request),
        darasa.sessions.cookie_of(session),
        darasa.config.session_hours * _HOUR_S,
    )
    _drop_cookie(request, response, _visitor_cookie(request))
    return response


def sign_out(visit: Visit) -> Response:
    """POST /sign-out."""
    visit.darasa.sessions.close(visit.session)
    response = see_other("/")
    name = visit.darasa.cookie_name
    response.delete_cookie(name, httponly=True, samesite="strict")
    response.delete_cookie(f"{TLS_PREFIX}{name}", httponly=True, samesite="strict", secure=True)
    return response


def _refused(request: Request, *, name: str, next_path: str | None, wait_s: int) -> Response:
    problem = _("That name and passphrase do not fit together.")
    headers = {}
    if wait_s > 0:
        problem += " " + ngettext(
            "Try again in {n} second.", "Try again in {n} seconds.", wait_s
        ).format(n=wait_s)
        headers["retry-after"] = str(wait_s)
    response = _with_form(request, "sign_in.html", problem=problem, name=name, next_path=next_path)
    response.status_code = 429 if wait_s > 0 else 403
    response.headers.update(headers)
    return response


def _with_form(
    request: Request,
    template: str,
    *,
    problem: str | None = None,
    name: str = "",
    next_path: str | None = None,
) -> Response:
    darasa, session = darasa_of(request), session_of(request)
    cookie = _visitor_cookie(request)
    nonce = request.cookies.get(cookie) or darasa.sessions.new_visitor()
    html = render(
        template,
        **_form_values(darasa, session, nonce),
        waiting=darasa.classroom.desk.waiting(),
        problem=problem,
        name=name,
        next=local_path(next_path, default=""),
        kept=(next_path or "").startswith(AGAIN),
    )
    response = HTMLResponse(html)
    if session is None:
        _set_cookie(request, response, cookie, nonce, _VISITOR_S)
    return response


def _form_values(darasa: Darasa, session: Session | None, nonce: str) -> dict[str, Any]:
    return {
        **frame_of(darasa, session),
        "here": "/",
        "start": "/" if session is None else start_of(darasa, session),
        "form_token": darasa.sessions.visitor_token(nonce),
    }


def _visitor_cookie(request: Request) -> str:
    return f"{cookie_name(request)}_form"


def _set_cookie(
    request: Request, response: Response, name: str, value: str, max_age_s: int
) -> None:
    is_tls = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=max_age_s, path="/", httponly=True, samesite="strict", secure=is_tls
    )


def _drop_cookie(request: Request, response: Response, name: str) -> None:
    is_tls = request.url.scheme == "https"
    response.delete_cookie(name, httponly=True, samesite="strict", secure=is_tls)
