"""What commands share: the home folder, opening a node, printing JSON."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from unicodedata import category

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.streams import shows_everything

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_NO_LETTERS: Final = frozenset({"Cc", "Cs"})  # joiners between letters (Cf) belong to some scripts

F = TypeVar("F", bound=Callable[..., Any])


def default_home() -> Path:
    """The platform's data folder for Darasa, unless DARASA_HOME names another."""
    named = os.environ.get("DARASA_HOME")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("darasa", appauthor=False))


def home_option(command: F) -> F:
    """Add `--home DIR` to a command; it arrives as a Path."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        default=default_home,
        callback=_named_in_text,
        help="The folder of the node (or DARASA_HOME).",
    )(command)


def _named_in_text(context: click.Context, parameter: click.Parameter, home: Path) -> Path:
    """A folder whose name is no text cannot hold a store: SQLite opens none there."""
    try:
        str(home).encode("utf-8")
    except UnicodeEncodeError as error:
        raise click.BadParameter(
            "its name has letters that are no text. Give it another."
        ) from error
    return home


def name_for_people(context: click.Context, parameter: click.Parameter, name: str) -> str:
    """The name of a school or hub as it was typed; others read it for years."""
    if any(category(letter) in _NO_LETTERS for letter in " ".join(name.split())):
        raise click.BadParameter("it has characters that no screen shows. Type it again.")
    return name


@contextmanager
def classroom_at(path: Path, *, writable: bool) -> Iterator["Classroom"]:
    """Open the node in a folder with everything that is taught and known there."""
    from darasa.learning.classroom import Classroom
    from darasa.sync.clock import SystemClock
    from darasa.sync.home import open_home
    from darasa.sync.set_time import KeptTime
    from darasa.sync.steered_clock import SteeredClock

    home = open_home(path)
    clock = SteeredClock(SystemClock(), keeper=KeptTime(home.path, writes=writable))
    room = Classroom.open(home, clock=clock, rng=os.urandom, writable=writable)
    try:
        if room.rescue is not None:
            click.echo(room.rescue.sentence, err=True)
        yield room
    finally:
        room.close()


def print_json(value: object) -> None:
    """One JSON object on standard output; all of it is out on return. Raises OSError."""
    json.dump(value, sys.stdout, ensure_ascii=not shows_everything(), indent=2)
    sys.stdout.write("\n")
    sys.stdout.flush()


def on_running_node(home: Path, op: str, args: dict[str, Any]) -> dict[str, Any]:
    """Hand an operation to the process that runs this node; its answer.

    Raises CommandError when no process runs it, or with the sentence of its refusal.
    """
    from darasa.learning.control import call_control

    answer = call_control(home, op, args)
    if answer is None:
        raise CommandError("The server of this folder is not running. Start it:  darasa serve")
    return checked(answer)


def on_node(home: Path, op: str, args: dict[str, Any]) -> dict[str, Any]:
    """Do an operation on a node: in the process that holds it, or here when none does."""
    from darasa.learning.control import call_control
    from darasa.learning.operations import run_operation

    answer = call_control(home, op, args)
    if answer is None:
        with classroom_at(home, writable=True) as room:
            answer = run_operation(room, op, args)
    return checked(answer)


def read_node(home: Path, op: str, args: dict[str, Any]) -> dict[str, Any]:
    """Do an operation that only reads, beside the process that holds the node, if one does."""
    from darasa.learning.operations import run_operation

    with classroom_at(home, writable=False) as room:
        return checked(run_operation(room, op, args))


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of an operation, or its refusal as a CommandError."""
    if "error" in answer and answer.get("code") is not None:
        raise CommandError(str(answer["error"]), Exit(int(answer["code"])))
    return answer
