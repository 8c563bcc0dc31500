"""Who of a class list is at the school already: new, here, or to be asked.

Owns: the order of the rules. A number or an id that another system gave says who somebody is; then
the name in the class; what is only alike is a question and never a refusal (R7, R11). Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from darasa.content_packs.safe_text import SafeText
from darasa.learning.people.short_names import folded
from darasa.learning.rosters.fields import plain
from darasa.learning.rosters.reading import Roster, RosterRow
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId

_SHORT: Final = 4  # in names of so few letters one letter makes another name: Ali, Asi

Verdict = Literal["new", "here", "asked"]
Question = Literal["other class", "alike"]


@dataclass(frozen=True, slots=True)
class KnownLearner:
    """A learner of the school. `number`, `source` and `language` are "" where there is none."""

    learner_id: LearnerId
    name: SafeText
    classes: tuple[SafeText, ...] = ()
    class_ids: tuple[RecordId, ...] = ()
    number: str = ""
    source: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Who and what a school has: learners, the names of classes, and classes by foreign id."""

    learners: tuple[KnownLearner, ...] = ()
    classes: Mapping[RecordId, SafeText] = field(default_factory=dict)
    class_sources: Mapping[str, RecordId] = field(default_factory=dict)

    def class_of(self, source: str) -> RecordId | None:
        """The class of a foreign id; our own exports call a class by its id here."""
        found = self.class_sources.get(source)
        if found is None and len(source) == 2 * ID_BYTES:
            return next((i for i in self.classes if i.hex() == source), None)
        return found


