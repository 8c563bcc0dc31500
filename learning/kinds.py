"""The typed payloads of every event kind that this version writes, and the numbers of the rest.

Owns: the table of kind numbers and the body of each kind. A body is a msgpack array; the fields
below are its elements in order (sync.md section 4). Kinds and versions that are not in `PAYLOADS`
are stored and relayed bit for bit and folded by a later version. Does not know storage or screens.
"""

from enum import IntEnum, IntFlag
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from darasa.learning.goal_kinds import SetGoal
from darasa.learning.kind_fields import (
    SUPERSEDES_MAX,
    U8,
    Bytes8,
    Bytes16,
    Key,
    Millis,
    Nth,
    Picks,
    Place,
    Skills,
    Supersedes,
    Text200,
    Values,
)
from darasa.learning.teacher_kinds import (
    Judgement,
    Observation,
    Overturn,
    TeacherSaid,
    WithdrawItem,
)
from darasa.learning.trial_kinds import Challenge, Placement, TrialSaid
from darasa.sync.codec import convert
from darasa.sync.event import Event

__all__ = [
    "ADOPTED_MAX", "HELPS", "PAYLOADS", "SUPERSEDES_MAX", "TIPS_A_RESTRICTION", "Adopt",
    "Attempt", "Challenge", "ChoseLanguage", "Confirm", "FitPart", "Hand", "Help", "Judgement",
    "Kind", "KindError", "LessonProgress", "MasteryShown", "Merge", "NotMe", "NotSure",
    "Observation", "Op", "Overturn", "Payload", "Place", "Placement", "Quarantine", "Restriction",
    "Revocation", "SetGoal", "SignIn", "SignOut", "Source", "TeacherSaid", "TrialSaid",
    "WithdrawItem", "WrongTries", "body_of", "kind_of", "payload_of",
]  # fmt: skip


ADOPTED_MAX: Final = 2_000
"""Logs that one `adopt` event lists: well within the bytes that an event may have."""

TIPS_A_RESTRICTION: Final = 1_500
"""Tips in one event of a restriction: at most 31 bytes each, within what an event may have."""

FIT_PARTS_MAX: Final = 32
FIT_PART_BYTES_MAX: Final = 40_000
"""Of a fit of parameters: 1 MiB in events of at most 48 KiB."""


class KindError(ValueError):
    """A body that does not fit its kind: the event is kept and relayed, but not folded."""


class Kind(IntEnum):
    """Event kinds; a number is never reused. Those without an entry in PAYLOADS are reserved."""

    # 1-15: logs and records themselves
    ADOPT = 1
    OP = 2
    CLOCK = 3
    QUARANTINE = 4
    REVOCATION = 5
    CONFIRM = 6
    MERGE = 7
    PARAMETERS = 8
    # 16-31: what happens at a computer
    SIGN_IN = 16
    SIGN_OUT = 17
    ATTEMPT = 18
    MASTERY_SHOWN = 19
    LESSON_PROGRESS = 20
    HAND = 21
    NOT_SURE = 22
    SKIP = 23
    REPORT_PROBLEM = 24
    CHALLENGE = 25
    PLACEMENT = 26
    WRONG_TRIES = 27
    # 32-47: what learners write
    GOAL = 32
    RATING = 33
    REFLECTION = 34
    CHOICE = 35
    PROJECT_VERSION = 36
    HAND_IN = 37
    NOT_ME = 38
    LANGUAGE = 39
    # 48-63: what teachers say
    OBSERVATION = 48
    JUDGEMENT = 49
    OVERTURN = 50
    WITHDRAW_ITEM = 51
    FEEDBACK = 52
    MESSAGE = 53
    STRATEGY_NOTE = 54
    LOOK_UP = 55


class Source(IntEnum):
    """Where an answer was given."""

    SCREEN = 0
    PAPER = 1
    ORAL = 2


class Help(IntFlag):
    """Help with the skill before an answer: the number of hints in four bits, and two flags.

    UNREAD is no help: the answer came quicker than the words can be read, which only who has the
    course can tell, so the event says it (docs/decisions/0023).
    """

    NONE = 0
    HINTS = 15
    LESSON = 16
    SOLUTION = 32
    UNREAD = 64


HELPS: Final = int(Help.HINTS | Help.LESSON | Help.SOLUTION)
"""The part of an attempt's `help` that helps with the skill; without any of it she was alone."""


