"""Who may say what: every event kind and every field of a record, by the role of the author.

The one table of sync.md section 5. Pure: a role in, an answer out; the same on every node, so that
equal sets of events fold to equal states. What an author may not say is kept, relayed and listed,
and changes nothing. Does not know certificates, storage or what an event means.

The role is that of the author's certificate in the school of the log. An author that has none there
has the rights of a computer, the least there are: its events are in the set because someone who is
known vouched for them.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from darasa.learning.kinds import Kind
from darasa.sync.ids import Role


class May(IntEnum):
    """Whether a word of an author counts."""

    NEVER = 0
    IF_CONFIRMED = 1  # once a school has said so, by a `confirm` event
    YES = 2


Rights = Mapping[Role, May]

_SCHOOL: Final[Rights] = {Role.SCHOOL: May.YES}
_TEACHER: Final[Rights] = {Role.SCHOOL: May.YES, Role.COMPUTER: May.IF_CONFIRMED}
"""What a teacher says: at the school, or at a computer, where anyone may sit."""
_SERVERS: Final[Rights] = {Role.SCHOOL: May.YES, Role.HUB: May.YES}
_WORK: Final[Rights] = {Role.COMPUTER: May.YES, Role.SCHOOL: May.YES}
"""What learners do; at a school too, where answers on paper are entered. Never a hub."""
_HUB: Final[Rights] = {Role.HUB: May.YES}

KINDS: Final[Mapping[int, Rights]] = {
    Kind.ADOPT: _WORK,
    Kind.CLOCK: _SERVERS,
    Kind.QUARANTINE: _SERVERS,
    Kind.REVOCATION: _SERVERS,
    Kind.CONFIRM: _SCHOOL,
    Kind.MERGE: _TEACHER,
    Kind.PARAMETERS: _SERVERS,
    Kind.SIGN_IN: _WORK,
    Kind.SIGN_OUT: _WORK,
    Kind.ATTEMPT: _WORK,
    Kind.MASTERY_SHOWN: _WORK,
    Kind.LESSON_PROGRESS: _WORK,
    Kind.HAND: _WORK,
    Kind.NOT_SURE: _WORK,
    Kind.SKIP: _WORK,
    Kind.REPORT_PROBLEM: _WORK,
    Kind.CHALLENGE: _WORK,
    Kind.PLACEMENT: _WORK,
    Kind.WRONG_TRIES: _WORK,
    Kind.GOAL: _WORK,
    Kind.RATING: _WORK,
    Kind.REFLECTION: _WORK,
    Kind.CHOICE: _WORK,
    Kind.PROJECT_VERSION: _WORK,
    Kind.HAND_IN: _WORK,
    Kind.NOT_ME: _WORK,
    Kind.LANGUAGE: _WORK,
    Kind.OBSERVATION: _TEACHER,
    Kind.JUDGEMENT: _TEACHER,
    Kind.OVERTURN: _TEACHER,
    Kind.WITHDRAW_ITEM: _TEACHER,
    Kind.FEEDBACK: _TEACHER,
    Kind.MESSAGE: _TEACHER,
    Kind.STRATEGY_NOTE: _SERVERS,
    Kind.LOOK_UP: _HUB,
}
"""All kinds but OP, whose rights are those of its field."""

FIELDS: Final[Mapping[str, Rights]] = {
    "class.name": _TEACHER,
    "class.deleted": _TEACHER,
    "class.course": _TEACHER,
    "class.sign_in": _TEACHER,
    "learner.name": _TEACHER,
    # a computer's is confirmed by the school itself when the learner's one-use code proves it
    "learner.verifier": _TEACHER,
    "learner.code": _SCHOOL,
    "learner.unlocked": _TEACHER,
    "learner.register_number": _TEACHER,
    "learner.class": _TEACHER,
    "learner.group": _TEACHER,
    # what was set for her by name, beside what is set for all of her class
    "learner.assignment": _SCHOOL,
    "learner.deleted": _TEACHER,
    "learner.language": _TEACHER,
    # what another system calls a record, to know it again (OneRoster)
    "learner.source": _TEACHER,
    "class.source": _TEACHER,
    "teacher.source": _SERVERS,
    # who signs in to the server's pages is no computer's word, confirmed or not
    "teacher.name": _SERVERS,
    "teacher.verifier": _SERVERS,
    "teacher.role": _SERVERS,
    "teacher.deleted": _SERVERS,
    # nor is who sees which class
    "class.teacher": _SCHOOL,
    "school.shared_classes": _SCHOOL,
    # by which fit its learners are folded: a teacher's or technician's word at the server
    "school.parameters": _SCHOOL,
    "computer.name": _TEACHER,
    "computer.place": _TEACHER,
    "server.clock": _SERVERS,  # who set the time of which server, for whoever looks into it
    "group.name": _TEACHER,
    "group.class": _TEACHER,
    "group.until": _TEACHER,
    "group.deleted": _TEACHER,
    # what a teacher has set: at the school's pages, by whoever teaches the class
    "assignment.class": _SCHOOL,
    "assignment.skills": _SCHOOL,
    "assignment.title": _SCHOOL,
    "assignment.until": _SCHOOL,
    "assignment.whom": _SCHOOL,
    "assignment.deleted": _SCHOOL,
    "board.title": _TEACHER,
    "board.class": _TEACHER,
    "board.body": _TEACHER,
    "board.deleted": _TEACHER,
    "setting.value": _TEACHER,
}
"""Fields of records (`kinds.Op`). One that is not here is folded by a version that knows it."""

RESTRICTS: Final[Mapping[Role, Role]] = {Role.SCHOOL: Role.COMPUTER, Role.HUB: Role.SCHOOL}
"""Whose nodes a quarantine or revocation of that role reaches: nobody lifts the one on himself."""


def may_say(kind: int, role: Role, *, field: str | None = None) -> May:
    """Whether an author of that role may say an event of that kind; `field` is that of an op.

    Kinds that this version does not know fold to nothing, whoever says them.
    """
    if kind == Kind.OP:
        return _right(FIELDS.get(field or ""), role)
    return _right(KINDS.get(kind), role)


def _right(rights: Rights | None, role: Role) -> May:
    return May.YES if rights is None else rights.get(role, May.NEVER)
