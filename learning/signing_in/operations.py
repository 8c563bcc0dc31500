"""Operations about how learners sign in: codes, first secrets, pauses, pictures or PINs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from darasa.content_packs.safe_text import safe_line
from darasa.learning.people.short_names import folded
from darasa.learning.signing_in.checks import spaced
from darasa.learning.signing_in.first_secrets import first_secret
from darasa.learning.signing_in.verifier import SecretKind, kind_named

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


def _class_sign_in(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    """A class of that name chooses PINs or pictures from now on."""
    row = room.people.find_class(args["class"])
    room.people.set_sign_in(row.record_id, kind_named(args["with"]))
    return {"class": row.name, "with": kind_named(args["with"]).word}


def _reset_pin(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    """A one-use code for a learner, who then chooses her own secret: no teacher learns it."""
    learner = room.people.find(args["name"])
    shown = room.codes.show(learner.learner_id)
    return {"name": learner.name, "code": spaced(shown.code), "until_ms": shown.until_ms}


def _class_codes(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    """The one-use codes of a class that nobody has seen: a sheet for days without the server."""
    rows = room.people.learners(room.people.find_class(args["class"]).record_id)
    made = room.codes.sheet(row.learner_id for row in rows)
    listed = [
        {"name": row.name, "code": spaced(made[row.learner_id])}
        for row in rows
        if row.learner_id in made
    ]
    return {"learners": listed, "without": len(rows) - len(listed)}


def _first_secret(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    """A new first secret, known to whoever reads it: for cards, and for the demo's learner."""
    learner = room.people.find(args["name"])
    kinds = {row.record_id: row.sign_in for row in room.people.classes()}
    kind = kinds.get(learner.class_id, SecretKind.TYPED) if learner.class_id else SecretKind.TYPED
    first = first_secret(kind, room.rng)
    room.people.set_pin(learner.learner_id, first.typed, kind=first.kind)
    return {"name": learner.name, "pin": first.shown}


def _unlock(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    """End the pause of a learner everywhere, or of somebody who signs in to the pages here."""
    wanted = folded(safe_line(str(args["name"])))
    staff = [row for row in room.people.teachers() if folded(row.name) == wanted]
    for row in staff:
        room.desk.clear(row.record_id)
    if staff:
        return {"name": staff[0].name}
    learner = room.people.find(args["name"])
    room.codes.unlock(learner.learner_id)
    return {"name": learner.name}


SIGN_IN_OPERATIONS: Final[dict[str, Callable[["Classroom", dict[str, Any]], dict[str, Any]]]] = {
    "class-sign-in": _class_sign_in,
    "reset-pin": _reset_pin,
    "class-codes": _class_codes,
    "first-secret": _first_secret,
    "unlock": _unlock,
}
