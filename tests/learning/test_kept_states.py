"""The states that are kept: one that cannot be read, and two programs at one folder."""

import random
from pathlib import Path

import pytest
from deciding_world import is_rebuilt_equal

from darasa.learning import marking
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import SignIn
from darasa.learning.learner_state import to_bytes
from darasa.learning.reports.tried_read import read_tried
from darasa.sync.home import init_home
from darasa.sync.ids import LearnerId, Role

A = LearnerId(b"a" * 16)


@pytest.mark.parametrize("alike", [True, False])
def test_answers_of_whoever_has_huge_rows_are_kept_and_words_said(school, make_attempt, alike):
    """A computer may write what it likes of a learner; her work at others must not fail for it."""
    draw = random.Random(1)
    skills = tuple(f"{n:0120}" for n in range(8))
    attempts = []
    for n in range(2_500):
        name = f"{n:0120}" if alike else f"{draw.getrandbits(470):0120x}"[-120:]
        typed = ("x" if alike else name) * 200
        attempts.append(make_attempt(item=name, typed=typed[:200], skills=skills, right=False))
    school.record.record(*((A, attempt) for attempt in attempts))
    school._learners.states.let_go(A)
    school.record.record((A, make_attempt(item="q1")))
    school._learners.states.let_go(A)
    assert school.state(A).attempts == 2_501
    assert marking.withdraw_item(school, ("fractions", "q1"))
    school.freshen(10)
    assert school.state(A).skill(("fractions", "add")).attempts == 0
    [row] = read_tried(school, None)
    assert len(row.items) == 2_500
    assert is_rebuilt_equal(school)


@pytest.mark.parametrize("looks", [True, False])
def test_another_program_at_the_folder_sees_answers_between_equal_words(
    tmp_path: Path, clock, rng, make_attempt, looks
):
    """It read the state while an item was withdrawn, and looks again when it is so again."""
    home = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=rng)
    item = ("fractions", "q1")
    with (
        Classroom.open(home, clock=clock, rng=rng) as server,
        Classroom.open(home, clock=clock, rng=rng, writable=False) as other,
    ):
        server.record.record((A, SignIn(b"sitting1", "pin")), (A, make_attempt(item="q1")))
        marking.withdraw_item(server, item)
        assert other.state(A).attempts == 1
        marking.withdraw_item(server, item, withdrawn=False)
        server.record.record((A, make_attempt(item="q2", nth=2)))
        if looks:
            assert other.state(A).attempts == 2
        marking.withdraw_item(server, item)
        assert to_bytes(other.state(A)) == to_bytes(server.state(A))
        assert other.state(A).attempts == 2
