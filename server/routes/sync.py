"""POST /sync/1: one round of an exchange (sync/PROTOCOL.md section 4).

Owns: reading the body to its end before the answer starts, and keeping the store off the event
loop. Frames are committed in one thread as they come; bodies above 1 MiB are refused. Who greets
with the key of an enrolled node goes in by one door, strangers by another, narrow one: they have a
thread of their own and a budget an address (strangers.py), and hold no node up.
"""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from anyio import CapacityLimiter, Lock, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from darasa.server.strangers import (
    Budgets,
    KnownNodes,
    Neighbours,
    first_greeting,
    place_of,
)
from darasa.sync.contacts import certificates_of
from darasa.sync.ids import NodeId
from darasa.sync.messages import EndCode, Hello
from darasa.sync.quotas import QUOTAS
from darasa.sync.session_body import body_of
from darasa.sync.transport.file import Stick
from darasa.sync.transport.relay import taking
from darasa.sync.transport.responder import Responder, Round

log = logging.getLogger(__name__)

BODY_BYTES_MAX: Final = 1 << 20
_PART_BYTES: Final = 64 * 1024
ROUNDS_MAX: Final = 64
"""Rounds under way at once: a second or two of work for the one thread, and 8 MiB of bodies. A
class of 40 that comes all together is within it; more are told when to come."""


ROUNDS_EACH_MAX: Final = 4
"""Of one node: it has one under way, and those of links that broke and were not missed yet."""
STRANGERS_MAX: Final = 8
"""Rounds of strangers under way at once: of those who are no node here, most are mistakes."""
STRANGERS_EACH_MAX: Final = 2
"""Of one address: a body may take long, and whoever keeps all of them keeps a copied lab out."""
_COME_AGAIN_S: Final = 5
_BUSY: Final = "The server is busy now. This machine comes again by itself."


@dataclass
class Lane:
    """One way in: its thread, and how many rounds are under way, of whom, of at most so many."""

    rounds_max: int
    each_max: int
    thread: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    rounds_of: Counter[str] = field(default_factory=Counter)

    @property
    def rounds(self) -> int:
        """How many are under way."""
        return self.rounds_of.total()

    def is_full(self) -> bool:
        """Whether nobody more comes in now."""
        return self.rounds >= self.rounds_max

    def is_full_for(self, who: str) -> bool:
        """Whether this node, or this address of strangers, has all that one may have."""
        return self.rounds_of[who] >= self.each_max

    @contextmanager
    def going_in(self, who: str) -> Iterator[None]:
        """Count a round while it is under way."""
        self.rounds_of[who] += 1
        try:
            yield
        finally:
            self.rounds_of[who] -= 1
            if not self.rounds_of[who]:
                del self.rounds_of[who]


@dataclass
class Door:
    """How requests come in at one server. The store has one writer, which the nodes' lane is."""

    responder: Responder
    known: KnownNodes
    budgets: Budgets
    nodes: Lane = field(default_factory=lambda: Lane(ROUNDS_MAX, ROUNDS_EACH_MAX))
    strangers: Lane = field(default_factory=lambda: Lane(STRANGERS_MAX, STRANGERS_EACH_MAX))
    reading: Lock = field(default_factory=Lock)

    async def is_node(self, hello: Hello | None) -> bool:
        """Whether a greeting is of a node that is served here."""
        if self.known.must_read(hello):
            async with self.reading:  # those who come meanwhile wait for it, and read nothing
                if self.known.must_read(hello):
                    await to_thread.run_sync(self.known.refresh, limiter=self.strangers.thread)
        return self.known.greets(hello)


async def sync(request: Request) -> Response:
    """Decode, call, encode. 413 above the limit; a fault of the peer is an END with a sentence."""
    door, body = door_of(request), request.stream()
    try:
        start, hello = await _greeting(body)
    except ClientDisconnect:
        return Response(status_code=400)
    host = "" if request.client is None else request.client.host
    neighbours: Neighbours = request.app.state.darasa.neighbours
    if hello is not None and await door.is_node(hello):
        neighbours.note(host)
        who = hello.node_id.hex()
        if door.nodes.is_full():
            return await _send_away(body, len(start)) or Response(door.responder.busy())
        if door.nodes.is_full_for(who):
            return await _send_away(body, len(start)) or _come_again()
        return await _in_lane(door, door.nodes, who, start, body)
    wait_s = door.budgets.take(host, is_neighbour=neighbours.has(host))
    who = place_of(host)
    if wait_s or door.strangers.is_full() or door.strangers.is_full_for(who):
        return await _send_away(body, len(start)) or _come_again(wait_s)
    return await _in_lane(door, door.strangers, who, start, body)


def _come_again(wait_s: int = 0) -> Response:
    """Not looked at: for who has had enough of this server, or comes when strangers have."""
    wait_s = wait_s or _COME_AGAIN_S
    return Response(body_of([], reason=_BUSY, code=EndCode.BUSY, retry_after_s=wait_s))


async def _greeting(body: AsyncIterator[bytes]) -> tuple[bytes, Hello | None]:
    """What of the body came with its first frame, and the greeting, if it is one."""
    start = bytearray()
    async for part in body:
        start += part
        hello, is_whole = first_greeting(start)
        if is_whole:
            return bytes(start), hello
    return bytes(start), None


async def _send_away(body: AsyncIterator[bytes], size: int) -> Response | None:
    """Not now: the rest is read, for an answer to be heard, and not looked at; what hinders it."""
    try:
        async for part in body:
            size += len(part)
            if size > BODY_BYTES_MAX:
                return Response(status_code=413)
    except ClientDisconnect:
        return Response(status_code=400)
    return None


async def _in_lane(
    door: Door, lane: Lane, who: str, start: bytes, body: AsyncIterator[bytes]
) -> Response:
    with lane.going_in(who):
        return await _round(door.responder, lane.thread, start, body)


async def _round(
    responder: Responder, limiter: CapacityLimiter, start: bytes, body: AsyncIterator[bytes]
) -> Response:
    one = responder.round()
    size = len(start)
    waiting = bytearray(start)
    try:
        async for part in body:
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


def door_of(request: Request) -> Door:
    """The server's door, made at the first request."""
    state = request.app.state
    if not hasattr(state, "sync_door"):
        room = state.darasa.classroom
        stick = Stick(room.home, room.store, hooks=room.hooks, clock=room.clock, rng=room.rng)
        responder = Responder(
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
        known = KnownNodes(room.clock, room.home.node_id, partial(_served_keys, responder))
        state.sync_door = Door(responder, known, Budgets(room.clock))
    door: Door = state.sync_door
    return door


def _served_keys(responder: Responder) -> Mapping[NodeId, tuple[bytes, ...]]:
    """The keys of every node that is served: of those that were removed, none."""
    store, refusal_of = responder.store, responder.hooks.refusal_of
    served = [peer.node_id for peer in store.peers() if not refusal_of(peer.node_id)]
    with store.reading() as connection:
        return {
            node_id: tuple(each.public_key for each in certificates_of(connection, node_id))
            for node_id in served
        }


routes: Final = [Route("/sync/1", sync, methods=["POST"], max_body_size=BODY_BYTES_MAX)]
