"""A button that is pressed twice, as impatient people do: done once, and no refusal after it."""

import html
import re

import pytest
from people_pages import names, send

from darasa.learning.kinds import Op
from darasa.learning.records import CLASS_NAME


@pytest.fixture
def signed(school):
    school.sign_in_at_once()
    return school


def form_to(place, page, to):
    """The first form of a page that is sent to that address, as a browser would send it."""
    text = place.browser.get(page).text
    found = re.search(rf'<form[^>]*action="{to}">(.*?)</form>', text, re.DOTALL)
    assert found, to
    inputs = re.findall(r'name="([^"]*)" value="([^"]*)"', found[1])
    return {html.unescape(name): html.unescape(value) for name, value in inputs}


def press_twice(place, page, to):
    form = form_to(place, page, to)
    answers = [place.browser.post(to, data=form, follow_redirects=False) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]


def test_undo(signed):
    pid = signed.pid("Amina Kazungu")
    send(signed, "/people/change", learner=pid, do="rename", name="Somebody Else")
    press_twice(signed, "/people", "/people/undo")
    assert "Amina Kazungu" in names(signed)


def test_ending_a_sign_in_and_opening_it_again(signed):
    signed.room.people.add_teacher("Peter Lema", "long enough it is")
    press_twice(signed, "/staff", "/staff/end")
    assert "Peter Lema" not in [row.name for row in signed.room.people.teachers()]
    press_twice(signed, "/staff", "/staff/back")
    assert "Peter Lema" in [row.name for row in signed.room.people.teachers()]


def test_keeping_one_of_two_changes(signed):
    signed.room.record.record((None, Op(signed.class_id, CLASS_NAME, "5 Blue", ())))
    press_twice(signed, "/people", "/people/keep")
    assert not signed.room.people.conflicts()


def test_removing_a_computer_and_letting_it_back(signed):
    key = signed.add_computer("PC 07")
    page = f"/computers/remove?computer={key.node_id.hex()}"
    press_twice(signed, page, "/computers/remove")
    assert signed.room.decisions.refusal_of(key.node_id)
    press_twice(signed, "/computers", "/computers/back")
    assert not signed.room.decisions.refusal_of(key.node_id)


def test_an_undo_that_could_not_be_saved_is_offered_again(signed):
    pid, amina = signed.pid("Amina Kazungu"), signed.room.people.find("Amina Kazungu").learner_id
    send(signed, "/people/change", learner=pid, do="rename", name="Somebody Else")
    form = form_to(signed, "/people", "/people/undo")
    signed.room.store._connection.execute("PRAGMA query_only = 1")
    assert signed.browser.post("/people/undo", data=form).status_code == 503
    signed.room.store._connection.execute("PRAGMA query_only = 0")
    sent = signed.browser.post("/people/undo", data=form, follow_redirects=False)
    assert sent.status_code == 303
    assert signed.room.people.find_id(amina).name == "Amina Kazungu"
