"""The demo's practice class: invented learners who go on working while a person looks.

Owns: some computers that joined the school as any computer does, who sits at each, and pressing
their keys when their time has come. Two learners are stuck and one has a hand up. What they write
is real work of real nodes. It runs as a program of its own, so that it slows no one's keys.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from darasa.cli.demo_files import read_facts
from darasa.cli.options import classroom_at, on_running_node
from darasa.learning.classroom import Classroom
from darasa.learning.enrolment import join_server, move_server
from darasa.learning.meeting import bring_learner, meet_server
from darasa.learning.simulated.learner import STUCK, Habits
from darasa.learning.simulated.live import LiveLearner
from darasa.sync.clock import SystemClock
from darasa.sync.home import open_home
from darasa.sync.ids import LearnerId

_TELL_EVERY_MS: Final = 4_000  # sync.md section 8, Rhythm
_LOOK_EVERY_S: Final = 0.25
_WORKING: Final = 6


class PracticeClass:
    """Computers in the demo's folder, each with one learner: the stuck, the asking, the working."""

    def __init__(self, folder: Path, *, port: int, seed: int) -> None:
        facts = read_facts(folder)
        self._folder = folder
        self._url = f"https://127.0.0.1:{port}"  # their cables stay in
        self._seed = seed
        self._stuck, self._hand_up = _ids(facts.stuck), _ids(facts.hand_up)
        with classroom_at(folder / "school", writable=False) as room:
            everyone = [row.learner_id for row in room.people.learners()]
        taken = (*self._stuck, *self._hand_up, *_ids((facts.learner_id,)))
        self._working = [each for each in everyone if each not in taken][:_WORKING]

    def work_until(self, stop: threading.Event) -> None:
        """Join what has not joined, let everyone sit down, and press keys until told to stop."""
        with contextlib.ExitStack() as stack:
            places: list[_Place] = []
            for number, learner_id in enumerate((*self._stuck, *self._hand_up, *self._working)):
                if stop.is_set():
                    return
                room = stack.enter_context(self._open(number))
                places.append(_Place(room, learner_id))
                bring_learner(room, learner_id)
            self._sit_down(places)
            while not stop.wait(_LOOK_EVERY_S):
                for place in places:
                    place.go_on()
            for place in places:
                place.leave()

    def _open(self, number: int) -> Classroom:
        """A computer of the class, joined at its first start."""
        home, clock = self._folder / "computers" / f"pc{number + 2:02}", SystemClock()
        if not move_server(home, self._url):
            name = f"Lab PC {number + 2:02}"
            code = on_running_node(self._folder / "school", "new-code", {})["code"]
            join_server(home, self._url, code, name=name, clock=clock, rng=os.urandom)
        return Classroom.open(open_home(home), clock=clock, rng=os.urandom)

    def _sit_down(self, places: Sequence["_Place"]) -> None:
        stuck, hands = len(self._stuck), len(self._hand_up)
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


def _ids(texts: Iterable[str]) -> tuple[LearnerId, ...]:
    return tuple(LearnerId(bytes.fromhex(text)) for text in texts)
