"""A school whose class has a course of three skills in a row, and a teacher of it."""

import pytest

from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import Choice, Item, Text, with_version
from darasa.content_packs.skill import Skill
from darasa.sync.ids import Role

PACK = "sums"
COUNT, ADD, CARRY = (PACK, "count"), (PACK, "add"), (PACK, "carry")


def _text(words):
    return Text(words, words, words)


def _item(item_id, skill):
    return with_version(
        Item(
            id=item_id,
            kind="choice",
            skills=(skill,),
            prompt=_text(f"Which one is right in {item_id}?"),
            difficulty=2,
            choices=(Choice(_text("this one"), right=True), Choice(_text("that one"))),
        )
    )


@pytest.fixture(scope="session")
def course():
    skills = (
        Skill(id="count", title="Counting", unit="Numbers"),
        Skill(id="add", title="Adding", unit="Numbers"),
        Skill(id="carry", title="Carrying", unit="More numbers", requires=("add",)),
    )
    items = [_item(f"{skill.id}-{n}", skill.id) for skill in skills for n in range(6)]
    return invented_pack(skills, items, pack_id=PACK, title="Sums")


@pytest.fixture
def school(make_room, course):
    return make_room(Role.SCHOOL, packs=(course,))


@pytest.fixture
def computer(make_room, school, course):
    return make_room(Role.COMPUTER, joined=school, packs=(course,))


@pytest.fixture
def other(make_room, school, course):
    return make_room(Role.COMPUTER, joined=school, name="PC 2", packs=(course,))


@pytest.fixture
def otieno(school):
    return school.people.add_teacher("Ms. Otieno", "long enough it is")


@pytest.fixture
def juma(school, class_id):
    return school.people.add_learner("Juma Ali", class_id, pin="4822")
