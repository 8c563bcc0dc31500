"""Checking a folder of sources: everything to mend, each with file, line and remedy."""

from pathlib import Path

from darasa.content_packs.findings import Finding
from darasa.content_packs.prove import DRAWS
from darasa.content_packs.source import read_source


def check_folder(path: Path | str, *, draws: int = DRAWS) -> tuple[Finding, ...]:
    """All findings of a folder, sorted by file and line; `level` is "error" or "warning".

    A folder without an error can be built. Never raises on what files say.
    """
    return read_source(Path(path), draws=draws).findings
