"""Stories that a school must survive, each told as a plan: nothing lost, nothing double.

The simulator meets all of this by chance, too; here each story is sure to happen, and is counted.
Two teachers who edit one class have theirs in `tests/learning/deciding/test_two_teachers.py`.
"""

import itertools
from collections.abc import Iterable

from darasa.sync.verify.plan import MINUTES_A_DAY, Action, Plan
from darasa.sync.verify.run import Outcome, run_plan
from darasa.sync.verify.world import Shape

CLEAN: tuple[tuple[str, ...], ...] = ((),)
AWAY: tuple[tuple[str, ...], ...] = ()
SCHOOL = 1


def told(
    machines: tuple[int, ...],
    days: Iterable[Iterable[Action]],
    *,
    twins: int = 3,
    seed: int = 7,
) -> Outcome:
    """The outcome of a story, a list of actions a day; it must end well."""
    actions: list[Action] = []
    last = 0
    for day, happens in enumerate(days):
        for nth, action in enumerate(happens):
            at_min = day * MINUTES_A_DAY + 480 + nth
            own = seed * 100_000 + len(actions)
            actions.append(Action(at_min, action.what, action.who, own, action.attempts))
        last = day
    shape = Shape(
        last + 1, machines, learners=6, frame=64 * 1024, body=1 << 20, burst=5, twins=twins
    )
    outcome = run_plan(Plan(seed, shape, tuple(actions)))
    assert not outcome.is_bad, outcome.problems
    return outcome


def sit(who: int, attempts: tuple[tuple[str, ...], ...] = CLEAN) -> Action:
    """A learner works at a computer; without attempts it is away from its server."""
    return Action(0, "sit", who, 0, attempts)


def happens(what: str, who: int, attempts: tuple[tuple[str, ...], ...] = CLEAN) -> Action:
    return Action(0, what, who, 0, attempts)


def lab(schools: int, size: int) -> range:
    """The numbers of the computers of the first school."""
    return range(1 + schools, 1 + schools + size)


def test_a_server_restored_from_yesterdays_backup_gets_the_day_back():
    days = [[*map(sit, lab(1, 6)), happens("report", SCHOOL)] for _ in range(4)]
    days.append([happens("school restored", SCHOOL), *map(sit, lab(1, 6))])
    outcome = told((6,), days)
    assert outcome.faults["school restored"] == 1
    assert outcome.marks["mark unknown"] >= 1


def test_a_server_restored_again_and_again_while_computers_are_away_loses_nothing():
    days = []
    for day in range(24):
        away = [sit(who, AWAY if (who + day) % 3 else CLEAN) for who in lab(1, 6)]
        blow = happens("school restored" if day % 2 else "hub restored", day % 2)
        days.append([*away, happens("teach", SCHOOL), happens("report", SCHOOL), blow])
    outcome = told((6,), days)
    restored = sum(count for name, count in outcome.faults.items() if name.endswith(" restored"))
    assert restored >= 2  # those of the days on which somebody had kept a copy


def test_a_burnt_server_that_begins_empty_gets_everything_back():
    days = [[*map(sit, lab(1, 5)), happens("report", SCHOOL)] for _ in range(3)]
    days += [[happens("server emptied", SCHOOL), happens("report", SCHOOL), *map(sit, lab(1, 5))]]
    outcome = told((5,), days)
    assert outcome.faults["school emptied"] == 1
    assert outcome.marks["given back"] >= 1


def test_a_lab_of_thirty_cloned_images_works_on():
    first = lab(1, 1)[0]
    days = [[sit(first)], [happens("image cloned", first)] * 40]
    days += [[sit(first)] * 40 for _ in range(3)]  # each time at one of the copies
    outcome = told((1,), days, twins=29)
    assert outcome.faults["image cloned"] == 29
    assert outcome.marks["clone met"] >= 60


