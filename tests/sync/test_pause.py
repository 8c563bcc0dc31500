"""When machines come again: never all together, never in vain for long."""

import heapq
import itertools
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.pause import (
    FIRST_MS,
    LONGEST_MS,
    RHYTHM_MS,
    Slots,
    after_failure_ms,
    after_success_ms,
)


def test_pauses_double_from_5_s_to_15_min():
    least = [after_failure_ms(n, 0) for n in range(1, 12)]
    assert least[:4] == [5_000, 10_000, 20_000, 40_000]
    assert [after_failure_ms(n, 255) for n in (1, 99)] == [7_500, LONGEST_MS]


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_every_pause_is_between_5_s_and_15_min(failures, chance):
    assert FIRST_MS <= after_failure_ms(failures, chance) <= LONGEST_MS


@given(st.integers(0, 86_400), st.integers(0, 255))
def test_a_servers_word_is_kept_within_a_second_and_within_reason(asked_s, chance):
    wait = after_failure_ms(3, chance, asked_s=asked_s)
    assert min(asked_s * 1_000, LONGEST_MS) <= wait <= min(asked_s * 1_000 + 1_000, LONGEST_MS)


def test_the_rhythm_stands_unless_the_server_asks_for_less():
    assert after_success_ms(4_000, 200) == 4_000
    assert after_success_ms(60_000, 200, asked_s=9) == 60_000
    assert 9_000 <= after_success_ms(4_000, 200, asked_s=9) <= 10_000


def test_a_server_with_time_says_nothing():
    slots = Slots(random.Random(1).randbytes)
    for _ in range(5):
        for n in range(40):
            slots.took(5)
            assert slots.served(bytes([n]), 0) is None


def test_a_loaded_server_spreads_forty_computers_evenly_over_its_interval():
    slots = Slots(random.Random(1).randbytes)
    now = 0
    for _ in range(60):
        slots.took(500)
    nodes = [bytes([n]) for n in range(40)]
    for node in nodes:
        slots.served(node, now)
    turns = sorted(now + 1_000 * slots.served(node, now) for node in nodes)
    interval = 40 * 500 * 2
    phases = sorted(turn % interval for turn in turns)
    gaps = [later - earlier for earlier, later in itertools.pairwise(phases)]
    assert max(gaps) <= 2 * interval / 40 + 1_000
    assert max(Counter(turn // 4_000 for turn in turns).values()) <= 8


def test_those_who_are_gone_no_longer_count():
    slots = Slots(random.Random(1).randbytes)
    for _ in range(60):
        slots.took(200)
    for n in range(40):
        last = slots.served(bytes([n]), 0)
    assert last is not None
    assert slots.served(b"alone", 3 * 60_000) is None


def test_refusals_carry_different_times():
    slots = Slots(random.Random(1).randbytes)
    for _ in range(60):
        slots.took(250)
    waits = [slots.refused(0) for _ in range(60)]
    assert max(Counter(waits).values()) <= 3
    assert min(waits) >= 1
    assert max(waits) <= 35


class Herd:
    """Computers and a server that takes so many at once: events in the order of time."""

    def __init__(self, *, computers, at_once, round_ms, seed):
        self.chance = random.Random(seed)
        self.slots = Slots(self.chance.randbytes)
        self.at_once = at_once
        self.round_ms = round_ms
        self.refusals: Counter[int] = Counter()
        self.first_served: dict[int, int] = {}
        self.rounds: Counter[int] = Counter()
        self.ends: list[int] = []  # of rounds under way
        self.free_at = 0
        self.due = [(self.chance.randrange(200), n) for n in range(computers)]
        heapq.heapify(self.due)

    def run(self, until_ms):
        while self.due[0][0] < until_ms:
            now, n = heapq.heappop(self.due)
            heapq.heappush(self.due, (now + self._contact(n, now), n))

    def _contact(self, n, now):
        """How long the computer waits after this try."""
        chance = self.chance.randrange(256)
        self.ends = [end for end in self.ends if end > now]
        if len(self.ends) >= self.at_once:
            self.refusals[n] += 1
            return after_failure_ms(1, chance, asked_s=self.slots.refused(now))
        self.free_at = max(now, self.free_at) + self.round_ms  # the one writer
        self.ends.append(self.free_at)
        self.slots.took(self.round_ms)
        asked_s = self.slots.served(bytes([n]), now)
        self.rounds[n] += 1
        self.first_served.setdefault(n, self.free_at)
        return self.free_at - now + after_success_ms(RHYTHM_MS, chance, asked_s=asked_s)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("at_once", "round_ms"), [(1, 20), (4, 60), (8, 300), (2, 800), (64, 50)])
def test_sixty_computers_after_a_power_cut_are_all_served(seed, at_once, round_ms):
    herd = Herd(computers=60, at_once=at_once, round_ms=round_ms, seed=seed)
    herd.run(30 * 60_000)
    assert set(herd.first_served) == set(range(60))
    # one refusal each for the crowd, and now and then one for who came out of turn
    assert max(herd.refusals.values(), default=0) <= 6 + 0.05 * max(herd.rounds.values())
    assert max(herd.first_served.values()) <= 10_000 + 4 * 60 * round_ms
    late = Herd(computers=60, at_once=at_once, round_ms=round_ms, seed=seed)
    late.run(10 * 60_000)
    refused, served = late.refusals.total(), late.rounds.total()
    late.run(20 * 60_000)
    assert late.refusals.total() - refused <= 0.2 * (late.rounds.total() - served)
    # nobody is forgotten, and the server's time is used
    assert min(late.rounds.values()) * 3 >= max(late.rounds.values())
