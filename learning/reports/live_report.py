"""The live class: who needs the teacher, and what everyone does (ux.md sections 8.2 and 8.3).

Owns: joining the class list, presence, the folded states and today's answers. The rules are in
alerts.py. Reads only; a class of forty is one query and forty cached states.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning import answer_rows
from darasa.learning.answer_rows import Answer
from darasa.learning.kinds import HELPS
from darasa.learning.learner_values import LearnerState
from darasa.learning.lesson_time import her_now_ms
from darasa.learning.people.people import LearnerRow
from darasa.learning.planning import wording
from darasa.learning.presence import PresenceBoard, Seat
from darasa.learning.reports.alerts import (
    NEEDS_YOU,
    Alert,
    LiveState,
    Presence,
    live_state,
    trial_now,
)
from darasa.learning.reports.course_book import CourseBook
from darasa.learning.signing_in.earlier_sittings import said_since
from darasa.learning.signing_in.wrong_tries import TriesOpen, open_tries
from darasa.learning.skill_state import NIGHT_MS
from darasa.sync.ids import LearnerId, NodeId, RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

TODAY_MAX: Final = 24
"""The last answers of the day that one row shows."""

_NOT_SHE: Final = SafeText("Says that earlier work under this name was done by another.")
_FINDS_A_START: Final = SafeText("Finds a start in this course; those answers do not count.")
_RANKS: Final = {state: rank for rank, state in enumerate(LiveState)}


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One learner. `today` has a sign an item: # right alone, + right with help, o not yet; none
    for what was asked to find a start or to skip a skill: that tells nothing of today's work.

    `since_ms` is a wall time of this machine; `computer` the name of the one she is or was last at.
    """

    learner_id: LearnerId
    name: SafeText
    state: LiveState
    reason: SafeText
    doing: SafeText
    since_ms: int | None
    today: str
    computer: SafeText
    note: SafeText = SafeText("")  # noqa: RUF009  what else the teacher should know of her


@dataclass(frozen=True, slots=True)
class LiveClass:
    """A class at one moment. `rows` by name; `needs`: those who need the teacher, in order.

    `tries`: wrong tries at signing in that nobody has dealt with.
    """

    rows: tuple[LiveRow, ...]
    needs: tuple[LiveRow, ...]
    signed_in: int
    away: int
    as_of_ms: int
    tries: tuple[TriesOpen, ...]


def live_class(
    classroom: "Classroom",
    class_id: RecordId,
    presence: PresenceBoard,
    now_ms: int,
    *,
    handled_ago: Mapping[LearnerId, Mapping[LiveState, int]] | None = None,
) -> LiveClass:
    """The class as of now. `handled_ago`: what the teacher dealt with, and how long ago (ms)."""
    learners = classroom.people.learners(class_id)
    seats = presence.seats()
    book = classroom.course_book()
    names = {peer.node_id: safe_line(peer.name) for peer in classroom.store.peers()}
    states = {each.learner_id: classroom.state(each.learner_id) for each in learners}
    moments = {
        who: _moment(state, seats.get(who), presence, now_ms) for who, state in states.items()
    }
    today = _today(classroom, class_id, moments, now_ms)
    not_she = said_since(classroom, now_ms - NIGHT_MS)
    rows: list[LiveRow] = []
    signed_in = away = 0
    for learner in learners:
        seat, state = seats.get(learner.learner_id), states[learner.learner_id]
        at = None if seat is None else _presence(seat, book)
        alert = _alert(
            state,
            at,
            book,
            moment_ms=moments[learner.learner_id],
            now_ms=now_ms,
            handled_ago=(handled_ago or {}).get(learner.learner_id, {}),
        )
        if seat is not None and not seat.away:
            signed_in += 1
        elif seat is not None or _is_in(state, now_ms):
            away += 1
        elif alert.state is LiveState.AWAY:
            alert = Alert(LiveState.NOT_IN, "Not signed in now.", None)
        done, last_node = today.get(learner.learner_id, ("", None))
        node_id = last_node if seat is None else seat.node_id
        computer = SafeText("") if node_id is None else names.get(node_id, SafeText(""))
        row = _row(learner, alert, seat, book, today=done, computer=computer)
        row = replace(row, note=_note(state, at, book, moments[learner.learner_id]))
        if learner.learner_id in not_she:
            row = replace(row, note=_NOT_SHE)
        rows.append(row)
    needs = sorted(
        (row for row in rows if row.state in NEEDS_YOU),
        key=lambda row: (_RANKS[row.state], row.since_ms or 0),
    )
    tries = open_tries(classroom, states, now_ms)
    return LiveClass(tuple(rows), tuple(needs), signed_in, away, now_ms, tries)


