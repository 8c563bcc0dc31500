"""What would make a skill "Got it": what of the rule is missing, and how many right answers do it.

Owns: both. The answers that she has not given yet go through the very fold that her real ones do,
so that what is said here is what would happen. Pure. Does not know words or packs.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from darasa.learning.evidence import SkillKey
from darasa.learning.kinds import Attempt, body_of, kind_of
from darasa.learning.learner_state import advance
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.mastery_rule import INSTANCES, P_MICRO, Lack, may_show, missing
from darasa.sync.event import Event, StoredEvent
from darasa.sync.ids import Chain, LogId, NodeId, SchoolId

RIGHTS_MAX: Final = 20
"""Further than this nobody plans; a skill that needs more is better taught than practised."""

_STEP_MS: Final = 60_000  # between two imagined answers
_ITEM: Final = "\0imagined"  # no pack has such an id


class WayToGot(Struct, frozen=True):
    """What is missing, and `rights`: right answers in a row, alone, each on a different question.

    They are taken to be of usual difficulty, given one after the other from `at_ms` on. None: more
    than were looked at. `p_micro` is the probability on the reference item after them.
    """

    lacks: tuple[Lack, ...]
    rights: int | None
    p_micro: int


def way_to_got(
    state: LearnerState,
    key: SkillKey,
    *,
    at_ms: int,
    p_micro: int = P_MICRO,
    instances: int = INSTANCES,
    rights_max: int = RIGHTS_MAX,
) -> WayToGot:
    """The way from where she is; `p_micro` and `instances` as the pack asks. Once shown: none left.

    Cost: a fold of up to `rights_max` answers.
    """
    skill, refitted = state.skill(key), state.rules.are_refitted
    lacks = missing(skill, p_micro=p_micro, instances=instances, refitted=refitted)
    if skill.shown_ms is not None:
        return WayToGot((), 0, skill.p_micro)
    state = _only(state, key)
    for nth in range(1, rights_max + 1):
        state = advance(state, _right(state, key, nth, at_ms + nth * _STEP_MS))
        skill = state.skill(key)
        if may_show(skill, p_micro=p_micro, instances=instances, refitted=refitted):
            return WayToGot(lacks, nth, skill.p_micro)
    return WayToGot(lacks, None, skill.p_micro)


def _only(state: LearnerState, key: SkillKey) -> LearnerState:
    """What new questions on one skill ask of a state: without the rest it is folded in no time."""
    mastery = state.mastery
    traces = {key: mastery.skills[key]} if key in mastery.skills else {}
    return replace(
        state,
        mastery=replace(mastery, skills=traces, items={}),
        skills={key: state.skill(key)},
        items={},
        lessons={},
    )


def _right(state: LearnerState, key: SkillKey, nth: int, happened_ms: int) -> StoredEvent:
    """An answer that follows all of hers: right, alone, a question of usual difficulty."""
    pack, skill = key
    attempt = Attempt(
        sitting=bytes(8),
        pack=pack,
        item=f"{_ITEM}{nth}",
        item_version=bytes(8),
        skills=(skill,),
        difficulty_milli=0,
        nth=1,
        values=(),
        try_nth=1,
        right=True,
        picked=(),
        typed="",
        help=0,
        shown_before=False,
        response_ms=_STEP_MS // 2,
        source=0,
        partners=0,
        pair=None,
        supervised=False,
    )
    lamport = 0 if state.last_key is None else state.last_key[0]
    event = Event(*kind_of(attempt), None, lamport + 1, 0, body_of(attempt))
    return StoredEvent(
        school_id=SchoolId(bytes(16)),
        log_id=LogId(bytes(8)),
        seq=nth,
        chain=Chain(bytes(16)),
        canonical=b"",
        event=event,
        author=NodeId(bytes(16)),
        happened_ms=happened_ms,
    )
