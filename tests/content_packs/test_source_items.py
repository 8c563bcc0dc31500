from collections.abc import Callable

import pytest

from darasa.content_packs.findings import Findings
from darasa.content_packs.item import Item
from darasa.content_packs.source_items import parse_items

MakeItem = Callable[[str], Item]


def test_an_item_is_read_as_a_teacher_writes_it(make_item: MakeItem) -> None:
    item = make_item(
        "vars: n = 2..9; d = n+1..12; k = 2..6\n"
        "reads: 2\n"
        "difficulty: 3\n"
        "challenge\n"
        "\n"
        "Write a fraction equal to $\\frac{@{n}}{@{d}}$\nwith @{d*k} as the bottom number.\n"
        "\n"
        "== @{n*k}/@{d*k}\n"
        "!= @{n}/@{d*k} : You changed only the bottom.\n"
        "  What did you do to the top?\n"
        "\n"
        "> Hint: What is half\n"
        "> of 6?\n"
        ">\n"
        "> - one\n"
        "> - two\n"
        "> Hint: A second one.\n"
        "\n"
        "> Ask: @{d*k} / @{d} is\n"
        ">   = @{k}\n"
        ">   != @{n*k} : Not this.\n"
        "> Solution: Multiply.\n"
    )
    assert (item.kind, item.difficulty, item.reads, item.challenge) == ("answer", 3, 2, True)
    assert item.prompt.plain == (
        "Write a fraction equal to @{n|atom}/@{d|atom} with @{d*k} as the bottom number."
    )
    assert [var.name for var in item.vars] == ["n", "d", "k"]
    assert (item.answers[0].value, item.answers[0].written) == ("@{n*k}/@{d*k}", True)
    assert item.wrong[0].note.plain == "You changed only the bottom. What did you do to the top?"
    assert [hint.plain for hint in item.hints] == [
        "What is half of 6?\n\n- one\n- two",
        "A second one.",
    ]
    (ask,) = item.asks
    assert ask.prompt.plain == "@{d*k} / @{d} is"
    assert (ask.answers[0].value, ask.wrong[0].value) == ("@{k}", "@{n*k}")
    assert item.solution is not None
    assert item.solution.plain == "Multiply."


def test_choices_go_on_over_lines_and_keep_their_notes(make_item: MakeItem) -> None:
    item = make_item(
        "fixed-order\n\n"
        "> A quote in the question\n\n```\n- [ ] not a choice\n= not an answer\n```\n\nWhich?\n\n"
        "- [ ] one\n  and more\n  > not\n  > this\n- [X] two\n"
    )
    assert item.fixed_order
    assert item.kind == "choice"
    assert [choice.text.plain for choice in item.choices] == ["one and more", "two"]
    assert [choice.right for choice in item.choices] == [False, True]
    assert item.choices[0].note is not None
    assert item.choices[0].note.plain == "not this"
    assert item.prompt.plain == (
        "  A quote in the question\n\n    - [ ] not a choice\n    = not an answer\n\nWhich?"
    )


def test_choose_all_may_have_one_right_choice(make_item: MakeItem) -> None:
    assert make_item("choose: all\n\nWhich?\n\n- [x] a\n- [ ] b\n").kind == "multiple"
    assert make_item("\nWhich?\n\n- [x] a\n- [x] b\n- [ ] c\n").kind == "multiple"


@pytest.mark.parametrize(
    "prompt",
    [
        "note: this is a question about notes",
        "Look at [this] and [that].",
        "One ____ word.",
        "5 - 3 = what?",
        "A | B is a sign.",
    ],
)
def test_a_question_may_look_a_little_like_a_mark(make_item: MakeItem, prompt: str) -> None:
    assert make_item(f"reads: 1\n\n{prompt}\n\n= 1\n").prompt.plain == prompt


def test_tolerance_and_kinds_of_answers(make_item: MakeItem) -> None:
    item = make_item("\nHow long?\n\n= 10 +- 0.5\n= 10 ± 1/2\n= ten\n!= 20 : Too long.\n")
    assert [(one.value, one.kind, one.tolerance) for one in item.answers] == [
        ("10", "number", "0.5"),
        ("10", "number", "1/2"),
        ("ten", "text", ""),
    ]


def test_marks_of_the_file_hold_for_its_items_and_lines_are_counted() -> None:
    findings = Findings("f")
    one, two = parse_items(
        "# Title\nskill: a\ndifficulty: 1\n\n## one\n\nQ?\n\n= 1\n\n"
        "## two\nskill: b\n\nQ?\n\n= 1\n",
        findings,
    )
    assert findings.all == []
    assert (one.marks["skill"].text, one.marks["difficulty"].text, one.line) == ("a", "1", 5)
    assert (two.marks["skill"].text, two.marks["skill"].line) == ("b", 12)
    assert two.prompt.line == 14
