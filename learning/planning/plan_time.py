"""What time a learner's plan goes by: this computer's, unless it has leapt since it met its server.

Owns: that rule. Ten wrong years make nothing due, and a clock at 1970 makes nothing rest; what she
answers meanwhile is dated by her computer, and dated right when a server measures it. Pure.
"""

from typing import Final

from darasa.learning.skill_state import DAY_MS
from darasa.sync.timekeeping import is_believable

ABSENT_MS: Final = 400 * DAY_MS
"""A computer that meets no server for longer is rarer than a clock that leapt."""


def plan_now_ms(wall_ms: int, contact_ms: int | None, *, since_ms: int) -> int:
    """Now, for what is due and what rests.

    `contact_ms`: when this computer last met its server, by its clock then; None: never.
    `since_ms`: how long the sitting has lasted, in elapsed time.
    """
    if contact_ms is None or not is_believable(contact_ms):
        return wall_ms
    if -DAY_MS <= wall_ms - contact_ms <= ABSENT_MS:
        return wall_ms
    return contact_ms + since_ms
