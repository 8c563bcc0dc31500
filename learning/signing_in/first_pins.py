"""First PINs that still wait to be hashed: an import of 10,000 learners is not minutes long.

Owns: `local_first_pin`, where a first PIN waits, sealed under the secret of this machine, from the
transaction that makes its learner until its verifier is recorded; and the thread that hashes them
(decision 0018). Does not know class lists or screens.
"""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from darasa.learning import resume
from darasa.learning.background import Background
from darasa.learning.kinds import Op
from darasa.learning.people.facts import PeopleFacts
from darasa.learning.personal_text import MachineSecret, PersonalText
from darasa.learning.records import LEARNER_VERIFIER
from darasa.learning.signing_in.first_secrets import first_secret_of
from darasa.learning.signing_in.known_secrets import keep_first_secret
from darasa.learning.signing_in.verifier import Verifier, make_verifier
from darasa.sync.errors import StoreError
from darasa.sync.ids import LearnerId, Rng

if TYPE_CHECKING:
    from darasa.learning.recorder import Recorder
    from darasa.sync.store import Tx

log = logging.getLogger(__name__)

AT_ONCE: Final = 16  # their class is listed once for all of them; less than a second of work
_CONTEXT: Final = b"first pin"
_REST_S: Final = 30.0
_AFTER_TROUBLE_S: Final = 5.0
_GAP_S: Final = 0.005  # a lock is not fair: who signs in meanwhile comes between two of these

_Made = tuple[LearnerId, str, Verifier | None]
"""Whose, her PIN, and what it is checked against; None for one that cannot be opened here."""


def _nobody_waits() -> None:
    """What waits is looked for when the next thread begins."""


class FirstPins:
    """The first PINs of one node that have no verifier yet."""

    def __init__(
        self,
        *,
        reading: "Callable[[], AbstractContextManager[sqlite3.Connection]]",
        transaction: "Callable[[], AbstractContextManager[Tx]]",
        recorder: "Recorder",
        secret: MachineSecret,
        personal: PersonalText,
        rng: Rng,
    ) -> None:
        self._reading = reading
        self._transaction = transaction
        self._recorder = recorder
        self._secret = secret
        self._personal = personal
        self._rng = rng
        self.on_news: Callable[[], None] = _nobody_waits

    def keep(self, connection: sqlite3.Connection, learner_id: LearnerId, pin: str) -> None:
        """Keep a PIN, or pictures as words, until it is hashed: in the transaction that makes its
        learner."""
        sealed = self._secret.seal(_CONTEXT + learner_id, pin.encode())
        resume.keep_first_pin(connection, learner_id, sealed)
        self.on_news()

    def waiting(self) -> int:
        """How many wait."""
        with self._reading() as connection:
            return resume.first_pins_waiting(connection)

    def verifier_now(self, learner_id: LearnerId) -> bytes | None:
        """The verifier of one who signs in before her turn; None when no PIN of hers waits.

        Costs a hash (30-60 ms). It is not kept: her turn comes.
        """
        pin = self.pin_of(learner_id)
        return None if pin is None else self._made(pin).to_bytes()

    def pin_of(self, learner_id: LearnerId) -> str | None:
        """The PIN that waits for a learner, for her card; None when none does."""
        with self._reading() as connection:
            sealed = resume.first_pin_of(connection, learner_id)
        return None if sealed is None else self._opened(learner_id, sealed)

    def hash_some(self, *, gap: Callable[[], object] = lambda: None) -> int:
        """Hash the next few and record their verifiers, all or none; how many waited.

        `gap` is called after each hash. One who got another PIN meanwhile, or was taken off the
        lists, keeps what she has.
        """
        with self._reading() as connection:
            rows = resume.first_pins(connection, AT_ONCE)
        made: list[_Made] = []
        for learner_id, sealed in rows:
            pin = self._opened(learner_id, sealed)
            verifier = None if pin is None else self._made(pin)
            made.append((learner_id, pin or "", verifier))
            gap()
        if made:
            with self._transaction() as tx:
                self._record(tx, made)
        return len(made)

    def _record(self, tx: "Tx", made: "list[_Made]") -> None:
        facts: list[tuple[LearnerId | None, Op]] = []
        given: list[tuple[LearnerId, str]] = []
        for learner_id, pin, verifier in made:
            if verifier is not None and _is_without(tx.connection, learner_id):
                raw = self._personal.seal(learner_id, LEARNER_VERIFIER, verifier.to_bytes())
                facts.append((learner_id, Op(learner_id, LEARNER_VERIFIER, raw, ())))
                given.append((learner_id, pin))
            resume.drop_first_pin(tx.connection, learner_id)
        if facts:
            self._recorder.record(*facts)
        for learner_id, pin in given:  # her card can be printed for as long as she has it
            keep_first_secret(tx.connection, PeopleFacts(self._personal), learner_id, pin)

    def _made(self, shown: str) -> Verifier:
        first = first_secret_of(shown)
        return make_verifier(first.typed, self._rng, kind=first.kind)

    def _opened(self, learner_id: LearnerId, sealed: bytes) -> str | None:
        """The PIN; None in a copy that was put back on another machine."""
        clear = self._secret.open(_CONTEXT + learner_id, sealed)
        return None if clear is None else clear.decode()


def _is_without(connection: sqlite3.Connection, learner_id: LearnerId) -> bool:
    """Whether she is on the lists and has no verifier."""
    row = connection.execute(
        "SELECT 1 FROM lt_person WHERE learner_id = ? AND verifier IS NULL", (learner_id,)
    ).fetchone()
    return row is not None


class FirstPinJob:
    """Hashes what waits, one at a time, until closed."""

    def __init__(self, pins: FirstPins) -> None:
        self._pins = pins
        self._thread = Background("first pins", self._run)

    def close(self) -> None:
        """Stop; what is not hashed yet waits for the next start."""
        self._pins.on_news = _nobody_waits
        self._thread.close()

    def _run(self, thread: Background) -> None:
        self._pins.on_news = thread.nudge  # before the first look: none comes between
        while not thread.stopping:
            thread.forget_news()
            if not self._some(thread):
                thread.await_news(_REST_S)

    def _some(self, thread: Background) -> bool:
        try:
            return bool(self._pins.hash_some(gap=lambda: thread.pause(_GAP_S)))
        except StoreError as error:  # a full disk: it can wait, and so can they
            log.info("first pins put off error=%s", type(error).__name__)
            thread.pause(_AFTER_TROUBLE_S)
            return False
