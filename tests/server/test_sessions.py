import os

from darasa.server.sessions import SESSIONS_MAX, Sessions
from darasa.sync.clock import ManualClock

HOUR_MS = 3_600_000


def _sessions(clock: ManualClock) -> Sessions:
    return Sessions(clock=clock, rng=os.urandom, hours=8)


def test_a_cookie_finds_its_session_until_eight_hours_have_passed() -> None:
    clock = ManualClock(wall=0)
    sessions = _sessions(clock)
    session = sessions.open(b"t" * 16, "Grace")
    cookie = sessions.cookie_of(session)
    assert sessions.find(cookie) == session
    clock.advance(8 * HOUR_MS - 1)
    assert sessions.is_open(session)
    clock.advance(1)
    assert sessions.find(cookie) is None
    assert not sessions.is_open(session)


def test_setting_the_wall_clock_ends_no_session() -> None:
    clock = ManualClock(wall=0)
    sessions = _sessions(clock)
    cookie = sessions.cookie_of(sessions.open(b"t" * 16, "Grace"))
    clock.wall += 10 * 365 * 24 * HOUR_MS
    assert sessions.find(cookie) is not None


def test_a_forged_or_foreign_cookie_finds_nothing() -> None:
    sessions, other = _sessions(ManualClock(0)), _sessions(ManualClock(0))
    session = sessions.open(b"t" * 16, "Grace")
    cookie = sessions.cookie_of(session)
    forged = [
        None,
        "",
        ".",
        session.session_id,
        f"{session.session_id}.",
        cookie[:-1],
        cookie + "0",
    ]
    forged += [cookie.replace(".", ""), "é.é", other.cookie_of(session)]
    assert [sessions.find(each) for each in forged] == [None] * len(forged)


def test_a_closed_session_is_found_no_more() -> None:
    sessions = _sessions(ManualClock(0))
    session = sessions.open(b"t" * 16, "Grace")
    sessions.close(session)
    assert sessions.find(sessions.cookie_of(session)) is None


def test_sessions_are_bounded_and_the_oldest_goes_first() -> None:
    sessions = _sessions(ManualClock(0))
    first, *_, last = [sessions.open(b"t" * 16, "Grace") for _ in range(SESSIONS_MAX + 1)]
    assert not sessions.is_open(first)
    assert sessions.is_open(last)


def test_each_session_has_a_form_token_of_its_own() -> None:
    sessions = _sessions(ManualClock(0))
    assert sessions.open(b"t" * 16, "Grace").token != sessions.open(b"t" * 16, "Grace").token


def test_whose_form_it_was_is_known_after_the_server_started_anew() -> None:
    def begun(key: bytes) -> Sessions:
        return Sessions(clock=ManualClock(0), rng=os.urandom, hours=8, form_key=key)

    token = begun(b"k" * 32).open(b"t" * 16, "Grace").token
    assert begun(b"k" * 32).account_of(token) == b"t" * 16
    assert begun(b"l" * 32).account_of(token) is None
    other = token.replace((b"t" * 16).hex(), (b"u" * 16).hex())
    for forged in (other, token[:-1], token[:32], "", "\u0661" * 96):
        assert begun(b"k" * 32).account_of(forged) is None
