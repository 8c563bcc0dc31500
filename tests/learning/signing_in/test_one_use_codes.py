"""One-use codes: shown by the school, checked at any computer, proved by what she chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning import tables
from darasa.learning.erasure import erase_learner
from darasa.learning.errors import NotHereError, SecretError
from darasa.learning.kinds import Op
from darasa.learning.people import class_lists
from darasa.learning.records import LEARNER_CODE, LEARNER_VERIFIER
from darasa.learning.scopes import class_scope, parse_value
from darasa.learning.signing_in.checks import (
    CODE_LASTS_MS,
    Checks,
    CodeCheck,
    MadeCode,
    checks_of,
    chosen_bytes,
    made_code_of,
    random_code,
    secret_of,
)
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.learning.signing_in.learner_secrets import CodeFits
from darasa.learning.signing_in.verifier import SecretKind, Verifier, make_verifier
from darasa.sync.codec import pack
from darasa.sync.ids import Role

DAY_MS = CODE_LASTS_MS


@pytest.fixture
def prepared(school, amina):
    """The school has made the codes of all its learners."""
    assert school.codes.prepare() == 1
    return school


@pytest.fixture
def fed(prepared, computer, exchange):
    exchange(computer, prepared)
    exchange(computer, prepared)
    return computer


@pytest.fixture
def other(prepared, make_room, exchange):
    room = make_room(Role.COMPUTER, joined=prepared, name="PC 2")
    exchange(room, prepared)
    exchange(room, prepared)
    return room


def give(room, learner, code, secret, *, kind=SecretKind.TYPED):
    """She types the code and chooses a secret, at one computer."""
    fits = room.desk.queue_code(learner, code).result()
    assert isinstance(fits, CodeFits), fits
    assert room.desk.queue_choice(fits, kind, secret).result() == SignedIn(learner)


def works(room, learner, secret):
    return isinstance(room.desk.try_pin(learner, secret), SignedIn)


# -- at a computer without the server ----------------------------------------------------------


def test_a_code_that_was_prepared_works_with_the_server_away(prepared, fed, amina):
    code = prepared.codes.show(amina).code  # the teacher reads it; the computer hears nothing
    give(fed, amina, code, "7391")
    assert works(fed, amina, "7391")


def test_a_code_works_once(prepared, fed, amina):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    assert isinstance(fed.desk.queue_code(amina, code).result(), WrongSecret)
    fed.rebuild()
    assert isinstance(fed.desk.queue_code(amina, code).result(), WrongSecret)
    assert works(fed, amina, "7391")


def test_the_secret_is_used_everywhere_once_the_server_is_back_and_the_old_one_is_not(
    prepared, fed, other, amina, exchange
):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    assert works(other, amina, "4821")
    exchange(fed, prepared)
    assert works(prepared, amina, "7391")
    for computer in (fed, other):
        exchange(computer, prepared)
        assert works(computer, amina, "7391")
        assert not works(computer, amina, "4821")
    assert prepared.people.conflicts() == []
    assert prepared.decisions.unconfirmed() == []


def test_the_school_prepares_the_next_code_and_the_used_one_is_gone(prepared, fed, amina, exchange):
    used = prepared.codes.show(amina).code
    give(fed, amina, used, "7391")
    exchange(fed, prepared)
    assert fed.secrets.checks(amina).code is None
    assert prepared.codes.prepare() == 1
    assert prepared.codes.prepare() == 0
    fresh = prepared.codes.show(amina).code
    assert fresh != used
    exchange(fed, prepared)
    assert isinstance(fed.desk.queue_code(amina, used).result(), WrongSecret)
    give(fed, amina, fresh, "5937")
    exchange(fed, prepared)
    assert works(prepared, amina, "5937")
    assert not works(prepared, amina, "7391")


def test_the_other_old_secret_goes_on_until_she_has_chosen(prepared, fed, amina):
    fits = fed.desk.queue_code(amina, prepared.codes.show(amina).code).result()
    assert isinstance(fits, CodeFits)
    assert works(fed, amina, "4821")  # she remembered after all
    assert fed.secrets.checks(amina).code is not None


def test_an_easy_secret_is_refused_and_the_code_is_still_good(prepared, fed, amina):
    fits = fed.desk.queue_code(amina, prepared.codes.show(amina).code).result()
    with pytest.raises(SecretError, match="Others would try that first"):
        fed.desk.queue_choice(fits, SecretKind.TYPED, "1234").result()
    assert fed.desk.queue_choice(fits, SecretKind.TYPED, "7391").result() == SignedIn(amina)


def test_she_may_choose_pictures_instead(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "2a4", kind=SecretKind.PICTURES)
    assert fed.desk.kind(amina) is SecretKind.PICTURES
    exchange(fed, prepared)
    assert prepared.desk.kind(amina) is SecretKind.PICTURES
    assert works(prepared, amina, "2a4")


def test_a_chosen_secret_costs_what_the_schools_do_and_not_what_this_machine_could(
    school, amina, computer, exchange
):
    dearer = school.people.costs.learners._replace(passes=3)
    school.people.costs = school.people.costs._replace(learners=dearer)
    school.codes.prepare()
    exchange(computer, school)
    exchange(computer, school)
    give(computer, amina, school.codes.show(amina).code, "7391")
    exchange(computer, school)
    assert Verifier.from_bytes(school.people.verifier(amina)).cost == dearer


# -- a day, pauses -----------------------------------------------------------------------------


def test_a_code_lasts_a_day_from_when_it_was_first_shown(prepared, fed, amina, exchange, clock):
    clock.advance(30 * DAY_MS)  # prepared long ago, seen by nobody
    assert prepared.codes.prepare() == 0
    shown = prepared.codes.show(amina)
    clock.advance(DAY_MS // 2)
    assert prepared.codes.show(amina) == shown
    exchange(fed, prepared)
    clock.advance(DAY_MS // 2)
    assert isinstance(fed.desk.queue_code(amina, shown.code).result(), CodeFits)
    clock.advance(1)
    assert isinstance(fed.desk.queue_code(amina, shown.code).result(), WrongSecret)
    assert prepared.codes.prepare() == 1
    assert prepared.codes.show(amina).code != shown.code


def test_a_clock_that_was_set_back_does_not_make_a_code_last_longer(prepared, amina, clock):
    shown = prepared.codes.show(amina)
    clock.wall -= 400 * DAY_MS
    assert prepared.codes.prepare() == 1
    assert prepared.codes.show(amina).code != shown.code


def test_a_computer_at_1970_or_2100_takes_a_code_that_it_does_not_know_was_shown(
    prepared, fed, amina, clock
):
    code = prepared.codes.show(amina).code
    for wall in (0, 4_102_444_800_000):
        clock.wall = wall
        assert isinstance(fed.desk.queue_code(amina, code).result(), CodeFits)


@pytest.mark.parametrize("school_ms", [0, 1_672_531_200_000, 4_102_444_800_000])
@pytest.mark.parametrize("computer_ms", [0, 1_800_000_000_000, 253_402_300_799_000])
def test_a_code_shown_by_a_school_with_an_impossible_date_is_taken_at_any_computer(
    prepared, fed, amina, *, exchange, clock, school_ms, computer_ms
):
    clock.wall = school_ms
    code = prepared.codes.show(amina).code
    exchange(fed, prepared)
    clock.wall = computer_ms
    assert isinstance(fed.desk.queue_code(amina, code).result(), CodeFits)


def test_five_wrong_codes_pause_and_do_not_touch_the_pin(prepared, fed, amina):
    waits = [fed.desk.queue_code(amina, "000000").result().wait_s for _ in range(5)]
    assert waits == [0, 0, 0, 0, 30]
    assert works(fed, amina, "4821")


def test_a_pause_after_wrong_pins_does_not_keep_her_from_the_code(prepared, fed, amina):
    for _ in range(5):
        fed.desk.try_pin(amina, "0000")
    assert fed.desk.wait_s(amina) == 30
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    assert fed.desk.wait_s(amina) == 0


def test_a_teacher_ends_a_pause_at_every_computer(prepared, fed, amina, exchange):
    for _ in range(5):
        fed.desk.try_pin(amina, "0000")
        prepared.desk.try_pin(amina, "0000")
    prepared.codes.unlock(amina)
    assert prepared.desk.wait_s(amina) == 0
    exchange(fed, prepared)
    assert works(fed, amina, "4821")
    for _ in range(5):
        fed.desk.try_pin(amina, "0000")
    prepared.codes.unlock(amina)  # and again
    exchange(fed, prepared)
    assert works(fed, amina, "4821")


# -- two computers -----------------------------------------------------------------------------


def test_one_code_at_two_computers_apart_keeps_both_secrets_and_lists_them(
    prepared, fed, other, amina, exchange
):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    give(other, amina, code, "5937")
    exchange(fed, prepared)
    exchange(other, prepared)
    (conflict,) = prepared.people.conflicts()
    assert (conflict.field, len(conflict.choices)) == (LEARNER_VERIFIER, 2)
    for room in (fed, other):
        exchange(room, prepared)
    for room in (prepared, fed, other):  # either works until a teacher has chosen
        assert works(room, amina, "7391")
        assert works(room, amina, "5937")
        assert not works(room, amina, "4821")
    kept = conflict.choices[1].chain8
    prepared.people.keep(conflict.record_id, conflict.field, kept)
    assert prepared.people.conflicts() == []
    assert works(prepared, amina, "7391") != works(prepared, amina, "5937")


def test_a_new_secret_ends_the_conflict_of_two(prepared, fed, other, amina, exchange):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    give(other, amina, code, "2a4", kind=SecretKind.PICTURES)
    for room in (fed, other, fed):
        exchange(room, prepared)
    assert set(fed.desk.kinds(amina)) == {SecretKind.TYPED, SecretKind.PICTURES}
    prepared.codes.prepare()
    exchange(fed, prepared)
    give(fed, amina, prepared.codes.show(amina).code, "6047")
    exchange(fed, prepared)
    assert prepared.people.conflicts() == []
    assert fed.desk.kinds(amina) == [SecretKind.TYPED]
    assert works(prepared, amina, "6047")
    assert not works(prepared, amina, "7391")


def test_the_result_is_the_same_in_whatever_order_computers_come_back(
    make_room, exchange, clock, rng
):
    found = []
    for order in ((0, 1), (1, 0)):
        school = make_room(Role.SCHOOL)
        learner = school.people.add_learner("A B", school.people.add_class("5B"), pin="4821")
        school.codes.prepare()
        rooms = [make_room(Role.COMPUTER, joined=school, name=f"PC {n}") for n in range(2)]
        for room in rooms:
            exchange(room, school)
            exchange(room, school)
        code = school.codes.show(learner).code
        for room, secret in zip(rooms, ("7391", "5937"), strict=True):
            give(room, learner, code, secret)
        for place in order:
            exchange(rooms[place], school)
        found.append({secret: works(school, learner, secret) for secret in ("7391", "5937")})
    assert found == [{"7391": True, "5937": True}] * 2


def test_a_pin_given_at_the_school_meanwhile_is_kept_beside_hers(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    prepared.people.set_pin(amina, "5937")
    exchange(fed, prepared)
    assert works(prepared, amina, "7391")
    assert works(prepared, amina, "5937")
    assert [conflict.field for conflict in prepared.people.conflicts()] == [LEARNER_VERIFIER]


# -- who may say what --------------------------------------------------------------------------


def forged(room, learner, code, *, pin="7391", supersedes=()):
    """What a computer writes that knows no code, or another one."""
    verifier = make_verifier(pin, room.rng).to_bytes()
    personal = room.secrets._personal
    sealed = personal.seal(learner, LEARNER_VERIFIER, chosen_bytes(verifier, code))
    room.record.record((learner, Op(learner, LEARNER_VERIFIER, sealed, supersedes)))


@pytest.mark.parametrize("code", ["", "000000", "999999"])
def test_a_secret_without_the_right_code_changes_nothing_and_waits_for_a_teacher(
    prepared, fed, amina, exchange, code
):
    forged(fed, amina, code)
    exchange(fed, prepared)
    assert works(prepared, amina, "4821")
    assert not works(prepared, amina, "7391")
    (waiting,) = prepared.decisions.unconfirmed()
    assert (waiting.field, waiting.learner_id) == (LEARNER_VERIFIER, amina)
    prepared.decisions.confirm(waiting)
    assert works(prepared, amina, "7391")


def test_the_code_of_one_learner_proves_nothing_for_another(
    prepared, fed, amina, class_id, exchange
):
    ben = prepared.people.add_learner("Ben Omari", class_id, pin="5937")
    prepared.codes.prepare()
    exchange(fed, prepared)
    forged(fed, ben, prepared.codes.show(amina).code)
    exchange(fed, prepared)
    assert not works(prepared, ben, "7391")
    assert prepared.codes._record(amina).shown(LEARNER_CODE) is not None


def test_a_code_whose_day_was_over_waits_for_a_teacher(prepared, fed, amina, exchange, clock):
    code = prepared.codes.show(amina).code
    clock.advance(2 * DAY_MS)
    prepared.codes.prepare()
    give(fed, amina, code, "7391")  # this computer had heard nothing
    assert works(fed, amina, "7391")
    exchange(fed, prepared)
    assert works(prepared, amina, "4821")
    (waiting,) = prepared.decisions.unconfirmed()
    prepared.decisions.confirm(waiting)
    exchange(fed, prepared)
    assert works(fed, amina, "7391")


def test_a_used_code_does_not_replace_the_secret_that_it_was_used_for(
    prepared, fed, other, amina, exchange
):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    exchange(fed, prepared)
    seen = prepared.codes._record(amina).chains(LEARNER_VERIFIER)
    forged(other, amina, code, pin="5937", supersedes=seen)
    exchange(other, prepared)
    assert works(prepared, amina, "7391")
    assert not works(prepared, amina, "5937")
    assert len(prepared.decisions.unconfirmed()) == 1


def test_a_computer_that_was_removed_proves_nothing(prepared, fed, amina, exchange):
    prepared.decisions.quarantine(fed.home.node_id)
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    exchange(fed, prepared)
    assert works(prepared, amina, "4821")
    assert not works(prepared, amina, "7391")


def test_a_computer_makes_no_codes(fed, amina):
    assert fed.codes.prepare() == 0
    with pytest.raises(NotHereError):
        fed.codes.show(amina)


def test_the_same_events_give_the_same_tables(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    exchange(fed, prepared)
    exchange(fed, prepared)
    for room in (prepared, fed):
        before = room.store.read(lambda c: list(tables.dump(c)))
        room.rebuild()
        assert room.store.read(lambda c: list(tables.dump(c))) == before


# -- secrecy -----------------------------------------------------------------------------------


def test_no_code_is_anywhere_in_clear(prepared, fed, amina, exchange):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    exchange(fed, prepared)
    for room in (prepared, fed):
        for stored in room.store.events_after(0):
            assert code.encode() not in stored.canonical
        for _, row in room.store.read(lambda c: list(tables.dump(c))):
            assert not any(code in str(value) for value in row)


def test_what_computers_are_told_of_a_code_does_not_have_it(prepared, amina, class_id):
    code = prepared.codes.show(amina).code
    published = prepared.store.published(class_scope(class_id))
    value = parse_value(published[amina])
    assert value.code.until_ms is not None
    assert code.encode() not in published[amina]


def test_erasing_a_learner_takes_what_she_chose_here(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    fed.desk.queue_code(amina, "000000").result()
    erase_learner(prepared, amina)
    exchange(fed, prepared)
    with fed.store.reading() as connection:
        for table in ("local_secret", "local_tries"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


# -- the sheet, and shapes ---------------------------------------------------------------------


def test_the_sheet_has_the_codes_that_nobody_has_seen(prepared, fed, amina, class_id):
    ben = prepared.people.add_learner("Ben Omari", class_id, pin="5937")
    sheet = prepared.codes.sheet([amina, ben])
    assert set(sheet) == {amina}  # Ben's is not made yet
    give(fed, amina, sheet[amina], "7391")
    prepared.codes.show(amina)
    assert prepared.codes.sheet([amina]) == {}


def test_a_code_is_made_when_it_is_asked_for_and_none_was(school, amina, computer, exchange):
    code = school.codes.show(amina).code
    exchange(computer, school)
    exchange(computer, school)
    give(computer, amina, code, "7391")


def test_preparing_stops_when_it_is_told_to(school, class_id):
    for nth in range(20):
        facts = school.people.learner_facts(
            school.rng(16), f"L {nth}", class_id, make_verifier("4821", school.rng)
        )
        school.record.record(*facts)
    left = iter([True] * 10 + [False])
    assert school.codes.prepare(go_on=lambda: next(left)) == 8
    assert len(school.codes._wanting()) == 12


def test_codes_are_six_digits_and_spread(rng):
    codes = [random_code(rng) for _ in range(2_000)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 1_990
    firsts = [code[0] for code in codes]
    assert all(120 < firsts.count(digit) < 280 for digit in "0123456789")


def test_checks_are_packed_and_parsed(rng):
    verifier = make_verifier("4821", rng).to_bytes()
    for checks in (
        Checks(),
        Checks((verifier,)),
        Checks((verifier, verifier), CodeCheck(verifier, None, (b"chain--8",)), b"unlocked"),
        Checks((), CodeCheck(verifier, 5, ())),
    ):
        assert checks_of(checks.to_bytes()) == checks
    assert checks_of(verifier) == Checks((verifier,))  # as an earlier version kept it


@pytest.mark.parametrize(
    "raw", [b"", b"\xc1", pack(1), pack((1, 2, 3)), pack(((b"x" * 999,), None, None))]
)
def test_what_is_no_checks_is_nothing(raw):
    assert checks_of(raw) == Checks()


@pytest.mark.parametrize(
    "raw", [None, b"", pack(("chosen", b"no verifier", "482117")), pack(("other", b"", ""))]
)
def test_what_is_no_secret_is_none(raw):
    assert secret_of(raw) is None
    assert made_code_of(raw) is None


def test_a_made_code_is_packed_and_parsed():
    made = MadeCode("482117", b"verifier", 7)
    assert made_code_of(made.to_bytes()) == made


@pytest.mark.parametrize("leave", ["delete_learner", "erase"])
def test_who_leaves_while_her_code_is_made_gets_none(school, amina, leave):
    gone = []

    def go_on():
        if not gone:
            gone.append(amina)
            if leave == "erase":
                erase_learner(school, amina)
            else:
                class_lists.take_off(school, amina)
        return True

    events = school.store.event_count_of(amina)
    school.codes.prepare(go_on=go_on)
    assert school.people.conflicts() == []
    assert school.store.event_count_of(amina) == (0 if leave == "erase" else events + 1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=6).map(tuple),
    max_leaves=12,
)


@given(st.binary() | VALUES.map(pack))
def test_no_bytes_break_a_reader_of_secrets_or_codes(raw):
    checks = checks_of(raw)
    assert checks_of(checks.to_bytes()) == checks
    assert checks.kinds() is not None
    for read in (secret_of, made_code_of):
        read(raw)
