"""A teacher's own class and another's: every route about a class or learner, for each who asks."""

import pytest
from people_pages import send, text_of, undo_mark
from test_rights import SCHOOL, H, T, routes_of

from darasa.learning.kinds import Op
from darasa.learning.people import class_lists
from darasa.learning.people.class_courses import courses_of, set_courses
from darasa.learning.people.class_staff import set_teachers, share_classes, teachers_of
from darasa.learning.people.handover import end_sign_in

OK, NO = True, False
OWN, SHARED, OTHER = "own", "shared", "other"  # shared: another's, where the school lets look

PER_CLASS = {
    "GET /class": {OWN: OK, SHARED: OK, OTHER: NO},
    "GET /live": {OWN: OK, SHARED: OK, OTHER: NO},
    "GET /learner/{pid}": {OWN: OK, SHARED: OK, OTHER: NO},
    "GET /learner/{pid}/answer": {OWN: OK, SHARED: OK, OTHER: NO},
    "POST /learner/mark": {OWN: OK, SHARED: NO, OTHER: NO},
    "GET /class/observe": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /class/observe": {OWN: OK, SHARED: NO, OTHER: NO},
    "GET /people": {OWN: OK, SHARED: OK, OTHER: NO},
    "GET /skills": {OWN: OK, SHARED: OK, OTHER: NO},
    "GET /skills/one": {OWN: OK, SHARED: OK, OTHER: NO},
    "GET /groups": {OWN: OK, SHARED: OK, OTHER: NO},
    "GET /assign": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /assign": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /class/coming": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /class/tries": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /people/pin": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /people/unlock": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /people/sign-in": {OWN: OK, SHARED: NO, OTHER: NO},
    "GET /people/add": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /people/add": {OWN: OK, SHARED: NO, OTHER: NO},
    "GET /people/learner/{pid}": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /people/change": {OWN: OK, SHARED: NO, OTHER: NO},
    "GET /people/class": {OWN: OK, SHARED: NO, OTHER: NO},
    "POST /people/class": {OWN: OK, SHARED: NO, OTHER: NO},
    "GET /people/cards": {OWN: OK, SHARED: NO, OTHER: NO},
}
"""What a teacher reaches of a class; the head reaches all of it."""
WHOLE_SCHOOL = {
    "GET /again/{key}", "POST /sign-out", "POST /cable", "POST /people/keep",
    "POST /people/confirm", "POST /people/class/add", "POST /people/undo",
    "GET /people/newcomer/{pid}", "POST /people/newcomer",  # of no class; see test_newcomers
    "GET /computers", "POST /computers/code", "GET /computers/remove", "POST /computers/remove",
    "POST /computers/accept", "POST /computers/back", "GET /packs",
    "GET /staff", "POST /staff/add", "POST /staff/end", "POST /staff/back",
    "POST /staff/passphrase",
    "POST /staff/sharing", "GET /staff/handover", "POST /staff/handover",
    "GET /clock", "POST /clock",
    "GET /questions", "POST /questions",  # of every class: a question is the same for all
    "GET /fits", "GET /fits/one", "POST /fits",  # what weighs every answer of the school alike
    # a list of any classes; which of them may be written is in test_roster_import
    "GET /people/import", "POST /people/import", "POST /people/import/drop",
    "GET /people/import/columns", "POST /people/import/columns",
    "GET /people/import/preview", "POST /people/import/preview", "GET /people/import/done",
}  # fmt: skip
"""Routes that show or change nothing of one class or learner."""


@pytest.fixture
def two(school):
    """A school where Grace has 5B and Peter has 6A with Zuri in it; Grace Otieno is the head."""
    people = school.room.people
    grace = people.add_teacher("Grace Lema", "long enough it is")
    peter = people.add_teacher("Peter Lema", "long enough it is")
    other = people.add_class("6A")
    people.add_learner("Zuri Baya", other, pin="5937")
    set_teachers(school.room, school.room.people.find_class("5B").record_id, [grace])
    set_teachers(school.room, other, [peter])
    return school


def an_answer(place, learner):
    """The place of an answer of hers, as an address has it."""
    learner_id = place.room.people.find(learner).learner_id
    if not place.room.weighed(learner_id):
        place.answer(learner, right=True)
    stored = place.room.weighed(learner_id)[0].stored
    return f"log={stored.log_id.hex()}&seq={stored.seq}"


