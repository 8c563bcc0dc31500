"""Every kind that is folded: one event at a time, or all anew, read tables come to the same."""

import random
from typing import NamedTuple

import pytest
from deciding_world import deliver, dump, is_rebuilt_equal, runs_of

from darasa.learning import marking
from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest
from darasa.learning.evidence import Why
from darasa.learning.kinds import (
    PAYLOADS,
    Challenge,
    ChoseLanguage,
    Hand,
    Kind,
    LessonProgress,
    MasteryShown,
    NotMe,
    NotSure,
    Placement,
    SetGoal,
    SignIn,
    SignOut,
    WrongTries,
)
from darasa.learning.mastery.logistic import sigma_micro
from darasa.learning.reports.history import history
from darasa.learning.trial_kinds import ChallengePhase, PlacementPhase
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home
from darasa.sync.ids import LearnerId, Role

A, B = LearnerId(b"a" * 16), LearnerId(b"b" * 16)
_GOAL = ("fractions", ("add",), 1)
ADD, SUB = ("fractions", "add"), ("fractions", "sub")
FIRST_FOLDED = 16
FOLDED = {kind for kind, _ in PAYLOADS if kind >= FIRST_FOLDED}


class Written(NamedTuple):
    """A school's history: the node that can hold it, its logs one after the other, and all runs."""

    home: Home
    logs: list
    found: dict


@pytest.fixture(scope="module")
def written(make_attempt):
    """Runs of a school server, each with a log of its own that has seen those before it.

    A log is of one learner, or of nobody; what is said of items is said of such as A alone has met.
    """
    home = Home.in_memory(role=Role.SCHOOL, name="School", rng=random.Random(1).randbytes)
    acts = (_work(A, 1), _work(B, 1), _words, _words_on_items, _trials, _work(A, 2), _work(B, 2))
    found, logs = {}, []
    for nth, act in enumerate(acts):
        clock = ManualClock(1_800_000_000_000 + nth * 86_400_000)
        with _room(home, seed=nth + 10, clock=clock) as room:
            deliver(room, found, decides=False)
            act(room, clock, make_attempt)
            now = runs_of(room)
        logs.append({place: each for place, each in now.items() if place not in found})
        found = now
    return Written(home, logs, found)


def _room(home, *, seed, clock=None):
    return Classroom.in_memory(
        role=Role.SCHOOL,
        clock=clock or ManualClock(0),
        rng=random.Random(seed).randbytes,
        home=home,
    )


def _work(learner, turn):
    """A sitting with everything in it that a computer writes."""

    def act(room, clock, make_attempt):
        here = bytes([turn]) * 7 + learner[:1]
        room.record.record((learner, SignIn(here, "pin")))
        for nth, right in enumerate("10100110", 1):
            clock.advance(30_000)
            attempt = make_attempt(
                sitting=here,
                item=f"{learner[:1].decode()}{nth % 4}",
                nth=nth,
                values=(turn, nth),
                skills=("add",) if nth % 3 else ("sub",),
                right=right == "1",
                help=int(nth == 6),
            )
            (stored,) = room.record.record((learner, attempt))
        shown = MasteryShown(here, *ADD, "rule-1", stored.log_id, stored.seq)
        room.record.record(
            (learner, shown),
            (learner, NotSure(here, "fractions", "a1", ("add",), 9)),
            (learner, Hand(here, True, "add", "a1")),
            (learner, LessonProgress(here, "fractions", "l-add", "middle", "en", 1, 3)),
            (learner, NotMe(here, b"sitting0")),
            (learner, ChoseLanguage(here, ("sw", "en", "fr")[turn % 3])),
            (learner, SetGoal(here, b"her-goal", "skill", *_GOAL, None, turn == 2, ())),
            (learner, SignOut(here, "asked")),
            (learner, WrongTries(5, "pin")),
        )

    return act


def _not_yets(room):
    return [each.stored for each in room.weighed(A) if not each.said.right]


def _words(room, clock, make_attempt):
    clock.advance(60_000)
    marking.observe(room, [A], ADD, right=True)
    first = _not_yets(room)[0]
    marking.overturn(room, A, first.log_id, first.seq, right=True)
    marking.judge(room, A, SUB, "got")


def _words_on_items(room, clock, make_attempt):
    second = _not_yets(room)[1]
    answer = marking.answer_at(room, A, second.log_id, second.seq)
    marking.overturn_for_all(room, answer, right=True)
    marking.withdraw_item(room, ("fractions", "a3"))


