"""The live class page: who needs the teacher now, and what everyone does (ux.md 8.2, 8.3).

Owns: the view of one class, its mark (a hash of all that is shown but the ages), and the fragment
that brings a page from one view to the next. States and reasons come from learning's report.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.people.people import ClassRow
from darasa.learning.reports.reports import LiveRow, LiveState, live_class
from darasa.server import reach
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _, ngettext
from darasa.server.pages.tries import TriesView, tries_views
from darasa.server.state import Darasa
from darasa.server.templating import render
from darasa.server.wording import ago, minutes


@dataclass(frozen=True, slots=True)
class StateWord:
    """How a state is shown: a class for its colour, a sign and a word."""

    key: str
    sign: str
    word: str


_STATES: Final = {
    LiveState.HAND_UP: StateWord("hand", "?", _("Hand up")),
    LiveState.CIRCLING: StateWord("circling", "!!", _("Circling")),
    LiveState.STUCK: StateWord("stuck", "!", _("Stuck")),
    LiveState.RUSHING: StateWord("rushing", ">", _("Rushing")),
    LiveState.QUIET: StateWord("quiet", ".", _("Quiet")),
    LiveState.WORKING: StateWord("working", "", _("Working")),
    LiveState.READING: StateWord("reading", "", _("Reading")),
    LiveState.DONE: StateWord("done", "+", _("Done")),
    LiveState.AWAY: StateWord("away", "-", _("Away")),
    LiveState.NOT_IN: StateWord("away", " ", _("Not in")),
}
_SINCE_STEP_MS: Final = 20_000  # two clocks make a moment tremble; minutes are shown


@dataclass(frozen=True, slots=True)
class RowView:
    """One learner as the page shows her. `since_ms` is a wall time."""

    pid: str
    name: SafeText
    state: StateWord
    reason: SafeText
    doing: SafeText
    since_ms: int | None
    since: str
    today: str
    today_text: str
    computer: SafeText
    note: SafeText

    @property
    def mark(self) -> str:
        """What of it the eye sees, without the age, which the page counts itself."""
        shown = replace(self, since="")
        return repr(shown)


@dataclass(frozen=True, slots=True)
class ClassLive:
    """One class at one moment. `mark` is equal for two views that look the same."""

    class_id: str
    title: SafeText
    rows: tuple[RowView, ...]  # by name
    needs: tuple[RowView, ...]  # most urgent first
    tries: tuple[TriesView, ...]  # newest first
    counts_text: str
    needs_text: str
    as_of_ms: int
    mark: str

    @property
    def members(self) -> tuple[str, ...]:
        """Who is in the class, in order."""
        return tuple(row.pid for row in self.rows)


def class_page(visit: Visit) -> Response:
    """GET /class?class=ID&sort=name|needs."""
    darasa = visit.darasa
    classes = reach.classes_of(visit)
    cable = darasa.config.cable
    is_cut = None if cable is None else cable.is_cut()
    wanted = visit.query.get("class") or next((c.record_id.hex() for c in classes), None)
    if wanted is None:
        is_any = bool(darasa.classroom.people.classes())
        return visit.page(
            "no_class.html", here="/class", cable=is_cut, is_any=is_any, **visit.clock()
        )
    row = reach.class_of(visit, wanted)
    view = class_live(darasa, wanted)
    if view is None:
        raise HTTPException(404, _("There is no such class."))
    sort = "needs" if visit.query.get("sort") == "needs" else "name"
    return visit.page(
        "class.html",
        view=view,
        may_act=reach.reach_in(darasa, visit.session).may_act((row.record_id,)),
        rows=_by_need(view) if sort == "needs" else view.rows,
        sort=sort,
        classes=[{"id": c.record_id.hex(), "name": c.name} for c in classes],
        district=_district(darasa),
        again=f"/class?class={view.class_id}&sort={sort}",
        here="/class",
        cable=is_cut,
        **visit.clock(),
    )


def coming(visit: Visit) -> Response:
    """POST /class/coming: the teacher goes to a learner; her state is quiet for ten minutes."""
    darasa = visit.darasa
    pid, _space, key = visit.form.get("who", "").partition(" ")
    states = [state for state, word in _STATES.items() if word.key == key]
    if not states:
        raise HTTPException(400, _("That form was not understood."))
    row = reach.learner_of(visit, pid, act=True)
    darasa.handled.note(row.learner_id, states[0])
    darasa.live.touch()
    return see_other(f"/class?class={quote(visit.form.get('class', ''))}")


def pull_cable(visit: Visit) -> Response:
    """POST /cable: the demo's button."""
    cable = visit.darasa.config.cable
    if cable is None:
        raise HTTPException(404)
    if visit.form.get("do") == "cut":
        cable.cut()
    else:
        cable.mend()
    return see_other("/class")