class SignIn(Struct, frozen=True, array_like=True):
    """A learner begins a sitting. `how`: "pin", "pictures", "code", "guest" or "simulated"."""

    sitting: Bytes8
    how: Annotated[str, Meta(max_length=16)]


class SignOut(Struct, frozen=True, array_like=True):
    """A sitting ends. `reason` is "asked", "idle", "someone-else" or "closed"."""

    sitting: Bytes8
    reason: Annotated[str, Meta(max_length=16)]


class Attempt(Struct, frozen=True, array_like=True):
    """One answer to one item instance (mastery.md section 3).

    The event says everything that its fold needs (skills, difficulty), so that a node without the
    pack folds it to the same state (docs/decisions/0001).
    """

    sitting: Bytes8
    pack: Key
    item: Key
    item_version: Bytes8
    skills: Skills
    difficulty_milli: Annotated[int, Meta(ge=-8000, le=8000)]  # logit b x 1000, harder is lower
    nth: Nth
    values: Values
    try_nth: Annotated[int, Meta(ge=1, le=255)]  # 1 is the first answer: the evidence
    right: bool
    picked: Picks
    typed: Text200
    help: U8  # Help
    shown_before: bool  # the solution of this instance was seen
    response_ms: Millis
    source: Annotated[int, Meta(ge=0, le=2)]  # Source
    partners: Annotated[int, Meta(ge=0, le=2)]  # others at the same keyboard
    pair: Bytes8 | None  # joins the events of learners at one keyboard
    supervised: bool


class MasteryShown(Struct, frozen=True, array_like=True):
    """The screen that said "Got it": never taken back. Names the last event of its evidence."""

    sitting: Bytes8
    pack: Key
    skill: Key
    rule: Key  # name and version of the rule that was met
    evidence_log: Bytes8
    evidence_seq: Annotated[int, Meta(ge=1, lt=2**40)]


class LessonProgress(Struct, frozen=True, array_like=True):
    """A learner reached a section of a lesson (counted from 1)."""

    sitting: Bytes8
    pack: Key
    lesson: Key
    level: Annotated[str, Meta(max_length=16)]
    locale: Annotated[str, Meta(max_length=16)]
    section: Annotated[int, Meta(ge=1, le=1000)]
    sections: Annotated[int, Meta(ge=1, le=1000)]


class Hand(Struct, frozen=True, array_like=True):
    """A learner asks for the teacher, or takes it back."""

    sitting: Bytes8
    up: bool
    skill: Annotated[str, Meta(max_length=120)]
    item: Annotated[str, Meta(max_length=120)]


class Op(Struct, frozen=True, array_like=True):
    """One change of one field of a record (sync.md section 5); personal values are sealed.

    `by` is the record of the teacher who was signed in; None, and not in the event, where it was
    the machine itself or whoever has its folder.
    """

    record_id: Bytes16
    field: Annotated[str, Meta(min_length=1, max_length=40)]
    value: Any  # msgpack scalar, bytes or nested array
    supersedes: Supersedes
    by: Bytes16 | None = None


class Adopt(Struct, frozen=True, array_like=True):
    """A node that joined gives its earlier logs to its school; counts only under the same key."""

    school_id: Bytes16
    log_ids: Annotated[tuple[Bytes8, ...], Meta(max_length=ADOPTED_MAX)]


class Restriction(Struct, frozen=True, array_like=True):
    """What counts of a node: its events at or before `tips`; None is all (sync.md section 5).

    Several events with one `act` say the tips of one act; `supersedes` names the chain8s of the
    restrictions of that node that this act replaces. `why` is for people.
    """

    node_id: Bytes16
    tips: Annotated[tuple[Place, ...], Meta(max_length=TIPS_A_RESTRICTION)] | None
    act: Bytes8
    supersedes: Supersedes
    why: Annotated[str, Meta(max_length=200)]


class Quarantine(Restriction, frozen=True, array_like=True):
    """A node's later work is held until someone looks; it may go on exchanging."""


class Revocation(Restriction, frozen=True, array_like=True):
    """A node is removed: its later work is held, and its sessions are refused."""


class Confirm(Struct, frozen=True, array_like=True):
    """A school says that a teacher's word from a computer counts. Bears that event's learner."""

    target: Place


class Merge(Struct, frozen=True, array_like=True):
    """The learner in the envelope is the same person as `keep`; None takes it back."""

    keep: Bytes16 | None
    supersedes: Supersedes


