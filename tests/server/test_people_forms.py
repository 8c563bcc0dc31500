"""Typing people on a page: everything a teacher types, twice, wrongly, and with hostile names."""

import os
import re
import threading

import pytest
from people_pages import class_id, names, send, text_of, undo_mark
from test_hostile_text import HOSTILE, _check

from darasa.learning.people.class_lists import register_number, take_off
from darasa.server.pages.people import OFF_A_PAGE

NAMES = ["Amina Kazungu", "Baraka Mwita", "Juma Ali"]


@pytest.fixture
def signed(school):
    school.sign_in_at_once()
    return school


@pytest.fixture
def five_b(signed):
    return class_id(signed, "5B")


def add(place, five_b, **fields):
    return send(place, "/people/add", **{"class": five_b, "how": "one", **fields})


def pins(place, five_b):
    page = place.browser.get(f"/people?class={five_b}").text
    return re.findall(r'<td class="secret">(\d{4})</td>', page)


def test_one_learner_is_added_with_a_number_and_a_pin_that_is_shown_once(signed, five_b):
    answer = add(signed, five_b, name="Neema Paul", number="17")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people?class={five_b}")
    page = signed.browser.get(f"/people?class={five_b}").text
    (pin,) = re.findall(r'<td class="secret">(\d{4})</td>', page)
    assert "1 learner is on the list of 5B now." in page
    assert "<td>17</td>" in page
    assert pins(signed, five_b) == []
    learner = signed.room.people.find("Neema Paul").learner_id
    assert signed.room.desk.try_pin(learner, pin).learner_id == learner


def test_a_whole_class_is_typed_one_a_line(signed, five_b):
    typed = "\r\n".join(f"Learner {n:02}{'abcdefghij'[n % 10] * 9}; {n}" for n in range(30))
    assert add(signed, five_b, how="several", names=typed).status_code == 200  # they look alike
    typed = "\r\n".join(f"{first} {last}" for first, last in zip("ABCD", "WXYZ", strict=True))
    assert add(signed, five_b, how="several", names=typed).status_code == 303
    assert len(pins(signed, five_b)) == 4
    assert len(names(signed)) == 7


def test_a_form_that_is_sent_twice_adds_one(signed, five_b):
    number = "ab" * 12
    for _ in range(3):
        answer = add(signed, five_b, name="Neema Paul", once=number)
        assert answer.headers["location"] == f"/people?class={five_b}"
    assert names(signed).count("Neema Paul") == 1


def test_a_form_that_is_sent_twice_at_the_same_time_adds_one(signed, five_b):
    token, answers = signed.token("/people"), []
    form = {"token": token, "once": "cd" * 12, "class": five_b, "how": "one", "name": "Neema Paul"}

    def press() -> None:
        answers.append(signed.browser.post("/people/add", data=form, follow_redirects=False))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [each.status_code for each in answers] == [303] * 4
    assert names(signed).count("Neema Paul") == 1


def test_a_form_without_its_number_changes_nothing(signed, five_b):
    form = {"token": signed.token("/people"), "class": five_b, "how": "one", "name": "Neema"}
    assert signed.browser.post("/people/add", data=form).status_code == 400
    assert names(signed) == NAMES


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "Neema", "number": "9" * 21}, "number"),
        ({"how": "several", "names": " \r\n "}, "names"),
        ({"how": "several", "names": "A B\r\n" * 101}, "names"),
    ],
)
def test_a_problem_is_told_on_top_and_tied_to_its_field(signed, five_b, fields, field):
    answer = add(signed, five_b, **fields)
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"[^>]*{field}-problem', answer.text)
    assert f'id="{field}-problem"' in answer.text
    assert "<title>Look again:" in answer.text
    assert names(signed) == NAMES


def test_what_was_typed_is_still_there_after_a_problem(signed, five_b):
    lines = [f"Learner with a long name {n} {'x' * 60}" for n in range(101)]
    answer = add(signed, five_b, how="several", names="\r\n".join(lines))
    assert answer.status_code == 422
    assert all(line in answer.text for line in lines)


def test_a_name_that_is_there_already_is_asked_about_and_not_refused(signed, five_b):
    answer = add(signed, five_b, name="Amina Kazungo", number="3")
    assert answer.status_code == 200
    assert "The same: Amina Kazungu" in text_of(answer.text)
    assert names(signed) == NAMES
    asked = {"how": "asked", "name-0": "Amina Kazungo", "number-0": "3"}
    unsaid = add(signed, five_b, **asked)
    assert unsaid.status_code == 422
    assert '<a href="#pick-0">' in unsaid.text
    assert add(signed, five_b, **asked, **{"pick-0": "another"}).status_code == 303
    assert "Amina Kazungo" in names(signed)
    assert add(signed, five_b, **asked, **{"pick-0": "out"}).status_code == 303
    assert len(names(signed)) == 4