def class_live(darasa: Darasa, class_id: str) -> ClassLive | None:
    """The view of a class as of now; None when there is no such class."""
    row = _class_of(darasa, class_id)
    if row is None:
        return None
    now_ms = darasa.classroom.clock.wall_ms()
    report = live_class(
        darasa.classroom, row.record_id, darasa.board, now_ms, handled_ago=darasa.handled.ago()
    )
    rows = tuple(_row(darasa, each, now_ms) for each in report.rows)
    needs = tuple(_row(darasa, each, now_ms) for each in report.needs)
    names = {each.learner_id: each.name for each in report.rows}
    tries = tries_views(darasa, report.tries, names, now_ms)
    counts = _("{here} signed in, {away} away.").format(here=report.signed_in, away=report.away)
    return ClassLive(
        class_id=class_id,
        title=row.name,
        rows=rows,
        needs=needs,
        tries=tries,
        counts_text=counts,
        needs_text=_needs_text(len(needs)),
        as_of_ms=report.as_of_ms,
        mark=_mark([counts, *(each.mark for each in (*rows, *needs)), *map(repr, tries)]),
    )


def fragment_of(now: ClassLive, shown: ClassLive | None, *, token: str) -> str:
    """The HTML that brings a page from `shown` to `now`; all of it when nothing is known.

    `token` is that of the session whose page it is; empty for who may look and change nothing.
    """
    before = {} if shown is None else {row.pid: row.mark for row in shown.rows}
    head = shown is None or _head(shown) != _head(now)
    rows = [row for row in now.rows if before.get(row.pid) != row.mark]
    return render("live_fragment.html", view=now, head=head, rows=rows, token=token)


def _head(view: ClassLive) -> tuple[str, ...]:
    needs = (row.mark for row in view.needs)
    return (view.counts_text, view.needs_text, *needs, *map(repr, view.tries))


def _class_of(darasa: Darasa, class_id: str) -> ClassRow | None:
    for row in darasa.classroom.people.classes():
        if row.record_id.hex() == class_id:
            return row
    return None


def _row(darasa: Darasa, row: LiveRow, now_ms: int) -> RowView:
    since_ms = row.since_ms
    if since_ms is not None:
        since_ms -= since_ms % _SINCE_STEP_MS
    return RowView(
        pid=darasa.pids.pid_of(row.learner_id),
        name=safe_line(row.name),
        state=_STATES[row.state],
        reason=safe_line(row.reason) if row.reason else SafeText(""),
        doing=safe_line(row.doing) if row.doing else SafeText(""),
        since_ms=since_ms,
        since="" if since_ms is None else minutes(now_ms - since_ms),
        today=row.today,
        today_text=_today_text(row.today),
        computer=safe_line(row.computer) if row.computer else SafeText(""),
        note=SafeText(_(row.note)) if row.note else SafeText(""),
    )


def _today_text(today: str) -> str:
    """The outcomes of today for those who hear the page."""
    return _("{right} right, {helped} with help, {wrong} not yet").format(
        right=today.count("#"), helped=today.count("+"), wrong=today.count("o")
    )


def _by_need(view: ClassLive) -> tuple[RowView, ...]:
    urgent = {row.pid: place for place, row in enumerate(view.needs)}
    return tuple(sorted(view.rows, key=lambda row: urgent.get(row.pid, len(urgent))))


def _needs_text(count: int) -> str:
    if count == 0:
        return _("Nobody needs you now.")
    return ngettext("{n} learner needs you.", "{n} learners need you.", count).format(n=count)


def _district(darasa: Darasa) -> str:
    peer = darasa.classroom.home.peer
    if peer is None:
        return ""
    return _("District: {when}.").format(when=ago(_last_contact(darasa, peer.node_id)))


def _last_contact(darasa: Darasa, node_id: bytes) -> int | None:
    for peer in darasa.classroom.store.peers():
        if peer.node_id == node_id and peer.last_contact_ms is not None:
            return darasa.classroom.clock.wall_ms() - peer.last_contact_ms
    return None


def _mark(parts: Iterable[str]) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()
