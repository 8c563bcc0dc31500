"""How reports are printed: as a table or as CSV. Knows nothing of what is in them."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


def form_option(command: F) -> F:
    """Add `--format text|csv|json` to a command; it arrives as `form`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "csv", "json"]),
        default="text",
        show_default=True,
    )(command)


def csv_of(rows: Sequence[Sequence[Any]]) -> str:
    """RFC 4180 with a mark for spreadsheets; no cell is taken for a formula (threat-model T14)."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return "\ufeff" + out.getvalue()


def _plain(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table on a terminal, as wide as that is."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)
