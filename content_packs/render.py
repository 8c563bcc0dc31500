"""From an author's Markdown to the three forms of a text.

Owns: what Markdown becomes on a screen of letters: paragraphs parted by an empty line, lists with
`- ` or numbers, code and tables as lines that begin with four spaces, pictures as their words.
Runs when a pack is built (markdown-it and pylatexenc), never at run time. Pure.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from darasa.content_packs.errors import ExpressionError, PackError
from darasa.content_packs.expression import formula
from darasa.content_packs.item import Text
from darasa.content_packs.template import PLACE

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

TEXT_LENGTH_MAX: Final = 12_000
MATHS_FIRST: Final = 0xF000
"""Rendered maths stands as one private-use character while Markdown is read."""

_HELD: Final = re.compile("[\ue000-\uf7ff]")
_SPAN: Final = re.compile(
    r"(?P<fence>^(?P<mark>```+|~~~+)[^\n]*\n.*?(?:^(?P=mark)[ ]*$|\Z))"
    r"|(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\\$)"
    r"|\$\$(?P<block>.+?)\$\$"
    r"|\$(?P<inline>(?!\s)[^$]*?(?<!\s)(?<!\\))\$(?!\d)",
    re.DOTALL | re.MULTILINE,
)
_SPECIAL: Final = re.compile(
    r"[*_`\[\]!\\#|~]|<[A-Za-z/!?]|&[#A-Za-z]|^ {4}|^ *(?:[-+>]|\d+[.)]|=+ *$)|  \n", re.MULTILINE
)


class RenderError(PackError):
    """A text that cannot be shown; `line` counts from 0 at the start of the text."""


@lru_cache(maxsize=16_384)
def render(markdown: str) -> Text:
    """The text in its three forms. Raises RenderError."""
    if len(markdown) > TEXT_LENGTH_MAX:
        raise RenderError(
            f"This text has {len(markdown)} characters; {TEXT_LENGTH_MAX} are the most.",
            remedy="Cut it in parts.",
        )
    held = _Held()
    marked = held.take_out(markdown)
    plain = _plain(marked)
    return Text(markdown=markdown, plain=held.put_back(plain, 0), spoken=held.put_back(plain, 1))


class _Held:
    """Places and maths of one text, kept apart while Markdown is read."""

    def __init__(self) -> None:
        self._places: list[str] = []
        self._maths: list[tuple[str, str]] = []

    def take_out(self, markdown: str) -> str:
        """The text with every place and every formula as one private-use character."""
        from darasa.content_packs.maths import PLACES_MAX

        if _HELD.search(markdown):
            raise RenderError("This text holds a hidden character.", remedy="Type it again.")
        text = PLACE.sub(lambda match: self._place(match, markdown), markdown)
        if len(self._places) >= PLACES_MAX:
            raise RenderError("This text has too many places for numbers.")
        if (at := text.find("@{")) >= 0:
            raise RenderError(
                "A place for a number begins with @{ and does not end.",
                line=text.count("\n", 0, at),
                remedy="Write for example @{n*k}, on one line.",
            )
        found: list[str] = []
        end = 0
        for match in _SPAN.finditer(text):
            found.append(self._outside(text, end, match.start()))
            found.append(self._span(match, text))
            end = match.end()
        found.append(self._outside(text, end, len(text)))
        return "".join(found)

    def put_back(self, text: str, form: int) -> str:
        """The text with formulas and places in it; `form` 0 is one-line, 1 is spoken."""
        return _HELD.sub(lambda match: self._original(match[0], form), text)

    def _original(self, char: str, form: int) -> str:
        from darasa.content_packs.maths import ATOM_FIRST, PLACE_FIRST

        code = ord(char)
        if code >= MATHS_FIRST:
            return self.put_back(self._maths[code - MATHS_FIRST][form], form)
        if code >= ATOM_FIRST:
            return f"@{{{self._places[code - ATOM_FIRST]}|atom}}"
        return f"@{{{self._places[code - PLACE_FIRST]}}}"

    def _place(self, match: re.Match[str], markdown: str) -> str:
        from darasa.content_packs.maths import PLACE_FIRST

        line = markdown.count("\n", 0, match.start())
        try:
            formula(match[1])
        except ExpressionError as error:
            raise RenderError(error.what, line=line, remedy=error.remedy) from error
        if match[2]:
            raise RenderError("`|` has no meaning in @{…}.", line=line, remedy="Leave it out.")
        self._places.append(match[1].strip())
        return chr(PLACE_FIRST + len(self._places) - 1)

    def _span(self, match: re.Match[str], text: str) -> str:
        from darasa.content_packs.maths import MathsError, print_maths

        tex = match["block"] or match["inline"]
        if tex is None:
            return match[0]
        try:
            self._maths.append(print_maths(tex.strip()))
        except MathsError as error:
            line = text.count("\n", 0, match.start())
            what = self.put_back(error.what, 0)
            raise RenderError(what, line=line, remedy=self.put_back(error.remedy, 0)) from error
        if len(self._maths) > 1000:
            raise RenderError("This text has too many formulas.", remedy="Cut it in parts.")
        return chr(MATHS_FIRST + len(self._maths) - 1)

    def _outside(self, text: str, start: int, end: int) -> str:
        piece = text[start:end]
        if (at := piece.find("$")) >= 0:
            raise RenderError(
                "A $ has no partner.",
                line=text.count("\n", 0, start + at),
                remedy="Close the maths with a second $, or write \\$ for money.",
            )
        return piece


def _plain(marked: str) -> str:
    if not _SPECIAL.search(marked):
        paragraphs = re.split(r"\n\s*\n", marked.strip())
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    from markdown_it.tree import SyntaxTreeNode

    tree = SyntaxTreeNode(_markdown_it().parse(marked))
    return "\n\n".join(_blocks(tree)).strip("\n")


@lru_cache(maxsize=1)
def _markdown_it() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "maxNesting": 12}).enable("table")


def _blocks(node: "SyntaxTreeNode") -> list[str]:
    return [block for child in node.children if (block := _block(child))]


def _block(node: "SyntaxTreeNode") -> str:
    match node.type:
        case "fence" | "code_block":
            return "\n".join(
                f"    {line}".rstrip() for line in node.content.rstrip("\n").split("\n")
            )
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "blockquote":
            return _indented("\n\n".join(_blocks(node)), "  ", "  ")
        case "table":
            return _table(node)
        case "hr":
            return "- - -"
        case _:
            return "".join(_inline(child) for child in node.children).strip()


def _list(node: "SyntaxTreeNode") -> str:
    tight = all(p.hidden for item in node.children for p in item.children if p.type == "paragraph")
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
    rows = []
    for nth, item in enumerate(node.children):
        mark = f"{first + nth}. " if node.type == "ordered_list" else "- "
        inside = ("\n" if tight else "\n\n").join(_blocks(item))
        rows.append(_indented(inside, mark, " " * len(mark)))
    return ("\n" if tight else "\n\n").join(rows)


def _indented(text: str, first: str, other: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((other + line).rstrip() for line in lines[1:])]).rstrip()


def _table(node: "SyntaxTreeNode") -> str:
    rows = [
        ["".join(_inline(child) for child in cell.children).strip() for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(f"    {line}" for line in lines)


def _inline(node: "SyntaxTreeNode") -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return f"[Picture: {node.content}]"
        case _:
            return "".join(_inline(child) for child in node.children)
