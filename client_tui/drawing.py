"""From styled safe text to the toolkit's cells: the only door between the two (threat-model.md §7).

Owns: `content_of`, which makes a strip of one row. Text is cleaned once more here, markup is never
parsed, and characters that the terminal's encoding cannot hold become '?'.
"""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style as CellStyle
from textual.strip import Strip

from darasa.client_tui.charset import Charset
from darasa.client_tui.page import Line
from darasa.client_tui.themes import Style, Theme
from darasa.client_tui.width import cell_width, cut
from darasa.content_packs.safe_text import safe_text


@lru_cache(maxsize=64)
def _cell_style(ground: str, words: str) -> CellStyle:
    return CellStyle.parse(f"{ground} {words}".strip() or "none")


def content_of(line: Line, columns: int, theme: Theme, charset: Charset) -> Strip:
    """One row of exactly `columns` cells."""
    segments: list[Segment] = []
    free = columns
    for span in line:
        text = charset.shown(safe_text(span.text).replace("\n", " "))
        text = cut(text, free)
        if text:
            segments.append(Segment(text, _style(theme, span.style)))
            free -= cell_width(text)
    if free > 0:
        segments.append(Segment(" " * free, _style(theme, Style.PLAIN)))
    return Strip(segments, columns)


def _style(theme: Theme, style: Style) -> CellStyle:
    return _cell_style(theme.ground, theme.styles[style])
