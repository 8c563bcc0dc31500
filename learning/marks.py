"""What teachers have said of answers and skills, as it stands: overturned, withdrawn, judged.

Owns: the fold of such words to what they come to. Pure: they come in any order, the result depends
on the set alone. A word is replaced by one about the same thing that names it; of several that
stand, because two teachers spoke at the same time, the first by the order of events is in force.
Whose words count has been asked before. Does not know storage, or what a mark does to a state.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Generic, Self, TypeVar

from msgspec import Struct, field

from darasa.content_packs.grading import TYPED_MAX
from darasa.content_packs.written_words import folded_words
from darasa.learning.evidence import UNMARKED, ItemKey, Mark, SkillKey
from darasa.learning.kinds import (
    Attempt,
    Judgement,
    Kind,
    KindError,
    Observation,
    Overturn,
    Place,
    WithdrawItem,
    payload_of,
)
from darasa.learning.skill_state import Judged
from darasa.sync.event import StoredEvent

OrderKey = tuple[int, bytes, int, bytes]
Answer = str | tuple[int, ...]
"""An answer as it is compared: what was typed, made plain, or the choices in their order."""

OFTEN: Final = frozenset({Kind.OBSERVATION, Kind.JUDGEMENT, Kind.OVERTURN})
"""The kinds about one learner that may change what events before them come to."""

_CHUNK: Final = 1_000  # the codec takes arrays of at most 5,000

_S = TypeVar("_S")
_V = TypeVar("_V")


class Said(Struct, Generic[_S, _V], frozen=True):
    """One word whose author may say it: about what, and what it says."""

    order_key: OrderKey
    subject: _S
    value: _V
    supersedes: tuple[bytes, ...]


class Standing(Struct, Generic[_V], frozen=True):
    """What stands of all that was said about one thing; `ever` is every value, taken back or not.

    `chains`: what the next word about it supersedes.
    """

    values: tuple[_V, ...]  # those that stand, the one in force first
    chains: tuple[bytes, ...]
    ever: frozenset[_V]

    @property
    def value(self) -> _V | None:
        """What is in force."""
        return self.values[0] if self.values else None

    @property
    def is_disputed(self) -> bool:
        """Whether two people said different things, neither knowing of the other."""
        return len(set(self.values)) > 1


def standing(said: Iterable[Said[_S, _V]]) -> dict[_S, Standing[_V]]:
    """What stands about each thing, of words in any order and any number of times each."""
    by_subject: dict[_S, dict[OrderKey, Said[_S, _V]]] = {}
    for each in said:
        by_subject.setdefault(each.subject, {})[each.order_key] = each
    found: dict[_S, Standing[_V]] = {}
    for subject, words in by_subject.items():
        replaced = {chain for each in words.values() for chain in each.supersedes}
        stands = [words[key] for key in sorted(words) if key[3][:8] not in replaced]
        found[subject] = Standing(
            values=tuple(each.value for each in stands),
            chains=tuple(each.order_key[3][:8] for each in stands),
            ever=frozenset(each.value for each in words.values()),
        )
    return found


def plain_answer(answer: Answer) -> Answer:
    """An answer as it is compared: words as in marking an item, so that what is accepted of one is
    accepted of whoever writes the same. What an earlier program made plain comes to the same.
    """
    if isinstance(answer, tuple):
        return tuple(sorted(set(answer)))
    return folded_words(folded_words(answer)[:TYPED_MAX])  # folding may lengthen


def answer_of(attempt: Attempt) -> Answer:
    """What was answered, as it is compared."""
    return plain_answer(attempt.picked or attempt.typed)


# -- of one learner -----------------------------------------------------------------------------


class HerMarks(Struct, frozen=True):
    """What was said of one learner's own answers and observations, but for judgements.

    `overturned`: single answers, by place. `taken_back`: observations, by (pack, skill, chain8).
    """

    overturned: Mapping[Place, Mark] = field(default_factory=dict)
    taken_back: frozenset[tuple[str, str, bytes]] = frozenset()

    def encoded(self) -> "EncodedMarks":
        """The marks as canonical arrays."""
        by_place = sorted(self.overturned.items(), key=lambda item: item[0])
        return EncodedMarks(
            _chunks([(*place, each.right, each.ever_right) for place, each in by_place]),
            _chunks(sorted(self.taken_back)),
        )

    @classmethod
    def decoded(cls, encoded: "EncodedMarks") -> Self:
        """The inverse of `encoded`."""
        return cls(
            {
                (log_id, seq, chain8): Mark(right, ever_right)
                for chunk in encoded.overturned
                for log_id, seq, chain8, right, ever_right in chunk
            },
            frozenset(each for chunk in encoded.taken_back for each in chunk),
        )


class EncodedMarks(Struct, frozen=True, array_like=True):
    """The canonical arrays of one learner's marks, in chunks."""

    overturned: tuple[tuple[tuple[bytes, int, bytes, bool | None, bool], ...], ...] = ()
    taken_back: tuple[tuple[tuple[str, str, bytes], ...], ...] = ()


