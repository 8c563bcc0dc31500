"""Does an event count? Asked of every event before it is folded, of whatever kind.

Owns: putting together who may say what (`authority.py`), the restriction on the author, and a
school's word for what a teacher said at a computer. The answer depends on the set of events alone,
or on a computer on what its school says of other nodes. Does not change anything.
"""

import sqlite3
from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from darasa.learning.deciding.authority import May, may_say
from darasa.learning.deciding.decisions import Hold
from darasa.learning.kinds import Kind, Place
from darasa.sync.codec import CodecError, pack, split_values, unpack
from darasa.sync.event import StoredEvent
from darasa.sync.ids import NodeId, Role, SchoolId

SpeakerOf = Callable[[sqlite3.Connection, NodeId, SchoolId], Role]
"""The role under which an author's events count in a school."""

Author = tuple[SchoolId, NodeId]


class Why(StrEnum):
    """Why an event is kept and does not count."""

    MAY_NOT = "may-not"
    UNCONFIRMED = "unconfirmed"
    HELD = "held"


class Verdict(Struct, frozen=True):
    """`role` is the one the event counts under; None: it is kept and changes nothing, `why`."""

    role: Role | None
    why: Why | None = None

    @property
    def counts(self) -> bool:
        """Whether it is folded."""
        return self.role is not None


class Said(Struct, frozen=True):
    """What the question needs of an event."""

    school_id: SchoolId
    author: NodeId
    place: tuple[bytes, int, bytes]  # log_id, seq, whole chain
    kind: int
    field: str | None = None

    @property
    def tip(self) -> Place:
        """The event as a `confirm` or a restriction names it."""
        log_id, seq, chain = self.place
        return (log_id, seq, chain[:8])


class NodeRow(Struct, frozen=True):
    """What a school or hub has decided about a node, as it is kept in `lt_node`.

    `role` overrides the certificates (on a computer, which has none of others); `hold` restricts.
    """

    role: Role | None
    hold: Hold | None
    is_removed: bool


def node_rows(connection: sqlite3.Connection) -> dict[Author, NodeRow]:
    """Every node that something was decided about."""
    rows = connection.execute("SELECT school_id, node_id, role, hold, removed FROM lt_node")
    return {
        (SchoolId(school), NodeId(node)): NodeRow(
            None if role is None else Role(role),
            None if hold is None else hold_of_bytes(hold),
            bool(removed),
        )
        for school, node, role, hold, removed in rows
    }


def hold_bytes(hold: Hold) -> bytes:
    """A hold as it is kept and published: `[[[log_id, upto]...], [chain8...]]`, of a large one as
    many of them as it has parts, back to back.
    """
    return b"".join(
        pack((tuple(sorted(part.upto.items())), tuple(sorted(part.refused))))
        for part in hold.parts()
    )


def hold_of_bytes(raw: bytes) -> Hold:
    """The inverse of `hold_bytes`; of bytes of another form, a hold that takes nothing."""
    found = Hold({}, frozenset())
    try:
        for each in split_values(raw):
            upto, refused = unpack(each)
            found = found.with_part(Hold(dict(upto), frozenset(refused)))
    except (CodecError, TypeError, ValueError):
        return Hold({}, frozenset())
    return found


class Judge:
    """Answers for one transaction or snapshot: what was decided must not change meanwhile."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        speaker: SpeakerOf,
        nodes: Mapping[Author, NodeRow],
    ) -> None:
        self._connection = connection
        self._speaker = speaker
        self._nodes = nodes
        self._plain: dict[tuple[SchoolId, NodeId, int], Verdict] = {}
        self._authors: dict[Author, tuple[Role, Hold | None]] = {}

    def look(self, stored: StoredEvent) -> Verdict:
        """Whether an event counts. Cost: half a microsecond for an author met before."""
        key = (stored.school_id, stored.author, stored.event.kind)
        plain = self._plain.get(key)
        if plain is not None:
            return plain
        verdict = self.look_at(said_of(stored))
        role, hold = self.author(*key[:2])
        if hold is None and key[2] != Kind.OP and may_say(key[2], role) is May.YES:
            self._plain[key] = verdict  # whatever else she says of this kind
        return verdict

    def look_at(self, said: Said) -> Verdict:
        """The same of an event that is known by its row."""
        role, hold = self.author(said.school_id, said.author)
        if hold is not None and not hold.takes(*said.place):
            return _HELD
        may = may_say(said.kind, role, field=said.field)
        if may is May.YES:
            return _COUNTS[role]
        return self._unless_confirmed(may, said)

    def author(self, school_id: SchoolId, node_id: NodeId) -> tuple[Role, Hold | None]:
        """The role of an author in a school, and what restricts it."""
        key = (school_id, node_id)
        known = self._authors.get(key)
        if known is None:
            row = self._nodes.get(key)
            role = None if row is None else row.role
            known = (
                role or self._speaker(self._connection, node_id, school_id),
                None if row is None else row.hold,
            )
            self._authors[key] = known
        return known

    def _unless_confirmed(self, may: May, said: Said) -> Verdict:
        if may is May.NEVER:
            return _MAY_NOT
        found = self._connection.execute(
            "SELECT 1 FROM lt_decision WHERE school_id = ? AND kind = ? AND subject = ?"
            " AND role IS NOT NULL LIMIT 1",
            (said.school_id, int(Kind.CONFIRM), pack(said.tip)),
        ).fetchone()
        return _UNCONFIRMED if found is None else _COUNTS[Role.SCHOOL]


_HELD = Verdict(None, Why.HELD)
_MAY_NOT = Verdict(None, Why.MAY_NOT)
_UNCONFIRMED = Verdict(None, Why.UNCONFIRMED)
_COUNTS = {role: Verdict(role) for role in Role}


def said_of(stored: StoredEvent) -> Said:
    """An event as the question needs it."""
    event = stored.event
    return Said(
        stored.school_id,
        stored.author,
        (stored.log_id, stored.seq, stored.chain),
        event.kind,
        field_of(event.body) if event.kind == Kind.OP else None,
    )


def field_of(body: tuple[object, ...]) -> str:
    """The field that an op is about; empty for a body that is none."""
    field = body[1] if len(body) > 1 else None
    return field if isinstance(field, str) else ""
