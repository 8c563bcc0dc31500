"""What a teacher says herself, on the pages: seen, judged, accepted, withdrawn, taken back."""

import re

import pytest
from people_pages import send, text_of, undo_mark

from darasa.learning import marking
from darasa.learning.evidence import Why

AMINA, JUMA = "Amina Kazungu", "Juma Ali"


@pytest.fixture
def place(school):
    """A school where Amina had a question right and one not yet; Grace is signed in."""
    school.answer(AMINA, right=True)
    school.answer(AMINA, right=False)
    school.sign_in_at_once()
    return school


def id_of(place, name=AMINA):
    return place.room.people.find(name).learner_id


def page_of(place, name=AMINA):
    return f"/learner/{place.pid(name)}"


def skill_of(place):
    pack = place.room.packs()[0]
    return pack.id, next(iter(pack.skills))


def not_yet(place):
    """The place of the answer that was not yet right."""
    (stored,) = [
        each.stored
        for each in place.room.weighed(id_of(place))
        if not each.said.right and each.said.try_nth == 1
    ]
    return {"log": stored.log_id.hex(), "seq": str(stored.seq)}


def mark(place, do, name=AMINA, **fields):
    """Send a mark of the learner's page; the status."""
    form = {"learner": place.pid(name), "skill": "/".join(skill_of(place)), "do": do, **fields}
    return send(place, "/learner/mark", page_of(place, name), **form).status_code


def undo(place, page=None):
    page = page or page_of(place)
    return place.post("/people/undo", page, mark=undo_mark(place, page), to=page)


def state(place, name=AMINA):
    return place.room.state(id_of(place, name)).skill(skill_of(place))


@pytest.mark.parametrize(
    ("do", "right", "words"),
    [
        ("paper-right", True, "Seen on paper: Amina Kazungu had it right."),
        ("paper-not-yet", False, "Seen on paper: not yet, Amina Kazungu."),
        ("oral-right", True, "Heard: Amina Kazungu had it right."),
        ("oral-not-yet", False, "Heard: not yet, Amina Kazungu."),
    ],
)
def test_what_she_saw_is_one_answer_and_is_taken_back(place, do, right, words):
    before = state(place)
    assert mark(place, do) == 303
    page = text_of(place.browser.get(page_of(place)).text)
    assert words in page
    assert "(Grace Otieno)" in page
    now = state(place)
    assert (now.attempts, now.recent[-1] == 2) == (before.attempts + 1, right)
    assert undo(place) == 303
    assert state(place).attempts == before.attempts
    assert place.room.weighed(id_of(place))[-1].evidence.why is Why.TAKEN_BACK


def test_her_own_word_stands_beside_the_models_and_is_told_apart(place):
    before = state(place)
    assert mark(place, "say-got") == 303
    page = place.browser.get(page_of(place)).text
    assert "Teacher: Got it" in page
    assert "Grace Otieno says: “Got it” (" in text_of(page)
    assert "That is a teacher&#39;s word; the model&#39;s figures leave it out." in page
    assert "is at “Got it” because a teacher says so." in page
    assert "By the answers alone it would be “Learning”." in page
    assert "A teacher says it; no screen has said it yet." in page
    assert (state(place).p_micro, state(place).attempts) == (before.p_micro, before.attempts)
    assert mark(place, "say-back") == 303
    assert "Teacher: Got it" not in place.browser.get(page_of(place)).text
    assert undo(place) == 303
    assert "Teacher: Got it" in place.browser.get(page_of(place)).text


