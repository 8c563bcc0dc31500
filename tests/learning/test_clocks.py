"""What is said of wrong clocks, and how a server is given another time."""

from contextlib import ExitStack

import pytest

from darasa.learning.checkup import Health, clock_checks
from darasa.learning.classroom import Classroom
from darasa.learning.clocks import (
    OFF_MS,
    clocks_below,
    off_words,
    own_clock,
    set_by_words,
    set_time,
)
from darasa.learning.errors import NotHereError, PeopleError
from darasa.learning.records import SERVER_CLOCK
from darasa.learning.status import status_of
from darasa.sync.clock import ManualClock
from darasa.sync.contacts import PeerRow
from darasa.sync.ids import NodeId, RecordId, Role
from darasa.sync.reads import all_events
from darasa.sync.set_time import By, KeptTime
from darasa.sync.steered_clock import SteeredClock

NOW_MS = 1_800_000_000_000  # Fri 15 Jan 2027
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
TEN_YEARS_MS = 3_652 * DAY_MS
ACCOUNT = RecordId(b"a" * 16)


@pytest.fixture
def machine():
    return ManualClock(NOW_MS)


@pytest.fixture
def make_server(machine, rng, tmp_path):
    """make_server(wrong_ms): a school whose machine says that, and whose clock can be set."""
    with ExitStack() as stack:

        def make(wrong_ms):
            machine.wall = wrong_ms
            clock = SteeredClock(machine, keeper=KeptTime(tmp_path))
            return stack.enter_context(Classroom.in_memory(role=Role.SCHOOL, clock=clock, rng=rng))

        yield make


@pytest.fixture
def server(make_server):
    return make_server(NOW_MS)


def hear(room, *offs_ms, role=Role.COMPUTER, at_ms=None):
    """Computers of the school, each with a clock that is later by so much."""
    at_ms = room.clock.wall_ms() if at_ms is None else at_ms
    with room.store.transaction() as tx:
        for n, off_ms in enumerate(offs_ms):
            node_id = NodeId(bytes([n + 1]) * 16)
            tx.put_peer(PeerRow(node_id, room.home.school_id, role, f"PC {n + 1}", None))
            tx.note_contact(node_id, at_ms, off_ms=off_ms)


@pytest.mark.parametrize(
    ("off_ms", "words"),
    [
        (None, ""),
        (OFF_MS - 1, ""),
        (-20 * MINUTE_MS, "Clock is 20 minutes slow. Set it."),
        (-54 * 365 * DAY_MS, "Clock is 54 years slow. Set it, or change its battery."),
        (TEN_YEARS_MS, "Clock is 10 years fast. Set it, or change its battery."),
        (7_975 * 365 * DAY_MS, "Clock is 7970 years fast. Set it, or change its battery."),
    ],
)
def test_a_clock_that_is_off_is_said_with_what_to_do(off_ms, words):
    assert off_words(off_ms) == words


@pytest.mark.parametrize("wrong_ms", [0, 946_684_800_000, 4_102_444_800_000, 253_402_300_799_000])
def test_a_server_whose_date_cannot_be_right_says_so(make_server, wrong_ms):
    server = make_server(wrong_ms)
    own = own_clock(server)
    assert "That cannot be right." in own.doubt
    assert own.doubt.startswith("The date of this server is ")
    check = next(clock_checks(server))
    assert check.health is Health.NOTE
    assert status_of(server)["clock"]["doubts"] == list(own.doubts)


def test_a_right_clock_is_fine_and_says_nothing(server):
    hear(server, 0, 1_000, -2_000, 30_000)
    assert own_clock(server).doubts == ()
    assert [(each.name, each.health) for each in clock_checks(server)] == [("clock", Health.FINE)]


def test_computers_that_agree_on_another_time_are_told_with_that_time(server):
    hear(server, TEN_YEARS_MS, TEN_YEARS_MS + 5_000, TEN_YEARS_MS - 5_000, -54 * 365 * DAY_MS)
    own = own_clock(server)
    assert own.doubts[0] == "3 of 4 computers say this server is 10 years slow."
    assert abs(own.agreed_ms - (NOW_MS + TEN_YEARS_MS)) <= 5_000


