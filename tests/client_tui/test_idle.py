from darasa.client_tui.idle import IdleLock, Quiet
from darasa.client_tui.settings import Settings

MINUTE = 60_000


def idle(**settings: int) -> IdleLock:
    return IdleLock(Settings(**settings), 0)


def test_a_quiet_screen_warns_a_minute_before_it_locks() -> None:
    lock = idle()
    assert not lock.warns(4 * MINUTE - 1, reading=False)
    assert lock.warns(4 * MINUTE, reading=False)
    assert lock.state(5 * MINUTE - 1, reading=False) is Quiet.NOTHING
    assert lock.state(5 * MINUTE, reading=False) is Quiet.LOCK


def test_reading_counts_as_active_for_eight_minutes() -> None:
    lock = idle()
    assert lock.state(7 * MINUTE, reading=True) is Quiet.NOTHING
    assert lock.state(8 * MINUTE, reading=True) is Quiet.LOCK


def test_a_key_begins_the_count_anew() -> None:
    lock = idle()
    lock.key(4 * MINUTE)
    assert lock.state(6 * MINUTE, reading=False) is Quiet.NOTHING


def test_a_locked_screen_ends_after_fifteen_minutes_whatever_is_pressed() -> None:
    lock = idle()
    lock.lock(5 * MINUTE)
    lock.key(10 * MINUTE)
    assert lock.state(19 * MINUTE, reading=False) is Quiet.NOTHING
    assert lock.state(20 * MINUTE, reading=False) is Quiet.OUT


def test_a_computer_that_slept_signs_out_at_once() -> None:
    assert idle().state(60 * MINUTE, reading=False) is Quiet.OUT


def test_schools_may_choose_their_own_minutes() -> None:
    assert idle(quiet_minutes=2).state(2 * MINUTE, reading=False) is Quiet.LOCK
