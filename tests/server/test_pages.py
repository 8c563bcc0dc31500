"""Every page, for each who may ask: signed out, a teacher, an officer."""

import os
import re

import pytest

from darasa.learning.practice.sitting import Sitting
from darasa.learning.signing_in.earlier_sittings import earlier_sittings
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.ids import Role
from darasa.sync.messages import Doing
from darasa.sync.signing import NodeKey, issue_certificate

PAGES = ("/class", "/skills", "/groups", "/people", "/computers", "/packs")
FORMS = (
    "/class/coming", "/cable", "/computers/code", "/people/pin", "/sign-out",
    "/people/keep", "/people/confirm", "/computers/accept", "/computers/back",
)  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, "/learner/" + "0" * 32])
def test_signed_out_people_are_led_to_the_sign_in_and_back(school, path: str) -> None:
    answer = school.browser.get(f"{path}?x=1", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}%3Fx%3D1"
    assert "Kazungu" not in answer.text


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_someone_signed_out_changes_nothing(school, path: str) -> None:
    answer = school.browser.post(path, data={"token": "0" * 32})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_a_teacher_reaches_every_page(school, path: str) -> None:
    school.sign_in_at_once()
    assert school.browser.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/class", "/skills", "/groups", "/people", "/live", "/learner/" + "0" * 32]
)
def test_a_hub_has_no_page_with_learners(hub, path: str) -> None:
    hub.sign_in_at_once()
    assert hub.browser.get(path).status_code == 404


def test_a_school_has_no_hub_page(school) -> None:
    school.sign_in_at_once()
    assert school.browser.get("/hub").status_code == 404


def test_an_officer_sees_the_hub_page(hub) -> None:
    assert hub.browser.get("/hub", follow_redirects=False).status_code == 303
    hub.sign_in_at_once("Peter Maina")
    page = hub.browser.get("/hub")
    assert page.status_code == 200
    assert "No school has joined yet" in page.text


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", FORMS)
def test_a_form_answers_only_to_being_sent(school, method: str, path: str) -> None:
    school.sign_in_at_once()
    assert school.browser.request(method, path).status_code == 405


def test_an_unknown_address_gets_a_page_for_people_and_a_line_for_programs(school) -> None:
    assert "leads nowhere" in school.browser.get("/nothing").text
    line = school.browser.get("/nothing", headers={"accept": "*/*"})
    assert (line.status_code, line.headers["content-type"]) == (404, "text/plain; charset=utf-8")


def test_the_front_page_says_what_this_is(school, hub) -> None:
    assert "school server" in school.browser.get("/").text
    assert "hub of the district" in hub.browser.get("/").text


def test_the_class_page_shows_what_everyone_does(school) -> None:
    computer = school.add_computer("PC 07")
    school.answer("Amina Kazungu", right=True, times=2)
    school.answer("Juma Ali", right=False)
    school.sit_down("Amina Kazungu", computer.node_id)
    school.sit_down("Juma Ali", school.add_computer("PC 08").node_id, doing=Doing.READING)
    school.sign_in_at_once()
    page = school.browser.get("/class").text
    rows = re.findall(r'<tr id="l\w+".*?</tr>', page)
    assert len(rows) == 3
    amina, baraka, juma = rows
    assert "Working" in amina
    assert "PC 07" in amina
    assert "3/8" in amina
    assert "##" in amina
    assert "2 right, 0 with help, 0 not yet" in amina
    assert "Not in" in baraka
    assert "Reading" in juma
    assert "2 signed in" in page


def test_the_class_page_puts_those_who_need_the_teacher_on_top(school) -> None:
    computer = school.add_computer("PC 07")
    school.answer("Juma Ali", right=False, times=3)
    school.sit_down("Juma Ali", computer.node_id)
    school.sign_in_at_once()
    page = school.browser.get("/class").text
    assert "1 learner needs you." in page
    (needs,) = re.findall(r'<ul class="needs">.*?</ul>', page, re.DOTALL)
    assert "Stuck" in needs
    assert "not-yets" in needs
    by_need = school.browser.get("/class?sort=needs").text
    assert re.findall(r'<tr id="l\w+".*?</tr>', by_need)[0].find("Juma") > 0


