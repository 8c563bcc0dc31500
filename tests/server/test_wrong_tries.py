"""The quiet note of wrong tries on the live page and the class list, and how it goes away."""

import re

import pytest
from people_pages import send, text_of

from darasa.server.pages.class_page import class_live, fragment_of

WRONG = "0000"


@pytest.fixture
def place(school):
    school.sign_in_at_once()
    return school


def try_wrongly(place, name):
    learner_id = place.room.people.find(name).learner_id
    for _ in range(5):
        place.room.desk.try_pin(learner_id, WRONG)
    place.clock.advance(60_000)


def shown(place):
    """The section of the live page, as text; empty while there is none."""
    page = place.browser.get("/class").text
    found = re.search(r'<section id="tries".*?</section>', page, re.DOTALL)
    return text_of(found.group(0)).strip() if found else ""


def test_a_teacher_reads_whose_and_where_and_nobody_needs_her_for_it(place):
    assert shown(place) == ""
    try_wrongly(place, "Amina Kazungu")
    words = shown(place)
    assert "Amina K." in words
    assert "5 wrong tries at signing in" in words
    page = place.browser.get("/class").text
    assert "Nobody needs you now." in page
    assert "Wrong tries at signing in, 1 minute ago" in text_of(place.browser.get("/people").text)


@pytest.mark.parametrize(
    ("path", "field"), [("/class/tries", "Seen"), ("/people/pin", ""), ("/people/unlock", "")]
)
def test_each_button_puts_it_away(place, path, field):
    try_wrongly(place, "Amina Kazungu")
    try_wrongly(place, "Juma Ali")
    sent = send(place, path, learner=place.pid("Amina Kazungu"), **{"class": place.class_id.hex()})
    assert sent.status_code == 303
    assert "Amina K." not in shown(place)
    assert "Juma A." in shown(place)


def test_who_goes_through_the_list_at_one_computer_is_one_line(place):
    for name in ("Amina Kazungu", "Baraka Mwita", "Juma Ali"):
        try_wrongly(place, name)
    words = shown(place)
    assert "under 3 names: Juma A., Baraka M., Amina K." in words
    assert words.count("Seen") == 1
    node = place.room.home.node_id.hex()
    send(place, "/class/tries", computer=node, **{"class": place.class_id.hex()})
    assert shown(place) == ""


def test_an_open_page_gets_it_as_a_part_and_loses_it_again(place):
    darasa, class_id = place.app.state.darasa, place.class_id.hex()
    before = class_live(darasa, class_id)
    try_wrongly(place, "Amina Kazungu")
    now = class_live(darasa, class_id)
    assert now.mark != before.mark
    sent = fragment_of(now, before, token="t" * 32)
    assert '<section id="tries" data-part aria-labelledby' in sent
    assert "Amina K." in sent
    place.clock.advance(120_000)
    later = class_live(darasa, class_id)
    assert later.mark == now.mark  # its age alone is no news
    place.room.codes.unlock(place.room.people.find("Amina Kazungu").learner_id)
    after = class_live(darasa, class_id)
    assert '<section id="tries" data-part hidden>' in fragment_of(after, later, token="t" * 32)


def test_who_may_only_look_has_no_buttons(place):
    try_wrongly(place, "Amina Kazungu")
    darasa = place.app.state.darasa
    sent = fragment_of(class_live(darasa, place.class_id.hex()), None, token="")
    part = sent[sent.index('id="tries"') :]
    assert "<button" not in part[: part.index("</section>")]


def test_of_a_clock_that_cannot_be_right_no_age_is_told(place):
    now_ms, place.clock.wall = place.clock.wall, 0
    try_wrongly(place, "Amina Kazungu")
    place.clock.wall = now_ms
    assert "Amina K." in shown(place)
    assert " min" not in shown(place)
    assert "data-since" not in fragment_of(
        class_live(place.app.state.darasa, place.class_id.hex()), None, token=""
    )
    assert "Wrong tries at signing in" in text_of(place.browser.get("/people").text)
