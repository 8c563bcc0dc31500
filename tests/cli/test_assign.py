"""What a teacher sets, at the keyboard."""

import json
import shutil

import pytest

from darasa.cli.exits import Exit
from darasa.cli.main import run

AMINA, JUMA = "Amina Kazungu", "Juma Ali"


@pytest.fixture(scope="module")
def template(make_practised_school):
    return make_practised_school(AMINA, JUMA)


@pytest.fixture
def school(template, tmp_path):
    return str(shutil.copytree(template, tmp_path / "school"))


@pytest.fixture
def assign(school, capsys):
    """assign(*words): the exit code and what was printed."""

    def do(*words):
        capsys.readouterr()
        code = run(["assign", words[0], "--home", school, *words[1:]])
        told = capsys.readouterr()
        return code, told.out + told.err

    return do


@pytest.fixture
def listed(assign):
    def do():
        code, told = assign("list", "--json")
        assert code == 0
        return json.loads(told)["assignments"]

    return do


def test_skills_are_set_listed_and_ended(assign, listed):
    code, told = assign("set", "5B", "--skill", "parts of", "--for", AMINA, "--title", "Market")
    assert code == 0
    assert told.endswith(f"Market, for {AMINA}: 0 of 1 have got it. By The office.\n")
    assert assign("set", "5B", "--skill", "parts of", "--until", "2099-01-01")[0] == Exit.REFUSED
    [each] = listed()
    assert each["skills"] == [
        {"skill": "fractions-p5/parts", "title": "Parts of a whole", "got": 0}
    ]
    assert (each["for_all"], each["learners"]) == (False, [AMINA])
    assert "Parts of a whole: 0 of 1" in assign("list", "--class", "5B")[1]
    assert assign("end", "5B", "market") == (0, "Market is set no longer for 5B.\n")
    assert assign("list") == (0, "Nothing is set.\n")


def test_a_unit_is_set_in_the_order_of_its_course_for_all(assign, listed):
    assert assign("set", "5B", "--unit", "Fractions part 1")[0] == 0
    [each] = listed()
    assert each["for_all"]
    assert each["skills"][0]["skill"] == "fractions-p5/parts"
    assert len(each["skills"]) > 1
    assert assign("end", "5B", each["mark"])[0] == 0


def test_what_is_not_there_or_said_twice_is_said_so(assign):
    for words in (
        ("set", "9Z", "--skill", "parts of"),
        ("set", "5B", "--skill", "flying"),
        ("set", "5B", "--unit", "Flying"),
        ("set", "5B", "--skill", "parts of", "--for", "Nobody"),
        ("end", "5B", "Market"),
    ):
        assert assign(*words)[0] == Exit.NOT_FOUND
    assert assign("set", "5B")[0] == Exit.REFUSED
    for _ in range(2):
        assign("set", "5B", "--skill", "parts of", "--title", "Market")
    code, told = assign("end", "5B", "Market")
    assert code == Exit.NOT_FOUND
    assert "marks" in told
