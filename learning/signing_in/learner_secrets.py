"""A learner's secrets at one node: what they are checked against, and a new one of her own.

Owns: reading the checks of either kind of node, and the op with which she chooses a secret after a
one-use code. At a computer that op is sealed to the school with the code in it, which proves it
(docs/decisions/0017), and the secret works there at once. Does not count tries or ask for codes.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from darasa.learning import resume
from darasa.learning.kinds import Op
from darasa.learning.people.rows import PeopleRows
from darasa.learning.personal_text import MachineSecret, PersonalText
from darasa.learning.records import LEARNER_CODE, LEARNER_VERIFIER
from darasa.learning.signing_in.checks import (
    NO_CHECKS,
    SECRETS_MAX,
    Checks,
    CodeCheck,
    checks_of,
    chosen_bytes,
    parsed_verifier,
)
from darasa.learning.signing_in.first_pins import FirstPins
from darasa.learning.signing_in.first_secrets import check_chosen
from darasa.learning.signing_in.hashing import SMALLEST, Cost
from darasa.learning.signing_in.kept_secrets import opened_checks
from darasa.learning.signing_in.verifier import SecretKind, Verifier, make_verifier
from darasa.sync.ids import LearnerId, Rng, Role, hash16

if TYPE_CHECKING:
    from darasa.learning.recorder import Fact, Recorder
    from darasa.sync.store import Tx

Reading = Callable[[], AbstractContextManager[sqlite3.Connection]]


class CodeFits(Struct, frozen=True):
    """The one-use code was right: she may choose a secret now."""

    learner_id: LearnerId
    code: str
    check: CodeCheck


class LearnerSecrets:
    """Reads and changes what learners sign in with at one node."""

    def __init__(
        self,
        *,
        role: Role,
        reading: Reading,
        transaction: "Callable[[], AbstractContextManager[Tx]]",
        recorder: "Recorder",
        rows: PeopleRows,
        personal: PersonalText,
        machine: MachineSecret,
        first_pins: FirstPins,
        rng: Rng,
    ) -> None:
        self._role = role
        self._reading = reading
        self._transaction = transaction
        self._recorder = recorder
        self._rows = rows
        self._personal = personal
        self._machine = machine
        self._first_pins = first_pins
        self._rng = rng

    def checks(self, learner_id: LearnerId) -> Checks:
        """What a learner's sign-in is checked against here; empty when nothing is known of her."""
        with self._reading() as connection:
            if self._role is Role.COMPUTER:
                return self._told(connection, learner_id)
            row = connection.execute(
                "SELECT secrets FROM lt_person WHERE learner_id = ?", (learner_id,)
            ).fetchone()
        checks = opened_checks(self._personal, learner_id, None if row is None else row[0])
        if not checks.verifiers and row is not None and self._role is Role.SCHOOL:
            first = self._first_pins.verifier_now(learner_id)
            return checks if first is None else replace(checks, verifiers=(first,))
        return checks

    def _told(self, connection: sqlite3.Connection, learner_id: LearnerId) -> Checks:
        """What the lists of her classes say, with what she chose here before all of it."""
        rows = connection.execute(
            "SELECT checks FROM lt_membership WHERE learner_id = ? AND checks IS NOT NULL"
            " ORDER BY class_id",
            (learner_id,),
        ).fetchall()
        told = [checks_of(self._machine.open(learner_id, sealed)) for (sealed,) in rows]
        if not told:
            return NO_CHECKS
        verifiers = dict.fromkeys(each for checks in told for each in checks.verifiers)
        checks = replace(told[0], verifiers=tuple(verifiers)[:SECRETS_MAX])
        own = resume.own_secret(connection, learner_id)
        mine = None if own is None else self._machine.open(learner_id, own.sealed)
        if own is None or mine is None:
            return checks
        is_used = checks.code is not None and _mark(checks.code) == own.code_mark
        return Checks(
            (mine, *(each for each in checks.verifiers if each != mine))[:SECRETS_MAX],
            None if is_used else checks.code,
            checks.unlocked,
        )

    def choose(self, fits: CodeFits, kind: SecretKind, secret: str) -> None:
        """The secret that she signs in with from now on, durably; the code is used up here.

        Raises SecretError for one that may not be chosen; then nothing has changed.
        """
        cost = _cost_of(fits.check)
        verifier = make_verifier(check_chosen(kind, secret), self._rng, cost=cost, kind=kind)
        if self._role is Role.SCHOOL:
            self._recorder.record(*self._facts_at_school(fits, verifier))
            return
        learner_id = fits.learner_id
        clear = chosen_bytes(verifier.to_bytes(), fits.code)
        sealed = self._personal.seal(learner_id, LEARNER_VERIFIER, clear)
        op = Op(learner_id, LEARNER_VERIFIER, sealed, fits.check.replaces)
        own = resume.OwnSecret(
            self._machine.seal(learner_id, verifier.to_bytes()), _mark(fits.check)
        )
        with self._transaction() as tx:
            self._recorder.record((learner_id, op))
            resume.save_own_secret(tx.connection, learner_id, own)

    def _facts_at_school(self, fits: CodeFits, verifier: Verifier) -> "list[Fact]":
        learner_id = fits.learner_id
        with self._reading() as connection:
            record = self._rows.state_of(connection, learner_id)
        sealed = self._personal.seal(learner_id, LEARNER_VERIFIER, verifier.to_bytes())
        ops = (
            Op(learner_id, LEARNER_VERIFIER, sealed, record.chains(LEARNER_VERIFIER)),
            Op(learner_id, LEARNER_CODE, None, record.chains(LEARNER_CODE)),
        )
        return [(learner_id, op) for op in ops]


def _mark(code: CodeCheck) -> bytes:
    return hash16(code.verifier)


def _cost_of(code: CodeCheck) -> Cost:
    """What the school lets secrets cost: a computer that chose by itself might be the fastest."""
    verifier = parsed_verifier(code.verifier)
    return SMALLEST if verifier is None else max(SMALLEST, verifier.cost)
