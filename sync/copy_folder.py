"""The folder of a server's copies: its layout, the note beside each copy, which ones are kept.

    FOLDER/darasa-copies-NODE/erased              who is erased, read before any copy is
    FOLDER/darasa-copies-NODE/000012/copy.sealed  the store, sealed to the server's own key
    FOLDER/darasa-copies-NODE/000012/copy.json    the note: what it is, with sums; written last

A copy is made under another name and renamed when it is proven, so what has its number is whole.
Numbers, not dates, say which is newer: a clock may say anything. The disk is a stranger's (threat-
model.md T9, T11): nothing here is believed but what the sealed file proves. Does not know what is
in a store.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from darasa.sync.errors import SyncError
from darasa.sync.ids import NodeId
from darasa.sync.transport.stick_files import StickError, StickNotFoundError, read_blocks

SEALED_NAME: Final = "copy.sealed"
NOTE_NAME: Final = "copy.json"
COPY_BYTES_MAX: Final = 1 << 40
FORMAT: Final = 1
KEPT_NEWEST: Final = 7
KEPT_UNDATED: Final = 14  # while the clock cannot be right
KEPT_DAYS: Final = 35
"""No copy is older than this when a new one is made: erased learners are in old ones."""

_DAY_MS: Final = 24 * 3_600_000
_STEP_MS_MAX: Final = 400 * _DAY_MS
"""No school rests for longer and then goes on with the same disk of copies."""
_CLOCK_MS: Final = (1_767_225_600_000, 3_629_059_200_000)  # 2026 to 2085, as PROTOCOL.md 13
_NUMBER: Final = re.compile(r"[0-9]{6}")
_UNFINISHED: Final = re.compile(r"[0-9]{6}\.(new|gone)")
_NOTE_BYTES_MAX: Final = 64 * 1024

Count = Annotated[int, Meta(ge=0, lt=2**53)]
Hex = Annotated[str, Meta(pattern="^[0-9a-f]*$", max_length=128)]


class CopyError(SyncError):
    """A copy that is damaged, or of another server."""


class Note(Struct, frozen=True, forbid_unknown_fields=False):
    """What `copy.json` says. `ordinal` and `tag` are the newest transaction that is in it.

    `store_sum` and `file_sum` are BLAKE2b-256 of the store's bytes and of the sealed file's.
    """

    format: Annotated[int, Meta(ge=1, le=255)]
    node_id: Hex
    role: str
    name: str
    number: Annotated[int, Meta(ge=1, lt=10**6)]
    made_ms: Annotated[int, Meta(ge=-(2**53), lt=2**53)]
    program: str
    ordinal: Count
    tag: Hex
    events: Count
    store_bytes: Count
    store_sum: Hex
    file_bytes: Count
    file_sum: Hex

    def to_json(self) -> bytes:
        """As people can read it, too."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def node_folder(path: Path, node_id: NodeId) -> Path:
    """Where a server's copies are in a folder. Raises StickNotFoundError, StickError for a link."""
    if not path.is_dir():
        raise StickNotFoundError(f"There is no folder {path}. Is the disk in?")
    folder = path / f"darasa-copies-{node_id.hex()[:10]}"
    if folder.is_symlink():
        raise StickError(f"{folder.name} is a link. Links on a disk are not followed.")
    return folder


def copies(folder: Path, node_id: NodeId) -> list[Note]:
    """The copies of a server in its folder that have a readable note, the newest first."""
    found: list[Note] = []
    for each in _names(folder, _NUMBER):
        try:
            note = read_note(folder / each)
        except (CopyError, StickError):
            continue
        if note.node_id == node_id.hex() and note.number == int(each):
            found.append(note)
    return sorted(found, key=lambda note: -note.number)


def read_note(copy: Path) -> Note:
    """The note of a copy. Raises CopyError, StickError."""
    raw = b"".join(read_blocks(copy / NOTE_NAME, bytes_max=_NOTE_BYTES_MAX))
    try:
        note = msgspec.json.decode(raw, type=Note, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CopyError(f"The note of copy {copy.name} cannot be read.") from error
    if note.format > FORMAT:
        raise CopyError("This copy was made by a newer Darasa. Update Darasa first.")
    return note


def next_number(folder: Path) -> int:
    """One more than any copy here has, readable or not."""
    return 1 + max((int(each[:6]) for each in _names(folder, _NUMBER)), default=0)


def copy_of(folder: Path, number: int) -> Path:
    """Where a copy is."""
    return folder / f"{number:06}"


def unfinished(folder: Path) -> list[Path]:
    """What copies that were cut short, or were being deleted, left behind."""
    return [folder / each for each in _names(folder, _UNFINISHED)]


def superfluous(notes: Sequence[Note], now_ms: int) -> list[Note]:
    """The copies that need not be kept once the newest of `notes` is proven.

    Kept are the newest 7, and the newest of each week; but the newest itself, none that is older
    than 35 days. While the clock cannot be right none goes for its age, and the newest 14 stay.
    Age is the sum of the steps from copy to copy; one of years, or back, is a clock that jumped,
    and makes nothing older.
    """
    newest_first = sorted(notes, key=lambda note: -note.number)
    kept, weeks = set[int](), set[int]()
    age_ms, later_ms = 0, now_ms
    for nth, note in enumerate(newest_first):
        if not (_can_be_right(now_ms) and _can_be_right(note.made_ms)):
            is_kept = nth < KEPT_UNDATED
        else:
            step_ms, later_ms = later_ms - note.made_ms, note.made_ms
            age_ms += step_ms if 0 <= step_ms <= _STEP_MS_MAX else 0
            week = (now_ms - age_ms) // (7 * _DAY_MS)
            is_young = age_ms // _DAY_MS <= KEPT_DAYS
            is_kept = nth == 0 or (is_young and (nth < KEPT_NEWEST or week not in weeks))
            weeks.add(week)
        if is_kept:
            kept.add(note.number)
    return [note for note in newest_first if note.number not in kept]


def _can_be_right(wall_ms: int) -> bool:
    return _CLOCK_MS[0] <= wall_ms <= _CLOCK_MS[1]


def _names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    """Folders of a name, never through a link."""
    if not folder.is_dir():
        return []
    try:
        return sorted(
            each.name
            for each in folder.iterdir()
            if pattern.fullmatch(each.name) and each.is_dir() and not each.is_symlink()
        )
    except OSError as error:
        raise StickError("The disk does not answer. Put it in again and repeat this.") from error
