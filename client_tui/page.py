"""What a screen says, as values: a `Page` of styled text, and its layout in rows and columns.

Owns: spans, lines, pages, the frame of ux.md section 3.1 (status, body, message, keys) and how a
body is fitted to fewer rows. Pure; shared by the full screen and the plain mode.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.locale import _
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width, padded, shortened, wrapped
from darasa.content_packs.safe_text import SafeText, safe_text

INDENT: Final = 3
TEXT_COLUMNS_MAX: Final = 76
COLUMNS_MIN, ROWS_MIN = 60, 18
_STATUS_COLUMNS: Final = 26  # "Saved | Teacher: 2 to send" begins at the same place everywhere
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
    """A typing field. `kind` is "number", "text", "name" or "pin"."""

    kind: str
    label: SafeText


@dataclass(frozen=True, slots=True)
class Layout:
    """The room for a page. `plain` asks for text without columns, fillers or marks."""

    columns: int = 80
    rows: int = 24
    charset: Charset = field(default=Charset(Level.A))
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


@dataclass(frozen=True, slots=True)
class Page:
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
    cursor: tuple[int, int] | None = None
    field: Field | None = None
    subject: str = ""  # what it is about: plain mode tells a page with another subject in full
    question: SafeText | None = None  # what plain mode asks last; else the message


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page laid out: exactly `rows` lines, the cell of the cursor, keys that rows stand for."""

    lines: tuple[Line, ...]
    cursor: tuple[int, int]
    row_keys: tuple[tuple[int, str], ...] = ()


class Sheet:
    """Collects the lines of a body from top to bottom; lives only while a page is made."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.lines: list[Line] = []
        self.options: list[Option] = []
        self.focus_row: int | None = None
        self.cursor: tuple[int, int] | None = None

    def blank(self, count: int = 1) -> None:
        """Empty rows; plain mode has none."""
        if not self.layout.plain:
            self.lines.extend(() for _row in range(count))

    def to_row(self, row: int) -> None:
        """Empty rows until the next line is screen row `row`, from 1 as in the wireframes."""
        if not self.layout.compact:
            self.blank(max(0, row - 3 - len(self.lines)))

    def text(self, text: str, style: Style = Style.PLAIN, indent: int = INDENT) -> None:
        """Running text, wrapped to the page and indented."""
        columns = self.layout.text_columns - (indent - INDENT)
        lead = "" if self.layout.plain else " " * indent
        width = 10_000 if self.layout.plain else columns
        for line in wrapped(text, width):
            self.lines.append((Span(say(lead + line), style),) if line else ())

    def line(self, *parts: str | Span) -> int:
        """One line of spans, cut at the right edge; returns its row."""
        if self.layout.plain:
            joined = text_of(line_of(*parts)).strip()
            self.lines.append(line_of(joined) if joined else ())
        else:
            self.lines.append(_clipped(line_of(*parts), self.layout.columns))
        return len(self.lines) - 1

    def sides(self, left: str, right: str, style: Style = Style.PLAIN, edge: int = 79) -> int:
        """A line with something at the right edge, which goes when both do not fit."""
        if self.layout.plain:
            return self.line(f"{left.strip()}  {right.strip()}")
        edge = min(edge, self.layout.columns - 1)
        if cell_width(left) + cell_width(right) + 1 > edge:
            return self.line(Span(say(left), style))
        gap = " " * (edge - cell_width(left) - cell_width(right))
        return self.line(Span(say(left), style), gap + right)

    def option(
        self,
        key: str,
        text: str,
        *,
        marked: bool,
        mark: str = " ",
        note: str | Span = "",
        indent: int = INDENT,
        tag: str | None = None,
    ) -> int:
        """One row that can be chosen: `> 1  text`, wrapped under itself; the marked one has the
        cursor. `mark` stands where the `>` would, `tag` where the number would."""
        tag = key if tag is None else tag
        if self.layout.plain:
            return self._plain_option(key, tag, text, mark, note)
        place = f"{tag}  " if tag else ""
        head = f"{' ' * indent}{'>' if marked else mark} {place}"
        width = self.layout.text_columns + INDENT - cell_width(head)
        rows = wrapped(text, max(8, width))
        style = Style.MARKED if marked else Style.PLAIN
        first = self.line(Span(say(head + rows[0]), style), *([note] if note else []))
        for more in rows[1:]:
            self.line(Span(say(" " * cell_width(head) + more), style))
        if key:
            self.options.append(Option(key, first))
        if marked:
            self.focus_row, self.cursor = first, (first, indent)
        return first

    def _plain_option(self, key: str, tag: str, text: str, mark: str, note: str | Span) -> int:
        words = note.text if isinstance(note, Span) else note
        parts = (mark.strip(), tag, text, words.strip())
        row = self.line("  ".join(part for part in parts if part))
        if key:
            self.options.append(Option(key, row))
        return row

    def buttons(self, labels: Sequence[str], marked: int) -> None:
        """Choices side by side, `> Try again    See hint 2`; plain mode numbers them, one a line,
        and so does a window that is too narrow for them."""
        if self.layout.plain or self.layout.columns < 80:
            for place, label in enumerate(labels):
                self.option(str(place + 1), label, marked=place == marked)
            return
        parts: list[str | Span] = [" " * INDENT]
        column = INDENT
        for place, label in enumerate(labels):
            width = cell_width(label) + 10
            style = Style.MARKED if place == marked else Style.PLAIN
            lead = "> " if place == marked else "  "
            parts.append(Span(say(padded(lead + label, width)), style))
            if place == marked:
                self.focus_row, self.cursor = len(self.lines), (len(self.lines), column)
            column += width
        self.line(*parts)

    def page(self, name: str, frame: "Frame") -> Page:
        """The finished page."""
        return Page(
            name=name,
            status_left=frame.header.left,
            status_right=frame.header.right,
            alarm=frame.header.alarm,
            body=tuple(self.lines),
            message=say(frame.message),
            keys=frame.keys,
            options=tuple(self.options),
            focus_row=self.focus_row,
            cursor=self.cursor,
        )


@dataclass(frozen=True, slots=True)
class Header:
    """The status line: where and who on the left, the two safety words on the right."""

    left: SafeText
    saved: SafeText
    teacher: SafeText
    alarm: bool = False

    @property
    def right(self) -> SafeText:
        """Both safety slots."""
        return say(f"{self.saved} | {self.teacher}") if self.teacher else self.saved


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page has around its body, and the room for it."""

    layout: Layout
    header: Header
    message: str
    keys: tuple[KeyWord, ...] = ()


