"""Reading an author's files: size, UTF-8, hidden characters. Every fault is a finding.

Owns: the limits on source files and the way from bytes to clean lines. Follows no link out of the
folder and opens regular files only.
"""

import unicodedata
from pathlib import Path
from typing import Final

from darasa.content_packs.findings import Findings
from darasa.content_packs.safe_text import safe_text

FILE_BYTES_MAX: Final = 1024 * 1024
"""One file of items or one lesson: 1 MiB of text is a book."""


def read_source_text(folder: Path, name: str, findings: Findings) -> str | None:
    """The text of a file under `folder`, in NFC with `\\n` line ends; None after a finding."""
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file():
            findings.error(0, "This is not a plain file.", "Put the file itself here, not a link.")
            return None
        if path.stat().st_size > FILE_BYTES_MAX:
            findings.error(
                0,
                f"This file is larger than {FILE_BYTES_MAX // 1024} KiB.",
                "Cut it in several files.",
            )
            return None
        raw = path.read_bytes()
    except OSError as error:
        findings.error(0, f"This file cannot be read ({error.strerror}).", "Look at its rights.")
        return None
    return clean_source(raw, findings)


def clean_source(raw: bytes, findings: Findings) -> str | None:
    """Bytes of a source as text; None after a finding."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.error(
            raw.count(b"\n", 0, error.start) + 1,
            "This line is not written in UTF-8.",
            "Save the file again with the encoding UTF-8.",
        )
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return text if _is_clean(text, findings) else None


def _is_clean(text: str, findings: Findings) -> bool:
    before = len(findings.all)
    for number, line in enumerate(text.split("\n"), start=1):
        if line == safe_text(line, length_max=FILE_BYTES_MAX):
            continue
        hidden = [c for c in line if safe_text(c) != c]
        what = (
            f"This line holds the hidden character U+{ord(hidden[0]):04X}."
            if hidden
            else "A letter of this line carries too many marks."
        )
        findings.error(number, what, "Delete it and type the place again.")
    return len(findings.all) == before
