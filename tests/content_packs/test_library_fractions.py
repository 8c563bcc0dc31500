"""What the bundled course "Fractions" promises to teachers, checked on its sources."""

from __future__ import annotations

import hashlib
import textwrap
from functools import cache
from pathlib import Path

import pytest

from darasa.content_packs import library
from darasa.content_packs.check import check_folder
from darasa.content_packs.grading import (
    Picked,
    Response,
    Typed,
    Verdict,
    correct_response,
    grade,
)
from darasa.content_packs.instance import ItemInstance, draw
from darasa.content_packs.item import Item
from darasa.content_packs.pack import Pack
from darasa.content_packs.source import load_source
from darasa.content_packs.template import fill

FOLDER = Path(str(library.__file__)).parent / "fractions"
SKILLS = ("parts", "equiv", "compare", "add-same", "sub-same")
LEARNERS = 50
SCREEN_ROWS = 16
COLUMNS = 74


@cache
def course() -> Pack:
    return load_source(FOLDER)


def items() -> list[Item]:
    return list(course().items.values())


def draws(item: Item) -> list[ItemInstance]:
    """Instances of fifty learners: the first of the first one, the second of the second, …"""
    learners = [hashlib.sha256(b"learner %d" % n).digest()[:16] for n in range(LEARNERS)]
    return [
        draw(item, learner_id=learner, nth=nth) for nth, learner in enumerate(learners, start=1)
    ]


def test_the_checker_finds_nothing_to_mend() -> None:
    assert check_folder(FOLDER) == ()


def test_the_course_names_five_skills_in_teaching_order() -> None:
    assert tuple(course().skills) == SKILLS
    assert {skill.unit for skill in course().skills.values()} == {"Fractions part 1"}


def test_skill_titles_fit_the_map() -> None:
    assert all(len(skill.title) <= 28 for skill in course().skills.values())


def test_every_skill_is_reached_from_those_that_need_nothing() -> None:
    open_now: set[str] = set()
    while True:
        opened = {
            skill.id
            for skill in course().skills.values()
            if skill.id not in open_now and set(skill.requires) <= open_now
        }
        if not opened:
            break
        open_now |= opened
    assert open_now == set(SKILLS), "a cycle, or a prerequisite that is no skill"


def test_the_course_has_enough_items() -> None:
    assert len(items()) >= 75
    for skill in SKILLS:
        assert len(course().items_of(skill)) >= 15, skill


def test_a_third_of_the_items_draw_numbers() -> None:
    assert 3 * sum(bool(item.vars) for item in items()) >= len(items())


@pytest.mark.parametrize("skill", SKILLS)
def test_each_skill_has_every_kind_and_difficulty(skill: str) -> None:
    mine = course().items_of(skill)
    assert {item.kind for item in mine} == {"choice", "multiple", "answer"}
    for difficulty in (1, 2, 3):
        assert sum(item.difficulty == difficulty for item in mine) >= 4, difficulty


@pytest.mark.parametrize("skill", SKILLS)
def test_a_skill_can_be_shown_by_challenge_items(skill: str) -> None:
    challenges = [item for item in course().items_of(skill) if item.challenge]
    assert len(challenges) >= 2
    assert any(item.kind == "answer" for item in challenges)


@pytest.mark.parametrize("skill", SKILLS)
def test_a_skill_has_a_sister_item_of_the_same_kind(skill: str) -> None:
    sisters = [item for item in course().items_of(skill) if item.sister_of]
    assert sisters
    for item in sisters:
        assert course().items[str(item.sister_of)].kind == item.kind
        assert course().items[str(item.sister_of)].skills == item.skills


def test_every_item_has_hints_and_a_solution() -> None:
    for item in items():
        assert 2 <= len(item.hints) <= 3, item.id
        assert item.solution is not None, item.id


def test_the_choices_of_every_draw_differ() -> None:
    for item in items():
        for instance in draws(item):
            assert len(set(instance.choices)) == len(instance.choices), item.id


