"""Who teaches what, and handing over, through the command."""

import json

import pytest

from darasa.cli.main import run


@pytest.fixture
def people(tmp_path, capsys):
    """people(*words): the exit code and what was printed; there are staff and two classes."""
    home = str(tmp_path / "school")
    assert run(["school", "init", "--home", home, "--name", "Kisima Primary"]) == 0

    def do(*words):
        capsys.readouterr()
        code = run(["people", words[0], "--home", home, *words[1:]])
        told = capsys.readouterr()
        return code, told.out + told.err

    for name in ("The Head", "Ms. Otieno", "Mr. Mwangi"):
        do("add-teacher", name)
    for name in ("5B", "6A"):
        do("add-class", name)
    return do


def staff(people):
    told = json.loads(people("staff", "--json")[1])
    return {each["name"]: each["classes"] for each in told["staff"]}


def test_classes_are_given_and_handed_over_and_the_sign_in_ended(people):
    assert people("teachers", "5B") == (0, "5B: every teacher.\n")
    assert people("teachers", "5B", "Ms. Otieno", "Mr. Mwangi")[0] == 0
    assert people("teachers", "6A", "Ms. Otieno") == (0, "6A: Ms. Otieno.\n")
    assert people("hand-over", "Ms. Otieno", "Mr. Mwangi", "--class", "6A")[0] == 0
    assert staff(people)["Mr. Mwangi"] == ["5B", "6A"]
    assert people("hand-over", "Ms. Otieno", "Mr. Mwangi", "--end")[0] == 0
    assert staff(people) == {"The Head": [], "Mr. Mwangi": ["5B", "6A"]}
    assert "No longer here: Ms. Otieno" in people("staff")[1]
    assert people("let-back", "Ms. Otieno")[0] == 0
    assert "never signed in" in people("staff")[1]
    assert people("teachers", "6A", "--every") == (0, "6A: every teacher.\n")


def test_what_cannot_be_handed_over_is_said(people):
    assert people("hand-over", "Nobody", "Mr. Mwangi")[0] == 4
    assert people("hand-over", "Ms. Otieno", "Mr. Mwangi", "--class", "5B")[0] == 1
    code, told = people("hand-over", "The Head", "--end")
    assert (code, "only head" in told) == (1, True)
    assert people("let-back", "Mr. Mwangi")[0] == 4


def test_looking_at_others_classes_is_let_and_ended(people):
    assert "see only their own classes" in people("staff")[1]
    assert people("share-classes", "on") == (0, "Teachers may look at every class now.\n")
    assert "may look at every class" in people("staff")[1]
    people("share-classes", "off")
    assert "see only their own classes" in people("staff")[1]
