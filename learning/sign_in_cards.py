"""Sign-in cards: what is printed for each learner of a class. Does not know pages or files."""

from typing import TYPE_CHECKING

from msgspec import Struct

from darasa.content_packs.safe_text import SafeText
from darasa.learning.class_lists import register_number
from darasa.learning.known_secrets import first_secret
from darasa.sync.ids import LearnerId, RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


class Card(Struct, frozen=True):
    """What is printed for one learner. `secret` is empty where the school does not know it."""

    learner_id: LearnerId
    name: SafeText
    shown: SafeText  # as the computers list her
    class_name: SafeText
    number: SafeText | str
    secret: SafeText | str


def cards_of(room: "Classroom", class_id: RecordId) -> list[Card]:
    """A card for each learner of a class, by name."""
    row = room.people.class_row(class_id)
    return [
        Card(
            learner_id=each.learner_id,
            name=each.name,
            shown=each.short,
            class_name=row.name,
            number=register_number(room, each.learner_id),
            secret=first_secret(room, each.learner_id),
        )
        for each in room.people.learners(class_id)
    ]
