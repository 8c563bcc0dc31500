"""Classes and class lists through the command."""

import json
import os
import re
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.cli.options import classroom_at
from darasa.sync.ids import LearnerId


@pytest.fixture
def school(tmp_path, capsys):
    home = str(tmp_path / "school")
    assert run(["school", "init", "--home", home, "--name", "Kisima Primary"]) == 0
    capsys.readouterr()
    return home


@pytest.fixture
def people(school, capsys):
    """people(*words): the exit code and what was printed."""

    def do(*words):
        code = run(["people", words[0], "--home", school, *words[1:]])
        told = capsys.readouterr()
        return code, told.out + told.err

    return do


def learners(people):
    told = json.loads(people("list", "--json")[1])
    return {each["name"]: each for each in told["learners"]}


def test_a_class_is_made_filled_and_changed_at_the_keyboard(people, tmp_path):
    assert people("add-class", "5B") == (0, "Class 5B is on the list.\n")
    people("add-class", "6A")
    code, told = people("add", "5B", "Neema Paul", "--number", "17")
    assert code == 0
    assert re.search(r"17 +\d{4}   Neema Paul", told)
    file = tmp_path / "names.txt"
    file.write_text("Asha Mwangi\nJuma Ali; 18\n\n")
    assert people("add", "5B", "--from", str(file))[0] == 0
    assert learners(people)["Juma Ali"]["number"] == "18"
    assert people("rename", "Asha Mwangi", "Asha Mwangi Otieno")[0] == 0
    assert people("number", "Asha Mwangi Otieno", "19")[0] == 0
    assert people("move", "Juma Ali", "6A")[0] == 0
    assert people("move", "Neema Paul", "6A", "--also")[0] == 0
    found = learners(people)
    assert found["Asha Mwangi Otieno"]["number"] == "19"
    assert found["Juma Ali"]["classes"] == ["6A"]
    assert found["Neema Paul"]["classes"] == ["5B", "6A"]
    assert people("move", "Neema Paul", "5B", "--out")[0] == 0
    assert learners(people)["Neema Paul"]["classes"] == ["6A"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_names_come_from_a_file_as_any_editor_saves_it(people, tmp_path, encoding):
    people("add-class", "5B")
    file = tmp_path / "names.txt"
    file.write_text("Éloïse Ñandú\nJuma Ali; 18\n", encoding=encoding)
    assert people("add", "5B", "--from", str(file))[0] == 0
    assert set(learners(people)) == {"Éloïse Ñandú", "Juma Ali"}


def test_a_file_that_is_no_list_of_names_adds_nobody(people, tmp_path):
    people("add-class", "5B")
    file = tmp_path / "names.txt"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    code, told = people("add", "5B", "--from", str(file))
    assert (code, learners(people)) == (3, {})
    assert told == f"{file}: This is no text file. Save the sheet as CSV and try again.\n"


def test_who_may_be_there_already_is_asked_about(people):
    people("add-class", "5B")
    people("add", "5B", "Amina Kazungu")
    code, told = people("add", "5B", "Amina Kazungo")
    assert (code, "may be there already: Amina Kazungu (5B)" in told) == (1, True)
    assert people("add", "5B", "Amina Kazungo", "--another")[0] == 0
    assert len(learners(people)) == 2


def test_taken_off_and_put_back_closed_and_opened(people):
    people("add-class", "5B")
    people("add", "5B", "Amina Kazungu")
    assert people("off", "Amina Kazungu") == (
        0,
        "Amina Kazungu is off the lists. All work is kept.\n",
    )
    assert learners(people) == {}
    assert "(off)" in people("list")[1]
    assert people("back", "Amina Kazungu")[0] == 0
    assert people("back", "Amina Kazungu")[0] == 4
    assert people("close-class", "5B")[0] == 0
    assert "Closed classes: 5B" in people("list")[1]
    assert people("close-class", "5B", "--undo")[0] == 0
    assert people("rename-class", "5B", "5 Blue")[0] == 0
    assert learners(people)["Amina Kazungu"]["classes"] == ["5 Blue"]


def test_what_cannot_be_is_said_with_its_code(people):
    assert people("add", "5B", "Amina")[0] == 4
    people("add-class", "5B")
    assert people("add", "5B")[0] == 2
    assert people("add", "5B", "A B", "C D", "--number", "3")[0] == 2
    assert people("add", "5B", "   ")[0] == 1
    assert people("rename", "Nobody", "Somebody")[0] == 4
    assert people("close-class", "5B", "--undo")[0] == 4


def test_who_began_at_a_computer_is_listed_and_taken_in(school, people):
    """The school's own machine is where she began: what is listed comes from her events alone."""
    home = Path(school)
    people("add-class", "5B")
    people("add", "5B", "Amina Kazungu")
    with classroom_at(home, writable=True) as room:
        for _ in range(2):
            guest = LearnerId(os.urandom(16))
            room.record.sign_in(guest, "guest")
    told = json.loads(people("newcomers", "--json")[1])["newcomers"]
    one, two = (each["id"] for each in told)
    assert people("take-in", "Guest", "5B")[0] == 4  # two are called so
    assert people("take-in", one)[0] == 2
    code, said = people("take-in", one, "5B", "--as", "Asha Mwangi", "--number", "17")
    assert (code, "Asha Mwangi is on the list of 5B." in said) == (0, True)
    assert people("take-in", two, "--same", "Amina Kazungu")[0] == 0
    assert people("newcomers") == (0, "Everybody is on a list.\n")
    assert learners(people)["Asha Mwangi"]["id"] == one