def ask(place, route, name, learner):
    """The status of a request about that class and learner, well formed and harmless."""
    class_id = place.room.people.find_class(name).record_id.hex()
    pid = place.pid(learner)
    method, path = route.split()
    if method == "GET":
        path = path.replace("{pid}", pid)
        more = "&once=1" if path == "/live" else ""
        if path.endswith("/answer"):
            more = f"&{an_answer(place, learner)}"
        answer = place.browser.get(f"{path}?class={class_id}{more}", follow_redirects=False)
        return answer.status_code
    fields = {"class": class_id, "learner": pid, "who": f"{pid} stuck", "do": "rename"}
    pack = place.room.packs()[0]
    skill = f"{pack.id}/{next(iter(pack.skills))}"
    if path == "/learner/mark":
        fields |= {"do": "say-got", "skill": skill}
    elif path == "/class/observe":
        fields |= {"seen": "paper-right", "skill": skill, f"who-{pid}": "1"}
    elif path == "/assign":
        fields |= {"do": "set", "whom": "some", f"s-{skill}": "1", f"who-{pid}": "1"}
    return send(place, path, name=f"{name} x", how="one", **fields).status_code


def test_every_route_says_whether_it_is_of_one_class(school):
    of_school = {route for route in routes_of(school) if route in SCHOOL}
    assert of_school == set(PER_CLASS) | WHOLE_SCHOOL
    assert not set(PER_CLASS) & WHOLE_SCHOOL


@pytest.mark.parametrize("whose", [OWN, SHARED, OTHER])
@pytest.mark.parametrize("route", [*PER_CLASS])
def test_a_teacher_reaches_her_class_and_of_anothers_what_the_school_allows(two, route, whose):
    share_classes(two.room, shared=whose == SHARED)
    two.sign_in_at_once("Grace Lema")
    about = ("5B", "Amina Kazungu") if whose == OWN else ("6A", "Zuri Baya")
    assert (ask(two, route, *about) != 403) == PER_CLASS[route][whose]


@pytest.mark.parametrize("route", [*PER_CLASS])
def test_the_head_reaches_every_class(two, route):
    two.sign_in_at_once()
    for about in (("5B", "Amina Kazungu"), ("6A", "Zuri Baya")):
        assert ask(two, route, *about) in {200, 303}


def test_a_teacher_finds_her_own_classes_and_no_name_of_others(two):
    two.sign_in_at_once("Grace Lema")
    for path in ("/class", "/people", "/packs", "/skills", "/groups", "/assign"):
        page = two.browser.get(path).text
        assert "5B" in page
        assert "6A" not in page
        assert "Zuri" not in page
    share_classes(two.room, shared=True)
    assert "6A" in two.browser.get("/people").text


def test_a_class_that_nobody_is_put_down_for_is_every_teachers(two):
    two.room.people.add_class("7C")
    two.sign_in_at_once("Grace Lema")
    assert "7C" in two.browser.get("/people").text


def test_a_class_whose_only_teacher_left_is_not_locked(two):
    peter = next(row for row in two.room.people.teachers() if row.name == "Peter Lema")
    end_sign_in(two.room, peter)
    two.sign_in_at_once("Grace Lema")
    assert ask(two, "GET /people/class", "6A", "Zuri Baya") == 200


def test_several_teachers_have_a_class_and_a_learner_of_two_classes_is_both_teachers(two):
    peter = next(row for row in two.room.people.teachers() if row.name == "Peter Lema")
    grace = next(row for row in two.room.people.teachers() if row.name == "Grace Lema")
    five_b = two.room.people.find_class("5B").record_id
    set_teachers(two.room, five_b, [grace.record_id, peter.record_id])
    assert [row.name for row in teachers_of(two.room, five_b)] == ["Grace Lema", "Peter Lema"]
    two.sign_in_at_once("Peter Lema")
    assert ask(two, "POST /people/pin", "5B", "Amina Kazungu") == 303
    set_teachers(two.room, five_b, [grace.record_id])
    assert ask(two, "POST /people/pin", "5B", "Amina Kazungu") == 403
    amina = two.room.people.find("Amina Kazungu").learner_id
    class_lists.also_in(two.room, amina, two.room.people.find_class("6A").record_id)
    assert ask(two, "POST /people/pin", "5B", "Amina Kazungu") == 303


