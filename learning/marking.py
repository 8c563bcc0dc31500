"""What teachers say of learners' answers and skills, said at the school server.

    observe, take_back           a learner was seen to do a skill, on paper or aloud, or not yet
    judge                        the teacher's own word on a skill; "" takes it back
    overturn                     this one answer counts as right, or as not yet; None: as it did
    overturn_for_all             that answer of every learner, now and later
    withdraw_item                no answer to an item counts, or they do again
    words_on_items, judgements   what stands, with who said it and when

Each is one durable act, signed by the school server, and names the teacher who is signed in
(`acting.acting_as`). Nothing that a learner wrote is altered, and what a screen showed her stays.
All raise NotHereError except at a school, NotFoundError for whom or what is not known there. Does
not know pages or commands.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec
from msgspec import Struct

from darasa.learning.deciding.mark_rows import words_on_items as item_words
from darasa.learning.errors import LearningError, NotFoundError, NotHereError
from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.kinds import (
    SUPERSEDES_MAX,
    Attempt,
    Judgement,
    KindError,
    Observation,
    Overturn,
    Source,
    WithdrawItem,
    body_of,
    payload_of,
)
from darasa.learning.marks import (
    AnswerKey,
    HerWords,
    answers_said,
    her_words,
    items_said,
    standing,
)
from darasa.learning.skill_state import Judged
from darasa.sync import reads
from darasa.sync.codec import convert
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

JudgedWord = Literal["", "learning", "got"]

_Said = TypeVar("_Said", Observation, Judgement, Overturn, WithdrawItem)


def observe(
    room: "Classroom",
    learner_ids: Iterable[LearnerId],
    skill: SkillKey,
    *,
    right: bool,
    source: Source = Source.PAPER,
) -> list[StoredEvent]:
    """Note that learners did a skill away from the screen, or not yet; the events, one a learner.

    One a skill a day counts of each learner, the first in the order of events.
    """
    _check_is_school(room)
    learners = [room.people.find_id(each).learner_id for each in dict.fromkeys(learner_ids)]
    _check_skill(room, skill, learners)
    pack, name = skill
    said = Observation(None, pack, name, right, int(source), ())
    return list(room.record.record(*((each, _checked(said)) for each in learners)))


def take_back(room: "Classroom", learner_id: LearnerId, log_id: bytes, seq: int) -> None:
    """The observation at that place of a log does not count any more."""
    _check_is_school(room)
    stored, said = _said_at(room, learner_id, log_id, seq)
    if not isinstance(said, Observation):
        raise NotFoundError("Nothing was observed there.")
    chain8 = stored.chain[:8]
    back = Observation(None, said.pack, said.skill, None, said.source, (chain8,))
    room.record.record((learner_id, back))


def judge(room: "Classroom", learner_id: LearnerId, skill: SkillKey, word: JudgedWord) -> None:
    """Say where a learner is with a skill, beside what the model says; "" takes it back.

    It replaces what was said here before, by whomever: the last who has seen it all decides.
    """
    _check_is_school(room)
    learner_id = room.people.find_id(learner_id).learner_id
    _check_skill(room, skill, [learner_id])
    stands = standing(_words_of(room, learner_id).judged).get(skill)
    seen = () if stands is None else stands.chains[:SUPERSEDES_MAX]
    room.record.record((learner_id, _checked(Judgement(None, *skill, word, seen))))


def overturn(
    room: "Classroom", learner_id: LearnerId, log_id: bytes, seq: int, *, right: bool | None
) -> None:
    """This answer, at its place in a log, counts as right or as not yet; None: as it did."""
    _check_is_school(room)
    stored, attempt = _answer_at(room, learner_id, log_id, seq)
    place = (stored.log_id, stored.seq, stored.chain[:8])
    stands = standing(_words_of(room, learner_id).overturned).get(place)
    seen = () if stands is None else stands.chains[:SUPERSEDES_MAX]
    said = _overturned(AnswerKey.of(attempt), right, seen)
    whose = stored.event.learner_id
    assert whose is not None  # it is among her events
    room.record.record((LearnerId(whose), msgspec.structs.replace(said, target=place)))


def overturn_for_all(room: "Classroom", answer: AnswerKey, *, right: bool | None) -> None:
    """This answer, to these numbers of this item, of every learner, now and later.

    `answer_at` gives the answer of one learner; `right` None takes back what was said before.
    """
    _check_is_school(room)
    _check_item(room, (answer.pack, answer.item))
    with room.store.reading() as connection:
        overturned, _ = item_words(connection, room.home.school_id)
    stands = answers_said(overturned).get(answer)
    seen = () if stands is None else stands.chains[:SUPERSEDES_MAX]
    room.record.record((None, _overturned(answer, right, seen)))


def withdraw_item(room: "Classroom", item: ItemKey, *, withdrawn: bool = True) -> bool:
    """No answer to an item counts, and nobody is asked it; or again. False: that stands already."""
    _check_is_school(room)
    _check_item(room, item)
    with room.store.reading() as connection:
        _, said = item_words(connection, room.home.school_id)
    stands = items_said(said).get(item)
    if (stands is not None and stands.is_disputed) or withdrawn != bool(stands and stands.value):
        seen = () if stands is None else stands.chains[:SUPERSEDES_MAX]
        room.record.record((None, _checked(WithdrawItem(None, *item, withdrawn, seen))))
        return True
    return False


# -- what stands ----------------------------------------------------------------------------------


class ItemWord(Struct, frozen=True):
    """What stands of one item, or of one answer to it, to all: `withdrawn`, or counted as `right`.

    `by` is the record of the teacher in whose name it stands; `is_disputed`: another said something
    else at the same time, and saying it again ends that.
    """

    pack: str
    item: str
    answer: AnswerKey | None
    withdrawn: bool
    right: bool | None
    by: bytes | None
    said_ms: int
    is_disputed: bool


def words_on_items(room: "Classroom") -> list[ItemWord]:
    """What teachers of this school said of items to all, as it stands; by pack and item."""
    with room.store.reading() as connection:
        overturned, withdrawn = item_words(connection, room.home.school_id)
        answers, items = answers_said(overturned), items_said(withdrawn)
        words = [(key, said.by) for key, said in overturned]
        words += [(key, said.by) for key, said in withdrawn]
        by_chain = {key[3][:8]: (by, _when(connection, key)) for key, by in words}
    found = [
        ItemWord(
            key.pack, key.item, key, False, each.value, *by_chain[each.chains[0]], each.is_disputed
        )
        for key, each in answers.items()
        if each.value is not None
    ]
    found += [
        ItemWord(*key, None, True, None, *by_chain[each.chains[0]], each.is_disputed)
        for key, each in items.items()
        if each.value
    ]
    return sorted(found, key=lambda word: (word.pack, word.item, word.said_ms))


def judgements(room: "Classroom", learner_id: LearnerId, skill: SkillKey) -> tuple[Judged, ...]:
    """What stands of teachers' words on a skill of a learner, the one in force first."""
    stands = standing(_words_of(room, learner_id).judged).get(skill)
    return () if stands is None else tuple(each for each in stands.values if each.word)


