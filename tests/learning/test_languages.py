"""Catalogues: one that is dropped in appears, and none can break a sentence."""

import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from hypothesis import example, given
from hypothesis import strategies as st

from darasa.learning.languages import (
    OWN_FOLDER,
    SHIPPED,
    best_of,
    catalogue,
    folders_of,
    languages,
)

ROOT = Path(__file__).parents[2]
MANY = ("{n} answer", "{n} answers")


def drop_in(folder: Path, code: str, *, locale: str = "sw", **texts: object) -> None:
    """A catalogue as translators' tools write it."""
    made = Catalog(locale=locale)
    for text, said in texts.items():
        made.add(MANY if isinstance(said, tuple) else text, said)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{code}.mo").open("wb") as file:
        write_mo(file, made)


def test_without_a_catalogue_there_is_english_and_a_catalogue_dropped_in_appears(tmp_path):
    folders = folders_of(tmp_path)
    before = languages(folders)
    assert (before[0].code, before[0].name) == ("en", "English")
    drop_in(tmp_path / OWN_FOLDER, "qx", English="Lugha")
    (new,) = set(languages(folders)) - set(before)
    assert (new.code, new.name) == ("qx", "Lugha (qx)")


def test_a_catalogue_beside_the_code_is_in_the_package_and_found():
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    pattern = next(p for p in packaged["package-data"]["darasa.learning"] if p.endswith(".mo"))
    assert (ROOT / "learning" / pattern).parent == SHIPPED.resolve()
    assert folders_of(None) == (SHIPPED,)


def test_sentences_and_counts_are_said_and_what_is_missing_stays_english(tmp_path):
    drop_in(tmp_path, "sw", Hello="Habari", many=("Jibu {n}", "Majibu {n}"))
    sw = catalogue([tmp_path], "sw")
    assert sw.text("Hello") == "Habari"
    assert sw.text("Good bye") == "Good bye"
    assert sw.text("") == ""
    assert [sw.plural(*MANY, n) for n in (1, 3)] == ["Jibu {n}", "Majibu {n}"]
    assert sw.plural("{n} hint", "{n} hints", 2) == "{n} hints"


@pytest.mark.parametrize(
    "said",
    ["{nam}", "{}", "{", "}", "{0}", "{name.__class__}", "{name!r}", "{name:9}", "{name[0]}"],
)
def test_a_translation_with_other_values_is_passed_over(tmp_path, said):
    text = "Hello {name}."
    drop_in(tmp_path, "sw", **{text: said}, many=(said, said))
    sw = catalogue([tmp_path], "sw")
    assert sw.text(text).format(name="Amina") == "Hello Amina."
    assert sw.plural(*MANY, 3).format(n=3) == "3 answers"
    assert sw.plural(*MANY, 1).format(n=1) == "1 answer"


@pytest.mark.parametrize(
    "code", ["../sw", "/etc/passwd", "sw/../sw", "SW", "", "s", "sw_", "a" * 99]
)
def test_a_code_that_is_none_names_no_file(tmp_path, code):
    drop_in(tmp_path, "sw", Hello="Habari")
    assert catalogue([tmp_path / "x", tmp_path], code) is None


@given(st.binary(max_size=300))
@example(b"\xde\x12\x04\x95" + bytes(24))
@example(b"\xde\x12\x04\x95\0\0\0\0" + b"\xff" * 40)
def test_no_bytes_crash_the_reader(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("any") / "sw.mo"
    path.write_bytes(raw)
    assert languages([path.parent])[0].code == "en"
    assert best_of([path.parent], ["sw_KE.UTF-8", None]) in {"sw", "en"}


def test_a_damaged_header_or_a_rule_that_divides_by_nothing_speaks_english(tmp_path):
    drop_in(tmp_path, "sw", Hello="Habari", many=("Jibu {n}", "Majibu {n}"))
    whole = (tmp_path / "sw.mo").read_bytes()
    rule = b"plural=(n != 1)"
    assert rule in whole
    (tmp_path / "sw.mo").write_bytes(whole.replace(rule, b"plural=n/(0*n) "))
    sw = catalogue([tmp_path], "sw")
    assert sw.plural(*MANY, 3).format(n=3) in {"3 answers", "Majibu 3"}
    (tmp_path / "sw.mo").write_bytes(whole.replace(b"charset=utf-8", b"charset=qqq-9"))
    assert catalogue([tmp_path], "sw") is None


def test_the_language_of_a_machine_is_the_first_that_is_here(tmp_path):
    drop_in(tmp_path, "sw", Hello="Habari")
    drop_in(tmp_path, "pt_BR", Hello="Oi")
    found = [tmp_path]
    assert best_of(found, [None, "fr", "sw_KE.UTF-8"]) == "sw"
    assert best_of(found, ["pt_BR.UTF-8", "sw"]) == "pt_BR"
    assert best_of(found, ["pt_PT", "C.UTF-8", "POSIX"]) == "en"
    assert best_of(found, ["en_GB", "sw"]) == "en"
    assert best_of([tmp_path / "nowhere"], ["sw"]) == "en"