def _chunks(rows: list[_V]) -> tuple[tuple[_V, ...], ...]:
    return tuple(tuple(rows[at : at + _CHUNK]) for at in range(0, len(rows), _CHUNK))


NONE_OF_HERS: Final = HerMarks()


def looks_back(stored: StoredEvent) -> bool:
    """Whether an event changes what others of hers come to, so that she is folded anew."""
    if stored.event.kind not in OFTEN:
        return False
    if stored.event.kind != Kind.OBSERVATION:
        return True
    said = _payload(stored)
    return isinstance(said, Observation) and bool(said.supersedes)


class HerWords(Struct, frozen=True):
    """What teachers said in events of one learner: of single answers, and of her skills."""

    overturned: tuple[Said[Place, bool | None], ...]
    judged: tuple[Said[SkillKey, Judged], ...]
    taken_back: frozenset[tuple[str, str, bytes]]


def her_words(events: Iterable[StoredEvent]) -> HerWords:
    """The words among events of one learner that count."""
    overturned: list[Said[Place, bool | None]] = []
    judged: list[Said[SkillKey, Judged]] = []
    taken_back: set[tuple[str, str, bytes]] = set()
    for stored in events:
        if stored.event.kind not in OFTEN:
            continue
        match said := _payload(stored):
            case Overturn(target=target) if target is not None:
                overturned.append(Said(stored.order_key, target, said.right, said.supersedes))
            case Observation():
                taken_back |= {(said.pack, said.skill, chain) for chain in said.supersedes}
            case Judgement():
                word = Judged(said.state, said.by, stored.happened_ms)
                key = (said.pack, said.skill)
                judged.append(Said(stored.order_key, key, word, said.supersedes))
            case _:
                pass
    return HerWords(tuple(overturned), tuple(judged), frozenset(taken_back))


def her_marks(words: HerWords) -> tuple[HerMarks, dict[SkillKey, "JudgedSkill"]]:
    """What those words come to."""
    marks = {place: _mark(each) for place, each in standing(words.overturned).items()}
    hers = HerMarks(marks, words.taken_back) if marks or words.taken_back else NONE_OF_HERS
    return hers, _judged(words.judged)


class JudgedSkill(Struct, frozen=True):
    """A teacher's word on a skill, and whether another stands beside it."""

    judged: Judged
    is_disputed: bool


def _judged(said: Iterable[Said[SkillKey, Judged]]) -> dict[SkillKey, JudgedSkill]:
    found: dict[SkillKey, JudgedSkill] = {}
    for key, stands in standing(said).items():
        words = {each.word for each in stands.values}
        if stands.values and stands.values[0].word:
            found[key] = JudgedSkill(stands.values[0], len(words) > 1)
    return found


# -- of all learners of a school ------------------------------------------------------------------


