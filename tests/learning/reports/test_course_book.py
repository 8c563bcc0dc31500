import pytest

from darasa.content_packs.instance import draw, redraw
from darasa.learning.reports.course_book import CourseBook, about_of


@pytest.fixture
def book(pack):
    return CourseBook.of([pack])


def test_presence_names_items_lessons_and_skills_with_or_without_their_pack(book, pack):
    item = next(iter(pack.items.values()))
    lesson = next(iter(pack.lessons.values()))
    skill = pack.skills[item.skills[0]]
    for about in (about_of(pack.id, item.id), item.id):
        found = book.about(about)
        assert (found.title, found.item) == (skill.title, (pack.id, item.id))
        assert found.skill == (pack.id, skill.id)
    for about in (about_of(pack.id, lesson.id), lesson.id):
        assert book.about(about).title == lesson.title
    assert book.about(about_of(pack.id, skill.id)).title == skill.title


@pytest.mark.parametrize("about", ["", "nothing/known", "unknown", "a/b/c", "\x1b[2J"])
def test_what_no_pack_knows_is_shown_as_it_is_and_safe(book, about):
    found = book.about(about)
    assert (found.skill, found.item) == (None, None)
    assert "\x1b" not in found.title
    assert bool(found.title) == bool(about)


def test_answers_that_no_longer_fit_their_item_are_shown_by_place(book, pack, make_attempt):
    item = next(i for i in pack.items.values() if i.kind == "choice")
    older = make_attempt(
        pack=pack.id, item=item.id, item_version=b"an older", picked=(1,), typed="", values=(1, 2)
    )
    assert book.answered(older) == "choice 2"
    unchanged = make_attempt(
        pack=pack.id, item=item.id, item_version=item.version, picked=(99,), typed="", values=()
    )
    assert book.answered(unchanged) == "choice 100"
    assert book.asked(make_attempt(pack="gone", item="q1")) == "q1"


def test_a_question_that_was_changed_since_is_not_shown_as_what_was_asked(book, pack, make_attempt):
    for item in pack.items.values():
        values = tuple(draw(item, learner_id=b"amina", nth=1).values)
        given = {"pack": pack.id, "item": item.id, "values": values}
        as_asked = make_attempt(**given, item_version=item.version)
        assert book.asked(as_asked) == redraw(item, values=values).prompt
        asked = book.asked(make_attempt(**given, item_version=b"an older"))
        assert asked.endswith("(changed since)")
        if item.vars:  # numbers of the one may be nonsense in the other
            assert asked == f"{item.id} (changed since)"
