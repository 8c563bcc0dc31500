"""sqlite-utils without what it loads of its own accord; its sole importer when a program runs.

It looks for numpy and pandas, to know their types: 12 MB and a fifth of a second in every process
that makes a store, wherever somebody installed them. No value of ours has such a type.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Inside, those of these modules that are not loaded cannot be."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment] # how import is told so
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _hidden("numpy", "pandas"):
    from sqlite_utils import Database, Migrations

__all__ = ["Database", "Migrations"]
