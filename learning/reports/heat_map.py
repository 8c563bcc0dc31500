"""A class by the skills of one unit: where each learner is, and how sure that is (ux.md 8.5).

Owns: the cells and their sums. No rank and no average of children: the order is by name, or by how
much is begun and not got, so that those who need a teacher are on top. Reads only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.evidence import SkillKey
from darasa.learning.learner_values import LearnerState
from darasa.learning.people.lists import ClassRow, LearnerRow
from darasa.learning.planning.needs import GOT
from darasa.learning.planning.standing import skill_standings
from darasa.learning.reports.certainty import Certainty, certainty_of
from darasa.learning.reports.class_read import ClassRead, read_class
from darasa.learning.reports.tried_read import read_tried
from darasa.learning.reports.wrong_answers import WrongAnswer, wrong_answers
from darasa.learning.views import SkillStanding, Standing
from darasa.sync.ids import RecordId

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack
    from darasa.learning.classroom import Classroom

WRONG_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a course."""

    pack: str
    course: SafeText
    title: SafeText


@dataclass(frozen=True, slots=True)
class Cell:
    """One learner, one skill. `judged` is a teacher's word, "" for none."""

    standing: Standing
    certainty: Certainty | None  # None before the first answer
    judged: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One skill, and how many of the class have got it or are learning it."""

    key: SkillKey
    title: SafeText
    got: int
    learning: int


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One learner. `not_yet` are the skills that she began and has not got."""

    learner: LearnerRow
    cells: tuple[Cell, ...]
    got: int
    not_yet: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A class and one unit of its courses; `shown` is None for a class without courses."""

    record: ClassRow
    units: tuple[Unit, ...]
    shown: Unit | None
    columns: tuple[Column, ...]
    rows: tuple[HeatRow, ...]
    wrong: tuple[WrongAnswer, ...]
    as_of_ms: int


def heat_map(
    classroom: "Classroom", class_id: RecordId, *, unit: int | None = None, by_need: bool = False
) -> HeatMap:
    """The map of a unit, by its place among the class's; None: where most is being learnt.

    Raises NotFoundError for a class or unit that is not here.
    """
    read = read_class(classroom, class_id)
    units = _units(read.packs)
    standings = [_standings(read, read.states[who]) for who in read.ids]
    at = _busiest(units, standings) if unit is None or not 0 <= unit < len(units) else unit
    if at is None:
        return HeatMap(read.record, (), None, (), (), (), read.now_ms)
    shown = units[at]
    keys = [row.key for row in _rows(read.packs, read.now_ms) if _unit_of(row, shown)]
    rows = [
        _row(learner, read.states[learner.learner_id], keys, found)
        for learner, found in zip(read.learners, standings, strict=True)
    ]
    if by_need:
        rows.sort(key=lambda row: -row.not_yet)
    titles = {row.key: row.title for row in _rows(read.packs, read.now_ms)}
    return HeatMap(
        record=read.record,
        units=units,
        shown=shown,
        columns=tuple(_column(key, titles[key], nth, rows) for nth, key in enumerate(keys)),
        rows=tuple(rows),
        wrong=_wrong(classroom, read, keys),
        as_of_ms=read.now_ms,
    )


def _rows(packs: "Sequence[Pack]", now_ms: int) -> list[SkillStanding]:
    return [row for pack in packs for row in skill_standings(pack, LearnerState(), now_ms)]


def _units(packs: "Sequence[Pack]") -> tuple[Unit, ...]:
    titles = {pack.id: safe_line(pack.title) for pack in packs}
    found = dict.fromkeys((row.key[0], row.unit) for row in _rows(packs, 0))
    return tuple(Unit(pack, titles[pack], unit or titles[pack]) for pack, unit in found)


def _unit_of(row: SkillStanding, unit: Unit) -> bool:
    return row.key[0] == unit.pack and (row.unit or unit.course) == unit.title


def _standings(read: ClassRead, state: LearnerState) -> dict[SkillKey, SkillStanding]:
    return {
        row.key: row for pack in read.packs for row in skill_standings(pack, state, read.now_ms)
    }


def _busiest(
    units: Sequence[Unit], standings: Sequence[dict[SkillKey, SkillStanding]]
) -> int | None:
    """The unit with most skills begun and not got; the first of them, and of none."""
    busy = [
        sum(
            row.standing is Standing.LEARNING and _unit_of(row, unit)
            for found in standings
            for row in found.values()
        )
        for unit in units
    ]
    return busy.index(max(busy)) if busy else None


def _row(
    learner: LearnerRow,
    state: LearnerState,
    keys: Sequence[SkillKey],
    found: dict[SkillKey, SkillStanding],
) -> HeatRow:
    cells = []
    for key in keys:
        skill = state.skill(key)
        judged = "" if skill.judged is None or skill.is_disputed else skill.judged.word
        certainty = certainty_of(skill) if skill.chances else None
        cells.append(Cell(found[key].standing, certainty, judged))
    return HeatRow(
        learner,
        tuple(cells),
        got=sum(cell.standing in GOT for cell in cells),
        not_yet=sum(cell.standing is Standing.LEARNING for cell in cells),
    )


def _column(key: SkillKey, title: SafeText, nth: int, rows: Sequence[HeatRow]) -> Column:
    cells = [row.cells[nth] for row in rows]
    return Column(
        key,
        title,
        got=sum(cell.standing in GOT for cell in cells),
        learning=sum(cell.standing is Standing.LEARNING for cell in cells),
    )


def _wrong(
    classroom: "Classroom", read: ClassRead, keys: Sequence[SkillKey]
) -> tuple[WrongAnswer, ...]:
    rows = read_tried(classroom, read.ids)
    packs = {pack.id: pack for pack in read.packs}
    wanted = set(keys)
    found = (each for each in wrong_answers(rows, packs) if wanted & set(each.skills))
    return tuple(found)[:WRONG_TOLD]
