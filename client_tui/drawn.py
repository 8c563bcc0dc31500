"""A page laid out in rows and columns: status, body, message and key line in their places.

Owns: how a body is fitted to fewer rows, what goes from a key line that is too long, margins of a
wide window, and the sentence of one that is too small. Pure.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from darasa.client_tui.locale import _
from darasa.client_tui.page import (
    INDENT,
    TEXT_COLUMNS_MAX,
    Layout,
    Line,
    Page,
    Span,
    clipped,
    line_of,
    say,
)
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width, shortened, wrapped

PAGE_ON: Final = "pagedown"
_STATUS_COLUMNS: Final = 26  # "Saved | Teacher: 2 to send" begins at the same place everywhere


class Drawn(Struct, frozen=True):
    """A page laid out: exactly `rows` lines, the cell of the cursor, keys that rows stand for."""

    lines: tuple[Line, ...]
    cursor: tuple[int, int]
    row_keys: tuple[tuple[int, str], ...] = ()


def fitted(
    body: Sequence[Line], rows: int, focus: int | None, first: int | None = None
) -> list[int]:
    """The rows of a body that are shown when there is room for `rows`: all, or all but the blank
    ones, or a part. The part begins at the `first` of these that is asked for, else it is around
    the focus, with the first row kept in view as long as possible."""
    kept = _packed(body, rows)
    if len(kept) <= rows:
        return kept
    if first is None:
        place = kept.index(focus) if focus in kept else 0
        first = place - rows // 2
    first = max(0, min(first, len(kept) - rows))
    return kept[first : first + rows]


def _packed(body: Sequence[Line], rows: int) -> list[int]:
    """All rows of a body but as many blank ones as need to go."""
    kept = list(range(len(body)))
    while kept and not body[kept[-1]]:
        kept.pop()
    blanks = [row for row in kept if not body[row]]
    while len(kept) > rows and blanks:
        kept.remove(blanks.pop())
    return kept


def turned(page: Page, layout: Layout, step: int) -> int | None:
    """The `first_row` of a page that is turned on (1) or back (-1); None where all of it fits.

    One row stays in view, so that the eye finds its place.
    """
    rows = layout.body_rows
    every = _packed(page.body, rows)
    if layout.plain or layout.too_small or len(every) <= rows:
        return None
    shown = fitted(page.body, rows, page.focus_row, page.first_row)
    first = every.index(shown[0]) + step * max(1, rows - 1)
    return max(0, min(first, len(every) - rows))


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
        entries = [entry for entry in reversed(entries) if entry.key in {"?", "escape", PAGE_ON}]
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
    kept = fitted(page.body, layout.body_rows, page.focus_row, page.first_row)
    lines: list[Line] = [_status(page, layout.columns), ()]
    for row in kept:
        body = page.body[row]
        lines.append(clipped(line_of(margin, *body) if margin and body else body, layout.columns))
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
