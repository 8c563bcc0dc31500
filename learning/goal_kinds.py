"""The body of what a learner says of a goal of hers (kind 32).

Each word says the whole goal as it stands then, and names the words on that goal that it replaces:
two that were said at computers apart are both kept (planning/goals.py has the fold). Pure.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from darasa.learning.kind_fields import Bytes8, Key, Supersedes

GOAL_SKILLS_MAX: Final = 60
GOAL_COUNT_MAX: Final = 1_000


class SetGoal(Struct, frozen=True, array_like=True):
    """A goal is set, gets another day, or is given up.

    `what`: "unit", all of `skills`, which were those of a unit of `pack`; "skill", the one in
    `skills`; "count", so many skills of her whole map, `pack` "" and no `skills`. `until_ms` is the
    end of its day, None for no day.
    """

    sitting: Bytes8
    goal: Bytes8  # the same in every word on it
    what: Literal["unit", "skill", "count"]
    pack: Annotated[str, Meta(max_length=120)]
    skills: Annotated[tuple[Key, ...], Meta(max_length=GOAL_SKILLS_MAX)]
    count: Annotated[int, Meta(ge=1, le=GOAL_COUNT_MAX)]
    until_ms: Annotated[int, Meta(ge=0, le=2**48)] | None
    given_up: bool
    supersedes: Supersedes
