"""What people are told when the store cannot save, or when their sign-in was over as they typed."""

import html
import re
import sqlite3
from contextlib import closing

import pytest
from people_pages import class_id, names, send, text_of
from test_hostile_text import HOSTILE, _check

from darasa.server.kept_forms import FORMS_MAX, KEPT_MS
from darasa.sync.errors import StoreFullError

SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def signed(school):
    school.sign_in_at_once()
    return school


def fill_the_disk(place):
    """The store may not grow by a page: what SQLite says then is what a full disk is."""
    with place.room.store.transaction() as tx:
        pages = tx.connection.execute("PRAGMA page_count").fetchone()[0]
        tx.connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(place):
    with place.room.store.transaction() as tx:
        tx.connection.execute("PRAGMA max_page_count = 1000000")


def fields_of(page):
    """The one form of a page beside that of signing out, as a browser would send it."""
    (form,) = re.findall(
        r'<form method="post" action="(/(?!sign-out).*?)">(.*?)</form>', page, re.S
    )
    inputs = re.findall(r'name="([^"]*)" value="([^"]*)"', form[1])
    return form[0], {html.unescape(name): html.unescape(value) for name, value in inputs}


def type_a_class(place):
    typed = "\r\n".join(f"Learner {first}{last}\t{n}" for n, (first, last) in enumerate(PAIRS))
    fields = {"class": class_id(place, "5B"), "how": "several", "names": typed}
    return send(place, "/people/add", **fields)


PAIRS = [(a * 60, b * 59) for a in "ABCDE" for b in "STUVWXYZ"][:36]
"""Names that are not alike; together more than a page shows of one text."""


def test_a_full_disk_is_said_in_a_sentence_and_what_was_typed_is_sent_again(signed):
    fill_the_disk(signed)
    answer = type_a_class(signed)
    assert answer.status_code == 503
    assert "the disk is full" in text_of(answer.text)
    assert "Nothing was changed." in text_of(answer.text)
    assert len(names(signed)) == 3
    make_room(signed)
    to, fields = fields_of(answer.text)
    for _ in range(2):
        sent = signed.browser.post(to, data=fields, follow_redirects=False)
        assert sent.status_code == 303
    assert len(names(signed)) == 3 + len(PAIRS)


def test_programs_are_told_of_a_full_disk_as_before(signed):
    fill_the_disk(signed)
    signed.browser.headers["accept"] = "*/*"
    with pytest.raises(StoreFullError):  # the server logs it and answers 500
        type_a_class(signed)


def late(place, **fields):
    """Send names when the sign-in is over; where that leads."""
    five_b = class_id(place, "5B")
    form = {"token": place.token("/people"), "once": "ab" * 12, "class": five_b, "how": "several"}
    place.app.state.darasa.sessions.close_of(bytes(place.room.people.teachers()[0].record_id))
    return place.browser.post(
        "/people/add", data={**form, **fields}, headers=SAME, follow_redirects=False
    )


def test_what_was_typed_is_kept_when_a_sign_in_is_over_and_sent_after_the_next(signed):
    answer = late(signed, names="Neema Paul\t17\r\nZuri Baya\t18")
    assert answer.status_code == 303
    assert len(names(signed)) == 3
    page = signed.browser.get(answer.headers["location"]).text
    assert "What you sent is kept" in page
    assert "Neema" not in page
    (kept,) = re.findall(r'name="next" value="([^"]*)"', page)
    form = {"token": signed.token(answer.headers["location"]), "next": kept}
    who = {"name": "Grace Otieno", "passphrase": "river stone lamp"}
    led = signed.browser.post("/sign-in", data=form | who, follow_redirects=False)
    assert led.headers["location"] == kept
    asked = signed.browser.get(kept).text
    assert "Neema Paul 17" in asked
    assert len(names(signed)) == 3
    to, fields = fields_of(asked)
    for _ in range(2):
        sent = signed.browser.post(to, data=fields, follow_redirects=False)
        assert sent.status_code == 303
    assert sorted(names(signed))[-1] == "Zuri Baya"
    assert len(names(signed)) == 5