@dataclass(frozen=True, slots=True)
class Match:
    """What becomes of one row. `whom`: who it is, or may be. `lacks`: classes she is not in;
    `leaves`: classes that a list which leads takes her out of.
    """

    row: RosterRow
    verdict: Verdict
    whom: KnownLearner | None = None
    question: Question | None = None
    lacks: tuple[SafeText, ...] = ()
    leaves: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A class list beside the school: nothing has happened yet."""

    roster: Roster
    matches: tuple[Match, ...]

    def of(self, verdict: Verdict) -> list[Match]:
        """The matches of one verdict, by line."""
        return [match for match in self.matches if match.verdict == verdict]

    @property
    def changing(self) -> list[Match]:
        """Those who are here and whose classes a list that leads changes."""
        here = self.of("here") if self.roster.leads else []
        return [match for match in here if match.lacks or match.leaves]

    @property
    def stranded(self) -> list[Match]:
        """Those of them who would be in no class any more."""
        return [
            match
            for match in self.changing
            if match.whom is not None
            and not match.row.classes
            and len(match.leaves) == len(match.whom.class_ids)
        ]

    @property
    def elsewhere(self) -> list[Match]:
        """Those who are here, and not in every class that the file says."""
        return [match for match in self.matches if match.verdict == "here" and match.lacks]


def match_roster(roster: Roster, known: Known) -> Plan:
    """Say of each row whether it is new. Cost: a few look-ups a row."""
    book = _Book(known)
    sure = {row.line: whom for row in roster.rows if (whom := book.sure(row)) is not None}
    taken = {whom.learner_id for whom in sure.values()}
    for row in roster.rows:
        whom = None if row.line in sure else book.in_class(row, taken)
        if whom is not None:
            sure[row.line] = whom
            taken.add(whom.learner_id)
    matches: list[Match] = []
    for row in roster.rows:
        whom = sure.get(row.line)
        if whom is not None:
            lacks, leaves = book.lacking(row, whom), book.leaving(row, whom, roster.leads)
            matches.append(Match(row, "here", whom, lacks=lacks, leaves=leaves))
        else:
            matches.append(book.asked(row, taken) or Match(row, "new"))
    return Plan(roster, tuple(matches))


class _Book:
    """Who is known, by everything that she is looked up by."""

    def __init__(self, known: Known) -> None:
        self._classes = known.classes
        self._class_of = known.class_of
        self._classes = known.classes
        self._theirs = frozenset(known.class_sources.values())
        self._by_source = {each.learner_id.hex(): each for each in known.learners}
        self._by_source |= {each.source: each for each in known.learners if each.source}
        self._by_number = {folded(each.number): each for each in known.learners if each.number}
        self._by_place: dict[tuple[str, str], list[KnownLearner]] = {}
        self._by_name: dict[str, list[KnownLearner]] = {}
        self._near: dict[tuple[str, str], list[KnownLearner]] = {}
        for each in known.learners:
            self._by_name.setdefault(_words(each.name), []).append(each)
            for name in each.classes:
                key = (folded(each.name), folded(name))
                self._by_place.setdefault(key, []).append(each)
                for shape in _shapes(each.name):
                    self._near.setdefault((shape, folded(name)), []).append(each)

    def sure(self, row: RosterRow) -> KnownLearner | None:
        """Whose id or number it is."""
        found = self._by_source.get(row.source) if row.source else None
        if found is None and row.number:
            found = self._by_number.get(folded(row.number))
        return found

    def in_class(self, row: RosterRow, taken: set[LearnerId]) -> KnownLearner | None:
        """Who has that name in one of those classes, and no other number."""
        for name in self.class_names(row):
            for each in self._by_place.get((folded(row.name), folded(name)), ()):
                if each.learner_id not in taken and not _told_apart(row, each):
                    return each
        return None

    def asked(self, row: RosterRow, taken: set[LearnerId]) -> Match | None:
        """Who it may be: the same name elsewhere, or nearly the same in the same class."""
        near = (
            each
            for name in self.class_names(row)
            for shape in _shapes(row.name)
            for each in self._near.get((shape, folded(name)), ())
        )
        whom = _free(near, row, taken)
        if whom is not None:
            return Match(row, "asked", whom, "alike", self.lacking(row, whom))
        whom = _free(self._by_name.get(_words(row.name), ()), row, taken)
        if whom is not None:
            return Match(row, "asked", whom, "other class", self.lacking(row, whom))
        return None

    def class_names(self, row: RosterRow) -> tuple[SafeText, ...]:
        """The row's classes as they are called here."""
        if not row.class_sources:
            return row.classes
        ids = [self._class_of(source) for source in row.class_sources]
        return tuple(
            name if class_id is None else self._classes.get(class_id, name)
            for class_id, name in zip(ids, row.classes, strict=True)
        )

    def lacking(self, row: RosterRow, whom: KnownLearner) -> tuple[SafeText, ...]:
        """The row's classes that she is not in."""
        hers = set(map(folded, whom.classes))
        return tuple(name for name in self.class_names(row) if folded(name) not in hers)

    def leaving(self, row: RosterRow, whom: KnownLearner, leads: str) -> tuple[SafeText, ...]:
        """The classes that a list which leads takes her out of: see `leading.followed_classes`."""
        if not leads:
            return ()
        out = self._theirs if leads == "all" else frozenset(map(self._class_of, row.drops))
        kept = set(map(self._class_of, row.class_sources))
        return tuple(self._classes[i] for i in whom.class_ids if i in out and i not in kept)


def _told_apart(row: RosterRow, known: KnownLearner) -> bool:
    """Both have a number, or an id of another system, and not the same one."""
    numbers = row.number and known.number and folded(row.number) != folded(known.number)
    return bool(numbers) or bool(row.source and known.source and row.source != known.source)


def _free(
    candidates: Iterable[KnownLearner], row: RosterRow, taken: set[LearnerId]
) -> KnownLearner | None:
    fits = (c for c in candidates if c.learner_id not in taken and not _told_apart(row, c))
    return next(fits, None)


def _words(name: str) -> str:
    """A name whose words may stand in any order, without accents."""
    return " ".join(sorted(plain(name).split()))


def _shapes(name: str) -> Sequence[str]:
    """The name, and the name with each of its letters left out: names one letter apart share one.

    Two that are a moved letter apart share one too, and are worth a question as well.
    """
    whole = _words(name)
    if len(whole) <= _SHORT:
        return (whole,)
    return (whole, *(whole[:at] + whole[at + 1 :] for at in range(len(whole))))
