"""Rows of fits: those that are known at a node, and by which one each school folds its learners.

Owns: the tables lt_fit, lt_fit_part and lt_rules, what a school or hub publishes of them, and the
models that were made from them. A fit comes in events (kind 8), or in records of the feed from the
server above; one that does not hold is kept with the sentence that says why, and never used. Does
not fold anyone.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from darasa.learning.deciding.judging import Judge
from darasa.learning.errors import FitError
from darasa.learning.fits.signed_fit import SignedFit, joined, open_fit, parts_of
from darasa.learning.fits.values import (
    FitPartValue,
    RulesValue,
    parse_fit_value,
    whole_fits,
)
from darasa.learning.fold_rules import SHIPPED_RULES, FoldRules
from darasa.learning.kinds import FIT_PARTS_MAX, FitPart, Kind, KindError, payload_of
from darasa.learning.scopes import FITS_SCOPE
from darasa.sync import feed, reads
from darasa.sync.event import StoredEvent
from darasa.sync.ids import NO_SCHOOL, NodeId, Role, SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx

JudgeOf = Callable[[sqlite3.Connection], Judge]
SaidOf = Callable[[sqlite3.Connection, SchoolId], Sequence[bytes | None]]
"""The fit that a school has said its learners go by, then what stands in for it, one after the
other; None: what ships. Nothing where it has said nothing."""

_MODELS_KEPT: Final = 4  # a hub folds learners of several schools
_OFFERED: Final = 2
"""Fits that a hub offers its schools: the newest, and the one before for who has begun with it."""

_RECORDS_MAX: Final = 4 * FIT_PARTS_MAX
"""Of a server that says more than any does, the rest is not read into memory."""

_BY_EVENT, _BY_FEED = 0, 1
_SCHOOLS: Final = "SELECT school_id FROM lt_rules"


class FitRow(msgspec.Struct, frozen=True):
    """A fit as it is listed. `fault`: why it is not used, empty for a good one."""

    fit_id: bytes
    version: int
    name: str
    mode: str
    maker: NodeId
    made_ms: int
    items: int
    skills: int
    source: str
    fault: str


class FitRows:
    """Keeps the fits of one node."""

    def __init__(
        self, *, role: Role, school_id: SchoolId, judge_of: JudgeOf, said_of: SaidOf
    ) -> None:
        self._role = role
        self._school_id = school_id
        self._judge_of = judge_of
        self._said_of = said_of
        self._models: dict[bytes, FoldRules] = {}

    # -- what is in force -----------------------------------------------------------------

    def rules(self, connection: sqlite3.Connection, school_id: bytes | None = None) -> FoldRules:
        """By what the learners of a school are folded here; of this node's own without one."""
        row = connection.execute(
            "SELECT in_use FROM lt_rules WHERE school_id = ?", (school_id or self._school_id,)
        ).fetchone()
        if row is None or row[0] is None:
            return SHIPPED_RULES
        return self._models.get(row[0]) or self._loaded(connection, row[0])

    def lacks(self, connection: sqlite3.Connection) -> bytes | None:
        """The fit that this node's school goes by and this node does not have, or cannot use."""
        row = connection.execute(
            "SELECT said FROM lt_rules WHERE school_id = ? AND said IS NOT in_use",
            (self._school_id,),
        ).fetchone()
        return None if row is None else row[0]

    def listed(self, connection: sqlite3.Connection) -> list[FitRow]:
        """The fits that are known here, the newest version first."""
        rows = connection.execute(
            "SELECT fit_id, version, name, mode, maker, made_ms, items, skills, source, fault"
            " FROM lt_fit ORDER BY version DESC, made_ms DESC, fit_id"
        )
        return [FitRow(*row) for row in rows]

    def signed(self, connection: sqlite3.Connection, fit_id: bytes) -> bytes:
        """The signed bytes of a good fit. Raises FitError."""
        row = connection.execute(
            "SELECT signed, fault FROM lt_fit WHERE fit_id = ?", (fit_id,)
        ).fetchone()
        if row is None or row[1]:
            raise FitError("That fit is not here.")
        return bytes(row[0])

    def is_written(self, connection: sqlite3.Connection, fit_id: bytes) -> bool:
        """Whether a fit is in events that are held here, and not in the feed alone."""
        found = connection.execute(
            "SELECT 1 FROM lt_fit WHERE fit_id = ? AND told = ?", (fit_id, _BY_EVENT)
        ).fetchone()
        return found is not None

    def _loaded(self, connection: sqlite3.Connection, fit_id: bytes) -> FoldRules:
        fit = open_fit(self.signed(connection, fit_id))
        rules = FoldRules.of(fit.parameters, fit_id=fit_id)
        if len(self._models) >= _MODELS_KEPT:
            self._models.clear()
        self._models[fit_id] = rules
        return rules

    # -- what comes -----------------------------------------------------------------------

    def take(self, tx: "Tx", events: Iterable[StoredEvent]) -> bool:
        """Note parts among new events that count; whether what is known has changed."""
        rows: list[tuple[bytes, bytes, int, int, bytes]] = []
        judge = self._judge_of(tx.connection)
        for stored in sorted(events, key=lambda each: each.order_key):
            event = stored.event
            if event.kind != Kind.PARAMETERS or event.learner_id is not None:
                continue
            if not judge.look(stored).counts:
                continue
            try:
                part = payload_of(stored.event)
            except KindError:
                continue
            if isinstance(part, FitPart):
                rows.append((part.fit, stored.log_id, part.nth, part.of, part.data))
        if not rows:
            return False
        connection = tx.connection
        connection.executemany("INSERT OR IGNORE INTO lt_fit_part VALUES (?, ?, ?, ?, ?)", rows)
        for fit_id in sorted({fit_id for fit_id, *_ in rows}):
            self._keep_written(connection, fit_id)
        return True

    def take_anew(self, tx: "Tx", events: Iterable[StoredEvent], schools: Iterable[bytes]) -> None:
        """Whose word counts has changed: take all events of fits that are held, from the start."""
        connection = tx.connection
        connection.execute("DELETE FROM lt_fit_part")
        connection.execute("DELETE FROM lt_fit")
        self.take(tx, events)
        self.on_feed(tx)
        self.settle(tx, schools)

    def on_feed(self, tx: "Tx") -> None:
        """Take over what the server above says, from the records that are held of its feed."""
        connection = tx.connection
        records = feed.records(connection, FITS_SCOPE, limit=_RECORDS_MAX)
        values = [parse_fit_value(raw) for raw in records.values()]
        parts = [value for value in values if isinstance(value, FitPartValue)]
        named = {part.fit for part in parts}
        for (fit_id,) in connection.execute(
            "SELECT fit_id FROM lt_fit WHERE told = ?", (_BY_FEED,)
        ).fetchall():
            if fit_id not in named:
                connection.execute("DELETE FROM lt_fit WHERE fit_id = ?", (fit_id,))
                self._keep_written(connection, fit_id)
        for fit_id, pieces in whole_fits(parts).items():
            self._keep(connection, fit_id, [pieces], _BY_FEED)
        if self._role is not Role.COMPUTER:
            self.settle(tx, [each for (each,) in connection.execute(_SCHOOLS).fetchall()])
            return
        said = [value.fit for value in values if isinstance(value, RulesValue)]
        before = connection.execute(
            "SELECT in_use FROM lt_rules WHERE school_id = ?", (self._school_id,)
        ).fetchone()
        self._go_by(connection, self._school_id, [*said, *(before or ())])

    def settle(self, tx: "Tx", schools: Iterable[bytes]) -> None:
        """Work out anew by what some schools go, and whoever lacked a fit that may have come."""
        if self._role is Role.COMPUTER:
            return
        connection = tx.connection
        lacking = connection.execute(
            "SELECT school_id FROM lt_rules WHERE said IS NOT in_use"
        ).fetchall()
        for school_id in sorted({*schools, *(each for (each,) in lacking)}):
            said = self._said_of(connection, SchoolId(school_id))
            self._go_by(connection, school_id, said)
        self.publish(tx)

    def _go_by(
        self, connection: sqlite3.Connection, school_id: bytes, said: Sequence[bytes | None]
    ) -> None:
        """A school goes by the first of these that is here and holds; what ships always does."""
        if not said or said[0] is None:  # the weights that ship: no row, as after a fold anew
            connection.execute("DELETE FROM lt_rules WHERE school_id = ?", (school_id,))
            return
        usable = (each for each in said if each is None or self._is_good(connection, each))
        connection.execute(
            "INSERT OR REPLACE INTO lt_rules VALUES (?, ?, ?)",
            (school_id, said[0], next(usable, None)),
        )

    @staticmethod
    def _is_good(connection: sqlite3.Connection, fit_id: bytes | None) -> bool:
        found = connection.execute(
            "SELECT 1 FROM lt_fit WHERE fit_id = ? AND fault = ''", (fit_id,)
        ).fetchone()
        return found is not None

    def _keep_written(self, connection: sqlite3.Connection, fit_id: bytes) -> None:
        """Keep a fit as the events say it: each log that has all of its parts is asked."""
        rows = connection.execute(
            "SELECT log_id, nth, of, data FROM lt_fit_part WHERE fit_id = ? ORDER BY log_id, nth",
            (fit_id,),
        ).fetchall()
        by_log: dict[bytes, list[FitPart]] = {}
        for log_id, *part in rows:
            by_log.setdefault(log_id, []).append(FitPart(fit_id, *part))
        whole = [pieces for parts in by_log.values() for pieces in whole_fits(parts).values()]
        if whole:
            self._keep(connection, fit_id, whole, _BY_EVENT)

    def _keep(
        self,
        connection: sqlite3.Connection,
        fit_id: bytes,
        tries: Sequence[Sequence[bytes]],
        told: int,
    ) -> None:
        """Keep the first of some tries that holds, or else why the first does not.

        What holds is never replaced by what does not, and what an event said stays.
        """
        known = connection.execute(
            "SELECT told FROM lt_fit WHERE fit_id = ? AND fault = ''", (fit_id,)
        ).fetchone()
        if known is not None and known[0] <= told:
            return
        first = ""
        for pieces in tries:
            try:
                raw = joined(pieces, fit_id)
                fit = open_fit(raw)
                self.check(connection, fit)
            except FitError as error:
                first = first or str(error)
            else:
                _write(connection, (fit_id, *_about(fit), "", told, raw))
                return
        if known is None:
            _write(connection, (fit_id, *_NO_FIT, first, told, b""))

    def check(self, connection: sqlite3.Connection, fit: SignedFit) -> None:
        """Raise FitError unless a server made it: this school's, its hub; at a hub a school's."""
        judge = self._judge_of(connection)
        schools = [self._school_id]
        if self._role is Role.HUB:
            schools += list(reads.schools(connection))
        if not any(judge.author(each, fit.maker)[0] is not Role.COMPUTER for each in schools):
            raise FitError("No server that is known here made it.")

    # -- what others are told -------------------------------------------------------------

    def publish(self, tx: "Tx") -> None:
        """A school tells its computers the fit that it goes by, a hub its schools the newest."""
        connection = tx.connection
        wanted: dict[bytes, bytes] = {}
        for fit_id in self._published(connection):
            parts = parts_of(self.signed(connection, fit_id))
            for nth, data in enumerate(parts):
                value = FitPartValue(fit_id, nth, len(parts), data)
                wanted[value.record_id] = value.to_bytes()
        if self._role is Role.SCHOOL:
            row = connection.execute(
                "SELECT in_use FROM lt_rules WHERE school_id = ?", (self._school_id,)
            ).fetchone()
            if row is not None:
                rules = RulesValue(row[0])
                wanted[rules.record_id] = rules.to_bytes()
        for record_id in feed.published(connection, FITS_SCOPE):
            if record_id not in wanted:
                tx.publish(FITS_SCOPE, record_id, None)
        for each, raw in wanted.items():
            tx.publish(FITS_SCOPE, each, raw)

    def _published(self, connection: sqlite3.Connection) -> list[bytes]:
        if self._role is Role.SCHOOL:
            found = connection.execute(
                "SELECT in_use FROM lt_rules WHERE school_id = ? AND in_use IS NOT NULL",
                (self._school_id,),
            ).fetchall()
        else:
            judge = self._judge_of(connection)
            found = [
                (row.fit_id,)
                for row in self.listed(connection)
                if not row.fault and judge.author(NO_SCHOOL, row.maker)[0] is Role.HUB
            ][:_OFFERED]
        return [fit_id for (fit_id,) in found]


_NO_FIT: Final = (0, "", "", b"", 0, 0, 0, "")


def _write(connection: sqlite3.Connection, row: Sequence[object]) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO lt_fit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(row)
    )


def _about(fit: SignedFit) -> tuple[object, ...]:
    made = fit.parameters
    return (
        made.version,
        made.name,
        made.mode,
        fit.maker,
        fit.made_ms,
        len(made.items),
        len(made.skills),
        made.source,
    )
