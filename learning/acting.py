"""Who is signed in while something is changed: the teacher whom an op names.

Owns: that one fact, for the length of a request, in whichever thread it is worked on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from darasa.sync.ids import RecordId

_ACTING: Final[ContextVar[RecordId | None]] = ContextVar("acting", default=None)


@contextmanager
def acting_as(teacher_id: RecordId) -> Iterator[None]:
    """Ops that are recorded inside say that this teacher made them."""
    before = _ACTING.set(teacher_id)
    try:
        yield
    finally:
        _ACTING.reset(before)


def acting() -> RecordId | None:
    """The teacher who is signed in here, if anybody is."""
    return _ACTING.get()
