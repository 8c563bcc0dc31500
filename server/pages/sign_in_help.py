"""Help with signing in, for learners: a one-use code, the end of a pause, PIN or pictures.

Owns: three forms of the page of class lists. Codes and pauses are learning's.
"""

from starlette.responses import Response

from darasa.learning.people.people import LearnerRow
from darasa.learning.signing_in.checks import spaced
from darasa.learning.signing_in.verifier import kind_named
from darasa.server import reach
from darasa.server.auth import Visit, see_other
from darasa.server.pages.forms import hashed
from darasa.server.wording import day_and_time


def new_learner_code(visit: Visit) -> Response:
    """POST /people/pin: a one-use code, shown above the list; its learner chooses a new secret."""
    row = reach.learner_of(visit, visit.form.get("learner", ""), act=True)
    shown = hashed(visit, lambda: visit.darasa.classroom.codes.show(row.learner_id))
    made = {
        "name": row.name,
        "code": spaced(shown.code),
        "until": day_and_time(shown.until_ms),
    }
    visit.darasa.notes.put(visit.session, "pin", made)
    return _to_list_of(row)


def unlock(visit: Visit) -> Response:
    """POST /people/unlock: she need not wait after wrong secrets."""
    row = reach.learner_of(visit, visit.form.get("learner", ""), act=True)
    visit.darasa.classroom.codes.unlock(row.learner_id)
    visit.darasa.notes.put(visit.session, "unlocked", row.name)
    return _to_list_of(row)


def sign_in_with(visit: Visit) -> Response:
    """POST /people/sign-in: whether learners of a class choose a PIN or pictures from now on."""
    shown = reach.class_of(visit, visit.form.get("class", ""), act=True)
    kind = kind_named(visit.form.get("with"))
    visit.darasa.classroom.people.set_sign_in(shown.record_id, kind)
    return see_other(f"/people?class={shown.record_id.hex()}")


def _to_list_of(row: LearnerRow) -> Response:
    return see_other(f"/people?class={row.class_id.hex()}" if row.class_id else "/people")
