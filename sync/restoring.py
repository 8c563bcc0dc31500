"""A server's store put back from a copy: the newest good one, and never over newer work unasked.

Owns the order: the copy is opened and looked over whole beside the store; what the store here has
and the copy lacks is counted; who is erased is read from beside the copies before anything else;
only then the store here goes aside (it is renamed, never deleted) and the copy takes its place. A
cut at any point leaves the one or the other, whole. Only while no other program holds the folder.

Nothing has to be announced: computers and the hub find what the store lacks by its marks
(sync.md section 6). Whoever opens the node next applies the erasures before it serves anyone.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct

from darasa.sync import events_table, feed, reads, rows
from darasa.sync.copy_folder import SEALED_NAME, CopyError, Note, copies, copy_of, node_folder
from darasa.sync.copying import check_whole
from darasa.sync.database import sync_folder
from darasa.sync.erased_file import FILE_NAME as ERASED_FILE
from darasa.sync.erased_file import read_erased
from darasa.sync.erasing import keep_in_file
from darasa.sync.errors import StoreDamagedError, StoreError, SyncError
from darasa.sync.home import Home
from darasa.sync.home_files import config_of
from darasa.sync.home_files import speaking as speaking_of_node
from darasa.sync.ids import Chain, Rng, Role
from darasa.sync.reads import Position
from darasa.sync.rescue import REPLACED, made, put_in_place
from darasa.sync.rows import LogRow
from darasa.sync.scratch import restoring_to
from darasa.sync.sealed_copy import CopyReader
from darasa.sync.store import Store
from darasa.sync.transport.stick_files import Progress, StickNotFoundError, no_progress, speaking

_CONFIG: Final = "The copy's darasa.toml"
_NONE_GOOD: Final = "No copy here can be used. Nothing was changed."
_NOT_HERE: Final = "A computer has no copy: its work comes back from its school."


class Newer(Struct, frozen=True):
    """What the store here has and a copy lacks; None: it is damaged, and nobody can say."""

    events: int | None
    logs: int = 0
    last_ms: int = 0


class NewerWorkError(SyncError):
    """The store here has work that the copy lacks; nothing was changed. `newer` says how much."""

    def __init__(self, newer: Newer, note: Note) -> None:
        self.newer = newer
        self.note = note
        then = ""
        if newer.events is None:
            what = "The store here is damaged; nobody can say what the copy lacks."
            then = " To save what can be read:  darasa doctor --repair"
        else:
            what = f"This server has {newer.events} events that copy {note.number} lacks."
        super().__init__(f"{what} Nothing was changed.{then}")


class Restored(Struct, frozen=True):
    """A copy was put in place. `aside` is the name of the store that was here; `bad` are the
    numbers of newer copies that could not be used, each with the reason."""

    note: Note
    aside: str
    newer: Newer
    bad: tuple[tuple[int, str], ...]


def restore(
    home: Home,
    path: Path,
    *,
    now_ms: int,
    rng: Rng,
    number: int | None = None,
    loses_newer: bool = False,
    progress: Progress = no_progress,
) -> Restored:
    """Put the newest good copy in the folder `path` in place of the store, or copy `number`.

    Raises NewerWorkError unless `loses_newer`, CopyError when none is good, StickError for the
    disk, HomeBusyError while the server runs, StoreError.
    """
    if home.role is Role.COMPUTER:
        raise CopyError(_NOT_HERE)
    folder = node_folder(path, home.node_id)
    asked = _asked(folder, path, home, number)
    readers = readers_of(home, folder, asked, progress)
    with home.lock(), restoring_to(home.path) as scratch:
        note, config, bad = unpacked(readers, scratch, rng)
        newer = _newer_here(home.store_path, scratch, rng)
        if newer != Newer(0) and not loses_newer:
            raise NewerWorkError(newer, note)
        if _began_anew(home):
            has_hub = config_of(config, where=_CONFIG).peer is not None
            _note_unheard(scratch, rng, has_hub=has_hub)
        with speaking(folder / ERASED_FILE, "read"):
            erased = read_erased(folder / ERASED_FILE)
        keep_in_file(home.erased_path, erased)
        scratch.rename(made(home.store_path))
        sync_folder(home.path)
        aside = put_in_place(home.store_path, now_ms=now_ms, why=REPLACED)
        _join_again(home, config)
    return Restored(note, aside.name if aside.exists() else "", newer, bad)


def _asked(folder: Path, path: Path, home: Home, number: int | None) -> list[Note]:
    found = copies(folder, home.node_id)
    if number is not None:
        found = [note for note in found if note.number == number]
    if not found:
        what = "copy" if number is None else f"copy {number}"
        raise StickNotFoundError(f"There is no {what} of this server in {path}.")
    return found


def readers_of(
    home: Home, folder: Path, notes: Sequence[Note], progress: Progress = no_progress
) -> list[tuple[Note, CopyReader]]:
    """The copies of these notes, each ready to be read. Raises CopyError, StickError."""
    return [
        (note, CopyReader(home, copy_of(folder, note.number) / SEALED_NAME, progress))
        for note in notes
    ]


# -- from the disk of the copies -----------------------------------------------------------------


def unpacked(
    readers: Sequence[tuple[Note, CopyReader]], scratch: Path, rng: Rng
) -> tuple[Note, str, tuple[tuple[int, str], ...]]:
    """The first of the copies that is good, in clear in a file; and what was wrong with others.

    Its note, its configuration, and of each bad one the number and why. Raises CopyError when none
    is good.
    """
    bad: list[tuple[int, str]] = []
    for note, reader in readers:
        try:
            _write(scratch, reader)
            _check(scratch, note, rng)
        except (CopyError, StoreDamagedError) as error:
            what = str(error) if isinstance(error, CopyError) else "This copy is damaged."
            bad.append((note.number, what))
            continue
        return note, reader.config, tuple(bad)
    raise CopyError(f"{_NONE_GOOD} ({bad[0][1]})")


def _write(scratch: Path, reader: CopyReader) -> None:
    scratch.unlink(missing_ok=True)  # of a newer copy that was not good
    with speaking_of_node(scratch.parent, "written"):
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for block in reader.store():
                file.write(block)
            file.flush()
            os.fsync(file.fileno())


def _check(scratch: Path, note: Note, rng: Rng) -> None:
    """Whether it is the store that the note names, whole. Raises CopyError, StoreDamagedError."""
    with Store.open(scratch, rng=rng) as copy:
        check_whole(copy)
        if copy.position() != Position(note.ordinal, bytes.fromhex(note.tag)):
            raise CopyError("The note of this copy belongs to another one.")
    if scratch.with_name(f"{scratch.name}-wal").exists():
        raise StoreError("The copy could not be prepared. Nothing was changed.")


# -- what is here ---------------------------------------------------------------------------------


def _newer_here(path: Path, scratch: Path, rng: Rng) -> Newer:
    """What the store at `path` has that the copy lacks."""
    if not path.exists():
        return Newer(0)
    try:
        with (
            closing(Store.open(path, rng=rng, read_only=True)) as here,
            closing(Store.open(scratch, rng=rng, read_only=True)) as copy,
        ):
            return _difference(here, copy)
    except StoreDamagedError:
        return Newer(None)


def _difference(here: Store, copy: Store) -> Newer:
    """Exact: the events whose chain the copy does not hold. Cost: the logs that differ."""
    events = logs = last_ms = 0
    with here.reading() as ours, copy.reading() as theirs:
        for log in _logs_with_events(ours):
            twin = rows.find_log(theirs, log.school_id, log.log_id)
            held = set() if twin is None else _held(theirs, twin)
            lacking = len(_held(ours, log) - held)
            if not lacking:
                continue
            events, logs = events + lacking, logs + 1
            last_ms = max(last_ms, _newest_ms(ours, log))
    return Newer(events, logs, last_ms)


def _logs_with_events(connection: sqlite3.Connection) -> list[LogRow]:
    """The logs that hold events, and those of which a salvage kept some apart, behind a gap."""
    found = {
        log.log_key: log
        for school_id in reads.schools(connection)
        for log in reads.logs_after(connection, school_id)
    }
    for log_key in {log_key for log_key, *_ in feed.copies(connection)} - set(found):
        found[log_key] = rows.log_of_key(connection, log_key)
    return list(found.values())


def _held(connection: sqlite3.Connection, log: LogRow) -> set[Chain]:
    links = events_table.links_from(connection, log)
    held = {link.chain for link in links if link.is_believed}
    return held | {chain for _, _, chain, _ in feed.copies(connection, log_key=log.log_key)}


def _newest_ms(connection: sqlite3.Connection, log: LogRow) -> int:
    newest = reads.newest_of_log(connection, log)
    apart = (
        log.stored(seq, chain, canonical, rows.event_of_row(canonical)).happened_ms
        for _, seq, chain, canonical in feed.copies(connection, log_key=log.log_key)
    )
    return max([0 if newest is None else newest.happened_ms, *apart])


def _join_again(home: Home, config: str) -> None:
    """A server that came back from its recovery kit has its hub again, and the certificate that
    its computers know.
    """
    there = config_of(config, where=_CONFIG)
    if home.peer is None and there.peer is not None:
        home.save_peer(there.peer, certificate=there.certificate)
    home.keep_channel(there.tls_number)


def _began_anew(home: Home) -> bool:
    """A school's folder that was made from its kit: a file of erased learners was lost with it."""
    return home.role is Role.SCHOOL and home.peer is None and not home.erased_path.exists()


def _note_unheard(scratch: Path, rng: Rng, *, has_hub: bool) -> None:
    """The server's own file is gone: what was erased after this copy only the hub may know."""
    with Store.open(scratch, rng=rng) as store, store.transaction() as tx:
        tx.note_erased_unheard(has_hub=has_hub)
