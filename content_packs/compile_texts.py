"""The texts, variables and formulas of one raw item: rendered, and every name in them known.

Owns: what `@{…}`, `vars` and `where` may say. Every fault is a finding with its line. Pure.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from darasa.content_packs.errors import ExpressionError
from darasa.content_packs.expression import FUNCTIONS, NAME, condition, formula, names_in
from darasa.content_packs.findings import Findings, suggest
from darasa.content_packs.item import Text, Var
from darasa.content_packs.raw_items import Piece
from darasa.content_packs.render import RenderError, render
from darasa.content_packs.template import PLACE


@dataclass(slots=True)
class ItemErrors:
    """Counts errors of one item, so that a faulty one is left out."""

    findings: Findings
    count: int = 0

    def error(self, line: int, what: str, remedy: str) -> None:
        """Note something that keeps the item out of the pack."""
        self.count += 1
        self.findings.error(line, what, remedy)


@dataclass(slots=True)
class TextCompiler:
    """Renders texts; `names` are the variables that were read so far."""

    errors: ItemErrors
    names: list[str] = field(default_factory=list)

    def text(self, piece: Piece) -> Text | None:
        """A rendered text, every name in it checked; None after a finding."""
        try:
            text = render(piece.text)
        except RenderError as error:
            self.errors.error(piece.line + error.line, error.what, error.remedy)
            return None
        for number, line in enumerate(piece.text.split("\n"), start=piece.line):
            if "@{" in line:
                self.places(Piece(line, number))
            if re.search(r"!\[\s*\]\(", line):
                self.errors.error(
                    number, "This picture has no words.", "Describe it:  ![a loaf](loaf.webp)"
                )
        return text

    def places(self, piece: Piece) -> None:
        """Look at every `@{…}` of a piece: a formula, its names known."""
        for match in PLACE.finditer(piece.text):
            self._formula(Piece(match[1], piece.line))

    def _formula(self, piece: Piece) -> None:
        try:
            formula(piece.text)
            self._known(names_in(piece.text), piece)
        except ExpressionError as error:
            self.errors.error(piece.line, error.what, error.remedy)

    def _known(self, names: Collection[str], piece: Piece) -> None:
        for name in sorted(set(names) - set(self.names)):
            known = f"Known here: {', '.join(self.names)}." if self.names else "Add a `vars:` line."
            self.errors.error(
                piece.line,
                f"`{piece.text.strip()}` uses `{name}`, which `vars` does not name.",
                suggest(name, self.names, otherwise=known),
            )

    def vars(self, mark: Piece | None) -> tuple[Var, ...]:
        """The variables of a `vars:` mark; their names are known from here on."""
        found: list[Var] = []
        for part in mark.text.split(";") if mark else ():
            name, equals, value = part.partition("=")
            name = name.strip()
            assert mark is not None
            if not equals or not NAME.fullmatch(name) or name in FUNCTIONS or name in self.names:
                self.errors.error(
                    mark.line,
                    f"`{part.strip()}` does not name a new variable.",
                    "Write  vars: n = 2..9; d = n+1..12",
                )
                continue
            found.append(self._var(name, value.strip(), mark.line))
            self.names.append(name)
        if len(found) > 16:
            self.errors.error(
                mark.line if mark else 0, "There are more than 16 variables.", "Use fewer."
            )
        return tuple(found)

    def _var(self, name: str, value: str, line: int) -> Var:
        low, dots, high = value.partition("..")
        options = () if dots else _commas(value)
        for part in options or ((low, high) if dots else (low,)):
            self._formula(Piece(part.strip(), line))
        if len(options) > 1:
            return Var(name=name, options=tuple(option.strip() for option in options[:64]))
        return Var(name=name, low=low.strip(), high=(high if dots else low).strip())

    def where(self, mark: Piece | None) -> tuple[str, ...]:
        """The comparisons of a `where:` mark."""
        tests = [part.strip() for part in mark.text.split(";")] if mark else []
        for test in tests:
            assert mark is not None
            try:
                condition(test)
                self._known(names_in(test), Piece(test, mark.line))
            except ExpressionError as error:
                self.errors.error(mark.line, error.what, error.remedy)
        return tuple(tests[:8])


def _commas(value: str) -> tuple[str, ...]:
    """The value cut at commas that stand outside brackets."""
    parts, depth = [""], 0
    for char in value:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return tuple(parts)
