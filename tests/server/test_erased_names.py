"""The name of an erased learner stands on no page, not even where a page remembers a change."""

import pytest
from people_pages import class_id, send, text_of, undo_mark

from darasa.learning.erasure import erase_learner


@pytest.fixture
def signed(school):
    school.sign_in_at_once()
    return school


def test_the_last_change_is_forgotten_when_whom_it_names_is_erased(signed):
    amina, pid = signed.room.people.find("Amina Kazungu").learner_id, signed.pid("Amina Kazungu")
    assert send(signed, "/people/change", do="off", learner=pid).status_code == 303
    mark = undo_mark(signed)
    assert mark is not None
    assert "Amina Kazungu" in text_of(signed.browser.get("/people").text)
    erase_learner(signed.room, amina)
    page = text_of(signed.browser.get("/people").text)
    assert "Kazungu" not in page
    assert undo_mark(signed) is None
    assert send(signed, "/people/undo", mark=mark, to="/people").status_code == 409


def test_a_change_after_that_can_be_taken_back_as_ever(signed):
    erase_learner(signed.room, signed.room.people.find("Amina Kazungu").learner_id)
    fields = {"class": class_id(signed, "5B"), "how": "one", "name": "Neema Paul"}
    assert send(signed, "/people/add", **fields).status_code == 303
    assert undo_mark(signed) is not None
