"""Whatever came, in whatever order and parts: every node's read tables are those folded anew.

DARASA_HISTORIES says how many districts are tried.
"""

import os
import random

import pytest
from deciding_world import deliver, dump
from random_histories import grown

from darasa.learning.digest import all_digest
from darasa.learning.kinds import PAYLOADS, Kind
from darasa.sync.ids import Role

SEEDS = range(int(os.environ.get("DARASA_HISTORIES", "8")))
OF_PEOPLE = {Kind.OP, Kind.ADOPT, Kind.PARAMETERS}
"""Records and fits have tests of their own."""


@pytest.fixture(scope="module")
def districts(joined, make_attempt):
    """Those of the seeds, each made once."""
    return [grown(seed, joined, make_attempt) for seed in SEEDS]


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_and_parts_of_any_history_give_equal_rows(seed, districts):
    district = districts[seed]
    digests = {}
    for home in (district.schools[0], district.hub, district.schools[1], district.computers[0]):
        with district.opened(home, 1) as straight, district.opened(home, 2) as shuffled:
            deliver(straight, district.found, decides=False)
            order = random.Random(seed)
            deliver(shuffled, district.found, order, parts=1 + seed % 5, decides=False)
            assert all_digest(shuffled) == all_digest(straight)  # stale states too
            for room in (straight, shuffled):
                room.freshen(1_000)
            rows = dump(straight)
            assert dump(shuffled) == rows
            assert all_digest(shuffled) == all_digest(straight)
            shuffled.rebuild()
            assert dump(shuffled) == rows
            digests[home.node_id] = all_digest(straight)
            if home.role is not Role.COMPUTER:  # which is told the rest by its school
                assert digests[home.node_id] == digests[district.schools[0].node_id]


def test_those_histories_have_every_kind_that_is_folded(districts):
    kinds = {each.event.kind for of in districts for _, _, each in of.found.values()}
    wanted = {kind for kind, _ in PAYLOADS} - OF_PEOPLE
    assert {Kind(kind).name for kind in wanted - kinds} == set()
    assert {Kind.CLOCK, 60} <= kinds