def answer_at(room: "Classroom", learner_id: LearnerId, log_id: bytes, seq: int) -> AnswerKey:
    """The answer of a learner at its place in a log, for `overturn_for_all`."""
    return AnswerKey.of(_answer_at(room, learner_id, log_id, seq)[1])


# -- parts ----------------------------------------------------------------------------------------


def _overturned(answer: AnswerKey, right: bool | None, seen: tuple[bytes, ...]) -> Overturn:
    said = Overturn(
        by=None,
        target=None,
        pack=answer.pack,
        item=answer.item,
        values=answer.values,
        answer=answer.answer,
        right=right,
        supersedes=seen,
        item_version=answer.version,
    )
    return _checked(said)


def _checked(said: _Said) -> _Said:
    """The same, if other nodes will take it as what it is."""
    try:
        return convert(body_of(said), type(said))
    except msgspec.ValidationError as error:
        raise LearningError("A name there is too long, or is none.") from error


def _check_is_school(room: "Classroom") -> None:
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("What teachers say of answers is said at the school server.")


def _check_skill(room: "Classroom", skill: SkillKey, learners: Sequence[LearnerId]) -> None:
    """A skill is one of a course here, or one that they all have met."""
    pack_id, name = skill
    if any(pack.id == pack_id and name in pack.skills for pack in room.packs()):
        return
    if not learners or any(skill not in room.state(each).skills for each in learners):
        raise NotFoundError("No course here has that skill.")


def _check_item(room: "Classroom", item: ItemKey) -> None:
    """An item is one of a course here, or one that somebody has met."""
    pack_id, name = item
    taught = any(pack.id == pack_id and name in pack.items for pack in room.packs())
    if not taught and not room.learners_met(item):
        raise NotFoundError("No course here has that item.")


def _words_of(room: "Classroom", learner_id: LearnerId) -> HerWords:
    return her_words(room.events_of(learner_id))


def _said_at(
    room: "Classroom", learner_id: LearnerId, log_id: bytes, seq: int
) -> tuple[StoredEvent, object]:
    """What counts at a place, of this learner's; the first by chain where a log forks."""
    for stored in room.events_of(learner_id):
        if (stored.log_id, stored.seq) == (log_id, seq):
            try:
                return stored, payload_of(stored.event)
            except KindError:
                break
    raise NotFoundError("That is not among what this learner did.")


def _answer_at(
    room: "Classroom", learner_id: LearnerId, log_id: bytes, seq: int
) -> tuple[StoredEvent, Attempt]:
    stored, said = _said_at(room, learner_id, log_id, seq)
    if not isinstance(said, Attempt):
        raise NotFoundError("No answer is there.")
    return stored, said


def _when(connection: sqlite3.Connection, order_key: tuple[int, bytes, int, bytes]) -> int:
    _, log_id, seq, chain = order_key
    stored = reads.event_at(connection, log_id, seq, chain8=chain[:8])
    return 0 if stored is None else stored.happened_ms
