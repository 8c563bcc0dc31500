"""One exchange of a node with its server, over any carrier of rounds.

Owns: the loop of rounds, and each step's transaction with its hooks. How a body travels is the
`Post`'s; what is in it is the session's.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from darasa.sync.clock import Clock
from darasa.sync.contacts import PeerRow
from darasa.sync.errors import HomeError, RemoteProtocolError, StoreError, SyncError
from darasa.sync.event_codec import EventCodec
from darasa.sync.home import Home, Peer
from darasa.sync.hooks import Hooks
from darasa.sync.ids import Role
from darasa.sync.messages import PresenceRow
from darasa.sync.session import Asking, Limits, Myself, Other
from darasa.sync.session_blobs import Blobs
from darasa.sync.session_store import StoreView, apply_write
from darasa.sync.session_view import KeepNodes, Step
from darasa.sync.steered_clock import machine_ms_of
from darasa.sync.store import Store
from darasa.sync.transport.round_times import RoundTimes
from darasa.sync.versions import THIS, Program

ROUNDS_MAX: Final = 1_000
"""A gigabyte of bodies: only a peer that asks again and again gets there."""
CONTACT_EVERY_MS: Final = 60_000
"""How exactly the time of the last contact is kept, when nothing else is written."""

Post = Callable[[bytes], Iterable[bytes]]
"""Carries one body to the server; the parts of its answer. Raises LinkError."""


class LinkError(SyncError):
    """The server was not reached, or the link broke; what was committed before is safe."""


class ExchangeReport(Struct, frozen=True):
    """What one exchange did; the fields are those of `darasa sync --json`.

    Bytes are those of the bodies, without the carrier's headers. `events_out` counts events sent,
    `events_in` and `records_in` what came new. `receipt_level` is 0 when nothing was receipted.
    """

    peer: str
    ok: bool
    rounds: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    events_out: int = 0
    events_in: int = 0
    records_in: int = 0
    receipt_level: int = 0
    seconds: float = 0.0
    error: str = ""
    retry_after_s: int | None = None

    @property
    def is_unanswered(self) -> bool:
        """Whether nobody answered at the address, or somebody else did."""
        return not self.ok and self.rounds > 0 and not self.bytes_in

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)


def keep_files(blobs: Blobs | None, step: Step) -> None:
    """Hand the parts of files that a frame brought to whom they belong. Raises StoreError."""
    if blobs is not None:
        for part in step.files:
            blobs.add(part.peer, part.name, part.offset, part.total, part.raw)


def take_own(home: Home, step: Step) -> None:
    """The server has confirmed a copied machine: its certificate is this node's from now on."""
    for write in step.writes:
        if isinstance(write, KeepNodes):
            for certificate in write.certificates:
                if certificate.node_id == home.node_id:
                    home.save_certificate(certificate)


def myself(home: Home, codec: EventCodec | None = None, *, program: Program = THIS) -> Myself:
    """A node as its sessions know it."""
    return Myself(
        home.node_key,
        home.role,
        home.school_id,
        home.certificate,
        former=home.former,
        program=program,
        codec=codec,
    )


class Exchange:
    """One exchange; `run` it once. `trusted`: the last one in this process ended well."""

    def __init__(
        self,
        home: Home,
        store: Store,
        peer: Peer,
        *,
        hooks: Hooks,
        clock: Clock,
        presence: Sequence[PresenceRow] | None = (),
        limits: Limits | None = None,
        trusted: bool = False,
        blobs: Blobs | None = None,
        codec: EventCodec | None = None,
        program: Program = THIS,
    ) -> None:
        self._home = home
        self._store = store
        self._peer = peer
        self._hooks = hooks
        self._blobs = blobs
        self._clock = clock
        self._me = myself(home, codec, program=program)
        self._view = StoreView(store, self._me)
        school_id = home.school_id
        self._session = Asking(
            me=self._me,
            other=Other(peer.node_id, peer.public_key, peer.role, school_id),
            view=self._view,
            wanted=hooks.wanted_scopes(),
            presence=presence if home.role is Role.COMPUTER else None,
            limits=limits,
            trusted=trusted,
            blobs=blobs,
        )
        self._times = RoundTimes(store, clock)
        self._events_in = 0

    def run(self, post: Post) -> ExchangeReport:
        """All rounds. Never raises for an absent, broken or hostile peer, or a full disk."""
        started = self._clock.elapsed_ms()
        rounds = bytes_out = bytes_in = 0
        session = self._session
        try:
            while session.wants_round and rounds < ROUNDS_MAX:
                rounds += 1
                self._times.begin_round()
                with self._view.snapshot():
                    body = session.send(machine_ms_of(self._clock), self._times.to_tell())
                bytes_out += len(body)
                for part in post(body):
                    bytes_in += len(part)
                    came_ms = self._clock.elapsed_ms()
                    for step in session.receive(part):
                        self._apply(step)
                    self._times.heard(session.heard_wall_ms, came_ms)
                    if session.fault:
                        break
                for step in session.finish():
                    self._apply(step)
                if self._times.end_round(session.fault) and not session.wants_round:
                    session.ask_again()
            if session.wants_round:
                session.stop("The server asks again and again. The rest goes later.")
            if not session.fault:
                self._note_contact()
        except (LinkError, StoreError, HomeError, RemoteProtocolError) as error:
            session.stop(str(error))
        return ExchangeReport(
            peer=self._peer.name,
            ok=not session.fault,
            rounds=rounds,
            bytes_out=bytes_out,
            bytes_in=bytes_in,
            events_out=session.events_sent,
            events_in=self._events_in,
            records_in=session.records_in,
            receipt_level=session.receipt_level,
            seconds=(self._clock.elapsed_ms() - started) / 1000,
            error=session.fault,
            retry_after_s=session.retry_after_s,
        )

    def _apply(self, step: Step) -> None:
        """The writes of one frame, in one transaction with their hooks; and its part of a file."""
        keep_files(self._blobs, step)
        if not step.writes:
            return
        with self._store.transaction() as tx:
            self._events_in += sum(
                apply_write(tx, write, me=self._me, hooks=self._hooks) for write in step.writes
            )
        take_own(self._home, step)

    def _note_contact(self) -> None:
        """Keep the time of contact, not more than once a minute: each costs a flush."""
        now, theirs = self._clock.wall_ms(), self._times.theirs_ms()
        off_ms = None if theirs is None else theirs - machine_ms_of(self._clock)
        known = {row.node_id: row.last_contact_ms for row in self._store.peers()}
        last = known.get(self._peer.node_id)
        if last is None or abs(now - last) >= CONTACT_EVERY_MS:
            with self._store.transaction() as tx:
                if self._peer.node_id not in known:  # the store began anew since it was joined
                    tx.put_peer(_row_of(self._peer))
                tx.note_contact(self._peer.node_id, now, off_ms=off_ms)


def _row_of(peer: Peer) -> PeerRow:
    """The joined server as the store lists it: what it says of itself is noted there."""
    return PeerRow(peer.node_id, peer.certificate.school_id, peer.role, peer.name, None)
