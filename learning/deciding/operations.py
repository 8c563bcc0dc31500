"""Operations of commands that decide: computers, merges, conflicts, what waits for a word.

Owns: their arguments and answers as plain values; `operations.py` runs them.
"""

from typing import Any, Final

from darasa.learning.classroom import Classroom
from darasa.learning.computers import ComputerRow, computer_rows, find_computer, name_computer
from darasa.learning.deciding.conflicts import Conflict
from darasa.learning.deciding.ignored import IgnoredEvent, ignored_events
from darasa.learning.errors import NotFoundError
from darasa.learning.kinds import Kind
from darasa.learning.people.short_names import clean_name
from darasa.sync.ids import LearnerId

_WORDS: Final = {"may-not": "its author may not say this", "unconfirmed": "waits for the school",
                 "held": "its computer is held back"}  # fmt: skip


def computers(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """The computers of the school."""
    del args
    return {"computers": [_computer(row) for row in computer_rows(room)]}


def remove_computer(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """Serve a computer no longer."""
    row = find_computer(room, args["name"])
    room.decisions.remove(row.node_id)
    return _computer(find_computer(room, row.node_id.hex()))


def accept_computer(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """What is held of a computer counts; with `back` it is served again too."""
    row = find_computer(room, args["name"])
    if args.get("back"):
        room.decisions.let_back(row.node_id)
    else:
        room.decisions.accept(row.node_id)
    return _computer(find_computer(room, row.node_id.hex())) | {"accepted": row.held}


def rename_computer(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """Another name or place."""
    row = find_computer(room, args["name"])
    name_computer(room, row.node_id, name=args.get("to"), place=args.get("place"))
    return _computer(find_computer(room, row.node_id.hex()))


def merge_learners(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """Two learners are one."""
    keep, other = _exactly(room, args["keep"]), _exactly(room, args["other"])
    name = room.people.find_id(other).name
    room.decisions.merge(keep, other)
    return {"keep": room.people.find_id(keep).name, "other": name}


def unmerge_learner(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """Take a merge back."""
    learner_id = _exactly(room, args["name"])
    return {"name": args["name"], "taken_back": room.decisions.unmerge(learner_id)}


def _exactly(room: Classroom, name_or_id: str) -> LearnerId:
    """The very id that is given, or that of the learner of that name."""
    found = room.people.find(name_or_id).learner_id
    given = name_or_id.strip().lower()
    return LearnerId(bytes.fromhex(given)) if len(given) == 2 * len(found) else found


def conflicts(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """What two people changed at the same time."""
    del args
    return {"conflicts": [_conflict(each) for each in room.people.conflicts()]}


def keep_choice(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """End a conflict; `choice` is the mark of one of its values, or how it begins."""
    mark = str(args["choice"]).strip().lower()
    fits = [
        (conflict, choice)
        for conflict in room.people.conflicts()
        for choice in conflict.choices
        if mark and choice.chain8.hex().startswith(mark)
    ]
    if len(fits) != 1:
        raise NotFoundError("No such choice is listed. Look at  darasa people conflicts")
    ((conflict, choice),) = fits
    room.people.keep(conflict.record_id, conflict.field, choice.chain8)
    return {"about": conflict.about, "field": conflict.field, "kept": choice.words}


def ignored(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """What is kept and does not count, the newest first."""
    del args
    found = room.store.read(ignored_events)
    return {"ignored": [_ignored(room, each) for each in found]}


def confirm(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """A teacher's word from a computer counts; `mark` is how the listing names it."""
    mark = str(args["mark"]).strip().lower()
    waiting = room.decisions.unconfirmed()
    fits = [each for each in waiting if mark and each.chain.hex().startswith(mark)]
    if len(fits) != 1:
        raise NotFoundError("Nothing of that mark waits. Look at  darasa people ignored")
    room.decisions.confirm(fits[0])
    return _ignored(room, fits[0])


def _computer(row: ComputerRow) -> dict[str, Any]:
    return {
        "node_id": row.node_id.hex(),
        "name": row.name,
        "place": row.place,
        "last_contact": row.last_contact_ms,
        "removed": row.is_removed,
        "held_back": row.is_held,
        "held": row.held,
        "why": row.why,
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "about": conflict.about,
        "field": conflict.field,
        "choices": [
            {
                "value": choice.words,
                "choice": choice.chain8.hex(),
                "who": choice.who,
                "when": choice.when_ms,
                "shown": nth == 0,
            }
            for nth, choice in enumerate(conflict.choices)
        ],
    }


def _ignored(room: Classroom, event: IgnoredEvent) -> dict[str, Any]:
    names = room.store.read(room.nodes.names)
    try:
        kind = Kind(event.kind).name.lower().replace("_", " ")
    except ValueError:
        kind = str(event.kind)
    return {
        "mark": event.chain[:8].hex(),
        "what": event.field or kind,
        "why": str(event.why),
        "words": _WORDS[str(event.why)],
        "who": clean_name(names.get(event.author, event.author.hex()[:8])),
        "when": event.happened_ms,
    }


DECIDING: Final = {
    "computers": computers,
    "remove-computer": remove_computer,
    "accept-computer": accept_computer,
    "rename-computer": rename_computer,
    "merge-learners": merge_learners,
    "unmerge-learner": unmerge_learner,
    "conflicts": conflicts,
    "keep-choice": keep_choice,
    "ignored": ignored,
    "confirm": confirm,
}
