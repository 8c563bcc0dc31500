import csv
import io

import oneroster_exports as x
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.errors import NotHereError
from darasa.learning.rosters.applying import import_roster, plan_roster
from darasa.learning.rosters.cells import apart, csv_bytes, harmless, together, unmarked
from darasa.learning.rosters.exporting import export_csv, export_oneroster
from darasa.learning.rosters.known import known_of
from darasa.learning.rosters.oneroster import read_oneroster
from darasa.learning.rosters.oneroster_files import files_of_archive
from darasa.learning.rosters.oneroster_list import schools_of
from darasa.learning.rosters.opening import list_of
from darasa.learning.rosters.reading import read_roster
from darasa.sync.ids import Role

LIST = (
    "name,class,id,language\n"
    'Amina Kato,"5B;Choir",K17,sw\n'
    "Juma Ali,5B,,\n"
    "Juma Ali,5B,,\n"
    "=HYPERLINK(1),@6A,-5,\n"
    "'=quoted,6A,,\n"
    "Zoé Müller,6A,,fr\n"
)


@pytest.fixture
def full(school):
    import_roster(school, read_roster(LIST.encode()))
    return school


def summary(room):
    return sorted(
        (str(e.name), tuple(map(str, e.classes)), e.number, e.language)
        for e in known_of(room).learners
    )


@given(st.text(max_size=12))
def test_a_marked_cell_is_no_formula_and_comes_back(cell):
    assert unmarked(harmless(cell)) == cell
    assert not harmless(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\0"))


@given(st.lists(st.text("ab;,", min_size=1, max_size=4), min_size=1, max_size=4))
def test_classes_in_one_cell_come_apart_again(names):
    assert apart(together(names)) == names


@given(st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=3), max_size=3))
def test_every_cell_of_a_csv_is_harmless(rows):
    rows = [[cell.replace("\0", "") for cell in row] for row in rows]
    text = csv_bytes(rows).decode("utf-8-sig")
    told = list(csv.reader(io.StringIO(text, newline="")))
    cells = [[unmarked(cell) for cell in row] for row in told]
    assert [row for row in cells if any(row)] == [row for row in rows if any(row)]


def test_an_exported_list_imports_without_change(full):
    told = export_csv(full)
    assert (told.learners, told.without) == (6, 0)
    events = full.store.event_count()
    roster = read_roster(told.raw)
    assert roster.errors == ()
    again = import_roster(full, roster, moves="move")
    assert (again.made, again.here, again.moved, again.completed) == ((), 6, 0, 0)
    assert full.store.event_count() == events


def test_an_exported_list_makes_the_same_school_elsewhere(full, make_room):
    other = make_room(Role.SCHOOL, name="another")
    import_roster(other, read_roster(export_csv(full).raw))
    assert summary(other) == summary(full)
    assert export_csv(other).raw == export_csv(full).raw


def test_no_cell_of_an_export_is_a_formula(full):
    rows = list(csv.reader(io.StringIO(export_csv(full).raw.decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_pins_are_in_no_export(school):
    made = import_roster(school, read_roster(b"name,class,pin\nAmina Kato,5B,4711\n")).made
    assert made[0].pin == "4711"
    assert b"4711" not in export_csv(school).raw
    files = files_of_archive(export_oneroster(school, year=2026).raw)
    assert not any(b",4711" in raw for raw in files.values())


def test_who_is_in_no_class_is_counted(full):
    full.people.add_learner("Nobody N", None, pin="4711")
    told = export_csv(full)
    assert (told.learners, told.without) == (6, 1)


def test_two_entries_of_one_learner_are_one_line(full):
    rows = {str(row.name): row.learner_id for row in full.people.learners()}
    full.decisions.merge(keep=rows["Amina Kato"], other=rows["Zoé Müller"])
    told = export_csv(full)
    assert told.learners == 5
    assert b'"5B;6A;Choir"' in told.raw or b"5B;6A;Choir" in told.raw


def exported(room):
    files = files_of_archive(export_oneroster(room, year=2026).raw)
    export = read_oneroster(files)
    return list_of(room, export, schools_of(export)[0])


def test_a_oneroster_export_imports_without_change(full):
    full.people.add_teacher("Grace Otieno", "river stone lamp")
    events = full.store.event_count()
    roster = exported(full)
    assert roster.findings == ()
    again = import_roster(full, roster)
    assert (again.made, again.here, again.staff) == ((), 6, ())
    assert full.store.event_count() == events


def test_foreign_ids_stay_those_of_the_system_that_brought_them(school):
    read = read_oneroster(x.small())
    import_roster(school, list_of(school, read, schools_of(read)[0]))
    roster = exported(school)
    assert {row.source for row in roster.rows} == {"u1", "u2", "u3"}
    assert {each.source for each in roster.staff} == {"t1", "t2"}
    assert {each.class_sources for each in roster.staff} == {("c5",), ("c6",)}
    events = school.store.event_count()
    import_roster(school, roster)
    assert school.store.event_count() == events


def test_a_oneroster_export_makes_the_same_school_elsewhere(full, make_room):
    other = make_room(Role.SCHOOL, name="another")
    files = files_of_archive(export_oneroster(full, year=2026).raw)
    export = read_oneroster(files)
    import_roster(other, list_of(other, export, schools_of(export)[0]))
    without_language = [(*each[:3], "") for each in summary(full)]
    assert summary(other) == sorted(without_language)


def test_only_a_school_exports_its_lists(computer):
    with pytest.raises(NotHereError):
        export_csv(computer)


def test_the_plan_of_an_exported_list_asks_nothing(full):
    plan = plan_roster(full, read_roster(export_csv(full).raw))
    assert {match.verdict for match in plan.matches} == {"here"}
    assert plan.elsewhere == []