class FitPart(Struct, frozen=True, array_like=True):
    """A part of a signed fit of parameters (fits/signed_fit.py): of its `of` parts that at `nth`.

    `fit` is the BLAKE2b-128 of all parts together.
    """

    fit: Bytes16
    nth: Annotated[int, Meta(ge=0, lt=FIT_PARTS_MAX)]
    of: Annotated[int, Meta(ge=1, le=FIT_PARTS_MAX)]
    data: Annotated[bytes, Meta(min_length=1, max_length=FIT_PART_BYTES_MAX)]


class NotMe(Struct, frozen=True, array_like=True):
    """A learner says that an earlier sitting of hers was not she; nothing of it is altered."""

    sitting: Bytes8  # in which she says it
    other: Bytes8  # the one that was not hers


class ChoseLanguage(Struct, frozen=True, array_like=True):
    """A learner chose the language of the screens; it goes with her. "en", "sw" or "pt_BR"."""

    sitting: Bytes8
    language: Annotated[str, Meta(min_length=1, max_length=16)]


class WrongTries(Struct, frozen=True, array_like=True):
    """So many wrong secrets in a row were given under a learner's name; none of them is said.

    `how` is what was asked for: "pin", "pictures" or "code".
    """

    tries: Annotated[int, Meta(ge=1, le=255)]
    how: Annotated[str, Meta(max_length=16)]


class NotSure(Struct, frozen=True, array_like=True):
    """A learner said "I am not sure yet" of an item: no answer, and never marked as wrong."""

    sitting: Bytes8
    pack: Key
    item: Key
    skills: Skills
    nth: Nth


Payload = (
    SignIn | SignOut | Attempt | MasteryShown | LessonProgress | Hand | NotMe | NotSure | WrongTries
    | ChoseLanguage | SetGoal | Op | Adopt | Quarantine | Revocation | Confirm | Merge | FitPart
    | TeacherSaid | TrialSaid
)  # fmt: skip

PAYLOADS: Final[dict[tuple[int, int], type[Any]]] = {
    (Kind.ADOPT, 1): Adopt,
    (Kind.OP, 1): Op,
    (Kind.QUARANTINE, 1): Quarantine,
    (Kind.REVOCATION, 1): Revocation,
    (Kind.CONFIRM, 1): Confirm,
    (Kind.MERGE, 1): Merge,
    (Kind.PARAMETERS, 1): FitPart,
    (Kind.SIGN_IN, 1): SignIn,
    (Kind.SIGN_OUT, 1): SignOut,
    (Kind.ATTEMPT, 1): Attempt,
    (Kind.MASTERY_SHOWN, 1): MasteryShown,
    (Kind.LESSON_PROGRESS, 1): LessonProgress,
    (Kind.HAND, 1): Hand,
    (Kind.NOT_ME, 1): NotMe,
    (Kind.NOT_SURE, 1): NotSure,
    (Kind.WRONG_TRIES, 1): WrongTries,
    (Kind.LANGUAGE, 1): ChoseLanguage,
    (Kind.GOAL, 1): SetGoal,
    (Kind.CHALLENGE, 1): Challenge,
    (Kind.PLACEMENT, 1): Placement,
    (Kind.OBSERVATION, 1): Observation,
    (Kind.JUDGEMENT, 1): Judgement,
    (Kind.OVERTURN, 1): Overturn,
    (Kind.WITHDRAW_ITEM, 1): WithdrawItem,
}
_KIND_OF: Final = {payload: key for key, payload in PAYLOADS.items()}


def kind_of(payload: Payload) -> tuple[int, int]:
    """(kind, version) of a payload."""
    return _KIND_OF[type(payload)]


def body_of(payload: Payload) -> tuple[Any, ...]:
    """The payload as the elements that follow the event's header.

    A last element that came later to a kind is left out where it says nothing: the bytes are those
    of before.
    """
    body = tuple(getattr(payload, name) for name in payload.__struct_fields__)
    return body[:-1] if isinstance(payload, Op | Overturn) and body[-1] is None else body


def payload_of(event: Event) -> Payload | None:
    """The typed payload of an event; None for a kind or version that this program does not know.

    Raises KindError when a known kind has a body that does not fit it.
    """
    payload = PAYLOADS.get((event.kind, event.version))
    if payload is None:
        return None
    try:
        return convert(event.body, payload)  # type: ignore[no-any-return]
    except (msgspec.ValidationError, RecursionError) as error:
        raise KindError(f"kind {event.kind} version {event.version}: {error}") from error
