"""A language that nobody speaks: every sentence with accents, brackets and 60 % more letters.

What is not in brackets on a screen was not asked of the catalogue. Built from what translators get.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
NAME = "Pseudo"
_ACCENTS = str.maketrans("aeiouAEIOUncsy", "àéîõüÀÉÎÕÜñçšý")


@cache
def found_by_translators(folder: Path) -> Catalog:
    """What `pybabel extract` finds with the settings of the project, as translators call it."""
    out = folder / "darasa.pot"
    tool = Path(sys.executable).with_name("pybabel")
    command = [tool, "-q", "extract", "-F", "pyproject.toml", "-o", out, "."]
    subprocess.run(command, cwd=ROOT, check=True)
    with out.open("rb") as file:
        return read_po(file)


def pseudo(text: str) -> str:
    """The sentence, longer and strange; its values stay as they are."""
    parts = []
    for nth, part in enumerate(text.replace("{", "\0{").replace("}", "}\0").split("\0")):
        parts.append(part if nth % 2 else part.translate(_ACCENTS))
    letters = sum(map(len, parts[::2]))
    return "[" + "".join(parts) + "~" * max(1, letters * 6 // 10 - 2) + "]"


def write_pseudo(found: Catalog, path: Path, **own: str) -> None:
    """The catalogue as a program reads it; `own` has other translations by the English text."""
    made = Catalog(locale="sw")
    for message in found:
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            made.add(message.id, tuple(pseudo(message.id[-1]) for _ in range(made.num_plurals)))
        else:
            text = own.get(message.id) or pseudo(message.id)
            made.add(message.id, NAME if message.id == "English" else text)
    made.add("English", NAME)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_mo(file, made)
