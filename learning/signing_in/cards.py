"""Sign-in cards: what is printed for each learner of a class. Does not know pages or files."""

from typing import TYPE_CHECKING

from msgspec import Struct

from darasa.content_packs.safe_text import SafeText
from darasa.learning.people.class_lists import register_number
from darasa.learning.people.lists import ClassRow, LearnerRow
from darasa.learning.signing_in.known_secrets import first_secret
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.ids import LearnerId, RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


class Card(Struct, frozen=True):
    """What is printed for one learner. `secret` is empty where the school does not know it;
    `pictures`: it is three words, or the class chooses pictures.
    """

    learner_id: LearnerId
    name: SafeText
    shown: SafeText  # as the computers list her
    class_name: SafeText
    number: SafeText | str
    secret: SafeText | str
    pictures: bool = False


def cards_of(room: "Classroom", class_id: RecordId) -> list[Card]:
    """A card for each learner of a class, by name."""
    row = room.people.class_row(class_id)
    return [_card(room, row, each) for each in room.people.learners(class_id)]


def _card(room: "Classroom", row: ClassRow, learner: LearnerRow) -> Card:
    secret = first_secret(room, learner.learner_id)
    chooses_pictures = row.sign_in is SecretKind.PICTURES
    return Card(
        learner_id=learner.learner_id,
        name=learner.name,
        shown=learner.short,
        class_name=row.name,
        number=register_number(room, learner.learner_id),
        secret=secret,
        pictures=not secret.isdigit() if secret else chooses_pictures,
    )
