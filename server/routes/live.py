"""`GET /live`: the live class page as a stream of small HTML fragments (ux.md section 11).

Owns: the rhythm (at most one fragment every 2 s, a sign of life every 15 s), the ids by which a
page that comes back says what it has, and compression with one window for the whole stream. What
is in a fragment belongs to `pages/class_page.py`.
"""

import asyncio
import secrets
import zlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from darasa.learning.rights import Right
from darasa.server.auth import rights_in, session_of
from darasa.server.locale import _
from darasa.server.pages.class_page import ClassLive, class_live, fragment_of
from darasa.server.reach import reach_in
from darasa.server.sessions import Session
from darasa.server.state import Darasa, darasa_of
from darasa.server.wording import exact_time

_ANEW: Final = b"event: list\ndata: changed\n\n"
"""The page is to be loaded anew: another list, no such class any more, or signed out."""


async def live(request: Request) -> Response:
    """The stream of one class; with `once=1` what changed since `have`, for pages that poll."""
    darasa = darasa_of(request)
    session = session_of(request)
    class_id = request.query_params.get("class", "")
    if session is None or not await run_in_threadpool(_may_see, darasa, session, class_id):
        raise HTTPException(403, _("You are signed out. Sign in and open the page again."))
    have = request.headers.get("last-event-id") or request.query_params.get("have", "")
    now = await run_in_threadpool(_view, darasa, class_id)
    if now is None:
        raise HTTPException(404, _("There is no such class."))
    if request.query_params.get("once"):
        html = await run_in_threadpool(
            partial(_fragment, darasa, session, now, None if now.mark != have else now)
        )
        return HTMLResponse(html)
    stream = _stream(darasa, session, class_id, now, have)
    headers = {"x-accel-buffering": "no"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        stream = _squeezed(stream)
        headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(
    darasa: Darasa, session: Session, class_id: str, first: ClassLive, have: str
) -> AsyncIterator[bytes]:
    """Events for one open page, until it is closed, signed out or the server goes down."""
    config, loop = darasa.config, asyncio.get_running_loop()
    yield f"retry: {2000 + secrets.randbelow(3000)}\n\n".encode()
    shown: ClassLive | None = first if first.mark == have else None
    now: ClassLive | None = first
    seen, said_s = darasa.live.version, loop.time()
    while now is not None and not darasa.live.closed and darasa.sessions.is_open(session):
        if shown is not None and now.members != shown.members:
            break  # who is in the class changed
        if shown is None or now.mark != shown.mark:
            changed = partial(_fragment, darasa, session, now, shown)
            yield _event(now.mark, await run_in_threadpool(changed))
            shown, said_s = now, loop.time()
        elif loop.time() - said_s >= config.live_tick_s:
            yield _tick(now.as_of_ms)
            said_s = loop.time()
        await darasa.live.pause(config.live_every_s)
        seen = await darasa.live.wait(seen, within_s=config.live_look_s)
        if not await run_in_threadpool(_may_see, darasa, session, class_id):
            break
        now = await run_in_threadpool(_view, darasa, class_id)
    if not darasa.live.closed:  # a page that is over for this person says so, and shows nobody
        yield _ANEW


def _may_see(darasa: Darasa, session: Session, class_id: str) -> bool:
    """Her sign-in may end while a page is open, and the class may go to somebody else."""
    if Right.LEARNERS not in rights_in(darasa, session):
        return False
    classes = [row.record_id for row in darasa.classroom.people.classes()]
    asked = [each for each in classes if each.hex() == class_id]
    return not asked or reach_in(darasa, session).may_look(asked)


def _fragment(darasa: Darasa, session: Session, now: ClassLive, shown: ClassLive | None) -> str:
    """What changed, with buttons for those who may press them."""
    may_act = reach_in(darasa, session).may_act((bytes.fromhex(now.class_id),))
    return fragment_of(now, shown, token=session.token if may_act else "")


def _view(darasa: Darasa, class_id: str) -> ClassLive | None:
    """The view of a class, made once for all pages that are open on it."""
    step_ms = max(1, round(darasa.config.live_every_s * 1000))
    stamp = (darasa.live.version, darasa.classroom.clock.elapsed_ms() // step_ms)
    return darasa.shared.get(class_id, stamp, lambda: class_live(darasa, class_id))


def _tick(as_of_ms: int) -> bytes:
    """A comment for proxies, and the time for the page, which cannot see comments."""
    return f": here\nevent: tick\ndata: {as_of_ms} {exact_time(as_of_ms)}\n\n".encode()


def _event(mark: str, html: str) -> bytes:
    data = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return f"id: {mark}\n{data}\n".encode()


async def _squeezed(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """gzip with a flush after each event: rows that come again cost a few bytes."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + 13, 5)  # 8 kB window: little memory a page
    async for chunk in stream:
        yield packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
