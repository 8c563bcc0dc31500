"""Operations of commands about the staff: who teaches what, handing over; `operations` runs them.

Owns: their arguments and answers as plain values.
"""

from typing import TYPE_CHECKING, Any, Final

from darasa.content_packs.safe_text import safe_line
from darasa.learning.errors import AmbiguousError, NotFoundError
from darasa.learning.people.class_staff import (
    classes_of_teacher,
    set_teachers,
    share_classes,
    shares_classes,
    teachers_of,
)
from darasa.learning.people.handover import (
    end_sign_in,
    former_staff,
    hand_over,
    let_back,
    renew_passphrase,
)
from darasa.learning.people.short_names import folded
from darasa.learning.people.staff_use import last_use

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.people.lists import TeacherRow

Args = dict[str, Any]


def staff(room: "Classroom", args: Args) -> dict[str, Any]:
    """Who signs in to the pages, with which classes, and when last."""
    del args
    used = last_use(room)
    return {
        "shares": shares_classes(room),
        "staff": [
            {
                "name": row.name,
                "post": row.role,
                "classes": [each.name for each in classes_of_teacher(room, row.record_id)],
                "last_sign_in": used.get(row.record_id, (None, 0))[0],
                "id": row.record_id.hex(),
            }
            for row in room.people.teachers()
        ],
        "former": [each.name for each in former_staff(room)],
    }


def class_teachers(room: "Classroom", args: Args) -> dict[str, Any]:
    """Set who teaches a class; None only tells."""
    row = room.people.find_class(args["class"])
    if args.get("names") is not None:
        teachers = [one_of_the_staff(room, name).record_id for name in args["names"]]
        set_teachers(room, row.record_id, teachers)
    return {
        "class": row.name,
        "teachers": [each.name for each in teachers_of(room, row.record_id)],
    }


def hand_over_classes(room: "Classroom", args: Args) -> dict[str, Any]:
    """Classes of one teacher are another's; all of hers when none is named."""
    leaving = one_of_the_staff(room, args["from"])
    to = one_of_the_staff(room, args["to"]) if args.get("to") else None
    named = [room.people.find_class(name) for name in args.get("classes") or ()]
    rows = named or (classes_of_teacher(room, leaving.record_id) if to else [])
    ids = [row.record_id for row in rows]
    taker = None if to is None else to.record_id
    hand_over(room, leaving.record_id, taker, ids, end=bool(args.get("end")))
    return {
        "from": leaving.name,
        "to": None if to is None else to.name,
        "classes": [row.name for row in rows],
        "ended": bool(args.get("end")),
    }


def sharing(room: "Classroom", args: Args) -> dict[str, Any]:
    """Whether teachers may look at classes that are not theirs."""
    share_classes(room, shared=bool(args["shared"]))
    return {"shares": shares_classes(room)}


def end_teacher(room: "Classroom", args: Args) -> dict[str, Any]:
    """Take a sign-in away."""
    row = one_of_the_staff(room, args["name"])
    end_sign_in(room, row)
    return {"name": row.name}


def new_passphrase_of(room: "Classroom", args: Args) -> dict[str, Any]:
    """Another passphrase for one of the staff; the former one opens nothing any more."""
    row = one_of_the_staff(room, args["name"])
    passphrase, _undo = renew_passphrase(room, row.record_id)
    return {"name": row.name, "passphrase": passphrase, "id": row.record_id.hex()}


def teacher_back(room: "Classroom", args: Args) -> dict[str, Any]:
    """Let somebody who left sign in again."""
    wanted = folded(safe_line(str(args["name"])))
    fits = [each for each in former_staff(room) if folded(each.name) == wanted]
    if len(fits) != 1:
        raise NotFoundError(f"Nobody named {safe_line(str(args['name']))} was here before.")
    let_back(room, fits[0].record_id)
    return {"name": fits[0].name}


def one_of_the_staff(room: "Classroom", wanted: str) -> "TeacherRow":
    """By record id, or by a name that one person has. Raises NotFoundError, AmbiguousError."""
    found = [
        row
        for row in room.people.teachers()
        if row.record_id.hex() == wanted or folded(row.name) == folded(safe_line(str(wanted)))
    ]
    if not found:
        raise NotFoundError(f"Nobody named {safe_line(str(wanted))} signs in here.")
    if len(found) > 1:
        raise AmbiguousError(f"{len(found)} people are named {safe_line(str(wanted))}.")
    return found[0]


STAFF_OPERATIONS: Final = {
    "staff": staff,
    "class-teachers": class_teachers,
    "hand-over": hand_over_classes,
    "share-classes": sharing,
    "end-teacher": end_teacher,
    "new-passphrase": new_passphrase_of,
    "teacher-back": teacher_back,
}
