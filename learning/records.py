"""Mutable records as the fold of their operations (sync.md section 5).

Owns: which fields are sets and which are sealed, and the fold of ops to survivors; who may write a
field is in `authority.py`. Pure: ops come in any order, the result depends on the set alone. Does
not know storage, sealing or screens.

A field of a record is the ops that no accepted op of the same record and field supersedes. One is
the value; several are a conflict, of which the first by (rank, lamport, log_id, seq, chain) is
shown and the others are kept and listed. In a set several are no conflict.

A record is deleted by a field of its own. The op that deletes also names, in `supersedes`, what it
saw of the record's other fields; several ops do where one cannot name all. A surviving op that none
of them saw was written elsewhere at the same time. It is kept, and listed until someone has seen
both.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from darasa.learning.deciding import authority
from darasa.learning.kinds import SUPERSEDES_MAX
from darasa.sync.ids import Role


class FieldRule(Struct, frozen=True):
    """How one field folds. `ranks`: the roles that may write it; the lowest is shown first."""

    ranks: Mapping[Role, int]
    many: bool = False
    sealed: bool = False


CLASS_NAME: Final = "class.name"
CLASS_COURSE: Final = "class.course"
CLASS_DELETED: Final = "class.deleted"
CLASS_TEACHER: Final = "class.teacher"
CLASS_SIGN_IN: Final = "class.sign_in"
LEARNER_NAME: Final = "learner.name"
LEARNER_VERIFIER: Final = "learner.verifier"
LEARNER_CODE: Final = "learner.code"
LEARNER_UNLOCKED: Final = "learner.unlocked"
LEARNER_REGISTER_NUMBER: Final = "learner.register_number"
LEARNER_CLASS: Final = "learner.class"
LEARNER_GROUP: Final = "learner.group"
LEARNER_DELETED: Final = "learner.deleted"
TEACHER_NAME: Final = "teacher.name"
TEACHER_VERIFIER: Final = "teacher.verifier"
TEACHER_ROLE: Final = "teacher.role"
TEACHER_DELETED: Final = "teacher.deleted"
COMPUTER_NAME: Final = "computer.name"
COMPUTER_PLACE: Final = "computer.place"
SCHOOL_SHARED_CLASSES: Final = "school.shared_classes"
LEARNER_LANGUAGE: Final = "learner.language"
LEARNER_SOURCE: Final = "learner.source"
CLASS_SOURCE: Final = "class.source"
TEACHER_SOURCE: Final = "teacher.source"
SERVER_CLOCK: Final = "server.clock"
SCHOOL_PARAMETERS: Final = "school.parameters"
ASSIGNMENT_CLASS: Final = "assignment.class"
ASSIGNMENT_SKILLS: Final = "assignment.skills"
ASSIGNMENT_TITLE: Final = "assignment.title"
ASSIGNMENT_UNTIL: Final = "assignment.until"
ASSIGNMENT_WHOM: Final = "assignment.whom"
ASSIGNMENT_DELETED: Final = "assignment.deleted"
LEARNER_ASSIGNMENT: Final = "learner.assignment"

_SETS: Final = frozenset(
    {
        CLASS_COURSE,
        CLASS_TEACHER,
        LEARNER_CLASS,
        LEARNER_GROUP,
        # nobody chooses between these: the first is in force, the next replaces all
        LEARNER_CODE,
        LEARNER_UNLOCKED,
        LEARNER_ASSIGNMENT,
        "board.class",
    }
)
_SEALED: Final = frozenset(
    {
        LEARNER_NAME,
        LEARNER_VERIFIER,
        LEARNER_CODE,
        LEARNER_REGISTER_NUMBER,
        TEACHER_NAME,
        TEACHER_VERIFIER,
        ASSIGNMENT_TITLE,  # a teacher's words, in which there may be a name
        "board.body",
        "learner.source",
        "teacher.source",
    }
)
DELETED: Final = "deleted"


def _rule(name: str) -> FieldRule:
    """A field as the table of who may say what has it; a confirmed word is the school's."""
    ranks = {role: 0 for role, may in authority.FIELDS[name].items() if may is authority.May.YES}
    return FieldRule(ranks, many=name in _SETS, sealed=name in _SEALED)


# A field that is not here is kept and relayed, and folded by a version that knows it.
FIELDS: Final[Mapping[str, FieldRule]] = {name: _rule(name) for name in authority.FIELDS}


class SeenOp(Struct, frozen=True):
    """One op as the fold needs it. `role` is the one it counts under; None: it is not folded.

    `author`, a node, and `by`, a teacher, are for those who look at a conflict.
    """

    record_id: bytes
    field: str
    value: Any
    supersedes: frozenset[bytes]  # chain8s
    order_key: tuple[int, bytes, int, bytes]
    role: Role | None
    author: bytes = b""
    by: bytes | None = None

    @property
    def chain8(self) -> bytes:
        """The name by which a later op supersedes this one."""
        return self.order_key[3][:8]


