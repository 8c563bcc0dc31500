import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.content_packs.check import check_folder
from darasa.content_packs.compile_items import compile_item
from darasa.content_packs.errors import SourceError
from darasa.content_packs.findings import Finding, Findings
from darasa.content_packs.prove import prove
from darasa.content_packs.source import load_source
from darasa.content_packs.source_files import clean_source
from darasa.content_packs.source_items import parse_items
from darasa.content_packs.source_lessons import parse_lesson
from darasa.content_packs.source_toml import parse_pack_toml, parse_skills_toml

WriteFolder = Callable[..., Path]
ITEM_FILE = "items/halves.en.md"


def _errors(folder: Path) -> list[Finding]:
    return [finding for finding in check_folder(folder) if finding.level == "error"]


def test_a_sound_folder_has_no_errors(write_folder: WriteFolder) -> None:
    assert _errors(write_folder()) == []


HEAD = "skill: halves\n\n## it\n"
TAIL = "\nHow much?\n\n= 1/2\n"

# (the item's lines under its heading; line in the file, words of the finding, words of the remedy)
FAULTY_ITEMS = {
    "unknown mark": ("dificulty: 1\n" + TAIL, 4, "`dificulty` is no mark", "`difficulty`"),
    "mark twice": ("reads: 1\nreads: 2\n" + TAIL, 5, "stands twice", "Keep one"),
    "bad difficulty": ("difficulty: 4\n" + TAIL, 4, "1, 2 or 3", "difficulty: 2"),
    "bare mark misspelt": ("fixd-order\n" + TAIL, 4, "no mark", "`fixed-order`"),
    "mark without value": ("vars\n" + TAIL, 4, "no value", "vars: "),
    "mark too late": ("\nHow much?\nreads: 1\n\n= 1\n", 6, "too late", "heading"),
    "unknown skill": ("skill: halfs\n" + TAIL, 4, "no skill `halfs`", "`halves`"),
    "no answer": ("\nHow much?\n", 3, "no right answer", "- [x]"),
    "two ways": ("\nWhich?\n\n- [x] a\n- [ ] b\n\n= 1\n", 10, "one way to answer", "two items"),
    "no prompt": ("\n= 1\n", 3, "asks nothing", "question"),
    "one choice": ("\nWhich?\n\n- [x] a\n", 7, "1 choices", "2 to 8"),
    "none right": ("\nWhich?\n\n- [ ] a\n- [ ] b\n", 7, "No choice is right", "- [x]"),
    "two right of one": (
        "choose: one\n\nWhich?\n\n- [x] a\n- [x] b\n",
        4,
        "2 choices are right",
        "choose: all",
    ),
    "choice mark": ("\nWhich?\n\n- [y] a\n- [x] b\n", 7, "looks like a choice", "- [x]"),
    "choice glued": ("\nWhich?\n\n-[ ] a\n- [x] b\n", 7, "looks like a choice", "- [x]"),
    "choice indented": ("\nWhich?\n\n- [ ] a\n  - [x] b\n", 8, "looks like a choice", "- [x]"),
    "choice empty": ("\nWhich?\n\n- [ ]\n- [x] b\n", 7, "empty", "Write what"),
    "text after": ("\nQ?\n\n= 1\n\nMore words.\n", 9, "after the answers", "above"),
    "quote unknown": ("\nQ?\n\n= 1\n\n> Hnit: x\n", 9, "neither a hint", "`Hint`"),
    "quote bare": ("\nQ?\n\n= 1\n\n> x\n", 9, "neither a hint", "> Hint:"),
    "hint empty": ("\nQ?\n\n= 1\n\n> Hint:\n", 9, "empty", "Write"),
    "two solutions": ("\nQ?\n\n= 1\n\n> Solution: a\n> Solution: b\n", 10, "two solutions", "Join"),
    "wrong without note": ("\nQ?\n\n= 1\n!= 2\n", 8, "value and a note", "!= 2/8 :"),
    "wrong is right": ("\nQ?\n\n= 1/2\n!= 2/4 : no\n", 8, "`2/4` is right", "this line"),
    "wrong in tolerance": (
        "\nQ?\n\n= 10 +- 1\n!= 11 : no\n",
        8,
        "`11` is right",
        "this line",
    ),
    "wrong in ask": (
        "\nQ?\n\n= 1\n\n> Ask: q\n>   = 2\n>   != 4/2 : no\n",
        11,
        "`4/2` is right",
        "this line",
    ),
    "answer empty": ("\nQ?\n\n=\n", 7, "empty", "= 3/4"),
    "pattern": ("\nQ?\n\n= ~ ha.*\n", 7, "Patterns do not exist", "own line"),
    "tolerance of text": ("\nQ?\n\n= half +- 1\n", 7, "two numbers", "+- 0.5"),
    "tolerance below nothing": ("\nQ?\n\n= 10 +- -1\n", 7, "tolerance", "+- 0.5"),
    "tolerance at times below nothing": (
        "vars: n = 2..9\n\nQ?\n\n= @{n} +- @{n-5}\n",
        8,
        "tolerance",
        "+- 0.5",
    ),
    "longer than a typed number": (
        "vars: n = 999999999990..999999999999; m = 999999999901\n\nQ?\n\n= @{n}/@{m}\n",
        8,
        "no number",
        "vars",
    ),
    "longer when it is divided": (
        "vars: n = 999999999990..999999999999; m = 999999999901\n\nQ?\n\n= @{n/m}\n",
        8,
        "no number",
        "vars",
    ),
    "longer than an answer holds": (
        "vars: a = 999990..999999; n = lcm(a, 999983, 999979)\n\nQ?\n\n= @{a}\n",
        4,
        "too large",
        "vars",
    ),
    "choice too long": (
        f"\nWhich?\n\n- [x] {'word ' * 200}end\n- [ ] b\n",
        7,
        "1003 characters",
        "question",
    ),
    "expression": ("\nQ?\n\n= 2x + 3\n", 7, "comes with a later version", "number"),
    "order": ("order:\n\nPut in order.\n\n1. a\n2. b\n", 4, "later version", "choices"),
    "match": ("\nMatch.\n\ncat | meow\ndog | woof\n", 5, "later version", "choices"),
    "gaps": ("\nHalf a day is [=12] hours.\n", 5, "later version", "choices"),
    "written": ("\nWrite.\n\n___ 30..120 words\n", 7, "later version", "choices"),
    "file": ("\nHand it in.\n\nfile: image, pdf\n", 7, "later version", "choices"),
    "ask without answer": ("\nQ?\n\n= 1\n\n> Ask: What?\n", 9, "An Ask is", "= 4"),
    "unknown name": ("vars: n = 2..9\n\nQ @{m}?\n\n= 1\n", 6, "uses `m`", "Known here: n"),
    "no vars": ("\nQ @{m}?\n\n= 1\n", 5, "uses `m`", "`vars:`"),
    "var twice": ("vars: n = 1..2; n = 3..4\n" + TAIL, 4, "new variable", "vars: n"),
    "var is function": ("vars: max = 1..2\n" + TAIL, 4, "new variable", "vars: n"),
    "var too early": ("vars: n = m..9; m = 1..2\n" + TAIL, 4, "uses `m`", "vars"),
    "var empty range": ("vars: n = 1..3; m = n..2\n" + TAIL, 4, "can be empty", "ends"),
    "var not whole": ("vars: n = 1..3; m = n/2\n" + TAIL, 4, "not a whole number", "//"),
    "where false": ("vars: n = 1..3\nwhere: n > 5\n" + TAIL, 4, "too few", "vars"),
    "where no test": ("vars: n = 1..3\nwhere: n\n" + TAIL, 5, "not a comparison", "gcd"),
    "zero": (
        "vars: n = 2..4\n\nQ?\n\n= @{n}\n\n> Hint: @{6/(n-3)}\n",
        10,
        "divides by zero with n = 3",
        "vars",
    ),
    "not whole in fraction": (
        "vars: n = 2..4\n\nQ $\\frac{@{n/2}}{3}$?\n\n= @{n}\n",
        6,
        "`n/2` is not a whole number with n = 3",
        "fraction",
    ),
    "not whole in power": (
        "vars: n = 3..5\n\nQ $@{n/2}^2$?\n\n= @{n**2/4}\n",
        6,
        "`n/2` is not a whole number",
        "power",
    ),
    "same choices": (
        "vars: n = 1..3; m = 1..3\n\nWhich?\n\n- [x] @{n}\n- [ ] @{m}\n",
        9,
        "Two choices both say `1` with n = 1, m = 1",
        "vars",
    ),
    "answer no number": (
        "vars: n = 2..4\n\nQ?\n\n= @{n/2}/3\n",
        8,
        "comes out as `3/2/3`",
        "vars",
    ),
    "money": ("\nIt costs $5?\n\n= 5\n", 5, "no partner", "\\$"),
    "picture": ("\n![](x.webp)\n\n= 5\n", 5, "no words", "Describe"),
    "sister": ("sister-of: that\n" + TAIL, 4, "no other item `that`", "another item"),
    "long answer": (f"\nQ?\n\n= {'a' * 201}\n", 7, "too long", "shorter"),
}


