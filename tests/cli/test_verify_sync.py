"""`darasa verify-sync`: its figures, its exit code, its schedules."""

import json
from pathlib import Path

import pytest

from darasa.cli import verify_sync
from darasa.cli.main import run
from darasa.sync import session_store
from darasa.sync.verify import Plan

FIGURES = {
    "seeds",
    "lab_years",
    "events",
    "faults",
    "forks",
    "lost",
    "duplicated",
    "divergent",
    "marks",
    "seconds",
}


def figures_of(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, object]:
    assert run(["verify-sync", "--json", "--jobs", "1", *args]) == 0
    figures: dict[str, object] = json.loads(capsys.readouterr().out)
    return figures


def test_json_has_the_figures_and_the_same_seeds_give_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = figures_of(capsys, "--seeds", "2", "--from", "5")
    assert first.keys() >= FIGURES
    assert first["seeds"] == 2
    assert first["bad_seeds"] == []
    again = figures_of(capsys, "--seeds", "2", "--from", "5")
    for figures in (first, again):
        del figures["seconds"]
        del figures["budgets"]
    assert first == again


def test_a_bad_seed_is_printed_with_a_short_schedule_that_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = session_store._tell
    monkeypatch.setattr(session_store, "_tell", lambda *args: told(*args) + told(*args))
    args = ["--seeds", "1", "--from", "1", "--jobs", "1", "--keep", str(tmp_path)]
    assert run(["verify-sync", *args]) == 1
    shown = capsys.readouterr()
    assert "Seed 1 is bad" in shown.err
    assert "Bad seeds: 1" in shown.out
    (kept,) = tmp_path.glob("*.json")
    assert 0 < len(Plan.from_json(kept.read_bytes()).actions) < 10


def test_stormy_districts_come_on_top_and_a_bad_one_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calm = figures_of(capsys, "--seeds", "1", "--from", "1")
    storm = figures_of(capsys, "--seeds", "0", "--storms", "1", "--from", "1")
    both = figures_of(capsys, "--seeds", "1", "--storms", "1", "--from", "1")
    assert (both["seeds"], both["storms"], both["bad_storms"]) == (1, 1, [])
    assert both["faults"] == calm["faults"] + storm["faults"]
    assert storm["faults"] > calm["faults"]
    told = session_store._tell
    monkeypatch.setattr(session_store, "_tell", lambda *args: told(*args) + told(*args))
    args = ["--seeds", "0", "--storms", "1", "--from", "1", "--jobs", "1", "--open", "1"]
    assert run(["verify-sync", *args, "--keep", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "Stormy seed 1 is bad" in shown.err
    assert "darasa verify-sync --from 1 --seeds 0 --storms 1" in shown.out
    assert Plan.from_json((tmp_path / "storm-1.json").read_bytes()).is_stormy


def test_a_run_as_long_as_a_soak_has_to_reach_its_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify_sync, "_LEAST", {2: {"districts": 2, "faults": 1_000_000}})
    args = ["verify-sync", "--from", "5", "--jobs", "1", "--seeds"]
    assert run([*args, "1"]) == 0
    assert "NOT MET" not in capsys.readouterr().out
    assert run([*args, "2"]) == 1
    shown = capsys.readouterr().out
    assert "1000000" in shown
    assert "NOT MET" in shown


def test_no_district_is_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify-sync", "--seeds", "0"]) == 2
    assert "--storms" in capsys.readouterr().err


def test_a_seed_that_is_known_to_be_bad_is_told_and_must_still_be_bad(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify-sync", "--seeds", "1", "--from", "1", "--jobs", "1", "--open"]
    assert run([*words, "1,7"]) == 1
    assert "Seed 1 is good now" in capsys.readouterr().out
    assert run([*words, "one"]) == 3
    told = session_store._tell
    monkeypatch.setattr(session_store, "_tell", lambda *args: told(*args) + told(*args))
    assert run([*words, "1"]) == 0
    assert "Seed 1 is bad, which is known and open." in capsys.readouterr().out
