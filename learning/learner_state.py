"""What is known of one learner: the fold of her events in their one order (mastery.md section 1).

Owns: the fold, its canonical bytes and its digest. Pure. Equal sets of events give equal bytes on
every node, whatever packs it holds: an attempt says its own skills and difficulty. Kinds and
versions that this program does not know, and bodies that do not fit, count as events and change
nothing else. Does not know packs, storage or what is done with the state.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from darasa.learning.fold_rules import SHIPPED_RULES, FoldRules
from darasa.learning.folding import Folding, Hears
from darasa.learning.learner_values import (
    HandState,
    LearnerState,
    LessonPlace,
    SittingState,
    Try,
)
from darasa.learning.marks import (
    NOTHING_SAID,
    EncodedMarks,
    HerMarks,
    SchoolMarks,
    her_marks,
    her_words,
    looks_back,
)
from darasa.learning.mastery.rlf_state import EncodedRlf, RlfState
from darasa.learning.skill_state import ItemState, SkillState
from darasa.learning.trials import EncodedTrials, Trials
from darasa.sync.codec import convert, pack_struct, unpack_kept
from darasa.sync.event import StoredEvent

__all__ = [
    "RULES",
    "HandState",
    "ItemState",
    "LearnerState",
    "LessonPlace",
    "SittingState",
    "SkillState",
    "Try",
    "advance",
    "digest",
    "fold",
    "follows",
    "from_bytes",
    "looks_back",
    "name_of",
    "start",
    "to_bytes",
]

# 2: a right answer given again keeps its time; 3: p leaves form out; 4: what teachers say,
# and trials; 5: accepted words are compared as in marking; 6: "not sure" names its item
FOLD_VERSION: Final = 6


def name_of(rules: FoldRules) -> str:
    """Names all that a state depends on besides the events; a change of it is a refold."""
    return f"{rules.name}/fold-{FOLD_VERSION}"


RULES: Final = name_of(SHIPPED_RULES)
"""The rules of a node that has adopted no fit."""

_Row = TypeVar("_Row")
_ROWS_A_CHUNK: Final = 1_000  # the codec takes arrays of at most 5,000


def start(rules: FoldRules = SHIPPED_RULES, coming: Iterable[StoredEvent] = ()) -> LearnerState:
    """A learner of whom no event is folded.

    `coming`: all of hers that count, in any order; what teachers say in them of other events and of
    her skills is there from the start.
    """
    marks, judged = her_marks(her_words(coming))
    skills = {
        key: replace(SkillState(*key), judged=each.judged, is_disputed=each.is_disputed)
        for key, each in judged.items()
    }
    return LearnerState(marks=marks, skills=skills, rules=rules)


def follows(state: LearnerState, event: StoredEvent) -> bool:
    """Whether the event sorts after all that is folded, and says nothing of what is; if not, she
    must be folded anew.
    """
    if looks_back(event):
        return False
    return state.last_key is None or event.order_key > state.last_key


def advance(
    state: LearnerState, event: StoredEvent, school_marks: SchoolMarks = NOTHING_SAID
) -> LearnerState:
    """The state after one more event, which must follow (`follows`)."""
    return fold((event,), state, school_marks)


def fold(
    events: Iterable[StoredEvent],
    state: LearnerState | None = None,
    school_marks: SchoolMarks = NOTHING_SAID,
    *,
    hears: Hears | None = None,
    rules: FoldRules = SHIPPED_RULES,
) -> LearnerState:
    """The state after events in strictly rising order, each once. Cost: about 25 us an attempt.

    Without a `state` these are all of hers that count, what teachers said of her too, folded by
    `rules`.
    `school_marks`: what they said of items, for everybody. `hears` is told what each answer weighs.
    Raises ValueError when an event does not follow the one before it: the caller's mistake.
    """
    if state is None:
        events = list(events)
        state = start(rules, events)
    folding = Folding(state, school_marks, hears=hears)
    for event in events:
        folding.take(event)
    return folding.state()


class _Encoded(Struct, frozen=True, array_like=True):
    """The canonical array of a state: rows sorted by name, in chunks."""

    rules: str
    events: int
    last_key: tuple[int, bytes, int, bytes] | None
    mastery: EncodedRlf
    skills: tuple[tuple[SkillState, ...], ...]
    items: tuple[tuple[ItemState, ...], ...]
    lessons: tuple[tuple[LessonPlace, ...], ...]
    hand: HandState | None
    sitting: SittingState | None
    sittings: int
    attempts: int
    tries: int
    tail: tuple[Try, ...]
    days: tuple[int, ...]
    marks: EncodedMarks
    trials: EncodedTrials


def to_bytes(state: LearnerState) -> bytes:
    """Canonical bytes (msgpack arrays): equal states, equal bytes."""
    return pack_struct(
        _Encoded(
            rules=name_of(state.rules),
            events=state.events,
            last_key=state.last_key,
            mastery=state.mastery.encoded(),
            skills=_chunks(state.skills),
            items=_chunks(state.items),
            lessons=_chunks(state.lessons),
            hand=state.hand,
            sitting=state.sitting,
            sittings=state.sittings,
            attempts=state.attempts,
            tries=state.tries,
            tail=state.tail,
            days=state.days,
            marks=state.marks.encoded(),
            trials=state.trials.encoded(),
        )
    )


def from_bytes(raw: bytes, rules: FoldRules = SHIPPED_RULES) -> LearnerState:
    """The inverse of `to_bytes`.

    Raises ValueError when the bytes were written under other rules or are not a state; CodecError
    (sync) when they are not msgpack. Either way: fold anew.
    """
    value = unpack_kept(raw)
    if not isinstance(value, tuple) or value[:1] != (name_of(rules),):
        raise ValueError("a state of another version")
    encoded = convert(value, _Encoded)
    return LearnerState(
        events=encoded.events,
        last_key=encoded.last_key,
        mastery=RlfState.decoded(encoded.mastery),
        skills={(row.pack, row.skill): row for chunk in encoded.skills for row in chunk},
        items={(row.pack, row.item): row for chunk in encoded.items for row in chunk},
        lessons={(row.pack, row.lesson): row for chunk in encoded.lessons for row in chunk},
        hand=encoded.hand,
        sitting=encoded.sitting,
        sittings=encoded.sittings,
        attempts=encoded.attempts,
        tries=encoded.tries,
        tail=encoded.tail,
        days=encoded.days,
        marks=HerMarks.decoded(encoded.marks),
        rules=rules,
        trials=Trials.decoded(encoded.trials),
    )


def digest(state: LearnerState) -> bytes:
    """BLAKE2b-128 of the canonical bytes: equal wherever the same events of hers are held."""
    return hashlib.blake2b(to_bytes(state), digest_size=16).digest()


def _chunks(rows: Mapping[tuple[str, str], _Row]) -> tuple[tuple[_Row, ...], ...]:
    by_name = [rows[key] for key in sorted(rows)]
    return tuple(
        tuple(by_name[at : at + _ROWS_A_CHUNK]) for at in range(0, len(by_name), _ROWS_A_CHUNK)
    )
