"""What the live page says while a learner finds a start, or shows that a skill is known."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, Challenge, Placement, SignIn, SignOut
from darasa.learning.reports.course_book import about_of
from darasa.learning.reports.reports import LiveState, live_class
from darasa.learning.trial_kinds import ChallengePhase, PlacementPhase
from darasa.sync.clock import ManualClock
from darasa.sync.ids import LearnerId, NodeId
from darasa.sync.messages import Doing, PresenceRow

SITTING, LATER = b"sitting1", b"sitting2"
MINUTE_MS = 60_000


@pytest.fixture
def world(school, class_id, amina, make_attempt, clock):
    return World(school, class_id, amina, make_attempt, clock)


@dataclass
class World:
    school: Classroom
    class_id: bytes
    amina: LearnerId
    make_attempt: Callable[..., Attempt]
    clock: ManualClock

    def __post_init__(self):
        (self.pack,) = self.school.course_book().packs
        self.items = [item for item in self.pack.items.values() if item.kind == "answer"]

    def say(self, *payloads):
        self.school.record.record(*((self.amina, each) for each in payloads))

    def sign_in(self, sitting=SITTING):
        self.say(SignIn(sitting, "pin"))

    def placement(self, phase, known=(), sitting=SITTING):
        self.say(Placement(sitting, self.pack.id, phase, known))

    def challenge(self, phase):
        self.say(Challenge(SITTING, self.pack.id, self.items[0].skills[0], phase))

    def answer(self, nth, *, right=False, sitting=SITTING):
        item = self.items[nth]
        self.clock.advance(20_000)
        self.say(
            self.make_attempt(
                sitting=sitting, pack=self.pack.id, item=item.id, skills=item.skills, right=right
            )
        )

    def sit(self, nth, *, doing=Doing.WORKING, since_ms=10_000):
        about = about_of(self.pack.id, self.items[nth].id)
        row = PresenceRow(self.amina, doing, since_ms, about, 5, 12)
        self.school.presence.hear(NodeId(b"1" * 16), [row])

    def row(self):
        now_ms = self.clock.wall_ms()
        (row,) = live_class(self.school, self.class_id, self.school.presence, now_ms).rows
        return row


def test_who_finds_a_start_is_told_as_such_and_not_by_what_is_not_known_yet(world):
    world.sign_in()
    world.placement(PlacementPhase.BEGUN)
    for nth in range(6):
        world.answer(nth)
    world.sit(6)
    row = world.row()
    assert (row.state, row.today) == (LiveState.WORKING, "")
    assert row.note == "Finds a start in this course; those answers do not count."
    world.placement(PlacementPhase.ENDED)
    world.answer(7, right=True)
    row = world.row()
    assert (row.today, row.note) == ("#", "")


def test_a_question_to_find_a_start_may_take_long(world):
    """It may well be of what was never learnt; and she has been at work before, elsewhere."""
    world.sign_in()
    for nth in range(6):
        world.answer(nth, right=True)
    world.sit(7, since_ms=4 * MINUTE_MS)
    assert world.row().state is LiveState.STUCK
    world.placement(PlacementPhase.BEGUN)
    assert world.row().state is LiveState.WORKING
    world.clock.advance(6 * MINUTE_MS)
    world.sit(7, since_ms=9 * MINUTE_MS)
    assert world.row().state is LiveState.QUIET
    world.placement(PlacementPhase.STOPPED)
    assert world.row().state is LiveState.STUCK


def test_a_try_to_skip_is_no_line_on_the_page(world):
    world.sign_in()
    world.answer(5, right=True)
    world.challenge(ChallengePhase.BEGUN)
    world.answer(0)
    assert world.row().today == "#"
    world.challenge(ChallengePhase.FAILED)
    world.answer(0)
    assert world.row().today == "#o"


def test_a_placement_that_was_cut_is_not_told_in_another_sitting(world):
    world.sign_in()
    world.placement(PlacementPhase.BEGUN)
    world.answer(0)
    world.sign_in(LATER)
    world.answer(1, sitting=LATER)
    world.sit(2)
    row = world.row()
    assert (row.today, row.note) == ("o", "")
    world.say(SignOut(LATER, "asked"))
    assert world.row().note == ""


def test_answers_of_a_trial_are_the_same_after_all_is_folded_anew(world):
    world.sign_in()
    world.placement(PlacementPhase.BEGUN)
    world.answer(0)
    world.placement(PlacementPhase.ENDED)
    world.answer(1, right=True)
    before = world.row()
    world.school.rebuild()
    assert world.row() == before
    assert before.today == "#"
