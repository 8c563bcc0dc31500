"""A new school year: classes get other names or are joined, leavers go off the lists, work stays.

Owns: what a mapping of classes comes to, doing it whole, and what takes it back. Learners are in no
event renamed or erased by it. Does not know files or screens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.errors import LearningError, NotFoundError, NotHereError
from darasa.learning.kinds import SUPERSEDES_MAX, Op
from darasa.learning.people.short_names import clean_name, folded
from darasa.learning.records import CLASS_DELETED, CLASS_NAME, LEARNER_CLASS, LEARNER_DELETED
from darasa.learning.rosters.known import known_of
from darasa.learning.rosters.matching import Known
from darasa.sync.ids import LearnerId, RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact

LEAVE: Final = ""
"""What a class becomes whose learners leave the school."""


class RolloverError(LearningError, ValueError):
    """The mapping fits no classes here; the message says which line of it."""


class UnknownClassError(RolloverError, NotFoundError):
    """The mapping names a class that is not here."""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one class. `name` "": its learners leave. `into`: the class that it joins."""

    class_id: RecordId
    was: SafeText
    name: str
    learners: tuple[LearnerId, ...]
    into: RecordId | None = None


@dataclass(frozen=True, slots=True)
class Rollover:
    """A new year: nothing has happened yet. `staying`: classes that the mapping does not name.

    `elsewhere`: names of leavers who are in a class that stays; they go off that list too.
    """

    steps: tuple[Step, ...]
    staying: tuple[SafeText, ...]
    elsewhere: tuple[SafeText, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One field as a rollover found and left it: what takes it back."""

    learner_id: LearnerId | None
    record_id: bytes
    field: str
    before: tuple[Any, ...]
    left: frozenset[bytes]  # chain8s


def plan_rollover(room: "Classroom", mapping: Sequence[tuple[str, str]]) -> Rollover:
    """What a mapping (class, its new name or "") comes to. Raises RolloverError, NotHereError."""
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("A new school year begins at the school server.")
    known = known_of(room)
    wanted = _wanted(known, mapping)
    members: dict[RecordId, list[LearnerId]] = {}
    for each in known.learners:
        for class_id in each.class_ids:
            members.setdefault(class_id, []).append(each.learner_id)
    taken = {folded(name): i for i, name in known.classes.items() if i not in wanted}
    steps: list[Step] = []
    for class_id, name in wanted.items():
        into = taken.get(folded(name)) if name else None
        if name and into is None:
            taken[folded(name)] = class_id
        hers = tuple(members.get(class_id, ()))
        steps.append(Step(class_id, known.classes[class_id], name, hers, into))
    leaving = {one for step in steps if step.name == LEAVE for one in step.learners}
    stay = set(known.classes) - {step.class_id for step in steps if step.name == LEAVE}
    elsewhere = (
        e.name for e in known.learners if e.learner_id in leaving and stay & {*e.class_ids}
    )
    staying = sorted(known.classes[i] for i in known.classes if i not in wanted)
    return Rollover(tuple(steps), tuple(staying), tuple(elsewhere))


def _wanted(known: Known, mapping: Sequence[tuple[str, str]]) -> dict[RecordId, str]:
    """Class to new name, in the order given. Each must be one class here, and named once."""
    by_name: dict[str, list[RecordId]] = {}
    for class_id, name in known.classes.items():
        by_name.setdefault(folded(name), []).append(class_id)
    wanted: dict[RecordId, str] = {}
    for was, becomes in mapping:
        fits = by_name.get(folded(clean_name(was)), [])
        if not fits:
            raise UnknownClassError(f"No class is called {clean_name(was)}.")
        if len(fits) > 1:
            raise RolloverError(f"{len(fits)} classes are called {clean_name(was)}.")
        if fits[0] in wanted:
            raise RolloverError(f"{clean_name(was)} is in the mapping twice.")
        wanted[fits[0]] = str(clean_name(becomes)) if becomes.strip() else LEAVE
    if not wanted:
        raise RolloverError("The mapping names no class.")
    return wanted


def do_rollover(
    room: "Classroom",
    mapping: Sequence[tuple[str, str]],
    *,
    keep: Callable[[Sequence[Change]], object] = lambda _: None,
) -> list[Change]:
    """Begin the new year, in one transaction or not at all; what takes it back.

    `keep` is given that before anything is durable. The mapping is compared with the school again.
    Raises what `plan_rollover` does.
    """
    with room.record.batch():
        plan = plan_rollover(room, mapping)
        facts = _once([fact for step in plan.steps for fact in _facts_of(room, step)])
        keys = list(dict.fromkeys(map(_key, facts)))
        before = {key: room.people.record_of(key[1]).values(key[2]) for key in keys}
        room.record.record(*facts)
        changes = [
            Change(*key, before[key], frozenset(room.people.record_of(key[1]).chains(key[2])))
            for key in keys
        ]
        keep(changes)
    return changes


_Key = tuple[LearnerId | None, bytes, str]


def _key(fact: "Fact") -> _Key:
    learner_id, op = fact
    assert isinstance(op, Op)
    return learner_id, op.record_id, op.field


def _once(facts: "Sequence[Fact]") -> "list[Fact]":
    """A leaver of two classes leaves once, and who joins one class from two joins it once."""
    kept: dict[tuple[_Key, Any], Fact] = {}
    for fact in facts:
        learner_id, op = fact
        assert isinstance(op, Op)
        key = (_key(fact), op.value)
        other = kept.get(key)
        if other is not None:
            assert isinstance(other[1], Op)
            seen = dict.fromkeys((*other[1].supersedes, *op.supersedes))
            op = Op(op.record_id, op.field, op.value, tuple(seen)[:SUPERSEDES_MAX])
        kept[key] = (learner_id, op)
    return list(kept.values())


def _facts_of(room: "Classroom", step: Step) -> "list[Fact]":
    """A class that leaves or joins another is closed; another one has its new name."""
    if step.name == LEAVE:
        return [*(_leaves(room, one) for one in step.learners), _closes(room, step)]
    if step.into is not None:
        joins = (_joins(room, one, step.class_id, step.into) for one in step.learners)
        return [*(fact for fact in joins if fact is not None), _closes(room, step)]
    if step.name == step.was:
        return []
    seen = room.people.record_of(step.class_id).chains(CLASS_NAME)
    return [(None, Op(step.class_id, CLASS_NAME, step.name, seen))]


def _leaves(room: "Classroom", learner_id: LearnerId) -> "Fact":
    seen = room.people.record_of(learner_id).seen_by_deletion(LEARNER_DELETED)
    return (learner_id, Op(learner_id, LEARNER_DELETED, value=True, supersedes=seen))


def _joins(
    room: "Classroom", learner_id: LearnerId, was: RecordId, into: RecordId
) -> "Fact | None":
    seen = room.people.record_of(learner_id).chains_of_value(LEARNER_CLASS, was)
    return (learner_id, Op(learner_id, LEARNER_CLASS, into, seen))


def _closes(room: "Classroom", step: Step) -> "Fact":
    seen = room.people.record_of(step.class_id).seen_by_deletion(CLASS_DELETED)
    return (None, Op(step.class_id, CLASS_DELETED, value=True, supersedes=seen))


def undo_rollover(room: "Classroom", changes: Sequence[Change]) -> int:
    """Give every field its former values, in one transaction; how many were changed since.

    Those stay as somebody made them meanwhile.
    """
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("A school year is taken back at the school server.")
    facts: list[Fact] = []
    kept = 0
    for each in changes:
        record = room.people.record_of(each.record_id)
        seen = record.chains(each.field)
        if frozenset(seen) != each.left:
            kept += 1
            continue
        first, *others = each.before or (None,)
        facts.append((each.learner_id, Op(each.record_id, each.field, first, seen)))
        facts += [(each.learner_id, Op(each.record_id, each.field, v, ())) for v in others]
    room.record.record(*facts)
    return kept


def changes_as_json(changes: Sequence[Change]) -> list[Mapping[str, Any]]:
    """What takes a rollover back, for a file of the home: ids, class names and yes or no."""
    return [
        {
            "learner": each.learner_id.hex() if each.learner_id else None,
            "record": each.record_id.hex(),
            "field": each.field,
            "before": [v.hex() if isinstance(v, bytes) else v for v in each.before],
            "left": sorted(chain.hex() for chain in each.left),
        }
        for each in changes
    ]


def changes_from_json(told: Sequence[Mapping[str, Any]]) -> list[Change]:
    """The same again. Raises ValueError, KeyError or TypeError for what is none."""
    return [
        Change(
            LearnerId(bytes.fromhex(each["learner"])) if each["learner"] else None,
            bytes.fromhex(each["record"]),
            str(each["field"]),
            tuple(
                bytes.fromhex(v) if each["field"] == LEARNER_CLASS else v for v in each["before"]
            ),
            frozenset(bytes.fromhex(chain) for chain in each["left"]),
        )
        for each in told
    ]
