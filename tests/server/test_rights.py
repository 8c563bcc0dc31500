"""Every route and every role: the table of who reaches what, written out."""

import pytest
from people_pages import undo_mark
from starlette.routing import Route

from darasa.learning.kinds import Op
from darasa.learning.records import TEACHER_ROLE
from darasa.learning.rights import Post, posts_at
from darasa.learning.signing_in.desk import Teacher, WrongSecret
from darasa.sync.ids import Role

OUT, IN, LED = 403, 200, 303  # refused; answered; led to the sign-in
OPEN = {
    "GET /",
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/wait",
    "GET /health",
    "GET /static/{name}",
}
"""Who is not signed in reaches these, and no name of a learner is on them."""
HERE_ONLY = {"GET /metrics"}
NODES = {"POST /sync/1", "POST /enrol/1/start", "POST /enrol/1/finish", "GET /channel"}
"""Between nodes: each proves its key, or a code."""
PROVED = {"GET /packs/", "GET /packs/{pack_id}.pack", "GET /packs/blobs/{sha256}"}

T, H, X, O = Post.TEACHER, Post.HEAD, Post.TECHNICIAN, Post.OFFICER  # noqa: E741
TEACH = {T, H}
ALL = {T, H, X}
SCHOOL = {
    "POST /sign-out": ALL,
    "GET /again/{key}": ALL,
    "GET /class": TEACH,
    "POST /class/coming": TEACH,
    "POST /class/tries": TEACH,
    "POST /cable": TEACH,
    "GET /learner/{pid}": TEACH,
    "GET /learner/{pid}/answer": TEACH,
    "POST /learner/mark": TEACH,
    "GET /class/observe": TEACH,
    "POST /class/observe": TEACH,
    "GET /questions": TEACH,
    "POST /questions": TEACH,
    "GET /fits": TEACH,
    "GET /fits/one": TEACH,
    "POST /fits": {H},
    "GET /assign": TEACH,
    "POST /assign": TEACH,
    "GET /skills": TEACH,
    "GET /skills/one": TEACH,
    "GET /groups": TEACH,
    "GET /live": TEACH,
    "GET /people": TEACH,
    "POST /people/pin": TEACH,
    "POST /people/unlock": TEACH,
    "POST /people/sign-in": TEACH,
    "POST /people/keep": TEACH,
    "POST /people/confirm": TEACH,
    "GET /people/add": TEACH,
    "POST /people/add": TEACH,
    "GET /people/learner/{pid}": TEACH,
    "POST /people/change": TEACH,
    "GET /people/class": TEACH,
    "POST /people/class": TEACH,
    "POST /people/class/add": TEACH,
    "GET /people/cards": TEACH,
    "GET /people/newcomer/{pid}": TEACH,
    "POST /people/newcomer": TEACH,
    "POST /people/undo": TEACH,
    "GET /people/import": TEACH,
    "POST /people/import": TEACH,
    "GET /people/import/columns": TEACH,
    "POST /people/import/columns": TEACH,
    "GET /people/import/preview": TEACH,
    "POST /people/import/preview": TEACH,
    "GET /people/import/done": TEACH,
    "POST /people/import/drop": TEACH,
    "GET /computers": ALL,
    "POST /computers/code": ALL,
    "GET /computers/remove": ALL,
    "POST /computers/remove": ALL,
    "POST /computers/accept": TEACH,
    "POST /computers/back": ALL,
    "GET /packs": ALL,
    "GET /clock": {H},
    "POST /clock": {H},
    "GET /staff": {H},
    "POST /staff/add": {H},
    "POST /staff/end": {H},
    "POST /staff/back": {H},
    "POST /staff/passphrase": {H},
    "POST /staff/sharing": {H},
    "GET /staff/handover": {H},
    "POST /staff/handover": {H},
}
UPLOADS = {"POST /people/import"}
"""Forms with a file in them."""
HUB = {
    "POST /sign-out": {O},
    "GET /again/{key}": {O},
    "GET /hub": {O},
    "POST /hub/code": {O},
    "GET /clock": {O},
    "POST /clock": {O},
}


def routes_of(place):
    return {
        f"{method} {route.path}"
        for route in place.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }


def ask(place, route, *, token):
    """The status of a request that is well formed but names nothing."""
    method, path = route.split()
    path = path.replace("{pid}", "0" * 32).replace("{key}", "0" * 32)
    if method == "GET":
        return place.browser.get(path, follow_redirects=False).status_code
    form = {"token": token}
    if route in UPLOADS:
        sent = place.browser.post(path, data=form, files={"file": b""}, follow_redirects=False)
        return sent.status_code
    return place.browser.post(path, data=form, follow_redirects=False).status_code


def signed_in(place, post):
    """The token of a session of that role."""
    name = f"A {post}"
    account = place.room.people.add_teacher(name, "long enough it is", post=post)
    darasa = place.app.state.darasa
    session = darasa.sessions.open(account, name)
    place.browser.cookies.set(darasa.cookie_name, darasa.sessions.cookie_of(session))
    return session.token


