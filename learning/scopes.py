"""Scopes of the feed and the values of its records (sync.md section 7).

Pure. A scope is bytes: `b"s"` is what all of a school may know (classes, pack versions),
`b"c" + class_id` the learners of a class, `b"l" + learner_id` copies of one learner's events,
`b"p"` fits of parameters (fits/values.py). A value is msgpack of an array whose first element names
its shape; unknown shapes are not shown.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from darasa.learning.kind_fields import Bytes8, Bytes16, Key, Picks, Text200, Values
from darasa.learning.people.short_names import clean_name
from darasa.learning.signing_in.checks import SECRETS_MAX, Checks, CodeCheck
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.ids import hash16

SCHOOL_SCOPE: Final = b"s"
FITS_SCOPE: Final = b"p"
_CLASS: Final = b"c"
_LEARNER: Final = b"l"
_PREFIX_BYTES: Final = 1
COURSES_MAX: Final = 200
COURSE_CHARS_MAX: Final = 120
ASSIGNED_MAX: Final = 200
"""Things set for one class, or for one learner by name: a school year of one a day."""

SET_SKILLS_MAX: Final = 60
TITLE_CHARS_MAX: Final = 80
SetSkills = Annotated[tuple[tuple[Key, Key], ...], Meta(min_length=1, max_length=SET_SKILLS_MAX)]
UntilMs = Annotated[int, Meta(ge=0, le=2**48)] | None
CourseName = Annotated[str, Meta(min_length=1, max_length=COURSE_CHARS_MAX)]
Assigned = Annotated[tuple[Bytes16, ...], Meta(max_length=ASSIGNED_MAX)]


class ClassValue(Struct, frozen=True, array_like=True, tag="class"):
    """`["class", name, sign_in?, courses?]`: a class of the school.

    `sign_in` is what its learners choose as a secret: "pin", or "pictures". `courses` are the ids
    of its packs; none: all that the school has. A program that knows neither passes over them.
    """

    name: str
    sign_in: str = SecretKind.TYPED.word
    courses: Annotated[tuple[CourseName, ...], Meta(max_length=COURSES_MAX)] = ()

    def to_bytes(self) -> bytes:
        """As it is published."""
        if self.courses:
            return pack(("class", self.name, self.sign_in, self.courses))
        other = () if self.sign_in == SecretKind.TYPED.word else (self.sign_in,)
        return pack(("class", self.name, *other))


class PackValue(Struct, frozen=True, array_like=True, tag="pack"):
    """`["pack", id, version, sequence, manifest]`: a pack that the school serves.

    `manifest` is the hash of its manifest.
    """

    pack_id: str
    version: str
    sequence: int
    manifest: bytes

    @property
    def record_id(self) -> bytes:
        """One record a pack, whatever its version."""
        return hash16(b"pack\0" + self.pack_id.encode())

    def to_bytes(self) -> bytes:
        """As it is published."""
        return pack(("pack", self.pack_id, self.version, self.sequence, self.manifest))


class KeptValue(Struct, frozen=True, array_like=True, tag="kept"):
    """`["kept", name, sealed|nil, [record_id…]?]`: a learner value as a computer keeps it, never on
    the wire.

    What her sign-in is checked against is under the machine's secret.
    """

    name: str
    sealed: bytes | None
    assigned: Assigned = ()

    def to_bytes(self) -> bytes:
        """As it is kept."""
        more = (self.assigned,) if self.assigned else ()
        return pack(("kept", self.name, self.sealed, *more))


class LearnerValue(Struct, frozen=True, array_like=True, tag="learner"):
    """`["learner", name, verifier|nil, [verifier…]?, code|nil?, unlocked|nil?, [record_id…]?]`: one
    of a class.

    The name is as shown; `verifier` is what her PIN or pictures are checked against, `others` those
    of other secrets of hers that work until a teacher has chosen. `code` and `unlocked` are as
    `sign_in_checks.Checks` has them. `assigned` is what was set for her by name, in order.
    """

    name: str
    verifier: bytes | None
    others: tuple[bytes, ...] = ()
    code: CodeCheck | None = None
    unlocked: bytes | None = None
    assigned: Assigned = ()

    @classmethod
    def of(cls, name: str, checks: Checks, assigned: Assigned = ()) -> "LearnerValue":
        """The value of a name and what its sign-in is checked against."""
        first = checks.verifiers[0] if checks.verifiers else None
        return cls(name, first, checks.verifiers[1:], checks.code, checks.unlocked, assigned)

    @property
    def checks(self) -> Checks:
        """What her sign-in is checked against."""
        verifiers = () if self.verifier is None else (self.verifier, *self.others)
        return Checks(verifiers[:SECRETS_MAX], self.code, self.unlocked)

    def to_bytes(self) -> bytes:
        """As it is published."""
        code = None if self.code is None else self.code.parts()
        more: tuple[object, ...] = (self.others, code, self.unlocked)
        if self.assigned:
            more = (*more, self.assigned)
        elif more == ((), None, None):
            more = ()
        return pack(("learner", self.name, self.verifier, *more))


class SealKeyValue(Struct, frozen=True, array_like=True, tag="seal"):
    """`["seal", public]`: the X25519 key that personal text of the school is sealed to from now."""

    public: Annotated[bytes, Meta(min_length=32, max_length=32)]

    @property
    def record_id(self) -> bytes:
        """The one record of a school."""
        return hash16(b"seal key")

    def to_bytes(self) -> bytes:
        """As it is published."""
        return pack(("seal", self.public))


class NodeValue(Struct, frozen=True, array_like=True, tag="node"):
    """`["node", node_id, role|nil, hold|nil, part?]`: what the school says of a node.

    `role` when it is not a computer of the school; `hold`: which of its events count, as
    `judging.hold_bytes` has it, nil for all. A hold on thousands of logs is told in several
    records, numbered from 0; what any of them takes counts.
    """

    node_id: bytes
    role: str | None
    hold: bytes | None
    part: Annotated[int, Meta(ge=0, le=100_000)] = 0

    @property
    def record_id(self) -> bytes:
        """One record a node, or a part of what is said of it."""
        number = pack(self.part) if self.part else b""
        return hash16(b"node\0" + self.node_id + number)

    def to_bytes(self) -> bytes:
        """As it is published."""
        number = (self.part,) if self.part else ()
        return pack(("node", self.node_id, self.role, self.hold, *number))


class ComputerValue(Struct, frozen=True, array_like=True, tag="computer"):
    """`["computer", node_id, name]`: what people call a computer of the school."""

    node_id: bytes
    name: str

    @property
    def record_id(self) -> bytes:
        """One record a computer."""
        return hash16(b"computer\0" + self.node_id)

    def to_bytes(self) -> bytes:
        """As it is published."""
        return pack(("computer", self.node_id, self.name))


class AliasValue(Struct, frozen=True, array_like=True, tag="alias"):
    """`["alias", learner_id, root]`: a learner who is known by another id too."""

    learner_id: bytes
    root: bytes

    @property
    def record_id(self) -> bytes:
        """One record an id that was given up."""
        return hash16(b"alias\0" + self.learner_id)

    def to_bytes(self) -> bytes:
        """As it is published."""
        return pack(("alias", self.learner_id, self.root))


class WithdrawnValue(Struct, frozen=True, array_like=True, tag="withdrawn"):
    """`["withdrawn", pack, item]`: no answer to an item counts in the school."""

    pack: Key
    item: Key

    @property
    def record_id(self) -> bytes:
        """One record an item."""
        return hash16(b"withdrawn\0" + pack((self.pack, self.item)))

    def to_bytes(self) -> bytes:
        """As it is published."""
        return pack(("withdrawn", self.pack, self.item))


class OverturnedValue(Struct, frozen=True, array_like=True, tag="overturned"):
    """`["overturned", pack, item, [value…], answer, right|nil, ever, version|nil]`: what a teacher
    said of an answer to these numbers of an item, made plain (marks.py); `ever`: it was right to
    one once; `version`: of the item whose choices they are.
    """

    pack: Key
    item: Key
    values: Values
    answer: Text200 | Picks
    right: bool | None
    ever: bool
    version: Bytes8 | None = None

    @property
    def record_id(self) -> bytes:
        """One record an answer."""
        about = (self.pack, self.item, self.values, self.answer, self.version)
        return hash16(b"overturned\0" + pack(about))

    def to_bytes(self) -> bytes:
        """As it is published."""
        about = (self.pack, self.item, self.values, self.answer)
        return pack(("overturned", *about, self.right, self.ever, self.version))


ItemValue = WithdrawnValue | OverturnedValue


class AssignmentValue(Struct, frozen=True, array_like=True, tag="assigned"):
    """`["assigned", title, by, [[pack, skill]…], until_ms|nil, for_all]`: what a teacher has set.

    In the scope of its class, under its own record id. `by` is the teacher's name as shown, `until`
    the end of the last day. `for_all`: for the whole class; else for those of its learners whose
    values name the record.
    """

    title: Annotated[str, Meta(max_length=TITLE_CHARS_MAX)]
    by: Annotated[str, Meta(max_length=TITLE_CHARS_MAX)]
    skills: SetSkills
    until_ms: UntilMs
    for_all: bool

    def to_bytes(self) -> bytes:
        """As it is published."""
        rest = (self.skills, self.until_ms, self.for_all)
        return pack(("assigned", self.title, self.by, *rest))


Value = (
    ClassValue | PackValue | LearnerValue | KeptValue | SealKeyValue | NodeValue | ComputerValue
    | AliasValue | ItemValue | AssignmentValue
)  # fmt: skip


def parse_value(raw: bytes) -> Value | None:
    """The value of a feed record; None for a shape that this version does not know.

    Names are cleaned again: what comes from a peer is as strange as what comes from a keyboard.
    """
    try:
        value: Value = convert(unpack(raw), Value)
    except (CodecError, msgspec.ValidationError):
        return None
    if isinstance(value, PackValue | SealKeyValue | NodeValue | AliasValue | ItemValue):
        return value
    if isinstance(value, AssignmentValue):
        title = clean_name(value.title) if value.title else ""
        return replace(value, title=title, by=clean_name(value.by) if value.by else "")
    return replace(value, name=clean_name(value.name))


def class_scope(class_id: bytes) -> bytes:
    """The scope of one class."""
    return _CLASS + class_id


def learner_scope(learner_id: bytes) -> bytes:
    """The scope of one learner's own events."""
    return _LEARNER + learner_id


def class_of(scope: bytes) -> bytes | None:
    """The class of a class scope, None for another scope."""
    return scope[_PREFIX_BYTES:] if scope[:_PREFIX_BYTES] == _CLASS else None


def learner_of(scope: bytes) -> bytes | None:
    """The learner of a learner scope, None for another scope."""
    return scope[_PREFIX_BYTES:] if scope[:_PREFIX_BYTES] == _LEARNER else None