def _clipped(line: Line, columns: int) -> Line:
    kept: list[Span] = []
    free = columns
    for span in line:
        text = span.text if cell_width(span.text) <= free else say(shortened(span.text, free))
        if text:
            kept.append(Span(text, span.style))
        free -= cell_width(text)
    return tuple(kept)


def fitted(body: Sequence[Line], rows: int, focus: int | None) -> list[int]:
    """The rows of a body that are shown when there is room for `rows`: all, or all but the blank
    ones, or a part around the focus with the first row kept in view as long as possible."""
    kept = list(range(len(body)))
    while kept and not body[kept[-1]]:
        kept.pop()
    blanks = [row for row in kept if not body[row]]
    while len(kept) > rows and blanks:
        kept.remove(blanks.pop())
    if len(kept) <= rows:
        return kept
    place = kept.index(focus) if focus in kept else 0
    first = max(0, min(place - rows // 2, len(kept) - rows))
    return kept[first : first + rows]


def _status(page: Page, columns: int) -> Line:
    right = page.status_right
    at = max(0, min(columns - _STATUS_COLUMNS, columns - cell_width(right)))
    left = shortened(" " + page.status_left, max(0, at - 1))
    gap = " " * (at - cell_width(left))
    rest = " " * max(0, columns - at - cell_width(right))
    style = Style.ALARM if page.alarm else Style.STATUS
    return (
        Span(say(left + gap), Style.STATUS),
        Span(right, style),
        Span(say(rest), Style.STATUS),
    )


def _key_line(page: Page, layout: Layout) -> str:
    """The keys in their order; where they do not fit, those in the middle go and help stays."""
    entries = list(page.keys)
    if layout.compact:
        entries = [entry for entry in reversed(entries) if entry.key in {"?", "escape"}]
    while True:
        for gap in ("   ", "  "):
            text = " " + gap.join(f"{entry.shown} {entry.words}".rstrip() for entry in entries)
            if cell_width(text) <= min(80, layout.columns):
                return text
        if len(entries) < 3:
            return shortened(text, layout.columns)
        entries.pop(-3 if len(entries) > 4 else 1)


def saving(shown: Drawn, words: str, instead: str) -> Drawn:
    """The same page with slot 1 of the status line saying `instead` in place of `words`."""
    status = list(shown.lines[0])
    for place, span in enumerate(status):
        if span.text.startswith(words):
            longer = say(instead + span.text[len(words) :])
            status[place] = Span(longer, span.style)
    return replace(shown, lines=(tuple(status), *shown.lines[1:]))


def _message_lines(page: Page, layout: Layout) -> list[str]:
    """The message; a long one in a narrow window takes the blank row above as well."""
    rows = wrapped(page.message, min(TEXT_COLUMNS_MAX + INDENT, layout.columns - 2))
    return [" " + row if row else "" for row in rows[:2]]


def _too_small(layout: Layout) -> Drawn:
    words = _("Please make this window larger (now {columns}x{rows}, needs 60x18).").format(
        columns=layout.columns, rows=layout.rows
    )
    lines = [line_of(part) for part in wrapped(words, max(1, layout.columns))][: layout.rows]
    lines += [()] * (layout.rows - len(lines))
    return Drawn(tuple(lines), (0, 0))


def drawn(page: Page, layout: Layout) -> Drawn:
    """The page as exactly `layout.rows` lines, none wider than `layout.columns`."""
    if layout.too_small:
        return _too_small(layout)
    margin = " " * layout.margin
    kept = fitted(page.body, layout.body_rows, page.focus_row)
    lines: list[Line] = [_status(page, layout.columns), ()]
    for row in kept:
        body = page.body[row]
        lines.append(_clipped(line_of(margin, *body) if margin and body else body, layout.columns))
    message = _message_lines(page, layout)
    lines += [()] * (layout.rows - 1 - len(lines) - len(message))
    lines.extend(line_of(Span(say(margin + row), Style.MESSAGE)) for row in message)
    lines.append(line_of(Span(say(margin + _key_line(page, layout)), Style.KEYS)))
    cursor = (layout.rows - 2, layout.margin)
    if page.cursor is not None and page.cursor[0] in kept:
        cursor = (2 + kept.index(page.cursor[0]), layout.margin + page.cursor[1])
    places = {row: 2 + place for place, row in enumerate(kept)}
    row_keys = tuple((places[o.row], o.key) for o in page.options if o.row in places)
    return Drawn(tuple(lines), cursor, row_keys)
