"""The answers that a node holds, as a fit takes them: whole learners, and nobody's name.

Owns: what enters a fit: first tries that count, as teachers have left them; no answer that weighs
nothing, no item that was withdrawn, no observation or judgement, no invented learner. Does not know
what is made of them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from darasa.learning import learner_state
from darasa.learning.folding import Weighed
from darasa.learning.kinds import Attempt, KindError, SignIn, payload_of
from darasa.learning.mastery.answers_csv import Answer
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId, hash16

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

ANSWERS_MAX: Final = 250_000
"""More say little more, and take 1 kB each while a fit is made."""

_INVENTED: Final = "simulated"

Told = Callable[[int, int], None]
"""How many learners are read, of how many."""


def held_answers(
    room: "Classroom",
    *,
    pack: str | None = None,
    invented: bool = False,
    limit: int = ANSWERS_MAX,
    told: Told = lambda _done, _of: None,
) -> list[Answer]:
    """Answers of learners who have tried something of `pack`, or anything; in other packs too.

    Learners come in the order of a hash and bear numbers; when `limit` is reached no further one
    is read. `invented`: learners of a practice class, and no others.
    """
    marks = room.item_marks()
    learners = sorted(room.learner_ids(), key=lambda each: hash16(b"fit\0" + each))
    found: list[Answer] = []
    for nth, learner_id in enumerate(learners):
        if len(found) >= limit:
            break
        told(nth, len(learners))
        events = room.events_of(LearnerId(learner_id))
        if _is_invented(events) is not invented:
            continue
        heard: list[Weighed] = []
        learner_state.fold(events, school_marks=marks, hears=heard.append)
        hers = [answer for each in heard if (answer := _answer(f"{nth}", each)) is not None]
        if pack is None or any(answer.item[0] == pack for answer in hers):
            found += hers
    return found


def _is_invented(events: list[StoredEvent]) -> bool:
    for stored in events:
        try:
            payload = payload_of(stored.event)
        except KindError:
            continue
        if isinstance(payload, SignIn) and payload.how == _INVENTED:
            return True
    return False


def _answer(learner: str, heard: Weighed) -> Answer | None:
    evidence = heard.evidence
    if not isinstance(heard.said, Attempt) or not evidence.weight:
        return None
    return Answer(
        learner,
        evidence.skills,
        evidence.item,
        evidence.right_alone,
        evidence.happened_ms,
        evidence.difficulty_milli,
    )
