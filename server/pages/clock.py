"""The server's clock: what speaks against it, and another time for it, without the machine's owner.

Owns: the page and its forms. When a clock is doubtful, and what setting it does, is
`learning.clocks`'.
"""

from datetime import datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.clocks import own_clock, set_by_whom, set_by_words, set_time
from darasa.learning.errors import LearningError
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _
from darasa.server.wording import day, day_and_time, time_of_day
from darasa.sync.ids import RecordId

_FIELD_MAX: Final = 40


def clock(visit: Visit) -> Response:
    """GET /clock."""
    own = own_clock(visit.darasa.classroom)
    return visit.page(
        "clock.html",
        here="/clock",
        now=day_and_time(own.wall_ms),
        machine=day_and_time(own.machine_ms) if own.set_by else "",
        set_by=set_by_words(own),
        whom=set_by_whom(visit.darasa.classroom),
        doubts=own.doubts,
        agreed="" if own.agreed_ms is None else day_and_time(own.agreed_ms),
        date=day(own.agreed_ms or own.wall_ms),
        time=time_of_day(own.agreed_ms or own.wall_ms),
    )


def set_clock(visit: Visit) -> Response:
    """POST /clock: the typed time, the one that computers agree on, or the machine's again."""
    room, form = visit.darasa.classroom, visit.form
    wall_ms: int | None
    match form.get("do", "set"):
        case "machine":
            wall_ms = None
        case "agreed":
            wall_ms = own_clock(room).agreed_ms
            if wall_ms is None:
                raise HTTPException(409, _("They agree on no other time any more."))
        case _:
            wall_ms = _typed(form.get("date", ""), form.get("time", ""))
    try:
        set_time(room, RecordId(visit.session.account), wall_ms=wall_ms)
    except LearningError as error:
        raise HTTPException(409, safe_line(str(error))) from error
    visit.darasa.live.touch()
    return see_other("/clock")


def _typed(date: str, time: str) -> int:
    """A date and a time of day in this machine's zone. Raises HTTPException 400."""
    text = f"{date[:_FIELD_MAX].strip()} {time[:_FIELD_MAX].strip()}"
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            return round(datetime.strptime(text, form).astimezone().timestamp() * 1000)
        except (ValueError, OverflowError):
            continue
    raise HTTPException(400, _("Type the date as 2026-05-12 and the time as 10:42."))
