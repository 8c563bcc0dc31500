"""Jobs one after the other, and who is before whom."""

import threading

import pytest

from darasa.learning.signing_in.one_line import Line


@pytest.fixture
def held():
    """A line whose first job waits until `go` is set."""
    line, go = Line("test"), threading.Event()
    first = line.submit(go.wait)
    yield line, go, first
    go.set()


def test_places_count_those_who_came_before(held):
    line, go, first = held
    second, third = line.submit(lambda: 2), line.submit(lambda: 3)
    assert [first.before(), second.before(), third.before()] == [0, 1, 2]
    assert line.waiting() == 3
    assert not third.is_done()
    go.set()
    assert third.result(30) == 3
    assert second.is_done()
    assert [second.before(), third.before(), line.waiting()] == [0, 0, 0]


def test_jobs_are_done_one_at_a_time_in_the_order_they_came():
    line, done, inside = Line("test"), [], []

    def job(nth):
        inside.append(nth)
        assert inside == [nth]
        done.append(nth)
        inside.remove(nth)

    tickets = [line.submit(lambda nth=nth: job(nth)) for nth in range(200)]
    for ticket in tickets:
        ticket.result(30)
    assert done == list(range(200))


def test_forty_threads_have_one_worker():
    line, workers = Line("test"), set()
    threads = [
        threading.Thread(target=line.run, args=(lambda: workers.add(threading.get_ident()),))
        for _ in range(40)
    ]
    hold = threading.Event()
    line.submit(hold.wait)
    for thread in threads:
        thread.start()
    hold.set()
    for thread in threads:
        thread.join(30)
    assert len(workers) == 1


def test_what_a_job_raises_reaches_whoever_asked_and_the_line_goes_on():
    line = Line("test")

    def broken():
        raise ValueError("no")

    wrong, right = line.submit(broken), line.submit(lambda: 1)
    with pytest.raises(ValueError, match="no"):
        wrong.result(30)
    assert right.result(30) == 1


def test_a_job_may_ask_its_own_line():
    line = Line("test")
    assert line.run(lambda: line.run(lambda: 7)) == 7


def test_waiting_ends_when_the_answer_is_there_or_the_time_is_over(held):
    _line, go, first = held
    assert not first.wait(0.001)
    go.set()
    assert first.wait(30)
