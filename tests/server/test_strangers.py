"""Budgets of addresses, who counts as a neighbour, and where a greeting ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.server.strangers import (
    ADDRESSES_MAX,
    ALL_FACTOR,
    BURST,
    EACH_MS,
    NEIGHBOUR_FOR_MS,
    Budgets,
    Neighbours,
    first_greeting,
    place_of,
)
from darasa.sync.clock import ManualClock

HERE, THERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def clock():
    return ManualClock(0)


def test_a_burst_then_one_in_a_while_and_what_is_refused_costs_nothing(clock):
    budgets = Budgets(clock)
    assert [budgets.take(HERE) for _ in range(BURST)] == [0] * BURST
    waits = [budgets.take(HERE) for _ in range(1_000)]
    assert set(waits) == {EACH_MS // 1_000}
    clock.advance(EACH_MS)
    assert [budgets.take(HERE), budgets.take(HERE)] == [0, EACH_MS // 1_000]
    clock.advance(BURST * EACH_MS)
    assert [budgets.take(HERE) for _ in range(BURST)] == [0] * BURST


def test_one_address_takes_nothing_from_another_and_all_together_have_a_budget(clock):
    budgets = Budgets(clock)
    for _ in range(100):
        budgets.take(HERE)
    assert budgets.take(THERE) == 0
    taken = sum(
        budgets.take(f"10.1.{n // 250}.{n % 250}") == 0 for n in range(5_000) for _ in range(2)
    )
    assert taken <= BURST * ALL_FACTOR
    assert budgets.take("10.9.9.9") > 0
    assert budgets.take("10.9.9.9", is_neighbour=True) == 0


def test_memory_is_bounded_however_many_addresses_come(clock):
    budgets, neighbours = Budgets(clock), Neighbours(clock)
    for n in range(3 * ADDRESSES_MAX):
        budgets.take(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
        neighbours.note(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(budgets) == len(neighbours) == ADDRESSES_MAX


def test_one_machine_is_one_address_whatever_it_takes_of_its_network():
    assert place_of("2001:db8:1:2::1") == place_of("2001:db8:1:2:ffff::9")
    assert place_of("2001:db8:1:3::1") != place_of("2001:db8:1:2::1")
    assert place_of("::ffff:10.0.0.1") == "10.0.0.1"
    assert place_of("testclient") == "testclient"


def test_a_neighbour_is_one_for_a_day_and_this_machine_always(clock):
    neighbours = Neighbours(clock)
    assert neighbours.has("127.0.0.1")
    assert not neighbours.has(HERE)
    neighbours.note(HERE)
    clock.advance(NEIGHBOUR_FOR_MS - 1)
    assert neighbours.has(HERE)
    clock.advance(1)
    assert not neighbours.has(HERE)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_greeting_by_chance_and_none_crash_it(start):
    hello, _ = first_greeting(start)
    assert hello is None


@given(st.binary(max_size=40))
def test_no_more_is_waited_for_once_it_can_be_none(rest):
    assert first_greeting(b"\xff\xff\xff\xff\x01\x00" + rest) == (None, True)
    assert first_greeting(b"\0\0\0\x10\x02\0" + rest) == (None, True)
