"""Changes of class lists that a teacher types: each is one transaction and can be taken back.

Owns: the ops of every change, and what is asked before one (a name or number that is there
already). Only a school server changes people. Does not know forms or commands.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from darasa.content_packs.safe_text import SafeText
from darasa.learning.errors import NotFoundError, NotHereError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.facts import class_fact, named, numbered
from darasa.learning.people.likeness import alike
from darasa.learning.people.lists import ClassRow, sign_in_of
from darasa.learning.people.short_names import clean_name, folded
from darasa.learning.people.undoing import Undo, record_undoable
from darasa.learning.records import (
    CLASS_DELETED,
    CLASS_NAME,
    LEARNER_CLASS,
    LEARNER_DELETED,
    LEARNER_NAME,
    LEARNER_REGISTER_NUMBER,
)
from darasa.learning.signing_in.known_secrets import keep_first_secret, new_secret
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.people.lists import LearnerRow
    from darasa.learning.recorder import Fact

AT_ONCE_MAX: Final = 100
"""Learners in one go: a class; their secrets take four seconds to hash. More come by a file."""


class Entry(Struct, frozen=True):
    """A learner as somebody typed her; `number` is empty for none."""

    name: SafeText
    number: str = ""


class Added(Struct, frozen=True):
    """A learner just made, with her first secret: told once."""

    learner_id: LearnerId
    name: SafeText
    number: str
    secret: str


class Listed(Struct, frozen=True):
    """A learner as the people pages list her. `off`: taken off the lists; the classes are those
    that she would be in again.
    """

    learner_id: LearnerId
    name: SafeText
    number: SafeText | str
    classes: tuple[ClassRow, ...] = ()
    off: bool = False


def entry(name: str, number: str = "") -> Entry:
    """What was typed, cleaned. Raises PeopleError."""
    return Entry(named(name), numbered(number))


def entries(typed: str) -> list[Entry]:
    """Several learners, one a line; a number may stand behind a tab or semicolon.

    Raises PeopleError for none, or for more than AT_ONCE_MAX.
    """
    lines = [line for line in typed.splitlines() if line.strip()]
    found: list[Entry] = []
    for line in lines[: AT_ONCE_MAX + 1]:
        name, _, number = line.replace("\t", ";").partition(";")
        found.append(entry(name, number))
    if not found:
        raise PeopleError("Type at least one name.")
    if len(found) > AT_ONCE_MAX:
        raise PeopleError(f"That is more than {AT_ONCE_MAX} names. Use a file for so many.")
    return found


# -- what is there ------------------------------------------------------------------------


def register_number(room: "Classroom", learner_id: LearnerId) -> SafeText | str:
    """A learner's number in the school's register; empty when there is none."""
    kept = room.people.record_of(learner_id).shown(LEARNER_REGISTER_NUMBER)
    return room.people.facts.opened(learner_id, LEARNER_REGISTER_NUMBER, kept) or ""


def classes_of(room: "Classroom", learner_id: LearnerId) -> list[ClassRow]:
    """The classes that a learner is in, by name."""
    ids = room.aliases_of(learner_id)
    hers = {each for one in ids for each in room.people.record_of(one).values(LEARNER_CLASS)}
    return [row for row in room.people.classes() if row.record_id in hers]


def on_list(room: "Classroom", class_id: RecordId | None = None) -> list[Listed]:
    """The learners of a class, or all who are on a list, by name."""
    return [_listed(room, row) for row in room.people.learners(class_id)]


def off_list(room: "Classroom") -> list[Listed]:
    """Those who were taken off the lists, by name."""
    with room.store.reading() as connection:
        rows = connection.execute(
            "SELECT DISTINCT record_id FROM lt_op WHERE field = ? AND school_id = ?",
            (LEARNER_DELETED, room.home.school_id),
        ).fetchall()
        roots = dict(connection.execute("SELECT learner_id, root FROM lt_alias").fetchall())
    found: list[Listed] = []
    for (record_id,) in rows:
        record, is_known_so = room.people.record_of(record_id), roots.get(record_id) is None
        if record.shown(LEARNER_DELETED) is True and is_known_so:
            name = room.people.facts.claimed_name(record)
            kept = record.shown(LEARNER_REGISTER_NUMBER)
            number = room.people.facts.opened(record_id, LEARNER_REGISTER_NUMBER, kept)
            was = tuple(classes_of(room, record_id))
            found.append(Listed(record_id, name or SafeText("?"), number or "", was, off=True))
    return sorted(found, key=lambda row: (folded(row.name), row.learner_id))


def closed_classes(room: "Classroom") -> list[tuple[RecordId, SafeText]]:
    """The classes that were closed, by name."""
    with room.store.reading() as connection:
        rows = connection.execute(
            "SELECT DISTINCT record_id FROM lt_op WHERE field = ? AND school_id = ?",
            (CLASS_DELETED, room.home.school_id),
        ).fetchall()
    records = [room.people.record_of(record_id) for (record_id,) in rows]
    closed = [
        (RecordId(record.record_id), clean_name(str(record.shown(CLASS_NAME))))
        for record in records
        if record.shown(CLASS_DELETED) is True
    ]
    return sorted(closed, key=lambda row: (folded(row[1]), row[0]))


def doubles(room: "Classroom", wanted: Sequence[Entry]) -> list[tuple[Entry, list[Listed]]]:
    """The entries that may be there already, each with whom it may be: to be asked, not refused.

    By name or by number, among those on the lists and off them; then within `wanted` itself.
    """
    everyone = [*on_list(room), *off_list(room)]
    found: list[tuple[Entry, list[Listed]]] = []
    for at, each in enumerate(wanted):
        like = [row for row in everyone if _may_be(each, row.name, row.number)]
        like += [
            Listed(LearnerId(b""), other.name, other.number)
            for other in wanted[:at]
            if _may_be(each, other.name, other.number)
        ]
        if like:
            found.append((each, like))
    return found


def _may_be(wanted: Entry, name: str, number: str) -> bool:
    return alike(wanted.name, name) or (bool(number) and folded(wanted.number) == folded(number))


def _listed(room: "Classroom", row: "LearnerRow") -> Listed:
    hers = tuple(classes_of(room, row.learner_id))
    return Listed(row.learner_id, row.name, register_number(room, row.learner_id), hers)


# -- classes ------------------------------------------------------------------------------


def add_class(room: "Classroom", name: str, *, also: "Sequence[Op]" = ()) -> tuple[RecordId, Undo]:
    """A new class; classes of one name are allowed. `also`: ops on the same new record."""
    _check_school(room)
    class_id = RecordId(room.rng(ID_BYTES))
    facts: list[Fact] = [class_fact(class_id, named(name))]
    facts += [(None, Op(class_id, op.field, op.value, ())) for op in also]
    return class_id, record_undoable(room, facts, made={class_id})


def rename_class(room: "Classroom", class_id: RecordId, name: str) -> Undo:
    """Another name for a class."""
    return _set(room, None, class_id, CLASS_NAME, str(named(name)))


def close_class(room: "Classroom", class_id: RecordId) -> Undo:
    """Take a class off the lists; its learners and their work stay."""
    return _delete(room, None, class_id, CLASS_DELETED)


def reopen_class(room: "Classroom", class_id: RecordId) -> Undo:
    """Put a closed class on the lists again, with whoever was in it."""
    return _set(room, None, class_id, CLASS_DELETED, None)


# -- learners -----------------------------------------------------------------------------


def add_learners(
    room: "Classroom",
    class_id: RecordId,
    wanted: Sequence[Entry],
    *,
    same: Sequence[LearnerId] = (),
) -> tuple[list[Added], Undo]:
    """New learners of a class with first PINs, or pictures, all or none; 30-60 ms each to hash.

    `same` are there already: they come into this class too, and off-list ones on the list again.
    """
    _check_school(room)
    facts: list[Fact] = []
    added: list[Added] = []
    kind = sign_in_of(room.people.classes(), class_id)
    for each in wanted:
        learner_id = LearnerId(room.rng(ID_BYTES))
        secret, verifier = new_secret(room, kind)
        facts += room.people.learner_facts(
            learner_id, each.name, class_id, verifier, register_number=each.number
        )
        added.append(Added(learner_id, each.name, each.number, secret))
    for learner_id in dict.fromkeys(same):
        facts += _joining(room, learner_id, class_id)
    made = {each.learner_id for each in added}
    with room.store.transaction() as tx:
        undo = record_undoable(room, facts, made=made)
        for one in added:
            keep_first_secret(tx.connection, room.people.facts, one.learner_id, one.secret)
    return added, undo


def _joining(room: "Classroom", learner_id: LearnerId, class_id: RecordId) -> "list[Fact]":
    """What puts a learner who is known into a class as well."""
    if room.people.record_of(learner_id).shown(LEARNER_DELETED) is True:
        return _back(room, learner_id, class_id)
    if class_id in {row.record_id for row in classes_of(room, learner_id)}:
        return []
    return [(learner_id, Op(learner_id, LEARNER_CLASS, class_id, ()))]


def rename(room: "Classroom", learner_id: LearnerId, name: str) -> Undo:
    """Another name for a learner."""
    sealed = room.people.facts.sealed(learner_id, LEARNER_NAME, named(name))
    return _set(room, learner_id, learner_id, LEARNER_NAME, sealed)


def set_number(room: "Classroom", learner_id: LearnerId, number: str) -> Undo:
    """Another register number, or none."""
    short = numbered(number)
    field = LEARNER_REGISTER_NUMBER
    sealed = room.people.facts.sealed(learner_id, field, short) if short else None
    return _set(room, learner_id, learner_id, field, sealed)


def move(room: "Classroom", learner_id: LearnerId, class_id: RecordId) -> Undo:
    """Into one class and out of all others, under every name of hers."""
    _check_school(room)
    facts: list[Fact] = []
    for each in room.aliases_of(learner_id):
        record = room.people.record_of(each)
        if each == learner_id or record.values(LEARNER_CLASS):
            seen = record.chains(LEARNER_CLASS)
            facts.append((each, Op(each, LEARNER_CLASS, class_id, seen)))
    return record_undoable(room, facts)


def also_in(room: "Classroom", learner_id: LearnerId, class_id: RecordId) -> Undo:
    """Into one more class. Raises PeopleError when she is in it."""
    _check_school(room)
    if class_id in {row.record_id for row in classes_of(room, learner_id)}:
        raise PeopleError("This learner is in that class already.")
    return record_undoable(room, [(learner_id, Op(learner_id, LEARNER_CLASS, class_id, ()))])


def out_of(room: "Classroom", learner_id: LearnerId, class_id: RecordId) -> Undo:
    """Out of one class; she stays in the others. Raises NotFoundError when she is not in it."""
    _check_school(room)
    facts: list[Fact] = []
    for each in room.aliases_of(learner_id):
        seen = room.people.record_of(each).chains_of_value(LEARNER_CLASS, class_id)
        if seen:
            facts.append((each, Op(each, LEARNER_CLASS, None, seen)))
    if not facts:
        raise NotFoundError("This learner is not in that class.")
    return record_undoable(room, facts)


def take_off(room: "Classroom", learner_id: LearnerId) -> Undo:
    """Off the lists, under every name: she signs in no longer. Her work stays (erasing is another
    thing).
    """
    _check_school(room)
    facts: list[Fact] = []
    for each in room.aliases_of(learner_id):
        record = room.people.record_of(each)
        if each == learner_id or record.fields:
            facts += [
                (each, Op(each, LEARNER_DELETED, value=True, supersedes=seen))
                for seen in record.seen_by_deletions(LEARNER_DELETED)
            ]
    return record_undoable(room, facts)


def put_back(room: "Classroom", learner_id: LearnerId, class_id: RecordId | None = None) -> Undo:
    """On the lists again, where she was; or in `class_id` alone."""
    _check_school(room)
    return record_undoable(room, _back(room, learner_id, class_id))


def _back(room: "Classroom", learner_id: LearnerId, class_id: RecordId | None) -> "list[Fact]":
    facts: list[Fact] = []
    for each in room.aliases_of(learner_id):
        record = room.people.record_of(each)
        if record.shown(LEARNER_DELETED) is True:
            seen = record.chains(LEARNER_DELETED)
            facts.append((each, Op(each, LEARNER_DELETED, None, seen)))
        if class_id is not None and each == learner_id:
            op = Op(each, LEARNER_CLASS, class_id, record.chains(LEARNER_CLASS))
            facts.append((each, op))
    return facts


def _set(
    room: "Classroom", learner: LearnerId | None, record_id: bytes, field: str, value: Any
) -> Undo:
    _check_school(room)
    seen = room.people.record_of(record_id).chains(field)
    return record_undoable(room, [(learner, Op(record_id, field, value, seen))])


def _delete(room: "Classroom", learner: LearnerId | None, record_id: bytes, field: str) -> Undo:
    _check_school(room)
    seen = room.people.record_of(record_id).seen_by_deletions(field)
    ops = [Op(record_id, field, value=True, supersedes=each) for each in seen]
    return record_undoable(room, [(learner, op) for op in ops])


def _check_school(room: "Classroom") -> None:
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("Classes, learners and teachers are changed at the school server.")
