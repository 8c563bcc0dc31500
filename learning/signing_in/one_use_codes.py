"""One-use codes at a school: prepared, shown to a teacher, proved by what computers send.

Owns: a learner's next code, sealed to the school, and the day that it lasts once it was seen; the
school's word for a secret that a code proves (docs/decisions/0017); ending a pause. Computers are
sent what a code is checked against with their lists. Does not know pages or keys that are pressed.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.learning.deciding.judging import Judge, Why, said_of
from darasa.learning.errors import NotHereError
from darasa.learning.kinds import Confirm, Kind, KindError, Op, payload_of
from darasa.learning.people.rows import PeopleRows
from darasa.learning.personal_text import PersonalText
from darasa.learning.records import (
    LEARNER_CODE,
    LEARNER_UNLOCKED,
    LEARNER_VERIFIER,
    RecordState,
)
from darasa.learning.signing_in.checks import (
    CODE_LASTS_MS,
    MadeCode,
    Secret,
    made_code_of,
    random_code,
    secret_of,
)
from darasa.learning.signing_in.hashing import Cost
from darasa.learning.signing_in.verifier import make_verifier
from darasa.learning.signing_in.wrong_tries import dealt_with
from darasa.sync.clock import Clock
from darasa.sync.event import StoredEvent
from darasa.sync.ids import SHORT_BYTES, LearnerId, Rng, Role

if TYPE_CHECKING:
    from darasa.learning.recorder import Fact, Recorder
    from darasa.sync.store import Tx

Reading = Callable[[], AbstractContextManager[sqlite3.Connection]]
JudgeOf = Callable[[sqlite3.Connection], Judge]
_AT_ONCE: Final = 8  # codes in one transaction: what a kill loses is made again


class ShownCode(Struct, frozen=True):
    """A code that a teacher reads out, and until when it is good (wall ms of the school)."""

    code: str
    until_ms: int


class OneUseCodes:
    """The one-use codes of one school."""

    def __init__(
        self,
        *,
        role: Role,
        reading: Reading,
        transaction: "Callable[[], AbstractContextManager[Tx]]",
        recorder: "Recorder",
        rows: PeopleRows,
        personal: PersonalText,
        judge_of: JudgeOf,
        cost: Callable[[], Cost],
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._role = role
        self._reading = reading
        self._transaction = transaction
        self._recorder = recorder
        self._rows = rows
        self._personal = personal
        self._judge_of = judge_of
        self._cost = cost
        self._clock = clock
        self._rng = rng

    # -- for a teacher ----------------------------------------------------------------------

    def show(self, learner_id: LearnerId) -> ShownCode:
        """The code of a learner, good for a day from the first time that it is shown.

        One that was prepared is known to computers already; else it is made now, which takes as
        long as a hash, and they learn it at their next contact.
        """
        self._check_is_school()
        now_ms = self._clock.wall_ms()
        made = self._in_force(self._record(learner_id), now_ms) or self._make()
        with self._transaction() as tx:
            dealt_with(tx.connection, [learner_id], now_ms)
            record = self._record(learner_id)
            made = self._in_force(record, now_ms) or made
            until_ms = made.until_ms
            if until_ms is None:
                until_ms = now_ms + CODE_LASTS_MS
                seen = MadeCode(made.code, made.verifier, until_ms)
                self._recorder.record(self._fact(record, seen))
        return ShownCode(made.code, until_ms)

    def sheet(self, learner_ids: Iterable[LearnerId]) -> dict[LearnerId, str]:
        """The codes of learners that nobody has seen yet: a sheet for days without the server.

        They are good until they are used; a learner who has none yet is left out.
        """
        self._check_is_school()
        made = {each: self._made(self._record(each)) for each in learner_ids}
        return {
            each: code.code for each, code in made.items() if code is not None and not code.until_ms
        }

    def unlock(self, learner_id: LearnerId) -> None:
        """End the pause after wrong secrets, here and at every computer once it hears of it."""
        self._check_is_school()
        seen = self._record(learner_id).chains(LEARNER_UNLOCKED)
        op = Op(learner_id, LEARNER_UNLOCKED, self._rng(SHORT_BYTES), seen)
        with self._transaction() as tx:
            dealt_with(tx.connection, [learner_id], self._clock.wall_ms())
            self._recorder.record((learner_id, op))

    # -- in the background ------------------------------------------------------------------

    def prepare(self, *, go_on: Callable[[], bool] = lambda: True) -> int:
        """Make the codes that are missing, and new ones for those whose day is over; how many.

        A hash each, a few to a transaction; `go_on` is asked before each.
        """
        if self._role is not Role.SCHOOL:
            return 0
        wanting = self._wanting()
        for first in range(0, len(wanting), _AT_ONCE):
            made: list[tuple[LearnerId, MadeCode]] = []
            for learner_id in wanting[first : first + _AT_ONCE]:
                if not go_on():
                    return first
                made.append((learner_id, self._make()))
            with self._transaction():
                now_ms = self._clock.wall_ms()
                records = [(self._record(each), code) for each, code in made]
                self._recorder.record(
                    *(
                        self._fact(record, code)
                        for record, code in records
                        if _signs_in(record) and self._in_force(record, now_ms) is None
                    )
                )
        return len(wanting)

    def _wanting(self) -> list[LearnerId]:
        """Learners who can sign in and have no code in force."""
        now_ms = self._clock.wall_ms()
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT learner_id FROM lt_person WHERE secrets IS NOT NULL AND (code_until IS NULL"
                " OR (code_until > 0 AND (code_until < ?1 OR code_until > ?1 + ?2)))"
                " ORDER BY learner_id",
                (now_ms, CODE_LASTS_MS),
            ).fetchall()
        return [LearnerId(learner_id) for (learner_id,) in rows]

    # -- what computers send ----------------------------------------------------------------

    def confirm_proved(self, tx: "Tx", events: Sequence[StoredEvent]) -> None:
        """Give the school's word for secrets among new events that a one-use code proves.

        What it does not prove waits for a teacher. One after the other, since the first that uses
        a code is the one that uses it up.
        """
        if self._role is not Role.SCHOOL:
            return
        for stored in events:
            facts = self._proved(tx.connection, stored)
            if facts:
                self._recorder.record(*facts)

    def _proved(self, connection: sqlite3.Connection, stored: StoredEvent) -> "list[Fact]":
        op = _chosen_op(stored)
        if op is None or self._judge_of(connection).look_at(said_of(stored)).why is not (
            Why.UNCONFIRMED
        ):
            return []
        learner_id = LearnerId(op.record_id)
        secret = self._opened(learner_id, op.value)
        if secret is None or secret.code is None:
            return []
        record = self._rows.state_in(connection, stored.school_id, learner_id)
        confirm = Confirm((stored.log_id, stored.seq, stored.chain[:SHORT_BYTES]))
        sealed = record.values(LEARNER_CODE)
        opened = (self._personal.open(learner_id, LEARNER_CODE, each) for each in sealed)
        if secret.code in {made.code for made in map(made_code_of, opened) if made is not None}:
            used_up = Op(learner_id, LEARNER_CODE, None, record.chains(LEARNER_CODE))
            return [(learner_id, confirm), (learner_id, used_up)]
        return [(learner_id, confirm)] if self._was_used_elsewhere(record, op, secret.code) else []

    def _was_used_elsewhere(self, record: RecordState, op: Op, code: str) -> bool:
        """Two computers that did not know of each other took the same code: both secrets stand,
        until a teacher has chosen."""
        state = record.fields.get(LEARNER_VERIFIER)
        for other in () if state is None else state.survivors:
            secret = self._opened(record.record_id, other.value)
            if secret is not None and secret.code == code and other.chain8 not in op.supersedes:
                return True
        return False

    def _opened(self, learner_id: bytes, sealed: object) -> Secret | None:
        return secret_of(self._personal.open(learner_id, LEARNER_VERIFIER, sealed))

    # -- parts ------------------------------------------------------------------------------

    def _record(self, learner_id: LearnerId) -> RecordState:
        with self._reading() as connection:
            return self._rows.state_of(connection, learner_id)

    def _made(self, record: RecordState) -> MadeCode | None:
        sealed = record.shown(LEARNER_CODE)
        return made_code_of(self._personal.open(record.record_id, LEARNER_CODE, sealed))

    def _in_force(self, record: RecordState, now_ms: int) -> MadeCode | None:
        made = self._made(record)
        return None if made is None or made.is_over(now_ms) else made

    def _make(self) -> MadeCode:
        code = random_code(self._rng)
        return MadeCode(code, make_verifier(code, self._rng, cost=self._cost()).to_bytes())

    def _fact(self, record: RecordState, made: MadeCode) -> "Fact":
        learner_id = LearnerId(record.record_id)
        sealed = self._personal.seal(learner_id, LEARNER_CODE, made.to_bytes())
        return (learner_id, Op(learner_id, LEARNER_CODE, sealed, record.chains(LEARNER_CODE)))

    def _check_is_school(self) -> None:
        if self._role is not Role.SCHOOL:
            raise NotHereError("One-use codes are at the school server.")


def _signs_in(record: RecordState) -> bool:
    """Whether she is still somebody: a hash takes long enough to be taken off the lists in it."""
    return record.deletion is None and record.shown(LEARNER_VERIFIER) is not None


def _chosen_op(stored: StoredEvent) -> Op | None:
    """The op of an event that gives a learner a secret."""
    if stored.event.kind != Kind.OP:
        return None
    try:
        payload = payload_of(stored.event)
    except KindError:
        return None
    if not isinstance(payload, Op) or payload.field != LEARNER_VERIFIER:
        return None
    return payload if stored.event.learner_id == payload.record_id else None
