"""The worker against a server that is away: silent, counted, and never in a learner's way."""

import queue
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from darasa.client_tui.pace import AFTER_ANSWER_MS
from darasa.client_tui.screens.base import Activity
from darasa.client_tui.sync_worker import NoSchool, SyncWorker
from darasa.content_packs.grading import correct_response
from darasa.learning.classroom import Classroom
from darasa.learning.practice.sitting import Sitting
from darasa.sync.clock import ManualClock, SystemClock
from darasa.sync.ids import LearnerId, Role
from darasa.sync.messages import Doing
from darasa.sync.transport.exchange import ExchangeReport


@pytest.fixture
def room(worlds: Any) -> Iterator[Classroom]:
    """A computer that joined a server which is away."""
    rng = random.Random(3).randbytes
    clock = SystemClock()
    made = Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(worlds.course(),))
    worlds.join_away(made.home, rng)
    yield made
    made.close()


@pytest.fixture
def worker(room: Classroom) -> Iterator[SyncWorker]:
    made = SyncWorker(room)
    yield made
    made.stop()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def answer(room: Classroom) -> Sitting:
    sitting = Sitting.begin(room, room.guest().learner_id, how="guest")
    view = sitting.start_set()
    assert view is not None
    sitting.answer(correct_response(view.instance))
    return sitting


def test_answers_that_wait_are_counted_in_the_status_line(
    room: Classroom, worker: SyncWorker
) -> None:
    assert worker.teacher_slot() == "Teacher: has all"
    sitting = answer(room)
    worker.signed_in(sitting.learner.learner_id)
    assert worker.teacher_slot() == "Teacher: 1 to send"


def test_a_server_that_is_away_is_no_fault(
    room: Classroom, worker: SyncWorker, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="darasa.client_tui.sync_worker"):
        assert not worker.exchange_now().ok
        worker.start()
        worker.try_now()
        wait_until(lambda: not worker.reached())
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]
    assert answer(room).learner is not None
    assert worker.waiting() == 1


def test_presence_says_who_is_at_what(room: Classroom, worker: SyncWorker) -> None:
    assert worker.presence() == ()
    learner = room.guest().learner_id
    worker.signed_in(learner)
    worker.doing(Activity(Doing.WORKING, "jug-1", 2, 8))
    (row,) = worker.presence()
    assert (row.learner_id, row.doing, row.about, row.nth, row.of) == (
        learner,
        Doing.WORKING,
        "jug-1",
        2,
        8,
    )
    worker.signed_in(None)
    assert worker.presence() == ()


def test_the_thread_ends_when_asked(worker: SyncWorker) -> None:
    worker.start()
    worker.try_now()
    worker.stop()
    assert not worker._thread.is_alive()


class _Slow(SyncWorker):
    """Its link lets the test say when each meeting ends, and how."""

    def __init__(self, room: Classroom) -> None:
        super().__init__(room)
        self.begun: queue.Queue[int] = queue.Queue()
        self.reports: queue.Queue[ExchangeReport] = queue.Queue()

    def exchange_now(self, url: str | None = None) -> ExchangeReport:
        """Takes until the test says."""
        self.begun.put(1)
        return self.reports.get(timeout=30)


@pytest.fixture
def slow(worlds: Any) -> Iterator[_Slow]:
    """A worker in the middle of a meeting; its clock stands still."""
    rng, clock = random.Random(3).randbytes, ManualClock(1_800_000_000_000)
    room = Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=(worlds.course(),))
    made = _Slow(room)
    made.start()
    made.try_now()
    made.begun.get(timeout=30)
    yield made
    made.reports.put(ExchangeReport("", ok=True))
    made.stop()
    room.close()


def test_whoever_signs_in_during_a_meeting_that_fails_is_tried_for_at_once(slow: _Slow) -> None:
    """She waited for up to a quarter of an hour, as if she had not come."""
    slow.signed_in(LearnerId(b"A" * 16))
    slow.reports.put(ExchangeReport("", ok=False))
    slow.begun.get(timeout=20)


def test_an_answer_during_a_meeting_goes_with_the_next_one_within_a_second(slow: _Slow) -> None:
    """It waited for the rhythm: a minute, when she had signed out meanwhile."""
    slow.answered()
    slow.signed_in(None)
    slow.reports.put(ExchangeReport("", ok=True))
    wait_until(lambda: slow._pace.next_ms > 0)
    clock = slow._room.clock
    assert isinstance(clock, ManualClock)
    clock.advance(AFTER_ANSWER_MS)
    slow.begun.get(timeout=20)


def test_a_computer_without_a_school_says_so(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.flow.sending = NoSchool()
    assert "No school yet" in world.lines()[0]
    world.sign_in().press("q")
    assert "not joined to a school" in world.screen()
