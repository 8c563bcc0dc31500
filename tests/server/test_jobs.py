"""When the school's server turns to the hub, and when it lets it be."""

import queue
import threading

from darasa.server.jobs import HubJob, Tried, exchange_now

_LONG = 30.0


def _zeros(n: int) -> bytes:
    return bytes(n)


class _Tries:
    """What the job does, one at a time: each try waits to be told how it went."""

    def __init__(self) -> None:
        self.begun: queue.Queue[int] = queue.Queue()
        self.results: queue.Queue[bool | Exception] = queue.Queue()
        self._count = 0

    def __call__(self) -> Tried:
        self._count += 1
        self.begun.put(self._count)
        result = self.results.get(timeout=_LONG)
        if isinstance(result, Exception):
            raise result
        return Tried(result)


def test_it_goes_at_once_then_each_interval() -> None:
    tries = _Tries()
    job = HubJob(tries, every_s=0.01, soon_s=_LONG, rng=_zeros)
    for expected in (1, 2, 3):
        assert tries.begun.get(timeout=_LONG) == expected
        tries.results.put(True)
    tries.results.put(True)
    job.close()


def test_news_bring_it_forward() -> None:
    tries = _Tries()
    job = HubJob(tries, every_s=3600, soon_s=0.01, rng=_zeros)
    tries.begun.get(timeout=_LONG)
    tries.results.put(True)
    job.nudge()
    assert tries.begun.get(timeout=_LONG) == 2
    tries.results.put(True)
    job.close()


def test_a_failure_or_a_fault_does_not_end_it() -> None:
    tries = _Tries()
    job = HubJob(tries, every_s=0.001, soon_s=0.001, rng=_zeros)
    for result in (False, ValueError("a fault"), True):
        tries.begun.get(timeout=_LONG)
        tries.results.put(result)
    tries.begun.get(timeout=_LONG)
    tries.results.put(True)
    job.close()
    assert "hub" not in [thread.name for thread in threading.enumerate()]


def test_without_a_hub_an_exchange_now_is_a_sentence(school) -> None:
    answer = exchange_now(school.app.state.darasa, url=None)
    assert answer.get("error")


def test_with_the_hub_away_nothing_is_lost_and_the_reason_is_said(school) -> None:
    before = school.room.store.event_count()
    answer = exchange_now(school.app.state.darasa, url="http://127.0.0.1:9")
    assert answer.get("error")
    assert not answer.get("ok")
    assert school.room.store.event_count() == before
