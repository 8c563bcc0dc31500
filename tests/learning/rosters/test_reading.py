import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.rosters.fields import Field, guess, language_code
from darasa.learning.rosters.reading import read_roster
from darasa.learning.rosters.table import BYTES_MAX, ROWS_MAX, TableError, guess_columns, read_table


def rows_of(roster):
    return [(row.line, str(row.name), str(row.class_name)) for row in roster.rows]


def errors_of(raw, mapping=None, **options):
    return [(found.line, found.what) for found in read_roster(raw, mapping, **options).errors]


def notes_of(raw):
    roster = read_roster(raw)
    assert not roster.errors
    return [(found.line, found.what) for found in roster.findings]


def test_a_plain_roster_is_read():
    roster = read_roster(b"Name,CLASS\nAmina Kato,5B\n\nJuma Ali,5C\n")
    assert rows_of(roster) == [(2, "Amina Kato", "5B"), (4, "Juma Ali", "5C")]
    assert roster.findings == ()


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
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_encodings_and_line_ends_of_spreadsheets_are_read(codec, shown, end):
    roster = read_roster(f"name,class{end}Zoé Müller,5B{end}".encode(codec))
    assert (rows_of(roster), roster.encoding) == ([(2, "Zoé Müller", "5B")], shown)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separators_of_spreadsheets_are_read(separator):
    raw = f'class{separator}name\n5B{separator}"Kato{separator} Amina"\n'.encode()
    assert [row.name for row in read_roster(raw).rows] == [
        f"Kato{separator} Amina".replace("\t", "")
    ]


def test_commas_in_names_do_not_hide_the_separator():
    raw = b"class;name\n5B;Kato, Amina\n5B;Ali, Juma\n"
    assert [str(row.name) for row in read_roster(raw).rows] == ["Kato, Amina", "Ali, Juma"]


def test_a_line_that_only_names_the_separator_is_no_learner():
    assert rows_of(read_roster(b"sep=;\r\nname;class\r\nAmina Kato;5B\r\n")) == [
        (3, "Amina Kato", "5B")
    ]


def test_first_and_last_names_are_put_together():
    roster = read_roster(b"Surname,First name,Form\nKato,Amina,5B\n")
    assert rows_of(roster) == [(2, "Amina Kato", "5B")]


@pytest.mark.parametrize(
    "headings",
    [
        "Full name,Class,Admission No.",
        "JINA KAMILI,Darasa,Namba ya usajili",
        "Nom et prénom,Classe,N° matricule",
        "Nome completo,Turma,Matrícula",
        "Nombre completo,Curso,Código",
        "الاسم الكامل,الصف,رقم التسجيل",
    ],
)
def test_headings_of_six_languages_are_understood(headings):
    assert guess(headings.split(",")) == {0: Field.NAME, 1: Field.CLASS, 2: Field.REGISTER}


@pytest.mark.parametrize(
    ("headings", "meant"),
    [
        ("Name,Surname,Class", (Field.FIRST, Field.LAST, Field.CLASS)),
        ("Nom,Prénom,Classe", (Field.LAST, Field.FIRST, Field.CLASS)),
        ("Nombre,Apellidos,Grado", (Field.FIRST, Field.LAST, Field.CLASS)),
        ("Nome,Apelido,Turma", (Field.FIRST, Field.LAST, Field.CLASS)),
        ("Nom,Classe,PIN", (Field.NAME, Field.CLASS, Field.PIN)),
    ],
)
def test_half_a_name_is_told_from_a_whole_one_by_what_is_beside_it(headings, meant):
    assert tuple(guess(headings.split(","))[place] for place in range(3)) == meant


def test_headings_of_another_language_are_mapped_by_name_or_number():
    raw = b"Vardas,Klase\nAmina Kato,5B\n"
    assert len(errors_of(raw)) == 2
    for mapping in ({"vardas": "name", "KLASE": "class"}, {"1": "name", "2": "class"}):
        assert rows_of(read_roster(raw, mapping)) == [(2, "Amina Kato", "5B")]


def test_a_mapping_that_fits_nothing_is_said():
    assert any(
        "Jina" in what for _, what in errors_of(b"name,class\nA,5B\n", mapping={"Jina": "name"})
    )
    assert any(
        "age" in what for _, what in errors_of(b"name,class\nA,5B\n", mapping={"name": "age"})
    )


