"""The map of skills, one skill, and groups, as a teacher's browser gets them."""

import html
import re

import pytest

from darasa.learning.people import class_lists

SKILL = "fractions-p5/parts"


def text_of(answer):
    assert answer.status_code == 200
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture
def teacher(school):
    school.sign_in_at_once()
    return school


def cells_of(page, name):
    """The words of a learner's cells."""
    row = re.search(rf'<tr><th scope="row"><a [^>]*>{name}</a></th>(.*?)</tr>', page.text, re.S)
    return re.findall(r'<span class="off">([^<]*)</span>', row.group(1))


def test_each_cell_has_a_sign_a_pattern_words_and_a_way_to_the_learner(teacher):
    teacher.answer("Amina Kazungu", right=False, times=3)
    page = teacher.browser.get("/skills")
    assert cells_of(page, "Amina Kazungu")[0] == "Learning, too few answers"
    assert cells_of(page, "Juma Ali")[0] == "Ready"
    assert f'<td class="cell learning"><a href="/learner/{teacher.pid("Amina Kazungu")}">' in (
        page.text
    )
    assert '<span aria-hidden="true">~</span>' in page.text
    assert "0 of 5" in text_of(page)


def test_most_not_yet_comes_first_when_asked_and_else_the_name(teacher):
    teacher.answer("Juma Ali", right=False, times=2)
    for path, first in (("/skills", "Amina"), ("/skills?sort=need", "Juma")):
        names = re.findall(r'<th scope="row"><a [^>]*>(\w+)', teacher.browser.get(path).text)
        assert names[0] == first


def test_a_skill_has_its_own_page_with_common_wrong_answers(teacher):
    for name in ("Amina Kazungu", "Juma Ali"):
        teacher.answer(name, right=False)
    class_id = teacher.class_id.hex()
    page = teacher.browser.get(f"/skills/one?class={class_id}&skill={SKILL}")
    text = text_of(page)
    assert "Parts of a whole" in text
    assert "0 of 3 have got it." in text
    assert "Learning: 2" in text
    assert not re.search("Amina|Juma", text)  # figures, no names
    missing = teacher.browser.get(f"/skills/one?class={class_id}&skill=fractions-p5/flying")
    assert missing.status_code == 404


def test_groups_say_why_and_hold_everybody_once(teacher):
    for name in ("Amina Kazungu", "Juma Ali"):
        teacher.answer(name, right=False)
    page = teacher.browser.get("/groups")
    text = text_of(page)
    assert 'These two missed "Parts of a whole", which' in text
    assert "In no group" in text
    for name in ("Amina Kazungu", "Baraka Mwita", "Juma Ali"):
        assert page.text.count(f">{name}</a>") == 1
    assert text_of(teacher.browser.get("/groups")) == text  # the same all day


@pytest.mark.parametrize("by", ["need", "mixed", "interest", "free"])
def test_every_way_of_grouping_has_a_page(teacher, by):
    text = text_of(teacher.browser.get(f"/groups?by={by}&most=3&again=7"))
    assert "At most in a group" in text


@pytest.mark.parametrize(
    "query",
    ["by=x&most=9999&again=-1", "most=%E0%A4%A8&by=", "unit=77", "unit=-1&sort=x", "unit=1e3"],
)
def test_odd_addresses_show_the_usual_page(teacher, query):
    for path in ("/skills", "/groups"):
        assert teacher.browser.get(f"{path}?{query}").status_code == 200


def test_a_school_without_classes_says_so(teacher):
    class_lists.close_class(teacher.room, teacher.class_id)
    for path in ("/skills", "/groups"):
        assert teacher.browser.get(path).status_code == 200


def test_an_empty_class_is_told(teacher):
    class_id = teacher.room.people.add_class("7C").hex()
    for path in ("/skills", "/groups"):
        assert "Nobody is in this class yet." in text_of(
            teacher.browser.get(f"{path}?class={class_id}")
        )
    page = teacher.browser.get(f"/skills/one?class={class_id}&skill={SKILL}")
    assert "Nobody in this class has met it yet." in text_of(page)
