"""Taking a change of people back: each field gets the values again that it had before.

Owns: what has to be remembered of a change, and the ops that take it back. Nothing is erased by it:
an undo is one more change. Where somebody changed the same field since, it is refused, because
theirs would go with it.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from darasa.learning.errors import PeopleError
from darasa.learning.kinds import SUPERSEDES_MAX, Op
from darasa.learning.records import DELETED, RecordState
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact

_Key = tuple[LearnerId | None, bytes, str]
"""Whom the op is about, its record and its field."""

_CHANGED: Final = "That was changed again in the meantime. Look at it first."


class Restored(Struct, frozen=True):
    """One field: the values it is to have again, and the chain8s it must still consist of."""

    learner_id: LearnerId | None
    record_id: bytes
    field: str
    values: tuple[Any, ...]
    as_left: frozenset[bytes]


class Undo(Struct, frozen=True):
    """What takes one change back. `merged`: an id whose merge with another is taken back too."""

    restored: tuple[Restored, ...]
    merged: LearnerId | None = None


def record_undoable(
    room: "Classroom", facts: "Sequence[Fact]", *, made: Collection[bytes] = ()
) -> Undo:
    """Record ops of people in one transaction; what takes them back.

    Records that are `made` by the ops are taken off the lists by the undo. Raises StoreError; then
    nothing has changed.
    """
    before: dict[bytes, RecordState] = {}
    for _learner, op in facts:
        assert isinstance(op, Op)
        if op.record_id not in before:
            before[op.record_id] = room.people.record_of(op.record_id)
    events = room.record.record(*facts)
    written: dict[_Key, list[tuple[Op, StoredEvent]]] = {}
    for (learner_id, op), event in zip(facts, events, strict=True):
        assert isinstance(op, Op)
        written.setdefault((learner_id, op.record_id, op.field), []).append((op, event))
    restored = [
        _restored(key, before[key[1]], ops) for key, ops in written.items() if key[1] not in made
    ]
    restored += [_unmade(key) for key in _first_of_each(written, made)]
    return Undo(tuple(restored))


def take_back(room: "Classroom", undo: Undo) -> None:
    """Give every field its former values. Raises PeopleError when one was changed since."""
    facts: list[Fact] = []
    for each in undo.restored:
        record = room.people.record_of(each.record_id)
        if frozenset(record.chains(each.field)) != each.as_left:
            raise PeopleError(_CHANGED)
        facts += [(each.learner_id, op) for op in _ops(each, record)]
    room.record.record(*facts)
    if undo.merged is not None:
        room.decisions.unmerge(undo.merged)


def _restored(
    key: _Key, before: RecordState, written: Sequence[tuple[Op, StoredEvent]]
) -> Restored:
    state = before.fields.get(key[2])
    survivors = () if state is None else state.survivors
    gone = {chain for op, _ in written for chain in op.supersedes}
    left = {op.chain8 for op in survivors} | {event.chain[:8] for _, event in written}
    values = tuple(dict.fromkeys(op.value for op in survivors if op.value is not None))
    return Restored(*key, values, frozenset(left - gone))


def _unmade(key: _Key) -> Restored:
    """A record that was not there before: taken off the lists again."""
    learner_id, record_id, field = key
    deleted = f"{field.partition('.')[0]}.{DELETED}"
    return Restored(learner_id, record_id, deleted, (True,), frozenset())


def _first_of_each(written: dict[_Key, Any], made: Collection[bytes]) -> list[_Key]:
    first: dict[bytes, _Key] = {}
    for key in written:
        if key[1] in made:
            first.setdefault(key[1], key)
    return list(first.values())


def _ops(each: Restored, record: RecordState) -> list[Op]:
    """The first op supersedes what stands; further members of a set are added to it."""
    seen = record.chains(each.field)
    if each.field.endswith(f".{DELETED}") and each.values:
        seen = record.seen_by_deletion(each.field)
    first, *others = each.values or (None,)
    ops = [Op(each.record_id, each.field, first, seen[:SUPERSEDES_MAX])]
    return ops + [Op(each.record_id, each.field, value, ()) for value in others]
