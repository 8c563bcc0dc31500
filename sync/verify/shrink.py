"""Making a bad schedule short: leave actions out while it stays bad."""

from collections.abc import Callable
from typing import Final

import msgspec

from darasa.sync.verify.plan import Action, Plan

_RUNS_MAX: Final = 150


def shrunk(plan: Plan, is_bad: Callable[[Plan], bool], *, runs_max: int = _RUNS_MAX) -> Plan:
    """A plan with fewer actions that is still bad; `plan` itself when none is found.

    Leaves out halves, then quarters, down to single actions and single attempts. Cost: at most
    `runs_max` calls of `is_bad`, each of which runs a world.
    """
    left = [runs_max]

    def still_bad(actions: list[Action]) -> bool:
        left[0] -= 1
        return left[0] >= 0 and is_bad(plan.with_actions(actions))

    actions = _fewer(list(plan.actions), still_bad)
    for place, action in enumerate(actions):
        for attempts in ((), action.attempts[-1:], action.attempts[:1]):
            shorter = msgspec.structs.replace(action, attempts=attempts)
            changed = [*actions[:place], shorter, *actions[place + 1 :]]
            if shorter != action and still_bad(changed):
                actions = changed
                break
    return plan.with_actions(actions)


def _fewer(actions: list[Action], still_bad: Callable[[list[Action]], bool]) -> list[Action]:
    """The actions without every stretch that is not needed."""
    size = max(1, len(actions) // 2)
    while True:
        start = 0
        while start < len(actions):
            fewer = actions[:start] + actions[start + size :]
            if still_bad(fewer):
                actions = fewer
            else:
                start += size
        if size == 1:
            return actions
        size = max(1, size // 2)
