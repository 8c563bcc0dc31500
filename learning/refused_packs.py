"""Pack files that came whole from the server and did not check: they are not fetched again.

Owns: one small note a pack, beside what arrives, and when it still holds. A note is about exactly
one file, by the server's entity tag, which is a hash of its bytes: so one that was damaged on its
way is fetched anew. Does not know the link.
"""

from pathlib import Path
from typing import Final

import msgspec

from darasa.content_packs.safe_text import SafeText, safe_text
from darasa.learning.version import APP_VERSION
from darasa.sync.home_files import write_whole
from darasa.sync.transport.entity_tags import tag_of

_NOTE_BYTES_MAX: Final = 8_192
_WHY_CHARS_MAX: Final = 500


class RefusedPack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tag` is that of the file, `why` a sentence. `app_version` and `server` (its node, in hex)
    were asked: a later Darasa can read more, and another server's signature is trusted."""

    tag: str
    why: str
    server: str
    app_version: str = APP_VERSION


def note_refused(arriving: Path, tag: str, *, server: bytes, why: str) -> None:
    """Remember that what came is the server's own file and did not check.

    Nothing is noted of bytes that are not the server's: the next try may bring the right ones.
    Raises OSError.
    """
    with arriving.open("rb") as file:
        if tag_of(file) != tag:
            return
    note = RefusedPack(tag=tag, why=why[:_WHY_CHARS_MAX], server=server.hex())
    write_whole(_note_file(arriving), msgspec.json.encode(note))


def refused_before(arriving: Path, *, server: bytes) -> RefusedPack | None:
    """The note on what came under that name, if this Darasa wrote it of this server's file."""
    try:
        with _note_file(arriving).open("rb") as file:
            note = msgspec.json.decode(file.read(_NOTE_BYTES_MAX), type=RefusedPack)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return note if (note.server, note.app_version) == (server.hex(), APP_VERSION) else None


def words_of(note: RefusedPack) -> SafeText:
    """What a person is told."""
    return safe_text(f"{note.why} It is not fetched again until the school has another file of it.")


def _note_file(arriving: Path) -> Path:
    return arriving.with_suffix(".refused")
