"""What teachers say may come before what it is about, twice, and in any order."""

import random
from typing import NamedTuple

import pytest
from deciding_world import deliver, dump, runs_of, work

from darasa.learning import marking
from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest
from darasa.learning.evidence import Why
from darasa.learning.kinds import Judgement, Observation, Overturn, WithdrawItem
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home
from darasa.sync.ids import Role

ADD = ("fractions", "add")


class District(NamedTuple):
    """Who can fold a school's history anew, by role; its logs; whom it is about."""

    homes: dict
    certificates: list
    found: dict
    learners: list


@pytest.fixture(scope="module")
def district(joined, make_attempt):
    """Answers at two computers, and words on them: of the school, and of a computer, confirmed or
    not; some named by two who had not seen each other."""
    rng, clock = random.Random(5).randbytes, ManualClock(1_800_000_000_000)
    homes = {
        role: Home.in_memory(role=role, name=str(role), rng=rng) for role in (Role.HUB, Role.SCHOOL)
    }
    with Classroom.in_memory(role=Role.HUB, clock=clock, rng=rng, home=homes[Role.HUB]) as hub:
        joined(homes[Role.SCHOOL], hub)
    school = Classroom.in_memory(role=Role.SCHOOL, clock=clock, rng=rng, home=homes[Role.SCHOOL])
    class_id = school.people.add_class("5B")
    learners = [school.people.add_learner(f"L {n}", class_id, pin="4821") for n in range(3)]
    own = [Home.in_memory(role=Role.COMPUTER, name=f"PC {n}", rng=rng) for n in range(2)]
    for home in own:
        joined(home, school)
    one, two = (
        Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, home=home) for home in own
    )
    for turn, room in enumerate((one, two, one)):
        for learner in learners:
            work(room, learner, make_attempt, sitting=bytes([turn]) * 7 + learner[:1], right=False)
    deliver(school, runs_of(one, two))
    _say(school, learners)
    one.record.record((learners[0], Observation(None, *ADD, False, 1, ())))
    one.record.record((None, WithdrawItem(None, "fractions", "q2", True, ())))
    two.record.record((learners[1], Observation(None, *ADD, True, 2, ())))
    deliver(school, runs_of(one, two))
    school.decisions.confirm(school.decisions.unconfirmed()[0])
    school.decisions.merge(learners[0], learners[2])
    found = runs_of(school)
    for room in (one, two, school):
        room.close()
    certificates = [home.certificate for home in (homes[Role.SCHOOL], *own)]
    return District(homes, certificates, found, learners)


def _say(school, learners):
    marking.observe(school, learners, ADD, right=True)
    weighed = school.weighed(learners[0])
    marking.take_back(school, learners[0], weighed[-1].stored.log_id, weighed[-1].stored.seq)
    for each in weighed[:4]:
        place = (each.stored.log_id, each.stored.seq)
        marking.overturn(school, learners[0], *place, right=True)
    marking.overturn(school, learners[0], *place, right=None)
    answer = marking.answer_at(school, learners[0], *place)
    marking.overturn_for_all(school, answer, right=True)
    other = Overturn(None, None, *ADD[:1], "q1", (2,), "3/4", False, ())
    school.record.record((None, other))
    marking.withdraw_item(school, ("fractions", "q1"))
    marking.withdraw_item(school, ("fractions", "q1"), withdrawn=False)
    marking.judge(school, learners[1], ADD, "got")
    school.record.record((learners[1], Judgement(None, *ADD, "learning", ())))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("role", [Role.HUB, Role.SCHOOL])
def test_words_and_what_they_are_about_may_come_in_any_order(district, role, seed):
    def opened(seed):
        room = Classroom.in_memory(
            role=role,
            clock=ManualClock(0),
            rng=random.Random(seed).randbytes,
            home=district.homes[role],
        )
        with room.store.transaction() as tx:
            for certificate in district.certificates:
                tx.put_certificate(certificate)
        return room

    with opened(1) as straight, opened(2) as shuffled:
        deliver(straight, district.found, decides=False)
        deliver(shuffled, district.found, random.Random(seed), parts=1 + seed % 5, decides=False)
        assert all_digest(shuffled) == all_digest(straight)
        for room in (straight, shuffled):
            room.freshen(1_000)
        rows = dump(straight)
        assert dump(shuffled) == rows
        assert {name for name, _ in rows} >= {"lt_mark", "lt_decision", "lt_alias"}
        assert all_digest(shuffled) == all_digest(straight)
        heard = [each.evidence.why for who in district.learners for each in shuffled.weighed(who)]
        assert {*heard} >= {Why.OVERTURNED, Why.TAKEN_BACK, Why.OBSERVED, Why.COUNTS}
        shuffled.rebuild()
        assert dump(shuffled) == rows
