"""Collects the lines of a body from top to bottom, for the full screen or for plain mode.

Owns: indents, wrapping, rows that can be chosen, buttons. Lives only while a page is made. Pure.
"""

from collections.abc import Sequence

from darasa.client_tui.page import (
    INDENT,
    Frame,
    Layout,
    Line,
    Option,
    Page,
    Span,
    clipped,
    line_of,
    say,
    text_of,
)
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width, padded, wrapped


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
            self.lines.append(clipped(line_of(*parts), self.layout.columns))
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

    def page(self, name: str, frame: Frame) -> Page:
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
