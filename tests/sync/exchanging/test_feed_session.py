"""The feed between joined nodes: current records down, copies of a learner's events down."""

import itertools
import sqlite3

import pytest

from darasa.sync import feed
from darasa.sync.frames import FRAME_OVERHEAD, FrameType
from darasa.sync.session import Limits
from darasa.sync.session_body import body_of
from darasa.sync.session_feed import scope_key, scope_keys

SCHOOL = b"s"
CLASS = b"c" + b"1" * 16
AMINA = b"A" * 16
HERS = b"l" + AMINA


def _publish(school, scope, **values):
    with school.store.transaction() as tx:
        for name, value in values.items():
            tx.publish(scope, name.encode().ljust(16), value)


def _held(computer, scope):
    return {key.strip().decode(): value for key, value in computer.store.records(scope).items()}


def _wants(computer, school, *scopes):
    computer.hooks.wanted = school.hooks.allowed = scopes


def test_records_come_down_and_then_only_what_changed(district, pair):
    computer, school = pair
    _wants(computer, school, SCHOOL, CLASS)
    _publish(school, SCHOOL, one=b"1", two=b"2")
    _publish(school, CLASS, amina=b"name")
    assert district.good(computer, school).records_in == 3
    assert _held(computer, SCHOOL) == {"one": b"1", "two": b"2"}
    _publish(school, SCHOOL, two=b"22")
    assert district.good(computer, school).records_in == 1
    assert _held(computer, SCHOOL) == {"one": b"1", "two": b"22"}
    assert computer.hooks.records[-1] == (SCHOOL, {b"two".ljust(16): b"22"}, False)


def test_a_first_list_is_told_whole(district, pair):
    computer, school = pair
    _wants(computer, school, SCHOOL)
    _publish(school, SCHOOL, one=b"1", gone=b"x")
    _publish(school, SCHOOL, gone=None)
    district.good(computer, school)
    assert computer.hooks.records == [(SCHOOL, {b"one".ljust(16): b"1"}, True)]


def test_a_deletion_comes_down(district, pair):
    computer, school = pair
    _wants(computer, school, CLASS)
    _publish(school, CLASS, amina=b"name", baraka=b"name")
    district.good(computer, school)
    _publish(school, CLASS, amina=None)
    district.good(computer, school)
    assert _held(computer, CLASS) == {"baraka": b"name"}
    assert computer.hooks.records[-1] == (CLASS, {b"amina".ljust(16): None}, False)


def test_only_allowed_scopes_are_fed(district, pair):
    computer, school = pair
    _publish(school, SCHOOL, one=b"1")
    _publish(school, CLASS, amina=b"name")
    computer.hooks.wanted = (SCHOOL, CLASS)
    school.hooks.allowed = (SCHOOL,)
    district.good(computer, school)
    assert _held(computer, CLASS) == {}
    school.hooks.allowed = (SCHOOL, CLASS)  # what was not allowed then comes whole now
    district.good(computer, school)
    assert _held(computer, CLASS) == {"amina": b"name"}


def test_nothing_new_is_no_frame_whatever_the_number_of_scopes(district, pair):
    computer, school = pair
    learners = [b"l" + bytes([n]) * 16 for n in range(12)]
    _wants(computer, school, SCHOOL, CLASS, *learners)
    _publish(school, SCHOOL, one=b"1")
    _publish(school, CLASS, amina=b"name")
    district.good(computer, school)
    _publish(school, CLASS, baraka=b"name")
    district.good(computer, school)
    quiet = district.good(computer, school)
    assert (quiet.rounds, quiet.records_in) == (1, 0)
    assert quiet.bytes_out < 260  # one cursor, 4 bytes a scope
    assert quiet.bytes_in < 140


def test_long_lists_go_on_in_more_frames_and_rounds(district, pair, make_link):
    computer, school = pair
    computer.limits = school.limits = Limits(frame=1000, body=6000)
    _wants(computer, school, CLASS)
    names = {f"learner {n:04}": b"%d" % n * 40 for n in range(600)}
    _publish(school, CLASS, **names)  # all in one transaction
    link = make_link(school)
    report = district.good(computer, school, link=link)
    assert report.rounds > 1
    assert all(len(answer) <= 6500 for answer in link.answers)
    assert _held(computer, CLASS) == names
    assert [whole for _, _, whole in computer.hooks.records] == [True]
    assert len(computer.hooks.records[0][1]) == 600


def test_a_list_that_was_cut_goes_on_where_it_was(district, pair, make_link):
    computer, school = pair
    computer.limits = school.limits = Limits(frame=1000)
    _wants(computer, school, CLASS)
    names = {f"learner {n:04}": computer.rng(40) for n in range(200)}
    _publish(school, CLASS, **names)
    cut = make_link(school, cut_at=5000, part=100)
    assert not district.exchange(computer, school, link=cut).ok
    arrived = len(_held(computer, CLASS))
    assert 0 < arrived < 200
    assert computer.hooks.records == []  # a part of a list is told to nobody
    assert district.good(computer, school).records_in == 200 - arrived
    assert _held(computer, CLASS) == names
    assert len(computer.hooks.records) == 1


