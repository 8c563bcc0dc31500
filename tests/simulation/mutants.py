"""Deliberately broken engines: each a small patch of one function that ships.

They stand by what they break in the modules `…_mutants.py`, and all of them here by their names.
(`caught_by` knows by that ending that an error is the mutant's own.)

A mutant that no seed catches shows a hole in the simulator, or that a second guard stands behind
the one it broke, or that what it spoils needs more bad luck at once than 500 districts have. Those
of the last two kinds are in `STORIES`, each with a test that tells it. `caught_by` says after how
many seeds one was caught; `python mutants.py NAME…` tries them by hand.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import feed_mutants
import log_mutants
import mark_mutants
import part_mutants
import quota_mutants
import receipt_mutants
import sending_mutants
import store_mutants
import version_mutants
from damage import Mutant
from stories import STORIES

from darasa.learning.simulated.work import SimulatedWork
from darasa.sync.verify import plan_of, run_plan
from darasa.sync.verify.parts import parts_of

__all__ = ["MUTANTS", "SEEDS", "STORIES", "WORK", "broken", "caught_by"]

SEEDS = 500
WORK = SimulatedWork()

_THEMES: Final = (
    mark_mutants,
    receipt_mutants,
    log_mutants,
    sending_mutants,
    feed_mutants,
    version_mutants,
    store_mutants,
    quota_mutants,
    part_mutants,
)
MUTANTS: Final[dict[str, Mutant]] = {
    each.name: each
    for theme in _THEMES
    for each in vars(theme).values()
    if isinstance(each, Mutant)
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """The engine as that mutant has it."""
    patches: list[Any] = []

    def put(owner: Any, attribute: str, replacement: Any) -> None:
        each = patch.object(owner, attribute, replacement)  # raises when there is no such thing
        each.start()
        patches.append(each)

    try:
        MUTANTS[name].damage(put)
        yield
    finally:
        for each in reversed(patches):
            each.stop()


def caught_by(name: str, *, seeds: int = SEEDS) -> int | None:
    """How many seeds, each calm and in a storm, it took to find something wrong; None when none
    of them did.

    Raises AssertionError when it was the mutant's own code that failed: that proves nothing.
    """
    with broken(name):
        part = MUTANTS[name].part
        for nth in range(seeds):
            if part and part not in parts_of(nth):
                continue
            for is_stormy in (False, True):
                outcome = run_plan(plan_of(nth, is_stormy=is_stormy), WORK)
                own = [each for each in outcome.problems if "mutants" in each or "<locals>" in each]
                assert not own, f"{name}: {own[0]}"
                if outcome.is_bad:
                    return nth + 1
    return None


def main(names: list[str]) -> None:
    """Try mutants by hand: how many seeds each took, and how many seconds of processor."""
    for name in names or MUTANTS:
        begun = time.process_time()
        nth = caught_by(name)
        taken = time.process_time() - begun
        sys.stdout.write(f"{nth!s:>5} seeds {taken:7.1f} s  {name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