def test_a_mapping_outdoes_the_guess_and_may_leave_a_column_out():
    raw = b"name,nickname,class,stream\nAmina Kato,Mina,5B,East\n"
    mapping = {"nickname": "name", "stream": "class"}
    assert rows_of(read_roster(raw, mapping)) == [(2, "Mina", "East")]
    assert errors_of(raw, {"name": "skip"})


def test_headings_are_found_below_the_title_of_a_sheet():
    raw = b"Kisima Primary School, 2026,,\n\nClass lists,,,\nName,Class,,\nAmina Kato,5B,,\n"
    table = read_table(raw)
    assert (table.heading_line, [str(h) for h in table.headings]) == (4, ["Name", "Class"])
    assert rows_of(read_roster(raw)) == [(5, "Amina Kato", "5B")]


def test_a_list_without_headings_is_guessed_by_what_comes_again():
    raw = b"1,Amina Kato,5B\n2,Juma Ali,5B\n3,Neema Pamba,5C\n4,Asha Ali,5C\n"
    table = read_table(raw)
    assert (table.heading_line, guess_columns(table)) == (0, {1: Field.NAME, 2: Field.CLASS})
    assert rows_of(read_roster(raw))[0] == (1, "Amina Kato", "5B")


def test_headings_are_none_when_that_is_said():
    raw = b"Amina Kato,5B\nJuma Ali,5C\n"
    assert rows_of(read_roster(raw, {"1": "name", "2": "class"}, headings=False)) == [
        (1, "Amina Kato", "5B"),
        (2, "Juma Ali", "5C"),
    ]


def test_double_headings_are_told_apart_by_their_place():
    raw = b"name,class,class\nAmina Kato,5B,Choir\n"
    assert rows_of(read_roster(raw)) == [(2, "Amina Kato", "5B")]
    assert rows_of(read_roster(raw, {"3": "class"})) == [(2, "Amina Kato", "Choir")]


def test_several_classes_a_number_a_pin_a_language_and_a_teacher_are_taken():
    raw = (
        "name,class,reg no,pin,language,teacher\n"
        'Amina Kato,"5B; Choir;5B",K 17,4711,Français,Grace Otieno\n'
    )
    (row,) = read_roster(raw.encode()).rows
    assert (row.classes, row.number, row.pin) == (("5B", "Choir"), "K 17", "4711")
    assert (row.language, row.teacher) == ("fr", "Grace Otieno")


def test_gender_and_birth_date_are_left_out_and_that_is_said():
    raw = b"name,class,Gender,Date of birth\nAmina Kato,5B,F,2014-03-01\n"
    roster = read_roster(raw)
    assert roster.left_out == ("Gender", "Date of birth")
    assert b"2014" not in repr(roster.rows).encode()


def test_lines_of_one_number_and_name_are_one_learner_of_several_classes():
    raw = b"name,class,id\nAmina Kato,5B,17\nAmina Kato,Choir,17\nJuma Ali,5B,17\n"
    roster = read_roster(raw)
    assert [(str(row.name), row.classes) for row in roster.rows] == [
        ("Amina Kato", ("5B", "Choir")),
        ("Juma Ali", ("5B",)),
    ]
    assert [line for line, _ in notes_of(raw)] == [3, 4]


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
        (b"name,class\nAmina,;;\n", 2),
        (b"name,class\nKato, Amina,5B\n", 2),
        (b"name,class\n" + b"x" * 300 + b",5B\n", 2),
        (b'name,class\n"two\nlines",5B\nJuma,\n', 4),
        (b"name,class,pin\nAmina,5B,471\n", 2),
        (b"name,class,id\nAmina,5B,123456789012345678901\n", 2),
        (b"name,class\n---,5B\n", 2),
        (b"name,class\n\xe2\x80\x8b\xe2\x80\xae,5B\n", 2),
        (b"x" * (5 << 20), 0),
    ],
)
def test_what_is_wrong_is_said_with_its_line(raw, line):
    assert [found for found, _ in errors_of(raw)][:1] == [line]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Amina\x1b[2J Kato", "cannot be shown"),
        ("\u202eAmina", "cannot be shown"),
        ("Ami" + "\u0301" * 50 + "na", "marks"),
        ("A" * 90, "cut"),
        ('"Amina\nKato"', "two lines"),
    ],
)
def test_a_hostile_name_is_made_safe_and_that_is_said(name, words):
    ((line, what),) = notes_of(f"name,class\n{name},5B\n".encode())
    assert line == 2
    assert words in what


