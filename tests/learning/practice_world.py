"""What tests of practice share: what a sitting shows, and what is on record."""

from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, payload_of
from darasa.learning.practice.sitting import Sitting
from darasa.learning.views import ItemView
from darasa.sync.ids import LearnerId


def shown(sitting: Sitting) -> ItemView:
    """What stands before the learner; there is something."""
    view = sitting.current
    assert view is not None
    return view


def attempts(room: Classroom, learner: LearnerId) -> list[Attempt]:
    """The answers of a learner that this node holds, as they fold."""
    payloads = [payload_of(stored.event) for stored in room.store.events_of(learner)]
    return [payload for payload in payloads if isinstance(payload, Attempt)]