@pytest.mark.parametrize(
    "offs_ms",
    [
        (TEN_YEARS_MS, TEN_YEARS_MS),
        (TEN_YEARS_MS, TEN_YEARS_MS, TEN_YEARS_MS, 0, 0, 0),
        (-NOW_MS, -NOW_MS, -NOW_MS),  # thirty dead batteries know nothing
        (0, 0, 0, TEN_YEARS_MS),
        (DAY_MS, -DAY_MS, 5 * DAY_MS, -9 * DAY_MS),
    ],
)
def test_few_or_differing_or_impossible_clocks_raise_no_doubt(server, offs_ms):
    hear(server, *offs_ms)
    assert own_clock(server).agreed_ms is None
    assert own_clock(server).doubts == ()


def test_a_server_that_was_in_use_later_than_now_says_so_until_computers_agree_with_it(server):
    hear(server, DAY_MS * 400, at_ms=NOW_MS + 400 * DAY_MS)
    assert own_clock(server).doubt.startswith("This server was in use on ")
    hear(server, 0, 0, at_ms=NOW_MS + 400 * DAY_MS)
    assert own_clock(server).doubts == ()


def test_each_computer_that_is_off_is_a_line_of_doctor(server):
    hear(server, 0, -54 * 365 * DAY_MS)
    (line,) = [each for each in clock_checks(server) if each.name != "clock"]
    assert (line.name, line.what) == ("clock of PC 2", "Clock is 54 years slow.")
    assert line.remedy == "Set it, or change its battery."
    told = {peer["name"]: peer["clock"] for peer in status_of(server)["peers"]}
    assert told == {"PC 1": "", "PC 2": "Clock is 54 years slow. Set it, or change its battery."}


def test_a_hub_says_the_same_of_its_schools(make_room):
    hub = make_room(Role.HUB)
    hear(hub, TEN_YEARS_MS, TEN_YEARS_MS, TEN_YEARS_MS, role=Role.SCHOOL)
    assert own_clock(hub).doubt == "3 of 3 schools say this hub is 10 years slow."


@pytest.mark.parametrize("wrong_ms", [0, NOW_MS + TEN_YEARS_MS, 4_102_444_800_000])
def test_a_time_that_is_typed_counts_is_kept_and_is_in_the_log(
    make_server, machine, wrong_ms, tmp_path
):
    server = make_server(wrong_ms)
    server.people.add_class("5B")
    hear(server, 0, 0, 0)
    before = server.store.event_count()
    set_time(server, ACCOUNT, wall_ms=NOW_MS)
    assert server.clock.wall_ms() == NOW_MS
    own = own_clock(server)
    assert (own.doubts, own.set_by) == ((), By.PERSON)
    assert "a person set it" in set_by_words(own)
    assert clocks_below(server) == {}  # they were measured by another clock
    assert SteeredClock(machine, keeper=KeptTime(tmp_path)).wall_ms() == NOW_MS
    assert server.store.event_count() == before + 1
    said = server.people.record_of(server.home.node_id).shown(SERVER_CLOCK)
    assert said == f"{NOW_MS - wrong_ms:+d} {ACCOUNT.hex()}"
    with server.store.reading() as connection:
        newest = max(all_events(connection), key=lambda each: each.event.lamport)
    assert newest.happened_ms == NOW_MS  # later events have the right time
    set_time(server, ACCOUNT, wall_ms=None)
    assert server.clock.wall_ms() == wrong_ms


@pytest.mark.parametrize("typed_ms", [0, 1_700_000_000_000, 4_102_444_800_000, 1 << 60])
def test_a_date_that_cannot_be_is_not_taken(server, typed_ms):
    with pytest.raises(PeopleError, match="cannot be right"):
        set_time(server, ACCOUNT, wall_ms=typed_ms)
    assert server.clock.wall_ms() == NOW_MS


def test_a_computer_is_not_set_from_here(computer):
    with pytest.raises(NotHereError):
        set_time(computer, None, wall_ms=NOW_MS)
