"""`darasa erase-learner`, as a head teacher types it."""

import json
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.cli.options import classroom_at
from darasa.learning.kinds import Attempt
from darasa.learning.marking import overturn_for_all
from darasa.learning.marks import AnswerKey


@pytest.fixture
def school(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    home = str(tmp_path / "school")
    assert run(["school", "init", "--home", home, "--name", "Kisima Primary"]) == 0
    file = tmp_path / "class.csv"
    file.write_text("name,class\nAmina Kato,5B\nSamuel Tembo,5B\n")
    assert run(["roster", "import", "--home", home, str(file)]) == 0
    capsys.readouterr()
    return home


def learners(home: str, capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    assert run(["status", "--home", home, "--json"]) == 0
    count = json.loads(capsys.readouterr().out)["learners"]
    assert isinstance(count, int)
    return count


def typed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person types when asked."""
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: text)


def test_a_learner_whose_name_is_typed_again_is_erased(
    school: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("Amina Kato", monkeypatch)
    assert run(["erase-learner", "--home", school, "Amina"]) == 0
    told = capsys.readouterr().out
    assert "Amina Kato is erased, with 3 events." in told
    assert "Whoever kept an old stick or backup still has the work on it." in told
    assert learners(school, capsys) == 1
    assert run(["status", "--home", school]) == 0
    assert "1 erased: 0 of 0 computers have applied it." in capsys.readouterr().out
    assert run(["erase-learner", "--home", school, "--yes", "Amina Kato"]) == 4


def test_another_name_erases_nobody(
    school: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("Amina", monkeypatch)
    assert run(["erase-learner", "--home", school, "Amina"]) == 1
    assert "The names differ. Nothing was erased." in capsys.readouterr().err
    assert learners(school, capsys) == 2


def test_a_program_reads_json(school: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["erase-learner", "--home", school, "--yes", "--json", "Samuel Tembo"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["events"]) == ("Samuel Tembo", 3)


def test_a_damaged_store_that_lies_there_is_named(
    school: str, capsys: pytest.CaptureFixture[str]
) -> None:
    aside = Path(school) / "store.sqlite3.damaged-20260101-000000"
    aside.write_bytes(b"some of it")
    assert run(["erase-learner", "--home", school, "--yes", "Samuel Tembo"]) == 0
    assert f"Delete it:  {aside}" in capsys.readouterr().out


def test_a_hub_erases_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = str(tmp_path / "hub")
    assert run(["hub", "init", "--home", hub, "--name", "District"]) == 0
    assert run(["erase-learner", "--home", hub, "--yes", "Amina"]) == 1
    assert "erased at the school server" in capsys.readouterr().err


def test_what_a_teacher_accepted_of_everybody_is_told_to_stay(
    school: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Attempt(
        sitting=b"sitting1", pack="fractions", item="q1", item_version=bytes(8), skills=("add",),
        difficulty_milli=0, nth=1, values=(1,), try_nth=1, right=False, picked=(),
        typed="Half", help=0, shown_before=False, response_ms=9_000, source=0, partners=0,
        pair=None, supervised=False,
    )  # fmt: skip
    with classroom_at(Path(school), writable=True) as room:
        room.record.record((room.people.find("Amina").learner_id, told))
        overturn_for_all(room, AnswerKey.of(told), right=True)
    assert run(["erase-learner", "--home", school, "Amina", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "An answer was spoken of by a teacher, for everybody." in said
    assert "That word stays, with what was typed and without a name." in said
    assert run(["erase-learner", "--home", school, "Samuel", "--yes"]) == 0
    assert "That word stays" not in capsys.readouterr().out
