"""`darasa backup` and `darasa restore`: a second copy of a server, and the way back from one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins
from msgspec.structs import asdict

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import classroom_at, home_option, on_node, print_json
from darasa.sync.dates import local_time

if TYPE_CHECKING:
    from darasa.sync.copy_folder import Note
    from darasa.sync.restoring import NewerWorkError, Restored

_MEGABYTE = 1_000_000


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True)
@click.argument("folder", type=click.Path(path_type=Path))
def backup(home: Path, folder: Path, *, as_json: bool) -> None:
    """Copy this server into FOLDER, on another disk. It may go on running.

    The copy is checked and sealed: only this server, or its recovery kit, opens it. Courses are
    not in it. Old copies go, none is kept longer than 35 days.

    Example: darasa backup /media/disk
    """
    from darasa.learning.copies import copied_to_json, copy_node, counts
    from darasa.sync.home import open_home
    from darasa.sync.newest_copy import note_place
    from darasa.sync.transport.stick_files import StickNotFoundError

    try:
        with classroom_at(home, writable=False) as room:
            copied = copy_node(room, folder.absolute())
    except StickNotFoundError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    note_place(open_home(home), folder.absolute())
    is_second = counts(home, copied)
    if is_second:
        on_node(home, "note-copy", {"ordinal": copied.note.ordinal, "tag": copied.note.tag})
    if as_json:
        print_json({**copied_to_json(copied), "is_second": is_second})
        return
    note = copied.note
    size = note.file_bytes / _MEGABYTE
    click.echo(f"Copy {note.number}: {note.events} events, {size:.1f} MB, checked.")
    click.echo(f"It is in {copied.folder}.")
    if copied.gone:
        click.echo(f"{len(copied.gone)} old copies were deleted.")
    if is_second:
        click.echo("It is safe to remove the disk.")
    else:
        click.echo("It is on the same disk as the server, so it does not count.")
        click.echo("Make one on another disk: one broken disk takes both.")


@click.command()
@home_option
@click.option("--copy", "number", type=int, help="This one; without it the newest good one.")
@click.option("--list", "is_list", is_flag=True, help="Show the copies. Changes nothing.")
@click.option("--lose-newer", is_flag=True, help="Also when the server has work the copy lacks.")
@click.option("--json", "as_json", is_flag=True)
@click.argument("folder", type=click.Path(path_type=Path))
def restore(
    home: Path, folder: Path, *, number: int | None, is_list: bool, lose_newer: bool, as_json: bool
) -> None:
    """Put this server back from the copies in FOLDER. The server must not be running.

    The store that is here is set aside, not deleted. On a new machine bring the keys back first:
    darasa school recover, with both sheets of the recovery kit.

    Example: darasa restore /media/disk
    """
    from darasa.sync.clock import SystemClock
    from darasa.sync.copy_folder import CopyError, copies, node_folder
    from darasa.sync.home import open_home
    from darasa.sync.restoring import NewerWorkError
    from darasa.sync.restoring import restore as put_back
    from darasa.sync.transport.stick_files import StickNotFoundError

    node = open_home(home)
    try:
        if is_list:
            _list(copies(node_folder(folder, node.node_id), node.node_id), as_json=as_json)
            return
        done = put_back(
            node,
            folder.absolute(),
            now_ms=SystemClock().wall_ms(),
            rng=os.urandom,
            number=number,
            loses_newer=lose_newer,
        )
    except NewerWorkError as error:
        raise CommandError(_warning(error)) from error
    except StickNotFoundError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    except CopyError as error:
        raise CommandError(str(error), Exit.BAD_INPUT) from error
    with classroom_at(
        home, writable=True
    ) as room:  # whoever is erased goes before anyone is served
        events = room.store.event_count()
    if as_json:
        print_json({**to_builtins(done), "events": events})
        return
    _print_restored(done, events)


def _print_restored(done: "Restored", events: int) -> None:
    for number, what in done.bad:
        click.echo(f"Copy {number} was passed over: {what}", err=True)
    click.echo(f"Copy {done.note.number} of {_date(done.note.made_ms)} is in place:")
    click.echo(f"{events} events. What came since comes back from computers and hub.")
    if done.aside:
        click.echo(f"The store that was here is kept: {done.aside}")
    click.echo("Courses, if none are here:  darasa pack install")
    click.echo("Then start the server:      darasa serve")


def _list(notes: "list[Note]", *, as_json: bool) -> None:
    if as_json:
        print_json({"copies": [asdict(note) for note in notes]})
        return
    for note in notes:
        size = note.file_bytes / _MEGABYTE
        when = _date(note.made_ms)
        click.echo(f"{note.number:6}  {when}  {note.events} events  {size:.1f} MB  {note.name}")
    if not notes:
        click.echo("There is no copy of this server here.")


def _warning(error: "NewerWorkError") -> str:
    newer = error.newer
    sentences = [str(error)]
    if newer.events is not None:
        when = _date(newer.last_ms)
        sentences.append(f"They are in {newer.logs} logs, the last of {when}.")
        sentences.append("Most come back from computers and hub, if those still hold them.")
    sentences.append("To put the copy in place even so, give --lose-newer.")
    return "\n".join(sentences)


def _date(wall_ms: int) -> str:
    """A clock may say anything."""
    try:
        made = local_time(wall_ms)
    except (ValueError, OverflowError, OSError):
        return "an unknown time"
    return f"{made:%d %b %Y %H:%M}"
