"""Wrong tries at signing in, on the live page: a quiet line a name, or one for a whole computer.

Owns: the lines, and the form that says a teacher has seen them. A code and "may try again" are the
forms of `sign_in_help.py`; what is open is learning's. Nobody is called to the computer by this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.signing_in.wrong_tries import TriesOpen, dealt_with, open_tries
from darasa.server import reach
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _, ngettext
from darasa.server.state import Darasa
from darasa.server.wording import minutes
from darasa.sync.ids import LearnerId, NodeId

NAMES_A_COMPUTER: Final = 3
"""From so many names at one computer on, they are one line: somebody goes through the list."""
_NAMES_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class TriesView:
    """One line. `pid` is the learner's; empty where the line is of a computer, `computer`."""

    pid: str
    computer: str
    who: SafeText
    words: str
    since_ms: int | None  # None: nobody knows when
    since: str = field(repr=False)  # the page counts it itself: a mark is without


def tries_views(
    darasa: Darasa, tries: Sequence[TriesOpen], names: Mapping[LearnerId, SafeText], now_ms: int
) -> tuple[TriesView, ...]:
    """The lines of a class, the newest first; `names` are those of its learners."""
    by_node: dict[NodeId, list[TriesOpen]] = {}
    for each in tries:
        by_node.setdefault(each.node_id, []).append(each)
    views: list[TriesView] = []
    for node_id, there in by_node.items():
        if len(there) >= NAMES_A_COMPUTER:
            views.append(_of_computer(node_id, there, names, now_ms))
        else:
            views += (_of_learner(darasa, each, names[each.learner_id], now_ms) for each in there)
    return tuple(sorted(views, key=lambda view: -(view.since_ms or 0)))


def seen(visit: Visit) -> Response:
    """POST /class/tries: a teacher has seen the line of `learner`, or of `computer`."""
    darasa = visit.darasa
    row = reach.class_of(visit, visit.form.get("class", ""), act=True)
    members = [each.learner_id for each in darasa.classroom.people.learners(row.record_id)]
    now_ms = darasa.classroom.clock.wall_ms()
    about = {visit.form.get("learner", ""), visit.form.get("computer", "")} - {""}
    which = [
        each.learner_id
        for each in open_tries(darasa.classroom, members, now_ms)
        if {darasa.pids.pid_of(each.learner_id), each.node_id.hex()} & about
    ]
    with darasa.classroom.store.transaction() as tx:
        dealt_with(tx.connection, which, now_ms)
    darasa.live.touch()
    return see_other(f"/class?class={row.record_id.hex()}")


def _since(said_ms: int | None, now_ms: int) -> str:
    return "" if said_ms is None else minutes(now_ms - said_ms)


def _of_learner(darasa: Darasa, tries: TriesOpen, name: SafeText, now_ms: int) -> TriesView:
    words = ngettext("{n} wrong try at signing in.", "{n} wrong tries at signing in.", tries.tries)
    if tries.computer:
        words = ngettext(
            "{n} wrong try at signing in, at {computer}.",
            "{n} wrong tries at signing in, at {computer}.",
            tries.tries,
        )
    return TriesView(
        pid=darasa.pids.pid_of(tries.learner_id),
        computer="",
        who=safe_line(name),
        words=words.format(n=tries.tries, computer=tries.computer),
        since_ms=tries.said_ms,
        since=_since(tries.said_ms, now_ms),
    )


def _of_computer(
    node_id: NodeId, there: Sequence[TriesOpen], names: Mapping[LearnerId, SafeText], now_ms: int
) -> TriesView:
    listed = ", ".join(names[each.learner_id] for each in there[:_NAMES_SHOWN])
    more = len(there) - _NAMES_SHOWN
    if more > 0:
        listed = _("{names} and {n} more").format(names=listed, n=more)
    words = _("Wrong tries at signing in under {n} names: {names}.")
    last_ms = max((each.said_ms for each in there if each.said_ms is not None), default=None)
    return TriesView(
        pid="",
        computer=node_id.hex(),
        who=there[0].computer or safe_line(_("A computer without a name")),
        words=words.format(n=len(there), names=listed),
        since_ms=last_ms,
        since=_since(last_ms, now_ms),
    )
