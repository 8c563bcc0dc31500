"""Jobs one after the other in one thread, and how many are before each: a line at a door.

Owns: the order, first come first served, and the places in it. The thread lives while there is
something to do. Does not know what a job is.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Ticket(Generic[T]):
    """A place in a line; `future` has the answer when its turn is over."""

    def __init__(self, line: "Line", number: int) -> None:
        self.future: Future[T] = Future()
        self._line = line
        self._number = number

    def before(self) -> int:
        """How many are before this one, the one whose turn it is included."""
        return self._line.before(self._number)

    def is_done(self) -> bool:
        """Whether there is an answer."""
        return self.future.done()

    def result(self, timeout_s: float | None = None) -> T:
        """The answer, waited for; raises what the job raised, or TimeoutError."""
        return self.future.result(timeout_s)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the answer that long; whether it is there."""
        try:
            self.future.exception(timeout_s)
        except TimeoutError:
            return False
        return True


class Line:
    """One thread for all jobs that are given to it; safe to use from several threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._jobs: deque[tuple[Ticket[Any], Callable[[], Any]]] = deque()
        self._taken = 0  # numbers given out
        self._finished = 0
        self._worker: int | None = None  # the thread's id while it lives

    def submit(self, job: Callable[[], T]) -> Ticket[T]:
        """Queue up. What the job raises is raised by the ticket's `result`."""
        with self._lock:
            ticket: Ticket[T] = Ticket(self, self._taken)
            self._taken += 1
            self._jobs.append((ticket, job))
            if self._worker is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._worker = thread.ident
        return ticket

    def run(self, job: Callable[[], T]) -> T:
        """Queue up and wait. A job that asks for another of the same line has it at once."""
        if threading.get_ident() == self._worker:
            return job()
        return self.submit(job).result()

    def waiting(self) -> int:
        """How many whoever came now would have before her."""
        with self._lock:
            return self._taken - self._finished

    def before(self, number: int) -> int:
        """How many are before the ticket of that number."""
        with self._lock:
            return max(0, number - self._finished)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._worker = None
                    return
                ticket, job = self._jobs.popleft()
            try:
                answer = job()
            except BaseException as error:  # whoever waits hears of it, the line goes on
                self._finish()
                ticket.future.set_exception(error)
            else:
                self._finish()
                ticket.future.set_result(answer)

    def _finish(self) -> None:
        with self._lock:
            self._finished += 1
