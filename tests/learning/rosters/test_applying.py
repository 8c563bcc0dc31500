import pytest

from darasa.learning.errors import NotHereError
from darasa.learning.records import CLASS_TEACHER, LEARNER_CLASS, LEARNER_LANGUAGE
from darasa.learning.rosters.applying import import_roster, plan_roster
from darasa.learning.rosters.known import known_of
from darasa.learning.rosters.reading import RosterError, read_roster
from darasa.learning.signing_in.desk import SignedIn
from darasa.learning.signing_in.known_secrets import first_secret
from darasa.learning.signing_in.pictures import check_pictures
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.ids import Role

LIST = b"name,class\nAmina Kato,5B\nJuma Ali,5C\nNeema P,5C\n"


def classes_by_name(school):
    names = {row.record_id: str(row.name) for row in school.people.classes()}
    return {
        str(each.name): sorted(
            names[i] for i in school.people.record_of(each.learner_id).values(LEARNER_CLASS)
        )
        for each in school.people.learners()
    }


def test_an_import_makes_classes_learners_and_pins(school):
    school.people.add_class("5b")
    told = []
    before = school.store.position().ordinal
    made = import_roster(
        school, read_roster(LIST), progress=lambda done, of: told.append((done, of))
    ).made
    assert school.store.position().ordinal == before + 1
    assert told == [(1, 3), (3, 3)]
    assert [row.name for row in school.people.classes()] == ["5b", "5C"]
    assert [str(row.name) for row in school.people.learners()] == [
        "Amina Kato",
        "Juma Ali",
        "Neema P",
    ]
    for new in made:
        assert school.desk.try_pin(new.learner_id, new.pin) == SignedIn(new.learner_id)
    assert len({new.learner_id for new in made}) == 3


def test_a_roster_with_an_error_is_not_imported_at_all(school):
    roster = read_roster(b"name,class\nAmina Kato,5B\n,5B\n")
    with pytest.raises(RosterError, match="Line 3"):
        import_roster(school, roster)
    assert school.store.event_count() == 0


def test_a_fault_in_the_middle_leaves_nothing(school):
    def stop(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_roster(school, read_roster(LIST), progress=stop)
    assert school.store.event_count() == 0
    assert school.people.learners() == []
    assert school.first_pins.waiting() == 0


def test_the_same_list_again_makes_nobody(school):
    import_roster(school, read_roster(LIST))
    events = school.store.event_count()
    again = import_roster(school, read_roster(LIST))
    assert (again.made, again.here, again.moved) == ((), 3, 0)
    assert school.store.event_count() == events


def test_who_is_in_two_minds_is_made_unless_she_is_said_to_be_the_same(school):
    import_roster(school, read_roster(LIST))
    later = read_roster(b"name,class\nAmina Kato,6B\n")
    assert [each.verdict for each in plan_roster(school, later).matches] == ["asked"]
    assert import_roster(school, later, same=frozenset({2})).made == ()
    assert len(import_roster(school, later).made) == 1
    assert len(school.people.learners()) == 4


@pytest.mark.parametrize(
    ("moves", "hers"), [("leave", ["5B"]), ("add", ["5B", "6B"]), ("move", ["6B"])]
)
def test_classes_of_who_is_here_change_only_when_that_is_asked(school, moves, hers):
    import_roster(school, read_roster(b"name,class,id\nAmina Kato,5B,17\n"))
    told = import_roster(school, read_roster(b"name,class,id\nAmina Kato,6B,17\n"), moves=moves)
    assert classes_by_name(school) == {"Amina Kato": hers}
    assert told.moved == (moves != "leave")
    assert ("6B" in [str(row.name) for row in school.people.classes()]) == (moves != "leave")


def test_a_number_that_was_missing_is_filled_in_and_another_one_is_not(school):
    import_roster(school, read_roster(b"name,class\nAmina Kato,5B\n"))
    (learner,) = known_of(school).learners
    assert learner.number == ""
    told = import_roster(school, read_roster(b"name,class,id,language\nAmina Kato,5B,17,sw\n"))
    assert told.completed == 1
    (learner,) = known_of(school).learners
    assert (learner.number, learner.language) == ("17", "sw")
    assert school.people.record_of(learner.learner_id).shown(LEARNER_LANGUAGE) == "sw"


def test_several_classes_are_all_hers_and_a_given_pin_is_hers(school):
    raw = b'name,class,pin\nAmina Kato,"5B;Choir",4711\n'
    (new,) = import_roster(school, read_roster(raw)).made
    assert classes_by_name(school) == {"Amina Kato": ["5B", "Choir"]}
    assert new.pin == "4711"
    assert school.desk.try_pin(new.learner_id, "4711") == SignedIn(new.learner_id)


def test_a_teacher_who_signs_in_here_gets_the_class_and_another_is_named(school):
    grace = school.people.add_teacher("Grace Otieno", "long enough it is")
    raw = b"name,class,teacher\nAmina Kato,5B,grace otieno\nJuma Ali,5C,Peter Lema\n"
    told = import_roster(school, read_roster(raw))
    found = {str(row.name): row.record_id for row in school.people.classes()}
    assert school.people.record_of(found["5B"]).values(CLASS_TEACHER) == (grace,)
    assert school.people.record_of(found["5C"]).values(CLASS_TEACHER) == ()
    assert told.without == ("Peter Lema",)


def test_numbers_are_sealed_in_the_log(school):
    import_roster(school, read_roster(b"name,class,id\nAmina Kato,5B,REG-4242\n"))
    with school.store.reading() as connection:
        dump = "\n".join(connection.iterdump())
    assert b"REG-4242".hex().upper() not in dump.upper()
    assert "REG-4242" not in dump


def test_a_computer_imports_nothing(computer):
    with pytest.raises(NotHereError):
        import_roster(computer, read_roster(LIST))
    assert computer.home.role is Role.COMPUTER


def test_learners_of_a_class_with_pictures_are_given_pictures_as_words(school):
    school.people.set_sign_in(school.people.add_class("2A"), SecretKind.PICTURES)
    made = import_roster(school, read_roster(b"name,class\nAnn A,2A\nBen B,5B\n")).made
    ann, ben = made
    keys = check_pictures(ann.pin)
    assert len(ann.pin.split()) == 3
    assert school.desk.try_pin(ann.learner_id, keys) == SignedIn(ann.learner_id)  # not hashed yet
    assert school.first_pins.hash_some() == 2
    assert school.desk.kind(ann.learner_id) is SecretKind.PICTURES
    assert school.desk.try_pin(ann.learner_id, keys) == SignedIn(ann.learner_id)
    assert first_secret(school, ann.learner_id) == ann.pin  # for her card
    assert ben.pin.isdigit()