def test_the_same_child_of_another_class_comes_into_this_one_too(signed, five_b):
    other = signed.room.people.add_class("6A")
    answer = send(
        signed, "/people/add", **{"class": other.hex(), "how": "one", "name": "amina kazungu"}
    )
    (pid,) = re.findall(r'value="([0-9a-f]{32})" required', answer.text)
    assert pid == signed.pid("Amina Kazungu")
    asked = {"how": "asked", "name-0": "amina kazungu", "number-0": "", "pick-0": pid}
    assert send(signed, "/people/add", **{"class": other.hex(), **asked}).status_code == 303
    assert names(signed, other) == ["Amina Kazungu"]
    assert len(names(signed)) == 3
    assert pins(signed, other.hex()) == []


def test_someone_off_the_lists_is_put_back_instead_of_made_anew(signed, five_b):
    pid = signed.pid("Juma Ali")
    assert send(signed, "/people/change", learner=pid, do="off").status_code == 303
    assert names(signed) == NAMES[:2]
    assert "Juma Ali" in signed.browser.get("/people").text
    answer = add(signed, five_b, name="Juma Ali")
    assert "off the lists. Put back, in 5B" in text_of(answer.text)
    asked = {"how": "asked", "name-0": "Juma Ali", "number-0": "", "pick-0": pid}
    assert add(signed, five_b, **asked).status_code == 303
    assert names(signed) == NAMES


def test_every_change_of_a_learner_can_be_made_and_taken_back(signed, five_b):
    other = signed.room.people.add_class("6A")
    pid = signed.pid("Amina Kazungu")
    amina = signed.room.people.find("Amina Kazungu").learner_id

    def seen():
        room = signed.room
        return (
            [names(signed, each) for each in (None, bytes.fromhex(five_b), other)],
            register_number(room, amina),
        )

    before = seen()
    for fields in (
        {"do": "rename", "name": "Amina Kazungu Kato"},
        {"do": "number", "number": "12"},
        {"do": "move", "class": other.hex()},
        {"do": "also", "class": other.hex()},
        {"do": "off"},
    ):
        assert send(signed, "/people/change", learner=pid, **fields).status_code == 303
        assert seen() != before
        mark = undo_mark(signed)
        assert signed.post("/people/undo", "/people", mark=mark) == 303
        assert seen() == before
        assert undo_mark(signed) is None
        assert signed.post("/people/undo", "/people", mark=mark) == 409


def test_an_undo_is_offered_for_ten_minutes(signed, five_b):
    assert add(signed, five_b, name="Neema Paul").status_code == 303
    assert undo_mark(signed)
    signed.clock.advance(10 * 60_000)
    assert undo_mark(signed) is None


def test_a_class_is_added_renamed_closed_and_opened_again(signed):
    answer = send(signed, "/people/class/add", **{"class-name": "7 Blue"})
    assert answer.headers["location"] == f"/people?class={class_id(signed, '7 Blue')}"
    blue = class_id(signed, "7 Blue")
    form = {"class": blue}
    assert send(signed, "/people/class", do="rename", name="7 Red", **form).status_code == 303
    assert class_id(signed, "7 Red") == blue
    assert send(signed, "/people/class", do="close", **form).status_code == 303
    assert [row.name for row in signed.room.people.classes()] == ["5B"]
    assert "7 Red" in signed.browser.get("/people").text
    assert send(signed, "/people/class", do="reopen", **form).status_code == 303
    assert class_id(signed, "7 Red") == blue
    empty = send(signed, "/people/class/add", **{"class-name": " "})
    assert empty.status_code == 422
    assert '<a href="#class-name">' in empty.text
    assert send(signed, "/people/class", do="rename", name="", **form).status_code == 422


def test_forms_that_name_nothing_are_refused(signed, five_b):
    pid = signed.pid("Amina Kazungu")
    for fields, status in (
        ({"learner": "0" * 32, "do": "off"}, 404),
        ({"learner": pid, "do": "dance"}, 400),
        ({"learner": pid, "do": "move", "class": "00" * 16}, 404),
        ({"learner": pid, "do": "also", "class": five_b}, 409),
        ({"learner": pid, "do": "back"}, 404),
    ):
        assert send(signed, "/people/change", **fields).status_code == status
    assert send(signed, "/people/class", **{"class": five_b, "do": "dance"}).status_code == 400
    assert send(signed, "/people/class", **{"class": "x", "do": "reopen"}).status_code == 404
    assert signed.browser.get("/people/learner/" + "0" * 32).status_code == 404
    assert names(signed) == NAMES


