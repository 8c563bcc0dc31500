"""Broken engines are caught: the simulator can fail. `DARASA_MUTANTS=all` tries every one."""

from types import ModuleType

from darasa.sync.verify import run_seed


def test_a_broken_engine_is_caught(mutants: ModuleType, mutant_name: str) -> None:
    assert mutants.caught_by(mutant_name) is not None


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
