"""A learner's answers as rows that a teacher can read.

Owns: the question as it was asked, what was answered, whether it counts and why, how far its date
can be believed, and its place in the log. Does not know what an answer means.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.clocks import OFF_MS
from darasa.learning.evidence import ItemKey, SkillKey, Why, sentence
from darasa.learning.folding import Weighed
from darasa.learning.kinds import Attempt, Help, Observation, Source
from darasa.learning.reports.course_book import CourseBook
from darasa.learning.skill_state import DAY_MS
from darasa.sync import clock_rows
from darasa.sync.event import StoredEvent
from darasa.sync.timekeeping import EARLIEST_MS, LATEST_MS, is_believable

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_SEEN: Final = {
    Source.SCREEN: SafeText("seen by the teacher"),
    Source.PAPER: SafeText("seen on paper"),
    Source.ORAL: SafeText("heard by the teacher"),
}


class Dated(Enum):
    """How far the date of an answer can be believed."""

    RIGHT = 0
    ABOUT = 1  # its computer's clock was wrong, and a server said by how much
    UNKNOWN = 2  # no server did, and the date cannot be right


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One answer. `weight` is 1 when the model takes it, 0 when it is only kept.

    `log` and `seq` are its place: anyone who holds the log can look it up. `right` is as it counts;
    `turned` says so again where a teacher took it for something else than the course does.
    `seen_by`: the teacher who saw or heard it; None for an answer at a screen.
    """

    when_ms: int
    item: SafeText
    answer: SafeText
    right: bool
    help: SafeText
    try_nth: int
    weight: int
    why: Why
    reason: SafeText
    skills: tuple[SkillKey, ...]
    log: str
    seq: int
    dated: Dated
    seen_by: SafeText | None
    turned: bool | None
    item_key: ItemKey


def dates(classroom: "Classroom", now_ms: int) -> Callable[[StoredEvent], Dated]:
    """How far the date of an event can be believed, as this node knows it now."""
    school_id = classroom.home.school_id
    with classroom.store.reading() as connection:
        moved = clock_rows.corrected(connection, school_id, by_ms=OFF_MS)
    latest_ms = (now_ms if is_believable(now_ms) else LATEST_MS) + DAY_MS

    def dated(stored: StoredEvent) -> Dated:
        if not EARLIEST_MS <= stored.happened_ms <= latest_ms:
            return Dated.UNKNOWN
        return Dated.ABOUT if stored.log_id in moved else Dated.RIGHT

    return dated


def evidence_row(
    weighed: Weighed,
    book: CourseBook,
    dated: Callable[[StoredEvent], Dated],
    teacher: Callable[[bytes | None], SafeText],
) -> EvidenceRow:
    """One answer or observation as a row; `teacher` names who said something."""
    stored, evidence, mark = weighed.stored, weighed.evidence, weighed.mark
    match weighed.said:
        case Attempt() as said:
            item, answer = book.asked(said), book.answered(said)
            help_given, try_nth, seen_by = _help(said), said.try_nth, None
            right = mark.right_of(said)
            turned = None if mark.right is None or right == said.right else right
        case Observation() as said:
            item, answer = _SEEN[Source(said.source)], SafeText("")
            help_given, try_nth, seen_by = SafeText(""), 1, teacher(said.by)
            right, turned = bool(said.right), None
    return EvidenceRow(
        when_ms=stored.happened_ms,
        item=item,
        answer=answer,
        right=right,
        help=help_given,
        try_nth=try_nth,
        weight=evidence.weight,
        why=evidence.why,
        reason=safe_line(sentence(evidence.why)),
        skills=evidence.skills,
        log=stored.log_id.hex(),
        seq=stored.seq,
        dated=dated(stored),
        seen_by=seen_by,
        turned=turned,
        item_key=evidence.item,
    )


def _help(attempt: Attempt) -> SafeText:
    words: list[str] = []
    hints = attempt.help & Help.HINTS
    if hints:
        words.append("1 hint" if hints == 1 else f"{hints} hints")
    if attempt.help & Help.LESSON:
        words.append("lesson")
    if attempt.help & Help.SOLUTION:
        words.append("solution")
    return SafeText(", ".join(words))
