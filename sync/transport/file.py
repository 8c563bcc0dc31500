"""Sessions whose carrier is a stick: bundles made from a store, and taken into one.

The same engine as over HTTP: the body of a round goes into a WORK bundle, and its answer, made when
the stick goes back, into an ANSWER. Each frame is committed as it is read, so a file that was cut
short leaves what its readable part held. Owns no rule of belief, and no file system: see
`session_stick` and `stick_files`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from darasa.sync import stick
from darasa.sync.bundle import BundleError, BundleKind, NotForUsError, Sealer
from darasa.sync.clock import Clock
from darasa.sync.contacts import certificates_of
from darasa.sync.errors import LocalProtocolError, SealError, StoreError, SyncError
from darasa.sync.feed import LEARNER_SCOPE
from darasa.sync.home import Home, Peer
from darasa.sync.hooks import Hooks
from darasa.sync.ids import NO_SCHOOL, NodeId, Rng, Role
from darasa.sync.lineage import is_child
from darasa.sync.node_seal import seal_public_of
from darasa.sync.quotas import QUOTAS, Quota, QuotaError
from darasa.sync.session import Answering, Limits, Other, Step
from darasa.sync.session_body import body_of
from darasa.sync.session_nodes import line_of
from darasa.sync.session_stick import Asked, StickAsking, TakingAnswer
from darasa.sync.session_store import StoreView, apply_write
from darasa.sync.signing import Certificate
from darasa.sync.store import Store
from darasa.sync.transport.bundle_reading import OpenedBundle, RequestReader, open_bundle
from darasa.sync.transport.charging import charge, freeze
from darasa.sync.transport.exchange import myself, take_own
from darasa.sync.transport.stick_files import (
    Progress,
    StickError,
    no_progress,
    target_of,
    write_whole,
)
from darasa.sync.transport.stick_report import Made, Taken, refused

ANSWER_BYTES_MAX: Final = 8 << 20
"""Of one ANSWER: what a session may have in memory; the rest of a feed comes with the next."""
_PASSES_MAX: Final = 4  # scopes are two deep: the school's list names the classes
_NOT_JOINED: Final = "This machine has not joined a server yet."
_ID_FIGURES: Final = 10


class Stick:
    """What one node does with sticks; cheap to make."""

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        hooks: Hooks,
        clock: Clock,
        rng: Rng,
        progress: Progress = no_progress,
        quotas: Mapping[Role, Quota] = QUOTAS,
    ) -> None:
        self._home = home
        self._quotas = quotas
        self._store = store
        self._hooks = hooks
        self._clock = clock
        self._rng = rng
        self._progress = progress
        self._me = myself(home)
        self._view = StoreView(store, self._me)

    # -- making ---------------------------------------------------------------------------

    def export_work(self, path: Path, *, from_start: bool = False) -> Made:
        """Write what the server has not said that it holds, or everything, sealed to it.

        Raises StickError with a sentence.
        """
        home, peer = self._home, self._home.peer
        if peer is None:
            raise StickError(_NOT_JOINED)
        target = target_of(
            path, f"darasa-work-{short_name(home.node_id)}-{short_name(peer.node_id)}.bundle"
        )
        with self._view.snapshot():
            asking = self._asking(peer, from_start=from_start)
            sealer = self._sealer(
                BundleKind.WORK,
                peer.certificate,
                seal_public=_seal_public_of(home, peer),
                logs=asking.logs,
                events=self._unsent(peer, from_start=from_start),
            )
            size = write_whole(
                target,
                _sealed(sealer, asking.parts()),
                before_placing=lambda: self._note_asked(peer, asking.asked(sealer.name8)),
                progress=self._progress,
            )
        return Made(str(target), peer.name, size, asking.logs, asking.events_sent)

    def _asking(self, peer: Peer, *, from_start: bool) -> StickAsking:
        school_id = self._home.school_id
        receipted = self._store.read(stick.receipted_tips, peer.node_id, school_id)
        return StickAsking(
            me=self._me,
            other=_other(peer, self._home),
            view=self._view,
            wanted=self._hooks.wanted_scopes(),
            receipted=receipted,
            from_start=from_start,
            wall_ms=self._clock.wall_ms(),
        )

    def _unsent(self, peer: Peer, *, from_start: bool) -> int:
        home = self._home
        author = home.node_id if home.role is Role.COMPUTER else None
        above = None if from_start else peer.node_id
        return self._store.unsent(above, school_id=home.school_id, author=author).total

    def _note_asked(self, peer: Peer, asked: Asked) -> None:
        with self._store.transaction() as tx:
            stick.note_asked(tx.connection, peer.node_id, asked, made_ms=self._clock.wall_ms())

    def export_answers(self, path: Path) -> list[Made]:
        """Write the answer to the newest bundle of each node: receipts and its feed, sealed to it.

        Raises StickError with a sentence.
        """
        names = {peer.node_id: peer.name for peer in self._store.peers()}
        made: list[Made] = []
        for request in self._store.read(stick.requests):
            certificate = self._certificate(request.peer)
            if certificate is None:
                continue
            name = (
                f"darasa-answer-{short_name(self._home.node_id)}-{short_name(request.peer)}.bundle"
            )
            target = target_of(path, name)
            try:
                sealer = self._sealer(
                    BundleKind.ANSWER,
                    certificate,
                    seal_public=seal_public_of(certificate.public_key),
                    answers8=request.answers8,
                )
            except (LocalProtocolError, SealError):
                continue  # a key that was chosen so that nothing can be sealed to it
            answer = self._answer_to(request.frames)
            size = write_whole(target, _sealed(sealer, [answer]), progress=self._progress)
            receiver = names.get(request.peer, request.peer.hex()[:_ID_FIGURES])
            made.append(Made(str(target), receiver, size))
        return made

    def _certificate(self, node_id: NodeId) -> Certificate | None:
        """The certificate that this node gave to another, or took from a copied one."""
        found = self._store.read(certificates_of, node_id)
        given = (each for each in found if each.issuer == self._home.node_id)
        return next(given, None) or next(filter(is_child, found), None)

    def _answer_to(self, frames: bytes) -> bytes:
        session = self._answering(Limits(body=ANSWER_BYTES_MAX))
        for step in session.receive(body_of([frames])):
            self._apply(step)
        for step in session.finish():
            self._apply(step)
        with self._view.snapshot():
            return session.send(self._clock.wall_ms())

    def _answering(self, limits: Limits | None = None) -> Answering:
        return Answering(
            me=self._me,
            view=self._view,
            rng=self._rng,
            scopes_of=self._hooks.scopes_of,
            refusal_of=self._hooks.refusal_of,
            limits=limits,
            unasked_of=self._unasked_of,
        )

    def _unasked_of(self, node_id: NodeId) -> Sequence[bytes]:
        """Lists go at once; a learner's own work only to where she has signed in."""
        scopes = self._hooks.scopes_of(node_id)
        return [scope for scope in scopes if not scope.startswith(LEARNER_SCOPE)]

    def _sealer(
        self,
        kind: BundleKind,
        receiver: Certificate,
        *,
        seal_public: bytes,
        answers8: bytes | None = None,
        logs: int = 0,
        events: int = 0,
    ) -> Sealer:
        return Sealer(
            self._home.node_key,
            self._home.certificate,
            kind=kind,
            receiver_role=receiver.role,
            receiver_school=None if receiver.school_id == NO_SCHOOL else receiver.school_id,
            receiver=receiver.node_id,
            seal_public=seal_public,
            made_ms=self._clock.wall_ms(),
            rng=self._rng,
            answers8=answers8,
            logs=logs,
            events=events,
            line=line_of(self._me),
        )

    # -- taking ---------------------------------------------------------------------------

    def take(self, file: Path) -> Taken:
        """Take one bundle file. Never raises for what is on the stick: the report says it.

        A second time changes nothing. Raises StoreError when this node cannot save.
        """
        opened: OpenedBundle | None = None
        try:
            opened = open_bundle(file, self._home, progress=self._progress)
            if opened.head.kind == BundleKind.WORK:
                return self._take_work(opened)
            if opened.head.kind != BundleKind.ANSWER:
                raise NotForUsError("This is a copy of a server. It comes back by  darasa restore.")
            return self._take_answer(opened)
        except StoreError:
            raise
        except NotForUsError as error:
            return Taken(file.name, "", "", 0, ok=True, whole=False, passed=str(error))
        except SyncError as error:
            return refused(file, opened, str(error))

    def _take_work(self, opened: OpenedBundle) -> Taken:
        if self._home.role is Role.COMPUTER:
            raise BundleError("Only a server takes the work of others.")
        session = self._answering()
        request = RequestReader(opened.maker.node_id)
        events_in = 0
        try:
            for piece in opened.pieces():
                request.feed(piece)
                for step in session.receive(piece):
                    events_in += self._apply(step, charged=session)
                if session.fault:
                    break
        except QuotaError:
            freeze(self._store, session, self._clock.wall_ms())
        events_in += sum(map(self._apply, session.finish()))
        if session.other is not None and request.frames:
            with self._store.transaction() as tx:
                stick.note_request(
                    tx.connection, opened.maker.node_id, opened.name8, request.frames
                )
                tx.note_contact(opened.maker.node_id, self._clock.wall_ms())
        return self._told(opened, fault=session.fault, events_in=events_in)

    def _take_answer(self, opened: OpenedBundle) -> Taken:
        peer = self._home.peer
        if peer is None or opened.maker.node_id != peer.node_id:
            raise NotForUsError("This bundle is not from the server that was joined.")
        answers8 = opened.head.answers8
        asked = self._store.read(stick.asked_for, peer.node_id, answers8)
        if asked is None or answers8 is None:
            raise NotForUsError("This answer was taken before. Nothing was changed.")
        events_in = records_in = 0
        for _ in range(_PASSES_MAX):
            wanted = tuple(self._hooks.wanted_scopes())
            session = TakingAnswer(self._me, _other(peer, self._home), self._view, wanted, asked)
            for piece in opened.pieces():
                events_in += sum(map(self._apply, session.receive(piece)))
                if session.fault:
                    break
            events_in += sum(map(self._apply, session.finish()))
            records_in += session.records_in
            if session.fault or tuple(self._hooks.wanted_scopes()) == wanted:
                break
        if not session.fault:
            with self._store.transaction() as tx:
                stick.close_asked(tx.connection, peer.node_id, answers8)
                tx.note_contact(peer.node_id, self._clock.wall_ms())
        return self._told(
            opened,
            fault=session.fault,
            events_in=events_in,
            records_in=records_in,
            level=session.level,
        )

    def _apply(self, step: Step, charged: Answering | None = None) -> int:
        """The writes of one frame, in one transaction with their hooks; events that came new.

        `charged`: the session of who brings it, for the quotas. Raises QuotaError.
        """
        if not step.writes:
            return 0
        with self._store.transaction() as tx:
            if charged is not None:
                charge(tx, step, charged, self._quotas, self._clock.wall_ms())
            events_in = sum(
                apply_write(tx, write, me=self._me, hooks=self._hooks) for write in step.writes
            )
        take_own(self._home, step)
        return events_in

    def _told(
        self,
        opened: OpenedBundle,
        *,
        fault: str,
        events_in: int,
        records_in: int = 0,
        level: int = 0,
    ) -> Taken:
        names = {peer.node_id: peer.name for peer in self._store.peers()}
        maker = opened.maker.node_id
        error = fault if opened.is_whole else opened.damage or fault
        return Taken(
            file=opened.file.name,
            maker=names.get(maker, maker.hex()[:_ID_FIGURES]),
            kind=BundleKind(opened.head.kind).name.lower(),
            made_ms=opened.head.made_ms,
            ok=opened.is_whole and not fault,
            whole=opened.is_whole,
            events_in=events_in,
            records_in=records_in,
            receipt_level=level,
            error=error,
        )


def _sealed(sealer: Sealer, parts: "Iterator[bytes] | Sequence[bytes]") -> Iterator[bytes]:
    """The frames of a bundle file."""
    yield sealer.head_frame
    for part in parts:
        yield from sealer.add(part)
    yield sealer.finish()


def _other(peer: Peer, home: Home) -> Other:
    return Other(peer.node_id, peer.public_key, peer.role, home.school_id)


def _seal_public_of(home: Home, peer: Peer) -> bytes:
    """What this node seals to its server: the school's or hub's own seal key where it is known."""
    known = home.seal_public if home.role is Role.COMPUTER else peer.seal_public
    return seal_public_of(peer.public_key) if known is None else known


def short_name(node_id: NodeId) -> str:
    """A node in the name of a bundle, which ends with whom it is for."""
    return node_id.hex()[:_ID_FIGURES]
