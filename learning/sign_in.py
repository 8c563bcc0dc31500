"""The sign-in desk: names and secrets, with pauses after wrong ones (threat-model section 4).

Owns: when a try must wait. The count of wrong tries is on disk, on this machine only, and not in
the log; it works with no server. Does not know what is shown meanwhile.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.learning import resume
from darasa.learning.aliases import root_of
from darasa.learning.errors import SecretError
from darasa.learning.people import People, Reading, TeacherRow
from darasa.learning.verifier import Verifier, make_verifier
from darasa.sync.clock import Clock
from darasa.sync.ids import LearnerId, Rng

if TYPE_CHECKING:
    from darasa.sync.store import Tx

FREE_TRIES: Final = 5
FIRST_PAUSE_S: Final = 30
LONGEST_PAUSE_S: Final = 300  # no lasting lockout: a prank cannot keep a child out of a lesson
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
        reading: Reading,
        transaction: Callable[[], "AbstractContextManager[Tx]"],
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._people = people
        self._reading = reading
        self._transaction = transaction
        self._clock = clock
        self._rng = rng
        self._dummy: Verifier | None = None
        self._failed_at: dict[bytes, int] = {}  # elapsed: a pause is as long whatever the wall says
        self._one_at_a_time = threading.Lock()  # or forty tries at once would all be the fifth

    def needs_pin(self, learner_id: LearnerId) -> bool:
        """Whether she signs in with a PIN: everyone but a guest of this machine.

        One who was taken off the lists needs one too, which then never fits.
        """
        with self._reading() as connection:
            is_guest = learner_id in resume.guests(connection)
        return not is_guest or self._people.verifier(learner_id) is not None

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

    def try_pin(self, learner_id: LearnerId, pin: str) -> SignedIn | WrongSecret:
        """Check a learner's PIN: about 50 ms. During a pause the PIN is not looked at."""
        with self._one_at_a_time:
            wait_s = self.wait_s(learner_id)
            if wait_s:
                return WrongSecret(wait_s)
            if self._fits(self._people.verifier(learner_id), pin.strip()):
                self.clear(learner_id)
                with self._reading() as connection:
                    return SignedIn(root_of(connection, learner_id))
            return WrongSecret(self._failed(learner_id))

    def try_teacher(self, name: str, passphrase: str) -> Teacher | WrongSecret:
        """Check a teacher's passphrase. An unknown name takes as long and pauses as a wrong one."""
        candidates = self._people.teacher_verifiers(name)
        owner = candidates[0][0].record_id if candidates else _NOBODY
        with self._one_at_a_time:
            wait_s = self.wait_s(owner)
            if wait_s:
                return WrongSecret(wait_s)
            for row, verifier in candidates:
                if self._fits(verifier, passphrase.strip()):
                    self.clear(owner)
                    return Teacher(row)
            if not candidates:
                self._fits(None, passphrase)
            return WrongSecret(self._failed(owner))

    def clear(self, owner: bytes) -> None:
        """Forget the wrong tries of a learner or teacher; a teacher may do so for a child."""
        with self._reading() as connection:
            failures, _ = resume.tries_of(connection, owner)
        if failures:
            with self._transaction() as tx:
                resume.save_tries(tx.connection, owner, failures=0, failed_ms=0)

    def _failed(self, owner: bytes) -> int:
        """Count a wrong try, on disk before the answer is given; returns the pause in seconds."""
        with self._transaction() as tx:
            failures = resume.tries_of(tx.connection, owner)[0] + 1
            now_ms = self._clock.wall_ms()
            resume.save_tries(tx.connection, owner, failures=failures, failed_ms=now_ms)
        self._failed_at[owner] = self._clock.elapsed_ms()
        return pause_s(failures)

    def _fits(self, raw: bytes | None, secret: str) -> bool:
        if raw is None:
            self._dummy = self._dummy or make_verifier("nobody", self._rng)
            self._dummy.fits(secret)
            return False
        try:
            return Verifier.from_bytes(raw).fits(secret)
        except SecretError:
            return False


def pause_s(failures: int) -> int:
    """Seconds to wait after so many wrong secrets in a row: 0, then 30 doubling to 300."""
    if failures < FREE_TRIES:
        return 0
    doublings = min(failures - FREE_TRIES, 8)
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S << doublings)
