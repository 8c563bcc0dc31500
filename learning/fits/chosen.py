"""Which fits a school has gone by, and saying another so that it can be taken back.

Owns: reading the words on `school.parameters` in their order, with who said each and when. The
words themselves, and which one is in force, are `adopting.py`'s.
"""

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.learning.errors import PeopleError
from darasa.learning.fits.adopting import adopt, use_shipped
from darasa.learning.fits.words import SETTING, FitWord, fit_words
from darasa.learning.kinds import Op
from darasa.learning.records import SCHOOL_PARAMETERS
from darasa.sync import reads
from darasa.sync.ids import LogId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

TakeBack = Callable[[], None]
"""Takes a choice back. Raises PeopleError when somebody made another since."""

_CHANGED: Final = "Somebody chose another since. Look at it first."


class Chosen(Struct, frozen=True):
    """One word on what learners are folded by: a fit, or None for what ships.

    `by` is the record of who was signed in, `when_ms` its time by the school's clock.
    """

    fit_id: bytes | None
    by: bytes | None
    when_ms: int
    in_force: bool


def chosen_fits(room: "Classroom") -> list[Chosen]:
    """What this school has gone by, the last word first."""
    state = room.people.record_of(SETTING).fields.get(SCHOOL_PARAMETERS)
    shown = state.survivors[0].chain8 if state is not None and state.survivors else b""
    with room.store.reading() as connection:
        return [
            Chosen(word.fit_id, word.by, _when(connection, word), word.chain8 == shown)
            for word in fit_words(connection, room.home.school_id)
        ]


def _when(connection: sqlite3.Connection, word: FitWord) -> int:
    _, log_id, seq, _ = word.order_key
    stored = reads.event_at(connection, LogId(log_id), seq, chain8=word.chain8)
    return 0 if stored is None else stored.happened_ms


def choose(room: "Classroom", fit_id: bytes | None, *, stays: bool = False) -> TakeBack:
    """Fold this school's learners by a fit, or by what ships, from now on.

    `stays`: no newer fit takes its place by itself; so it is with what ships. Raises FitError as
    `adopt` and `use_shipped` do.
    """
    former = room.people.record_of(SETTING).shown(SCHOOL_PARAMETERS)
    if fit_id is None:
        use_shipped(room)
    else:
        adopt(room, fit_id.hex(), for_good=stays)
    as_left = room.people.record_of(SETTING).chains(SCHOOL_PARAMETERS)

    def take_back() -> None:
        if room.people.record_of(SETTING).chains(SCHOOL_PARAMETERS) != as_left:
            raise PeopleError(_CHANGED)
        room.record.record((None, Op(SETTING, SCHOOL_PARAMETERS, former, as_left)))

    return take_back