@pytest.mark.parametrize("name", FAULTY_ITEMS)
def test_each_mistake_in_an_item_has_its_line_and_remedy(
    write_folder: WriteFolder, name: str
) -> None:
    body, line, what, remedy = FAULTY_ITEMS[name]
    found = _errors(write_folder({ITEM_FILE: HEAD + body}))
    assert [(one.path, one.line) for one in found[:1]] == [(ITEM_FILE, line)], found
    assert what in found[0].what
    assert remedy in found[0].remedy


FAULTY_FILES: dict[str, tuple[dict[str, str | None], str, int, str, str]] = {
    "no pack.toml": ({"pack.toml": None}, "pack.toml", 0, "not a plain file", "file itself"),
    "pack key": (
        {"pack.toml": 'id = "x"\nversion = "1"\ntitle = "X"\nlicence = "MIT"\n'},
        "pack.toml",
        4,
        "`licence` is not a key",
        "`license`",
    ),
    "pack id": (
        {"pack.toml": 'id = "CON"\nversion = "1"\ntitle = "X"\n'},
        "pack.toml",
        1,
        "is no id",
        "small letters",
    ),
    "pack version": (
        {"pack.toml": 'id = "x"\nversion = 1\ntitle = "X"\n'},
        "pack.toml",
        2,
        "`version` must be a text",
        'version = "',
    ),
    "toml": ({"pack.toml": 'id = "x\n'}, "pack.toml", 1, "not TOML", "quote"),
    "skill key": (
        {"skills.toml": '[halves]\ntitle = "H"\nrequire = ["x"]\n'},
        "skills.toml",
        3,
        "`require` is not a key",
        "`requires`",
    ),
    "skill unknown": (
        {"skills.toml": '[halves]\ntitle = "H"\nrequires = ["halve"]\n'},
        "skills.toml",
        3,
        "`halve` is no skill",
        "`halves`",
    ),
    "skill ring": (
        {
            "skills.toml": '[halves]\ntitle = "H"\nrequires = ["b"]\n'
            '[b]\ntitle = "B"\nrequires = ["halves"]\n'
        },
        "skills.toml",
        3,
        "halves > b > halves",
        "`requires`",
    ),
    "item twice": (
        {"items/more.en.md": "skill: thirds\n\n## half-01\n\nQ?\n\n= 1\n"},
        "items/more.en.md",
        3,
        "taken by items/halves.en.md:4",
        "own id",
    ),
    "item file name": (
        {"items/more.md": "x"},
        "items/more.md",
        0,
        "name of an item",
        "equiv.en.md",
    ),
    "item locale": ({"items/more.sw.md": "x"}, "items/more.sw.md", 0, "first language", "later"),
    "stray line": (
        {"items/more.en.md": "hello\n"},
        "items/more.en.md",
        1,
        "belongs to no item",
        "## equiv-01",
    ),
    "hidden character": (
        {"items/more.en.md": "skill: halves\n\n## x\n\nA\u202eB?\n\n= 1\n"},
        "items/more.en.md",
        5,
        "U+202E",
        "Delete",
    ),
    "lesson level": (
        {"lessons/halves/midle.en.md": "# x\n\ny\n"},
        "lessons/halves/midle.en.md",
        0,
        "`midle` is no level",
        "`middle`",
    ),
    "lesson sections": (
        {"lessons/halves/richer.en.md": "# Halves\nskill: halves\n\n## One\n\nText.\n"},
        "lessons/halves/richer.en.md",
        1,
        "1 sections",
        "same",
    ),
    "lesson skill": (
        {"lessons/other/middle.en.md": "# O\nskill: thrids\n\n## One\n\nText.\n"},
        "lessons/other/middle.en.md",
        1,
        "no skill `thrids`",
        "`thirds`",
    ),
    "lesson without skill": (
        {"lessons/other/middle.en.md": "# O\n\n## One\n\nText.\n"},
        "lessons/other/middle.en.md",
        1,
        "names no skill",
        "skill:",
    ),
    "lesson locale": (
        {"lessons/halves/middle.fr.md": "# x\n\ny\n"},
        "lessons/halves/middle.fr.md",
        0,
        "`fr`",
        "locales",
    ),
    "strange file": ({"itmes/x.en.md": "x"}, "itmes/x.en.md", 0, "no place", "`items`"),
}


