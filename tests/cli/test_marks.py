"""A teacher's own word, at the keyboard."""

import json
import shutil

import pytest

from darasa.cli.main import run

AMINA = "Amina Kazungu"
SKILL = ("--skill", "parts of")


@pytest.fixture(scope="module")
def template(make_practised_school):
    """A school in which Amina had a question right, and one not yet; copied for each test."""
    return make_practised_school(AMINA, "Juma Ali")


@pytest.fixture
def school(template, tmp_path):
    return str(shutil.copytree(template, tmp_path / "school"))


@pytest.fixture
def mark(school, capsys):
    """mark(*words): the exit code and what was printed."""

    def do(*words):
        capsys.readouterr()
        code = run(["mark", words[0], "--home", school, *words[1:]])
        told = capsys.readouterr()
        return code, told.out + told.err

    return do


@pytest.fixture
def skill(school, capsys):
    """skill(name): the figures of the skill, as the report has them."""

    def do(name=AMINA):
        capsys.readouterr()
        command = ["report", "learner", "--home", school, name, *SKILL, "--format", "json"]
        assert run(command) == 0
        (found,) = json.loads(capsys.readouterr().out)["skills"]
        return found

    return do


def not_yet(skill):
    (row,) = [row for row in skill()["answers"] if not row["right"]]
    return f"{row['log'][:8]}:{row['seq']}"


def test_what_was_seen_counts_of_several_and_is_taken_back(mark, skill):
    done = mark("observe", AMINA, "Juma Ali", *SKILL, "--oral")
    assert done == (0, f"Parts of a whole, right: {AMINA}, Juma Ali.\n")
    (seen,) = skill("Juma Ali")["answers"]
    assert (seen["why"], seen["weight"], seen["question"]) == (
        "observed",
        1,
        "heard by the teacher",
    )
    place = f"{seen['log']}:{seen['seq']}"
    assert mark("unobserve", "Juma Ali", place) == (0, "Taken back for Juma Ali.\n")
    assert [row["weight"] for row in skill("Juma Ali")["answers"]] == [0]
    assert mark("observe", "Juma Ali", *SKILL, "--not-yet")[1].startswith(
        "Parts of a whole, not yet"
    )


def test_a_teachers_own_word_stands_beside_the_models(mark, skill):
    assert mark("judge", AMINA, "got", *SKILL)[1].endswith("a teacher says “Got it”.\n")
    told = skill()
    assert (told["state"], told["state_is_a_teachers"]) == ("got", True)
    assert [word["state"] for word in told["teachers"]["words"]] == ["got"]
    assert told["teachers"]["sentences"][0].startswith("The office says: “Got it” (")
    assert mark("judge", AMINA, "back", *SKILL)[0] == 0
    assert skill()["teachers"] == {"words": [], "sentences": []}
    assert (skill()["state"], skill()["state_is_a_teachers"]) == ("learning", False)


@pytest.mark.parametrize("whose", [(), ("--for-all",)])
def test_an_answer_is_accepted_and_counts_again_as_it_did(mark, skill, whose):
    place, before = not_yet(skill), skill()["p"]
    code, told = mark("accept", AMINA, place, *whose)
    assert code == 0
    assert told.endswith("counts as right.\n")
    assert [row["why"] for row in skill()["answers"]].count("overturned") == 1
    assert skill()["p"] > before
    assert (AMINA in told) == (not whose)
    listed = json.loads(mark("list", "--json")[1])["marks"]
    assert [each["right"] for each in listed] == [True] * len(whose)
    assert mark("accept", AMINA, place, "--back", *whose)[0] == 0
    assert skill()["p"] == before


def test_a_question_is_withdrawn_and_counts_again(mark, skill):
    before = skill()
    asked = [row["question"] for row in before["answers"]]
    pack, _, item = before["answers"][0]["item"].partition("/")
    done = mark("withdraw", f"{pack}/{item}")
    assert done == (0, f"{pack}/{item}: its answers are kept, and do not count.\n")
    after = skill()
    assert [row["question"] for row in after["answers"]] == asked
    assert [row["why"] for row in after["answers"]].count("withdrawn") == 1
    assert mark("withdraw", item)[1] == f"{pack}/{item}: that stands already.\n"
    assert f"{pack}/{item}  withdrawn  The office" in mark("list")[1]
    assert mark("withdraw", item, "--back")[0] == 0
    assert skill()["p"] == before["p"]
    assert mark("list")[1] == "Nothing was said of any question.\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("observe", "Zuri", *SKILL), 4, "No learner is called Zuri."),
        (("judge", AMINA, "got", "--skill", "flying"), 4, "No skill is called flying."),
        (("judge", AMINA, "kept", *SKILL), 2, "'kept' is not one of"),
        (("accept", AMINA, "nothing"), 4, "No such answer is there."),
        (("accept", AMINA, "00000000:1"), 4, "No such answer is there."),
        (("accept", AMINA, "0:1", "--back", "--not-yet"), 2, "say different things"),
        (("withdraw", "flying"), 4, "No course here has that question."),
        (("withdraw", "fractions/flying"), 4, "No course here has that item."),
    ],
)
def test_what_is_not_there_is_a_sentence(mark, words, code, sentence):
    found, told = mark(*words)
    assert found == code
    assert sentence in told
