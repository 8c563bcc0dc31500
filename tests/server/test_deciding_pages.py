"""What a teacher decides on the pages: conflicts, changes from computers, removed computers."""

import os
import re

from msgspec.structs import replace

from darasa.learning.computers import computer_rows
from darasa.learning.kinds import Op
from darasa.learning.records import CLASS_NAME, COMPUTER_NAME
from darasa.sync.enrol import EnrolClient
from darasa.sync.home import Home
from darasa.sync.ids import Role
from darasa.sync.signing import NodeKey
from darasa.sync.store import Store
from darasa.sync.transport.joining import joiner_of


def test_a_conflict_is_listed_with_both_values_and_ended_by_keeping_one(school) -> None:
    school.sign_in_at_once()
    room = school.room
    room.record.record((None, Op(school.class_id, CLASS_NAME, "5 Blue", ())))
    page = school.browser.get("/people").text
    assert "Changed twice: 5B" in page
    assert page.index("5B <span") < page.index("5 Blue</th>")
    assert "Kisima Primary" in page  # who
    (conflict,) = room.people.conflicts()
    chosen = conflict.choices[1].chain8.hex()
    assert school.post("/people/keep", "/people", choice=chosen) == 303
    assert not room.people.conflicts()
    assert [row.name for row in room.people.classes()] == ["5 Blue"]
    assert "Changed twice" not in school.browser.get("/people").text
    assert school.post("/people/keep", "/people", choice=chosen) == 409


def test_what_a_teacher_changes_on_a_page_names_her(school) -> None:
    school.sign_in_at_once()
    room = school.room
    for name in ("5 Blue", "5 Red"):
        room.record.record((None, Op(school.class_id, CLASS_NAME, name, ())))
    (conflict,) = room.people.conflicts()
    school.post("/people/keep", "/people", choice=conflict.choices[1].chain8.hex())
    room.record.record((None, Op(school.class_id, CLASS_NAME, "5 Gold", ())))
    (conflict,) = room.people.conflicts()
    who = {choice.words: choice.who for choice in conflict.choices}
    assert who == {"5 Blue": "Grace Otieno", "5 Gold": "Kisima Primary"}


def test_removing_a_computer_asks_first_and_can_be_taken_back(school) -> None:
    school.sign_in_at_once()
    key = school.add_computer("PC <7>")
    page = school.browser.get("/computers").text
    (link,) = re.findall(r'href="(/computers/remove\?computer=[0-9a-f]+)"', page)
    asked = school.browser.get(link)
    assert "Remove PC &lt;7&gt;?" in asked.text
    node_id = key.node_id.hex()
    assert school.post("/computers/remove", link, computer=node_id) == 303
    assert school.room.decisions.refusal_of(key.node_id)
    assert "removed" in school.browser.get("/computers").text
    assert school.post("/computers/back", "/computers", computer=node_id) == 303
    assert not school.room.decisions.refusal_of(key.node_id)
    assert school.post("/computers/back", "/computers", computer=node_id) == 409
    assert school.post("/computers/remove", link, computer="00" * 16) == 404


def test_work_that_is_held_back_is_listed_and_accepted(school) -> None:
    school.sign_in_at_once()
    key = school.add_computer("PC 7")
    school.room.decisions.quarantine(key.node_id, "its clock")
    assert "Work that waits for you" in school.browser.get("/computers").text
    fields = {"computer": key.node_id.hex()}
    assert school.post("/computers/accept", "/computers", **fields) == 303
    assert not school.room.decisions.restricted()
    assert "Work that waits for you" not in school.browser.get("/computers").text


def test_the_name_a_computer_gives_at_joining_is_a_record_of_the_school(school) -> None:
    desk = school.app.state.darasa.enrolment
    joiner = NodeKey.generate(os.urandom)
    side = EnrolClient(code=desk.new_code(), key=joiner, rng=os.urandom)
    home = Home.in_memory(role=Role.COMPUTER, name="Lab <3>", rng=os.urandom)
    with Store.open(None, rng=os.urandom) as store:
        who = replace(joiner_of(home, store), public_key=joiner.public)
    side.welcomed(desk.finish(side.finish(desk.start(side.start()), who)))
    (row,) = computer_rows(school.room)
    assert row.name == "Lab <3>"
    assert school.room.people.record_of(joiner.node_id).shown(COMPUTER_NAME) == "Lab <3>"
