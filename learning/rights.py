"""What a person may see and do at a server, by her role: the one table of people's rights.

Pure. Which node may say what is another table (`authority.py`): this one is about who is signed
in to the pages. A role that this version does not know has no rights.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from darasa.sync.ids import Role


class Right(StrEnum):
    """One thing that some may and others may not."""

    LEARNERS = "learners"  # classes, learners' work, who sits where
    PEOPLE = "people"  # give PINs, decide about names and lists
    ASSIGN = "assign"  # set skills for classes, and for some of their learners
    EVIDENCE = "evidence"  # let work count that was held back
    COMPUTERS = "computers"  # see the computers, add and remove one
    PACKS = "packs"  # see the courses
    FITS = "fits"  # say by which fit all learners of the school are folded
    STAFF = "staff"  # give sign-ins to others, and end them
    DISTRICT = "district"  # the schools of a hub, as figures


class Post(StrEnum):
    """What a person is at a server; kept in her `teacher.role`."""

    TEACHER = "teacher"
    HEAD = "head"
    TECHNICIAN = "technician"
    OFFICER = "officer"


_TEACHES: Final = frozenset(
    {Right.LEARNERS, Right.PEOPLE, Right.ASSIGN, Right.EVIDENCE, Right.COMPUTERS, Right.PACKS}
)
RIGHTS: Final[Mapping[Role, Mapping[str, frozenset[Right]]]] = {
    Role.SCHOOL: {
        Post.TEACHER: _TEACHES,
        Post.HEAD: _TEACHES | {Right.FITS, Right.STAFF},
        Post.TECHNICIAN: frozenset({Right.COMPUTERS, Right.PACKS}),
    },
    Role.HUB: {
        Post.OFFICER: frozenset({Right.DISTRICT}),
        Post.TEACHER: frozenset({Right.DISTRICT}),  # officers were written so at first
    },
}
"""Server's role, then the person's, to rights."""


def rights_of(server: Role, role: str) -> frozenset[Right]:
    """The rights of a person of that role at a server of that one."""
    return RIGHTS.get(server, {}).get(role, frozenset())


def posts_at(server: Role) -> tuple[Post, ...]:
    """The roles that a sign-in there can be given."""
    if server is Role.HUB:
        return (Post.OFFICER,)
    return (Post.TEACHER, Post.HEAD, Post.TECHNICIAN)
