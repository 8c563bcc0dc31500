"""Learners who are on no list: made at a computer by the name they type, taken in by the school.

Owns: both sides. A computer makes one without any server: a random id, kept here with the name, and
her work is under that id from the first answer. Once the computer is of a school it tells her name,
sealed; a computer's word on a name does not count by itself, so she is on no list until a teacher
puts her on one. Then she has a place, a number and a secret, and the id stays: nothing is renamed.
The same child made at two computers is two ids that a merge makes one.
"""

import sqlite3
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.content_packs.safe_text import SafeText
from darasa.learning import resume
from darasa.learning.aliases import aliases_of, root_of
from darasa.learning.errors import NotFoundError, NotHereError, PeopleError
from darasa.learning.kinds import SUPERSEDES_MAX, Op
from darasa.learning.people.class_lists import Added, Entry, Listed, on_list
from darasa.learning.people.facts import named
from darasa.learning.people.likeness import likes_of
from darasa.learning.people.lists import GUEST_NAME, LearnerRow, sign_in_of
from darasa.learning.people.short_names import folded
from darasa.learning.people.undoing import Undo, record_undoable
from darasa.learning.records import LEARNER_DELETED, LEARNER_NAME, RecordState
from darasa.learning.signing_in.known_secrets import keep_first_secret, new_secret
from darasa.sync.ids import ID_BYTES, NO_SCHOOL, LearnerId, NodeId, RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

HERE_MAX: Final = 30
"""Newcomers of one machine: a class of children without a list, and no end of pranks."""


class Newcomer(Struct, frozen=True):
    """A learner of whom the school has work, or a name, and who is on no list."""

    learner_id: LearnerId
    name: SafeText  # "Guest" when she typed none
    at: tuple[NodeId, ...]  # the computers she sat at
    answers: int
    last_ms: int | None


# -- at a computer ------------------------------------------------------------------------


def start_newcomer(room: "Classroom", name: str) -> LearnerRow:
    """A learner of this name, made at this machine. Raises PeopleError: no name, or too many."""
    clean = named(name)
    with room.store.reading() as connection:
        if len(resume.newcomers(connection)) >= HERE_MAX:
            raise PeopleError("Too many are new on this computer. Ask your teacher.")
    learner_id = LearnerId(room.rng(ID_BYTES))
    with room.store.transaction() as tx:
        resume.add_newcomer(tx.connection, learner_id, clean)
    tell_newcomers(room)
    return room.people.find_id(learner_id)


def tell_newcomers(room: "Classroom") -> int:
    """Write down for the school who is new here, once each; how many. Nothing before joining."""
    if room.home.role is not Role.COMPUTER or room.home.school_id == NO_SCHOOL:
        return 0
    untold = room.store.read(resume.newcomers_untold)
    for learner_id, name in untold.items():
        sealed = room.people.facts.sealed(learner_id, LEARNER_NAME, name)
        with room.store.transaction() as tx:
            room.record.record((learner_id, Op(learner_id, LEARNER_NAME, sealed, ())))
            resume.note_told(tx.connection, learner_id)
    return len(untold)


def newcomers_here(room: "Classroom") -> list[LearnerRow]:
    """Who began at this machine under a name and is on no list yet, by name."""
    with room.store.reading() as connection:
        names = resume.newcomers(connection)
        if not names:
            return []
        waiting = [each for each in names if not _is_listed(connection, each)]
    rows = [room.people.find_id(each) for each in waiting]
    return sorted(rows, key=lambda row: (folded(row.name), row.learner_id))


def _is_listed(connection: sqlite3.Connection, learner_id: LearnerId) -> bool:
    """Whether a list has her under any id."""
    return any(
        connection.execute(
            "SELECT 1 FROM lt_membership WHERE learner_id = ?1 UNION"
            " SELECT 1 FROM lt_person WHERE learner_id = ?1",
            (each,),
        ).fetchone()
        for each in aliases_of(connection, learner_id)
    )


# -- at the school ------------------------------------------------------------------------


def newcomers(room: "Classroom") -> list[Newcomer]:
    """Those who are on no list, the last seen first."""
    if room.home.role is not Role.SCHOOL:
        return []
    with room.store.reading() as connection:
        ids = _unlisted(connection)
        sat = {each: _sittings(connection, each) for each in ids}
    found: list[Newcomer] = []
    for learner_id in ids:
        record = room.people.record_of(learner_id)
        if record.shown(LEARNER_DELETED) is not True:
            name = room.people.facts.claimed_name(record) or GUEST_NAME
            answers, (at, last_ms) = room.state(learner_id).attempts, sat[learner_id]
            found.append(Newcomer(learner_id, name, at, answers, last_ms))
    return sorted(found, key=lambda each: (-(each.last_ms or 0), each.learner_id))


