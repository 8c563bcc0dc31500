"""The demo's other computers: invented learners who go on working while a person looks.

Owns: some computers that joined the school as any computer does, who sits at each, and one thread
that presses their keys when their time has come and lets them meet the server. Two learners are
stuck and one has a hand up. What they write is real work of real nodes.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from darasa.learning import resume
from darasa.learning.classroom import Classroom
from darasa.learning.enrolment import join_server, move_server
from darasa.learning.meeting import meet_server
from darasa.learning.simulated_learner import STUCK, Habits
from darasa.learning.simulated_live import LiveLearner
from darasa.sync.clock import SystemClock
from darasa.sync.errors import SyncError
from darasa.sync.home import open_home
from darasa.sync.ids import LearnerId

log = logging.getLogger(__name__)

_TELL_EVERY_MS: Final = 4_000  # sync.md section 8, Rhythm
_LOOK_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Cast:
    """Who sits at the other computers: those who work, who are stuck, and who has a hand up."""

    working: tuple[LearnerId, ...]
    stuck: tuple[LearnerId, ...]
    hand_up: tuple[LearnerId, ...]

    @property
    def everyone(self) -> tuple[LearnerId, ...]:
        """All of them, one a computer."""
        return (*self.stuck, *self.hand_up, *self.working)


class OtherComputers:
    """The invented computers in a folder, driven by one thread."""

    def __init__(
        self, folder: Path, url: str, cast: Cast, *, new_code: Callable[[], str], seed: int
    ) -> None:
        self._folder = folder
        self._url = url
        self._cast = cast
        self._new_code = new_code
        self._seed = seed
        self._stop = threading.Event()

    @contextlib.contextmanager
    def practising(self) -> Iterator[None]:
        """Let them work until the block ends."""
        thread = threading.Thread(target=self._run, name="practice class", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(timeout=20)

    def _run(self) -> None:
        try:
            with contextlib.ExitStack() as stack:
                places: list[_Place] = []
                for number, learner_id in enumerate(self._cast.everyone):
                    if self._stop.is_set():
                        return
                    room = stack.enter_context(self._open(number))
                    places.append(_Place(room, learner_id))
                    places[-1].bring()
                self._sit_down(places)
                while not self._stop.wait(_LOOK_EVERY_S):
                    for place in places:
                        place.go_on()
                for place in places:
                    place.leave()
        except SyncError:
            log.exception("the practice class stopped")

    def _open(self, number: int) -> Classroom:
        """A computer of the class, joined at its first start."""
        home, clock = self._folder / f"pc{number + 2:02}", SystemClock()
        if not move_server(home, self._url):
            name = f"Lab PC {number + 2:02}"
            join_server(home, self._url, self._new_code(), name=name, clock=clock, rng=os.urandom)
        return Classroom.open(open_home(home), clock=clock, rng=os.urandom)

    def _sit_down(self, places: Sequence["_Place"]) -> None:
        stuck, hands = len(self._cast.stuck), len(self._cast.hand_up)
        for number, place in enumerate(places):
            if number < stuck:
                place.sit_down(self._seed + number, habits=STUCK, items=1)
            else:
                place.sit_down(self._seed + number)
                if number < stuck + hands:
                    place.raise_hand()


class _Place:
    """One computer and the learner who sits at it."""

    def __init__(self, room: Classroom, learner_id: LearnerId) -> None:
        self._room = room
        self._learner_id = learner_id
        self._live: LiveLearner | None = None
        self._told_ms = 0
        self._trusted = False

    def bring(self) -> None:
        """Her events from other computers, before she goes on at this one."""
        with self._room.store.transaction() as tx:
            resume.note_seen(tx.connection, self._learner_id, self._room.clock.wall_ms())
        meet_server(self._room)

    def sit_down(
        self, seed: int, *, habits: Habits | None = None, items: int | None = None
    ) -> None:
        """She signs in and begins."""
        self._live = LiveLearner(
            self._room, self._learner_id, seed=seed, habits=habits, items=items
        )

    def raise_hand(self) -> None:
        """She asks for the teacher."""
        assert self._live is not None
        self._live.sitting.hand(up=True)

    def go_on(self) -> None:
        """Her next key, if its time has come; then, or now and then, the server is told."""
        assert self._live is not None
        now = self._room.clock.elapsed_ms()
        if self._live.step() or now - self._told_ms >= _TELL_EVERY_MS:
            self._told_ms = now
            report = meet_server(
                self._room, presence=(self._live.presence(),), trusted=self._trusted
            )
            self._trusted = report.ok

    def leave(self) -> None:
        """She signs out, and what waits is sent."""
        assert self._live is not None
        self._live.sitting.sign_out()
        meet_server(self._room)
