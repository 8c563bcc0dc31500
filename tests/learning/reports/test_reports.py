"""What teachers see, on the bundled course."""

import pytest

from darasa.content_packs.grading import Picked, Verdict, correct_response, grade, wrong_responses
from darasa.content_packs.instance import draw
from darasa.content_packs.item import difficulty_milli
from darasa.learning.errors import NotFoundError
from darasa.learning.kinds import Hand, SignIn, SignOut
from darasa.learning.reports.course_book import about_of
from darasa.learning.reports.heat_map import heat_map
from darasa.learning.reports.learner_figures import COLUMNS, skill_figures, skill_row
from darasa.learning.reports.reports import LiveState, class_report, learner_page, live_class
from darasa.learning.reports.said import ENGLISH
from darasa.learning.reports.skill_answers import certainty_words
from darasa.learning.reports.skill_report import skill_report
from darasa.learning.views import Standing
from darasa.sync.ids import NodeId, Role
from darasa.sync.messages import Doing, PresenceRow

SITTING = b"sitting1"


@pytest.fixture
def answer(school, clock, pack, make_attempt):
    """answer(learner, item, right=True, …): one answer, given to the item as it is drawn."""

    def give(learner, item, *, right=True, nth=1, **changes):
        clock.advance(20_000)
        instance = draw(item, learner_id=learner, nth=nth)
        response = correct_response(instance) if right else wrong_responses(instance)[0]
        graded = grade(instance, response)
        assert (graded.verdict is Verdict.RIGHT) == right
        picked = response.choices if isinstance(response, Picked) else ()
        attempt = make_attempt(
            sitting=SITTING, pack=pack.id, item=item.id, item_version=item.version,
            skills=item.skills, difficulty_milli=difficulty_milli(item), nth=nth,
            values=instance.values, right=right, picked=picked,
            typed="" if picked else response.text, **changes,
        )  # fmt: skip
        school.record.record((learner, attempt))
        return instance

    return give


def first_skill(pack):
    return next(iter(pack.skills))


def test_a_learners_page_shows_each_answer_and_why_it_counts(school, amina, pack, answer):
    skill = first_skill(pack)
    picked = [i for i in pack.items_of(skill) if i.kind == "choice"]
    typed = [i for i in pack.items_of(skill) if i.kind == "answer"]
    asked = [answer(amina, item) for item in (picked or typed)[:2]]
    asked.append(answer(amina, typed[0], right=False))
    asked.append(answer(amina, typed[0], try_nth=2))
    asked.append(answer(amina, typed[1], help=2, nth=1))
    page = learner_page(school, amina)
    (evidence,) = [found for found in page.skills if found.skill == (pack.id, skill)]
    assert evidence.title == pack.skills[skill].title
    assert evidence.standing is Standing.LEARNING
    assert 0 < evidence.p < 1
    why = [ENGLISH.words(each) for each in evidence.answers.why]
    assert "2 of 4 counted answers were right alone." in why
    assert evidence.certainty == "likely"
    assert [row.right for row in evidence.events] == [True, True, False, True, True]
    assert [row.weight for row in evidence.events] == [1, 0, 1, 1, 1]
    assert evidence.events[0].help == "2 hints"
    assert [row.item for row in evidence.events] == [i.prompt for i in reversed(asked)]
    assert all(row.answer for row in evidence.events)
    assert evidence.reason is not None
    assert evidence.reason.parts
    assert page.last == evidence.events
    assert (page.answers, page.learner.name) == (4, "Amina Kato")


