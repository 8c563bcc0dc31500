"""An import: everything of a plan in one transaction, or nothing.

Owns: which ops a plan comes to. First PINs are hashed afterwards (decision 0018). Does not know
files or screens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from darasa.content_packs.safe_text import SafeText
from darasa.learning.errors import NotHereError
from darasa.learning.kinds import Op
from darasa.learning.people.people import class_fact
from darasa.learning.people.short_names import folded
from darasa.learning.records import (
    CLASS_SOURCE,
    CLASS_TEACHER,
    LEARNER_CLASS,
    LEARNER_LANGUAGE,
    LEARNER_REGISTER_NUMBER,
    LEARNER_SOURCE,
)
from darasa.learning.rosters.known import known_of, teachers_of_classes
from darasa.learning.rosters.leading import (
    followed_classes,
    leavers,
    renamed_classes,
    renamed_learner,
    staff_facts,
)
from darasa.learning.rosters.matching import Known, KnownLearner, Match, Plan, match_roster
from darasa.learning.rosters.new_learners import NewLearner, NewLearners
from darasa.learning.rosters.reading import Roster, RosterError, RosterRow
from darasa.sync.ids import ID_BYTES, RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact

Moves = Literal["leave", "add", "move"]
MOVES: Final[tuple[Moves, ...]] = ("leave", "add", "move")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `here`: who was there already; `moved`: whose classes changed;
    `completed`: who got a number or a language that was missing; `without`: teachers of classes who
    have no sign-in here; `staff`: people who were made and have no passphrase yet; `left`: learners
    who are off the lists now.
    """

    made: tuple[NewLearner, ...] = ()
    here: int = 0
    moved: int = 0
    completed: int = 0
    classes: tuple[SafeText, ...] = ()
    without: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    left: int = 0


def plan_roster(room: "Classroom", roster: Roster) -> Plan:
    """A class list beside this school, as it is now."""
    return match_roster(roster, known_of(room))


