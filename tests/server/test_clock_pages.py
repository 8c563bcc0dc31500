"""Wrong clocks on the pages: one sentence, what to do, and a time that the head types."""

import os
import re

import pytest

from darasa.content_packs.grading import correct_response
from darasa.learning.classroom import Classroom
from darasa.learning.practice.sitting import Sitting
from darasa.sync.clock import ManualClock
from darasa.sync.contacts import PeerRow
from darasa.sync.home import init_home
from darasa.sync.ids import NodeId, Role
from darasa.sync.set_time import KeptTime
from darasa.sync.steered_clock import SteeredClock

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
YEARS_54_MS = 54 * 365 * DAY_MS
TEACHER = "Grace Otieno"


@pytest.fixture
def set_machine(monkeypatch, tmp_path):
    """set_machine(wall_ms): servers that are opened after have a machine that says so."""
    opened = Classroom.open
    machine = ManualClock(NOW_MS)

    def open_steered(home, *, clock, rng, writable=True):
        del clock
        steered = SteeredClock(machine, keeper=KeptTime(home.path))
        return opened(home, clock=steered, rng=rng, writable=writable)

    monkeypatch.setattr(Classroom, "open", open_steered)

    def turn(wall_ms):
        machine.wall = wall_ms
        return machine

    return turn


def hear(place, name, off_ms, number=1, role=Role.COMPUTER):
    node_id = NodeId(bytes([number]) * 16)
    now_ms = place.room.clock.wall_ms()
    with place.room.store.transaction() as tx:
        tx.put_peer(PeerRow(node_id, place.room.home.school_id, role, name, None))
        tx.note_contact(node_id, now_ms, off_ms=off_ms)


def note_on(page):
    found = re.search(r'<p class="note" role="status">(.*?)</p>', page, re.DOTALL)
    return None if found is None else found[1]


def test_a_computer_that_is_54_years_slow_is_shown_with_what_to_do(school):
    hear(school, "PC 7", -YEARS_54_MS)
    hear(school, "PC 8", 2_000, number=2)
    school.sign_in_at_once()
    page = school.browser.get("/computers").text
    assert page.count("Clock is") == 1
    assert "Clock is 54 years slow. Set it, or change its battery." in page
    assert note_on(page) is None


@pytest.mark.parametrize(
    "wrong_ms", [0, 946_684_800_000, 1_672_531_200_000, 4_102_444_800_000, 253_402_300_799_000]
)
def test_the_live_page_says_in_one_sentence_that_the_servers_date_is_wrong(
    set_machine, make_place, school_home, wrong_ms
):
    set_machine(wrong_ms)
    place = make_place(school_home)
    place.sign_in_at_once()
    for path in ("/class", "/computers"):
        page = place.browser.get(path)
        assert page.status_code == 200
        assert "That cannot be right. Work is safe." in note_on(page.text)
        assert 'href="/clock"' in note_on(page.text)


def test_a_teacher_who_is_not_the_head_is_told_to_tell_the_head(
    set_machine, make_place, school_home
):
    set_machine(0)
    place = make_place(school_home)
    place.room.people.add_teacher("Juma Ali", "river stone lamp")
    place.sign_in_at_once("Juma Ali")
    note = note_on(place.browser.get("/class").text)
    assert note.endswith("Tell the head.")
    assert place.browser.get("/clock").status_code == 403


def test_the_head_finds_the_clock_page_when_nothing_is_wrong_too(school):
    school.sign_in_at_once()
    assert '<a href="/clock">' in school.browser.get("/computers").text
    assert "It is 2027-01-15" in school.browser.get("/clock").text


def test_a_server_without_a_class_says_it_as_well(set_machine, make_place, tmp_path):
    set_machine(0)
    home = init_home(tmp_path / "new", role=Role.SCHOOL, name="Kisima", rng=os.urandom)
    place = make_place(home)
    place.sign_in_at_once()
    assert "That cannot be right." in note_on(place.browser.get("/class").text)


def test_the_head_types_the_time_and_takes_it_back(set_machine, make_place, school_home):
    set_machine(0)
    place = make_place(school_home)
    place.sign_in_at_once()
    assert place.post("/clock", "/clock", date="2027-01-15", time="10:42") == 303
    page = place.browser.get("/clock").text
    assert "It is 2027-01-15 10:42 here." in page
    assert "a person set it" in page
    assert "57 years slow" in page
    assert f"Last changed here by {TEACHER}." in page
    assert note_on(place.browser.get("/class").text) is None
    assert place.post("/clock", "/clock", do="machine") == 303
    assert "That cannot be right." in place.browser.get("/class").text


def test_the_head_takes_the_time_that_computers_agree_on(set_machine, make_place, school_home):
    set_machine(0)
    place = make_place(school_home)
    for number in (1, 2, 3):
        hear(place, f"PC {number}", NOW_MS, number=number)
    place.sign_in_at_once()
    page = place.browser.get("/clock").text
    assert "3 of 3 computers say this server is 57 years slow." in page
    assert place.post("/clock", "/clock", do="agreed") == 303
    assert place.room.clock.wall_ms() == NOW_MS
    assert place.post("/clock", "/clock", do="agreed") == 409


@pytest.mark.parametrize(
    ("date", "time", "status"),
    [
        ("1970-01-01", "10:42", 409),
        ("2100-01-01", "10:42", 409),
        ("", "", 400),
        ("2027-02-30", "10:42", 400),
        ("12 May", "noon", 400),
        ("9" * 5_000, "10:42", 400),
        ("\u0662\u0660\u0662\u0667-01-01\u202e", "10:42", 400),
    ],
)
def test_what_is_no_time_or_cannot_be_right_is_refused_in_a_sentence(
    set_machine, make_place, school_home, *, date, time, status
):
    set_machine(0)
    place = make_place(school_home)
    place.sign_in_at_once()
    assert place.post("/clock", "/clock", date=date, time=time) == status
    assert place.room.clock.wall_ms() == 0


def test_a_hub_shows_a_school_whose_clock_is_wrong(hub):
    hear(hub, "Kisima Primary", -YEARS_54_MS, role=Role.SCHOOL)
    hub.sign_in_at_once("An Officer")
    page = hub.browser.get("/hub").text
    assert "Clock is 54 years slow. Set it, or change its battery." in page


def test_a_session_lasts_eight_hours_of_elapsed_time_whatever_the_clock_does(
    set_machine, make_place, school_home
):
    machine = set_machine(NOW_MS)
    place = make_place(school_home)
    place.sign_in_at_once()
    for wall_ms in (0, NOW_MS + 3_652 * DAY_MS, 253_402_300_799_000, NOW_MS):
        machine.wall = wall_ms
        assert place.browser.get("/class").status_code == 200
        machine.elapsed += 7 * 3_600_000 // 4
    machine.elapsed += 3_600_000
    assert place.browser.get("/class", follow_redirects=False).status_code == 303


def test_answers_of_a_day_that_cannot_be_are_marked_on_the_learners_page(
    set_machine, make_place, school_home
):
    machine = set_machine(0)
    place = make_place(school_home)
    sitting = Sitting.begin(place.room, place.room.people.find("Amina Kazungu").learner_id)
    sitting.start_set()
    machine.advance(20_000)
    assert sitting.current is not None
    sitting.answer(correct_response(sitting.current.instance))
    place.sign_in_at_once()
    page = place.browser.get(f"/learner/{place.pid('Amina Kazungu')}").text
    assert "date not known; this computer&#39;s clock was wrong" in page
    assert "1970-01" not in page
