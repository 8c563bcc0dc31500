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
