"""The school's key for personal text over the years: a new one, the computers told, the kit.

Owns: when a key is made and who hears of it. A new key is for new text; the earlier ones stay at
the school, since what was sealed to them is sealed for ever (sync.md section 4). How keys are kept
is `sync.home`'s, what is on the sheets `sync.recovery_kit`'s.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import safe_line
from darasa.learning.errors import LearningError
from darasa.learning.scopes import SCHOOL_SCOPE, SealKeyValue
from darasa.sync.dates import local_time
from darasa.sync.errors import HomeError, SyncError
from darasa.sync.home_files import speaking, write_whole
from darasa.sync.ids import NO_SCHOOL, Role
from darasa.sync.signing import NodeKey

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.sync.home import Home
    from darasa.sync.recovery_kit import RecoveryKit
    from darasa.sync.sealing import SealKey

_NOTE: Final = "kit-has"
"""A file beside the keys: the ids of the seal keys on the sheets that were last printed."""


class NotASchoolError(LearningError):
    """Only a server has keys that others seal to; only a school's has one for personal text."""


def new_school_key(room: "Classroom") -> bytes:
    """Make a new key for new text and tell the computers; its id (8 bytes).

    Raises NotASchoolError, and HomeError when it cannot be saved: then the old one goes on.
    """
    _check_school(room.home)
    from darasa.sync.sealing import SealKey

    key = SealKey.generate(room.rng)
    room.home.take_seal_key(key, is_newest=True)
    publish_school_key(room)
    return key.key_id


def publish_school_key(room: "Classroom", *, is_start: bool = False) -> None:
    """At a school: say in the feed which key is for new text. Nothing is written when it is said.

    A school that never changed its key, as far as it knows, says nothing until it starts again
    with computers: it may have been put back from before a change that they heard of, and without
    a word they would seal to the lost key for ever.
    """
    public = room.home.seal_public
    if room.home.role is not Role.SCHOOL or public is None:
        return
    if len(room.home.seal_keys) < 2 and not is_start:
        return
    value = SealKeyValue(public)
    with room.store.transaction() as tx:
        tx.publish(SCHOOL_SCOPE, value.record_id, value.to_bytes())


def take_school_key(room: "Classroom") -> None:
    """At a computer: seal to the key that its school says from now on.

    A folder that cannot be written keeps the earlier key: the school opens that too.
    """
    said = next((value for value in room.notices() if isinstance(value, SealKeyValue)), None)
    if said is None or room.home.role is not Role.COMPUTER or said.public == room.home.seal_public:
        return
    with contextlib.suppress(HomeError):
        room.home.take_seal_public(said.public)


def recovery_sheets(room: "Classroom") -> tuple[str, str]:
    """The two halves of a new recovery kit as text. Earlier kits of the same keys stay good."""
    if room.home.role is Role.COMPUTER:
        raise NotASchoolError("Only a server has a recovery kit. Run this there.")
    from darasa.sync.recovery_kit import FORMAT, RecoveryKit, half_to_text, split_kit

    home = room.home
    keys = tuple(key.private_bytes() for key in home.seal_keys)
    kit = RecoveryKit(FORMAT, home.school_id, home.name, home.node_key.private_bytes(), keys)
    day = local_time(room.clock.wall_ms()).date()
    name = safe_line(home.name)
    one, two = (half_to_text(half, name=name, made=str(day)) for half in split_kit(kit, room.rng))
    return one, two


def write_sheets(room: "Classroom", out: Path) -> list[str]:
    """Write both sheets (0600) into a folder, and note that there are; their names.

    Raises HomeError when they cannot be written, LearningError where another server's lie.
    """
    sheets = recovery_sheets(room)
    names = [f"darasa-kit-half-{which}.txt" for which in (1, 2)]
    _check_not_anothers(room.home, [out / name for name in names])
    with speaking(out, "written"):
        out.mkdir(parents=True, exist_ok=True)
        for name, text in zip(names, sheets, strict=True):
            write_whole(out / name, text.encode())
    _note_kit(room.home)
    return names


def _check_not_anothers(home: "Home", files: Sequence[Path]) -> None:
    """The sheets of another server, not printed yet perhaps, are not written over."""
    try:
        kit = kit_of_files(files)
    except (OSError, ValueError, SyncError):
        return  # nothing is there, or nothing that brings a server back
    if NodeKey.from_private(kit.node_key).node_id not in home.own_ids:
        raise LearningError(
            f"{files[0].parent} has the kit of {safe_line(kit.name)}. Print that one and delete its"
            " files first, or choose another folder."
        )


def _note_kit(home: "Home") -> None:
    """The sheets were given out: `doctor` asks for new ones once there is a newer key."""
    _note_keys(home, home.seal_keys)


def note_kit_used(home: "Home", kit: "RecoveryKit") -> None:
    """The kit brought this server keys, so there are sheets: `doctor` need not ask for them."""
    from darasa.sync.sealing import SealKey

    if is_in_kit(home):
        return  # newer sheets than these are known
    _note_keys(home, [SealKey.from_private(raw) for raw in kit.seal_keys])


def _note_keys(home: "Home", keys: "Sequence[SealKey]") -> None:
    noted = "".join(f"{key.key_id.hex()}\n" for key in keys)
    with speaking(home.path, "saved"):
        write_whole(home.path / "keys" / _NOTE, noted.encode("ascii"))


def is_in_kit(home: "Home") -> bool:
    """Whether the sheets that were last given out have every key of this school."""
    try:
        noted = (home.path / "keys" / _NOTE).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return False
    return {key.key_id.hex() for key in home.seal_keys} <= set(noted)


def kit_of_files(paths: Sequence[Path]) -> "RecoveryKit":
    """The kit on two typed sheets. Raises KitError with the row that is wrong."""
    from darasa.sync.recovery_kit import half_of_text, join_kit

    return join_kit([half_of_text(path.read_text("utf-8", errors="replace")) for path in paths])


def take_kit(room: "Classroom", kit: "RecoveryKit") -> int:
    """At a server that lost newer keys (restored from an old copy): take those of its kit.

    Answers how many were new. Raises LearningError for the kit of another server.
    """
    from darasa.sync.sealing import SealKey

    is_hub = kit.school_id == NO_SCHOOL
    is_other = is_hub and room.home.node_key.private_bytes() != kit.node_key
    role = Role.HUB if is_hub else Role.SCHOOL
    if is_other or (room.home.role, room.home.school_id) != (role, kit.school_id):
        raise LearningError("This kit is of another school or hub. Nothing was changed.")
    before = len(room.home.seal_keys)
    # the kit's newest is newer than ours exactly when we do not hold it and it holds ours
    in_kit = [SealKey.from_private(raw) for raw in kit.seal_keys]
    ours = {key.key_id for key in room.home.seal_keys}
    is_newer = ours <= {key.key_id for key in in_kit}
    for key in reversed(in_kit):
        room.home.take_seal_key(key, is_newest=is_newer)
    publish_school_key(room)
    room.rebuild()  # names that could not be read may be readable now
    return len(room.home.seal_keys) - before


def _check_school(home: "Home") -> None:
    if home.role is not Role.SCHOOL:
        raise NotASchoolError("Only a school server has a key for names. Run this there.")
