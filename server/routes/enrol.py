"""POST /enrol/1/start and /finish: joining with a code (sync/PROTOCOL.md section 8).

Open to anyone who holds a code; refusals are 403 with a packed sentence. Proofs are computed in a
thread, one at a time: each takes some 25 ms.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from darasa.server.routes.sync import door_of
from darasa.server.strangers import Budgets, place_of
from darasa.sync.codec import pack
from darasa.sync.enrol import ENROL_BYTES_MAX, EnrolError
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.errors import StoreError

REQUESTS_BURST: Final = 120
"""Two for each computer of a lab of 60 behind one address; the desk limits starts besides."""
_EACH_MS: Final = 1_000
_TOO_MANY: Final = "Too many machines try to join at once. Wait a minute."
_DONE: Final = 200


async def start(request: Request) -> Response:
    """The first request of a joining machine."""
    address = place_of(request.client.host if request.client else "")
    return await _answer(request, partial(_desk(request).start, address=address))


async def finish(request: Request) -> Response:
    """The second; the machine is enrolled when it is answered."""
    answer = await _answer(request, _desk(request).finish)
    if answer.status_code == _DONE:
        door_of(request).known.forget()
    return answer


def _desk(request: Request) -> EnrolDesk:
    desk: EnrolDesk = request.app.state.darasa.enrolment
    return desk


def _budgets(request: Request) -> Budgets:
    """How often an address may ask here, made at the first request."""
    state = request.app.state
    if not hasattr(state, "enrol_budgets"):
        clock = state.darasa.classroom.clock
        state.enrol_budgets = Budgets(clock, burst=REQUESTS_BURST, each_ms=_EACH_MS)
    budgets: Budgets = state.enrol_budgets
    return budgets


async def _answer(request: Request, step: Callable[[bytes], bytes]) -> Response:
    body = await request.body()
    if _budgets(request).take(request.client.host if request.client else ""):
        return Response(pack((_TOO_MANY,)), status_code=403)
    try:
        return Response(await to_thread.run_sync(step, body))
    except EnrolError as error:
        return Response(pack((str(error),)), status_code=403)
    except StoreError as error:
        return Response(pack((f"The server cannot save now. ({error})",)), status_code=503)


routes: Final = [
    Route("/enrol/1/start", start, methods=["POST"], max_body_size=ENROL_BYTES_MAX),
    Route("/enrol/1/finish", finish, methods=["POST"], max_body_size=ENROL_BYTES_MAX),
]
