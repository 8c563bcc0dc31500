import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.safe_text import SafeText
from darasa.learning.rosters.matching import Known, KnownLearner, match_roster
from darasa.learning.rosters.reading import Roster, RosterRow
from darasa.sync.ids import LearnerId


def known(*people):
    return Known(
        tuple(
            KnownLearner(LearnerId(bytes([n]) * 16), SafeText(name), tuple(classes), number=number)
            for n, (name, classes, number) in enumerate(people)
        )
    )


def listed(*people):
    rows = [
        RosterRow(n, SafeText(name), tuple(map(SafeText, classes)), number=number)
        for n, (name, classes, number) in enumerate(people, 2)
    ]
    return Roster(tuple(rows), ())


def verdicts(roster, there):
    return [
        (each.verdict, each.question, each.lacks) for each in match_roster(roster, there).matches
    ]


AMINA = ("Amina Kato", ["5B"], "")


def test_the_same_name_in_the_same_class_is_here():
    assert verdicts(listed(("amina  KATO", ["5b"], "")), known(AMINA)) == [("here", None, ())]


def test_the_same_number_is_here_whatever_the_name_and_class():
    there = known(("Amina Kato", ["5B"], "K17"))
    assert verdicts(listed(("Amina K. Mwita", ["6B"], "k17")), there) == [("here", None, ("6B",))]


def test_another_number_is_another_learner():
    there = known(("Amina Kato", ["5B"], "K17"))
    assert verdicts(listed(("Amina Kato", ["5B"], "K18")), there) == [("new", None, ())]


@pytest.mark.parametrize(
    ("name", "classes", "question"),
    [
        ("Amina Kato", ["6C"], "other class"),
        ("Kato Amina", ["6C"], "other class"),
        ("Amína Kató", ["5B"], "alike"),
        ("Amina Katto", ["5B"], "alike"),
        ("Amina Kata", ["5B"], "alike"),
        ("Amin Kato", ["5B"], "alike"),
        ("Amina Kaot", ["5B"], "alike"),
    ],
)
def test_what_is_nearly_the_same_is_asked(name, classes, question):
    ((verdict, why, _),) = verdicts(listed((name, classes, "")), known(AMINA))
    assert (verdict, why) == ("asked", question)


@pytest.mark.parametrize(("name", "classes"), [("Amina Katto", ["6C"]), ("Juma Ali", ["5B"])])
def test_what_is_not_is_new(name, classes):
    assert verdicts(listed((name, classes, "")), known(AMINA)) == [("new", None, ())]


def test_short_names_are_not_alike_for_one_letter():
    assert verdicts(listed(("Asi", ["5B"], "")), known(("Ali", ["5B"], ""))) == [("new", None, ())]


def test_two_of_one_name_are_matched_one_by_one():
    three = listed(AMINA, AMINA, AMINA)
    assert [v for v, _, _ in verdicts(three, known(AMINA, AMINA))] == ["here", "here", "new"]


def test_who_is_on_the_list_herself_is_nobodys_double():
    there = known(AMINA, ("Amina Kata", ["5B"], ""))
    roster = listed(AMINA, ("Amina Kata", ["5B"], ""), ("Amina Katu", ["5B"], ""))
    assert [v for v, _, _ in verdicts(roster, there)] == ["here", "here", "new"]


NAMES = st.text("ab é", min_size=1, max_size=8)
PEOPLE = st.lists(
    st.tuples(
        NAMES,
        st.lists(st.sampled_from("xyz"), min_size=1, max_size=2),
        st.sampled_from("12") | st.just(""),
    ),
    max_size=6,
)


@given(PEOPLE, PEOPLE)
def test_each_row_gets_one_verdict_and_nobody_here_is_two_rows(rows, people):
    plan = match_roster(listed(*rows), known(*people))
    assert [each.row.line for each in plan.matches] == list(range(2, len(rows) + 2))
    by_name = [
        each.whom.learner_id
        for each in plan.of("here")
        if each.whom is not None and not each.row.number
    ]
    assert len(by_name) == len(set(by_name))


@given(PEOPLE)
def test_a_list_that_was_imported_is_here_when_it_comes_again(people):
    roster = listed(*((name, classes, "") for name, classes, _ in people))
    there = known(*((name, classes, "") for name, classes, _ in people))
    assert {v for v, _, _ in verdicts(roster, there)} <= {"here"}