def test_every_draw_grades_its_own_answer_right() -> None:
    for item in items():
        for instance in draws(item):
            verdict = grade(instance, correct_response(instance)).verdict
            assert verdict is Verdict.RIGHT, (item.id, instance.values)


def mistakes(instance: ItemInstance) -> list[Response]:
    """The wrong answers that the author of an item foresaw."""
    item = instance.item
    right = [at for at, choice in enumerate(item.choices) if choice.right]
    wrong = [at for at, choice in enumerate(item.choices) if not choice.right]
    if item.kind == "choice":
        return [Picked((at,)) for at in wrong]
    if item.kind == "multiple":
        return [Picked((*right, at)) for at in wrong]
    return [Typed(fill(note.value, instance.names)) for note in item.wrong]


def test_every_foreseen_mistake_is_not_yet_and_gets_a_note() -> None:
    for item in items():
        for instance in draws(item):
            assert mistakes(instance), item.id
            for mistake in mistakes(instance):
                judged = grade(instance, mistake)
                assert judged.verdict is Verdict.NOT_YET, (item.id, instance.values, mistake)
                assert judged.feedback, (item.id, instance.values, mistake)


def test_no_hint_tells_the_answer() -> None:
    for item in items():
        if item.kind == "multiple":
            continue
        for instance in draws(item):
            shown = str(grade(instance, correct_response(instance)).correct_text)
            if "/" not in shown:
                continue  # a small whole number may stand in an example by chance
            for hint in instance.hints:
                assert shown not in str(hint).replace(".", " ").split(), (item.id, hint)


def test_no_draw_leaves_a_hole_in_its_text() -> None:
    for item in items():
        for instance in draws(item):
            texts = [instance.prompt, *instance.choices, *instance.hints, instance.solution]
            assert not any("@{" in str(text) for text in texts), item.id
            assert not any("\\" in str(text) or "$" in str(text) for text in texts), item.id


def rows_of(plain: str) -> list[str]:
    """A text as a screen breaks it: drawings as they are, paragraphs filled."""
    rows: list[str] = []
    for line in plain.strip("\n").split("\n"):
        drawn = line.startswith("    ") or not line
        rows += [line] if drawn else textwrap.wrap(line, COLUMNS)
    return rows


@pytest.mark.parametrize("skill", SKILLS)
def test_each_skill_has_a_lesson_that_fits_the_screen(skill: str) -> None:
    lesson = course().lesson_for(skill)
    assert lesson is not None
    for level in ("easier", "middle", "richer"):
        sections = lesson.sections(level, "en")
        assert 3 <= len(sections) <= 4
        for section in sections:
            rows = rows_of(section.text.plain)
            assert len(rows) <= SCREEN_ROWS, (skill, level, section.title, rows)
            assert all(len(row) <= COLUMNS for row in rows), (skill, level, rows)


def test_adding_is_told_at_three_levels_with_the_same_sections() -> None:
    lesson = course().lesson_for("add-same")
    assert lesson is not None
    told = [lesson.sections(level, "en") for level in ("easier", "middle", "richer")]
    assert len({tuple(section.title for section in sections) for sections in told}) == 1
    assert len({tuple(section.text.plain for section in sections) for sections in told}) == 3


def test_other_forms_of_the_adding_lesson_keep_its_sections() -> None:
    lesson = course().lesson_for("add-same")
    assert lesson is not None
    assert set(lesson.forms) == {"main", "worked", "try"}
    titles = [
        tuple(section.title for section in lesson.sections("middle", "en", form=form))
        for form in lesson.forms
    ]
    assert len(set(titles)) == 1


def test_source_lines_of_lessons_fit_a_screen() -> None:
    sources = sorted((FOLDER / "lessons").glob("*/*.md"))
    assert sources
    for path in sources:
        for line in path.read_text(encoding="utf-8").split("\n"):
            assert len(line) <= 76, (path.name, line)
