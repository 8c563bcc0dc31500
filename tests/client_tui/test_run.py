"""Opening: a sentence and a code for what cannot be opened, and a guest on a new folder."""

import io
import os
from pathlib import Path

import pytest

from darasa.client_tui.run import learn
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role


def run(home: Path, learner: str | None = None) -> int:
    return learn(home, plain=True, learner=learner, profile=None)


def test_a_folder_of_another_role_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=os.urandom)
    assert run(tmp_path / "school") == 1
    assert "not a computer" in capsys.readouterr().err


def test_a_folder_in_use_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_home(tmp_path / "pc", role=Role.COMPUTER, name="PC 1", rng=os.urandom)
    with open_home(tmp_path / "pc").lock():
        assert run(tmp_path / "pc") == 1
    told = capsys.readouterr().err
    assert told.strip().endswith(".")
    assert "Traceback" not in told


def test_a_new_folder_lets_a_guest_practise_and_keeps_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n1\nnot sure\n"))
    assert run(tmp_path / "pc") == 0
    told = capsys.readouterr().out
    assert "item 1 of about 8" in told
    assert "Hint 1" in told
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert run(tmp_path / "pc") == 0
    assert "Carry on" in capsys.readouterr().out
    assert run(tmp_path / "pc", learner="Nobody") == 4
    assert "Nobody" in capsys.readouterr().err