def import_roster(
    room: "Classroom",
    roster: Roster,
    *,
    same: frozenset[int] = frozenset(),
    moves: Moves = "leave",
    made_by: RecordId | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Make the new learners of a list, in one transaction or not at all.

    `same`: lines of those in two minds who are the one that is here; the others are made. `moves`:
    what becomes of the classes of those who are here. `made_by`: the teacher whose new classes are
    hers, as those are that she types. Raises RosterError when the list has errors,
    NotHereError at a node that is no school; then, as after any error, nothing has changed.
    """
    if roster.errors:
        raise RosterError(roster.errors)
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("Classes, learners and teachers are changed at the school server.")
    newly = NewLearners(room)
    newly.make_ready(match.row for match in plan_roster(room, roster).of("new"))
    with room.record.batch(), room.store.transaction() as tx:
        known = known_of(room)  # inside: nobody writes between looking and doing
        work = _Work(room, roster, known, newly, same=same, moves=moves)
        work.made_by = made_by
        matches = match_roster(roster, known).matches
        room.record.record(*work.new_classes(matches))
        for done, group in _by_class(matches):
            facts = [fact for match in group for fact in work.facts_of(match)]
            room.record.record(*facts)
            if progress is not None:
                progress(done, len(matches))
        room.record.record(*work.teachers(matches), *work.leading(known))
        for new in work.made:
            room.first_pins.keep(tx.connection, new.learner_id, new.pin)
    return work.told()


def _by_class(matches: Sequence[Match]) -> list[tuple[int, list[Match]]]:
    """The matches of each class together: a class is listed anew once; with how many are done."""
    groups: dict[str, list[Match]] = {}
    for match in matches:
        groups.setdefault(folded(match.row.class_name), []).append(match)
    done = 0
    told: list[tuple[int, list[Match]]] = []
    for group in groups.values():
        done += len(group)
        told.append((done, group))
    return told


@dataclass(slots=True)
class _Counts:
    here: int = 0
    moved: int = 0
    completed: int = 0
    classes: list[SafeText] = field(default_factory=list)
    without: dict[str, None] = field(default_factory=dict)
    staff: list[str] = field(default_factory=list)
    left: int = 0


class _Work:
    """One import under way: the classes by name, who was made, and the counts."""

    def __init__(
        self,
        room: "Classroom",
        roster: Roster,
        known: Known,
        newly: NewLearners,
        *,
        same: frozenset[int],
        moves: Moves,
    ) -> None:
        self._room = room
        self._roster = roster
        self._known = known
        self._newly = newly
        self._same = same
        self._moves = moves
        self._by_name = {folded(name): i for i, name in sorted(known.classes.items(), reverse=True)}
        self._by_source = dict(known.class_sources)
        self._counts = _Counts()
        self.made: list[NewLearner] = []
        self.made_by: RecordId | None = None

    def told(self) -> Imported:
        """What was done."""
        counts = self._counts
        return Imported(
            tuple(self.made),
            counts.here,
            counts.moved,
            counts.completed,
            tuple(counts.classes),
            tuple(counts.without),
            tuple(counts.staff),
            counts.left,
        )

    def new_classes(self, matches: Sequence[Match]) -> "list[Fact]":
        """The classes that the list needs and the school has not."""
        facts: list[Fact] = []
        for match in matches:
            if not self._is_made(match) and self._moves == "leave" and not self._roster.leads:
                continue
            for name, source in _classes_of(match.row):
                if self._class_id(name, source) is None:
                    facts += self._new_class(name, source)
        return facts

    def _new_class(self, name: SafeText, source: str) -> "list[Fact]":
        """A class; one of that name that nobody gave a foreign id yet is the one that is meant."""
        there = self._by_name.get(folded(name)) if source else None
        is_free = there is not None and there not in self._by_source.values()
        class_id = there if there is not None and is_free else RecordId(self._room.rng(ID_BYTES))
        facts: list[Fact] = []
        if not is_free:
            self._counts.classes.append(name)
            facts.append(class_fact(class_id, name))
            if self.made_by is not None:
                facts.append((None, Op(class_id, CLASS_TEACHER, self.made_by, ())))
        if source:
            self._by_source[source] = class_id
            facts.append((None, Op(class_id, CLASS_SOURCE, source, ())))
        else:
            self._by_name[folded(name)] = class_id
        return facts

    def _class_id(self, name: SafeText, source: str) -> RecordId | None:
        if source:
            return self._by_source.get(source) or self._known.class_of(source)
        return self._by_name.get(folded(name))

    def _class_of_source(self, source: str) -> RecordId | None:
        return self._class_id(SafeText(""), source)

    def _is_made(self, match: Match) -> bool:
        return match.verdict == "new" or (
            match.verdict == "asked" and match.row.line not in self._same
        )

    def facts_of(self, match: Match) -> "list[Fact]":
        """What a match comes to."""
        if self._is_made(match):
            return self._new_learner(match.row)
        assert match.whom is not None
        self._counts.here += 1
        facts = self._completing(match.row, match.whom)
        self._counts.completed += bool(facts)
        moving = self._moving(match, match.whom)
        self._counts.moved += bool(moving)
        renamed = self._renamed(match.row, match.whom)
        return facts + moving + renamed

    def _renamed(self, row: RosterRow, whom: KnownLearner) -> "list[Fact]":
        is_led = bool(self._roster.leads) and row.source == whom.source
        return renamed_learner(self._room, row, whom) if is_led else []

    def _new_learner(self, row: RosterRow) -> "list[Fact]":
        new, ops = self._newly.of(row)
        class_ids = self._ids_of(row)
        self.made.append(replace(new, class_id=next(iter(class_ids), None)))
        classes = [Op(new.learner_id, LEARNER_CLASS, i, ()) for i in class_ids]
        return [(new.learner_id, op) for op in (*ops, *classes)]

    def _ids_of(self, row: RosterRow) -> list[RecordId]:
        found = (self._class_id(name, source) for name, source in _classes_of(row))
        return list(dict.fromkeys(i for i in found if i is not None))

    def _completing(self, row: RosterRow, whom: KnownLearner) -> "list[Fact]":
        """What the list says of her that was not known: never another value for a known one."""
        learner_id = whom.learner_id
        ops: list[Op] = []
        if row.number and not whom.number:
            ops.append(self._newly.sealed(learner_id, LEARNER_REGISTER_NUMBER, row.number))
        if row.language and not whom.language:
            ops.append(Op(learner_id, LEARNER_LANGUAGE, row.language, ()))
        if row.source and not whom.source and row.source != learner_id.hex():
            ops.append(self._newly.sealed(learner_id, LEARNER_SOURCE, row.source))
        return [(learner_id, op) for op in ops]

    def _moving(self, match: Match, whom: KnownLearner) -> "list[Fact]":
        if self._roster.leads:
            theirs = set(self._by_source.values()) if self._roster.leads == "all" else set()
            return followed_classes(self._room, match.row, whom, self._class_of_source, theirs)
        if self._moves == "leave" or not match.lacks:
            return []
        record = self._room.people.record_of(whom.learner_id)
        now = set(record.values(LEARNER_CLASS))
        wanted = self._ids_of(match.row)
        gone: list[bytes] = []
        if self._moves == "move":
            for class_id in sorted(now - set(wanted)):
                gone += record.chains_of_value(LEARNER_CLASS, class_id)
        ops = [Op(whom.learner_id, LEARNER_CLASS, i, ()) for i in wanted if i not in now]
        if gone:
            first = ops[0].value if ops else None
            ops[:1] = [Op(whom.learner_id, LEARNER_CLASS, first, tuple(gone))]
        return [(whom.learner_id, op) for op in ops]

    def teachers(self, matches: Sequence[Match]) -> "list[Fact]":
        """Who teaches the classes of the list, where the person has a sign-in here."""
        staff = {folded(row.name): row.record_id for row in self._room.people.teachers()}
        now = teachers_of_classes(self._room)
        pairs: dict[tuple[RecordId, RecordId], None] = {}
        for match in matches:
            if not match.row.teacher:
                continue
            teacher_id = staff.get(folded(match.row.teacher))
            if teacher_id is None:
                self._counts.without[match.row.teacher] = None
                continue
            for class_id in self._ids_of(match.row):
                if teacher_id not in now.get(class_id, ()):
                    pairs[(class_id, teacher_id)] = None
        return [(None, Op(c, CLASS_TEACHER, t, ())) for c, t in pairs]

    def leading(self, known: Known) -> "list[Fact]":
        """What a list of another system changes besides."""
        if not self._roster.leads:
            return []
        staff, self._counts.staff = staff_facts(
            self._room, self._roster.staff, self._class_of_source
        )
        gone = leavers(self._room, self._roster, known)
        self._counts.left = len(gone)
        return [*renamed_classes(self._room, self._roster, known), *staff, *gone]


def _classes_of(row: RosterRow) -> list[tuple[SafeText, str]]:
    sources = row.class_sources or ("",) * len(row.classes)
    return list(zip(row.classes, sources, strict=True))