class AnswerKey(Struct, frozen=True):
    """An answer to the numbers of an item; choices are those of one version of it, if said."""

    pack: str
    item: str
    values: tuple[int, ...]
    answer: Answer  # as it is compared
    version: bytes | None = None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """The answer of an attempt."""
        version = attempt.item_version if attempt.picked else None
        return cls(attempt.pack, attempt.item, attempt.values, answer_of(attempt), version)


AnswerToItem = tuple[tuple[int, ...], Answer, bytes | None]
"""(values, answer, version): what is left of an answer's key for one item."""


class ItemMarks(Struct, frozen=True):
    """What was said of one item: that no answer to it counts, or of single answers."""

    withdrawn: bool = False
    answers: Mapping[AnswerToItem, Mark] = field(default_factory=dict)


class SchoolMarks(Struct, frozen=True):
    """What teachers of schools said of items, for every learner: by school, pack and item."""

    items: Mapping[tuple[bytes, str, str], ItemMarks] = field(default_factory=dict)

    def of_item(self, school_id: bytes, item: ItemKey) -> ItemMarks | None:
        """What was said of an item in a school."""
        return self.items.get((school_id, *item))

    def withdrawn(self, school_id: bytes) -> frozenset[ItemKey]:
        """The items of which no answer counts in a school: nobody need be asked them."""
        return frozenset(
            (pack, item)
            for (school, pack, item), said in self.items.items()
            if school == school_id and said.withdrawn
        )

    def of_answer(self, school_id: bytes, attempt: Attempt) -> Mark:
        """What was said of an answer like this one, to all. Cost: a look-up, where nothing was."""
        key = (school_id, attempt.pack, attempt.item)
        item = self.items.get(key) if self.items else None
        if item is None:
            return UNMARKED
        answer = answer_of(attempt)
        said = item.answers.get((attempt.values, answer, attempt.item_version))
        if said is None:
            said = item.answers.get((attempt.values, answer, None), UNMARKED)
        return Mark(said.right, said.ever_right, item.withdrawn)

    def mark_of(self, stored: StoredEvent, attempt: Attempt, hers: HerMarks) -> Mark:
        """What was said of one answer: a word on it alone goes before one on all like it."""
        to_all = self.of_answer(stored.school_id, attempt)
        place = (stored.log_id, stored.seq, stored.chain[:8])
        single = hers.overturned.get(place) if hers.overturned else None
        if single is None:
            return to_all
        return Mark(
            right=to_all.right if single.right is None else single.right,
            ever_right=single.ever_right or to_all.ever_right,
            withdrawn=to_all.withdrawn,
        )


NOTHING_SAID: Final = SchoolMarks()


def answers_said(
    overturned: Iterable[tuple[OrderKey, Overturn]],
) -> dict[AnswerKey, Standing[bool | None]]:
    """What stands of a school's words about answers, of those that count."""
    return standing(
        Said(
            key,
            AnswerKey(
                said.pack, said.item, said.values, plain_answer(said.answer), said.item_version
            ),
            said.right,
            said.supersedes,
        )
        for key, said in overturned
    )


def items_said(
    withdrawn: Iterable[tuple[OrderKey, WithdrawItem]],
) -> dict[ItemKey, Standing[bool]]:
    """What stands of its words about whole items."""
    return standing(
        Said(key, (said.pack, said.item), said.withdrawn, said.supersedes)
        for key, said in withdrawn
    )


def item_marks(
    overturned: Iterable[tuple[OrderKey, Overturn]],
    withdrawn: Iterable[tuple[OrderKey, WithdrawItem]],
) -> tuple[dict[AnswerKey, Mark], set[ItemKey]]:
    """What those words come to: a mark an answer, and the items that are withdrawn."""
    marks = {key: _mark(each) for key, each in answers_said(overturned).items()}
    return (
        {key: mark for key, mark in marks.items() if mark != UNMARKED},
        {key for key, each in items_said(withdrawn).items() if each.value},
    )


def _mark(said: Standing[bool | None]) -> Mark:
    return Mark(right=said.value, ever_right=True in said.ever)


def _payload(stored: StoredEvent) -> object:
    try:
        return payload_of(stored.event)
    except KindError:
        return None