def test_words_of_two_teachers_who_did_not_know_of_each_other_are_both_shown(place):
    from darasa.learning.acting import acting_as
    from darasa.learning.kinds import Judgement

    room, amina, skill = place.room, id_of(place), skill_of(place)
    for name, word in (("Grace Otieno", "got"), ("Peter Lema", "learning")):
        row = [each for each in room.people.teachers() if each.name == name]
        teacher = row[0].record_id if row else room.people.add_teacher(name, "long enough it is")
        with acting_as(teacher):
            room.record.record((amina, Judgement(None, *skill, word, ())))
    page = place.browser.get(page_of(place)).text
    assert "Teacher: Got it" in page
    assert "Teacher: Learning" in page
    told = text_of(page)
    assert "Grace Otieno says: “Got it”" in told
    assert "Peter Lema says: “Learning”" in told
    assert "They said different things at the same time; both stand." in told
    assert mark(place, "say-learning") == 303
    assert "both stand" not in place.browser.get(page_of(place)).text


def test_an_answer_is_accepted_and_what_she_wrote_stays(place):
    at = not_yet(place)
    there = f"{page_of(place)}/answer?log={at['log']}&seq={at['seq']}"
    assert there.replace("&", "&amp;") in place.browser.get(page_of(place)).text
    before = state(place)
    first = place.browser.get(there).text
    assert "Accept this answer" in first
    assert mark(place, "accept", to=there, **at) == 303
    assert state(place).right_alone == before.right_alone + 1
    told = place.browser.get(there).text
    assert "right (a teacher&#39;s word)" in told
    assert "it counts as the teacher said" in told
    assert "Accept this answer" not in told
    given = re.search(r"Answer given</th><td>(.*?)</td>", first)
    assert given
    assert f"Answer given</th><td>{given[1]}</td>" in told
    assert undo(place, there) == 303
    assert state(place).right_alone == before.right_alone


def test_an_answer_is_accepted_from_everybody_and_taken_back_on_its_page(place):
    at, before = not_yet(place), state(place)
    assert mark(place, "accept-all", **at) == 303
    assert state(place).right_alone == before.right_alone + 1
    page = place.browser.get("/questions").text
    assert "counts as right." in page
    assert "Grace Otieno" in page
    word = re.search(r'name="word" value="([0-9a-f]{24})"', page)
    assert word
    done = send(place, "/questions", "/questions", do="unaccept", word=word[1])
    assert done.status_code == 303
    assert state(place).right_alone == before.right_alone
    assert "Nothing was said of any question." in place.browser.get("/questions").text
    again = send(place, "/questions", "/questions", do="unaccept", word=word[1])
    assert again.status_code == 404


def test_a_question_is_withdrawn_and_counts_again(place):
    at, before = not_yet(place), state(place)
    there = f"{page_of(place)}/answer?log={at['log']}&seq={at['seq']}"
    form = dict(re.findall(r'name="(pack|item)" value="([^"]+)"', place.browser.get(there).text))
    withdraw = send(place, "/questions", there, do="withdraw", to=there, **form)
    assert (withdraw.status_code, withdraw.headers["location"]) == (303, there)
    told = place.browser.get(there).text
    assert "The item was withdrawn: kept, not counted." in told
    assert "Let its answers count again" in told
    assert state(place).attempts < before.attempts
    assert form["item"] in place.browser.get("/questions").text
    assert undo(place, there) == 303
    assert state(place).attempts == before.attempts
    assert marking.words_on_items(place.room) == []


def test_several_are_seen_at_once_and_it_is_taken_back_of_all(place):
    class_id = place.class_id.hex()
    page = f"/class/observe?class={class_id}"
    assert page in place.browser.get(f"/class?class={class_id}").text
    skill = "/".join(skill_of(place))
    asked = send(place, "/class/observe", page, **{"class": class_id})
    assert asked.status_code == 422
    for words in ("Choose the skill.", "Choose what you saw or heard.", "Tick those who did it."):
        assert words in asked.text
    who = {f"who-{place.pid(name)}": "1" for name in (AMINA, JUMA)}
    before = [state(place, name).attempts for name in (AMINA, JUMA)]
    done = send(
        place, "/class/observe", page, seen="oral-right", skill=skill, **who, **{"class": class_id}
    )
    assert done.status_code == 303
    assert "Noted for 2 learners." in place.browser.get(page).text
    after = [state(place, name).attempts for name in (AMINA, JUMA)]
    assert after == [count + 1 for count in before]
    assert undo(place, page) == 303
    assert [state(place, name).attempts for name in (AMINA, JUMA)] == before


