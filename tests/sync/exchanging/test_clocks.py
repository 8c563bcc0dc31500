"""A computer whose clock is wrong: the school says so once, and all compute the same times."""

import pytest

from darasa.sync import packing, peer_clocks
from darasa.sync.clock import ManualClock
from darasa.sync.clock_events import KIND, correction_of
from darasa.sync.own_certificates import keep_own_certificates
from darasa.sync.salvage import salvage
from darasa.sync.steered_clock import SteeredClock
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.responder import Responder
from darasa.sync.transport.timekeeper import Timekeeper

NOW_MS = 1_800_000_000_000
AMINA = b"A" * 16
SCOPE = b"l" + AMINA


class Lab:
    """A school with the right time, and computers with clocks of their own."""

    def __init__(self, district, school_ms=NOW_MS):
        self.district = district
        self.school = district.school()
        self.school.clock = ManualClock(school_ms)
        self.school.restart()
        self.school.hooks.allowed = (SCOPE,)
        self.delay_ms = 40
        self.clocks = [self.school.clock]
        self.bodies = []

    def computer(self, wall_ms, *, steered=False):
        made = self.district.computer(self.school)
        clock = ManualClock(wall_ms)
        self.clocks.append(clock)
        made.clock = SteeredClock(clock) if steered else clock
        made.restart()
        made.hooks.wanted = (SCOPE,)
        return made

    def advance(self, ms):
        for clock in self.clocks:
            clock.advance(ms)

    def responder(self):
        return Responder(
            self.school.home,
            self.school.store,
            hooks=self.school.hooks,
            clock=self.school.clock,
            rng=self.school.rng,
            log=self.school.log,
        )

    def exchange(self, computer, *, delay_ms=None, back_ms=None):
        delay_ms = self.delay_ms if delay_ms is None else delay_ms
        one = Exchange(
            computer.home,
            computer.store,
            computer.home.peer,
            hooks=computer.hooks,
            clock=computer.clock,
            trusted=True,
        )

        def post(body):
            self.bodies.append(body)
            self.advance(delay_ms)
            answer = self.responder().handle([body])
            self.advance(delay_ms if back_ms is None else back_ms)
            yield answer

        report = one.run(post)
        assert report.error == ""
        return report

    def clock_events(self):
        found = [correction_of(each.event) for each in self.school.store.events_after(0)]
        return [each for each in found if each is not None]


@pytest.fixture
def lab(district):
    return Lab(district)


def happened(node):
    return [each.happened_ms for each in node.store.events_of(AMINA)]


def test_a_computer_at_1970_is_corrected_at_its_first_contact(lab):
    computer = lab.computer(5_000)
    computer.write(2)
    lab.advance(60_000)
    computer.write(1)
    report = lab.exchange(computer)
    assert report.rounds == 2
    (said,) = lab.clock_events()
    assert said.log_id == computer.log.log_id
    assert abs(said.offset_ms - (NOW_MS - 5_000)) <= said.uncertainty_ms <= lab.delay_ms + 2
    first, _, last = happened(lab.school)
    assert abs(first - NOW_MS) <= 100
    assert last - first == 60_000


@pytest.mark.parametrize("off_ms", [0, 9_000, -9_000])
def test_a_clock_that_is_right_costs_no_event_no_round_and_no_write(lab, off_ms):
    computer = lab.computer(NOW_MS + off_ms)
    computer.write(1)
    lab.exchange(computer)
    before = lab.school.store.position()
    report = lab.exchange(computer)
    assert report.rounds == 1
    assert lab.clock_events() == []
    assert lab.school.store.position() == before


@pytest.mark.parametrize("off_ms", [-60_000, 3_600_000, 73 * 365 * 24 * 3_600_000])
def test_a_wrong_clock_is_corrected_once_and_then_contacts_are_quiet(lab, off_ms):
    computer = lab.computer(NOW_MS + off_ms)
    computer.write(1)
    lab.exchange(computer)
    (said,) = lab.clock_events()
    assert abs(said.offset_ms + off_ms) <= said.uncertainty_ms
    before = lab.school.store.position()
    for _ in range(3):
        assert lab.exchange(computer).rounds == 1
    assert len(lab.clock_events()) == 1
    assert lab.school.store.position() == before


def test_a_slow_link_does_not_make_a_right_clock_wrong(lab):
    computer = lab.computer(NOW_MS)
    computer.write(1)
    lab.exchange(computer, delay_ms=60_000, back_ms=0)
    assert lab.clock_events() == []


def test_a_measure_that_is_better_by_half_is_written_and_others_are_not(lab):
    computer = lab.computer(5_000)
    computer.write(1)
    lab.exchange(computer, delay_ms=2_000)
    lab.exchange(computer, delay_ms=1_500)
    assert len(lab.clock_events()) == 1
    lab.exchange(computer, delay_ms=900)
    lab.exchange(computer, delay_ms=800)
    assert [each.uncertainty_ms for each in lab.clock_events()] == [2_001, 901]


