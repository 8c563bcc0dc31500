"""`darasa mastery refit`, `fits`, `adopt`, `use` at a school in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deciding_world import work

from darasa.cli.exits import Exit
from darasa.cli.main import run
from darasa.cli.options import classroom_at
from darasa.learning.kinds import Attempt
from darasa.sync.home import init_home
from darasa.sync.ids import Role

pytest.importorskip("scipy", reason="the fit wants the extra hub")


def attempt(**changes: Any) -> Attempt:
    plain = {
        "pack": "fractions", "item": "q1", "item_version": b"version1", "skills": ("add",),
        "difficulty_milli": 0, "try_nth": 1, "picked": (), "typed": "3/4", "help": 0,
        "shown_before": False, "response_ms": 9_000, "source": 0, "partners": 0, "pair": None,
        "supervised": False,
    }  # fmt: skip
    return Attempt(**(plain | changes))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A school of eleven children of fractions and three of another course."""
    made = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=os.urandom)
    with classroom_at(made.path, writable=True) as school:
        class_id = school.people.add_class("5B")
        for nth in range(14):
            learner = school.people.add_learner(f"Child {nth}", class_id, pin="4821")
            of: Callable[..., Attempt] = attempt
            if nth > 10:
                of = lambda **changes: attempt(**(changes | {"pack": "few"}))  # noqa: E731
            work(school, learner, of, sitting=b"sittng%02d" % nth, right=nth % 3 > 0)
    return made.path


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run([*words, "--json"]) == Exit.DONE
    return json.loads(capsys.readouterr().out)


def test_a_school_fits_adopts_and_goes_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--home", str(home)]
    report = home.parent / "report"
    made = told(["mastery", "refit", "--pack", "fractions", "--report", str(report), *at], capsys)
    assert (made["learners"], made["rows"], made["version"]) == (11, 33, 1)
    assert not made["weights_fitted"]
    assert "as before; what is known of items" in report.with_name("report.txt").read_text()
    assert report.with_name("report.svg").read_text().startswith("<svg ")
    listed = told(["mastery", "fits", *at], capsys)
    assert [(fit["maker"], fit["in_use"]) for fit in listed["fits"]] == [("Kisima", False)]
    adopted = told(["mastery", "adopt", "1", *at], capsys)
    assert adopted["to_fold_anew"] == 14
    assert run(["status", *at]) == Exit.DONE
    assert "Learners are folded by version 1" in capsys.readouterr().out
    assert run(["mastery", "fits", *at]) == Exit.DONE
    assert capsys.readouterr().out.startswith("in use")
    back = told(["mastery", "use", "shipped", *at], capsys)
    assert back["parameters"] == "rlf-shipped-warm-1"
    assert run(["mastery", "fits", *at]) == Exit.DONE
    assert "that ship with the program" in capsys.readouterr().out


def test_what_cannot_be_done_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--home", str(home)]
    assert run(["mastery", "refit", "--pack", "few", *at]) == Exit.REFUSED
    assert "wants the answers of 10 learners; there are those of 3" in capsys.readouterr().err
    assert run(["mastery", "refit", "--pack", "none", *at]) == Exit.NOT_FOUND
    assert run(["mastery", "adopt", "4", *at]) == Exit.NOT_FOUND
    assert run(["mastery", "use", "another", *at]) == Exit.USAGE
    assert run(["mastery", "refit", "--dry-run", *at]) == Exit.DONE
    assert "Nothing was kept." in capsys.readouterr().out
    assert told(["mastery", "fits", *at], capsys)["fits"] == []
    computer = init_home(home.parent / "pc", role=Role.COMPUTER, name="Lab 1", rng=os.urandom)
    assert run(["mastery", "refit", "--home", str(computer.path)]) == Exit.REFUSED
    caught = capsys.readouterr().err
    assert "at a school server or a hub" in caught
    assert "Traceback" not in caught