def test_many_answers_that_leave_it_open_are_not_called_too_few_in_any_form(
    school, amina, pack, answer
):
    """On the page, in a table, for programs, in the map of the class and in the skill's report."""
    skill = first_skill(pack)
    one, other = [item for item in pack.items_of(skill) if item.vars][:2]
    for nth in range(1, 5):
        answer(amina, one, right=False, nth=nth)
    answer(amina, other)
    page = learner_page(school, amina)
    (evidence,) = [found for found in page.skills if found.skill == (pack.id, skill)]
    assert evidence.standing is Standing.LEARNING
    assert ENGLISH.words(certainty_words(evidence.certainty)) == "not sure yet"
    assert skill_figures(evidence)["certainty"] == "not sure yet"
    assert skill_row(evidence)[COLUMNS.index("certainty")] == "not sure yet"
    class_id = school.people.classes()[0].record_id
    (row,) = heat_map(school, class_id, unit=None, by_need=False).rows
    assert row.cells[0].certainty == "not sure yet"
    told = skill_report(school, (pack.id, skill), class_id=class_id)
    assert {str(word): count for word, count in told.certain} == {
        "sure": 0,
        "likely": 0,
        "not sure yet": 1,
        "too few answers": 0,
    }


def test_the_places_of_answers_are_places_in_the_log(school, amina, pack, answer):
    answer(amina, pack.items_of(first_skill(pack))[0])
    (row,) = learner_page(school, amina).last
    (stored,) = [e for e in school.store.events_of(amina) if e.event.kind == 18]
    assert (row.log, row.seq) == (stored.log_id.hex(), stored.seq)


def test_a_page_without_answers_says_so(school, amina, pack):
    page = learner_page(school, amina)
    assert len(page.skills) == len(pack.skills)
    assert {found.certainty for found in page.skills} == {"no answers"}
    assert page.last == ()
    with pytest.raises(NotFoundError):
        learner_page(school, b"x" * 16)


def test_a_node_without_the_pack_shows_ids(make_room, make_attempt):
    room = make_room(Role.SCHOOL)
    learner = room.people.add_learner("Amina Kato", None, pin="4821")
    room.record.record((learner, make_attempt(item="q9", picked=(1,), typed="")))
    (row,) = learner_page(room, learner).last
    assert (row.item, row.answer) == ("q9", "choice 2")


def live(school, class_id, clock):
    return live_class(school, class_id, school.presence, clock.wall_ms())


def sit(school, learner, item, pack, *, doing=Doing.WORKING, since_ms=10_000, node=b"1" * 16):
    row = PresenceRow(learner, doing, since_ms, about_of(pack.id, item.id), 5, 8)
    school.presence.hear(NodeId(node), [row])


def test_the_live_view_shows_what_a_learner_does(school, class_id, amina, pack, answer, *, clock):
    item = pack.items_of(first_skill(pack))[0]
    school.record.record((amina, SignIn(SITTING, "pin")))
    answer(amina, item)
    answer(amina, pack.items_of(first_skill(pack))[1], help=1)
    answer(amina, pack.items_of(first_skill(pack))[2], right=False)
    sit(school, amina, item, pack)
    report = live(school, class_id, clock)
    (row,) = report.rows
    assert (row.name, row.state, row.today) == ("Amina K.", LiveState.WORKING, "#+o")
    assert row.doing == f"{pack.skills[item.skills[0]].title} 5/8"
    assert row.since_ms == clock.wall_ms() - 10_000
    assert (report.signed_in, report.away, report.needs) == (1, 0, ())


def test_those_who_need_the_teacher_come_first_by_urgency(
    school, class_id, amina, pack, answer, *, clock
):
    item = pack.items_of(first_skill(pack))[0]
    juma = school.people.add_learner("Juma Ali", class_id, pin="4821")
    for learner, node in ((amina, b"1" * 16), (juma, b"2" * 16)):
        school.record.record((learner, SignIn(SITTING, "pin")))
        sit(school, learner, item, pack, node=node)
    for nth in (1, 2, 3):
        answer(amina, item, right=False, nth=nth)
    school.record.record((juma, Hand(SITTING, True, item.skills[0], item.id)))
    report = live(school, class_id, clock)
    assert [(row.name, row.state) for row in report.needs] == [
        ("Juma A.", LiveState.HAND_UP),
        ("Amina K.", LiveState.STUCK),
    ]
    assert "3 not-yets" in report.needs[1].reason
    assert [row.name for row in report.rows] == ["Amina K.", "Juma A."]