def test_each_run_of_a_computer_is_measured_by_itself(lab):
    computer = lab.computer(5_000)
    computer.write(1)
    lab.exchange(computer)
    lab.advance(3_600_000)
    lab.clocks[-1].wall = 5_000  # it started again, and believes it is 1970 again
    computer.restart()
    computer.write(1)
    lab.exchange(computer)
    first, second = sorted(happened(lab.school))
    assert abs(second - first - 3_600_000) <= 1_000
    assert len(lab.clock_events()) == 2


def test_a_body_that_is_replayed_or_comes_late_changes_no_time(lab):
    computer = lab.computer(5_000)
    computer.write(1)
    lab.exchange(computer)
    before, times = lab.school.places(), happened(lab.school)
    lab.advance(5 * 3_600_000)
    for body in lab.bodies:
        lab.responder().handle([body])
    assert (lab.school.places(), happened(lab.school)) == (before, times)


@pytest.mark.parametrize("school_ms", [5_000, NOW_MS + 73 * 365 * 24 * 3_600_000])
def test_a_school_whose_own_clock_cannot_be_right_corrects_nobody(district, school_ms):
    lab = Lab(district, school_ms=school_ms)
    computer = lab.computer(NOW_MS, steered=True)
    computer.write(1)
    assert lab.exchange(computer).rounds == 1
    assert lab.clock_events() == []
    assert computer.clock.wall_ms() == lab.clocks[-1].wall_ms()


def test_a_computer_says_nothing_of_the_clock_of_another(lab):
    liar, honest = lab.computer(5_000), lab.computer(NOW_MS)
    honest.write(1)
    lab.exchange(honest)
    liar.write(1)
    lab.exchange(liar)
    before = happened(lab.school)
    liar.log.times[-1].log_id = honest.log.log_id
    liar.log.times[-1].told = None
    liar.log.times[-1].best = liar.log.times[-1].best._replace(log_id=honest.log.log_id)
    lab.exchange(liar)
    assert happened(lab.school) == before
    assert len(lab.clock_events()) == 1


def test_a_log_cannot_be_said_to_begin_in_the_future_or_years_ago(lab):
    computer = lab.computer(NOW_MS)
    computer.write(1)
    lab.exchange(computer)
    for off_ms in (3_600_000, -2 * 366 * 24 * 3_600_000):
        time = computer.log.times[-1]
        time.told, time.best = None, time.best._replace(offset_ms=off_ms)
        lab.exchange(computer)
    assert lab.clock_events() == []


def test_other_computers_get_the_clock_events_of_the_logs_they_are_sent(lab):
    late, other = lab.computer(5_000), lab.computer(NOW_MS)
    late.write(2)
    lab.exchange(late)
    lab.exchange(other)
    assert happened(other) == happened(lab.school)
    assert len(happened(other)) == 2


def test_the_computer_itself_gets_them_too_and_its_next_answers_are_corrected(lab):
    computer = lab.computer(5_000)
    computer.write(1)
    lab.exchange(computer)
    lab.exchange(computer)
    assert happened(computer) == happened(lab.school)
    lab.advance(7_000)
    (event,) = computer.write(1)
    lab.exchange(computer)
    assert happened(computer) == happened(lab.school)
    assert event.happened_ms == happened(computer)[-1]


def test_a_learner_who_comes_to_a_corrected_log_later_is_sent_its_clock_event(lab):
    late, other = lab.computer(5_000), lab.computer(NOW_MS)
    late.write(1, learner=b"B" * 16)
    lab.exchange(late)
    lab.exchange(other)
    lab.exchange(other)
    assert happened(other) == []
    late.write(2)
    lab.exchange(late)
    lab.exchange(other)
    assert len(happened(other)) == 2
    assert happened(other) == happened(lab.school)


def test_packed_logs_are_corrected_and_fed_as_those_in_rows(lab):
    late, other = lab.computer(5_000), lab.computer(NOW_MS)
    late.write(1, learner=b"B" * 16)
    late.write(3)
    lab.exchange(late, delay_ms=4_000, back_ms=0)
    pack_all(lab.school.store)
    late.write(3)
    lab.exchange(late, delay_ms=20)
    pack_all(lab.school.store)
    assert len(lab.clock_events()) == 2
    lab.exchange(other)
    assert len(happened(other)) == 6
    assert happened(other) == happened(lab.school)
    cursor = other.store.position()
    lab.exchange(other)
    assert other.store.position() == cursor  # nothing comes twice


def pack_all(store):
    with store.transaction() as tx:
        while packing.pack_next(tx.connection, quiet_upto=1 << 60) is not None:
            pass


