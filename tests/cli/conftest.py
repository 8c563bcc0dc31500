"""A school where somebody has practised, for commands that read or judge her work."""

import os

import pytest

from darasa.cli.main import run
from darasa.content_packs.grading import correct_response, wrong_responses
from darasa.learning.classroom import Classroom
from darasa.learning.practice.sitting import Sitting
from darasa.sync.clock import ManualClock
from darasa.sync.home import open_home


@pytest.fixture(scope="session")
def make_practised_school(tmp_path_factory):
    """make_practised_school(name, *others): its folder. `name` had a question right, one not."""

    def make(name, *others):
        home = tmp_path_factory.mktemp("practised") / "school"
        assert run(["school", "init", "--home", str(home), "--name", "Kisima Primary"]) == 0
        clock = ManualClock(1_800_000_000_000)
        with Classroom.open(open_home(home), clock=clock, rng=os.urandom) as room:
            class_id = room.people.add_class("5B")
            learner = room.people.add_learner(name, class_id, pin="4821")
            for other in others:
                room.people.add_learner(other, class_id, pin="4821")
            sitting = Sitting.begin(room, learner)
            sitting.start_set()
            clock.advance(20_000)
            sitting.answer(correct_response(sitting.current.instance))
            sitting.next()
            clock.advance(20_000)
            sitting.answer(wrong_responses(sitting.current.instance)[0])
            sitting.sign_out()
        return home

    return make
