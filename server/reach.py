"""Which classes and learners a visit may look at, and which it may change.

Owns: finding a class or learner by the id in an address, and refusing those out of reach. The rule
is `learning.class_staff`; roles are asked before (`auth.page`). Every page about a class or learner
finds it here.
"""

from collections.abc import Sequence
from typing import Final

from starlette.exceptions import HTTPException

from darasa.learning.people.class_lists import Listed, off_list
from darasa.learning.people.class_staff import EVERYTHING, Reach, classes_with, reach_of
from darasa.learning.people.people import ClassRow, LearnerRow
from darasa.learning.records import CLASS_TEACHER
from darasa.server.auth import Visit
from darasa.server.locale import _
from darasa.server.sessions import Session
from darasa.server.state import Darasa
from darasa.sync.ids import LearnerId, RecordId

NOT_HERS: Final = _("This class is not one of yours. Ask the head.")


def reach_in(darasa: Darasa, session: Session) -> Reach:
    """The reach of who is signed in, as of now."""
    row = darasa.classroom.people.teacher(RecordId(session.account))
    return Reach(frozenset(), looks=False) if row is None else reach_of(darasa.classroom, row)


def classes_of(visit: Visit, *, act: bool = False) -> list[ClassRow]:
    """The classes that she may look at (`act`: change), her own first, then by name."""
    reach, rows = reach_in(visit.darasa, visit.session), visit.darasa.classroom.people.classes()
    own = [row for row in rows if reach.may_act((row.record_id,))]
    others = [row for row in rows if row not in own and reach.looks and not act]
    return own + others


def class_of(visit: Visit, class_id: str, *, act: bool = False) -> ClassRow:
    """The class of an address. Raises HTTPException: 404, or 403 when it is out of her reach."""
    for row in visit.darasa.classroom.people.classes():
        if row.record_id.hex() == class_id:
            _check(reach_in(visit.darasa, visit.session), (row.record_id,), act=act)
            return row
    raise HTTPException(404, _("There is no such class."))


def may_reopen(visit: Visit, class_id: RecordId) -> bool:
    """Whether a closed class was hers: it has no rows, but its record still says who taught it."""
    reach, room = reach_in(visit.darasa, visit.session), visit.darasa.classroom
    if reach.own is None:
        return True
    teachers = set(room.people.record_of(class_id).values(CLASS_TEACHER))
    here = {row.record_id for row in room.people.teachers()}
    return visit.session.account in teachers or not teachers & here


def learner_of(visit: Visit, pid: str, *, act: bool = False) -> LearnerRow:
    """The learner of an address. Raises HTTPException: 404, or 403 when she is out of reach."""
    for row in visit.darasa.classroom.people.learners():
        if visit.darasa.pids.pid_of(row.learner_id) == pid:
            check_learner(visit, row.learner_id, act=act)
            return row
    raise HTTPException(404, _("There is no such learner."))


def off_lists(visit: Visit) -> list[Listed]:
    """Those who were taken off the lists of her classes, or were in none."""
    reach = reach_in(visit.darasa, visit.session)
    gone = off_list(visit.darasa.classroom)
    return [each for each in gone if reach.may_act(row.record_id for row in each.classes)]


def off_list_of(visit: Visit, pid: str) -> Listed:
    """One of them. Raises HTTPException: 404."""
    for row in off_lists(visit):
        if visit.darasa.pids.pid_of(row.learner_id) == pid:
            return row
    raise HTTPException(404, _("There is no such learner."))


def check_learner(visit: Visit, learner_id: LearnerId, *, act: bool) -> None:
    """Raises HTTPException 403 when she is in no class that this visit reaches."""
    reach = reach_in(visit.darasa, visit.session)
    if reach != EVERYTHING:
        with visit.darasa.classroom.store.reading() as connection:
            classes = classes_with(connection, learner_id)
        _check(reach, tuple(classes), act=act)


def may_change(visit: Visit, learner_id: LearnerId) -> bool:
    """Whether this visit may change something of a learner."""
    reach = reach_in(visit.darasa, visit.session)
    with visit.darasa.classroom.store.reading() as connection:
        return reach.may_act(classes_with(connection, learner_id))


def reaches_learner(darasa: Darasa, reach: Reach, learner_id: LearnerId) -> bool:
    """Whether she is in a class that may be looked at, or in none."""
    if reach == EVERYTHING:
        return True
    with darasa.classroom.store.reading() as connection:
        return reach.may_look(classes_with(connection, learner_id))


def _check(reach: Reach, class_ids: Sequence[RecordId], *, act: bool) -> None:
    if not (reach.may_act(class_ids) if act else reach.may_look(class_ids)):
        raise HTTPException(403, NOT_HERS)
