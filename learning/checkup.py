"""Is everything fine? Each check of a node as one line: what was looked at, how it is, what to do.

Owns: the checks and their order. Reads only; a running server or client is not disturbed.
"""

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import safe_line
from darasa.learning.clocks import clocks_below, off_words, own_clock, set_by_words
from darasa.learning.pack_delivery import missing_packs, refusal_of
from darasa.learning.school_key import is_in_kit
from darasa.learning.status import held_of, left_schools, unsent_of
from darasa.sync.clock import SystemClock
from darasa.sync.database import SQLITE_SOUND
from darasa.sync.erased_rows import is_unheard
from darasa.sync.errors import StoreDamagedError
from darasa.sync.ids import Role
from darasa.sync.rescue import REPLACED, set_aside, suspect_mark

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

DISK_LOW_BYTES: Final = 200 << 20  # ux.md section 6
_DAY_MS: Final = 24 * 3_600_000
_CONTACT_LATE_DAYS: Final = 7
_COPY_LATE_DAYS: Final = 7
_COPY_PLACE: Final = "copies"  # sync.newest_copy writes it after each copy
_DAYS_MAX: Final = 20 * 365  # no school had this program for longer
_OLDER_PACKS_BYTES: Final = 10 << 20  # a first course of five skills takes 32 KiB
_QUICK_CHECK_BYTES_MAX: Final = 200 << 20
REPAIR: Final = "Run:  darasa doctor --repair  (the damaged file is kept)."


class Health(StrEnum):
    """How a check came out."""

    FINE = "fine"
    NOTE = "note"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Check:
    """One line. `remedy` is empty when there is nothing to do."""

    name: str
    health: Health
    what: str
    remedy: str = ""


def checkup(room: "Classroom") -> list[Check]:
    """All checks of an open node."""
    return [
        *_store(room),
        *_place(room),
        *_kit(room),
        *_names(room),
        *_copy(room),
        *_work(room),
        *_packs(room),
        *_limits(room),
    ]


def checkup_of_damaged(error: StoreDamagedError) -> Check:
    """The one line on a node whose store cannot be opened."""
    return Check("store", Health.ACT, str(error), REPAIR)


def _store(room: "Classroom") -> Iterator[Check]:
    size = room.home.store_path.stat().st_size
    if suspect_mark(room.home.store_path).exists():
        what = "A check found damage. It is salvaged at the next start."
        yield Check("store check", Health.ACT, what, REPAIR)
    if size > _QUICK_CHECK_BYTES_MAX:
        yield Check("store", Health.NOTE, "It is large: the server looks it over after its start.")
    else:
        try:
            room.store.quick_check()
        except StoreDamagedError as error:
            yield Check("store", Health.ACT, str(error), REPAIR)
        else:
            yield Check("store", Health.FINE, f"{room.store.event_count()} events, whole.")
    if sqlite3.sqlite_version_info < SQLITE_SOUND:
        yield Check(
            "SQLite",
            Health.NOTE,
            f"Version {sqlite3.sqlite_version} can damage a store that two programs write. "
            "Here one does.",
            "Newer than 3.51.2 is better.",
        )
    aside = set_aside(room.home.path)
    replaced = [file for file in aside if f".{REPLACED}-" in file.name]
    damaged = [file for file in aside if file not in replaced]
    yield from _aside("damaged", damaged, "because of damage")
    yield from _aside("replaced", replaced, "when a copy was put back")


def _aside(name: str, files: list[Path], why: str) -> Iterator[Check]:
    """Stores from before that are kept; the last one last."""
    if files:
        stores = "1 store was" if len(files) == 1 else f"{len(files)} stores were"
        what = f"{stores} set aside {why}: {files[-1].name}" + (
            " is the last." if files[1:] else "."
        )
        yield Check(name, Health.NOTE, what, "Keep it until the server has all.")


def _place(room: "Classroom") -> Iterator[Check]:
    free = shutil.disk_usage(room.home.path).free
    if free < DISK_LOW_BYTES:
        yield Check("disk", Health.ACT, f"{free >> 20} MB are free.", "Make room: 200 MB or more.")
    else:
        yield Check("disk", Health.FINE, f"{free >> 20} MB are free.")
    yield from clock_checks(room)
    open_files = [
        path.name
        for path in room.home.path.glob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077 and path.suffix == ".key"
    ]
    if open_files:
        names = ", ".join(open_files)
        yield Check("keys", Health.ACT, f"Others can read {names}.", "Run:  chmod 600 on them.")
    else:
        yield Check("keys", Health.FINE, "Only this account can read them.")


def clock_checks(room: "Classroom") -> Iterator[Check]:
    """Work is safe and in order whatever they say; the dates that people read are not."""
    own = own_clock(room)
    for doubt in own.doubts:
        where = "" if room.home.role is Role.COMPUTER else ", or the time on the page Clock"
        yield Check("clock", Health.NOTE, f"{doubt} Work keeps its order.", f"Set it{where}.")
    if not own.doubts:
        yield Check("clock", Health.FINE, set_by_words(own) or "The date can be right.")
    names = room.store.read(room.nodes.names)
    peers = {peer.node_id: peer.name for peer in room.store.peers()}
    for node_id, off_ms in clocks_below(room).items():
        if words := off_words(off_ms):
            name = safe_line(names.get(node_id, peers[node_id]))
            yield Check(f"clock of {name}", Health.NOTE, *_split(words))


