"""The files of a OneRoster export, from a folder or a zip: only those that are read, within limits.

Owns: the limits of an archive (threat-model section 6). Nothing is unpacked: names in an archive
are compared with a fixed list and name nothing here. Does not know what is in the files.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from darasa.learning.rosters.table import TableError

NAMES: Final = (
    "manifest.csv",
    "orgs.csv",
    "academicSessions.csv",
    "courses.csv",
    "classes.csv",
    "users.csv",
    "roles.csv",
    "enrollments.csv",
)
ARCHIVE_BYTES_MAX: Final = 16 << 20
FILE_BYTES_MAX: Final = 16 << 20  # 10,000 learners in ten classes each are 10 MB
TOTAL_BYTES_MAX: Final = 32 << 20
ENTRIES_MAX: Final = 200  # the format has fourteen files
RATIO_MAX: Final = 200
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1
_SPREADSHEETS: Final = frozenset({"[Content_Types].xml", "mimetype"})
"""What every xlsx or ods file has in it."""
_CHUNK: Final = 1 << 16

_BY_NAME: Final = {name.casefold(): name for name in NAMES}


def is_archive(raw: bytes) -> bool:
    """Whether these bytes begin as a zip does."""
    return raw.startswith(b"PK\x03\x04")


def files_of_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their right names. Raises TableError."""
    found: dict[str, bytes] = {}
    for entry in sorted(folder.iterdir()):
        name = _BY_NAME.get(entry.name.casefold())
        if name is None or entry.is_symlink() or not entry.is_file():
            continue
        with entry.open("rb") as file:
            found.setdefault(name, _within(file.read(FILE_BYTES_MAX + 1), name))
    return _whole(found)


def files_of_archive(raw: bytes) -> dict[str, bytes]:
    """The files of a zip by their right names, at its top or all in one folder.

    Raises TableError for what is damaged, locked, too large, too many or twice.
    """
    if len(raw) > ARCHIVE_BYTES_MAX:
        raise TableError(0, "The archive is larger than 16 MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _whole(_members(archive))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> TableError:
    if isinstance(error, TableError):
        return error
    return TableError(0, "The archive is damaged, or of a kind that is not read here.")


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > ENTRIES_MAX:
        raise TableError(0, f"The archive has more than {ENTRIES_MAX} files.")
    if _SPREADSHEETS & {entry.filename for entry in entries}:
        raise TableError(0, "This is a spreadsheet file. Save it as CSV and try again.")
    found: dict[str, bytes] = {}
    folders: set[str] = set()
    for entry in entries:
        path = PurePosixPath(entry.filename)
        name = _BY_NAME.get(path.name.casefold())
        if name is None or entry.is_dir() or len(path.parts) > 2 or path.parts[0] == "__MACOSX":
            continue
        if name in found:
            raise TableError(0, f"The archive has {name} twice.")
        folders.add(str(path.parent))
        found[name] = _read(archive, entry, name)
        if sum(map(len, found.values())) > TOTAL_BYTES_MAX:
            raise TableError(0, "What is in the archive is larger than 32 MB.")
    if len(folders) > 1:
        raise TableError(0, "The archive has the lists of several folders. Give one.")
    return found


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """One member, a piece at a time: what an archive says of its sizes is not believed."""
    if entry.flag_bits & _ENCRYPTED:
        raise TableError(0, "The archive is locked. Take its password away first.")
    if entry.compress_type not in _METHODS:
        raise TableError(0, "The archive is of a kind that is not read here.")
    most = min(FILE_BYTES_MAX, max(_CHUNK, entry.compress_size * RATIO_MAX))
    pieces: list[bytes] = []
    read = 0
    with archive.open(entry) as member:
        while piece := member.read(_CHUNK):
            read += len(piece)
            if read > most:
                raise TableError(0, f"{name} is larger than a list can be.")
            pieces.append(piece)
    return b"".join(pieces)


def _within(raw: bytes, name: str) -> bytes:
    if len(raw) > FILE_BYTES_MAX:
        raise TableError(0, f"{name} is larger than a list can be.")
    return raw


def _whole(found: Mapping[str, bytes]) -> dict[str, bytes]:
    if "manifest.csv" not in found:
        raise TableError(0, "There is no manifest.csv: this is no OneRoster export.")
    return dict(found)
