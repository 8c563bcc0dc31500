"""Pages for people who are signed in: the cookie, the form token, the way in.

Owns: turning a request into a `Visit`, refusing those who may not. A view is a plain function from
a visit to a response; it runs in a worker thread, so it may read the store.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from darasa.learning.acting import acting_as
from darasa.learning.clocks import own_clock
from darasa.learning.rights import Right, rights_of
from darasa.server.locale import _
from darasa.server.sessions import Session
from darasa.server.state import Darasa, darasa_of
from darasa.server.templating import render
from darasa.server.uploads import Upload, UploadError, parse_upload
from darasa.sync.ids import RecordId

TLS_PREFIX: Final = "__Host-"  # browsers then hold a cookie to TLS and to this very host
_FIELDS_MAX: Final = 20
LIST_FIELDS_MAX: Final = 400  # a class, asked about name by name; bodies are bounded too
AGAIN: Final = "/again/"
"""Where a form waits that came when its sender's sign-in was over."""
OUT_OF_REACH: Final = _("Your sign-in does not reach this. Ask the head.")
_MENU: Final = (
    ("/hub", _("Schools"), Right.DISTRICT),
    ("/class", _("Live"), Right.LEARNERS),
    ("/skills", _("Skills"), Right.LEARNERS),
    ("/groups", _("Groups"), Right.LEARNERS),
    ("/assign", _("Assign"), Right.ASSIGN),
    ("/people", _("People"), Right.PEOPLE),
    ("/computers", _("Computers"), Right.COMPUTERS),
    ("/packs", _("Packs"), Right.PACKS),
    ("/staff", _("Staff"), Right.STAFF),
)
Form = Mapping[str, str]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of someone who is signed in.

    `address` is where computers find this server; `form` is empty unless one was sent;
    `upload` is the file in it.
    """

    darasa: Darasa
    session: Session
    address: str
    query: Form
    path: Mapping[str, str]
    form: Form
    upload: Upload | None = None

    def clock(self) -> dict[str, Any]:
        """What a page says of this server's own clock, when there is something to say."""
        rights = rights_in(self.darasa, self.session)
        return {
            "clock_doubt": own_clock(self.darasa.classroom).doubt,
            "may_set_clock": bool(rights & {Right.STAFF, Right.DISTRICT}),
        }

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page with the frame of the site around it."""
        frame = frame_of(self.darasa, self.session)
        return HTMLResponse(render(template, **frame, **values), status_code=status)


def frame_of(darasa: Darasa, session: Session | None) -> dict[str, Any]:
    """What every page shows around its content."""
    rights = frozenset() if session is None else rights_in(darasa, session)
    return {
        "site": darasa.classroom.home.name,
        "is_hub": darasa.is_hub,
        "menu": [(path, words) for path, words, right in _MENU if right in rights],
        "signed_in": session.name if session else None,
        "token": session.token if session else None,
    }


def cookie_name(request: Request) -> str:
    """The cookie of a session: one over TLS is never sent without, so it has a name of its own."""
    name = darasa_of(request).cookie_name
    return f"{TLS_PREFIX}{name}" if request.url.scheme == "https" else name


def session_of(request: Request) -> Session | None:
    """The session that the request's cookie names."""
    return darasa_of(request).sessions.find(request.cookies.get(cookie_name(request)))


def rights_in(darasa: Darasa, session: Session) -> frozenset[Right]:
    """What who is signed in may do now: her role may have changed since, or ended.

    Where her sign-in was ended her sessions end too, whatever comes later.
    """
    row = darasa.classroom.people.teacher(RecordId(session.account))
    if row is None:
        darasa.sessions.close_of(session.account)
        return frozenset()
    return rights_of(darasa.classroom.home.role, row.role)


def start_of(darasa: Darasa, session: Session) -> str:
    """Where someone begins: the first page that is hers."""
    rights = rights_in(darasa, session)
    return next((path for path, _words, right in _MENU if right in rights), "/")


