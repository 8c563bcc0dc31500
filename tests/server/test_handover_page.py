"""The handover screen: everything about one who leaves, in one form."""

import pytest
from people_pages import class_id, send, text_of, undo_mark

from darasa.learning.people.class_staff import set_teachers, teachers_of


@pytest.fixture
def staffed(school):
    """The head is signed in; Ms. Otieno has 5B and 6A."""
    school.sign_in_at_once()
    for name in ("Ms. Otieno", "Mr. Mwangi"):
        school.room.people.add_teacher(name, "long enough it is")
    school.room.people.add_class("6A")
    for row in school.room.people.classes():
        set_teachers(school.room, row.record_id, [id_of(school, "Ms. Otieno")])
    return school


def id_of(place, name):
    return next(row.record_id for row in place.room.people.teachers() if row.name == name)


def who(place, name):
    row = place.room.people.find_class(name)
    return [each.name for each in teachers_of(place.room, row.record_id)]


def test_one_screen_hands_over_ends_the_sign_in_and_can_be_taken_back(staffed):
    leaving, to = id_of(staffed, "Ms. Otieno"), id_of(staffed, "Mr. Mwangi")
    darasa = staffed.app.state.darasa
    hers = darasa.sessions.open(leaving, "Ms. Otieno")
    page = staffed.browser.get(f"/staff/handover?from={leaving.hex()}").text
    assert "Signed in on 1 browser now." in page
    assert page.count("checked") == 2
    form = {"from": leaving.hex(), "to": to.hex(), "end": "yes"}
    form[f"c-{class_id(staffed, '5B')}"] = "1"
    answer = send(staffed, "/staff/handover", "/staff", **form)
    assert answer.headers["location"] == "/staff"
    assert (who(staffed, "5B"), who(staffed, "6A")) == (["Mr. Mwangi"], [])
    assert not darasa.sessions.is_open(hers)
    page = text_of(staffed.browser.get("/staff").text)
    assert "5B: handed over from Ms. Otieno to Mr. Mwangi, from now on." in page
    assert "No longer here" in page
    assert staffed.post("/people/undo", "/staff", mark=undo_mark(staffed, "/staff")) == 303
    assert who(staffed, "5B") == who(staffed, "6A") == ["Ms. Otieno"]
    assert not darasa.sessions.is_open(hers)


def test_the_last_use_is_shown_before_a_sign_in_ends(staffed):
    name = "Ms. Otieno"
    leaving = id_of(staffed, name).hex()
    page = staffed.browser.get(f"/staff/handover?from={leaving}").text
    assert "Never signed in here." in page
    staffed.browser.cookies.clear()
    assert staffed.sign_in(name, "long enough it is") == 303
    staffed.clock.advance(3 * 3_600_000)
    staffed.browser.cookies.clear()
    staffed.sign_in_at_once()
    page = staffed.browser.get(f"/staff/handover?from={leaving}").text
    assert "Last signed in here: 3 hours ago, 1 sign-in." in page


def test_problems_are_told_on_the_screen_and_nothing_changes(staffed):
    leaving = id_of(staffed, "Ms. Otieno").hex()
    marked = {f"c-{class_id(staffed, '5B')}": "1"}
    for form, field in (
        (marked, "to"),
        (marked | {"to": leaving}, "to"),
        ({"to": id_of(staffed, "Mr. Mwangi").hex()}, "classes"),
    ):
        answer = send(staffed, "/staff/handover", "/staff", **{"from": leaving}, **form)
        assert answer.status_code == 422
        assert f'<a href="#{field}">' in answer.text
        assert answer.text.count("checked") == (1 if field == "to" else 0)
    assert who(staffed, "5B") == ["Ms. Otieno"]
    assert staffed.browser.get("/staff/handover?from=x").status_code == 404


def test_ended_and_let_back_and_sharing_are_each_told_and_undone(staffed):
    leaving = id_of(staffed, "Ms. Otieno").hex()
    assert staffed.post("/staff/end", "/staff", who=leaving) == 303
    assert "Ms. Otieno" not in [row.name for row in staffed.room.people.teachers()]
    assert staffed.post("/staff/back", "/staff", who=leaving) == 303
    assert "Ms. Otieno" in [row.name for row in staffed.room.people.teachers()]
    assert staffed.post("/staff/back", "/staff", who=leaving) == 404
    assert "Teachers see only their own classes." in staffed.browser.get("/staff").text
    assert staffed.post("/staff/sharing", "/staff", shared="yes") == 303
    assert "Teachers may look at every class." in staffed.browser.get("/staff").text
    assert staffed.post("/people/undo", "/staff", mark=undo_mark(staffed, "/staff")) == 303
    assert "Teachers see only their own classes." in staffed.browser.get("/staff").text
