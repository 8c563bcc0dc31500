"""What a school goes by: the fit that a teacher or technician adopts, or what ships.

Owns: the op that says it (field `school.parameters`, value `[fit_id|nil, stays]`) and its reading.
A fit that came from a hub is copied into the school's own log with the word that adopts it, so that
whoever holds the school's events can fold its learners as it does. `stays`: no newer fit is adopted
between terms without a word. Does not fold anyone.
"""

from typing import TYPE_CHECKING, Final

from darasa.learning.answer_rows import last_answer_ms
from darasa.learning.errors import AmbiguousError, FitError, NotFoundError
from darasa.learning.fits.rows import FitRow
from darasa.learning.fits.signed_fit import open_fit, parts_of
from darasa.learning.fits.words import SETTING, fit_of
from darasa.learning.kinds import FitPart, Op
from darasa.learning.mastery.parameters import Parameters
from darasa.learning.records import SCHOOL_PARAMETERS, RecordState
from darasa.sync.ids import Role, hash16
from darasa.sync.timekeeping import is_believable

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact

QUIET_MS: Final = 14 * 24 * 3_600_000
"""Holidays between terms are two weeks and more; a week without lessons happens within one."""

_SHOWN: Final = 8  # letters of an id that tell it from others


def fit_said(record: RecordState) -> bytes | None:
    """The fit that a school has said it goes by; None: what ships."""
    return fit_of(record.shown(SCHOOL_PARAMETERS))


def stays(record: RecordState) -> bool:
    """Whether the school has said that no newer fit takes its place by itself."""
    value = record.shown(SCHOOL_PARAMETERS)
    return isinstance(value, tuple) and value[1:2] == (True,)


def keep_fit(room: "Classroom", raw: bytes) -> FitRow:
    """Write a signed fit into this server's log: the hub offers it, a school may adopt it.

    Raises FitError at a computer, and for bytes that are no fit of a server known here.
    """
    if room.home.role is Role.COMPUTER:
        raise FitError("Fits are made at a school server or a hub.")
    room.store.read(room.fits.check, open_fit(raw))
    room.record.record(*_facts(raw))
    return find_fit(room, hash16(raw).hex())


def find_fit(room: "Classroom", version: str) -> FitRow:
    """A fit by its version or the beginning of its id. Raises NotFoundError, AmbiguousError."""
    wanted = version.strip().lower()
    rows = room.store.read(room.fits.listed)
    found = [row for row in rows if str(row.version) == wanted and not row.fault]
    found = found or [
        row for row in rows if len(wanted) > 1 and row.fit_id.hex().startswith(wanted)
    ]
    if not found:
        raise NotFoundError("No fit here has that version. Look at  darasa mastery fits")
    if len(found) > 1:
        ids = ", ".join(row.fit_id.hex()[:_SHOWN] for row in found)
        raise AmbiguousError(f"Several fits have that version. Say one by its id: {ids}")
    return found[0]


def adopt(room: "Classroom", version: str, *, for_good: bool = False) -> FitRow:
    """From now on this school's learners are folded by that fit.

    Raises FitError except at a school's server, for one that does not hold, and for the one in use.
    """
    if room.home.role is not Role.SCHOOL:
        raise FitError("A fit is adopted at the school server.")
    row = find_fit(room, version)
    if row.fault:
        raise FitError(f"This fit cannot be used. {row.fault}")
    record = room.people.record_of(SETTING)
    if fit_said(record) == row.fit_id and stays(record) == for_good:
        raise FitError("This school goes by that fit already.")
    facts = _facts(room.store.read(room.fits.signed, row.fit_id))
    if room.store.read(room.fits.is_written, row.fit_id):
        facts = []
    op = Op(SETTING, SCHOOL_PARAMETERS, (row.fit_id, for_good), record.chains(SCHOOL_PARAMETERS))
    room.record.record(*facts, (None, op))
    return row


def use_shipped(room: "Classroom") -> None:
    """From now on this school's learners are folded by what ships, until someone adopts a fit."""
    if room.home.role is not Role.SCHOOL:
        raise FitError("What learners are folded by is said at the school server.")
    record = room.people.record_of(SETTING)
    if fit_said(record) is None and stays(record):
        raise FitError("This school goes by the shipped parameters already.")
    op = Op(SETTING, SCHOOL_PARAMETERS, (None, True), record.chains(SCHOOL_PARAMETERS))
    room.record.record((None, op))


def adopt_between_terms(room: "Classroom", *, quiet_ms: int = QUIET_MS) -> FitRow | None:
    """Adopt the newest fit of the hub where nobody is at work and no person has said otherwise.

    Nobody at work: no answer of the last `quiet_ms`, by this school's clock.
    """
    now_ms = room.clock.wall_ms()
    if room.home.role is not Role.SCHOOL or not is_believable(now_ms):
        return None
    hub = room.home.peer
    rows = room.store.read(room.fits.listed) if hub is not None else []
    newest = next((row for row in rows if hub and row.maker == hub.node_id and not row.fault), None)
    if newest is None or newest.version <= _version_in_use(room, rows):
        return None
    if stays(room.people.record_of(SETTING)) or room.store.read(last_answer_ms) > now_ms - quiet_ms:
        return None
    return adopt(room, newest.fit_id.hex())


def _version_in_use(room: "Classroom", rows: list[FitRow]) -> int:
    said = fit_said(room.people.record_of(SETTING))
    return next((row.version for row in rows if row.fit_id == said), 0)


def newest_here(room: "Classroom") -> Parameters:
    """What the next fit starts from: this server's newest, else those in force.

    So fits of one pack after another keep what was found of the packs before.
    """
    rows = room.store.read(room.fits.listed)
    mine = [row for row in rows if row.maker == room.home.node_id and not row.fault]
    rules = room.store.read(room.fits.rules)
    if not mine or rules.version > mine[0].version:
        return rules.model.parameters
    return open_fit(room.store.read(room.fits.signed, mine[0].fit_id)).parameters


def next_version(room: "Classroom") -> int:
    """The version of the next fit that is made here."""
    return 1 + max((row.version for row in room.store.read(room.fits.listed)), default=0)


def _facts(raw: bytes) -> "list[Fact]":
    parts, fit_id = parts_of(raw), hash16(raw)
    return [(None, FitPart(fit_id, nth, len(parts), data)) for nth, data in enumerate(parts)]
