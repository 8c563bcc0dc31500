"""The ops that make classes and learners, sealed where they say something personal.

Owns: which ops a new record needs, and how a name or register number is kept. Whoever records many
at once takes the facts from here. Does not know who may write, nor what is in the tables.
"""

from typing import Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.errors import PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.short_names import clean_name
from darasa.learning.personal_text import PersonalText
from darasa.learning.recorder import Fact
from darasa.learning.records import (
    CLASS_NAME,
    LEARNER_CLASS,
    LEARNER_NAME,
    LEARNER_REGISTER_NUMBER,
    LEARNER_VERIFIER,
    RecordState,
)
from darasa.learning.signing_in.verifier import Verifier
from darasa.sync.ids import LearnerId, RecordId

NUMBER_CHARS_MAX: Final = 20


class PeopleFacts:
    """Makes and opens what is kept of people at one node."""

    def __init__(self, personal: PersonalText) -> None:
        self._personal = personal

    def learner(
        self,
        learner_id: LearnerId,
        name: SafeText,
        class_id: RecordId | None,
        verifier: Verifier | None,
        *,
        register_number: str = "",
    ) -> list[Fact]:
        """The ops that make a learner."""
        ops = [Op(learner_id, LEARNER_NAME, self.sealed(learner_id, LEARNER_NAME, name), ())]
        if verifier is not None:
            raw = self._personal.seal(learner_id, LEARNER_VERIFIER, verifier.to_bytes())
            ops.append(Op(learner_id, LEARNER_VERIFIER, raw, ()))
        if class_id is not None:
            ops.append(Op(learner_id, LEARNER_CLASS, class_id, ()))
        if register_number:
            kept = self.sealed(learner_id, LEARNER_REGISTER_NUMBER, register_number)
            ops.append(Op(learner_id, LEARNER_REGISTER_NUMBER, kept, ()))
        return [(learner_id, op) for op in ops]

    def sealed(self, owner: bytes, field: str, text: str) -> bytes:
        """A text for one field of one record. Raises NoSchoolKeyError."""
        return self._personal.seal(owner, field, text.encode())

    def opened(self, owner: bytes, field: str, sealed: object) -> SafeText | None:
        """The text of a field; None when there is none, or this node cannot read it."""
        clear = self._personal.open(owner, field, sealed)
        return None if clear is None else clean_name(clear.decode("utf-8", "replace"))

    def claimed_name(self, record: RecordState) -> SafeText | None:
        """What a learner is called; of a newcomer, what was typed at the computer."""
        said = [record.shown(LEARNER_NAME)]
        said += [op.value for op in record.ignored if op.field == LEARNER_NAME]
        names = (self.opened(record.record_id, LEARNER_NAME, each) for each in said)
        return next((name for name in names if name is not None), None)


def class_fact(class_id: RecordId, name: SafeText) -> Fact:
    """The op that makes a class."""
    return (None, Op(class_id, CLASS_NAME, str(name), ()))


def named(name: str) -> SafeText:
    """A name as it is kept. Raises PeopleError for one without a letter."""
    if not name.strip():
        raise PeopleError("A name cannot be empty.")
    return clean_name(name)


def numbered(number: str) -> str:
    """A register number as it is kept: a short line, empty for none. Raises PeopleError."""
    short = " ".join(number.split())
    if len(short) > NUMBER_CHARS_MAX:
        raise PeopleError(f"A register number has at most {NUMBER_CHARS_MAX} letters.")
    return safe_line(short) if short else ""