def _moment(state: LearnerState, seat: Seat | None, presence: PresenceBoard, now_ms: int) -> int:
    """Now, in the time of her events; of one who sits nowhere, this server's."""
    if seat is None:
        return now_ms
    worked_ms = presence.worked_ms(seat.learner_id)
    return her_now_ms(state, wall_ms=now_ms, since_ms=seat.since_ms, worked_ms=worked_ms)


def _alert(
    state: LearnerState,
    presence: Presence | None,
    book: CourseBook,
    *,
    moment_ms: int,
    now_ms: int,
    handled_ago: Mapping[LiveState, int],
) -> Alert:
    """Her state by her own time, said in this server's."""
    alert = live_state(
        state,
        presence,
        book.course,
        now_ms=moment_ms,
        handled={word: moment_ms - ago_ms for word, ago_ms in handled_ago.items()},
    )
    if alert.since_ms is None:
        return alert
    return replace(alert, since_ms=min(now_ms, alert.since_ms + now_ms - moment_ms))


def _row(
    learner: LearnerRow,
    alert: Alert,
    seat: Seat | None,
    book: CourseBook,
    *,
    today: str,
    computer: SafeText,
) -> LiveRow:
    return LiveRow(
        learner_id=learner.learner_id,
        name=learner.short,
        state=alert.state,
        reason=safe_line(alert.reason),
        doing=SafeText("") if seat is None else _doing(seat, book),
        since_ms=alert.since_ms,
        today=today,
        computer=computer,
    )


def _note(state: LearnerState, at: Presence | None, book: CourseBook, moment_ms: int) -> SafeText:
    """What else a teacher should know of her now."""
    trial = trial_now(state, at)
    if trial is not None and trial.skill is None:
        return _FINDS_A_START
    return _words_note(state, book, moment_ms)


def _words_note(state: LearnerState, book: CourseBook, moment_ms: int) -> SafeText:
    """Whether today it was the words or the skill, of what she worked at last."""
    today = [t for t in state.tail if abs(moment_ms - t.happened_ms) < NIGHT_MS]
    said = [
        wording.sentence(shown, book.title(skill))
        for skill, shown in wording.found(today, book.course.words).items()
    ]
    return safe_line(said[-1]) if said else SafeText("")


def _presence(seat: Seat, book: CourseBook) -> Presence:
    about = book.about(seat.about)
    return Presence(seat.heard_ms, seat.doing, seat.since_ms, about.skill, about.item)


def _doing(seat: Seat, book: CourseBook) -> SafeText:
    """What is on her screen, with its place in the set or lesson: "Add fractions 5/8"."""
    title = book.about(seat.about).title
    place = f" {seat.nth}/{seat.of}" if seat.nth and seat.of else ""
    return SafeText(f"{title}{place}")


def _is_in(state: LearnerState, now_ms: int) -> bool:
    """She signed in today and has not signed out, as far as her computer could tell."""
    sitting = state.sitting
    if sitting is None or sitting.ended_ms is not None:
        return False
    last_ms = max((t.happened_ms for t in state.tail), default=sitting.began_ms)
    return abs(now_ms - max(last_ms, sitting.began_ms)) < NIGHT_MS


def _today(
    classroom: "Classroom", class_id: RecordId, moments: Mapping[LearnerId, int], now_ms: int
) -> dict[LearnerId, tuple[str, NodeId]]:
    """For each learner the signs of today's items, oldest first, and the computer of the last.

    `moments` is now for each of them; those whose clocks are wrong are read by themselves.
    """
    found: list[tuple[LearnerId, NodeId, Answer]] = []
    with classroom.store.reading() as connection:
        for moment in {now_ms, *moments.values()}:
            after_ms, until_ms = moment - NIGHT_MS, moment + NIGHT_MS
            found += (
                each
                for each in answer_rows.recent_of_class(
                    connection, class_id, after_ms=after_ms, until_ms=until_ms
                )
                if moments.get(each[0], now_ms) == moment
            )
    today: dict[LearnerId, tuple[str, NodeId]] = {}
    for learner_id, author, answer in found:
        if answer.try_nth != 1:
            continue
        sign = "o" if not answer.right else "+" if answer.help & HELPS else "#"
        before, _ = today.get(learner_id, ("", author))
        shown = before if answer.in_trial else before + sign
        today[learner_id] = (shown[-TODAY_MAX:], author)
    return today
