"""Seeded districts under faults: nothing lost, nothing double, everywhere the same.

`make test` runs hundreds of seeds by the command; this is the share that every run of pytest makes.
"""

import os

import pytest

from darasa.sync.verify import run_seed

FIRST = 1_000_000  # other seeds than those that the command begins with
SEEDS = range(FIRST, FIRST + int(os.environ.get("DARASA_WORLDS", "16")))


@pytest.mark.parametrize("seed", SEEDS, ids="seed {}".format)
def test_what_survives_on_a_disk_reaches_school_and_hub_once(seed: int) -> None:
    outcome = run_seed(seed)
    assert outcome.problems == ()
    assert (outcome.lost, outcome.duplicated, outcome.divergent) == (0, 0, 0)
    assert outcome.events > 0