def test_coming_makes_a_state_quiet_for_ten_minutes(school) -> None:
    computer = school.add_computer("PC 07")
    school.answer("Juma Ali", right=False, times=3)
    school.sit_down("Juma Ali", computer.node_id)
    school.sign_in_at_once()
    who = f"{school.pid('Juma Ali')} stuck"
    assert f'value="{who}"' in school.browser.get("/class").text
    class_id = school.class_id.hex()
    assert school.post("/class/coming", "/class", who=who, **{"class": class_id}) == 303
    assert "Nobody needs you now." in school.browser.get("/class").text
    school.clock.advance(10 * 60_000)
    school.sit_down("Juma Ali", computer.node_id)
    assert "1 learner needs you." in school.browser.get("/class").text


def test_coming_to_nobody_is_refused(school) -> None:
    school.sign_in_at_once()
    for who, status in (("", 400), ("x", 400), ("x asleep", 400), (f"{'0' * 32} stuck", 404)):
        assert school.post("/class/coming", "/class", who=who) == status


def test_an_unknown_class_is_not_found(school) -> None:
    school.sign_in_at_once()
    for wrong in ("00" * 16, "x", "%00"):
        assert school.browser.get(f"/class?class={wrong}").status_code == 404
        assert school.browser.get(f"/people?class={wrong}").status_code == 404


def test_a_learner_page_shows_why_and_what_she_answered(school) -> None:
    school.answer("Amina Kazungu", right=True, times=3)
    school.sign_in_at_once()
    page = school.browser.get(f"/learner/{school.pid('Amina Kazungu')}").text
    assert "<h1>Amina Kazungu</h1>" in page
    assert "3 answers in 1 sitting" in page
    assert "counted answers were right alone" in page
    assert "How the estimate is made up" in page
    assert page.count("<details") == 7  # her plan, five skills, figures behind one
    assert page.count("Evidence, newest first") >= 1
    assert re.search(r"<code>[0-9a-f]{8}:\d+</code>", page)


def test_an_address_with_the_real_id_of_a_learner_leads_nowhere(school) -> None:
    school.sign_in_at_once()
    learner_id = school.room.people.find("Amina Kazungu").learner_id.hex()
    assert school.browser.get(f"/learner/{learner_id}").status_code == 404
    for path in ("/class", "/people", f"/learner/{school.pid('Amina Kazungu')}"):
        assert learner_id not in school.browser.get(path).text


def test_a_code_is_shown_and_with_it_she_chooses_a_secret_that_no_page_has_seen(school) -> None:
    school.sign_in_at_once()
    pid = school.pid("Amina Kazungu")
    assert school.post("/people/pin", "/people", learner=pid) == 303
    page = school.browser.get("/people").text
    (code,) = re.findall(r'<p class="code">(\d{3} \d{3})</p>', page)
    assert code not in school.browser.get("/people").text
    learner_id = school.room.people.find("Amina Kazungu").learner_id
    desk = school.room.desk
    fits = desk.queue_code(learner_id, code).result()
    desk.queue_choice(fits, SecretKind.TYPED, "7391").result()
    assert desk.try_pin(learner_id, "7391").learner_id == learner_id


def test_a_teacher_ends_a_pause_on_the_page(school) -> None:
    school.sign_in_at_once()
    learner_id = school.room.people.find("Amina Kazungu").learner_id
    for _ in range(5):
        school.room.desk.try_pin(learner_id, "0000")
    pid = school.pid("Amina Kazungu")
    assert school.post("/people/unlock", "/people", learner=pid) == 303
    assert "Amina Kazungu may try again now." in school.browser.get("/people").text
    assert school.room.desk.wait_s(learner_id) == 0