def _trials(room, clock, make_attempt):
    sitting = b"sitting4"
    room.record.record((A, SignIn(sitting, "pin")))
    room.record.record((A, Placement(sitting, "fractions", PlacementPhase.BEGUN, ())))
    _try_it(room, clock, make_attempt, sitting, nth=60)
    room.record.record((A, Placement(sitting, "fractions", PlacementPhase.ENDED, ("add",))))
    for nth, end in ((80, ChallengePhase.PASSED), (90, ChallengePhase.FAILED)):
        room.record.record((A, Challenge(sitting, *SUB, ChallengePhase.BEGUN)))
        _try_it(room, clock, make_attempt, sitting, nth=nth)
        _try_it(room, clock, make_attempt, sitting, nth=nth + 1)
        room.record.record((A, Challenge(sitting, *SUB, end)))


def _try_it(room, clock, make_attempt, sitting, *, nth):
    clock.advance(30_000)
    tried = make_attempt(sitting=sitting, item="q9", nth=nth, values=(nth,), skills=("sub",))
    room.record.record((A, tried))


def in_order(found):
    """One event at a time, each log in its order."""
    return [{place: found[place]} for place in sorted(found, key=lambda p: (p[0], p[1]))]


def test_the_history_has_every_kind_that_is_folded(written):
    kinds = {each.event.kind for _, _, each in written.found.values()}
    assert {Kind(kind).name for kind in FOLDED - kinds} == set()


def test_tables_that_advanced_by_single_events_are_those_folded_anew(written):
    with _room(written.home, seed=1) as room:
        for log in written.logs:
            for one in in_order(log):
                deliver(room, one, decides=False)
                room.freshen(10)
                digest = all_digest(room)
                assert is_rebuilt_equal(room)
                assert all_digest(room) == digest
        with _room(written.home, seed=2) as at_once:
            deliver(at_once, written.found, decides=False)
            at_once.freshen(10)
            assert dump(at_once) == dump(room)


@pytest.mark.parametrize("late", range(7))
def test_a_log_that_comes_late_comes_to_the_same_and_folds_nobody_else_anew(written, late):
    whose = {each.event.learner_id for _, _, each in written.logs[late].values()} - {None}
    of_other = A if whose == {B} else B
    with _room(written.home, seed=1) as room, _room(written.home, seed=2) as straight:
        deliver(straight, written.found, decides=False)
        straight.freshen(10)
        for nth, log in enumerate(written.logs):
            if nth != late:
                deliver(room, log, decides=False)
        room.freshen(10)
        before, folded = _rows_of(room, of_other), _noting(room)
        deliver(room, written.logs[late], decides=False)
        assert all_digest(room) == all_digest(straight)  # stale states too
        room.freshen(10)
        assert of_other not in folded
        assert folded or late >= 5  # the last log of either is not late
        assert _rows_of(room, of_other) == before
        assert dump(room) == dump(straight)


def test_those_logs_have_every_kind_in_them_of_one_learner_or_of_nobody(written):
    for log in written.logs:
        assert len({each.event.learner_id for _, _, each in log.values()} - {None}) <= 1
    late = {each.event.kind for log in written.logs[:5] for _, _, each in log.values()}
    assert late >= FOLDED


def _noting(room):
    """Whom the room folds anew from now on."""
    folded, refold = [], room._learners.refold

    def noting(connection, learner):
        folded.append(bytes(learner))
        refold(connection, learner)

    room._learners.refold = noting
    return folded


def _rows_of(room, learner):
    return [row for row in dump(room) if learner in row[1]]


def test_the_sum_behind_every_skill_holds_with_every_kind(written):
    with _room(written.home, seed=1) as room:
        deliver(room, written.found, decides=False)
        for learner in (A, B):
            state = room.state(learner)
            past = history(room.events_of(learner), state.rules, room.item_marks())
            assert list(past.weighed) == room.weighed(learner)
            for key, reason in past.reasons.items():
                assert reason.p_micro == state.skill(key).p_micro
                assert sigma_micro(reason.logit_micro) == reason.p_micro
                assert sum(part.amount_micro for part in reason.parts) == reason.logit_micro
        whys = {each.evidence.why for each in room.weighed(A)}
        assert whys >= {
            Why.COUNTS, Why.OVERTURNED, Why.WITHDRAWN, Why.OBSERVED, Why.CHALLENGE, Why.PLACEMENT,
        }  # fmt: skip


def test_a_withdrawn_item_of_which_somebody_was_only_not_sure_is_as_if_folded_anew(
    school, make_attempt
):
    """No answer of hers names it; and she said it of another item since."""
    school.record.record((A, SignIn(b"sitting1", "pin")), (A, make_attempt(item="q1")))
    for item in ("q2", "q3"):
        school.record.record((A, NotSure(b"sitting1", "fractions", item, ("add",), 1)))
    school.record.record((B, make_attempt(item="q2")))
    for withdrawn, run in ((True, 1), (False, 2)):
        marking.withdraw_item(school, ("fractions", "q2"), withdrawn=withdrawn)
        assert school.state(A).skill(ADD).not_sure_run == run
        digest = all_digest(school)
        school.freshen(10)
        assert is_rebuilt_equal(school)
        assert all_digest(school) == digest