def test_nobody_types_her_way_to_a_learner_of_another_class(two):
    five_b = two.room.people.find_class("5B").record_id.hex()
    two.sign_in_at_once("Grace Lema")
    form = {"class": five_b, "how": "one", "name": "Zuri Baya"}
    asked = send(two, "/people/add", **form)
    assert "in a class that is not yours" in text_of(asked.text)
    assert two.pid("Zuri Baya") not in asked.text
    forged = {"how": "asked", "name-0": "Zuri Baya", "pick-0": two.pid("Zuri Baya")}
    assert send(two, "/people/add", **form | forged).status_code == 403
    assert [row.name for row in two.room.people.learners() if row.name == "Zuri Baya"]
    zuri = two.room.people.find("Zuri Baya")
    assert zuri.class_name == "6A"


def test_a_learner_is_not_moved_out_of_a_class_of_another_teacher(two):
    amina = two.room.people.find("Amina Kazungu").learner_id
    five_b, six_a = (two.room.people.find_class(name).record_id for name in ("5B", "6A"))
    class_lists.also_in(two.room, amina, six_a)
    two.sign_in_at_once("Grace Lema")
    pid, form = two.pid("Amina Kazungu"), {"class": five_b.hex()}
    assert send(two, "/people/change", learner=pid, do="move", **form).status_code == 403
    out = {"learner": pid, "do": "out", "class": six_a.hex()}
    assert send(two, "/people/change", **out).status_code == 403
    assert "Amina Kazungu" in [row.name for row in two.room.people.learners(six_a)]


def test_a_teacher_does_not_put_herself_down_for_a_class(two):
    two.sign_in_at_once("Grace Lema")
    grace = next(row for row in two.room.people.teachers() if row.name == "Grace Lema")
    for name in ("5B", "6A"):
        class_id = two.room.people.find_class(name).record_id.hex()
        form = {"class": class_id, "do": "teachers", f"t-{grace.record_id.hex()}": "1"}
        assert send(two, "/people/class", **form).status_code == 403
    two.sign_in_at_once()
    form = {"class": class_id, "do": "teachers", f"t-{grace.record_id.hex()}": "1"}
    assert send(two, "/people/class", **form).status_code == 303
    assert [row.name for row in teachers_of(two.room, bytes.fromhex(class_id))] == ["Grace Lema"]
    assert two.post("/people/undo", "/people", mark=undo_mark(two)) == 303
    assert [row.name for row in teachers_of(two.room, bytes.fromhex(class_id))] == ["Peter Lema"]


def test_who_makes_a_class_teaches_it_and_the_head_does_not(two):
    two.sign_in_at_once("Grace Lema")
    assert send(two, "/people/class/add", **{"class-name": "Chess club"}).status_code == 303
    club = two.room.people.find_class("Chess club").record_id
    assert [row.name for row in teachers_of(two.room, club)] == ["Grace Lema"]
    two.sign_in_at_once()
    send(two, "/people/class/add", **{"class-name": "7C"})
    assert teachers_of(two.room, two.room.people.find_class("7C").record_id) == []


def test_a_closed_class_opens_for_those_who_had_it(two):
    six_a = two.room.people.find_class("6A").record_id
    class_lists.close_class(two.room, six_a)
    form = {"class": six_a.hex(), "do": "reopen"}
    two.sign_in_at_once("Grace Lema")
    assert send(two, "/people/class", **form).status_code == 403
    assert "Open again" not in two.browser.get("/people").text
    two.sign_in_at_once("Peter Lema")
    assert "Open again" in two.browser.get("/people").text
    assert send(two, "/people/class", **form).status_code == 303


def test_an_open_page_ends_when_the_class_goes_to_another(two):
    two.sign_in_at_once("Grace Lema")
    assert ask(two, "GET /live", "5B", "Amina Kazungu") == 200
    peter = next(row for row in two.room.people.teachers() if row.name == "Peter Lema")
    set_teachers(two.room, two.room.people.find_class("5B").record_id, [peter.record_id])
    assert ask(two, "GET /live", "5B", "Amina Kazungu") == 403


def test_the_roles_of_the_table_are_those_of_teachers(two):
    assert {T, H} == set.union(*(SCHOOL[route] for route in PER_CLASS))


