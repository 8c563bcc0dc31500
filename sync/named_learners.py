"""Whom an event or a record names: erasing any of them takes it (sync.md section 10).

An event names the learner of its envelope and nobody else (section 4), but for one kind: a merge
says in its body which learner to keep. Taken back, it is no tie between the two any more, and still
names both. A record of the feed may name learners beside the one it is about. Pure.
"""

from collections.abc import Iterator
from typing import Any, Final

from darasa.sync.codec import CodecError, unpack
from darasa.sync.event import Event
from darasa.sync.ids import ID_BYTES

MERGE: Final = 7
"""Its body begins with the learner to keep, or nil (PROTOCOL.md section 1)."""


def learners_of(event: Event) -> tuple[bytes, ...]:
    """The ids of the learners that an event names; of a version that is not known, too."""
    named = () if event.learner_id is None else (event.learner_id,)
    if event.kind != MERGE:
        return named
    in_body = (each for each in event.body if isinstance(each, bytes) and len(each) == ID_BYTES)
    return (*named, *in_body)


def ids_in(value: bytes | None) -> frozenset[bytes]:
    """Whatever may be a learner's id in the value of a record; of a strange value nothing."""
    try:
        return frozenset() if value is None else frozenset(_ids(unpack(value)))
    except CodecError:
        return frozenset()


def _ids(part: Any) -> Iterator[bytes]:
    if isinstance(part, bytes) and len(part) == ID_BYTES:
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from _ids(each)
