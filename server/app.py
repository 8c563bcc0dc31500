"""`create_app`: the web side of one node, school server or hub.

Owns: which routes exist in which role, the order of middleware, and what starts and stops with the
server. Nothing happens when this module is imported.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Route

from darasa.learning.care_job import CareJob
from darasa.learning.classroom import Classroom
from darasa.learning.control import ControlServer
from darasa.learning.presence import PresenceBoard
from darasa.learning.rights import Right
from darasa.learning.signing_in.codes_job import CodesJob
from darasa.learning.signing_in.first_pins import FirstPinJob
from darasa.server.assets import static
from darasa.server.auth import LIST_FIELDS_MAX, Endpoint, Visit, page
from darasa.server.config import (
    BODY_BYTES_MAX,
    FORM_BYTES_MAX,
    LIST_BYTES_MAX,
    UPLOAD_BYTES_MAX,
    Config,
)
from darasa.server.control import operations
from darasa.server.headers import SecurityHeaders
from darasa.server.hub.schools import hub
from darasa.server.jobs import start_hub_job
from darasa.server.pages import roster_import, roster_preview
from darasa.server.pages.again import again
from darasa.server.pages.assign import assign_page, change_assigned
from darasa.server.pages.cards import cards_page
from darasa.server.pages.class_page import class_page, coming, pull_cable
from darasa.server.pages.class_settings import change_class, class_settings
from darasa.server.pages.clock import clock, set_clock
from darasa.server.pages.computers import (
    accept,
    computers,
    let_back,
    new_code,
    remove,
    remove_page,
)
from darasa.server.pages.fits import choose_fit, fit_page, fits
from darasa.server.pages.forms import once, once_or_again, undo
from darasa.server.pages.front import front, sign_in, sign_in_page, sign_in_wait, sign_out
from darasa.server.pages.learner_page import show_learner
from darasa.server.pages.marks import answer_page, mark_learner
from darasa.server.pages.newcomers import newcomer_page, take_newcomer
from darasa.server.pages.packs import packs
from darasa.server.pages.people import confirm, keep, people
from darasa.server.pages.people_forms import add, add_a_class, add_page
from darasa.server.pages.people_learner import change, learner_page
from darasa.server.pages.questions import mark_question, questions
from darasa.server.pages.seen import observe_class, observe_page
from darasa.server.pages.sign_in_help import new_learner_code, sign_in_with, unlock
from darasa.server.pages.skills_page import groups, skill, skills
from darasa.server.pages.staff import (
    add_staff,
    end_staff,
    handover,
    handover_page,
    passphrase,
    sharing,
    staff,
    staff_back,
)
from darasa.server.pages.tries import seen
from darasa.server.plain_pages import PlainPages
from darasa.server.refusals import fault, refusal, unsaved
from darasa.server.routes.channel import routes as channel_routes
from darasa.server.routes.enrol import routes as enrol_routes
from darasa.server.routes.health import health, metrics
from darasa.server.routes.live import live
from darasa.server.routes.packs import routes as pack_routes
from darasa.server.routes.sync import routes as sync_routes
from darasa.server.state import make_darasa
from darasa.server.watch import watch
from darasa.sync.errors import StoreError
from darasa.sync.ids import Role

_GZIP: Final = (Middleware(GZipMiddleware, minimum_size=400, compresslevel=6),)


def create_app(
    classroom: Classroom, config: Config, *, board: PresenceBoard | None = None
) -> Starlette:
    """The application of a school server or hub over an open classroom.

    `board` is where presence is kept; by default the classroom's own. The caller closes the
    classroom after the application has stopped.
    """
    is_hub = classroom.home.role is Role.HUB
    middleware = [
        Middleware(SecurityHeaders),  # first, so that refusals carry the headers too
        Middleware(RequestBodyLimitMiddleware, max_body_size=BODY_BYTES_MAX),
    ]
    if config.hosts:
        middleware.append(Middleware(PlainPages, hosts=config.hosts))
    app = Starlette(
        routes=[
            *_common(),
            *(_hub() if is_hub else _school()),
            *sync_routes,
            *enrol_routes,
            *channel_routes,
            *pack_routes,
        ],
        middleware=middleware,
        exception_handlers={
            HTTPException: refusal,
            StoreError: unsaved,
            Exception: fault,
        },
        lifespan=_lifespan,
    )
    app.state.darasa = make_darasa(classroom, config, board)
    return app


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"], middleware=_GZIP, max_body_size=0)


def _post(path: str, endpoint: Endpoint, bytes_max: int = FORM_BYTES_MAX) -> Route:
    return Route(path, endpoint, methods=["POST"], max_body_size=bytes_max)


def _list(view: Callable[[Visit], Response], right: Right) -> Endpoint:
    """A form with a field for each of many, that does its work once."""
    return page(once(view), right, form=True, fields_max=LIST_FIELDS_MAX)


def _common() -> list[Route]:
    return [
        _get("/", front),
        _get("/sign-in", sign_in_page),
        _post("/sign-in", sign_in),
        _get("/sign-in/wait", sign_in_wait),
        _post("/sign-out", page(sign_out, None, form=True)),
        _get("/again/{key}", page(again, None)),
        Route("/static/{name}", static, methods=["GET"], max_body_size=0),
        Route("/health", health, methods=["GET"], max_body_size=0),
        Route("/metrics", metrics, methods=["GET"], max_body_size=0),
    ]


def _school() -> list[Route]:
    return [
        _get("/class", page(class_page, Right.LEARNERS)),
        _post("/class/coming", page(coming, Right.LEARNERS, form=True)),
        _post("/class/tries", page(seen, Right.LEARNERS, form=True)),
        _post("/cable", page(pull_cable, Right.LEARNERS, form=True)),
        _get("/skills", page(skills, Right.LEARNERS)),
        _get("/skills/one", page(skill, Right.LEARNERS)),
        _get("/groups", page(groups, Right.LEARNERS)),
        _get("/assign", page(assign_page, Right.ASSIGN)),
        _post("/assign", _list(change_assigned, Right.ASSIGN), LIST_BYTES_MAX),
        _get("/learner/{pid}", page(show_learner, Right.LEARNERS)),
        _get("/learner/{pid}/answer", page(answer_page, Right.LEARNERS)),
        _post("/learner/mark", page(once(mark_learner), Right.EVIDENCE, form=True)),
        _get("/class/observe", page(observe_page, Right.EVIDENCE)),
        _post("/class/observe", _list(observe_class, Right.EVIDENCE), LIST_BYTES_MAX),
        _get("/questions", page(questions, Right.EVIDENCE)),
        _post("/questions", page(once(mark_question), Right.EVIDENCE, form=True)),
        _get("/fits", page(fits, Right.EVIDENCE)),
        _get("/fits/one", page(fit_page, Right.EVIDENCE)),
        _post("/fits", page(once(choose_fit), Right.FITS, form=True)),
        _get("/computers", page(computers, Right.COMPUTERS)),
        _post("/computers/code", page(new_code, Right.COMPUTERS, form=True)),
        _get("/computers/remove", page(remove_page, Right.COMPUTERS)),
        _post("/computers/remove", page(once_or_again(remove), Right.COMPUTERS, form=True)),
        _post("/computers/accept", page(once_or_again(accept), Right.EVIDENCE, form=True)),
        _post("/computers/back", page(once_or_again(let_back), Right.COMPUTERS, form=True)),
        _get("/packs", page(packs, Right.PACKS)),
        _get("/people", page(people, Right.PEOPLE)),
        _post("/people/pin", page(new_learner_code, Right.PEOPLE, form=True)),
        _post("/people/unlock", page(unlock, Right.PEOPLE, form=True)),
        _post("/people/sign-in", page(sign_in_with, Right.PEOPLE, form=True)),
        _post("/people/keep", page(once_or_again(keep), Right.PEOPLE, form=True)),
        _post("/people/confirm", page(once_or_again(confirm), Right.PEOPLE, form=True)),
        _get("/people/add", page(add_page, Right.PEOPLE)),
        _post("/people/add", _list(add, Right.PEOPLE), LIST_BYTES_MAX),
        _get("/people/learner/{pid}", page(learner_page, Right.PEOPLE)),
        _post("/people/change", page(once(change), Right.PEOPLE, form=True)),
        _get("/people/class", page(class_settings, Right.PEOPLE)),
        _post("/people/class", _list(change_class, Right.PEOPLE)),
        _post("/people/class/add", page(once(add_a_class), Right.PEOPLE, form=True)),
        _get("/people/cards", page(cards_page, Right.PEOPLE)),
        _get("/people/newcomer/{pid}", page(newcomer_page, Right.PEOPLE)),
        _post("/people/newcomer", page(once(take_newcomer), Right.PEOPLE, form=True)),
        _post("/people/undo", page(once_or_again(undo), Right.PEOPLE, form=True)),
        *_imports(),
        _get("/clock", page(clock, Right.STAFF)),
        _post("/clock", page(set_clock, Right.STAFF, form=True)),
        _get("/staff", page(staff, Right.STAFF)),
        _post("/staff/add", page(once(add_staff), Right.STAFF, form=True)),
        _post("/staff/end", page(once_or_again(end_staff), Right.STAFF, form=True)),
        _post("/staff/passphrase", page(once(passphrase), Right.STAFF, form=True)),
        _post("/staff/back", page(once_or_again(staff_back), Right.STAFF, form=True)),
        _post("/staff/sharing", page(sharing, Right.STAFF, form=True)),
        _get("/staff/handover", page(handover_page, Right.STAFF)),
        _post("/staff/handover", _list(handover, Right.STAFF)),
        Route("/live", live, methods=["GET"], max_body_size=0),
    ]


def _answers(view: Callable[[Visit], Response], right: Right) -> Endpoint:
    """A form with a field for each of many, whose view sees to its being done once."""
    return page(view, right, form=True, fields_max=LIST_FIELDS_MAX)


def _imports() -> list[Route]:
    here, right = roster_import.HERE, Right.PEOPLE
    return [
        _get(here, page(roster_import.import_page, right)),
        _post(here, page(roster_import.take_file, right, upload=True), UPLOAD_BYTES_MAX),
        _get(f"{here}/columns", page(roster_import.columns_page, right)),
        _post(f"{here}/columns", _answers(roster_import.take_columns, right)),
        _get(f"{here}/preview", page(roster_preview.preview_page, right)),
        _post(f"{here}/preview", _answers(roster_preview.take_preview, right)),
        _get(f"{here}/done", page(roster_preview.done_page, right)),
        _post(f"{here}/drop", page(roster_import.drop, right, form=True)),
    ]


def _hub() -> list[Route]:
    return [
        _get("/hub", page(hub, Right.DISTRICT)),
        _post("/hub/code", page(new_code, Right.DISTRICT, form=True)),
        _get("/clock", page(clock, Right.DISTRICT)),
        _post("/clock", page(set_clock, Right.DISTRICT, form=True)),
    ]


def _nothing() -> None:
    """At a hub nobody waits for new events."""


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    darasa = app.state.darasa
    control = ControlServer(darasa.classroom.home.control_path, partial(operations, darasa))
    job = start_hub_job(darasa)
    care = CareJob(darasa.classroom)
    pins, codes = FirstPinJob(darasa.classroom.first_pins), CodesJob(darasa.classroom)
    watching = asyncio.create_task(watch(darasa, _nothing if job is None else job.nudge))
    try:
        yield
    finally:
        darasa.live.close()
        watching.cancel()
        await asyncio.wait([watching])
        await run_in_threadpool(control.close)
        if job is not None:
            await run_in_threadpool(job.close)
        await run_in_threadpool(care.close)
        await run_in_threadpool(pins.close)
        await run_in_threadpool(codes.close)
        darasa.hashing.shutdown(wait=True)
