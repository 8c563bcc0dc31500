import pytest

from darasa.learning.errors import NotHereError
from darasa.learning.people import class_lists
from darasa.learning.rosters.applying import import_roster
from darasa.learning.rosters.known import known_of
from darasa.learning.rosters.reading import read_roster
from darasa.learning.rosters.rollover import (
    RolloverError,
    changes_as_json,
    changes_from_json,
    do_rollover,
    plan_rollover,
    undo_rollover,
)

LIST = (
    "name,class\n"
    "Amina K,5A\nBaraka M,5A\nCyprian O,5B\n"
    "Dina P,6A\nEsther R,6A\n"
    'Fatma S,"7A;Choir"\nGodfrey T,7A\n'
    "Hawa U,Choir\n"
)
YEAR = [("5A", "6A"), ("5B", "6A"), ("6A", "7A"), ("7A", "")]


@pytest.fixture
def full(school):
    import_roster(school, read_roster(LIST.encode()))
    return school


def lists(room):
    told = {str(row.name): [] for row in room.people.classes()}
    for each in known_of(room).learners:
        for name in each.classes:
            told[str(name)].append(str(each.name).split()[0])
    return {name: sorted(names) for name, names in told.items()}


BEFORE = {
    "5A": ["Amina", "Baraka"],
    "5B": ["Cyprian"],
    "6A": ["Dina", "Esther"],
    "7A": ["Fatma", "Godfrey"],
    "Choir": ["Fatma", "Hawa"],
}
AFTER = {"6A": ["Amina", "Baraka", "Cyprian"], "7A": ["Dina", "Esther"], "Choir": ["Hawa"]}


def test_a_year_renames_joins_and_lets_go(full):
    events = full.store.event_count()
    plan = plan_rollover(full, YEAR)
    assert [(str(s.was), s.name, len(s.learners), s.into is not None) for s in plan.steps] == [
        ("5A", "6A", 2, False),
        ("5B", "6A", 1, True),
        ("6A", "7A", 2, False),
        ("7A", "", 2, False),
    ]
    assert [str(name) for name in plan.staying] == ["Choir"]
    assert [str(name) for name in plan.elsewhere] == ["Fatma S"]
    assert full.store.event_count() == events
    do_rollover(full, YEAR)
    assert lists(full) == AFTER


def test_the_order_of_the_mapping_does_not_matter(full):
    do_rollover(full, YEAR[::-1])
    assert lists(full) == AFTER


def test_the_work_of_leavers_stays(full, make_attempt):
    fatma = full.people.find("Fatma S").learner_id
    full.record.record((fatma, make_attempt()))
    before = full.events_of(fatma)
    do_rollover(full, YEAR)
    after = full.events_of(fatma)
    assert [event for event in after if event in before] == before
    assert "Fatma S" not in [str(row.name) for row in full.people.learners()]


def test_a_year_is_taken_back_whole(full):
    changes = do_rollover(full, YEAR)
    assert undo_rollover(full, changes_from_json(changes_as_json(changes))) == 0
    assert lists(full) == BEFORE


def test_what_was_changed_since_stays_when_a_year_is_taken_back(full):
    changes = do_rollover(full, YEAR)
    dina = full.people.find("Dina P").learner_id
    (seven,) = [row.record_id for row in full.people.classes() if row.name == "7A"]
    class_lists.rename_class(full, seven, "7 Alpha")
    class_lists.out_of(full, dina, seven)
    assert undo_rollover(full, changes) == 1
    after = lists(full)
    assert after["7 Alpha"] == ["Esther"]
    assert after["5A"] == BEFORE["5A"]
    assert after["7A"] == BEFORE["7A"]


def test_who_is_in_two_classes_that_are_joined_is_in_it_once(full):
    import_roster(full, read_roster(b'name,class\nZena Z,"5A;5B"\n'))
    changes = do_rollover(full, [("5A", "Choir"), ("5B", "Choir")])
    assert lists(full)["Choir"].count("Zena") == 1
    assert "5A" not in lists(full)
    assert undo_rollover(full, changes) == 0
    assert lists(full)["5A"] == ["Amina", "Baraka", "Zena"]
    assert lists(full)["5B"] == ["Cyprian", "Zena"]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ([], "names no class"),
        ([("9Z", "6A")], "No class is called 9Z"),
        ([("5A", "6A"), ("5a", "7A")], "twice"),
    ],
)
def test_a_mapping_that_fits_nothing_changes_nothing(full, mapping, words):
    events = full.store.event_count()
    with pytest.raises(RolloverError, match=words):
        do_rollover(full, mapping)
    assert full.store.event_count() == events


def test_classes_of_one_name_are_not_guessed(full):
    full.people.add_class("5A")
    with pytest.raises(RolloverError, match="2 classes"):
        plan_rollover(full, YEAR)


def test_a_fault_before_it_is_durable_leaves_the_old_year(full):
    def fail(_):
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        do_rollover(full, YEAR, keep=fail)
    assert lists(full) == BEFORE


def test_only_a_school_begins_a_year(computer):
    with pytest.raises(NotHereError):
        plan_rollover(computer, YEAR)