@pytest.mark.parametrize("name", FAULTY_FILES)
def test_each_mistake_in_a_folder_has_its_file_and_remedy(
    write_folder: WriteFolder, name: str
) -> None:
    changes, path, line, what, remedy = FAULTY_FILES[name]
    found = [one for one in _errors(write_folder(changes)) if what in one.what]
    assert [(one.path, one.line) for one in found] == [(path, line)], check_folder(
        write_folder(changes)
    )
    assert remedy in found[0].remedy


def test_things_of_later_versions_are_named_and_do_not_stop_the_build(
    write_folder: WriteFolder,
) -> None:
    folder = write_folder({"teach/halves.en.md": "x", "lessons/halves/loaf.webp": "x"})
    found = check_folder(folder)
    assert {one.path for one in found if one.level == "warning"} >= {
        "teach/halves.en.md",
        "lessons/halves/loaf.webp",
    }
    assert load_source(folder).items


@pytest.mark.parametrize("item", ["\nQ?\n\n= 5 cm\n", "vars: n = 2..9\n\nQ?\n\n= @{n} cm\n"])
def test_a_number_with_its_unit_is_looked_at(write_folder: WriteFolder, item: str) -> None:
    text = f"skill: halves\n\n## it\n{item}\n> Hint: h\n> Solution: s\n"
    found = check_folder(write_folder({"items/halves.en.md": text}))
    assert [each.level for each in found if "mixes a number" in each.what] == ["warning"]


