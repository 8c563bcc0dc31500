"""POST /sync/1: one round of an exchange (sync/PROTOCOL.md section 4).

Owns: reading the body to its end before the answer starts, and keeping the store off the event
loop. Frames are committed in one thread as they come; bodies above 1 MiB are refused.
"""

import logging
from functools import partial
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from darasa.sync.quotas import QUOTAS
from darasa.sync.transport.file import Stick
from darasa.sync.transport.relay import taking
from darasa.sync.transport.responder import Responder, Round

log = logging.getLogger(__name__)

BODY_BYTES_MAX: Final = 1 << 20
_PART_BYTES: Final = 64 * 1024
ROUNDS_MAX: Final = 64
"""Rounds under way at once: a second or two of work for the one thread, and 8 MiB of bodies. A
class of 40 that comes all together is within it; more are told when to come."""


async def sync(request: Request) -> Response:
    """Decode, call, encode. 413 above the limit; a fault of the peer is an END with a sentence."""
    responder = _responder(request)
    state = request.app.state
    if state.sync_rounds >= ROUNDS_MAX:
        return await _send_away(request, responder)
    state.sync_rounds += 1
    try:
        return await _round(request, responder)
    finally:
        state.sync_rounds -= 1


async def _send_away(request: Request, responder: Responder) -> Response:
    """Too many at once: the body is read, for an answer to be heard, and not looked at."""
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > BODY_BYTES_MAX:
                return Response(status_code=413)
    except ClientDisconnect:
        return Response(status_code=400)
    return Response(responder.busy())


async def _round(request: Request, responder: Responder) -> Response:
    one = responder.round()
    limiter = _one_thread(request)
    size = 0
    waiting = bytearray()
    try:
        async for part in request.stream():
            size += len(part)
            if size > BODY_BYTES_MAX:
                return Response(status_code=413)
            waiting += part
            if len(waiting) >= _PART_BYTES:
                await _feed(one, waiting, limiter)
    except ClientDisconnect:
        await _feed(one, waiting, limiter)  # whole frames that arrived are kept
        return Response(status_code=400)
    await _feed(one, waiting, limiter)
    answer = await to_thread.run_sync(one.answer, limiter=limiter)
    if one.is_frozen and one.node_id is not None:
        log.warning("node frozen node=%s", one.node_id.hex())
    return Response(answer)


async def _feed(one: Round, waiting: bytearray, limiter: CapacityLimiter) -> None:
    part = bytes(waiting)
    waiting.clear()
    await to_thread.run_sync(partial(one.feed, part), limiter=limiter)


def _responder(request: Request) -> Responder:
    """The server's responder, made at the first request."""
    state = request.app.state
    if not hasattr(state, "sync_responder"):
        state.sync_rounds = 0
        room = state.darasa.classroom
        stick = Stick(room.home, room.store, hooks=room.hooks, clock=room.clock, rng=room.rng)
        state.sync_responder = Responder(
            room.home,
            room.store,
            hooks=room.hooks,
            clock=room.clock,
            rng=room.rng,
            blobs=taking(room.home, stick),
            log=room.log,
            quotas=QUOTAS,
            codec=room.codec,
        )
    responder: Responder = state.sync_responder
    return responder


def _one_thread(request: Request) -> CapacityLimiter:
    """The store has one writer: more threads would only wait for each other."""
    state = request.app.state
    if not hasattr(state, "sync_thread"):
        state.sync_thread = CapacityLimiter(1)
    limiter: CapacityLimiter = state.sync_thread
    return limiter


routes: Final = [Route("/sync/1", sync, methods=["POST"], max_body_size=BODY_BYTES_MAX)]
