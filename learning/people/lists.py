"""Lists of people as screens show them: rows of the read tables, named, sorted and looked up.

Owns: the row types and the reads. Functions over a connection. Does not change anything.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from darasa.content_packs.safe_text import SafeText
from darasa.learning import resume
from darasa.learning.aliases import root_of
from darasa.learning.errors import AmbiguousError, NotFoundError
from darasa.learning.people.short_names import clean_name, folded, short_names
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId

GUEST_NAME: Final = SafeText("Guest")
_NAMELESS: Final = SafeText("?")


class ClassRow(Struct, frozen=True):
    """A class as lists show it. `sign_in` is the kind of secret that its learners choose."""

    record_id: RecordId
    name: SafeText
    sign_in: SecretKind = SecretKind.TYPED


class LearnerRow(Struct, frozen=True):
    """A learner as lists show her: the whole name, and the short one that screens use."""

    learner_id: LearnerId
    name: SafeText
    short: SafeText
    class_id: RecordId | None
    class_name: SafeText


class TeacherRow(Struct, frozen=True):
    """A teacher of the school."""

    record_id: RecordId
    name: SafeText
    role: str


def class_rows(connection: sqlite3.Connection) -> list[ClassRow]:
    """The classes, by name."""
    rows = connection.execute("SELECT class_id, name, sign_in FROM lt_class").fetchall()
    listed = [
        ClassRow(RecordId(class_id), clean_name(name), SecretKind(sign_in))
        for class_id, name, sign_in in rows
    ]
    return sorted(listed, key=lambda row: (folded(row.name), row.record_id))


def sign_in_of(classes: Iterable[ClassRow], *class_ids: RecordId) -> SecretKind:
    """What a learner of these classes has for a secret: that of the first which is known."""
    kinds = {row.record_id: row.sign_in for row in classes}
    return next((kinds[each] for each in class_ids if each in kinds), SecretKind.TYPED)


def teacher_rows(connection: sqlite3.Connection) -> list[tuple[TeacherRow, bytes | None]]:
    """The teachers, by name, each with the verifier as it is kept."""
    rows = connection.execute("SELECT teacher_id, name, role, verifier FROM lt_teacher").fetchall()
    listed = [
        (TeacherRow(RecordId(i), clean_name(name), role), kept) for i, name, role, kept in rows
    ]
    return sorted(listed, key=lambda row: (folded(row[0].name), row[0].record_id))


def teacher_row(connection: sqlite3.Connection, teacher_id: RecordId) -> TeacherRow | None:
    """One of them; None when nobody has that sign-in."""
    found = connection.execute(
        "SELECT name, role FROM lt_teacher WHERE teacher_id = ?", (teacher_id,)
    ).fetchone()
    return None if found is None else TeacherRow(teacher_id, clean_name(found[0]), found[1])


def learner_rows(
    connection: sqlite3.Connection, class_id: RecordId | None, *, each_name: bool = False
) -> list[LearnerRow]:
    """The learners of a class, or all (each once, guests of this machine too), by name.

    A learner who was merged with another is listed once, under the id she is known by; with
    `each_name` once a name, each with the id that has this name and its PIN.
    """
    rows = _rows_by_name(connection, class_id)
    return rows if each_name else _joined(connection, rows, class_id)


def _joined(
    connection: sqlite3.Connection, rows: list[LearnerRow], class_id: RecordId | None
) -> list[LearnerRow]:
    """Those who are one as one row: that of the id she is known by, when it has a name."""
    roots = dict(connection.execute("SELECT learner_id, root FROM lt_alias").fetchall())
    if not roots:
        return rows
    everyone = rows if class_id is None else _rows_by_name(connection, None)
    known = {row.learner_id: row for row in everyone} | {row.learner_id: row for row in rows}
    joined: dict[LearnerId, LearnerRow] = {}
    for row in rows:
        root = LearnerId(roots.get(row.learner_id, row.learner_id))
        joined.setdefault(root, known.get(root) or replace(row, learner_id=root))
    return sorted(joined.values(), key=_by_name)


def _by_name(row: LearnerRow) -> tuple[str, LearnerId]:
    return (folded(row.name), row.learner_id)


def _rows_by_name(connection: sqlite3.Connection, class_id: RecordId | None) -> list[LearnerRow]:
    members = _members(connection, class_id)
    guests = resume.guests(connection) if class_id is None else []
    names = resume.newcomers(connection) if guests else {}
    rows = sorted(map(_learner, members), key=_by_name)
    known = {row.learner_id for row in rows}
    new = [each for each in guests if each not in known]
    return rows + [_guest(each, names.get(each, GUEST_NAME)) for each in new]


def learner_row(connection: sqlite3.Connection, learner_id: LearnerId) -> LearnerRow:
    """One learner, by any id of hers; nameless when there are events of her and no name.

    Raises NotFoundError.
    """
    learner_id = root_of(connection, learner_id)
    for row in learner_rows(connection, None):
        if row.learner_id == learner_id:
            return row
    known = connection.execute(
        "SELECT 1 FROM lt_learner WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    if known is None:
        raise NotFoundError("No learner here has that id.")
    return LearnerRow(learner_id, _NAMELESS, _NAMELESS, None, SafeText(""))


def find_learner(connection: sqlite3.Connection, name_or_id: str) -> LearnerRow:
    """The learner of that id (32 hex digits), name, short name or beginning of a name.

    Raises NotFoundError, or AmbiguousError when several fit equally well.
    """
    learner_id = _as_id(name_or_id)
    if learner_id is not None:
        return learner_row(connection, LearnerId(learner_id))
    wanted, rows = folded(name_or_id), learner_rows(connection, None, each_name=True)
    for fits in (
        [row for row in rows if folded(row.name) == wanted],
        [row for row in rows if folded(row.short).rstrip(".") in _short_forms(wanted)],
        [row for row in rows if wanted and folded(row.name).startswith(wanted)],
    ):
        if len({root_of(connection, row.learner_id) for row in fits}) == 1:
            return learner_row(connection, fits[0].learner_id)
        if fits:
            names = ", ".join(f"{row.name} ({row.learner_id.hex()})" for row in fits[:8])
            raise AmbiguousError(f"Several learners fit: {names}.")
    raise NotFoundError(f"No learner is called {clean_name(name_or_id)}.")


def _as_id(text: str) -> bytes | None:
    if len(text) != 2 * ID_BYTES:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


Member = tuple[bytes, str | None, str | None, bytes | None, str | None]
"""(learner_id, name, name as shown, class_id, class name)."""


def _members(connection: sqlite3.Connection, class_id: RecordId | None) -> Sequence[Member]:
    """The learners of a class; of all, each with the first of her classes."""
    if class_id is not None:
        return connection.execute(
            "SELECT m.learner_id, p.name, m.shown, c.class_id, c.name FROM lt_membership m"
            " LEFT JOIN lt_person p USING (school_id, learner_id)"
            " JOIN lt_class c USING (school_id, class_id) WHERE m.class_id = ?",
            (class_id,),
        ).fetchall()
    with_class = connection.execute(
        "SELECT m.learner_id, p.name, m.shown, c.class_id, c.name FROM lt_membership m"
        " LEFT JOIN lt_person p USING (school_id, learner_id)"
        " JOIN lt_class c USING (school_id, class_id) ORDER BY c.name DESC, c.class_id DESC"
    ).fetchall()
    without = connection.execute("SELECT learner_id, name, NULL, NULL, NULL FROM lt_person")
    rows = {row[0]: row for row in without}
    rows.update({row[0]: row for row in with_class})  # the last, so the first class, stays
    return list(rows.values())


def _learner(member: Member) -> LearnerRow:
    """On a computer the name as shown is the only one."""
    learner_id, name, shown, class_id, class_name = member
    whole = clean_name(name or shown or _NAMELESS)
    return LearnerRow(
        LearnerId(learner_id),
        whole,
        short_names([whole])[0] if shown is None else clean_name(shown),
        None if class_id is None else RecordId(class_id),
        SafeText("") if class_name is None else clean_name(class_name),
    )


def _guest(learner_id: LearnerId, name: str) -> LearnerRow:
    whole = clean_name(name)
    return LearnerRow(learner_id, whole, whole, None, SafeText(""))


def _short_forms(wanted: str) -> set[str]:
    """What a list may show for a name that was given: whole, or with its last word cut."""
    first, _, last = wanted.rstrip(".").rpartition(" ")
    words = first.split()
    cut = (
        {f"{words[0]} {last[:letters]}" for letters in range(1, len(last) + 1)} if words else set()
    )
    return {wanted, wanted.rstrip("."), *cut}