def test_a_link_out_of_the_folder_is_not_followed(
    write_folder: WriteFolder, tmp_path: Path
) -> None:
    folder = write_folder()
    (folder / ITEM_FILE).unlink()
    secret = tmp_path / "secret.md"
    secret.write_text("skill: halves\n\n## x\n\nQ?\n\n= 1\n", encoding="utf-8")
    (folder / ITEM_FILE).symlink_to(secret)
    assert [one.what for one in _errors(folder)] == ["This is not a plain file."]


def test_a_file_in_another_encoding_is_named_with_its_line(write_folder: WriteFolder) -> None:
    folder = write_folder()
    (folder / ITEM_FILE).write_bytes(b"skill: halves\n\n## caf\xe9\n")
    (found,) = _errors(folder)
    assert (found.path, found.line) == (ITEM_FILE, 3)
    assert "UTF-8" in found.what


def test_loading_a_faulty_folder_names_the_first_mistake(write_folder: WriteFolder) -> None:
    folder = write_folder({ITEM_FILE: HEAD + "dificulty: 1\n" + TAIL})
    with pytest.raises(SourceError, match=r"halves\.en\.md:4: .*difficulty"):
        load_source(folder)


def test_an_endless_range_is_sampled(write_folder: WriteFolder) -> None:
    body = "vars: n = 1..1000000000; m = 1..1000000000\n\nQ @{n}+@{m}?\n\n= @{n+m}\n"
    assert _errors(write_folder({ITEM_FILE: HEAD + body})) == []


LINES = st.sampled_from(
    [
        *("skill: halves", "## a", "## b", "# T", "vars: n = 1..3", "where: n > 1", "choose: all"),
        *("- [x] @{n}", "- [ ] b", "  > note", "= @{n}/2", "== 1/2", "!= 3 : no", "> Hint: h"),
        *("> Ask: q", ">   = 1", "> Solution: $\\frac{1}{2}$", "", "text", "```", "| a | b |"),
        *("order:", "[=x]", "challenge", "fixed-order", "$", "@{", "difficulty: 2", "= 1 +- 0.1"),
    ]
)


def _read_items(text: str) -> list[Finding]:
    findings = Findings("f")
    for raw in parse_items(text, findings):
        compiled = compile_item(raw, findings, skills=["halves"], locale="en")
        if compiled is not None:
            prove(compiled, findings, draws=5)
    return findings.all


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES | st.text(max_size=30), max_size=25))
def test_no_text_of_items_raises_anything(lines: list[str]) -> None:
    for finding in _read_items("\n".join(lines)):
        assert finding.what
        assert 0 <= finding.line <= len("\n".join(lines).splitlines()) + 1
        json.dumps(str(finding))


@given(st.text(max_size=300))
def test_no_text_of_other_files_raises_anything(text: str) -> None:
    findings = Findings("f")
    parse_pack_toml(text, findings)
    parse_skills_toml(text, findings, unit="u")
    parse_lesson(text, findings, lesson="l", name=("main", "middle", "en"))


@given(st.binary(max_size=300))
def test_no_bytes_of_a_file_raise_anything(raw: bytes) -> None:
    findings = Findings("f")
    text = clean_source(raw, findings)
    assert (text is None) == bool(findings.all)


TOML_VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(
    st.dictionaries(st.sampled_from(["id", "title", "sequence", "locales", "levels"]), TOML_VALUES)
)
def test_no_value_in_pack_toml_raises_anything(values: dict[str, object]) -> None:
    text = "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
    parse_pack_toml(text.replace("\\u", "u"), Findings("f"))
