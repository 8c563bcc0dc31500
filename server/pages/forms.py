"""What every form of the people pages shares: done once, told in a sentence, taken back.

Owns: the number in a form that makes a second sending harmless, problems tied to their fields, and
the way on after a change. Knows no one form.
"""

from collections.abc import Callable, Collection, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.errors import LearningError
from darasa.learning.people.undoing import Undo, take_back
from darasa.server.auth import Visit, local_path, see_other
from darasa.server.locale import _
from darasa.sync.errors import StoreError

Done = TypeVar("Done")
View = Callable[[Visit], Response]
UNPROCESSABLE: Final = 422
WAS: Final = "was"
"""The field of a form that says what it was when it was shown: to know a change from a word that
somebody else changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What has to be looked at again, and the id of its field."""

    field: str
    words: str


def once(view: View) -> View:
    """A form that does its work once: a second sending is led where the first was."""

    def guarded(visit: Visit) -> Response:
        number = visit.form.get("once", "")
        if not visit.darasa.once.is_number(number):
            raise HTTPException(400, _("That form was not understood."))
        with visit.darasa.once.turn(visit.session, number, visit.form) as turn:
            if turn.led_to is not None:
                return see_other(turn.led_to)
            response = view(visit)
            if response.status_code == 303:
                turn.led_to = response.headers["location"]
            return response

    return guarded


def once_or_again(view: View) -> View:
    """The same for a form of one button, that may come without a number."""
    guarded = once(view)
    return lambda visit: (guarded if visit.form.get("once") else view)(visit)


def frame(visit: Visit) -> dict[str, Any]:
    """What the templates of these pages need: a number for each form, and the last change."""
    return {
        "number": visit.darasa.once.number,
        "last_change": visit.darasa.undos.last(visit.session),
        "came": visit.darasa.notes.take(visit.session, "came"),
    }


def changed(
    visit: Visit, words: str, undo: Undo | Callable[[], None] | None, *, to: str
) -> Response:
    """A change was made: say so on the page `to`, with a way back."""
    if undo is not None:
        visit.darasa.undos.put(visit.session, words, undo)
    else:
        visit.darasa.notes.put(visit.session, "came", words)
    visit.darasa.live.touch()
    return see_other(to)


def ticked(visit: Visit, prefix: str, ids: Iterable[str], now: Collection[str]) -> set[str]:
    """Which of `ids` are to be in a set, by a form with a box for each: what was ticked or
    unticked on it. What somebody else put in or took out meanwhile stays so.

    `was` on the form says what was ticked when it was shown; without it the boxes are the set.
    """
    marked = {each for each in ids if f"{prefix}{each}" in visit.form}
    if WAS not in visit.form:
        return marked
    was = set(visit.form[WAS].split())
    return (set(now) - (was - marked)) | (marked - was)


def tried(do: Callable[[], Done]) -> Done:
    """Do something; a refusal of learning's is a page that says why."""
    try:
        return do()
    except LearningError as error:
        raise HTTPException(409, safe_line(str(error))) from error


def hashed(visit: Visit, do: Callable[[], Done]) -> Done:
    """Do something that hashes secrets, in the one thread that does, as who is signed in."""
    return visit.darasa.hashing.submit(copy_context().run, tried, do).result()


def undo(visit: Visit) -> Response:
    """POST /people/undo: take the last change of this session back."""
    to = local_path(visit.form.get("to"), default="/people")
    last = visit.darasa.undos.take(visit.session, visit.form.get("mark", ""))
    if last is None:
        raise HTTPException(409, _("That can be taken back no longer. Change it by hand."))
    change = last.undo
    try:
        if isinstance(change, Undo):
            tried(lambda: take_back(visit.darasa.classroom, change))
        else:
            tried(change)
    except StoreError:
        visit.darasa.undos.give_back(visit.session, last)  # nothing has changed: it is still to do
        raise
    return changed(visit, _("Taken back."), None, to=to)
