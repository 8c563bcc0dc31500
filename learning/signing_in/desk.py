"""The sign-in desk: names and secrets, with pauses after wrong ones (threat-model section 4).

Owns: when a try must wait. The count of wrong tries is on disk, on this machine only; it works with
no server. That a learner has to wait is told to her school once, in the log and with no word of
what was tried. Does not know what is shown meanwhile.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.learning import resume
from darasa.learning.aliases import root_of
from darasa.learning.kinds import WrongTries
from darasa.learning.people.people import People, Reading, TeacherRow
from darasa.learning.records import LEARNER_VERIFIER, TEACHER_VERIFIER
from darasa.learning.signing_in.checks import check_code, parsed_verifier
from darasa.learning.signing_in.hashing import Cost
from darasa.learning.signing_in.learner_secrets import CodeFits, LearnerSecrets
from darasa.learning.signing_in.one_line import Line, Ticket
from darasa.learning.signing_in.verifier import SecretKind, Verifier, make_verifier
from darasa.sync.clock import Clock
from darasa.sync.errors import StoreError
from darasa.sync.ids import LearnerId, Rng

if TYPE_CHECKING:
    from darasa.learning.recorder import Recorder
    from darasa.sync.store import Tx

FREE_TRIES: Final = 5
FIRST_PAUSE_S: Final = 30
LONGEST_PAUSE_S: Final = 300  # no lasting lockout: a prank cannot keep a child out of a lesson
TOLD_AGAIN_MS: Final = 10 * 60_000
"""How often at most one computer tells of wrong tries under one name."""
_CODE: Final = "code"
_NOBODY: Final = b"nobody"  # one count for all unknown teachers' names


class SignedIn(Struct, frozen=True):
    """The PIN was right. The id is the one she is known by, whichever name and PIN she took."""

    learner_id: LearnerId


class Teacher(Struct, frozen=True):
    """The passphrase was right."""

    row: TeacherRow


class WrongSecret(Struct, frozen=True):
    """It was not, or it was not looked at; the next try may come in `wait_s` seconds."""

    wait_s: int


class SignInDesk:
    """Checks secrets at one node."""

    def __init__(
        self,
        *,
        people: People,
        secrets: LearnerSecrets,
        reading: Reading,
        transaction: Callable[[], "AbstractContextManager[Tx]"],
        recorder: "Recorder",
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._people = people
        self._secrets = secrets
        self._reading = reading
        self._transaction = transaction
        self._recorder = recorder
        self._clock = clock
        self._rng = rng
        self._dummies: dict[Cost, Verifier] = {}
        self._failed_at: dict[bytes, int] = {}  # elapsed: a pause is as long whatever the wall says
        self._told_at: dict[bytes, int] = {}  # elapsed
        self._line = Line("sign-in")  # one by one, or forty tries at once would all be the fifth

    def needs_pin(self, learner_id: LearnerId) -> bool:
        """Whether she signs in with a PIN: everyone but a guest of this machine.

        One who was taken off the lists needs one too, which then never fits.
        """
        with self._reading() as connection:
            is_guest = learner_id in resume.guests(connection)
        return not is_guest or bool(self._secrets.checks(learner_id).verifiers)

    def kinds(self, learner_id: LearnerId) -> list[SecretKind]:
        """How she gives her secret, as her verifiers have it: so a mixed class works.

        Several after a conflict, that of the first before the others; at least one.
        """
        return self._secrets.checks(learner_id).kinds() or [SecretKind.TYPED]

    def kind(self, learner_id: LearnerId) -> SecretKind:
        """The first of them."""
        return self.kinds(learner_id)[0]

    def wait_s(self, owner: bytes) -> int:
        """Seconds until the next try of a learner or teacher; 0 when it may be now."""
        with self._reading() as connection:
            failures, failed_ms = resume.tries_of(connection, owner)
        pause_ms = pause_s(failures) * 1_000
        if not pause_ms:
            return 0
        elapsed_ms = self._clock.elapsed_ms()
        failed_at_ms = self._failed_at.get(owner)
        if failed_at_ms is None:  # before this program started: by the wall, once; from now on not
            passed_ms = max(0, self._clock.wall_ms() - failed_ms)  # set back: once more, from now
            failed_at_ms = self._failed_at[owner] = elapsed_ms - passed_ms
        return max(0, -(-(pause_ms - (elapsed_ms - failed_at_ms)) // 1_000))

    def waiting(self) -> int:
        """How many wait for an answer now."""
        return self._line.waiting()

    def queue_pin(self, learner_id: LearnerId, pin: str) -> Ticket[SignedIn | WrongSecret]:
        """Check a learner's PIN or pictures, after all who came before: 50-250 ms each.

        During a pause it is not looked at.
        """
        return self._line.submit(lambda: self._pin(learner_id, pin.strip()))

    def try_pin(self, learner_id: LearnerId, pin: str) -> SignedIn | WrongSecret:
        """The same, waited for."""
        return self.queue_pin(learner_id, pin).result()

    def queue_teacher(self, name: str, passphrase: str) -> Ticket[Teacher | WrongSecret]:
        """Check a teacher's passphrase. An unknown name takes as long and pauses as a wrong one."""
        return self._line.submit(lambda: self._teacher(name, passphrase.strip()))

    def try_teacher(self, name: str, passphrase: str) -> Teacher | WrongSecret:
        """The same, waited for."""
        return self.queue_teacher(name, passphrase).result()

    def queue_code(self, learner_id: LearnerId, code: str) -> Ticket[CodeFits | WrongSecret]:
        """Check a one-use code of a learner. Wrong ones are counted apart from wrong secrets."""
        return self._line.submit(lambda: self._code(learner_id, check_code(code)))

    def queue_choice(self, fits: CodeFits, kind: SecretKind, secret: str) -> Ticket[SignedIn]:
        """Take the secret that she chose after a right code: she is signed in with it.

        The ticket raises SecretError for one that may not be chosen; then nothing has changed.
        """
        return self._line.submit(lambda: self._choice(fits, kind, secret))

    def _pin(self, learner_id: LearnerId, pin: str) -> SignedIn | WrongSecret:
        wait_s = self.wait_s(learner_id)
        if wait_s:
            return WrongSecret(wait_s)
        checks = self._secrets.checks(learner_id)
        for raw in checks.verifiers or (None,):
            if self._fits(learner_id, LEARNER_VERIFIER, raw, pin):
                self.clear(learner_id)
                return self._signed_in(learner_id)
        kinds = checks.kinds()  # none: nobody who is known here, and no teacher to be told
        tell = (learner_id, kinds[0].word) if kinds else None
        return WrongSecret(self._failed(learner_id, tell=tell))

    def _code(self, learner_id: LearnerId, code: str) -> CodeFits | WrongSecret:
        owner = resume.code_owner(learner_id)
        wait_s = self.wait_s(owner)
        if wait_s:
            return WrongSecret(wait_s)
        check = self._secrets.checks(learner_id).code
        verifier = None if check is None else parsed_verifier(check.verifier)
        if check is None or verifier is None or check.is_over(self._clock.wall_ms()):
            self._nobodys(LEARNER_VERIFIER).fits(code)
        elif verifier.fits(code):
            self.clear(owner)
            return CodeFits(learner_id, code, check)
        is_known = bool(self._secrets.checks(learner_id).verifiers)
        return WrongSecret(self._failed(owner, tell=(learner_id, _CODE) if is_known else None))

    def _choice(self, fits: CodeFits, kind: SecretKind, secret: str) -> SignedIn:
        self._secrets.choose(fits, kind, secret)
        self.clear(fits.learner_id)
        return self._signed_in(fits.learner_id)

    def _signed_in(self, learner_id: LearnerId) -> SignedIn:
        with self._reading() as connection:
            return SignedIn(root_of(connection, learner_id))

    def _teacher(self, name: str, passphrase: str) -> Teacher | WrongSecret:
        candidates = self._people.teacher_verifiers(name)
        owner = candidates[0][0].record_id if candidates else _NOBODY
        wait_s = self.wait_s(owner)
        if wait_s:
            return WrongSecret(wait_s)
        for row, raw in candidates:
            if self._fits(row.record_id, TEACHER_VERIFIER, raw, passphrase):
                with suppress(StoreError):  # a full disk keeps nobody out: they come to see to it
                    self.clear(owner)
                return Teacher(row)
        if not candidates:
            self._fits(_NOBODY, TEACHER_VERIFIER, None, passphrase)
        return WrongSecret(self._failed(owner))

    def clear(self, owner: bytes) -> None:
        """Forget the wrong tries of a learner or teacher; a teacher may do so for a child."""
        with self._reading() as connection:
            failures, _ = resume.tries_of(connection, owner)
        if failures:
            with self._transaction() as tx:
                resume.save_tries(tx.connection, owner, failures=0, failed_ms=0)

    def _failed(self, owner: bytes, *, tell: tuple[LearnerId, str] | None = None) -> int:
        """Count a wrong try, on disk before the answer is given; returns the pause in seconds.

        The first that brings a pause is told to the school: whose it was, and what was asked for.
        """
        with self._transaction() as tx:
            failures = resume.tries_of(tx.connection, owner)[0] + 1
            now_ms = self._clock.wall_ms()
            resume.save_tries(tx.connection, owner, failures=failures, failed_ms=now_ms)
            if tell is not None and failures == FREE_TRIES and self._may_tell(owner):
                learner_id, how = tell
                self._recorder.record((learner_id, WrongTries(failures, how)))
        self._failed_at[owner] = self._clock.elapsed_ms()
        return pause_s(failures)

    def _may_tell(self, owner: bytes) -> bool:
        """Whether this is news: who signs in between wrong tries writes no log full with them."""
        now_ms, told_ms = self._clock.elapsed_ms(), self._told_at.get(owner)
        if told_ms is not None and now_ms - told_ms < TOLD_AGAIN_MS:
            return False
        self._told_at[owner] = now_ms
        return True

    def _fits(self, owner: bytes, field: str, raw: bytes | None, secret: str) -> bool:
        """Whether a secret is right; a verifier that costs too little is made anew afterwards."""
        verifier = self._nobodys(field) if raw is None else parsed_verifier(raw)
        if verifier is None or not verifier.fits(secret) or raw is None:
            return False
        if self._people.may_renew(field, verifier):
            self._line.submit(lambda: self._people.renew(owner, field, verifier, secret))
        return True

    def _nobodys(self, field: str) -> Verifier:
        """What takes as long as the check of somebody who is known."""
        costs = self._people.costs
        cost = costs.teachers if field == TEACHER_VERIFIER else costs.learners
        dummy = self._dummies.get(cost) or make_verifier("nobody", self._rng, cost=cost)
        return self._dummies.setdefault(cost, dummy)


def pause_s(failures: int) -> int:
    """Seconds to wait after so many wrong secrets in a row: 0, then 30 doubling to 300."""
    if failures < FREE_TRIES:
        return 0
    doublings = min(failures - FREE_TRIES, 8)
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S << doublings)
