"""New learners of a list, made ready before anything is written.

Owns: their ids, first PINs and sealed ops. Sealing is half the work of an import, and needs nobody
to wait: the transaction is then half as long. Does not know classes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from darasa.content_packs.safe_text import SafeText
from darasa.learning.kinds import Op
from darasa.learning.parts import personal_text
from darasa.learning.people.short_names import folded
from darasa.learning.records import (
    LEARNER_LANGUAGE,
    LEARNER_NAME,
    LEARNER_REGISTER_NUMBER,
    LEARNER_SOURCE,
)
from darasa.learning.rosters.reading import RosterRow
from darasa.learning.signing_in.first_secrets import first_secret
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


@dataclass(frozen=True, slots=True)
class NewLearner:
    """A learner just made, with the first PIN."""

    name: SafeText
    class_name: SafeText
    learner_id: LearnerId
    pin: str
    class_id: RecordId | None = None


Ready = tuple[NewLearner, tuple[Op, ...]]


class NewLearners:
    """Makes new learners ready, ahead or when they are asked for."""

    def __init__(self, room: "Classroom") -> None:
        self._personal = personal_text(room.home, room.rng)
        self._rng = room.rng
        self._kinds = {folded(each.name): each.sign_in for each in room.people.classes()}
        self._ready: dict[RosterRow, Ready] = {}

    def make_ready(self, rows: Iterable[RosterRow]) -> None:
        """Seal what these rows say, each about a third of a millisecond."""
        for row in rows:
            self._ready[row] = self._made(row)

    def of(self, row: RosterRow) -> Ready:
        """The learner of a row, and her ops but those of her classes."""
        return self._ready.pop(row, None) or self._made(row)

    def sealed(self, owner: LearnerId, name: str, text: str) -> Op:
        """A personal text of one who is known or new."""
        return Op(owner, name, self._personal.seal(owner, name, text.encode()), ())

    def _made(self, row: RosterRow) -> Ready:
        learner_id = LearnerId(self._rng(ID_BYTES))
        kinds = [self._kinds[i] for i in map(folded, row.classes) if i in self._kinds]
        kind = next(iter(kinds), SecretKind.TYPED)
        pin = row.pin or first_secret(kind, self._rng).shown
        ops = [self.sealed(learner_id, LEARNER_NAME, row.name)]
        if row.number:
            ops.append(self.sealed(learner_id, LEARNER_REGISTER_NUMBER, row.number))
        if row.language:
            ops.append(Op(learner_id, LEARNER_LANGUAGE, row.language, ()))
        if row.source:
            ops.append(self.sealed(learner_id, LEARNER_SOURCE, row.source))
        return NewLearner(row.name, row.class_name, learner_id, pin), tuple(ops)
