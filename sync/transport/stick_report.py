"""What came of a bundle that was written or taken, as values for commands and tests."""

from pathlib import Path
from typing import Final

from msgspec import Struct

from darasa.sync.bundle import BundleKind
from darasa.sync.transport.bundle_reading import OpenedBundle

_ID_FIGURES: Final = 10


class Made(Struct, frozen=True):
    """A bundle that was written. `events` and `logs` are what it holds."""

    file: str
    receiver: str
    size: int
    logs: int = 0
    events: int = 0


class Taken(Struct, frozen=True):
    """What one bundle brought. `whole`: it was read to its end; `ok`: and nothing was wrong.

    `passed` says why one with which nothing is wrong was passed over: it is for someone else.
    """

    file: str
    maker: str
    kind: str
    made_ms: int
    ok: bool
    whole: bool
    events_in: int = 0
    records_in: int = 0
    receipt_level: int = 0
    error: str = ""
    passed: str = ""


def refused(file: Path, opened: OpenedBundle | None, sentence: str) -> Taken:
    """The report of a bundle that was not taken."""
    if opened is None:
        return Taken(file.name, "", "", 0, ok=False, whole=False, error=sentence)
    kind = BundleKind(opened.head.kind).name.lower()
    maker = opened.maker.node_id.hex()[:_ID_FIGURES]
    return Taken(file.name, maker, kind, opened.head.made_ms, ok=False, whole=False, error=sentence)
