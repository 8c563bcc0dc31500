"""Operations of commands about classes and class lists; `operations.py` runs them.

Owns: their arguments and answers as plain values. What they change is `class_lists.py`.
"""

from typing import TYPE_CHECKING, Any, Final

from darasa.learning.errors import AmbiguousError, NotFoundError, PeopleError
from darasa.learning.people import class_lists
from darasa.learning.people.class_lists import Entry, Listed, entry
from darasa.learning.people.newcomers import Newcomer, newcomers, same_as, take_in
from darasa.learning.people.short_names import clean_name, folded
from darasa.learning.signing_in.cards import cards_of

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.sync.ids import LearnerId, RecordId

Args = dict[str, Any]


def list_people(room: "Classroom", args: Args) -> dict[str, Any]:
    """The classes, and the learners of one or of all."""
    wanted = args.get("class")
    row = room.people.find_class(wanted) if wanted else None
    rows = class_lists.on_list(room, None if row is None else row.record_id)
    return {
        "classes": [each.name for each in room.people.classes()],
        "learners": [_listed(each) for each in rows],
        "off": [] if row else [_listed(each) for each in class_lists.off_list(room)],
        "closed": [name for _, name in class_lists.closed_classes(room)],
    }


def add_class(room: "Classroom", args: Args) -> dict[str, Any]:
    """A new class."""
    class_lists.add_class(room, args["name"])
    return {"class": clean_name(args["name"])}


def rename_class(room: "Classroom", args: Args) -> dict[str, Any]:
    """Another name for a class."""
    row = room.people.find_class(args["name"])
    class_lists.rename_class(room, row.record_id, args["to"])
    return {"was": row.name, "class": clean_name(args["to"])}


def close_class(room: "Classroom", args: Args) -> dict[str, Any]:
    """Take a class off the lists."""
    row = room.people.find_class(args["name"])
    class_lists.close_class(room, row.record_id)
    return {"class": row.name}


def reopen_class(room: "Classroom", args: Args) -> dict[str, Any]:
    """Put a closed class on the lists again."""
    closed = class_lists.closed_classes(room)
    fits = [each for each in closed if folded(each[1]) == folded(args["name"])]
    if len(fits) != 1:
        raise NotFoundError(f"No closed class is called {clean_name(args['name'])}.")
    class_lists.reopen_class(room, fits[0][0])
    return {"class": fits[0][1]}


def add_learners(room: "Classroom", args: Args) -> dict[str, Any]:
    """Learners of a class; refused with who is there already, unless `another` is said."""
    row = room.people.find_class(args["class"])
    wanted = [entry(str(name), str(number)) for name, number in args["learners"]]
    asked = class_lists.doubles(room, wanted)
    if asked and not args.get("another"):
        raise PeopleError(_asked(asked[0]))
    added, _ = class_lists.add_learners(room, row.record_id, wanted)
    made = [{"name": each.name, "number": each.number, "pin": each.secret} for each in added]
    return {"class": row.name, "learners": made}


def change_learner(room: "Classroom", args: Args) -> dict[str, Any]:
    """`do`: rename, number, move, also, out, off or back; `to` is what it becomes."""
    do, to = args["do"], str(args.get("to") or "")
    if do == "back":
        return _put_back(room, args["name"], to)
    row = room.people.find(args["name"])
    if do == "off":
        class_lists.take_off(room, row.learner_id)
    elif do in _TYPED:
        _TYPED[do](room, row.learner_id, to)
    else:
        _PLACED[do](room, row.learner_id, room.people.find_class(to).record_id)
    return {"name": row.name, "to": clean_name(to) if to else ""}


def sign_in_cards(room: "Classroom", args: Args) -> dict[str, Any]:
    """What stands on the cards of a class, with first secrets that are still theirs."""
    row = room.people.find_class(args["class"])
    cards = [
        {
            "id": each.learner_id.hex(),
            "name": each.name,
            "shown": each.shown,
            "number": each.number,
            "secret": each.secret,
            "pictures": each.pictures,
        }
        for each in cards_of(room, row.record_id)
    ]
    return {"school": room.home.name, "class": row.name, "cards": cards}