def one_newcomer(room: "Classroom", learner_id: LearnerId) -> Newcomer:
    """One of them. Raises NotFoundError."""
    for each in newcomers(room):
        if each.learner_id == learner_id:
            return each
    raise NotFoundError("This learner is on a list already, or was never here.")


def likely(room: "Classroom", newcomer: Newcomer) -> list[Listed]:
    """Those on the lists who may be this newcomer, by name."""
    return likes_of(newcomer.name, [(row.name, row) for row in on_list(room)])


def take_in(
    room: "Classroom", learner_id: LearnerId, wanted: Entry, class_id: RecordId
) -> tuple[Added, Undo]:
    """Put a newcomer on the list of a class, with a number and a first PIN; her id stays.

    The undo makes her a newcomer again. Raises NotFoundError when she is none.
    """
    one_newcomer(room, learner_id)
    kind = sign_in_of(room.people.classes(), class_id)
    secret, verifier = new_secret(room, kind)
    facts = room.people.learner_facts(
        learner_id,
        wanted.name,
        class_id,
        verifier,
        register_number=wanted.number,
    )
    claims = _claims(room.people.record_of(learner_id))
    of_whom, name = facts[0]
    assert isinstance(name, Op)
    facts[0] = (of_whom, Op(name.record_id, name.field, name.value, claims))
    added = Added(learner_id, wanted.name, wanted.number, secret)
    with room.store.transaction() as tx:
        undo = record_undoable(room, facts)
        keep_first_secret(tx.connection, room.people.facts, learner_id, secret)
    return added, undo


def same_as(room: "Classroom", learner_id: LearnerId, keep: LearnerId) -> Undo:
    """A newcomer is somebody who is on a list: their work counts together from the start."""
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("Who is who is decided at the school server.")
    one_newcomer(room, learner_id)
    room.decisions.merge(keep, learner_id)
    return Undo((), merged=learner_id)


def _claims(record: RecordState) -> tuple[bytes, ...]:
    """What computers said of her name: settled by what a teacher says."""
    said = [op.chain8 for op in record.ignored if op.field == LEARNER_NAME]
    return (*record.chains(LEARNER_NAME), *said)[:SUPERSEDES_MAX]


def is_a_newcomers_name(
    room: "Classroom", learner_id: LearnerId | None, field: str | None, chain8: bytes
) -> bool:
    """Whether a computer's word is the name of one who began there: she is taken in, by a form of
    its own, or was; there is nothing to confirm.
    """
    if learner_id is None or field != LEARNER_NAME:
        return False
    name = room.people.record_of(learner_id).fields.get(LEARNER_NAME)
    if name is None or not name.survivors:
        return True
    return any(chain8 in op.supersedes for op in name.survivors)


def _unlisted(connection: sqlite3.Connection) -> list[LearnerId]:
    """Learners with events, known under their own id, none of whose ids is on a list."""
    rows = connection.execute(
        "SELECT learner_id FROM lt_learner WHERE events > 0 AND learner_id NOT IN"
        " (SELECT learner_id FROM lt_person) AND learner_id NOT IN"
        " (SELECT learner_id FROM lt_alias) ORDER BY learner_id"
    ).fetchall()
    listed = {
        root_of(connection, learner_id)
        for (learner_id,) in connection.execute(
            "SELECT learner_id FROM lt_alias WHERE learner_id IN (SELECT learner_id FROM lt_person)"
        )
    }
    return [LearnerId(each) for (each,) in rows if each not in listed]


def _sittings(
    connection: sqlite3.Connection, learner_id: LearnerId
) -> tuple[tuple[NodeId, ...], int | None]:
    """Where she sat, and when last."""
    rows = connection.execute(
        "SELECT author, max(coalesce(ended_ms, begun_ms)) FROM lt_sitting WHERE learner_id = ?"
        " GROUP BY author ORDER BY 2 DESC",
        (learner_id,),
    ).fetchall()
    return tuple(NodeId(author) for author, _ in rows), rows[0][1] if rows else None