def test_who_may_only_look_is_offered_nothing_to_press(two):
    share_classes(two.room, shared=True)
    computer = two.add_computer("PC 07")
    two.answer("Zuri Baya", right=False, times=3)
    two.sit_down("Zuri Baya", computer.node_id)
    six_a = two.room.people.find_class("6A").record_id.hex()
    for name, buttons in (("Peter Lema", 1), ("Grace Lema", 0)):
        two.sign_in_at_once(name)
        page = two.browser.get(f"/class?class={six_a}").text
        assert "1 learner needs you." in page
        assert page.count(">Coming<") == buttons
        live = two.browser.get(f"/live?class={six_a}&once=1").text
        assert "Zuri" in live
        assert live.count(">Coming<") == buttons
    page = two.browser.get(f"/people?class={six_a}").text
    assert "You may look at this class." in page
    assert "New PIN" not in page
    assert "/people/pin" not in page
    assert "/people/pin" not in two.browser.get(f"/learner/{two.pid('Zuri Baya')}").text


def test_a_teacher_without_a_class_is_told_so(two):
    people = two.room.people
    people.add_teacher("Asha Lema", "long enough it is")
    two.sign_in_at_once("Asha Lema")
    for path in ("/class", "/people"):
        page = two.browser.get(path).text
        assert "No class is yours yet." in page
        assert "roster import" not in page


def test_what_two_people_changed_is_settled_by_those_whose_it_is(two):
    room = two.room
    six_a, zuri = room.people.find_class("6A").record_id, room.people.find("Zuri Baya").learner_id
    peter = next(row.record_id for row in room.people.teachers() if row.name == "Peter Lema")
    sealed = room.people.facts.sealed
    room.record.record(
        (None, Op(six_a, "class.name", "6 Red", ())),
        (zuri, Op(zuri, "learner.name", sealed(zuri, "learner.name", "Zuri Bahati"), ())),
        (None, Op(peter, "teacher.name", sealed(peter, "teacher.name", "P. Lema"), ())),
    )
    conflicts = {each.field: each for each in room.people.conflicts()}
    assert len(conflicts) == 3
    hers = {"Grace Lema": set(), "Peter Lema": {"class.name", "learner.name"}}
    for name, fields in (*hers.items(), ("Grace Otieno", set(conflicts))):
        two.sign_in_at_once(name)
        page = two.browser.get("/people").text
        shown = {field for field, each in conflicts.items() if each.choices[0].chain8.hex() in page}
        assert shown == fields
    two.sign_in_at_once("Grace Lema")
    for each in conflicts.values():
        choice = each.choices[1].chain8.hex()
        assert two.post("/people/keep", "/people", choice=choice) == 409
    assert len(room.people.conflicts()) == 3
    two.sign_in_at_once("Peter Lema")
    choice = conflicts["class.name"].choices[1].chain8.hex()
    assert two.post("/people/keep", "/people", choice=choice) == 303


def test_who_teaches_a_class_is_changed_by_two_heads_without_undoing_each_other(two):
    room = two.room
    ids = {row.name: row.record_id.hex() for row in room.people.teachers()}
    five_b = room.people.find_class("5B").record_id
    two.sign_in_at_once()
    page = two.browser.get(f"/people/class?class={five_b.hex()}").text
    assert f'name="was" value="{ids["Grace Lema"]}"' in page
    form = {"class": five_b.hex(), "do": "teachers", "was": ids["Grace Lema"]}
    first = {f"t-{ids['Peter Lema']}": "1"}  # one takes Grace out and puts Peter in
    assert send(two, "/people/class", **form, **first).status_code == 303
    late = {f"t-{ids['Grace Lema']}": "1", f"t-{ids['Grace Otieno']}": "1"}  # the other adds
    assert send(two, "/people/class", **form, **late).status_code == 303
    assert [row.name for row in teachers_of(room, five_b)] == ["Grace Otieno", "Peter Lema"]


def test_packs_that_two_teachers_set_for_a_class_are_both_set(two):
    five_b = two.room.people.find_class("5B").record_id
    pack = two.room.shelf.list()[0].id
    set_courses(two.room, five_b, ["another-pack"])
    two.sign_in_at_once("Grace Lema")
    form = {"class": five_b.hex(), "do": "courses", f"p-{pack}": "1"}
    assert send(two, "/people/class", **form, was="").status_code == 303
    assert set(courses_of(two.room, five_b)) == {pack, "another-pack"}
    assert send(two, "/people/class", **form, was=f"{pack} another-pack").status_code == 303
    assert courses_of(two.room, five_b) == (pack,)
