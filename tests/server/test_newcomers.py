"""The page of learners who began at a computer: shown with what they did, put on a list, joined."""

import os

import pytest
from people_pages import class_id, names, send, text_of, undo_mark
from test_hostile_text import HOSTILE, _check

from darasa.learning.classroom import Classroom
from darasa.learning.people.class_staff import set_teachers
from darasa.learning.people.newcomers import newcomers, start_newcomer
from darasa.sync.contacts import PeerRow
from darasa.sync.home import Home, Peer
from darasa.sync.ids import Role
from darasa.sync.signing import issue_certificate
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.responder import Responder


@pytest.fixture
def newcomer(school):
    """newcomer(name, computer): somebody begins there, and the computer meets the school."""
    school.sign_in_at_once()

    def make(name, computer="Lab PC 07"):
        home = Home.in_memory(role=Role.COMPUTER, name=computer, rng=os.urandom)
        above, clock = school.room.home, school.clock
        certificate = issue_certificate(
            above.node_key,
            subject_public=home.node_key.public,
            role=Role.COMPUTER,
            school_id=above.school_id,
        )
        row = PeerRow(home.node_id, above.school_id, Role.COMPUTER, computer, clock.wall_ms())
        with school.room.store.transaction() as tx:
            tx.put_certificate(certificate)
            tx.put_peer(row)
        peer = Peer(
            url="http://127.0.0.1:1",
            node_id=above.node_id,
            public_key=above.node_key.public,
            name=above.name,
            role=above.role,
            certificate=above.certificate,
        )
        home.save_peer(
            peer, certificate=certificate, school_id=above.school_id, seal_public=above.seal_public
        )
        with Classroom.in_memory(
            role=Role.COMPUTER, clock=clock, rng=os.urandom, home=home
        ) as room:
            learner_id = start_newcomer(room, name).learner_id
            room.record.sign_in(learner_id, "guest")
            responder = Responder(
                above, school.room.store, hooks=school.room.hooks, clock=clock, rng=os.urandom
            )
            report = Exchange(home, room.store, peer, hooks=room.hooks, clock=clock).run(
                lambda body: [responder.handle([body])]
            )
            assert report.ok, report.error
        return learner_id

    return make


def pid(school, learner_id):
    return school.app.state.darasa.pids.pid_of(learner_id)


def test_the_people_page_says_who_is_new_where_and_leads_to_her_page(school, newcomer):
    asha = newcomer("Asha M.")
    school.clock.advance(3_600_000 * 3)
    page = text_of(school.browser.get("/people").text)
    assert "New on a computer" in page
    assert "Asha M. at Lab PC 07, 0 answers, 3 hours ago" in page
    assert "Changes from computers" not in page  # her name is nothing to confirm by itself
    page = school.browser.get(f"/people/newcomer/{pid(school, asha)}").text
    assert 'name="name" value="Asha M."' in page


def test_she_is_put_on_a_list_with_a_pin_shown_once_and_taken_off_it_again(school, newcomer):
    asha, five_b = newcomer("Asha M."), class_id(school, "5B")
    form = {"learner": pid(school, asha), "do": "add", "class": five_b, "name": "Asha Mwangi"}
    answer = send(school, "/people/newcomer", **form, number="17")
    assert answer.headers["location"] == f"/people?class={five_b}"
    page = school.browser.get(f"/people?class={five_b}").text
    assert "Asha Mwangi is on the list of 5B, with all work." in page
    assert 'class="secret"' in page
    assert "New on a computer" not in page
    assert school.room.people.find("Asha Mwangi").learner_id == asha
    assert send(school, "/people/newcomer", **form).status_code == 404  # she is on a list
    assert school.post("/people/undo", "/people", mark=undo_mark(school)) == 303
    assert "New on a computer" in school.browser.get("/people").text
    assert "Asha Mwangi" not in names(school)


def test_she_is_joined_with_who_is_on_the_list_and_the_likely_come_first(school, newcomer):
    guest = newcomer("Baraka M.")
    page = school.browser.get(f"/people/newcomer/{pid(school, guest)}").text
    options = text_of(page.split('name="keep"')[1].split("</select>")[0])
    assert options.index("Likely: Baraka Mwita") < options.index("Amina Kazungu")
    form = {"learner": pid(school, guest), "do": "same"}
    unsaid = send(school, "/people/newcomer", **form)
    assert (unsaid.status_code, '<a href="#keep">' in unsaid.text) == (422, True)
    baraka = school.pid("Baraka Mwita")
    assert send(school, "/people/newcomer", **form, keep=baraka).status_code == 303
    assert newcomers(school.room) == []
    assert len(names(school)) == 3
    assert school.post("/people/undo", "/people", mark=undo_mark(school)) == 303
    assert [each.name for each in newcomers(school.room)] == ["Baraka M."]


def test_she_is_put_aside_and_brought_back(school, newcomer):
    asha = newcomer("Asha M.")
    form = {"learner": pid(school, asha), "do": "aside"}
    assert send(school, "/people/newcomer", **form).status_code == 303
    assert "New on a computer" not in school.browser.get("/people").text
    assert school.post("/people/undo", "/people", mark=undo_mark(school)) == 303
    assert "New on a computer" in school.browser.get("/people").text


def test_what_is_wrong_is_told_and_changes_nothing(school, newcomer):
    asha, five_b = newcomer("Asha M."), class_id(school, "5B")
    form = {"learner": pid(school, asha), "do": "add"}
    assert send(school, "/people/newcomer", **form, name="x").status_code == 404  # no class
    empty = send(school, "/people/newcomer", **form, name=" ", **{"class": five_b})
    assert (empty.status_code, '<a href="#name">' in empty.text) == (422, True)
    assert send(school, "/people/newcomer", learner=pid(school, asha), do="x").status_code == 400
    assert send(school, "/people/newcomer", learner="0" * 32, do="add").status_code == 404
    assert [each.name for each in newcomers(school.room)] == ["Asha M."]


def test_a_teacher_takes_her_into_her_own_class_and_joins_her_with_her_own(school, newcomer):
    asha = newcomer("Asha M.")
    people = school.room.people
    grace = people.add_teacher("Grace Lema", "long enough it is")
    peter = people.add_teacher("Peter Lema", "long enough it is")
    six_a = people.add_class("6A")
    set_teachers(school.room, six_a, [grace])
    set_teachers(school.room, people.find_class("5B").record_id, [peter])
    school.sign_in_at_once("Grace Lema")
    form = {"learner": pid(school, asha)}
    add = form | {"do": "add", "name": "Asha Mwangi"}
    other = {"class": class_id(school, "5B")}
    assert send(school, "/people/newcomer", **add, **other).status_code == 403
    same = form | {"do": "same", "keep": school.pid("Amina Kazungu")}
    assert send(school, "/people/newcomer", **same).status_code == 403
    assert "Amina" not in school.browser.get(f"/people/newcomer/{pid(school, asha)}").text
    assert send(school, "/people/newcomer", **add, **{"class": six_a.hex()}).status_code == 303
    assert names(school, six_a) == ["Asha Mwangi"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_newcomers_are_text(school, newcomer, name):
    made = newcomer(name, computer=name)
    _check(school.browser.get("/people").text)
    _check(school.browser.get(f"/people/newcomer/{pid(school, made)}").text)
