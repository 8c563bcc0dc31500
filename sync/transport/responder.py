"""The answering side over a store: one `Round` for each body that is posted to a server.

Each frame is committed when it has come, in a transaction with its hooks; the answer is made when
the body has ended. Blocking: the caller keeps it off the event loop.
"""

import threading
from collections.abc import Iterable, Mapping

from darasa.sync.clock import Clock
from darasa.sync.errors import RemoteProtocolError, StoreError, StoreFullError
from darasa.sync.event_codec import EventCodec
from darasa.sync.home import Home
from darasa.sync.hooks import Hooks
from darasa.sync.ids import NodeId, Rng, Role
from darasa.sync.local_log import LocalLog
from darasa.sync.messages import EndCode
from darasa.sync.pause import Slots
from darasa.sync.quotas import Quota, QuotaError
from darasa.sync.session import Answering, Limits, Step
from darasa.sync.session_blobs import Blobs
from darasa.sync.session_body import body_of
from darasa.sync.session_store import StoreView, apply_write
from darasa.sync.session_view import ClocksTold, Greeted, Seated
from darasa.sync.store import Store
from darasa.sync.transport.charging import charge, freeze
from darasa.sync.transport.exchange import CONTACT_EVERY_MS, keep_files, myself
from darasa.sync.transport.timekeeper import Timekeeper
from darasa.sync.versions import THIS, Program

_RETRY_WHEN_FULL_S = 300
_RETRY_WHEN_BUSY_S = 15
_BUSY = "The server is busy now. This machine comes again by itself."


class Responder:
    """What a server answers with; one for the life of the server.

    `log` is its own log of this run: with one, it says by clock events whose clock is wrong.
    `quotas` is what a node of each role may bring; none is no limit.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        hooks: Hooks,
        clock: Clock,
        rng: Rng,
        limits: Limits | None = None,
        blobs: Blobs | None = None,
        log: LocalLog | None = None,
        quotas: Mapping[Role, Quota] | None = None,
        codec: EventCodec | None = None,
        program: Program = THIS,
    ) -> None:
        self.home = home
        self.store = store
        self.hooks = hooks
        self.clock = clock
        self.rng = rng
        self.limits = limits or Limits()
        self.blobs = blobs
        self.quotas = quotas or {}
        self.timekeeper = Timekeeper(store, log, hooks=hooks, clock=clock)
        self.codec = codec
        self.program = program
        self._contacts: dict[NodeId, int] = {}
        self._slots = Slots(rng)
        self._slots_lock = threading.Lock()

    def round(self) -> "Round":
        """A new round, for one body."""
        return Round(self)

    def handle(self, parts: Iterable[bytes]) -> bytes:
        """The answer to a whole body."""
        one = self.round()
        for part in parts:
            one.feed(part)
        return one.answer()

    def busy(self) -> bytes:
        """The answer to a body that was not looked at: come again, each at another time."""
        with self._slots_lock:
            wait_s = self._slots.refused(self.clock.elapsed_ms())
        return body_of([], reason=_BUSY, code=EndCode.BUSY, retry_after_s=wait_s)

    def served(self, node_id: NodeId | None) -> int | None:
        """A node is answered: when it is to come again, None for its own rhythm."""
        if node_id is None:
            return None
        with self._slots_lock:
            return self._slots.served(node_id, self.clock.elapsed_ms())

    def took(self, round_ms: int) -> None:
        """A round is done, its answer made."""
        with self._slots_lock:
            self._slots.took(round_ms)

    def note_contact(self, node_id: NodeId, wall_ms: int) -> None:
        """Keep when a node was heard, and how far its clock (`wall_ms`) is from ours.

        Not more than once a minute: each costs a flush.
        """
        now = self.clock.elapsed_ms()
        last = self._contacts.get(node_id)
        if last is not None and now - last < CONTACT_EVERY_MS:
            return
        with self.store.transaction() as tx:
            ours_ms = self.clock.wall_ms()
            tx.note_contact(node_id, ours_ms, off_ms=wall_ms - ours_ms)
        self._contacts[node_id] = now


class Round:
    """One body in, one answer out. `events_in` counts events that came new.

    `is_frozen`: it brought too much, and its node is held back from now on.
    """

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._me = myself(responder.home, responder.codec, program=responder.program)
        self._view = StoreView(responder.store, self._me)
        self._session = Answering(
            me=self._me,
            view=self._view,
            rng=responder.rng,
            scopes_of=responder.hooks.scopes_of,
            refusal_of=responder.hooks.refusal_of,
            limits=responder.limits,
            blobs=responder.blobs,
        )
        self.events_in = 0
        self.is_frozen = False
        self._took_ms = 0

    @property
    def node_id(self) -> NodeId | None:
        """Who asks, once that is proved."""
        return None if self._session.other is None else self._session.other.node_id

    @property
    def fault(self) -> str:
        """Why the round was ended, or empty."""
        return self._session.fault

    def feed(self, part: bytes) -> None:
        """A part of the body: every frame it completes is committed before this returns."""
        started_ms = self._responder.clock.elapsed_ms()
        self._guarded(self._session.receive(part))
        self._took_ms += self._responder.clock.elapsed_ms() - started_ms

    def answer(self) -> bytes:
        """The body has ended: the answer."""
        started_ms = self._responder.clock.elapsed_ms()
        try:
            self._guarded(self._session.finish())
            self._session.ask_for_less(self._responder.served(self.node_id))
            return self._answer()
        finally:
            self._took_ms += self._responder.clock.elapsed_ms() - started_ms
            self._responder.took(self._took_ms)

    def _answer(self) -> bytes:
        try:
            with self._view.snapshot():
                return self._session.send(self._responder.clock.wall_ms())
        except StoreError as error:
            self._refuse(error)
            return self._session.farewell()

    def _guarded(self, steps: Iterable[Step]) -> None:
        try:
            for step in steps:
                self._apply(step)
        except StoreError as error:
            self._refuse(error)
        except QuotaError:
            self.is_frozen = True
            freeze(self._responder.store, self._session, self._responder.clock.wall_ms())
        except RemoteProtocolError as error:
            self._session.stop(str(error), code=EndCode.DAMAGED)

    def _refuse(self, error: StoreError) -> None:
        wait_s = _RETRY_WHEN_FULL_S if isinstance(error, StoreFullError) else _RETRY_WHEN_BUSY_S
        sentence = f"The server cannot save now. Nothing was lost. ({error})"
        self._session.stop(sentence, code=EndCode.CANNOT_SAVE, retry_after_s=wait_s)

    def _apply(self, step: Step) -> None:
        hooks = self._responder.hooks
        keep_files(self._responder.blobs, step)
        if step.writes:
            quotas, wall_ms = self._responder.quotas, self._responder.clock.wall_ms()
            with self._responder.store.transaction() as tx:
                charge(tx, step, self._session, quotas, wall_ms)
                for write in step.writes:
                    self.events_in += apply_write(tx, write, me=self._me, hooks=hooks)
        for fact in step.facts:
            match fact:
                case Seated(node_id, rows):
                    hooks.on_presence(node_id, rows)
                case Greeted(other, wall_ms):
                    self._responder.note_contact(other.node_id, wall_ms)
                case ClocksTold(other, corrections):
                    self._responder.timekeeper.hear(other, corrections)
