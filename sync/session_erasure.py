"""Erasure in a session, both sides (PROTOCOL.md section 18): who is erased is told first of all.

Each HELLO has the digest of the erased learners of the asker's school. Where they differ, records
go: the asker's before its events, the answerer's before the rest of its answer; an answerer that
may lack a record of the asker serves nothing about learners until it has it. Owns when records go
and whose signature counts; does not know what erasing does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from darasa.sync.capabilities import Capability
from darasa.sync.erased import KNOWS_NO_ERASURE, ErasedRecord, erased_digest
from darasa.sync.ids import NO_SCHOOL, Role, SchoolId
from darasa.sync.messages import ERASED_MAX, Erased, Hello, WireErased
from darasa.sync.session_view import (
    KeepErased,
    Limits,
    Myself,
    NoteErasedHeard,
    NoteErasedSaid,
    Other,
    SessionEndedError,
    Step,
    View,
    Write,
)

_RECORD_BYTES: Final = 86
_FRAME_BYTES: Final = 16
_RECORDS_A_FRAME: Final = 500
_SHARE: Final = 3  # of a body, one part of three: 4,000 records in 1 MiB; more go in several rounds
_ROUNDS_MAX: Final = 2  # without news: to tell the peer what it lacks, and what came meanwhile


def erased_frames(records: Sequence[ErasedRecord], frame_bytes: int) -> list[bytes]:
    """ERASED frames of about `frame_bytes`; none for no records."""
    fitting = (frame_bytes - _FRAME_BYTES) // _RECORD_BYTES
    step = min(max(1, fitting), _RECORDS_A_FRAME)
    assert step <= ERASED_MAX
    wire = [WireErased(each.learner_hash, each.signature) for each in records]
    return [
        Erased(tuple(wire[start : start + step])).to_frame() for start in range(0, len(wire), step)
    ]


def _page_of(
    records: Sequence[ErasedRecord], limits: Limits, *, start: bytes
) -> Sequence[ErasedRecord]:
    """As many of the records as one body takes, by hash, those from `start` on first."""
    ordered = sorted(records, key=lambda each: (each.learner_hash < start, each.learner_hash))
    return ordered[: max(1, limits.body // _SHARE // _RECORD_BYTES)]


def checked_erased(
    message: Erased, school_id: SchoolId, school_key: bytes
) -> tuple[ErasedRecord, ...]:
    """The records of a frame, each under the school's signature. Raises SessionEndedError."""
    records = tuple(
        ErasedRecord(school_id, each.learner_hash, each.signature) for each in message.records
    )
    if not all(record.is_signed_by(school_key) for record in records):
        raise SessionEndedError("A record of erasure is not signed by the school.")
    return records


@dataclass(slots=True)
class ErasureAsking:
    """The asking side of a session."""

    me: Myself
    other: Other
    view: View
    limits: Limits
    _said: bytes | None = None
    _rounds: int = 0
    _start: bytes = b""  # the hash from which on the next body says what is here
    _is_over: bool = True  # everything from there on was said
    _came: bytes | None = None  # the last record of this answer that was news

    def __post_init__(self) -> None:
        self._said = self.view.erased_said(self.other.node_id)

    @property
    def digest(self) -> bytes | None:
        """For HELLO."""
        return (
            None if self.me.school_id == NO_SCHOOL else self.view.erased_digest(self.me.school_id)
        )

    def frames(self) -> list[bytes]:
        """All records, when the peer said another digest last, and knows what they are."""
        if self.digest in {None, self._said} or self._said == KNOWS_NO_ERASURE:
            return []
        held = self.view.erased(self.me.school_id)
        rest = [each for each in held if each.learner_hash >= self._start]
        page = _page_of(rest, self.limits, start=self._start)
        self._is_over = len(page) == len(rest)
        self._start = b"" if self._is_over else page[-1].learner_hash
        return erased_frames(page, self.limits.frame)

    def on_erased(self, message: Erased) -> Step:
        """The server knows learners who are erased."""
        is_school = self.me.role is Role.SCHOOL
        key = self.me.key.public if is_school else self.other.public_key
        records = checked_erased(message, self.me.school_id, key)
        known = {each.learner_hash for each in self.view.erased(self.me.school_id)}
        news = [each.learner_hash for each in records if each.learner_hash not in known]
        self._came = news[-1] if news else self._came
        return Step(writes=(KeepErased(records),))

    def close(self, hello: Hello | None) -> tuple[Step, bool]:
        """The answer has ended: what its HELLO said, and whether the peer is to be told more."""
        if hello is None:
            return Step(), False
        knows = bool(hello.capabilities & Capability.ERASURE)
        said = self._said = hello.erased_digest if knows else KNOWS_NO_ERASURE
        is_behind = knows and self.digest != said and self._rounds < _ROUNDS_MAX
        is_on_the_way = not self._is_over or self._came is not None
        self._rounds += is_behind and not is_on_the_way
        self._go_on_after(self._came)
        writes: list[Write] = []
        if self.view.erased_unheard() and (not knows or said == self.digest):
            writes.append(NoteErasedHeard())  # this store lacks nothing that the server knows
        if said != self.view.erased_said(self.other.node_id):
            writes.append(NoteErasedSaid(self.other.node_id, said))
        return Step(writes=tuple(writes)), is_behind

    def _go_on_after(self, came: bytes | None) -> None:
        """The next body goes on where this one ended, or earlier, where the answer did."""
        self._came = None
        if came is not None:
            self._start = came if self._is_over else min(came, self._start)


@dataclass(slots=True)
class ErasureAnswering:
    """The answering side of one round."""

    me: Myself
    view: View
    limits: Limits
    _brought: list[bytes] = field(default_factory=list)

    def on_erased(self, other: Other, message: Erased) -> Step:
        """The asker knows learners who are erased."""
        is_school = self.me.role is Role.SCHOOL
        key = self.me.key.public if is_school else other.public_key
        records = checked_erased(message, other.school_id, key)
        self._brought += [record.learner_hash for record in records]
        return Step(writes=(KeepErased(records),))

    def close(self, other: Other, asked: Hello) -> Step:
        """The body has ended: note what the asker said, if it is news."""
        if asked.erased_digest == self.view.erased_said(other.node_id):
            return Step()
        return Step(writes=(NoteErasedSaid(other.node_id, asked.erased_digest),))

    def digest(self, other: Other) -> bytes | None:
        """For the answer's HELLO."""
        return self.view.erased_digest(other.school_id)

    def frames(self, other: Other, asked: Hello) -> list[bytes]:
        """Records of the asker's school that it did not bring, when it said another digest."""
        is_spoken = asked.capabilities & Capability.ERASURE
        if not is_spoken or asked.erased_digest == self.digest(other):
            return []
        brought = set(self._brought)
        held = self.view.erased(other.school_id)
        rest = [each for each in held if each.learner_hash not in brought]
        page = _page_of(rest, self.limits, start=min(brought, default=b""))
        return erased_frames(page, self.limits.frame)

    def may_serve(self, other: Other, asked: Hello) -> bool:
        """Whether every record of the asker is here: else this store may have forgotten one.

        One that began anew, file and all, may have forgotten what no asker knows either: it waits
        for its hub.
        """
        if self.view.erased_unheard():
            return False
        brought = erased_digest(self._brought)
        return asked.erased_digest in {None, self.digest(other), brought}