@pytest.mark.parametrize("kind", ["school", "hub"])
def test_every_route_is_in_the_table(kind, request):
    table = SCHOOL if kind == "school" else HUB
    told = routes_of(request.getfixturevalue(kind))
    assert told - OPEN - HERE_ONLY - NODES - PROVED == set(table)


@pytest.mark.parametrize("route", [*SCHOOL])
def test_nobody_reaches_a_page_without_signing_in(school, route):
    assert ask(school, route, token="") in {LED, OUT}


@pytest.mark.parametrize("post", posts_at(Role.SCHOOL))
@pytest.mark.parametrize("route", [*SCHOOL])
def test_each_role_at_a_school_reaches_what_is_hers_and_nothing_else(school, route, post):
    status = ask(school, route, token=signed_in(school, post))
    assert (status != OUT) == (post in SCHOOL[route])


@pytest.mark.parametrize("route", [*HUB])
def test_an_officer_reaches_the_hub(hub, route):
    assert ask(hub, route, token=signed_in(hub, O)) != OUT


def test_a_role_of_a_later_version_reaches_nothing(school):
    token = signed_in(school, T)
    (row,) = [each for each in school.room.people.teachers() if each.name == "A teacher"]
    seen = school.room.people.record_of(row.record_id).chains(TEACHER_ROLE)
    school.room.record.record((None, Op(row.record_id, TEACHER_ROLE, "inspector", seen)))
    assert {ask(school, route, token=token) for route in SCHOOL if "sign-out" not in route} == {OUT}


def test_the_menu_has_what_the_role_reaches(school):
    signed_in(school, X)
    page = school.browser.get("/computers").text
    assert 'href="/packs"' in page
    assert 'href="/class"' not in page
    assert 'href="/staff"' not in page


def test_a_technician_begins_at_the_computers(school):
    signed_in(school, X)
    answer = school.browser.get("/sign-in", follow_redirects=False)
    assert answer.headers["location"] == "/computers"


def test_the_head_gives_a_sign_in_and_ends_it_at_once(school):
    signed_in(school, H)
    form = {"name": "Peter Lema", "post": "technician", "once": "ab" * 12}
    assert school.post("/staff/add", "/staff", **form) == LED
    page = school.browser.get("/staff").text
    assert "Passphrase for Peter Lema" in page
    assert "Passphrase for Peter Lema" not in school.browser.get("/staff").text
    (peter,) = [each for each in school.room.people.teachers() if each.name == "Peter Lema"]
    assert peter.role == X
    darasa = school.app.state.darasa
    session = darasa.sessions.open(peter.record_id, "Peter Lema")
    assert school.post("/staff/end", "/staff", who=peter.record_id.hex()) == LED
    school.browser.cookies.set(darasa.cookie_name, darasa.sessions.cookie_of(session))
    answer = school.browser.get("/computers", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (LED, "/sign-in?next=/computers")
    assert darasa.sessions.count_of(peter.record_id) == 0


def test_the_head_gives_who_forgot_it_another_passphrase_which_can_be_taken_back(school):
    signed_in(school, H)
    first = "correct horse battery"
    peter = school.room.people.add_teacher("Peter Lema", first)
    for _ in range(5):  # as one who forgot it does: a pause begins
        school.room.desk.try_teacher("Peter Lema", "I forgot it all")
    darasa = school.app.state.darasa
    darasa.sessions.open(peter, "Peter Lema")
    form = {"who": peter.hex(), "once": "cd" * 12}
    assert school.post("/staff/passphrase", "/staff", **form) == LED
    page = school.browser.get("/staff").text
    shown = page.split('<p class="code">')[1].split("</p>")[0]
    assert darasa.sessions.count_of(peter) == 0
    assert isinstance(school.room.desk.try_teacher("Peter Lema", shown), Teacher)
    assert isinstance(school.room.desk.try_teacher("Peter Lema", first), WrongSecret)
    mark = undo_mark(school, "/staff")
    assert school.post("/people/undo", "/staff", to="/staff", mark=mark) == LED
    assert isinstance(school.room.desk.try_teacher("Peter Lema", first), Teacher)


def test_a_new_passphrase_for_oneself_signs_the_other_browsers_out_and_not_this_one(school):
    signed_in(school, H)
    (me,) = [each for each in school.room.people.teachers() if each.name == "A head"]
    darasa = school.app.state.darasa
    darasa.sessions.open(me.record_id, "A head")
    form = {"who": me.record_id.hex(), "once": "ef" * 12}
    assert school.post("/staff/passphrase", "/staff", **form) == LED
    assert "Passphrase for A head" in school.browser.get("/staff").text
    assert darasa.sessions.count_of(me.record_id) == 1


def test_the_only_head_cannot_be_ended(school):
    signed_in(school, H)
    for row in school.room.people.teachers():
        if row.role == H and row.name != "A head":
            assert school.post("/staff/end", "/staff", who=row.record_id.hex()) == LED
    (me,) = [each for each in school.room.people.teachers() if each.role == H]
    assert school.post("/staff/end", "/staff", who=me.record_id.hex()) == 409
    assert school.room.people.teacher(me.record_id) is not None
