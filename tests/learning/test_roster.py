import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.roster import RosterError, import_roster, read_roster
from darasa.learning.sign_in import SignedIn


def rows_of(preview):
    return [(row.line, str(row.name), str(row.class_name)) for row in preview.rows]


def errors_of(raw, **options):
    return [(found.line, found.what) for found in read_roster(raw, **options).errors]


def test_a_plain_roster_is_read():
    preview = read_roster(b"Name,CLASS\nAmina Kato,5B\n\nJuma Ali,5C\n")
    assert rows_of(preview) == [(2, "Amina Kato", "5B"), (4, "Juma Ali", "5C")]
    assert preview.findings == ()


@pytest.mark.parametrize(
    ("codec", "shown"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_the_encodings_of_spreadsheets_are_read(codec, shown):
    preview = read_roster("name,class\nZoé Müller,5B\n".encode(codec))
    assert (rows_of(preview), preview.encoding) == ([(2, "Zoé Müller", "5B")], shown)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiters_of_spreadsheets_are_read(delimiter):
    raw = f'class{delimiter}name\n5B{delimiter}"Kato{delimiter} Amina"\n'.encode()
    assert [row.name for row in read_roster(raw).rows] == [
        f"Kato{delimiter} Amina".replace("\t", "")
    ]


def test_first_and_last_names_are_put_together():
    preview = read_roster(b"Surname,First name,Form\nKato,Amina,5B\n")
    assert rows_of(preview) == [(2, "Amina Kato", "5B")]


def test_headings_of_another_language_are_mapped():
    raw = b"Jina,Darasa\nAmina Kato,5B\n"
    assert errors_of(raw)
    preview = read_roster(raw, {"jina": "name", "DARASA": "class"})
    assert rows_of(preview) == [(2, "Amina Kato", "5B")]


def test_a_mapping_that_fits_nothing_is_said():
    assert any(
        "Jina" in what for _, what in errors_of(b"name,class\nA,5B\n", mapping={"Jina": "name"})
    )
    assert any(
        "age" in what for _, what in errors_of(b"name,class\nA,5B\n", mapping={"name": "age"})
    )


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", 0),
        (b"\xff\xfe\x00", 1),
        (b"PK\x03\x04\x00\x00", 0),
        (b"name,class\n", 1),
        (b"name\nAmina\n", 1),
        (b"class\n5B\n", 1),
        (b"name,class\nAmina,5B\n,5B\n", 3),
        (b"name,class\nAmina,\n", 2),
        (b"name,class\nKato, Amina,5B\n", 2),
        (b"name,class\n" + b"x" * 300 + b",5B\n", 2),
        (b'name,class\n"two\nlines",5B\nJuma,\n', 4),
        (b"x" * (5 << 20), 0),
    ],
)
def test_what_is_wrong_is_said_with_its_line(raw, line):
    assert [found for found, _ in errors_of(raw)][:1] == [line]


def test_formulas_are_kept_as_text():
    preview = read_roster(b'name,class\n"=HYPERLINK(1)",@5B\n')
    assert rows_of(preview) == [(2, "=HYPERLINK(1)", "@5B")]


def test_hostile_names_are_made_safe():
    (row,) = read_roster(b"name,class\nAmina\x1b[2J,5B\n").rows
    assert "\x1b" not in row.name


def test_duplicates_are_listed_and_not_refused():
    raw = b"name,class\nAmina Kato,5B\namina kato,5b\nJuma Ali,5B\n"
    preview = read_roster(raw, known=[("Juma Ali", "5B")])
    assert [(found.line, found.level) for found in preview.findings] == [(3, "note"), (4, "note")]
    assert len(preview.rows) == 3
    assert preview.errors == ()


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw):
    preview = read_roster(b"name,class\n" + raw)
    assert preview.rows or preview.findings
    read_roster(raw)


def test_an_import_makes_classes_learners_and_pins(school):
    school.people.add_class("5b")
    preview = read_roster(b"name,class\nAmina Kato,5B\nJuma Ali,5C\nNeema P,5C\n")
    told = []
    before = school.store.position().ordinal
    made = import_roster(school, preview, progress=lambda done, of: told.append((done, of)))
    assert school.store.position().ordinal == before + 1
    assert told == [(1, 3), (2, 3), (3, 3)]
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
    preview = read_roster(b"name,class\nAmina Kato,5B\n,5B\n")
    with pytest.raises(RosterError, match="Line 3"):
        import_roster(school, preview)
    assert school.store.event_count() == 0
