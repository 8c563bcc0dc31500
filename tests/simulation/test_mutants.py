"""Broken engines are caught: the simulator can fail. `DARASA_MUTANTS=all` tries every one."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from darasa.sync.verify import run_seed


def test_a_broken_engine_is_caught(
    mutants: ModuleType, mutant_name: str, record_property: Callable[[str, object], None]
) -> None:
    nth = mutants.caught_by(mutant_name)
    assert nth is not None
    record_property("seeds", nth)


def test_what_districts_do_not_tell_a_story_tells(
    mutants: ModuleType, mutant_with_a_story: str, pytestconfig: pytest.Config
) -> None:
    pytest_command = Path(sys.executable).with_name("pytest")
    ran = subprocess.run(
        [pytest_command, "-q", "-p", "broken_engine", mutants.STORIES[mutant_with_a_story]],
        cwd=pytestconfig.rootpath,
        env=os.environ | {"DARASA_BROKEN": mutant_with_a_story},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    assert "1 failed" in ran.stdout


def test_there_are_enough_broken_engines_and_what_they_break_is_there(
    mutants: ModuleType,
) -> None:
    assert len(mutants.MUTANTS) >= 30
    for name in mutants.MUTANTS:
        with mutants.broken(name):
            pass


def test_the_engine_is_whole_again_afterwards(mutants: ModuleType) -> None:
    with mutants.broken("events told twice"):
        assert run_seed(1, mutants.WORK).is_bad
    assert not run_seed(1, mutants.WORK).is_bad