def test_a_computer_that_fell_silent_is_away_and_absent_learners_are_not(
    school, class_id, amina, pack, *, clock
):
    school.people.add_learner("Juma Ali", class_id, pin="4821")
    school.record.record((amina, SignIn(SITTING, "pin")))
    sit(school, amina, pack.items_of(first_skill(pack))[0], pack)
    clock.advance(180_000)
    report = live(school, class_id, clock)
    assert [(row.state, row.reason) for row in report.rows] == [
        (LiveState.AWAY, "The computer was last heard 3 minutes ago. Work is safe there."),
        (LiveState.NOT_IN, "Not signed in now."),
    ]
    assert (report.signed_in, report.away) == (0, 1)
    school.record.record((amina, SignOut(SITTING, "asked")))
    school.presence.hear(NodeId(b"1" * 16), [])
    assert live(school, class_id, clock).away == 0


def test_a_class_report_counts_what_was_got(school, class_id, amina, pack, answer):
    answer(amina, pack.items_of(first_skill(pack))[0])
    report = class_report(school, class_id)
    assert report.record.name == "5B"
    assert [column.key for column in report.skills] == [(pack.id, s) for s in pack.skills]
    (row,) = report.rows
    assert row.standings[0] is Standing.LEARNING
    assert (row.got, row.answers, report.skills[0].got) == (0, 1, 0)
    empty = class_report(school, school.people.add_class("5C"))
    assert (len(empty.skills), empty.rows) == (len(pack.skills), ())
    with pytest.raises(NotFoundError):
        class_report(school, b"x" * 16)


def test_a_learners_page_says_whether_it_was_the_words_or_the_skill(school, amina, pack, answer):
    for wordy in ("add-same-06", "add-same-09"):
        answer(amina, pack.items[wordy], right=False)
    said = "Two wordy questions were not yet right; one with few words was."
    assert said not in why_of(school, amina, pack, "add-same")
    answer(amina, pack.items["add-same-08"])
    assert said in why_of(school, amina, pack, "add-same")
    for wordy in ("add-same-06", "add-same-09"):
        answer(amina, pack.items[wordy], right=False, nth=2)
    answer(amina, pack.items["add-same-02"], right=False)
    said = "Not yet with many words, nor with few: it is the skill."
    assert said in why_of(school, amina, pack, "add-same")
    assert said not in why_of(school, amina, pack, "parts")


def why_of(school, learner, pack, skill):
    """The sentences of the first answer about a skill."""
    page = learner_page(school, learner)
    found = next(each for each in page.skills if each.skill == (pack.id, skill))
    return [each.text for each in found.answers.why]


def test_the_live_class_says_whether_it_was_the_words_or_the_skill(
    school, class_id, amina, pack, answer, *, clock
):
    """Two wordy items not yet, then one with few words: what it showed is told for the day."""
    items = pack.items
    for wordy in ("add-same-06", "add-same-09"):
        answer(amina, items[wordy], right=False)
    assert live(school, class_id, clock).rows[0].note == ""
    answer(amina, items["add-same-08"])
    words = "Add, same bottom number: right with few words, not yet with many. Read one together."
    assert live(school, class_id, clock).rows[0].note == words
    for wordy in ("add-same-06", "add-same-09"):
        answer(amina, items[wordy], right=False, nth=2)
    answer(amina, items["add-same-02"], right=False)
    skill = "Add, same bottom number: not yet with many words, nor with few. It is the skill."
    assert live(school, class_id, clock).rows[0].note == skill
    clock.advance(20 * 3_600_000)
    assert live(school, class_id, clock).rows[0].note == ""
