import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.errors import PackError
from darasa.content_packs.render import RenderError, render
from darasa.content_packs.template import fill


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("One\nline.\n\nTwo.", "One line.\n\nTwo."),
        ("a **bold** and `[x] *y*`", "a bold and [x] *y*"),
        ("2/7 < 6/7 and 5 - 3", "2/7 < 6/7 and 5 - 3"),
        ("- a\n- b", "- a\n- b"),
        ("1. a\n2. b", "1. a\n2. b"),
        ("```\n[#][ ]  $5\n  x\n```", "    [#][ ]  $5\n      x"),
        ("| a | b |\n|---|---|\n| 1 | 22 |", "    a  b\n    -  --\n    1  22"),
        ("![a loaf](loaf.webp)", "[Picture: a loaf]"),
        ("[a link](http://x.org)", "a link"),
        ("<b>hi</b>", "<b>hi</b>"),
        ("costs \\$5 or \\$6", "costs $5 or $6"),
        ("$\\frac{1}{2}$ of $x_1$ and *so*", "1/2 of x_1 and so"),
        ("$$\\frac{1}{2}$$", "1/2"),
        ("$\\frac{@{n}}{@{d*k}}$ is @{n}", "@{n|atom}/@{d*k|atom} is @{n}"),
        ("$@{n}^2 + x^@{k}$", "@{n|atom}^2 + x^@{k|atom}"),
        ("$4@{n}^2 - @{m}_1$", "4@{n|atom}^2 - @{m}_1"),
        ("`@{n}` here", "@{n} here"),
        ("one ____ word", "one ____ word"),
        ("a\\\nb", "a\nb"),
        ("### Small\n\ntext", "Small\n\ntext"),
        ("> said\n> so", "  said so"),
    ],
)
def test_markdown_becomes_plain_lines(markdown: str, plain: str) -> None:
    assert render(markdown).plain == plain
    assert render(markdown).markdown == markdown


@pytest.mark.parametrize(
    ("markdown", "line", "what"),
    [
        ("one\nit costs $5", 1, "no partner"),
        ("one\n\n$\\frak{1}$", 2, "not among the maths"),
        ("@{n", 0, "does not end"),
        ("a\n@{2n}", 1, "not clear"),
        ("@{n|atom}", 0, "no meaning"),
        ("a\ue000b", 0, "hidden"),
        ("x" * 20_000, 0, "characters"),
    ],
)
def test_what_cannot_be_shown_has_a_line_and_a_remedy(markdown: str, line: int, what: str) -> None:
    with pytest.raises(RenderError, match=what) as caught:
        render(markdown)
    assert caught.value.line == line
    assert caught.value.remedy


def test_a_negative_number_in_a_fraction_gets_brackets() -> None:
    text = render("$\\frac{@{n}}{2}$ and @{n}")
    assert fill(text.plain, {"n": -3}) == "(-3)/2 and -3"
    assert text.spoken == "@{n} over 2 and @{n}"


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_pack_error(markdown: str) -> None:
    try:
        render(markdown)
    except PackError:
        return


@given(st.text("*_`[]()!#->|$@{}\\123 \nabc", max_size=120))
def test_no_markdown_raises_anything_but_pack_error(markdown: str) -> None:
    try:
        render(markdown)
    except PackError:
        return
