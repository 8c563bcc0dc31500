from __future__ import annotations

import pytest

from darasa.learning.mastery.answers_csv import Answer, AnswersError, read_answers

HEAD = "learner,skill,item,correct,timestamp\n"


def read(text: str) -> list[Answer]:
    return list(read_answers(text.splitlines(keepends=True)))


def test_a_row_may_have_several_skills_and_no_time() -> None:
    assert read(HEAD + "ana,add~carry~add,i 1,1,\n") == [
        Answer("ana", (("", "add"), ("", "carry")), ("", "i 1"), True, 0)
    ]


def test_columns_may_come_in_any_order_with_others_between() -> None:
    text = "\ufeffcorrect,class,item,hints,skill,learner\n0,5B,x,2,add,ana\n"
    assert read(text) == [Answer("ana", (("", "add"),), ("", "x"), False, 0)]


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("", 0),
        ("0", 0),
        ("-5", 0),
        ("3600", 3_600_000),
        ("1772000000.25", 1_772_000_000_250),
        ("1772000000250", 1_772_000_000_250),
        ("2026-02-25T06:13:20Z", 1_772_000_000_000),
        ("2026-02-25 06:13:20", 1_772_000_000_000),
    ],
)
def test_a_time_is_seconds_milliseconds_or_a_date(text: str, at_ms: int) -> None:
    assert read(f"{HEAD}ana,add,x,1,{text}\n")[0].at_ms == at_ms


def test_quotes_newlines_and_unicode_are_kept_as_they_are() -> None:
    rows = read(HEAD + '"دانا","جمع~طرح","line 1\nline 2",1,\n\nÑaña,⁂,"a,b",0,\n')
    assert rows[0].skills == (("", "جمع"), ("", "طرح"))
    assert rows[0].item == ("", "line 1\nline 2")
    assert (rows[1].learner, rows[1].item) == ("Ñaña", ("", "a,b"))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "header is wanted"),
        ("learner,skill,item\n", 1, "lacks correct"),
        ("learner,learner,skill,item,correct\n", 1, "learner twice"),
        (HEAD + "ana,add,x,1,\nana,add,x,2,\n", 3, "0 or 1, not '2'"),
        (HEAD + "ana,add,x,1\n", 2, "4 fields, the header has 5"),
        (HEAD + "ana,add,,1,\n", 2, "there is no item"),
        (HEAD + ",add,x,1,\n", 2, "there is no learner"),
        (HEAD + "ana,add,x,1,yesterday\n", 2, "seconds or a date"),
        (HEAD + "ana,add,x,1,inf\n", 2, "no moment"),
        (HEAD + "ana,add,x,1,1e300\n", 2, "no moment"),
        (HEAD + f"ana,add,{'x' * 5_000},1,\n", 2, "more than 4096"),
        (HEAD + f"ana,add,{'x' * 200_000},1,\n", 2, "field larger"),
        (HEAD + 'ana,add,"x"y,1,\n', 2, "expected after"),
        (HEAD + 'ana,add,"x,1,\nana,add,x,1,\n', 3, "unexpected end"),
        (HEAD[:-1] + ",hints\nana,add,x,1,,two\n", 2, "hints is a number"),
        (HEAD[:-1] + ",duration_ms\nana,add,x,1,,inf\n", 2, "duration_ms is a number"),
        (HEAD + "ana,add,x,0.5,\n", 2, "0 or 1, not '0.5'"),
    ],
)
def test_a_bad_line_is_named(text: str, line: int, words: str) -> None:
    with pytest.raises(AnswersError, match=words) as caught:
        read(text)
    assert caught.value.line == line


def test_names_are_kept_once() -> None:
    rows = read(HEAD + "".join(f"ana,add~b,x,{n % 2},\n" for n in range(5)))
    assert all(row.item is rows[0].item and row.skills is rows[0].skills for row in rows)


@pytest.mark.parametrize("text", ["", "nan", "NaN", "NA", "None", "null", "\\N", "NaT", " "])
def test_what_programs_write_for_no_time_is_no_time(text: str) -> None:
    head = HEAD[:-1] + ",duration_ms,hints\n"
    assert read(f"{head}ana,add,x,1,{text},{text},{text}\n")[0].at_ms == 0


def test_a_time_that_ran_backwards_is_not_looked_at() -> None:
    assert read(HEAD[:-1] + ",duration_ms\nana,add,x,1,5,-7759575\n")[0].at_ms == 5_000


@pytest.mark.parametrize(("text", "right"), [("True", True), ("false", False), ("1.0", True)])
def test_right_may_be_said_as_programs_say_it(text: str, *, right: bool) -> None:
    assert read(f"{HEAD}ana,add,x,{text},\n")[0].correct is right


def test_names_in_windows_1252_are_read_and_told_apart() -> None:
    rows = HEAD.encode() + "José,Année~coût,x€,1,\n".encode("cp1252") + b"Jos\x81,a,x,0,\n"
    text = rows.decode("utf-8", "surrogateescape")
    first, second = read(text)
    assert (first.learner, first.skills) == ("José", (("", "Année"), ("", "coût")))
    assert first.item == ("", "x€")
    assert second.learner not in {"José", "Jos"}
    second.learner.encode()
