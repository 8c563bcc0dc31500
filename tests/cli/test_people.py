"""Class lists through the command, as a teacher's file has them."""

from pathlib import Path

import pytest

from darasa.cli.main import run


@pytest.fixture
def school(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    home = str(tmp_path / "school")
    assert run(["school", "init", "--home", home, "--name", "Kisima Primary"]) == 0
    capsys.readouterr()
    return home


def test_two_of_one_name_are_noted_and_their_pins_are_printed(
    school: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "class.csv"
    file.write_text("name,class\nAmina Kato,5B\nAmina Kato,5B\n")
    run(["roster", "import", "--home", school, str(file)])
    told = capsys.readouterr()
    assert f"{file}:3: Amina Kato of 5B is twice in the file" in told.err
    assert told.out.count("Amina Kato") == 2
    assert "2 learners added" in told.out


def test_a_line_without_a_class_is_told_by_file_and_line(
    school: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "class.csv"
    file.write_text("name,class\nAmina Kato,5B\nSamuel Tembo,\n")
    assert run(["roster", "import", "--home", school, str(file)]) == 3
    told = capsys.readouterr()
    assert f"{file}:3: The class is missing." in told.err
    assert "Nothing was changed." in told.out


def test_the_first_sign_in_is_the_heads_and_others_are_what_is_said(
    school: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, post in (
        (["Grace Otieno"], "head"),
        (["Peter Lema"], "teacher"),
        (["Joyce Mrisho", "--as", "technician"], "technician"),
    ):
        assert run(["people", "add-teacher", "--home", school, *words]) == 0
        assert f"{words[0]} ({post}) signs in with:" in capsys.readouterr().out


def test_who_forgot_the_passphrase_gets_another_shown_once(
    school: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["people", "add-teacher", "--home", school, "Grace Otieno"])
    first = capsys.readouterr().out.split("with:")[1].split("\n")[0].strip()
    assert run(["people", "new-passphrase", "--home", school, "grace otieno"]) == 0
    second = capsys.readouterr().out.split("with:")[1].split("\n")[0].strip()
    assert len(second) >= 10
    assert first != second
    assert run(["people", "new-passphrase", "--home", school, "Nobody"]) == 4


def test_a_sign_in_is_taken_away_but_not_the_only_heads(
    school: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["people", "add-teacher", "--home", school, "Grace Otieno"])
    run(["people", "add-teacher", "--home", school, "Peter Lema"])
    assert run(["people", "end", "--home", school, "Peter Lema"]) == 0
    assert run(["people", "end", "--home", school, "Peter Lema"]) == 4
    assert run(["people", "end", "--home", school, "Grace Otieno"]) == 1
    assert "This is the only head." in capsys.readouterr().err
