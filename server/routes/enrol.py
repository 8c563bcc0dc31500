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

from darasa.sync.codec import pack
from darasa.sync.enrol import ENROL_BYTES_MAX, EnrolError
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.errors import StoreError


async def start(request: Request) -> Response:
    """The first request of a joining machine."""
    address = request.client.host if request.client else ""
    return await _answer(request, partial(_desk(request).start, address=address))


async def finish(request: Request) -> Response:
    """The second; the machine is enrolled when it is answered."""
    return await _answer(request, _desk(request).finish)


def _desk(request: Request) -> EnrolDesk:
    desk: EnrolDesk = request.app.state.darasa.enrolment
    return desk


async def _answer(request: Request, step: Callable[[bytes], bytes]) -> Response:
    body = await request.body()
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
