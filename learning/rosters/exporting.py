"""Class lists out: a CSV that imports again without change, and a OneRoster 1.1 export.

Owns: which columns leave the school: names, classes, register numbers, languages. Never a PIN,
never work. Does not know screens.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.learning.errors import NotHereError
from darasa.learning.people.short_names import folded
from darasa.learning.rosters.cells import csv_bytes, together
from darasa.learning.rosters.known import known_of, teacher_sources, teachers_of_classes
from darasa.learning.rosters.matching import Known, KnownLearner
from darasa.sync.ids import RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

HEADINGS: Final = ("name", "class", "register", "language")
_SCHOOL: Final = "school"
_YEAR: Final = "year"
_COURSE: Final = "course"

_COLUMNS: Final[Mapping[str, str]] = {
    "manifest.csv": "propertyName,value",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,"
    "parentSourcedId,schoolYear",
    "courses.csv": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
    "orgSourcedId,subjects,subjectCodes",
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"
    "classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,"
    "userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,"
    "password",
    "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
    "userSourcedId,role,primary,beginDate,endDate",
}
"""The columns of 1.1, in its order."""
_ABSENT: Final = (
    "categories", "classResources", "courseResources", "demographics", "lineItems", "resources",
    "results",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """A list that may leave. `without`: learners who are in no class and so not in it."""

    raw: bytes
    learners: int
    without: int


def export_csv(room: "Classroom") -> Exported:
    """Every learner who is in a class: one line each, by class and name."""
    people = _people(room, known_of(room))
    listed = sorted(
        (each for each in people if each.classes),
        key=lambda each: (folded(each.classes[0]), folded(each.name), each.learner_id),
    )
    rows = [(each.name, together(each.classes), each.number, each.language) for each in listed]
    return Exported(csv_bytes([HEADINGS, *rows]), len(rows), len(people) - len(rows))


def export_oneroster(room: "Classroom", *, year: int) -> Exported:
    """A zip of OneRoster 1.1, bulk. Ids are of the system that brought somebody, else ours."""
    known = known_of(room)
    people = _people(room, known)
    listed = [each for each in people if each.classes]
    files = _files(room, known, listed, year)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # no clock is believed
            archive.writestr(info, csv_bytes([_COLUMNS[name].split(","), *rows], mark=False))
    return Exported(out.getvalue(), len(listed), len(people) - len(listed))


def _people(room: "Classroom", known: Known) -> list[KnownLearner]:
    """Each learner once, with the classes of every entry of hers."""
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("Class lists are exported at the school server.")
    with room.store.reading() as connection:
        roots = dict(connection.execute("SELECT learner_id, root FROM lt_alias").fetchall())
    classes: dict[bytes, dict[RecordId, None]] = {}
    for each in known.learners:
        classes.setdefault(roots.get(each.learner_id, each.learner_id), {}).update(
            dict.fromkeys(each.class_ids)
        )
    return [
        KnownLearner(
            learner_id=each.learner_id,
            name=each.name,
            classes=tuple(sorted(known.classes[i] for i in classes[each.learner_id])),
            class_ids=tuple(sorted(classes[each.learner_id])),
            number=each.number,
            source=each.source,
            language=each.language,
        )
        for each in known.learners
        if roots.get(each.learner_id, each.learner_id) == each.learner_id
    ]


Rows = list[tuple[str, ...]]


def _files(
    room: "Classroom", known: Known, listed: Iterable[KnownLearner], year: int
) -> dict[str, Rows]:
    sources = {class_id: source for source, class_id in known.class_sources.items()}
    groups = {class_id: sources.get(class_id, class_id.hex()) for class_id in known.classes}
    staff = {person: source for source, person in teacher_sources(room).items()}
    users: Rows = []
    enrollments: Rows = []
    for each in listed:
        source = each.source or each.learner_id.hex()
        users.append(_user(source, "student", each.name, each.number))
        enrollments += [_enrolled(source, groups[i], "student", i) for i in each.class_ids]
    taught = teachers_of_classes(room)
    for row in room.people.teachers():
        source = staff.get(row.record_id, row.record_id.hex())
        users.append(_user(source, "teacher", row.name, ""))
        enrollments += [
            _enrolled(source, groups[class_id], "teacher", class_id)
            for class_id, persons in sorted(taught.items())
            if row.record_id in persons and class_id in groups
        ]
    session = (_YEAR, "", "", str(year), "schoolYear", f"{year}-01-01", f"{year}-12-31", "")
    return {
        "manifest.csv": _manifest(room.home.name),
        "orgs.csv": [(_SCHOOL, "", "", room.home.name, "school", "", "")],
        "academicSessions.csv": [(*session, str(year))],
        "courses.csv": [(_COURSE, "", "", _YEAR, "Darasa", "", "", _SCHOOL, "", "")],
        "classes.csv": [
            (source, "", "", known.classes[i], "", _COURSE, "", "homeroom", "", _SCHOOL, _YEAR)
            + ("",) * 3
            for i, source in sorted(groups.items())
        ],
        "users.csv": users,
        "enrollments.csv": enrollments,
    }


def _manifest(name: str) -> Rows:
    bulk = [
        (f"file.{each.removesuffix('.csv')}", "bulk") for each in _COLUMNS if each != "manifest.csv"
    ]
    return [
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.1"),
        *bulk,
        *((f"file.{each}", "absent") for each in _ABSENT),
        ("source.systemName", "Darasa"),
        ("source.systemCode", name),
    ]


def _user(source: str, role: str, name: str, number: str) -> tuple[str, ...]:
    """The last word is the family name there; a name of one word is a given name."""
    given, _, family = name.rpartition(" ")
    head = (source, "", "", "true", _SCHOOL, role, source, "")
    return (*head, given or name, family if given else "", "", number) + ("",) * 6


def _enrolled(who: str, where: str, role: str, class_id: RecordId) -> tuple[str, ...]:
    primary = "true" if role == "teacher" else "false"
    return (f"{class_id.hex()}-{who}", "", "", where, _SCHOOL, who, role, primary, "", "")