@pytest.mark.parametrize("name", [*HOSTILE, "a" + "\u0301" * 2_000, "\u202e\u202e", "x" * 5_000])
def test_hostile_names_come_through_every_page_as_text(signed, five_b, name):
    assert send(signed, "/people/class/add", **{"class-name": name}).status_code == 303
    added = add(signed, five_b, name=name, number="<b>7</b>")
    if added.status_code == 200:  # it looks like another
        _check(added.text)
        asked = {"how": "asked", "name-0": name[:200], "pick-0": "another"}
        added = add(signed, five_b, **asked)
    assert added.status_code == 303
    _check(signed.browser.get(f"/people?class={five_b}").text)
    row = next(row for row in signed.room.people.learners() if row.name not in NAMES)
    pid = signed.app.state.darasa.pids.pid_of(row.learner_id)
    for other in signed.room.people.classes():
        _check(signed.browser.get(f"/people/class?class={other.record_id.hex()}").text)
    _check(signed.browser.get(f"/people/learner/{pid}").text)
    _check(signed.browser.get(f"/people/add?class={five_b}").text)
    _check(add(signed, five_b, name=name).text)
    send(signed, "/people/change", learner=pid, do="off")
    _check(signed.browser.get("/people").text)
    _check(signed.browser.get("/people?off=1").text)
    _check(signed.browser.get(f"/people/learner/{pid}").text)


def test_the_packs_of_a_class_are_marked_on_its_page_and_shown_with_the_packs(signed, five_b):
    pack = signed.room.shelf.list()[0].id
    assert "5B" in signed.browser.get("/packs").text
    page = signed.browser.get(f"/people/class?class={five_b}").text
    assert f'name="p-{pack}" value="1"> ' in page
    form = {"class": five_b, "do": "courses"}
    assert send(signed, "/people/class", **form, **{f"p-{pack}": "1"}).status_code == 303
    page = signed.browser.get(f"/people/class?class={five_b}").text
    assert f'name="p-{pack}" value="1" checked>' in page
    assert signed.post("/people/undo", "/people", mark=undo_mark(signed)) == 303
    page = signed.browser.get(f"/people/class?class={five_b}").text
    assert f'name="p-{pack}" value="1" checked>' not in page


def test_what_is_typed_bears_the_name_of_who_typed_it_also_where_secrets_are_hashed(signed, five_b):
    me = next(row.record_id for row in signed.room.people.teachers())
    add(signed, five_b, name="Neema Paul")
    neema = signed.room.people.find("Neema Paul").learner_id
    send(signed, "/people/change", learner=signed.pid("Neema Paul"), do="number", number="7")
    signed.post("/people/pin", "/people", learner=signed.pid("Neema Paul"))
    record = signed.room.people.record_of(neema)
    assert {op.by for state in record.fields.values() for op in state.survivors} == {me}


def test_a_form_that_is_gone_back_to_and_changed_does_its_new_work(signed, five_b):
    number = "ef" * 12
    for name in ("Neema Paul", "Zuri Baya", "Neema Paul"):
        assert add(signed, five_b, name=name, once=number).status_code == 303
    assert names(signed).count("Neema Paul") == 1
    assert names(signed).count("Zuri Baya") == 1


def test_a_sign_in_that_is_asked_for_twice_is_given_once(signed):
    form = {"name": "Peter Lema", "post": "technician", "once": "ab" * 12}
    for _ in range(2):
        assert send(signed, "/staff/add", "/staff", **form).status_code == 303
    assert [row.name for row in signed.room.people.teachers()].count("Peter Lema") == 1
    page = signed.browser.get("/staff").text
    assert 'name="once"' in page.split('action="/staff/add"')[1]


def test_a_learners_page_leads_to_changing_her_for_those_who_may(signed):
    pid = signed.pid("Amina Kazungu")
    assert f'href="/people/learner/{pid}"' in signed.browser.get(f"/learner/{pid}").text


def test_those_off_the_lists_are_on_the_page_when_asked_for_and_a_hundred_at_a_time(signed, five_b):
    assert "Nobody is off the lists." in signed.browser.get("/people?off=1").text
    room, class_id = signed.room, bytes.fromhex(five_b)
    facts, left = [], [os.urandom(16) for _ in range(OFF_A_PAGE + 1)]
    for n, learner_id in enumerate(left):
        facts += room.people.learner_facts(learner_id, f"Gone {n:03}", class_id, None)
    room.record.record(*facts)
    for learner_id in left:
        take_off(room, learner_id)
    page = signed.browser.get("/people").text
    assert "Gone 0" not in page
    assert 'off=1#off">Off the lists' in page
    shown = [
        re.findall(r">(Gone \d+)<", signed.browser.get(f"/people?off={n}").text)
        for n in ("1", "2", "99", "x")
    ]
    names = [f"Gone {n:03}" for n in range(OFF_A_PAGE + 1)]
    assert shown == [names[:OFF_A_PAGE], names[-1:], names[-1:], names[:OFF_A_PAGE]]
