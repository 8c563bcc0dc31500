"""The page Assign, as a teacher's browser gets it."""

import re

import pytest
from people_pages import send, text_of, undo_mark

from darasa.learning import marking
from darasa.learning.acting import acting_as
from darasa.learning.assigning.acts import Wanted, assign
from darasa.learning.assigning.report import class_assignments
from darasa.learning.kinds import Op
from darasa.learning.people.class_staff import set_teachers
from darasa.learning.planning.day_ends import day_of, end_of_day
from darasa.learning.records import ASSIGNMENT_UNTIL

PARTS, SAME = ("fractions-p5", "parts"), ("fractions-p5", "same-size")
S_PARTS = "s-fractions-p5/parts"


@pytest.fixture
def teacher(school):
    school.sign_in_at_once()
    return school


def rows(place):
    return class_assignments(place.room, place.class_id).rows


def put(place, **fields):
    form = {"class": place.class_id.hex(), "do": "set", "whom": "class", **fields}
    return send(place, "/assign", **form)


def fields_of(page):
    """What is ticked in the form of a page."""
    return set(re.findall(r'name="([^"]+)"[^>]*value="[^"]*" checked', page))


def test_a_skill_is_set_for_the_class_until_a_day_and_told_in_one_line(teacher):
    last = day_of(teacher.clock.wall_ms() + 3 * 86_400_000)
    answer = put(teacher, **{S_PARTS: "1", "until": last.isoformat(), "title": "Market week"})
    assert answer.status_code == 303
    page = text_of(teacher.browser.get(answer.headers["location"]).text)
    assert re.search(r"Market week for all of 5B, until \w+ \d+ \w+\.", page)
    [row] = rows(teacher)
    assert [each.key for each in row.skills] == [PARTS]
    assert (row.for_all, row.until_ms, row.by) == (True, end_of_day(last), "Grace Otieno")
    assert "0 of 3 have got all of it." in page
    assert re.search(r"For all of 5B\. Until \w+ \d+ \w+\. Set by Grace Otieno\.", page)


def test_a_whole_unit_is_set_for_those_ticked_in_the_order_of_the_course(teacher):
    pid = teacher.pid("Juma Ali")
    answer = put(teacher, **{"u-fractions-p5/0": "1", "whom": "some", f"who-{pid}": "1"})
    assert answer.status_code == 303
    [row] = rows(teacher)
    pack = teacher.room.packs()[0]
    unit = next(iter(pack.skills.values())).unit
    assert [k.key[1] for k in row.skills] == [
        skill.id for skill in pack.skills.values() if skill.unit == unit
    ]
    assert [who.name for who in row.learners] == ["Juma Ali"]
    assert "for 1 learner." in text_of(teacher.browser.get(answer.headers["location"]).text)


def test_how_many_have_got_it_is_on_the_page_and_who_has_beside_the_names(teacher):
    put(teacher, **{S_PARTS: "1"})
    marking.judge(teacher.room, teacher.room.people.find("Juma Ali").learner_id, PARTS, "got")
    class_id = teacher.class_id.hex()
    page = teacher.browser.get(f"/assign?class={class_id}&skill=fractions-p5/parts").text
    assert "1 of 3 have got all of it." in text_of(page)
    assert re.search(r"Juma Ali has got it", text_of(page))
    assert "Amina Kazungu has got it" not in text_of(page)
    assert fields_of(page) == {"whom", S_PARTS}


