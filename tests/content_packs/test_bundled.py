from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.check import check_folder
from darasa.content_packs.grading import Verdict, correct_response, grade, wrong_responses
from darasa.content_packs.instance import draw
from darasa.content_packs.source import load_source


def test_bundled_courses_have_no_findings() -> None:
    courses = bundled_courses()
    assert courses
    assert [finding for course in courses for finding in check_folder(course)] == []


def test_every_bundled_item_can_be_answered_right_and_wrong() -> None:
    for course in bundled_courses():
        for item in load_source(course).items.values():
            for nth in range(1, 6):
                one = draw(item, learner_id=b"amina", nth=nth)
                assert grade(one, correct_response(one)).verdict is Verdict.RIGHT, item.id
                assert wrong_responses(one), item.id
