"""What two people changed at the same time: listed, and ended by one who sees both.

Owns: a conflict in words, with who wrote what and when, and the op that keeps one of them. Nothing
is chosen by a clock: until someone has looked, the first by the order of events is shown.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from darasa.learning.errors import NotFoundError
from darasa.learning.kinds import SUPERSEDES_MAX, Op
from darasa.learning.people.rows import PeopleRows
from darasa.learning.people.short_names import clean_name
from darasa.learning.personal_text import PersonalText
from darasa.learning.recorder import Fact
from darasa.learning.records import (
    ASSIGNMENT_SKILLS,
    ASSIGNMENT_TITLE,
    ASSIGNMENT_UNTIL,
    CLASS_NAME,
    FIELDS,
    LEARNER_CLASS,
    LEARNER_CODE,
    LEARNER_NAME,
    LEARNER_VERIFIER,
    TEACHER_NAME,
    TEACHER_VERIFIER,
    RecordState,
    SeenOp,
)
from darasa.sync import reads
from darasa.sync.dates import local_time
from darasa.sync.ids import LearnerId, RecordId, SchoolId

NodeNames = Callable[[sqlite3.Connection], Mapping[bytes, str]]
"""The names of nodes as people gave them."""

_NAMES: Final = (
    LEARNER_NAME, CLASS_NAME, TEACHER_NAME, "computer.name", "group.name", ASSIGNMENT_TITLE,
)  # fmt: skip
_SECRETS: Final = (LEARNER_VERIFIER, LEARNER_CODE, TEACHER_VERIFIER)
_DELETED: Final = "deleted"


class Choice(Struct, frozen=True):
    """One of the values of a conflict; `chain8` names it to `People.keep`."""

    words: str
    chain8: bytes
    who: str
    when_ms: int


class Conflict(Struct, frozen=True):
    """Something that two people set at the same time: what is shown, and what else was written.

    `about` is the record's name. Of a record that one person deleted while another changed it, the
    first choice is "deleted" and the others are the changes.
    """

    record_id: RecordId
    field: str
    about: str
    choices: tuple[Choice, ...]

    @property
    def shown(self) -> str:
        """What is in force."""
        return self.choices[0].words

    @property
    def others(self) -> tuple[str, ...]:
        """What is kept beside it."""
        return tuple(choice.words for choice in self.choices[1:])


class Conflicts:
    """Reads the conflicts of one node, and makes the ops that end them."""

    def __init__(self, *, rows: PeopleRows, personal: PersonalText, names: NodeNames) -> None:
        self._rows = rows
        self._personal = personal
        self._names = names

    def listed(self, connection: sqlite3.Connection) -> list[Conflict]:
        """All conflicts, those of one record together."""
        rows = connection.execute(
            "SELECT school_id, record_id, field FROM lt_conflict ORDER BY record_id, field"
        ).fetchall()
        names = self._names(connection) if rows else {}
        found: list[Conflict] = []
        for school_id, record_id, field in rows:
            record = self._rows.state_in(connection, SchoolId(school_id), record_id)
            choices = tuple(self._choice(connection, op, names) for op in _ops(record, field))
            about = self._name(record)
            found.append(Conflict(RecordId(record_id), field, about, choices))
        return found

    def keeping(
        self, connection: sqlite3.Connection, record_id: RecordId, field: str, chain8: bytes
    ) -> Fact:
        """The op that keeps one of several. Raises NotFoundError when it is none of them."""
        record = self._rows.state_of(connection, record_id)
        ops = _ops(record, field) if field in record.fields else []
        chosen = next((op for op in ops if op.chain8 == chain8), None)
        if chosen is None:
            raise NotFoundError("That was changed in the meantime. Look at it again.")
        learner = LearnerId(record_id) if field.startswith("learner.") else None
        if chosen.field != field:  # a change is wanted: the record is not deleted after all
            return (learner, Op(record_id, field, None, record.chains(field)))
        if record.deletion is not None and field == record.deletion.field:
            seen = tuple(op.chain8 for op in record.edits_unseen)[:SUPERSEDES_MAX]
            if not seen or record.deletion.conflict:  # else what the others saw stays seen
                seen = record.seen_by_deletion(field)
            return (learner, Op(record_id, field, value=True, supersedes=seen))
        seen = record.chains(field)[:SUPERSEDES_MAX]
        return (learner, Op(record_id, field, chosen.value, seen))

    def _choice(
        self, connection: sqlite3.Connection, op: SeenOp, names: Mapping[bytes, str]
    ) -> Choice:
        who = self._teacher(connection, op) or names.get(op.author, op.author.hex()[:8])
        _, log_id, seq, _ = op.order_key
        stored = reads.event_at(connection, log_id, seq, chain8=op.chain8)
        when_ms = 0 if stored is None else stored.happened_ms
        return Choice(self._words(connection, op), op.chain8, clean_name(who), when_ms)

    def _teacher(self, connection: sqlite3.Connection, op: SeenOp) -> str | None:
        """Who was signed in when it was written; her name stays when her sign-in has ended."""
        if op.by is None:
            return None
        survivors = self._rows.state_of(connection, op.by).fields.get(TEACHER_NAME)
        return self._clear(survivors.survivors[0]) if survivors else None

    def _name(self, record: RecordState) -> str:
        for field in _NAMES:
            if field in record.fields and record.fields[field].survivors:
                return self._clear(record.fields[field].survivors[0])
        return record.record_id.hex()[:8]

    def _words(self, connection: sqlite3.Connection, op: SeenOp) -> str:
        """A value as a teacher may see it; a verifier is only said to be there."""
        if op.field in _SECRETS:
            return "secret"
        if op.field.endswith(_DELETED):
            return "deleted" if op.value is True else "not deleted"
        if op.field == LEARNER_CLASS and isinstance(op.value, bytes):
            row = connection.execute(
                "SELECT name FROM lt_class WHERE class_id = ?", (op.value,)
            ).fetchone()
            return clean_name(op.value.hex()[:8] if row is None else row[0])
        if op.field == ASSIGNMENT_SKILLS and isinstance(op.value, list | tuple):
            return clean_name(", ".join("/".join(map(str, each)) for each in op.value))
        if op.field == ASSIGNMENT_UNTIL and isinstance(op.value, int):
            return f"{local_time(op.value):%Y-%m-%d}"
        return self._clear(op)

    def _clear(self, op: SeenOp) -> str:
        if FIELDS[op.field].sealed:
            opened = self._personal.open(op.record_id, op.field, op.value)
            return clean_name((opened or b"?").decode("utf-8", "replace"))
        return clean_name(str(op.value))


def _ops(record: RecordState, field: str) -> list[SeenOp]:
    """The shown op of a conflict, then the others."""
    deletion = record.deletion
    survivors = list(record.fields[field].survivors)
    if deletion is not None and deletion.field == field:
        return [*survivors, *record.edits_unseen]
    return survivors
