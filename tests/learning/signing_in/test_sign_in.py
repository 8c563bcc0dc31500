import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Kind
from darasa.learning.people import class_lists
from darasa.learning.people.handover import end_sign_in, renew_passphrase
from darasa.learning.rights import Post
from darasa.learning.signing_in.desk import SignedIn, SignInDesk, Teacher, WrongSecret, pause_s


@pytest.fixture
def amina(school: Classroom):
    return school.people.add_learner("Amina Kato", school.people.add_class("5B"), pin="4821")


def test_the_right_pin_signs_in_and_another_does_not(school, amina):
    assert school.desk.try_pin(amina, "4821") == SignedIn(amina)
    assert school.desk.try_pin(amina, "4822") == WrongSecret(0)
    assert school.desk.needs_pin(amina)


def test_after_five_wrong_pins_there_is_a_pause_that_doubles_to_five_minutes(school, amina, clock):
    waits = []
    for _ in range(10):
        wrong = school.desk.try_pin(amina, "0000")
        waits.append(wrong.wait_s)
        clock.advance(wrong.wait_s * 1_000)
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 300, 300]
    assert pause_s(1_000) == 300


def test_during_a_pause_even_the_right_pin_waits(school, amina, clock):
    for _ in range(5):
        school.desk.try_pin(amina, "0000")
    clock.advance(10_000)
    assert school.desk.try_pin(amina, "4821") == WrongSecret(20)
    clock.advance(20_000)
    assert school.desk.try_pin(amina, "4821") == SignedIn(amina)
    assert school.desk.try_pin(amina, "0000") == WrongSecret(0)


def test_setting_the_clock_back_or_forward_does_not_lock_a_child_out(school, amina, clock):
    for _ in range(5):
        school.desk.try_pin(amina, "0000")
    clock.wall -= 10**12
    assert school.desk.wait_s(amina) == 30
    clock.wall += 10**12
    assert school.desk.wait_s(amina) == 30  # nor does it let a guesser off
    clock.elapsed += 30_000
    assert school.desk.wait_s(amina) == 0


def test_a_teacher_clears_the_pause(school, amina):
    for _ in range(5):
        school.desk.try_pin(amina, "0000")
    school.desk.clear(amina)
    assert school.desk.try_pin(amina, "4821") == SignedIn(amina)


def test_wrong_tries_are_not_in_the_log_but_that_there_were_five(school, amina, clock):
    before = school.store.event_count()
    for _ in range(4):
        school.desk.try_pin(amina, "0000")
    assert school.store.event_count() == before
    for _ in range(6):
        clock.advance(school.desk.try_pin(amina, "0000").wait_s * 1_000)
    assert school.store.event_count() == before + 1
    (event,) = [e for e in school.events_of(amina) if e.event.kind == Kind.WRONG_TRIES]
    assert event.event.body == (5, "pin")


def test_a_new_pin_replaces_the_old_one(school, amina):
    school.people.set_pin(amina, "5937")
    assert school.desk.try_pin(amina, "4821") == WrongSecret(0)
    assert school.desk.try_pin(amina, "5937") == SignedIn(amina)


def test_a_new_pin_ends_the_pause(school, amina):
    for _ in range(5):
        school.desk.try_pin(amina, "0000")
    class_lists.rename(school, amina, "Amina Kisa")
    assert school.desk.wait_s(amina) == 30
    school.people.set_pin(amina, "5937")
    assert school.desk.try_pin(amina, "5937") == SignedIn(amina)


def test_a_learner_of_whom_nothing_is_known_cannot_sign_in(school):
    assert isinstance(school.desk.try_pin(b"x" * 16, "4821"), WrongSecret)
    assert school.desk.needs_pin(b"x" * 16)


def test_only_a_guest_needs_no_pin(school, amina):
    assert not school.desk.needs_pin(school.guest().learner_id)
    class_lists.take_off(school, amina)
    assert school.desk.needs_pin(amina)


def test_teachers_sign_in_by_passphrase(school):
    school.people.add_teacher("Mwalimu Baraka", "correct horse battery", post=Post.HEAD)
    answer = school.desk.try_teacher(" mwalimu  BARAKA ", "correct horse battery")
    assert isinstance(answer, Teacher)
    assert (answer.row.name, answer.row.role) == ("Mwalimu Baraka", "head")
    assert isinstance(school.desk.try_teacher("Mwalimu Baraka", "wrong horse"), WrongSecret)


def test_unknown_teachers_and_wrong_passphrases_pause_alike(school):
    school.people.add_teacher("Mwalimu Baraka", "correct horse battery")
    for name in ("Mwalimu Baraka", "Nobody"):
        waits = [school.desk.try_teacher(name, "wrong horse").wait_s for _ in range(5)]
        assert waits == [0, 0, 0, 0, 30]


def test_a_teacher_who_left_cannot_sign_in(school):
    head = school.people.add_teacher("Grace Otieno", "battery horse correct")
    teacher = school.people.add_teacher("Mwalimu Baraka", "correct horse battery")
    end_sign_in(school, school.people.teacher(teacher))
    answer = school.desk.try_teacher("Mwalimu Baraka", "correct horse battery")
    assert isinstance(answer, WrongSecret)
    assert [row.record_id for row in school.people.teachers()] == [head]


def test_a_forgotten_passphrase_gives_way_to_another(school):
    teacher = school.people.add_teacher("Mwalimu Baraka", "correct horse battery")
    made, _undo = renew_passphrase(school, teacher)
    assert isinstance(school.desk.try_teacher("Mwalimu Baraka", made), Teacher)
    answer = school.desk.try_teacher("Mwalimu Baraka", "correct horse battery")
    assert isinstance(answer, WrongSecret)


@pytest.mark.parametrize("jump_ms", [-(10**12), 10**12, 250 * 10**12])
def test_a_pause_is_as_long_whatever_the_wall_clock_does(school, amina, clock, jump_ms):
    for _ in range(5):
        school.desk.try_pin(amina, "0000")
    clock.advance(10_000)
    clock.wall += jump_ms
    assert school.desk.wait_s(amina) == 20
    assert school.desk.try_pin(amina, "4821") == WrongSecret(20)
    clock.wall -= jump_ms
    clock.advance(20_000)
    assert isinstance(school.desk.try_pin(amina, "4821"), SignedIn)


def test_a_pause_that_a_restart_meets_ends_by_elapsed_time(school, amina, clock):
    for _ in range(5):
        school.desk.try_pin(amina, "0000")
    again = SignInDesk(
        people=school.people,
        secrets=school.secrets,
        reading=school.store.reading,
        transaction=school.store.transaction,
        recorder=school.record,
        clock=clock,
        rng=school.rng,
    )
    clock.wall -= 10**12
    assert again.wait_s(amina) == 30
    clock.wall += 2 * 10**12
    clock.elapsed += 29_000
    assert again.wait_s(amina) == 1
    clock.elapsed += 1_000
    assert again.wait_s(amina) == 0