def page(
    view: Callable[[Visit], Response],
    right: Right | None,
    *,
    form: bool = False,
    fields_max: int = _FIELDS_MAX,
    upload: bool = False,
) -> Endpoint:
    """An endpoint for signed-in people of a right (None: all of them); `form` for those that
    change something, with at most `fields_max` fields; `upload` for a form with a file.
    """

    async def endpoint(request: Request) -> Response:
        fields: Form
        session = session_of(request)
        if session is None:
            kept = None
            if form and right is not None:
                kept = _kept(request, await form_of(request, fields_max=fields_max))
            return _way_in(request) if kept is None else see_other(f"/sign-in?next={kept}")
        if request.client is not None:
            darasa_of(request).neighbours.note(request.client.host)
        rights = await run_in_threadpool(rights_in, darasa_of(request), session)
        if right is not None and right not in rights:
            raise HTTPException(403, OUT_OF_REACH)
        chosen: Upload | None = None
        fields = {}
        if upload:
            fields, chosen = await upload_of(request)
        elif form:
            fields = await form_of(request, fields_max=fields_max)
            kept = None if _holds(fields, session.token) else _kept(request, fields)
            if kept is not None:
                return see_other(kept)  # of a sign-in before this one
        if form or upload:
            check_token(request, fields, session.token)
        if form:
            request.state.fields = fields
        visit = Visit(
            darasa=darasa_of(request),
            session=session,
            address=darasa_of(request).config.reached or str(request.base_url).rstrip("/"),
            query=dict(request.query_params),
            path={name: str(value) for name, value in request.path_params.items()},
            form=fields,
            upload=chosen,
        )
        with acting_as(RecordId(session.account)):
            return await run_in_threadpool(view, visit)

    return endpoint


def _kept(request: Request, fields: Form) -> str | None:
    """Keep a form of a page that this server made for somebody; where they are asked about it.

    None for any other: it would be put before whoever signs in next.
    """
    darasa = darasa_of(request)
    account = darasa.sessions.account_of(fields.get("token", ""))
    if account is None or not _is_from_here(request):
        return None
    return AGAIN + darasa.kept.put(account, request.url.path, fields)


def _way_in(request: Request) -> Response:
    if request.method in {"GET", "HEAD"}:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return see_other(f"/sign-in?next={quote(asked, safe='/')}")
    raise HTTPException(403, _("You are signed out. Sign in and do it again."))


def see_other(path: str) -> RedirectResponse:
    """Go and look at another page (after a form, so that a reload repeats nothing)."""
    return RedirectResponse(path, status_code=303)


def local_path(path: str | None, *, default: str) -> str:
    """A path of this site to go on to; anything else becomes the default."""
    if path and path.startswith("/") and not path.startswith("//") and path.isprintable():
        return default if "\\" in path else path
    return default


async def form_of(request: Request, *, fields_max: int = _FIELDS_MAX) -> Form:
    """The fields of a form, at most so many; the first of each name counts."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, _("This page takes forms only."))
    raw = await request.body()
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, max_num_fields=fields_max, errors="strict"
        )
    except ValueError as error:  # too many fields, or bytes that are no text
        raise HTTPException(400, _("That form was not understood.")) from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


async def upload_of(request: Request) -> tuple[Form, Upload | None]:
    """The fields and the file of a form that has one."""
    body = await request.body()
    try:
        return await run_in_threadpool(parse_upload, body, request.headers.get("content-type", ""))
    except UploadError as error:
        raise HTTPException(400, _("That form was not understood.")) from error


def check_token(request: Request, form: Form, token: str) -> None:
    """Refuse a form that another site sent (its token is missing, or the browser says so)."""
    if not _holds(form, token) or not _is_from_here(request):
        raise HTTPException(403, _("That form was out of date. Go back, reload and send it again."))


def _is_from_here(request: Request) -> bool:
    """Whether no browser says that another site sent this; old ones (2020 to 2023) say nothing."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def _holds(form: Form, token: str) -> bool:
    return hmac.compare_digest(form.get("token", "").encode(), token.encode())
