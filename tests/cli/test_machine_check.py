"""What a computer says of itself after joining, and when it is asked."""

import io
import json
import os
import tomllib

import pytest

from darasa.cli.main import run
from darasa.client_tui.settings import settings_of
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role


@pytest.fixture
def computer(tmp_path):
    init_home(tmp_path / "pc", role=Role.COMPUTER, name="Lab PC 07", rng=os.urandom)
    return tmp_path / "pc"


def answer(monkeypatch, words):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{words}\n"))


def test_doctor_says_how_the_machine_is_beside_its_node(computer, capsys):
    run(["doctor", "--home", str(computer), "--json"])
    names = {check["name"] for check in json.loads(capsys.readouterr().out)["checks"]}
    assert names >= {"store", "disk", "clock", "keys", "saving"}
    assert "window" not in names  # nobody sits at a pipe


def test_the_helpers_answer_is_kept_for_the_machine_and_nothing_else_changes(
    computer, capsys, monkeypatch
):
    file = computer / "darasa.toml"
    file.write_text(file.read_text() + "\n[client]\ntheme = 'dark'  # the old screens\n")
    before = tomllib.loads(file.read_text())
    answer(monkeypatch, "b")
    assert run(["doctor", "--home", str(computer), "--characters"]) == 0
    assert "Kept: B." in capsys.readouterr().out
    assert settings_of(open_home(computer).config, {}).charset == "B"
    after = tomllib.loads(file.read_text())
    assert after.pop("client") == {"theme": "dark", "charset": "B"}
    assert after == {key: value for key, value in before.items() if key != "client"}
    assert "# the old screens" in file.read_text()


@pytest.mark.parametrize("words", ["", "q", "AB"])
def test_no_answer_leaves_it_as_it_is(computer, capsys, monkeypatch, words):
    before = (computer / "darasa.toml").read_bytes()
    answer(monkeypatch, words)
    assert run(["doctor", "--home", str(computer), "--characters"]) == 0
    assert "It stays as it is." in capsys.readouterr().out
    assert (computer / "darasa.toml").read_bytes() == before


def test_a_server_is_not_asked_for_its_terminal(tmp_path, capsys):
    init_home(tmp_path / "hub", role=Role.HUB, name="Kisima District", rng=os.urandom)
    assert run(["doctor", "--home", str(tmp_path / "hub"), "--characters"]) == 1
    assert capsys.readouterr().err