def test_what_was_seen_is_taken_back_later_on_its_own_page(place):
    assert mark(place, "paper-right") == 303
    seen = place.room.weighed(id_of(place))[-1].stored
    at = {"log": seen.log_id.hex(), "seq": str(seen.seq)}
    there = f"{page_of(place)}/answer?log={at['log']}&seq={at['seq']}"
    assert "Take this back" in place.browser.get(there).text
    assert "Withdraw this question" not in place.browser.get(there).text
    assert mark(place, "unsee", **at) == 303
    told = place.browser.get(there).text
    assert "It was taken back." in told
    assert "The teacher took it back" in told


def test_a_form_that_is_sent_twice_says_it_once(place):
    form = {"learner": place.pid(AMINA), "skill": "/".join(skill_of(place)), "do": "say-got"}
    number = "ab" * 12
    for _ in range(2):
        assert send(place, "/learner/mark", page_of(place), once=number, **form).status_code == 303
    assert len(marking.judgements(place.room, id_of(place), skill_of(place))) == 1
    events = [each for each in place.room.events_of(id_of(place)) if each.event.kind == 49]
    assert len(events) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"do": "dance"}, 400),
        ({"do": "say-got", "skill": "nothing"}, 400),
        ({"do": "say-got", "skill": "fractions/flying"}, 409),
        ({"do": "accept", "log": "zz", "seq": "1"}, 404),
        ({"do": "accept", "log": "00" * 8, "seq": "1"}, 409),
        ({"do": "accept-all", "log": "00" * 8, "seq": "9" * 12}, 409),
        ({"do": "unsee", "log": "00" * 8, "seq": "-1"}, 404),
    ],
)
def test_a_form_that_names_nothing_changes_nothing(place, fields, status):
    before = place.room.events_of(id_of(place))
    form = {"learner": place.pid(AMINA), **fields}
    assert send(place, "/learner/mark", page_of(place), **form).status_code == status
    assert place.room.events_of(id_of(place)) == before


@pytest.mark.parametrize("query", ["", "?log=zz&seq=1", f"?log={'0' * 16}&seq=1", "?log=&seq=²"])
def test_an_answer_that_is_not_there_is_not_found(place, query):
    assert place.browser.get(f"{page_of(place)}/answer{query}").status_code == 404


def test_a_form_without_its_token_says_nothing(place):
    form = {"learner": place.pid(AMINA), "skill": "/".join(skill_of(place)), "do": "say-got"}
    sent = place.browser.post("/learner/mark", data=form, follow_redirects=False)
    assert sent.status_code == 403
    assert marking.judgements(place.room, id_of(place), skill_of(place)) == ()


def test_the_word_of_another_teacher_since_is_not_taken_back(place):
    assert mark(place, "say-got") == 303
    marking.judge(place.room, id_of(place), skill_of(place), "learning")
    assert undo(place) == 409
    (word,) = marking.judgements(place.room, id_of(place), skill_of(place))
    assert word.word == "learning"


def test_who_may_only_look_is_offered_no_mark(place):
    from darasa.learning.people.class_staff import set_teachers, share_classes

    people = place.room.people
    peter = people.add_teacher("Peter Lema", "long enough it is")
    people.add_teacher("Asha Lema", "long enough it is")
    set_teachers(place.room, place.class_id, [peter])
    share_classes(place.room, shared=True)
    at = not_yet(place)
    place.sign_in_at_once("Asha Lema")
    for path in (page_of(place), f"{page_of(place)}/answer?log={at['log']}&seq={at['seq']}"):
        page = place.browser.get(path)
        assert page.status_code == 200
        assert "What do you say?" not in page.text
