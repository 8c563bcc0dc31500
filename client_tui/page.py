"""What a screen says, as values: a `Page` of styled text in the frame of ux.md section 3.1.

Owns: spans, lines, pages, what is around a body (status, message, keys) and the room for it. Pure;
shared by the full screen and the plain mode. `sheet` collects a body, `drawn` lays a page out.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width, shortened
from darasa.content_packs.safe_text import SafeText, safe_text

INDENT: Final = 3
TEXT_COLUMNS_MAX: Final = 76
COLUMNS_MIN, ROWS_MIN = 60, 18
_MARGIN_FROM_COLUMNS: Final = 110


class Span(NamedTuple):
    """A piece of one line."""

    text: SafeText
    style: Style = Style.PLAIN


Line = tuple[Span, ...]


@lru_cache(maxsize=2048)
def say(text: str) -> SafeText:
    """Any text as SafeText: the one way from a formatted sentence to a span (clean at display)."""
    return safe_text(text)


def line_of(*parts: str | Span) -> Line:
    """A line from plain words and spans."""
    return tuple(part if isinstance(part, Span) else Span(say(part)) for part in parts)


def text_of(line: Line) -> str:
    """A line without its styles."""
    return "".join(span.text for span in line)


class KeyWord(NamedTuple):
    """One entry of the key line: the key's name, what it does, and the key that a line of plain
    mode may name."""

    shown: str
    words: str
    key: str


class Option(NamedTuple):
    """One numbered row: the key that marks it, and the row of the body where it begins."""

    key: str
    row: int


class Field(NamedTuple):
    """A typing field. `kind` is "number", "text", "name", "pin" or "pictures"."""

    kind: str
    label: SafeText


class Layout(Struct, frozen=True):
    """The room for a page. `plain` asks for text without columns, fillers or marks."""

    columns: int = 80
    rows: int = 24
    charset: Charset = Charset(Level.A)
    plain: bool = False

    @property
    def text_columns(self) -> int:
        """Cells for running text after the indent."""
        return min(TEXT_COLUMNS_MAX, self.columns - INDENT - 1)

    @property
    def body_rows(self) -> int:
        """Rows between the status line and the message line, with a blank row at both ends."""
        return max(1, self.rows - 5)

    @property
    def compact(self) -> bool:
        """Too small for second columns and a full key line."""
        return not self.plain and (self.columns < 80 or self.rows < 24)

    @property
    def too_small(self) -> bool:
        """Too small to draw at all."""
        return not self.plain and (self.columns < COLUMNS_MIN or self.rows < ROWS_MIN)

    @property
    def margin(self) -> int:
        """Columns left free at the left in a wide window."""
        return (self.columns - 80) // 2 if self.columns > _MARGIN_FROM_COLUMNS else 0


class Page(Struct, frozen=True):
    """One screen as values. Rows of `options`, `focus_row` and `cursor` count from 0 in `body`."""

    name: str
    status_left: SafeText
    status_right: SafeText
    body: tuple[Line, ...]
    message: SafeText
    keys: tuple[KeyWord, ...]
    alarm: bool = False
    options: tuple[Option, ...] = ()
    focus_row: int | None = None
    first_row: int | None = None  # of the rows that are not blank: what was turned to
    cursor: tuple[int, int] | None = None
    field: Field | None = None
    subject: str = ""  # what it is about: plain mode tells a page with another subject in full
    question: SafeText | None = None  # what plain mode asks last; else the message


class Header(Struct, frozen=True):
    """The status line: where and who on the left, the two safety words on the right."""

    left: SafeText
    saved: SafeText
    teacher: SafeText
    alarm: bool = False

    @property
    def right(self) -> SafeText:
        """Both safety slots."""
        return say(f"{self.saved} | {self.teacher}") if self.teacher else self.saved


class Frame(Struct, frozen=True):
    """What a page has around its body, and the room for it."""

    layout: Layout
    header: Header
    message: str
    keys: tuple[KeyWord, ...] = ()


def clipped(line: Line, columns: int) -> Line:
    """The line without what goes beyond `columns` cells."""
    kept: list[Span] = []
    free = columns
    for span in line:
        text = span.text if cell_width(span.text) <= free else say(shortened(span.text, free))
        if text:
            kept.append(Span(text, span.style))
        free -= cell_width(text)
    return tuple(kept)