class FieldState(Struct, frozen=True):
    """The surviving ops of one field, the shown one first."""

    field: str
    survivors: tuple[SeenOp, ...]

    @property
    def shown(self) -> Any:
        """The value that is shown; None when nothing survives or the field was cleared."""
        return self.survivors[0].value if self.survivors else None

    @property
    def values(self) -> tuple[Any, ...]:
        """The members of a set, in order, each once; a nil op only removes."""
        members = (op.value for op in self.survivors if op.value is not None)
        return tuple(dict.fromkeys(members))

    @property
    def conflict(self) -> bool:
        """Several different values survive in a field that should have one."""
        if FIELDS[self.field].many:
            return False
        return len({repr(op.value) for op in self.survivors}) > 1

    @property
    def chains(self) -> tuple[bytes, ...]:
        """What a new op on this field supersedes."""
        return tuple(op.chain8 for op in self.survivors)


class RecordState(Struct, frozen=True):
    """One record: its folded fields, and the ops that were kept but not folded."""

    record_id: bytes
    fields: Mapping[str, FieldState]
    ignored: tuple[SeenOp, ...]

    def shown(self, name: str) -> Any:
        """The shown value of a field, None when it was never set."""
        state = self.fields.get(name)
        return None if state is None else state.shown

    def values(self, name: str) -> tuple[Any, ...]:
        """The members of a set field."""
        state = self.fields.get(name)
        return () if state is None else state.values

    def chains(self, name: str) -> tuple[bytes, ...]:
        """What a new op on the field supersedes."""
        state = self.fields.get(name)
        return () if state is None else state.chains

    def chains_of_value(self, name: str, value: Any) -> tuple[bytes, ...]:
        """The ops that add one member to a set: removing it supersedes them."""
        state = self.fields.get(name)
        survivors = () if state is None else state.survivors
        return tuple(op.chain8 for op in survivors if op.value == value)

    @property
    def conflicts(self) -> tuple[FieldState, ...]:
        """The fields with several surviving values, by name."""
        return tuple(
            self.fields[name] for name in sorted(self.fields) if self.fields[name].conflict
        )

    @property
    def deletion(self) -> FieldState | None:
        """The field that says the record is deleted, when it does."""
        found = (state for name, state in self.fields.items() if name.endswith("." + DELETED))
        return next((state for state in found if state.shown is True), None)

    @property
    def edits_unseen(self) -> tuple[SeenOp, ...]:
        """Of a deleted record the surviving ops that whoever deleted it did not see."""
        deletion = self.deletion
        if deletion is None:
            return ()
        seen = frozenset[bytes]().union(*(op.supersedes for op in deletion.survivors))
        others = [state for state in self.fields.values() if state is not deletion]
        return tuple(
            op
            for each in others
            for op in each.survivors
            if op.chain8 not in seen and op.value is not None
        )

    def seen_by_deletion(self, name: str) -> tuple[bytes, ...]:
        """What an op on the field `name`, which deletes, supersedes and has seen; at most 64."""
        return self.seen_by_deletions(name)[0]

    def seen_by_deletions(self, name: str) -> tuple[tuple[bytes, ...], ...]:
        """The same of all that is there, in as many ops as it takes; one at least."""
        mine = self.chains(name)
        others = [c for each in self.fields if each != name for c in self.chains(each)]
        seen = (*mine, *others)
        starts = range(0, max(1, len(seen)), SUPERSEDES_MAX)
        return tuple(seen[start : start + SUPERSEDES_MAX] for start in starts)


def accepted(op: SeenOp) -> bool:
    """Whether the op's author may write its field; what may not be is kept and listed."""
    rule = FIELDS.get(op.field)
    return rule is not None and op.role in rule.ranks


def fold_record(record_id: bytes, ops: Iterable[SeenOp]) -> RecordState:
    """Fold the ops of one record, given in any order and any number of times each."""
    mine = {op.order_key: op for op in ops if op.record_id == record_id}
    by_field: dict[str, list[SeenOp]] = {}
    ignored: list[SeenOp] = []
    for key in sorted(mine):
        op = mine[key]
        if accepted(op):
            by_field.setdefault(op.field, []).append(op)
        else:
            ignored.append(op)
    fields = {name: _fold_field(name, by_field[name]) for name in sorted(by_field)}
    return RecordState(record_id, fields, tuple(ignored))


def _fold_field(name: str, ops: list[SeenOp]) -> FieldState:
    superseded = frozenset[bytes]().union(*(op.supersedes for op in ops))
    ranks = FIELDS[name].ranks
    survivors = [op for op in ops if op.chain8 not in superseded]
    survivors.sort(key=lambda op: (ranks[op.role] if op.role else 0, op.order_key))
    return FieldState(name, tuple(survivors))