def test_it_is_changed_and_ended_and_each_is_taken_back(teacher):
    put(teacher, **{S_PARTS: "1"})
    [row] = rows(teacher)
    record, class_id = row.record_id.hex(), teacher.class_id.hex()
    page = teacher.browser.get(f"/assign?class={class_id}&change={record}").text
    assert fields_of(page) == {"whom", S_PARTS}
    pid = teacher.pid("Amina Kazungu")
    more = {"do": "change", "record": record, "whom": "some", f"who-{pid}": "1", S_PARTS: "1"}
    assert put(teacher, title="Again", **more).status_code == 303
    assert [(each.title, each.for_all, len(each.learners)) for each in rows(teacher)] == [
        ("Again", False, 1)
    ]
    page = teacher.browser.get(f"/assign?class={class_id}&change={record}").text
    assert fields_of(page) == {"whom", S_PARTS, f"who-{pid}"}
    mark = undo_mark(teacher, f"/assign?class={class_id}")
    send(teacher, "/people/undo", mark=mark, to="/assign")
    assert [(each.title, each.for_all) for each in rows(teacher)] == [(row.title, True)]
    put(teacher, do="end", record=record)
    assert rows(teacher) == ()
    assert put(teacher, do="end", record=record).status_code == 404
    send(teacher, "/people/undo", mark=undo_mark(teacher, f"/assign?class={class_id}"), to="/x")
    assert [each.record_id for each in rows(teacher)] == [row.record_id]


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_set(teacher):
    pid = teacher.pid("Juma Ali")
    for fields, words in (
        ({}, "Choose at least one skill."),
        ({S_PARTS: "1", "whom": "some"}, "Tick at least one learner"),
        ({S_PARTS: "1", "until": "2020-01-01"}, "Choose today or a later day"),
        ({S_PARTS: "1", "until": "<b>"}, "Choose today or a later day"),
        ({"s-fractions-p5/flying": "1"}, "Choose at least one skill."),
        ({S_PARTS: "1", f"who-{pid}": "1"}, "Names are ticked."),
    ):
        answer = put(teacher, title="Kept", **fields)
        assert answer.status_code == 422
        assert words in text_of(answer.text)
        assert 'value="Kept"' in answer.text
    assert put(teacher, do="fly").status_code == 400
    assert rows(teacher) == ()


def test_how_many_computers_have_met_the_server_since_is_said(teacher):
    teacher.add_computer("PC 1")
    teacher.clock.advance(1_000)
    put(teacher, **{S_PARTS: "1"})
    assert "0 of 1 computer has met this server since." in text_of(
        teacher.browser.get("/assign").text
    )


def test_a_form_sent_twice_sets_it_once(teacher):
    number = "a" * 24
    for _ in range(2):
        assert put(teacher, once=number, **{S_PARTS: "1"}).status_code == 303
    assert len(rows(teacher)) == 1


def test_the_class_a_skill_and_a_group_lead_there(teacher):
    class_id = teacher.class_id.hex()
    assert f"/assign?class={class_id}" in teacher.browser.get("/class").text
    page = teacher.browser.get(f"/skills/one?class={class_id}&skill=fractions-p5/parts").text
    assert f"/assign?class={class_id}&amp;skill=fractions-p5/parts#form" in page
    page = teacher.browser.get(f"/groups?class={class_id}&by=free").text
    link = re.search(r'href="(/assign[^"#]*)#form">Set for these learners', page)[1]
    form = teacher.browser.get(link.replace("&amp;", "&")).text
    assert {f"who-{teacher.pid(name)}" for name in ("Amina Kazungu", "Juma Ali")} <= fields_of(form)
    assert 'value="some" checked' in form


def test_what_another_class_has_is_not_changed_from_here(teacher):
    people = teacher.room.people
    other = people.add_class("6A")
    record_id, _ = assign(teacher.room, other, Wanted((PARTS,)))
    for do in ("end", "change"):
        answer = put(teacher, do=do, record=record_id.hex(), **{S_PARTS: "1"})
        assert answer.status_code == 404
    assert len(class_assignments(teacher.room, other).rows) == 1


