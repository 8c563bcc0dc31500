"""What translators' tools find in the code is all that the code says through gettext."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from pseudo_language import found_by_translators

from darasa.learning.languages import SHIPPED, catalogue

ROOT = Path(__file__).parents[2]
ROOMS = ("cli", "client_tui", "learning", "server")
ONE, TWO = {"_", "mark", "said"}, {"ngettext", "counted"}
TABLES_OF_MARKS = re.compile(
    r"_[A-Z]\w*\[.*\]|self\._bindings\[.*\]\.(words|help)|PICTURE_WORDS\[.*\]|CANNOT_SAVE|str\(error\)"
    r"|row\.(note|reason|item|title)"
)
"""What may be translated without being a sentence itself: its sentences are marked elsewhere."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return found_by_translators(tmp_path_factory.getbasetemp())


def _calls() -> Iterator[tuple[str, ast.expr]]:
    """(where, the argument that is a sentence) for each call that translates or marks one."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    count = (node.func.id in ONE) + 2 * (node.func.id in TWO)
                    for argument in node.args[:count]:
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", argument


def test_every_sentence_in_the_code_is_found(found: Catalog) -> None:
    known: set[str] = set()
    for message in found:
        known.update([message.id] if isinstance(message.id, str) else message.id)
    calls = [(where, each.value) for where, each in _calls() if isinstance(each, ast.Constant)]
    assert len(calls) > 800
    assert {where: text for where, text in calls if text not in known} == {}


def test_no_sentence_is_made_before_it_is_translated(found: Catalog) -> None:
    made = [
        (where, ast.unparse(each))
        for where, each in _calls()
        if not isinstance(each, ast.Constant) and not TABLES_OF_MARKS.fullmatch(ast.unparse(each))
    ]
    assert made == []


def test_every_sentence_of_a_template_is_found(found: Catalog) -> None:
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in found}
    spoken = re.compile(r"""\b(?:_|ngettext)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
    texts = {
        ast.literal_eval(each)
        for path in (ROOT / "server" / "templates").glob("*.html")
        for each in spoken.findall(path.read_text())
    }
    assert len(texts) > 200
    assert texts - known == set()


def _lacking(translated: Catalog, found: Catalog) -> set[str]:
    """The sentences that a catalogue does not say."""
    sentences = (message for message in found if message.id)
    return {str(m.id) for m in sentences if not (translated.get(m.id) or m).string}


def test_a_catalogue_that_ships_is_whole_and_current(found: Catalog) -> None:
    assert len(_lacking(Catalog(), found)) > 800
    for path in SHIPPED.glob("*.po"):
        with path.open("rb") as file:
            assert _lacking(read_po(file), found) == set(), path.name
        assert catalogue([SHIPPED], path.stem) is not None, path.name
