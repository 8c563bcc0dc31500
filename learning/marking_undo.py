"""What a teacher said, said so that it can be taken back as long as nobody said more about it.

Owns: what takes each mark back. It is one more word, and not an erasure: both stay in the log.
Where somebody spoke of the same thing since, it is refused, because theirs would go with it.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from darasa.learning import marking
from darasa.learning.deciding.mark_rows import words_on_items
from darasa.learning.errors import PeopleError
from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.kinds import Observation, Source, payload_of
from darasa.learning.marks import AnswerKey, Standing, answers_said, her_words, items_said, standing
from darasa.learning.skill_state import Judged
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

TakeBack = Callable[[], None]
"""Takes one mark back. Raises PeopleError when somebody said more about the same since."""

_V = TypeVar("_V")

_WORDS: Final[dict[str, marking.JudgedWord]] = {"learning": "learning", "got": "got"}
_CHANGED: Final = "Somebody said something else of that in the meantime. Look at it first."


def observe(
    room: "Classroom",
    learner_ids: Iterable[LearnerId],
    skill: SkillKey,
    *,
    right: bool,
    source: Source,
) -> TakeBack:
    """`marking.observe`."""
    events = marking.observe(room, learner_ids, skill, right=right, source=source)
    return lambda: _unobserve(room, events)


def _unobserve(room: "Classroom", events: Iterable[StoredEvent]) -> None:
    facts = []
    for stored in events:
        said, whose = payload_of(stored.event), stored.event.learner_id
        assert isinstance(said, Observation)
        assert whose is not None  # we wrote it of a learner
        chain8 = (stored.chain[:8],)
        back = Observation(None, said.pack, said.skill, None, said.source, chain8)
        facts.append((LearnerId(whose), back))
    room.record.record(*facts)


def judge(
    room: "Classroom", learner_id: LearnerId, skill: SkillKey, word: marking.JudgedWord
) -> TakeBack:
    """`marking.judge`; taken back, the word before it is in force again."""

    def stands() -> "Standing[Judged] | None":
        return standing(her_words(room.events_of(learner_id)).judged).get(skill)

    was = stands()
    former = "" if was is None or was.value is None else was.value.word
    marking.judge(room, learner_id, skill, word)
    return _unless_changed(
        lambda: _chains(stands()),
        lambda: marking.judge(room, learner_id, skill, _WORDS.get(former, "")),
    )


def overturn(
    room: "Classroom", learner_id: LearnerId, log_id: bytes, seq: int, *, right: bool | None
) -> TakeBack:
    """`marking.overturn`; taken back, it counts as it did before."""

    def stands() -> "Standing[bool | None] | None":
        said = standing(her_words(room.events_of(learner_id)).overturned)
        return next((said[each] for each in said if each[:2] == (log_id, seq)), None)

    former = _value(stands())
    marking.overturn(room, learner_id, log_id, seq, right=right)
    return _unless_changed(
        lambda: _chains(stands()),
        lambda: marking.overturn(room, learner_id, log_id, seq, right=former),
    )


def overturn_for_all(room: "Classroom", answer: AnswerKey, *, right: bool | None) -> TakeBack:
    """`marking.overturn_for_all`; taken back, it counts as it did before."""

    def stands() -> "Standing[bool | None] | None":
        with room.store.reading() as connection:
            overturned, _ = words_on_items(connection, room.home.school_id)
        return answers_said(overturned).get(answer)

    former = _value(stands())
    marking.overturn_for_all(room, answer, right=right)
    return _unless_changed(
        lambda: _chains(stands()),
        lambda: marking.overturn_for_all(room, answer, right=former),
    )


def withdraw_item(room: "Classroom", item: ItemKey, *, withdrawn: bool) -> TakeBack | None:
    """`marking.withdraw_item`; None when that stands already."""

    def stands() -> tuple[bytes, ...]:
        with room.store.reading() as connection:
            _, said = words_on_items(connection, room.home.school_id)
        return _chains(items_said(said).get(item))

    if not marking.withdraw_item(room, item, withdrawn=withdrawn):
        return None

    def back() -> None:
        marking.withdraw_item(room, item, withdrawn=not withdrawn)

    return _unless_changed(stands, back)


def _unless_changed(stands: Callable[[], tuple[bytes, ...]], back: TakeBack) -> TakeBack:
    """`back`, refused when what stands is not what stands now."""
    as_left = stands()

    def take_back() -> None:
        if stands() != as_left:
            raise PeopleError(_CHANGED)
        back()

    return take_back


def _chains(stands: "Standing[_V] | None") -> tuple[bytes, ...]:
    return () if stands is None else stands.chains


def _value(stands: "Standing[bool | None] | None") -> bool | None:
    return None if stands is None else stands.value