def test_a_clock_event_that_comes_later_than_the_events_is_sent_after_them(lab):
    late, other = lab.computer(5_000), lab.computer(NOW_MS)
    late.write(2)
    lab.exchange(late, delay_ms=4_000, back_ms=0)
    lab.exchange(other)
    first = happened(other)
    lab.exchange(late, delay_ms=20)
    assert len(lab.clock_events()) == 2
    lab.exchange(other)
    assert happened(other) == happened(lab.school)
    assert happened(other) != first
    told = [each for each in other.store.events_of(AMINA) if each.event.kind == KIND]
    assert told == []  # they are nobody's own


def test_the_feed_brings_each_clock_event_once(lab):
    late, other = lab.computer(5_000), lab.computer(NOW_MS)
    late.write(2)
    lab.exchange(late)
    lab.exchange(other)
    late.write(2)
    lab.exchange(late)
    lab.exchange(other)
    assert set(other.hooks.told.values()) == {1}


def test_a_steered_clock_goes_right_and_gives_way_to_a_machine_that_is_right_again(lab):
    computer = lab.computer(5_000, steered=True)
    computer.write(1)
    assert computer.clock.wall_ms() < NOW_MS
    lab.exchange(computer)
    assert abs(computer.clock.wall_ms() - lab.school.clock.wall_ms()) <= lab.delay_ms + 2
    computer.restart()
    (event,) = computer.write(1)
    assert abs(event.happened_ms - lab.school.clock.wall_ms()) <= lab.delay_ms + 2
    lab.clocks[-1].wall = lab.school.clock.wall_ms()
    lab.exchange(computer)
    lab.clocks[-1].wall += 7  # it is asked again, not ours
    assert computer.clock.wall_ms() == lab.clocks[-1].wall


def test_a_hub_corrects_a_schools_own_log(district):
    hub, school = district.hub(), district.school()
    district.join(school, hub)
    hub.clock, school.clock = ManualClock(NOW_MS), ManualClock(NOW_MS - 3_600_000)
    hub.restart()
    school.restart()
    school.write(1, learner=AMINA)
    responder = Responder(
        hub.home, hub.store, hooks=hub.hooks, clock=hub.clock, rng=hub.rng, log=hub.log
    )
    one = Exchange(
        school.home,
        school.store,
        school.home.peer,
        hooks=school.hooks,
        clock=school.clock,
        trusted=True,
    )
    report = one.run(lambda body: [responder.handle([body])])
    assert report.error == ""
    assert happened(hub) == [NOW_MS]


def test_a_store_that_began_anew_takes_the_word_of_its_server_again(lab):
    computer = lab.computer(5_000)
    computer.write(2)
    lab.exchange(computer)
    with Store.open(None, rng=computer.rng) as anew:
        computer.store = anew
        assert keep_own_certificates(computer.home, anew)
        assert not keep_own_certificates(computer.home, anew)
        computer.restart()
        lab.exchange(computer)
        assert happened(computer) == happened(lab.school)


def test_a_node_that_has_not_joined_has_no_certificates_to_keep(district):
    alone = district.computer()
    assert not keep_own_certificates(alone.home, alone.store)


def test_a_salvaged_school_says_again_what_it_keeps_apart(lab):
    lab.school.write(2, learner=None)
    computer = lab.computer(5_000)
    computer.write(2)
    lab.exchange(computer)
    lab.exchange(computer)
    right = happened(computer)
    with lab.school.store.transaction() as tx:
        tx.connection.execute("DELETE FROM event WHERE log_key = 1 AND seq = 1")
    with lab.school.store.reading() as connection:
        damaged = connection.serialize()
    with Store.open(None, rng=lab.school.rng) as anew:
        assert salvage(damaged, b"", anew).apart == 2
        lab.school.store = anew
        lab.school.restart()
        start(lab.school)
        (said,) = lab.clock_events()
        start(lab.school)
        assert lab.clock_events() == [said]
        lab.exchange(computer)
        assert happened(computer) == happened(lab.school) == right


def start(school):
    """What a server does with clocks when its program starts."""
    Timekeeper(school.store, school.log, hooks=school.hooks, clock=school.clock).say_again()


@pytest.mark.parametrize("steered", [False, True])
def test_a_server_keeps_how_far_a_machine_is_off_though_it_goes_by_the_right_time(lab, steered):
    computer = lab.computer(5_000, steered=steered)
    computer.write(1)
    for _ in range(2):
        lab.exchange(computer)
        lab.advance(60_000)
        lab.exchange(computer)
        off_ms = lab.school.store.read(peer_clocks.all_clocks)[computer.home.node_id]
        assert abs(off_ms - (5_000 - NOW_MS)) <= 1_000
    lab.clocks[-1].wall = lab.school.clock.wall_ms()
    lab.advance(60_000)
    lab.exchange(computer)
    assert abs(lab.school.store.read(peer_clocks.all_clocks)[computer.home.node_id]) <= 1_000


def test_a_computer_keeps_how_far_its_server_is_from_it(lab):
    computer = lab.computer(5_000, steered=True)
    lab.exchange(computer)
    (off_ms,) = computer.store.read(peer_clocks.all_clocks).values()
    assert abs(off_ms - (NOW_MS - 5_000)) <= 1_000