def test_a_kept_form_does_nothing_that_its_sender_may_not(signed):
    form = {"class": class_id(signed, "5B"), "how": "several", "names": "Neema Paul"}
    account = signed.room.people.add_teacher("A Technician", "long enough it is", post="technician")
    darasa = signed.app.state.darasa
    form["token"] = darasa.sessions.open(account, "A Technician").token
    signed.browser.cookies.clear()
    answer = signed.browser.post("/people/add", data=form, headers=SAME, follow_redirects=False)
    kept = answer.headers["location"].partition("next=")[2]
    session = darasa.sessions.open(account, "A Technician")
    signed.browser.cookies.set(darasa.cookie_name, darasa.sessions.cookie_of(session))
    to, fields = fields_of(signed.browser.get(kept).text)
    assert signed.browser.post(to, data=fields).status_code == 403
    assert len(names(signed)) == 3


def test_what_was_typed_before_a_sign_in_in_another_tab_is_asked_about(signed):
    form = {"token": signed.token("/people"), "once": "ab" * 12, "how": "several"}
    form |= {"class": class_id(signed, "5B"), "names": "Neema Paul"}
    signed.sign_in_at_once()
    answer = signed.browser.post("/people/add", data=form, headers=SAME, follow_redirects=False)
    assert len(names(signed)) == 3
    to, fields = fields_of(signed.browser.get(answer.headers["location"]).text)
    assert signed.browser.post(to, data=fields, headers=SAME).status_code == 200
    assert len(names(signed)) == 4
    other_site = {"sec-fetch-site": "cross-site"}
    assert signed.browser.post("/people/add", data=form, headers=other_site).status_code == 403


@pytest.mark.parametrize("site", [{}, SAME, {"sec-fetch-site": "cross-site"}])
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_a_form_that_no_page_of_ours_asked_for_is_not_kept(signed, site, is_signed_in):
    """Whoever is on the network can send one: it must not be put before the next who signs in."""
    account = bytes(signed.room.people.teachers()[0].record_id).hex()
    if not is_signed_in:
        signed.browser.cookies.clear()
    for token in ("", "0" * 32, f"{'0' * 32}{account}{'0' * 32}"):
        form = {"token": token, "names": "Neema Paul", "how": "several"}
        answer = signed.browser.post("/people/add", data=form, headers=site, follow_redirects=False)
        assert answer.status_code == 403


def test_a_kept_form_is_shown_to_nobody_else(signed):
    kept = late(signed, names="Neema Paul 17").headers["location"].partition("next=")[2]
    account = signed.room.people.add_teacher("Another Head", "long enough it is", post="head")
    darasa = signed.app.state.darasa
    session = darasa.sessions.open(account, "Another Head")
    signed.browser.cookies.set(darasa.cookie_name, darasa.sessions.cookie_of(session))
    answer = signed.browser.get(kept)
    assert answer.status_code == 403
    assert "Neema" not in answer.text
    signed.sign_in_at_once()
    assert "Neema Paul 17" in signed.browser.get(kept).text


def test_kept_forms_are_few_and_are_forgotten(signed):
    first = late(signed, names="Neema Paul").headers["location"].partition("next=")[2]
    signed.sign_in_at_once()
    assert signed.browser.get(first).status_code == 200
    assert signed.browser.get("/again/" + "0" * 32).status_code == 404
    signed.clock.advance(KEPT_MS + 1)
    assert "kept no longer" in signed.browser.get(first).text
    newer = [late(signed, names=f"Child {n}") for n in range(FORMS_MAX + 1) if not sign(signed)]
    signed.sign_in_at_once()
    found = [signed.browser.get(each.headers["location"].partition("next=")[2]) for each in newer]
    assert [each.status_code for each in found] == [404, *[200] * FORMS_MAX]


def sign(place):
    """Another session; nothing is said of it."""
    place.sign_in_at_once()


def test_a_kept_form_of_hostile_text_stays_text(signed):
    for name in HOSTILE:
        signed.sign_in_at_once()
        answer = late(signed, names=name, **{name: name})
        signed.sign_in_at_once()
        _check(signed.browser.get(answer.headers["location"].partition("next=")[2]).text)


def test_a_store_that_is_held_keeps_nobody_out_who_knows_the_passphrase(signed):
    assert signed.sign_in(passphrase="wrong one here") in {303, 403}
    signed.browser.cookies.clear()
    assert signed.sign_in(passphrase="wrong one here") == 403
    path = signed.room.home.store_path
    signed.room.store._connection.execute("PRAGMA busy_timeout = 1")  # the test need not wait
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert signed.sign_in() == 303
        assert signed.browser.get("/class").status_code == 200
        other.execute("ROLLBACK")
    signed.browser.cookies.clear()
    assert signed.sign_in() == 303