def _split(words: str) -> tuple[str, str]:
    """A sentence, and what to do."""
    what, _, todo = words.partition(". ")
    return f"{what}.", todo


def _kit(room: "Classroom") -> Iterator[Check]:
    """Without its kit a burnt school server takes every name with it."""
    if room.home.role is not Role.SCHOOL:
        return
    if is_in_kit(room.home):
        yield Check("recovery kit", Health.FINE, "The sheets have every key.")
    else:
        yield Check(
            "recovery kit",
            Health.NOTE if len(room.home.seal_keys) == 1 else Health.ACT,
            "No sheets have the newest key for names.",
            "darasa school kit --out FOLDER, print both, keep them apart",
        )


def _names(room: "Classroom") -> Iterator[Check]:
    """After older sheets than the newest key: such children stand on the lists as "?"."""
    if room.home.role is not Role.SCHOOL:
        return
    count = room.people.unread_names()
    if count:
        yield Check(
            "names",
            Health.ACT,
            f"{count} learners' names cannot be read: this server lacks their key.",
            "darasa school recover, with the newest sheets. If there are none, name them anew",
        )


def _copy(room: "Classroom") -> Iterator[Check]:
    """One broken disk must not take what only this server has."""
    if room.home.role is not Role.SCHOOL:
        return
    held = held_of(room)
    copied, all_ = held["second_copy"], held["school"]
    if all_ and not copied:
        what = "No copy is on another disk."
        yield Check("copy", Health.NOTE, what, "darasa backup FOLDER, each night")
        return
    said = f"{copied} of {all_} events are on another disk."
    days = _days_since_copy(room)
    if copied < all_ and days is not None and days >= _COPY_LATE_DAYS:
        what = f"The last copy is {days} days old: {said}"
        yield Check("copy", Health.NOTE, what, "darasa backup FOLDER, each night")
    else:
        yield Check("copy", Health.FINE, said)


def _days_since_copy(room: "Classroom") -> int | None:
    """By the file that each copy leaves in the folder, and the clock that wrote its date."""
    try:
        copied_s = (room.home.path / _COPY_PLACE).stat().st_mtime
    except OSError:
        return None
    return (SystemClock().wall_ms() - int(1_000 * copied_s)) // _DAY_MS


def _work(room: "Classroom") -> Iterator[Check]:
    home = room.home
    if home.role is Role.HUB:
        return
    if home.peer is None:
        yield Check("server", Health.NOTE, "This node has not joined a server.", "darasa join")
        return
    if room.store.read(is_unheard):
        what = "It began anew. Computers get their lists once the hub has told who is erased."
        yield Check("erased", Health.ACT, what, "darasa sync, or a stick to the hub and back")
    waiting = unsent_of(room)
    contact = {peer.node_id: peer.last_contact_ms for peer in room.store.peers()}
    last = contact.get(home.peer.node_id)
    days = None if last is None else (room.clock.wall_ms() - last) // _DAY_MS
    said = _ago(days)
    late = waiting and (days is None or days >= _CONTACT_LATE_DAYS)
    yield Check(
        "server",
        Health.ACT if late else Health.FINE,
        f"{home.peer.name}: last contact {said}, {waiting} to send.",
        "Bring this node and its server together." if late else "",
    )
    for school, count in left_schools(room):
        what = f"{count} pieces of work wait here for {school}, and go when it joins it again."
        yield Check("left school", Health.NOTE, what, "darasa join there, with a code")


def _ago(days: int | None) -> str:
    if days is None:
        return "never"
    if not -1 <= days < _DAYS_MAX:
        return "before the clock was set"
    return "today" if days <= 0 else f"{days} days ago"


def _packs(room: "Classroom") -> Iterator[Check]:
    if room.home.role is Role.HUB:
        return
    titles = [pack.title for pack in room.packs()]
    if titles:
        yield Check("courses", Health.FINE, ", ".join(titles))
    else:
        yield Check(
            "courses", Health.ACT, "There is none.", "darasa pack install, or meet the server"
        )
    if not room.home.is_in_memory:
        yield from _faulty_packs(room)
        yield from _older_packs(room)


def _older_packs(room: "Classroom") -> Iterator[Check]:
    """What older versions of courses take, where it is some: nothing removes them."""
    size = room.shelf.older_bytes()
    if size >= _OLDER_PACKS_BYTES:
        what = (
            f"Older versions take {size >> 20} MB. They stand in for a newer one that is damaged."
        )
        yield Check("older courses", Health.NOTE, what)


def _faulty_packs(room: "Classroom") -> Iterator[Check]:
    """Packs with a damaged part, and those that the school serves and have not come."""
    for pack_id in room.shelf.damaged():
        what = "A part of it is damaged on this disk: its newest version is not open or not whole."
        yield Check(f"course {pack_id}", Health.ACT, what, "darasa pack install, with its file")
    for value in missing_packs(room):
        name, why = f"course {safe_line(value.pack_id)}", refusal_of(room, value)
        what = f"The school has version {safe_line(value.version)}, which has not come."
        if why:
            yield Check(
                name,
                Health.ACT,
                f"{what} {why}",
                "Else, at the school: darasa pack install, with another file",
            )
        else:
            yield Check(name, Health.NOTE, what, "darasa sync says why")


def _limits(room: "Classroom") -> Iterator[Check]:
    if room.home.role is Role.COMPUTER:
        yield Check(
            "account",
            Health.NOTE,
            "Whoever uses this account can read and change what this client can.",
            "The server marks such work as unsupervised.",
        )