def test_after_a_restore_of_the_server_what_it_lacks_is_deleted(district, pair):
    computer, school = pair
    _wants(computer, school, CLASS)
    _publish(school, CLASS, amina=b"name")
    copy = sqlite3.connect(":memory:")
    with school.store.reading() as connection:
        connection.backup(copy)
    _publish(school, CLASS, baraka=b"name")
    district.good(computer, school)
    with school.store.reading() as connection:
        copy.backup(connection)
    copy.close()
    _publish(school, CLASS, chiku=b"name")  # the same ordinal again, under another tag
    district.good(computer, school)
    assert _held(computer, CLASS) == {"amina": b"name", "chiku": b"name"}
    assert computer.hooks.records[-1][2]


def test_a_list_that_was_cut_is_begun_anew_by_a_server_that_was_set_back(district, pair, make_link):
    """What was changed after the copy stood later in the list: in the store that was put back it
    stands before the place where the list was cut, and nothing else would ever tell it."""
    computer, school = pair
    computer.limits = school.limits = Limits(frame=1000)
    _wants(computer, school, CLASS)
    _publish(school, CLASS, zuri=b"as it was")
    names = {f"learner {n:04}": computer.rng(40) for n in range(200)}
    _publish(school, CLASS, **names)
    copy = sqlite3.connect(":memory:")
    with school.store.reading() as connection:
        connection.backup(copy)
    _publish(school, CLASS, zuri=b"changed since")
    cut = make_link(school, cut_at=5000, part=100)
    assert not district.exchange(computer, school, link=cut).ok
    assert 0 < len(_held(computer, CLASS)) < 200
    with school.store.reading() as connection:
        copy.backup(connection)
    copy.close()
    district.good(computer, school)
    assert _held(computer, CLASS) == {"zuri": b"as it was", **names}


def test_a_learners_events_come_down_as_copies(district):
    school = district.school()
    first, second = district.computer(school), district.computer(school)
    _wants(second, school, HERS)
    first.write(3)
    second.write(2)
    district.good(first, school)
    district.good(second, school)
    assert len(second.store.events_of(AMINA)) == 5
    assert set(second.hooks.told.values()) == {1}
    assert sum(second.hooks.told.values()) == 3  # her own events are not news here
    with second.store.reading() as here, school.store.reading() as there:
        assert [each.chain for each in _of(here)] == [each.chain for each in _of(there)]


def test_copies_are_never_offered_upwards(district):
    school = district.school()
    first, second = district.computer(school), district.computer(school)
    _wants(second, school, HERS)
    first.write(3)
    district.good(first, school)
    district.good(second, school)
    assert district.good(second, school).events_out == 0
    assert second.store.event_count() == 0


def test_own_events_are_not_fed_back_once_the_cursor_is_known(district, pair):
    computer, school = pair
    _wants(computer, school, HERS)
    school.write(1, learner=None)  # an empty store has no cursor to give
    district.good(computer, school)
    for _ in range(3):
        computer.write(2)
        report = district.good(computer, school)
        assert (report.events_out, report.records_in) == (2, 0)


def test_a_computer_that_lost_its_store_gets_its_own_events_back_as_copies(district, pair):
    computer, school = pair
    _wants(computer, school, HERS)
    computer.write(4)
    district.good(computer, school)
    reborn = district.opened(computer.home, district.computer().store)
    reborn.hooks.wanted = (HERS,)
    district.good(reborn, school)
    assert len(reborn.store.events_of(AMINA)) == 4
    reborn.write(1)
    district.good(reborn, school)
    assert len(school.store.events_of(AMINA)) == 5


def test_a_long_history_goes_in_frames_of_one_transaction(district):
    school = district.school()
    first, second = district.computer(school), district.computer(school)
    school.limits = second.limits = Limits(frame=2000, body=12_000)
    _wants(second, school, HERS)
    first.write(900)
    district.good(first, school)
    assert district.good(second, school).rounds > 1
    assert len(second.store.events_of(AMINA)) == 900
    assert set(second.hooks.told.values()) == {1}


def test_a_replayed_feed_changes_nothing(district, pair, make_link):
    computer, school = pair
    _wants(computer, school, CLASS)
    _publish(school, CLASS, amina=b"old")
    district.good(computer, school)
    _publish(school, CLASS, amina=b"new")
    link = make_link(school)
    district.good(computer, school, link=link)
    _publish(school, CLASS, amina=b"newest")
    district.good(computer, school)
    report = district.exchange(computer, school, link=lambda body: iter([link.answers[0]]))
    assert not report.ok
    assert _held(computer, CLASS) == {"amina": b"newest"}


