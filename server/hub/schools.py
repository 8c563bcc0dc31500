"""The hub's page: which schools were heard of, when, and how much of each (hub.md section 4).

Owns: the page's words. No learner appears here, and no name but those of schools: the hub can read
no other. Times are whole days, as hub pages have them, but for the last contact.
"""

from dataclasses import dataclass

from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.clocks import clocks_below, off_words
from darasa.server.auth import Visit
from darasa.server.hub.queries import SchoolFacts, school_facts
from darasa.server.locale import _
from darasa.server.pages.computers import code_shown
from darasa.server.wording import ago, day
from darasa.sync.timekeeping import is_believable


@dataclass(frozen=True, slots=True)
class SchoolView:
    """One school as the page shows it."""

    name: SafeText
    contact: str
    events: int
    logs: int
    coverage: str
    oldest: str
    clock: str


def hub(visit: Visit) -> Response:
    """GET /hub."""
    classroom = visit.darasa.classroom
    now_ms, offs = classroom.clock.wall_ms(), clocks_below(classroom)
    return visit.page(
        "hub.html",
        here="/hub",
        schools=[
            _view(facts, now_ms, offs.get(facts.node_id)) for facts in school_facts(classroom.store)
        ],
        events=classroom.store.event_count(),
        logs=classroom.store.log_count(),
        as_of_ms=now_ms,
        **code_shown(visit),
        **visit.clock(),
    )


def _view(facts: SchoolFacts, now_ms: int, off_ms: int | None) -> SchoolView:
    contact_ms = facts.last_contact_ms
    return SchoolView(
        name=safe_line(facts.name),
        contact=ago(None if contact_ms is None else now_ms - contact_ms),
        events=facts.events,
        logs=facts.logs,
        coverage=_("{heard} of {all}").format(heard=facts.heard, all=facts.computers),
        oldest=_oldest(facts.oldest_ms),
        clock=off_words(off_ms),
    )


def _oldest(oldest_ms: int | None) -> str:
    """The day, where the clock that said it can be right."""
    if oldest_ms is None:
        return ""
    return day(oldest_ms) if is_believable(oldest_ms) else _("not known")
