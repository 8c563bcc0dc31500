"""A learner's own goals on the page that her teacher has of her."""

from people_pages import text_of

from darasa.learning.practice.sitting import Sitting


def test_her_teacher_sees_her_goals_and_a_page_without_any_says_nothing(school):
    school.sign_in_at_once()
    address = f"/learner/{school.pid('Juma Ali')}"
    assert "Own goals" not in school.browser.get(address).text
    sitting = Sitting.begin(school.room, school.room.people.find("Juma Ali").learner_id)
    book = sitting.goals
    book.set(book.units()[0], book.days()[0])
    book.set(book.counts(sitting.standings())[0], None)
    sitting.sign_out()
    page = text_of(school.browser.get(address).text)
    assert "Finish Fractions part 1: 0 of 5 until Fri" in page
    assert "Have got 1 skill of my map: 0 of 1" in page
    assert "Reached" not in page
    school.clock.advance(30 * 86_400_000)
    school.sign_in_at_once()
    assert "its day is over" in text_of(school.browser.get(address).text)