def test_scope_keys_do_not_depend_on_order():
    assert scope_keys([SCHOOL, CLASS]) == scope_keys([CLASS, SCHOOL])
    assert len(scope_key(HERS)) == 4


def _of(connection):
    from darasa.sync import reads

    return reads.events_of(connection, AMINA)


def test_records_on_both_sides_are_equal_after_any_number_of_changes(district, pair):
    computer, school = pair
    _wants(computer, school, SCHOOL, CLASS)
    for n in range(20):
        scope = (SCHOOL, CLASS)[n % 2]
        _publish(school, scope, **{f"r{n % 5}": None if n % 7 == 0 else b"%d" % n})
        if n % 3:
            district.good(computer, school)
    district.good(computer, school)
    for scope in (SCHOOL, CLASS):
        with computer.store.reading() as here, school.store.reading() as there:
            assert feed.records(here, scope) == feed.published(there, scope)


def test_an_old_feed_in_a_new_answer_is_refused(district, pair, make_link):
    """A list from the start, replayed inside a fresh answer, would set records back."""
    computer, school = pair
    _wants(computer, school, CLASS)
    _publish(school, CLASS, amina=b"old")
    link = make_link(school)
    district.good(computer, school, link=link)
    (old,) = [raw for kind, raw in _frames(link.answers[0]) if kind == FrameType.FEED]
    _publish(school, CLASS, amina=b"new")
    district.good(computer, school)
    replaying = make_link(school)

    def spoilt(body):
        answer = [raw for kind, raw in _frames(b"".join(replaying(body))) if kind != FrameType.END]
        return iter([body_of([*answer, old])])

    report = district.exchange(computer, school, link=spoilt)
    assert "did not sign" in report.error
    assert _held(computer, CLASS) == {"amina": b"new"}


@pytest.mark.parametrize("order", [1, -1])
def test_scopes_that_share_a_key_are_both_fed(district, pair, order):
    computer, school = pair
    first, second = _colliding_scopes()
    _publish(school, first, one=b"1")
    _publish(school, second, two=b"2")
    _wants(computer, school, first)
    district.good(computer, school)
    for wanted in ((first, second)[::order], (second, first)):
        computer.hooks.wanted = wanted
        school.hooks.allowed = wanted
        _publish(school, first, more=wanted[0])
        district.good(computer, school)
        assert _held(computer, first)["more"] == wanted[0]
        assert _held(computer, second) == {"two": b"2"}
    quiet = district.good(computer, school)
    assert (quiet.rounds, quiet.records_in) == (1, 0)
    with school.store.transaction() as tx:  # one of the two is new to the computer, one is not
        tx.publish(second, b"three".ljust(16), b"3")
    district.good(computer, school)
    assert _held(computer, second) == {"two": b"2", "three": b"3"}


def test_more_scopes_than_a_round_names_are_all_fed(district, pair):
    computer, school = pair
    first, second = _colliding_scopes()
    many = [b"c" + n.to_bytes(16, "little") for n in range(2_000)]
    _wants(computer, school, first, *many, second)
    _publish(school, first, one=b"0")
    assert district.good(computer, school).rounds == 2
    everything, computer.hooks.wanted = computer.hooks.wanted, (second,)
    _publish(school, second, one=b"1")
    district.good(computer, school)
    computer.hooks.wanted = everything
    for scope in (many[0], second):
        _publish(school, scope, one=b"2")
    district.good(computer, school)  # with the first round none moves that only shares a key
    assert _held(computer, second) == {"one": b"2"}
    for scope in (first, many[-1], second):
        _publish(school, scope, one=b"3")
        assert district.good(computer, school).rounds == 2
        assert _held(computer, scope) == {"one": b"3"}
    quiet = district.good(computer, school)
    assert (quiet.rounds, quiet.records_in) == (2, 0)


def test_scopes_that_a_stick_has_no_room_to_name_go_with_the_next(pair, carry):
    computer, school = pair
    many = [b"l" + n.to_bytes(16, "little") for n in range(2_001)]
    _wants(computer, school, *many)
    school.write(1, learner=many[-1][1:])
    for _ in range(2):
        carry(computer, school)
    assert computer.store.event_count_of(many[-1][1:]) == 1


def _colliding_scopes():
    """Two scopes with one key: found within some 100,000 tries, a birthday over 32 bits."""
    seen = {}
    scopes = (b"c" + n.to_bytes(16, "big") for n in itertools.count())
    second = next(each for each in scopes if seen.setdefault(scope_key(each), each) != each)
    return seen[scope_key(second)], second


def _frames(raw):
    """(type, frame) of each frame of a body."""
    at = 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big") + FRAME_OVERHEAD
        yield raw[at + 4], raw[at : at + size]
        at += size
