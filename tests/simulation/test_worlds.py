"""Seeded districts under faults: nothing lost, nothing double, everywhere the same.

`make test` runs hundreds of seeds by the command; this is the share that every run of pytest makes.
"""

import os
from functools import cache

import pytest

from darasa.learning.simulated.work import SimulatedWork
from darasa.sync.verify import Outcome, run_seed
from darasa.sync.verify.marks import MARKS

FIRST = 1_000_000  # other seeds than those that the command begins with
SEEDS = range(FIRST, FIRST + int(os.environ.get("DARASA_WORLDS", "24")))
COMMON = {
    "nothing new",
    "events in the first body",
    "tips named",
    "mark unknown",
    "hole answered",
    "several rounds",
    "server forgot a node",
    "relayed certificates",
    "fork kept",
    "fork kept at the hub",
    "unknown kind kept",
    "clone met",
    "logs adopted",
    "feed from the start",
    "feed goes on",
    "feed in parts",
    "copies dropped",
    "damage named",
    "server could not save",
    "asker died",
    "codec 1 used",
    "codec 1 in a context",
    "context missing",
    "codec fall-back",
    "versions apart",
    "program changed",
    "newer store refused",
    "newer frame skipped",
    "dies_before",
    "dies_after",
}


@cache
def outcome_of(seed: int) -> Outcome:
    return run_seed(seed, SimulatedWork())


@pytest.mark.parametrize("seed", SEEDS, ids="seed {}".format)
def test_what_survives_on_a_disk_reaches_school_and_hub_once(seed: int) -> None:
    outcome = outcome_of(seed)
    assert outcome.problems == ()
    assert (outcome.lost, outcome.duplicated, outcome.divergent) == (0, 0, 0)
    assert outcome.events > 0


@pytest.mark.parametrize("seed", SEEDS[::4], ids="stormy seed {}".format)
def test_nor_is_anything_lost_where_everything_goes_wrong_at_once(seed: int) -> None:
    outcome = run_seed(seed, SimulatedWork(), is_stormy=True)
    assert outcome.problems == ()
    assert (outcome.lost, outcome.duplicated, outcome.divergent) == (0, 0, 0)
    assert outcome.events > 0


def test_common_paths_are_met_in_a_few_dozen_seeds() -> None:
    met = {name for seed in SEEDS for name in outcome_of(seed).marks}
    assert met <= MARKS.keys()
    assert met >= COMMON
