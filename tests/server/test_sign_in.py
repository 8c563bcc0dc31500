"""The way in: passphrases, pauses after wrong ones, cookies, form tokens."""

import re
import threading

import pytest
from starlette.testclient import TestClient

from darasa.server.config import Config

PAGE = "/sign-in"


def test_name_and_passphrase_lead_to_the_class(school) -> None:
    assert school.sign_in() == 303
    page = school.browser.get("/class")
    assert page.status_code == 200
    assert "Grace Otieno" in page.text


def test_the_name_is_taken_in_any_case_and_the_page_asked_for_comes_next(school) -> None:
    form = {
        "token": school.token("/sign-in"),
        "name": "grace OTIENO",
        "passphrase": "river stone lamp",
        "next": "/people?class=x",
    }
    answer = school.browser.post(PAGE, data=form, follow_redirects=False)
    assert answer.headers["location"] == "/people?class=x"


def test_only_pages_of_this_server_come_next(school) -> None:
    token = school.token("/sign-in")
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", ""):
        form = {"token": token, "name": "Grace Otieno", "passphrase": "river stone lamp"}
        answer = school.browser.post(PAGE, data={**form, "next": elsewhere}, follow_redirects=False)
        assert answer.headers["location"] == "/class"
        school.browser.cookies.clear()
        token = school.token("/sign-in")


