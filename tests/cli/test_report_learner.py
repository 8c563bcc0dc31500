"""A teacher's question answered from the command."""

import csv
import io
import json
import os
import re

import pytest

from darasa.cli.main import run
from darasa.learning.classroom import Classroom
from darasa.learning.practice.sitting import Sitting
from darasa.sync.clock import ManualClock
from darasa.sync.home import open_home


@pytest.fixture(scope="module")
def school(make_practised_school):
    """A school in which Amina Kazungu had a question right, and one not yet."""
    return str(make_practised_school("Amina Kazungu", "Amina Salim"))


@pytest.fixture
def report(school, capsys):
    """report(*words): the exit code and what was printed."""

    def do(*words):
        capsys.readouterr()
        code = run(["report", "learner", "--home", school, *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return do


def test_the_three_questions_are_answered_in_three_paragraphs(report):
    code, told = report("Amina Kazungu", "--skill", "parts of")
    assert code == 0
    heading, why, got, last = (" ".join(each.split()) for each in told.split("\n\n"))
    after, plan = last.split(" The plan", 1)
    assert heading == "Amina Kazungu: Parts of a whole"
    assert why.startswith("Why? Amina K. is at “Learning”.")
    assert got.startswith("What would make it Got it? ")
    assert "in a row, would do." in got
    assert after.startswith("What should come next? Go on with it:")
    assert plan.startswith(" begins with: Parts of a whole.")


def test_without_a_skill_every_skill_is_there_with_its_sum(report):
    code, told = report("Amina Kazungu")
    assert code == 0
    assert all(len(line) <= 96 for line in told.splitlines())
    assert "~ learning Parts of a whole" in told
    assert "The sum: how hard the question is" in told
    assert "“Got it” by the rule rlf-1/shown-2." in told
    assert told.count("- later") >= 1
    assert "right, weight 1. First try, alone: it counts." in told
    assert "not yet, weight 1. First try, alone: it counts." in told
    assert len(re.findall(r"\[[0-9a-f]{8}:\d+\]", told)) == 2


def test_json_has_every_figure(report):
    told = json.loads(report("Amina Kazungu", "--format", "json", "--skill", "parts of")[1])
    (skill,) = told["skills"]
    assert skill["state"] == "learning"
    assert [each["right"] for each in skill["answers"]] == [False, True]
    assert (
        abs(sum(part["logit"] for part in skill["reason"]["parts"]) - skill["reason"]["logit"])
        < 1e-9
    )
    assert skill["got"]["rights_needed"] >= 2
    assert told["rules"]["parameters"]["name"]


def test_csv_is_a_row_a_skill_or_a_row_an_answer(report):
    by_skill = list(csv.DictReader(io.StringIO(report("Amina Kazungu", "--format", "csv")[1][1:])))
    assert by_skill[0]["title"] == "Parts of a whole"
    assert by_skill[0]["counted"] == "2"
    command = ("Amina Kazungu", "--format", "csv", "--skill", "parts of")
    by_answer = list(csv.DictReader(io.StringIO(report(*command)[1][1:])))
    assert [row["right"] for row in by_answer] == ["False", "True"]
    assert all(row["reason"] for row in by_answer)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Amina",), "Several learners fit: Amina Kazungu ("),
        (("Zuri",), "No learner is called Zuri."),
        (("Amina Kazungu", "--skill", "geometry"), "No skill is called geometry."),
        (("Amina Kazungu", "--skill", "fractions"), "Several skills fit: "),
    ],
)
def test_a_name_that_does_not_tell_is_answered_with_a_sentence(report, words, sentence):
    code, told = report(*words)
    assert code == 4
    assert sentence in told
    assert "Traceback" not in told


def test_her_own_goals_are_told_as_text_and_as_data(make_practised_school, capsys):
    home = make_practised_school("Juma Ali")
    with Classroom.open(open_home(home), clock=ManualClock(1_800_000_000_000), rng=os.urandom) as r:
        sitting = Sitting.begin(r, r.people.find("Juma Ali").learner_id)
        sitting.goals.set(sitting.goals.units()[0], sitting.goals.days()[0])
        sitting.sign_out()
    words = ["report", "learner", "--home", str(home), "Juma Ali"]
    assert run(words) == 0
    assert re.search(r"Own goal: Finish Fractions part 1, by 2027-01-\d\d: 0 of 5\.", _said(capsys))
    assert run([*words, "--format", "json"]) == 0
    [goal] = json.loads(_said(capsys))["goals"]
    assert (goal["goal"], goal["got"], goal["of"]) == ("Finish Fractions part 1", 0, 5)
    assert goal["reached"] is False


def _said(capsys):
    return capsys.readouterr().out