def test_a_lab_reset_at_every_boot_loses_nothing_that_met_the_server():
    days = [[happens("lab reset", SCHOOL), *map(sit, lab(1, 8))] for _ in range(15)]
    outcome = told((8,), days)
    assert (
        outcome.faults["disk reset"] == 14 * 8
    )  # on the first day nothing is left of a day before
    assert outcome.events >= 15 * 8


def test_a_learner_who_moves_school_keeps_late_work_of_the_old_one():
    old, new = lab(2, 4), range(7, 11)
    days = [[sit(who, AWAY) for who in old]]
    days += [[happens("learner moves", SCHOOL)], [*map(sit, new), happens("report", 2)]]
    days += [[sit(who, AWAY) for who in old], [happens("meet", who) for who in old]]
    days += [[happens("report", 1), happens("report", 2)]]
    outcome = told((4, 4), days)
    assert outcome.faults["learner moved"] == 1


def test_a_school_that_lives_by_the_stick_alone_for_a_term_keeps_all_its_work():
    """Only after the term, and after sticks alone brought all work to school and hub, does a line
    come: over it the hub gives back what nobody but the hub still has.
    """
    lab_of_it, elsewhere = lab(2, 3), range(6, 8)
    weeks = itertools.cycle(
        (
            ((),),
            (("stick lost",),),
            (("stick played again", "stick cut"),),
            (("stick late",),),
            (("stick played again",),),
            (("late sticks arrive", "pulled out while read"),),
            (("stick spoilt",),),
        )
    )
    blows = {
        12: happens("learner moves", SCHOOL),
        23: happens("school restored", SCHOOL),
        29: happens("erase", SCHOOL),
        34: happens("school restored", SCHOOL),
        41: happens("restored without its file", SCHOOL),
        48: happens("computer restored", lab_of_it[1]),
    }
    days = []
    for day in range(60):
        today = [sit(who, AWAY) for who in lab_of_it if (who + day) % 4]
        today += [sit(who) for who in elsewhere if day % 3 == 0]
        if day % 5 == 0:
            today.append(happens("teach", SCHOOL))
        if day % 5 == 4:
            week = next(weeks)
            today += [happens("by stick", who, week) for who in (*lab_of_it, SCHOOL)]
        if day in blows:
            today.append(blows[day])
        days.append(today)
    outcome = told((3, 2), days, seed=9)
    assert outcome.events > 200
    assert outcome.faults["learner moved"] == 1
    assert outcome.faults["school restored"] + outcome.faults["restored without its file"] >= 2
    for name in ("stick lost", "stick late", "stick played again", "stick spoilt"):
        assert outcome.faults[name] >= 2
    for name in ("healed by stick", "learner erased", "erased learner refused", "work by stick"):
        assert outcome.marks[name] >= 1


def test_a_learner_erased_while_a_computer_was_away_does_not_come_back():
    """A third of the lab is away with work of every learner; two are erased meanwhile. Then it
    meets, an old copy of the server comes, and the computers that were away meet once more.
    """
    away, here = lab(1, 6)[:2], lab(1, 6)[2:]
    days = [[*map(sit, here), *(sit(who, AWAY) for who in away for _ in range(8))]]
    days += [[happens("erase", SCHOOL), *map(sit, here), happens("report", SCHOOL)]] * 2
    days += [[*map(sit, away), happens("report", SCHOOL)]]
    days += [[happens("school restored", SCHOOL), *(happens("meet", who, CLEAN) for who in away)]]
    outcome = told((6,), days)
    assert outcome.marks["learner erased"] == 2
    assert outcome.marks["leaves sent"] >= 2
    assert outcome.faults["school restored"] == 1


def test_every_story_together_in_one_district():
    blows = itertools.cycle(
        (
            "school restored",
            "lab reset",
            "lab without power",
            "lab of wrong clocks",
            "learner moves",
        )
    )
    days = [
        [*map(sit, lab(2, 5)), happens("report", SCHOOL), happens(next(blows), SCHOOL)]
        for _ in range(20)
    ]
    assert told((5, 3), days).events > 100