def test_a_hostile_title_is_text_and_its_time_may_be_over(teacher):
    hostile = "<script>alert(1)</script>\x1b[31m\u202e\"&'{{7*7}}"
    put(teacher, title=hostile, until=day_of(teacher.clock.wall_ms()).isoformat(), **{S_PARTS: "1"})
    assert "&lt;script&gt;alert(1)" in teacher.browser.get("/assign").text
    teacher.clock.advance(2 * 86_400_000)
    teacher.sign_in_at_once()
    page = teacher.browser.get("/assign")
    assert "<script>alert" not in page.text
    assert "\x1b" not in page.text
    assert "Its time is over" in page.text


def test_who_left_is_named_so_and_a_class_without_anybody_says_so(teacher):
    gone = teacher.room.people.add_teacher("Peter Lema", "long enough it is")
    with acting_as(gone):
        assign(teacher.room, teacher.class_id, Wanted((SAME,)))
    other = teacher.room.people.add_class("7C")
    page = text_of(teacher.browser.get(f"/assign?class={other.hex()}").text)
    assert "Nobody is in this class yet." in page
    assert "Nothing is set for this class." in page


def test_what_two_changed_apart_is_on_people_for_its_classs_teacher_alone(teacher):
    people = teacher.room.people
    grace = people.add_teacher("Grace Lema", "long enough it is")
    peter = people.add_teacher("Peter Lema", "long enough it is")
    set_teachers(teacher.room, teacher.class_id, [grace])
    set_teachers(teacher.room, people.add_class("6A"), [peter])
    record_id, _ = assign(teacher.room, teacher.class_id, Wanted((PARTS,), "Market week", 1 << 41))
    seen = people.record_of(record_id).chains(ASSIGNMENT_UNTIL)
    for until_ms in (1_900_000_000_000, 1_901_000_000_000):
        teacher.room.record.record((None, Op(record_id, ASSIGNMENT_UNTIL, until_ms, seen)))
    for name, sees in (("Grace Otieno", True), ("Grace Lema", True), ("Peter Lema", False)):
        teacher.sign_in_at_once(name)
        page = text_of(teacher.browser.get("/people").text)
        assert ("Changed twice: Market week" in page) == sees
        assert ("2030-03-1" in page) == sees


def page_to_change(place, record):
    """The form as it is shown now: its hidden mark."""
    page = place.browser.get(f"/assign?class={place.class_id.hex()}&change={record}").text
    (was,) = re.findall(r'name="was" value="(\w+)"', page)
    return was


def test_what_somebody_else_changed_meanwhile_is_not_undone_in_silence(teacher):
    put(teacher, **{S_PARTS: "1", "title": "Market week"})
    [row] = rows(teacher)
    record = row.record_id.hex()
    was = page_to_change(teacher, record)
    change = {"do": "change", "record": record, "was": was, S_PARTS: "1"}
    pack = teacher.room.packs()[0]
    second = (pack.id, list(pack.skills)[1])
    more = {"title": "Market week", f"s-{'/'.join(second)}": "1"}
    assert put(teacher, **change, **more).status_code == 303
    late = put(teacher, **change, title="Market days")
    assert late.status_code == 422
    assert "Somebody changed this meanwhile" in text_of(late.text)
    assert 'value="Market days"' in late.text
    assert [each.key for each in rows(teacher)[0].skills] == [PARTS, second]
    (now,) = re.findall(r'name="was" value="(\w+)"', late.text)
    assert put(teacher, **change | {"was": now}, title="Market days").status_code == 303
    [row] = rows(teacher)
    assert (row.own_title, [each.key for each in row.skills]) == ("Market days", [PARTS])


def test_skills_of_a_pack_that_is_not_on_the_form_stay_set(teacher):
    other = ("another-pack", "counting")
    assign(teacher.room, teacher.class_id, Wanted((PARTS, other), title="Both"))
    record = rows(teacher)[0].record_id.hex()
    was = page_to_change(teacher, record)
    form = {"do": "change", "record": record, "was": was, S_PARTS: "1", "title": "Both packs"}
    assert put(teacher, **form).status_code == 303
    [row] = rows(teacher)
    assert (row.own_title, [each.key for each in row.skills]) == ("Both packs", [PARTS, other])
