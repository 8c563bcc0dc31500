"""A OneRoster export as the class list of one school.

Owns: which people and classes of an export are that school's, and what a change of somebody who is
not in the file herself means. Pure. Does not know files or ops.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from darasa.content_packs.safe_text import SafeText
from darasa.learning.people.short_names import clean_name, folded
from darasa.learning.rosters.fields import Field
from darasa.learning.rosters.matching import Known
from darasa.learning.rosters.oneroster import Enrollment, OneRoster, Org, User
from darasa.learning.rosters.reading import (
    NUMBER_CHARS_MAX,
    Roster,
    RosterFinding,
    RosterRow,
    StaffRow,
    notes_on,
    what_is_wrong,
)
from darasa.learning.rosters.table import ROWS_MAX

_STUDENT = "student"
_TEACHER = "teacher"


def schools_of(read: OneRoster) -> list[Org]:
    """The schools of an export, by name; without a file of them, those that its classes name."""
    named = list(read.orgs.values()) or [
        Org(source, source) for source in {group.org for group in read.groups.values()}
    ]
    return sorted(named, key=lambda org: (folded(org.name), org.source))


def school_called(read: OneRoster, wanted: str) -> Org | None:
    """The school of that id or name; the only one when none is wanted. None: choose one."""
    schools = schools_of(read)
    if not wanted:
        return schools[0] if len(schools) == 1 else None
    fits = [org for org in schools if org.source == wanted]
    fits = fits or [org for org in schools if folded(org.name) == folded(wanted)]
    return fits[0] if len(fits) == 1 else None


@dataclass(slots=True)
class _Places:
    """Where somebody is, by what an export says: classes she is in, and classes she has left."""

    classes: dict[str, None] = field(default_factory=dict)
    primary: dict[str, None] = field(default_factory=dict)
    left: dict[str, None] = field(default_factory=dict)
    line: int = 0


def list_of_school(read: OneRoster, org: Org, known: Known, staff: Mapping[str, str]) -> Roster:
    """The list of one school; a change may be of `known` and `staff` (foreign id to name)."""
    return _Listing(read, org, known, staff).roster()


class _Listing:
    """One pass over an export."""

    def __init__(self, read: OneRoster, org: Org, known: Known, staff: Mapping[str, str]) -> None:
        self._read = read
        self._org = org
        self._learners = {each.source: each for each in known.learners if each.source}
        self._staff = staff
        self._titles = {source: known.classes[i] for source, i in known.class_sources.items()}
        self._findings = list(read.findings)
        groups = [g for g in read.groups.values() if g.org == org.source and not g.gone]
        newest = max((group.year for group in groups), default=0)
        self._past = {g.source for g in groups if 0 < g.year < newest}
        for group in groups:
            if group.source not in self._past:
                self._titles[group.source] = self._title(group.line, group.title)
        if self._past:
            what = f"Classes of years before {newest} are left out: {len(self._past)}."
            self._say(0, what, "note", "classes.csv")

    def roster(self) -> Roster:
        """The list."""
        students, teachers = self._places()
        rows = [row for each in self._of(students) if (row := self._row(*each)) is not None]
        if len(rows) > ROWS_MAX:
            self._say(0, f"More than {ROWS_MAX} learners at one school.", "error", "users.csv")
        staff = [self._member(*each) for each in self._of(teachers)]
        gone = tuple(u.source for u in self._read.users.values() if u.gone)
        if not rows and not staff and not gone and not self._errors():
            self._say(0, "Nobody of this school is in it.", "error", "users.csv")
        self._findings.sort(key=lambda found: (found.file, found.line))
        return Roster(
            rows=tuple(sorted(rows, key=lambda row: row.line)),
            findings=tuple(self._findings),
            encoding=f"OneRoster {self._read.version}",
            leads="all" if self._read.mode == "bulk" else "changes",
            staff=tuple(each for each in staff if each is not None),
            titles=tuple(sorted(self._titles_here().items())),
            gone=gone,
        )

    def _errors(self) -> bool:
        return any(found.level == "error" for found in self._findings)

    def _titles_here(self) -> dict[str, SafeText]:
        return {s: t for s, t in self._titles.items() if s in self._read.groups}

    def _places(self) -> tuple[dict[str, _Places], dict[str, _Places]]:
        """Who is where: students and teachers by their ids; those without a class too."""
        by_role: dict[str, dict[str, _Places]] = {_STUDENT: {}, _TEACHER: {}}
        for each in self._read.enrollments:
            if each.role in by_role and self._is_here(each):
                places = by_role[each.role].setdefault(each.user, _Places(line=each.line))
                into = places.left if each.gone else places.classes
                into[each.group] = None
                if each.primary:
                    places.primary[each.group] = None
        for user in self._read.users.values():
            for role, found in by_role.items():
                if user.is_a(role, self._org.source):
                    found.setdefault(user.source, _Places())
        return by_role[_STUDENT], by_role[_TEACHER]

    def _is_here(self, each: Enrollment) -> bool:
        """Whether an enrollment is of a class of this school, and of somebody there is."""
        if each.group in self._past:
            return False
        if each.group in self._titles:
            if each.user in self._read.users or self._knows(each.user):
                return True
            what = "This enrollment is of nobody in the export. It is left out."
            self._say(each.line, what, "note", "enrollments.csv")
        elif each.group not in self._read.groups:
            what = "This enrollment is in no class of the export. It is left out."
            self._say(each.line, what, "note", "enrollments.csv")
        return False

    def _knows(self, source: str) -> bool:
        return source in self._learners or source in self._staff

    def _of(self, places: Mapping[str, _Places]) -> list[tuple[str, User | None, _Places]]:
        """Those who are not to be deleted; somebody known stands in no line of her own."""
        users = self._read.users
        return [
            (source, users.get(source), where)
            for source, where in places.items()
            if source not in users or not users[source].gone
        ]

    def _row(self, source: str, user: User | None, places: _Places) -> RosterRow | None:
        known = self._learners.get(source)
        sources = tuple(places.classes)
        if user is None:
            name, line, number = (known.name if known else ""), places.line, ""
        else:
            name, line, number = user.name, user.line, user.number
        if known is None and (user is None or not self._is_taken(user, sources)):
            return None
        wrong = what_is_wrong(name, {Field.CLASS: "-1"})
        if wrong:
            self._say(line, wrong, "error", "users.csv")
            return None
        row = RosterRow(
            line=line,
            name=clean_name(name),
            classes=tuple(self._titles[each] for each in sources),
            number=clean_name(number) if 0 < len(number) <= NUMBER_CHARS_MAX else "",
            source=source,
            class_sources=sources,
            drops=tuple(each for each in places.left if each not in places.classes),
        )
        for note in notes_on(line, name, {}, row):
            self._say(line, note.what, note.level, "users.csv")
        return row

    def _is_taken(self, user: User, sources: tuple[str, ...]) -> bool:
        """Whether a learner who is new here is made."""
        if not sources:
            self._say(user.line, "In no class here: left out.", "note", "users.csv")
        elif not user.enabled:
            self._say(user.line, "May not sign in there: left out.", "note", "users.csv")
        return bool(sources) and user.enabled

    def _member(self, source: str, user: User | None, places: _Places) -> StaffRow | None:
        if user is None and source not in self._staff:
            return None  # a learner's id where a teacher's should be
        name = self._staff[source] if user is None else user.name
        line = places.line if user is None else user.line
        wrong = what_is_wrong(name, {Field.CLASS: "-1"})
        if wrong:
            self._say(line, wrong, "error", "users.csv")
            return None
        mine = places.primary or places.classes
        return StaffRow(line, clean_name(name), source, tuple(mine))

    def _title(self, line: int, title: str) -> SafeText:
        wrong = what_is_wrong("-1", {Field.CLASS: title.replace(";", ",")})
        if wrong:
            self._say(line, wrong, "error", "classes.csv")
        return clean_name(title)

    def _say(self, line: int, what: str, level: str, file: str) -> None:
        self._findings.append(
            RosterFinding(line, what, "error" if level == "error" else "note", file)
        )