def test_wrong_passphrases_and_unknown_names_are_refused_in_the_same_words(school) -> None:
    token = school.token("/sign-in")
    answers = [
        school.browser.post(PAGE, data={"token": token, "name": name, "passphrase": secret})
        for name, secret in (("Grace Otieno", "wrong one here"), ("Nobody", "river stone lamp"))
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    said = [re.findall(r'role="alert">(.*?)</p>', answer.text) for answer in answers]
    assert said[0] == said[1] == ["That name and passphrase do not fit together."]
    assert all("wrong one here" not in answer.text for answer in answers)


def test_after_five_wrong_ones_the_next_must_wait_and_the_pause_grows(school) -> None:
    for _ in range(4):
        assert school.sign_in(passphrase="wrong one here") == 403
    assert school.sign_in(passphrase="wrong one here") == 429
    form = {"token": school.token(PAGE), "name": "Grace Otieno", "passphrase": "river stone lamp"}
    answer = school.browser.post(PAGE, data=form)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"
    assert "Try again in 30 seconds." in answer.text
    school.clock.advance(30_000)
    assert school.sign_in() == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(school) -> None:
    form = {"token": school.token(PAGE), "name": "Grace Otieno", "passphrase": "river stone lamp"}
    answer = school.browser.post(PAGE, data=form, follow_redirects=False)
    name = school.app.state.darasa.cookie_name
    (cookie,) = [
        line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")
    ]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age=28800" in cookie
    assert "Path=/" in cookie


def test_two_servers_of_one_machine_do_not_share_a_cookie(school, hub) -> None:
    assert school.app.state.darasa.cookie_name != hub.app.state.darasa.cookie_name


def test_after_eight_hours_she_signs_in_again(school) -> None:
    school.sign_in_at_once()
    school.clock.advance(8 * 3_600_000)
    assert school.browser.get("/class", follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(school) -> None:
    school.sign_in_at_once()
    copy = TestClient(school.app, cookies=dict(school.browser.cookies))
    assert school.post("/sign-out", "/class") == 303
    assert copy.get("/class", follow_redirects=False).status_code == 303
    copy.close()


def test_a_form_without_the_token_of_this_session_is_refused(school) -> None:
    school.sign_in_at_once()
    other = school.app.state.darasa.sessions.open(b"u" * 16, "Peter")
    for token in ("", "0" * 32, other.token, "é"):
        answer = school.browser.post("/people/pin", data={"token": token, "learner": "x"})
        assert answer.status_code == 403
    assert school.browser.post(PAGE, data={"name": "Grace Otieno"}).status_code == 403


def test_a_form_that_the_browser_says_comes_from_elsewhere_is_refused(school) -> None:
    school.sign_in_at_once()
    token = school.token("/people")
    for site in ("cross-site", "same-site"):
        answer = school.browser.post(
            "/people/pin", data={"token": token}, headers={"sec-fetch-site": site}
        )
        assert answer.status_code == 403


def test_only_small_plain_forms_are_read(school) -> None:
    school.sign_in_at_once()
    post = school.browser.post
    assert post("/people/pin", json={"learner": "x"}).status_code == 415
    assert post("/people/pin", data={"learner": "x" * 20_000}).status_code == 413
    assert post("/people/pin", data={f"f{n}": "" for n in range(30)}).status_code == 400
    broken = {"content-type": "application/x-www-form-urlencoded"}
    assert post("/people/pin", content=b"a=%ff", headers=broken).status_code == 400
    assert post("/people/pin", content=b"a=\xff", headers=broken).status_code == 400


@pytest.fixture
def bell(make_place, school_home):
    """A school where nobody is answered at once, and two are at the desk until the event is set."""
    place, go = make_place(school_home, Config(sign_in_within_s=0.0)), threading.Event()
    line = place.room.desk._line
    line.submit(go.wait)
    line.submit(go.wait)
    yield place, go
    go.set()


def test_who_waits_is_told_how_many_are_before_her_and_then_let_in(bell) -> None:
    place, go = bell
    assert "2 people are signing in now." in place.browser.get(PAGE).text
    form = {"token": place.token(PAGE), "name": "Grace Otieno", "passphrase": "river stone lamp"}
    answer = place.browser.post(PAGE, data=form, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in/wait"
    waiting = place.browser.get("/sign-in/wait")
    assert "2 people before you." in waiting.text
    assert waiting.headers["refresh"] == "1"
    assert "river stone lamp" not in waiting.text
    go.set()
    place.room.desk.try_teacher("Grace Otieno", "wrong one here")  # the line is empty after it
    answer = place.browser.get("/sign-in/wait", follow_redirects=False)
    assert answer.headers["location"] == "/class"
    assert place.browser.get("/class").status_code == 200
    place.browser.cookies.clear()
    assert place.browser.get("/sign-in/wait", follow_redirects=False).headers["location"] == PAGE


def test_a_wrong_passphrase_is_told_after_the_wait_and_nobody_else_fetches_the_answer(bell) -> None:
    place, go = bell
    form = {"token": place.token(PAGE), "name": "Grace Otieno", "passphrase": "wrong one here"}
    place.browser.post(PAGE, data=form, follow_redirects=False)
    go.set()
    place.room.desk.try_teacher("Nobody", "wrong one here")
    stranger = TestClient(place.app)
    assert stranger.get("/sign-in/wait", follow_redirects=False).headers["location"] == PAGE
    answer = place.browser.get("/sign-in/wait")
    assert answer.status_code == 403
    assert "do not fit together" in answer.text


@pytest.mark.parametrize("cookie", ["", "0" * 32])
def test_a_sign_in_page_that_stood_open_too_long_is_shown_anew_and_then_works(school, cookie):
    token = school.token(PAGE)
    school.browser.cookies.clear()
    if cookie:
        school.browser.cookies.set(f"{school.app.state.darasa.cookie_name}_form", cookie)
    form = {"name": "Grace Otieno", "passphrase": "river stone lamp", "next": "/people"}
    old = school.browser.post(PAGE, data=form | {"token": token}, follow_redirects=False)
    assert old.status_code == 403
    assert "This page was too old." in old.text
    assert 'value="Grace Otieno"' in old.text
    assert "river stone" not in old.text
    (token,) = re.findall(r'name="token" value="(\w+)"', old.text)
    led = school.browser.post(PAGE, data=form | {"token": token}, follow_redirects=False)
    assert led.headers["location"] == "/people"