def list_newcomers(room: "Classroom", args: Args) -> dict[str, Any]:
    """Who began at a computer and is on no list."""
    del args
    names = room.store.read(room.nodes.names)
    return {
        "newcomers": [
            {
                "name": each.name,
                "at": [clean_name(names.get(one, one.hex()[:8])) for one in each.at],
                "answers": each.answers,
                "last": each.last_ms,
                "id": each.learner_id.hex(),
            }
            for each in newcomers(room)
        ]
    }


def take_in_newcomer(room: "Classroom", args: Args) -> dict[str, Any]:
    """Put one of them on the list of a class; or, with `same`, she is somebody who is on one."""
    found = _newcomer(room, args["name"])
    if args.get("same"):
        keep = room.people.find(args["same"])
        same_as(room, found.learner_id, keep.learner_id)
        return {"name": found.name, "same": keep.name}
    row = room.people.find_class(args["class"])
    wanted = entry(args.get("as") or found.name, str(args.get("number") or ""))
    added, _ = take_in(room, found.learner_id, wanted, row.record_id)
    return {"name": added.name, "class": row.name, "pin": added.secret}


def _newcomer(room: "Classroom", wanted: str) -> Newcomer:
    fits = [
        each
        for each in newcomers(room)
        if each.learner_id.hex().startswith(wanted.lower()) or folded(each.name) == folded(wanted)
    ]
    if not fits:
        raise NotFoundError(f"Nobody called {clean_name(wanted)} is new here.")
    if len(fits) > 1:
        ids = ", ".join(each.learner_id.hex() for each in fits)
        raise AmbiguousError(f"{len(fits)} are called {clean_name(wanted)}: {ids}.")
    return fits[0]


def _put_back(room: "Classroom", name: str, to: str) -> dict[str, Any]:
    fits = [each for each in class_lists.off_list(room) if _is_called(each, name)]
    if not fits:
        raise NotFoundError(f"Nobody called {clean_name(name)} is off the lists.")
    if len(fits) > 1:
        ids = ", ".join(each.learner_id.hex() for each in fits)
        raise AmbiguousError(f"{len(fits)} are called {clean_name(name)}: {ids}.")
    class_id: RecordId | None = room.people.find_class(to).record_id if to else None
    class_lists.put_back(room, fits[0].learner_id, class_id)
    return {"name": fits[0].name, "to": clean_name(to) if to else ""}


def _is_called(each: Listed, name: str) -> bool:
    return folded(each.name) == folded(name) or each.learner_id.hex() == name


def _asked(asked: tuple[Entry, list[Listed]]) -> str:
    wanted, like = asked
    who = like[0]
    where = "off the lists" if who.off else ", ".join(row.name for row in who.classes)
    there = f"{who.name} ({where})" if where else f"{who.name}, typed before"
    return f"{wanted.name} may be there already: {there}. For another child say  --another"


def _listed(each: Listed) -> dict[str, Any]:
    return {
        "name": each.name,
        "number": each.number,
        "classes": [row.name for row in each.classes],
        "id": each.learner_id.hex(),
    }


def _rename(room: "Classroom", learner_id: "LearnerId", to: str) -> None:
    class_lists.rename(room, learner_id, to)


def _set_number(room: "Classroom", learner_id: "LearnerId", to: str) -> None:
    class_lists.set_number(room, learner_id, to)


_TYPED: Final = {"rename": _rename, "number": _set_number}
_PLACED: Final = {
    "move": class_lists.move,
    "also": class_lists.also_in,
    "out": class_lists.out_of,
}
PEOPLE_OPERATIONS: Final = {
    "list-people": list_people,
    "add-class": add_class,
    "rename-class": rename_class,
    "close-class": close_class,
    "reopen-class": reopen_class,
    "add-learners": add_learners,
    "change-learner": change_learner,
    "sign-in-cards": sign_in_cards,
    "newcomers": list_newcomers,
    "take-in": take_in_newcomer,
}