def test_ten_thousand_marks_on_a_letter_are_refused_with_the_line():
    raw = "name,class\nAmina,5B\nA" + "\u0301" * 10_000 + ",5B\n"
    assert [line for line, _ in errors_of(raw.encode())] == [3]


def test_composed_and_decomposed_letters_are_nothing_to_say():
    assert notes_of("name,class\nZoe\u0301 Mu\u0308ller,5B\n".encode()) == []


def test_formulas_are_kept_as_text():
    roster = read_roster(b'name,class\n"=HYPERLINK(1)",@5B\n')
    assert rows_of(roster) == [(2, "=HYPERLINK(1)", "@5B")]


def test_two_of_one_name_in_a_class_stay_two_and_that_is_said():
    raw = b"name,class\nAmina Kato,5B\namina kato,5b\n"
    assert len(read_roster(raw).rows) == 2
    assert [line for line, _ in notes_of(raw)] == [3]


def test_markup_is_text():
    roster = read_roster(b"name,class\n<b>Amina</b> [@click=app.quit]K[/],5B\n")
    assert rows_of(roster) == [(2, "<b>Amina</b> [@click=app.quit]K[/]", "5B")]


def test_more_than_ten_thousand_learners_are_refused_with_the_line():
    lines = "".join(f"Learner {n},5B\n" for n in range(ROWS_MAX + 3))
    found = errors_of(("name,class\n" + lines).encode())
    assert [line for line, _ in found] == [ROWS_MAX + 2]


def test_a_file_of_the_largest_size_is_read_or_refused_in_words():
    for filling in (b",", b"\n", b'"', b"a,b\n", b"\xff"):
        raw = (filling * BYTES_MAX)[:BYTES_MAX]
        assert read_roster(raw).errors


def test_a_quote_mark_that_is_missing_is_said_with_the_line():
    raw = b'name,class\nAmina,5B\n"Juma,5B\n' + b"Neema Pamba,5B\n" * 9_000
    assert errors_of(raw) == [(3, "A cell that begins here never ends. Is a quote mark missing?")]
    short = b'name,class\nAmina,5B\n"Juma,5B\nNeema,5B\n'
    assert [line for line, _ in errors_of(short)] == [3]


def test_languages_are_known_by_code_and_by_name():
    assert [language_code(each) for each in ("SW", "Kiswahili", "português", "Klingon")] == [
        "sw",
        "sw",
        "pt",
        None,
    ]


def test_three_hundred_faults_of_all_kinds_are_each_said_with_their_line():
    faults = [
        ",5B,,",
        "Amina Kato,,,",
        f"{'x' * 300},5B,,",
        "---,5B,,",
        "Amina Kato,--,,",
        "Amina Kato,5B,,12",
        f"Amina Kato,5B,{'7' * 30},",
        "Kato, Amina,5B,,x",
        '"Amina\nKato",,,',
        f"Amina Kato,{';'.join(map(str, range(12)))},,",
    ]
    rng = random.Random(4)
    at = sorted(rng.sample(range(10_000), 300))
    lines, wanted, number = ["name,class,id,pin"], [], 1
    for n in range(10_000):
        number += 1
        if n in set(at):
            fault = faults[len(wanted) % len(faults)]
            wanted.append(number)
            lines.append(fault)
            number += fault.count("\n")
        else:
            lines.append(f"Learner {n},{n // 40},{n},")
    roster = read_roster("\n".join(lines).encode())
    assert [found.line for found in roster.errors] == wanted
    assert len(roster.rows) == 9_700
    assert all(len(found.what.split()) <= 14 for found in roster.findings)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw):
    roster = read_roster(b"name,class\n" + raw)
    assert roster.rows or roster.findings
    read_roster(raw)
    try:
        table = read_table(raw)
    except TableError:
        return
    guess_columns(table)
    read_roster(raw, {"1": "name", "2": "class"}, headings=False)