def test_what_was_not_she_is_on_her_page_and_on_the_live_page(school) -> None:
    school.answer("Amina Kazungu", right=True)
    learner_id = school.room.people.find("Amina Kazungu").learner_id
    (earlier,) = earlier_sittings(school.room, learner_id)
    school.clock.advance(3_600_000)
    sitting = Sitting.begin(school.room, learner_id)
    sitting.not_me(earlier.sitting)
    sitting.sign_out("asked")
    school.sign_in_at_once()
    page = school.browser.get(f"/learner/{school.pid('Amina Kazungu')}").text
    assert "Says that this was somebody else" in page
    assert "The work stays as it is and counts." in page
    live = school.browser.get("/class").text
    assert "Says that earlier work under this name was done by another." in live
    assert "She says" not in school.browser.get(f"/learner/{school.pid('Juma Ali')}").text


def test_a_class_is_set_up_for_pictures_on_the_page(school) -> None:
    school.sign_in_at_once()
    class_id = school.class_id.hex()
    form = {"class": class_id, "with": "pictures"}
    assert school.post("/people/sign-in", "/people", **form) == 303
    assert 'value="pictures" checked' in school.browser.get("/people").text
    assert school.room.people.classes()[0].sign_in.word == "pictures"
    assert school.post("/people/sign-in", "/people", **{"class": "00", "with": "pin"}) == 404


def test_a_code_stays_on_the_page_until_it_is_used_or_old(school) -> None:
    school.sign_in_at_once()
    assert school.post("/computers/code", "/computers") == 303
    page = school.browser.get("/computers").text
    (code,) = re.findall(r'<p class="code">([A-Z2-9]{4}-[A-Z2-9]{4})</p>', page)
    assert code in school.app.state.darasa.enrolment.open_codes()
    assert code in school.browser.get("/computers").text
    school.clock.advance(10 * 60_000)
    assert code not in school.browser.get("/computers").text


def test_the_list_of_computers_says_when_each_was_heard_and_who_sits_there(school) -> None:
    computer = school.add_computer("PC 07")
    school.sit_down("Amina Kazungu", computer.node_id)
    school.clock.advance(90_000)
    school.sign_in_at_once()
    page = school.browser.get("/computers").text
    assert "PC 07" in page
    assert "1 minute ago" in page
    assert "Amina K." in page


def test_the_packs_page_lists_the_course(school) -> None:
    school.sign_in_at_once()
    page = school.browser.get("/packs").text
    assert "Fractions" in page
    assert "fractions" in page


def test_the_cable_button_is_there_only_in_the_demo(school) -> None:
    school.sign_in_at_once()
    assert "cable" not in school.browser.get("/class").text
    assert school.post("/cable", "/class", do="cut") == 404


def test_copied_and_held_back_computers_are_named_as_such(school) -> None:
    first = school.add_computer("PC 07")
    copy = NodeKey.generate(os.urandom)
    certificate = issue_certificate(
        school.room.home.node_key,
        subject_public=copy.public,
        role=Role.COMPUTER,
        school_id=school.room.home.school_id,
        parent=first.node_id,
    )
    with school.room.store.transaction() as tx:
        tx.put_certificate(certificate)
        tx.put_copied_peer(certificate)
        tx.freeze_node(first.node_id, school.clock.wall_ms())
    school.sign_in_at_once()
    page = school.browser.get("/computers").text
    assert "PC 07 (2)" in page
    assert "Copied or moved from PC 07" in page
    assert "Held back: it sends more than a class writes" in page
    with school.room.store.transaction() as tx:
        tx.release_node(first.node_id)
    assert "Held back" not in school.browser.get("/computers").text


def test_a_code_is_shown_with_the_address_and_a_picture_of_both(school) -> None:
    school.sign_in_at_once()
    assert school.post("/computers/code", "/computers") == 303
    page = school.browser.get("/computers").text
    code = re.search(r'class="code">([A-Z0-9]{4}-[A-Z0-9]{4})<', page)
    assert code is not None
    assert f"<code>darasa join {code[1]}</code>" in page
    assert re.search(rf"darasa join \S+ --code {code[1]}", page)
    assert "<svg" in page
    assert page.count(code[1]) == 3  # the picture holds it as squares only


def test_the_page_shows_the_fingerprint_that_a_browser_elsewhere_must_show(school) -> None:
    school.sign_in_at_once()
    pin = school.room.home.channel.pin.hex(":").upper()
    assert pin in school.browser.get("/computers").text
