"""A class as a table: learners by skills, for pages, CSV and print. Reads only.

Owns: the table and its sums. No rank and no average of children: sums are of skills.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import SkillKey
from darasa.learning.learner_state import start
from darasa.learning.people.people import ClassRow
from darasa.learning.planning.needs import GOT
from darasa.learning.planning.standing import skill_standings
from darasa.learning.views import Standing
from darasa.sync.ids import LearnerId, RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


@dataclass(frozen=True, slots=True)
class SkillColumn:
    """A skill of the table, and how many of the class have got it."""

    key: SkillKey
    title: SafeText
    unit: SafeText
    got: int


@dataclass(frozen=True, slots=True)
class ClassReportRow:
    """One learner: her standing on each skill, in the order of the columns."""

    learner_id: LearnerId
    name: SafeText
    standings: tuple[Standing, ...]
    got: int
    answers: int
    last_ms: int | None


@dataclass(frozen=True, slots=True)
class ClassReport:
    """The table of a class as of `as_of_ms`."""

    record: ClassRow
    skills: tuple[SkillColumn, ...]
    rows: tuple[ClassReportRow, ...]
    as_of_ms: int


def class_report(
    classroom: "Classroom", class_id: RecordId, *, pack_id: str | None = None
) -> ClassReport:
    """The table of a class, over all packs or one. Raises NotFoundError for an unknown class."""
    record = classroom.people.class_row(class_id)
    now_ms = classroom.clock.wall_ms()
    packs = [p for p in classroom.course_book().packs if pack_id in (None, p.id)]
    columns = [row for pack in packs for row in skill_standings(pack, start(), now_ms)]
    rows: list[ClassReportRow] = []
    for learner in classroom.people.learners(class_id):
        state = classroom.state(learner.learner_id)
        found = [row for pack in packs for row in skill_standings(pack, state, now_ms)]
        standings = tuple(row.standing for row in found)
        rows.append(
            ClassReportRow(
                learner_id=learner.learner_id,
                name=learner.name,
                standings=standings,
                got=sum(standing in GOT for standing in standings),
                answers=state.attempts,
                last_ms=max((t.happened_ms for t in state.tail), default=None),
            )
        )
    skills = tuple(
        SkillColumn(of.key, of.title, of.unit, sum(row.standings[at] in GOT for row in rows))
        for at, of in enumerate(columns)
    )
    return ClassReport(record, skills, tuple(rows), now_ms)
