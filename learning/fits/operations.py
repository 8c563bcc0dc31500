"""Operations of `darasa mastery` on a node: its fits, and which one its school goes by.

Owns: their arguments and answers as plain values; `operations.py` runs them.
"""

import base64
import binascii
from typing import Any, Final

from darasa.learning.classroom import Classroom
from darasa.learning.errors import FitError
from darasa.learning.fits.adopting import adopt, keep_fit, stays, use_shipped
from darasa.learning.fits.rows import FitRow
from darasa.learning.fits.words import SETTING
from darasa.learning.people.short_names import clean_name
from darasa.sync.ids import Role


def fits(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """The fits that are known here, and what learners are folded by."""
    del args
    rows = room.store.read(room.fits.listed)
    return {"fits": [_row(room, row) for row in rows], **parameters_status(room)}


def keep(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """Write a signed fit into this server's log."""
    try:
        raw = base64.b64decode(str(args["signed"]), validate=True)
    except binascii.Error as error:
        raise FitError("It is no fit.") from error
    return _row(room, keep_fit(room, raw))


def adopt_fit(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """Fold this school's learners by a fit from now on."""
    row = adopt(room, str(args["version"]), for_good=bool(args.get("stays")))
    return _row(room, row) | parameters_status(room)


def use_shipped_parameters(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    """Fold this school's learners by what ships."""
    del args
    use_shipped(room)
    return parameters_status(room)


def parameters_status(room: Classroom) -> dict[str, Any]:
    """By what learners are folded here; what is lacking for it, and who waits to be folded anew."""
    rules = room.store.read(room.fits.rules)
    lacks = room.store.read(room.fits.lacks)
    is_school = room.home.role is Role.SCHOOL
    return {
        "parameters": rules.name,
        "parameters_version": rules.version,
        "parameters_mode": rules.mode,
        "parameters_stay": is_school and stays(room.people.record_of(SETTING)),
        "parameters_lacking": None if lacks is None else lacks.hex(),
        "to_fold_anew": room.stale(),
    }


def _row(room: Classroom, row: FitRow) -> dict[str, Any]:
    names = room.store.read(room.nodes.names)
    in_use = room.store.read(room.fits.rules).name
    return {
        "fit_id": row.fit_id.hex(),
        "version": row.version,
        "name": clean_name(row.name),
        "mode": row.mode,
        "maker": clean_name(names.get(row.maker, row.maker.hex()[:8])) if row.maker else "",
        "made_ms": row.made_ms,
        "items": row.items,
        "skills": row.skills,
        "source": clean_name(row.source),
        "fault": row.fault,
        "in_use": row.fit_id.hex() in in_use,
    }


FIT_OPERATIONS: Final = {
    "fits": fits,
    "keep-fit": keep,
    "adopt-fit": adopt_fit,
    "use-shipped": use_shipped_parameters,
}
