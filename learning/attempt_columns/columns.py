"""Codec 1, event by event: what is coded in which column, and what predicts it.

Owns: the shapes of events and the columns of each. One function says it for both directions
(`columns.Coder`): writing, it is given the event and codes it; reading, it is given None and makes
it. What does not fit a shape is loose (header in columns, body raw) or raw. Does not know frames,
peers or where packs lie. Pure.
"""

from collections.abc import Iterable, Sequence
from math import gcd
from typing import Final

import msgspec

from darasa.learning.attempt_columns.frame import Frame, RunState
from darasa.learning.attempt_columns.item import (
    AGAIN,
    ATTEMPT_STEPS,
    BODY_LENGTH,
    OTHER_SKILL,
    code_attempt,
    step_of,
)
from darasa.learning.attempt_columns.models import SHAPES
from darasa.learning.attempt_columns.reading import read_attempt
from darasa.learning.kinds import Attempt, Kind, MasteryShown, SignIn, SignOut
from darasa.sync.codec import convert, pack, unpack
from darasa.sync.errors import CodecError
from darasa.sync.event import (
    EVENT_BYTES_MAX,
    Event,
    EventError,
    bytes_of_decoded,
    event_kept,
    parse_event,
)
from darasa.sync.event_codec import CodedRun, Decoded

_SIGN_IN, _SIGN_OUT, _SHOWN, _LOOSE, _RAW = range(ATTEMPT_STEPS, SHAPES)
_START, _BEGUN, _RIGHT, _WRONG, _WRONG_MORE, _TOLD, _ENDED, _OTHER = range(8)
_SAME, _ANOTHER, _NOBODY = range(3)
_HOWS: Final = ("pin", "guest", "simulated")
_REASONS: Final = ("asked", "idle", "someone-else", "closed")
_RULES: Final = ("elo-1/shown-1",)
_WHY_HOW, _WHY_REASON, _WHY_RULE = range(3)
_UNITS: Final = (1, 10, 100, 1000)
_SITTING: Final = 0
_RESPONSE: Final = 14

_SHAPES: Final = {
    Kind.ATTEMPT.value: (AGAIN, Attempt, BODY_LENGTH),
    Kind.SIGN_IN.value: (_SIGN_IN, SignIn, 2),
    Kind.SIGN_OUT.value: (_SIGN_OUT, SignOut, 2),
    Kind.MASTERY_SHOWN.value: (_SHOWN, MasteryShown, 6),
}

Given = Event | bytes
"""What a writer is given: an event, or the bytes of what is none."""


def parsed(canonical: bytes) -> Given:
    """Stored bytes as a writer takes them. Not all need be an event of this version."""
    try:
        return event_kept(canonical)
    except EventError:
        return canonical


def code_run(frame: Frame, run: CodedRun, given: Sequence[Given] | None) -> list[Decoded]:
    """A run of one log, written from `given`, or read when that is None.

    Answers the events that were read; none when writing. Raises CodecError.
    """
    state = RunState(run.log_id, frame.nobody)
    if given is None:
        state.unit = _UNITS[frame.coder.symbol(frame.models.unit, 0)]
        return _read_run(frame, state, run)
    fits = [_RAW if isinstance(one, bytes) else _fits(one) for one in given]
    unit = frame.coder.symbol(frame.models.unit, _unit_of(given, fits))
    state.unit = _UNITS[unit]
    _write_run(frame, state, run, zip(given, fits, strict=True))
    return []


def _write_run(
    frame: Frame, state: RunState, run: CodedRun, given: Iterable[tuple[Given, int]]
) -> None:
    after = _START
    for seq, (one, fits) in enumerate(given, start=run.first_seq):
        state.seq = seq
        shape = fits if isinstance(one, bytes) else _shape_of(frame, state, one, fits)
        frame.coder.symbol(frame.models.shape[after], shape)
        if isinstance(one, bytes):
            _raw(frame, one)
        elif shape < ATTEMPT_STEPS:
            code_attempt(frame, state, shape, one)
        else:
            _OTHERS[shape](frame, state, one)
        after = _after(shape, state)


def _read_run(frame: Frame, state: RunState, run: CodedRun) -> list[Decoded]:
    symbol, shapes, spend = frame.coder.symbol, frame.models.shape, frame.spend
    found: list[Decoded] = []
    after = _START
    for seq in range(run.first_seq, run.first_seq + run.count):
        state.seq = seq
        shape = symbol(shapes[after], 0)
        if shape <= OTHER_SKILL:
            made, last = read_attempt(frame, state, shape)
            after = _RIGHT if last.right else _WRONG if last.try_nth == 1 else _WRONG_MORE
        else:
            made = _read_other(frame, state, shape)
            after = _after(shape, state)
        spend(len(made.canonical))
        found.append(made)
    return found


def _read_other(frame: Frame, state: RunState, shape: int) -> Decoded:
    """An event in one of the shapes that are seldom."""
    if shape < ATTEMPT_STEPS:
        made = code_attempt(frame, state, shape, None)
        assert made is not None
        return made
    return _read_raw(frame) if shape == _RAW else _made(_OTHERS[shape](frame, state, None))


def _after(shape: int, state: RunState) -> int:
    """What the next event's shape is guessed from."""
    if shape < ATTEMPT_STEPS:
        last = state.last
        assert last is not None
        return _RIGHT if last.right else _WRONG if last.try_nth == 1 else _WRONG_MORE
    return {_SIGN_IN: _BEGUN, _SIGN_OUT: _ENDED, _SHOWN: _TOLD}.get(shape, _OTHER)


def _unit_of(given: Sequence[Given], fits: Sequence[int]) -> int:
    """The greatest unit that all times of a run are multiples of, by its place in the list."""
    common = 0
    for one, shape in zip(given, fits, strict=True):
        if isinstance(one, Event):
            common = gcd(common, one.t_ms, one.body[_RESPONSE] if shape == AGAIN else 0)
    return max(at for at, unit in enumerate(_UNITS) if common % unit == 0)


def _fits(event: Event) -> int:
    """The shape of an event by itself."""
    shape, payload, length = _SHAPES.get(event.kind, (_LOOSE, None, 0))
    if shape == _LOOSE or payload is None or event.version != 1 or event.learner_id is None:
        return _LOOSE
    if len(event.body) != length:
        return _LOOSE
    try:
        convert(event.body, payload)
    except (msgspec.ValidationError, RecursionError):
        return _LOOSE
    return shape


def _shape_of(frame: Frame, state: RunState, one: Event, fits: int) -> int:
    """The shape to write an event in, which by itself fits this one."""
    if fits == AGAIN:
        return step_of(frame, state, one.body)
    return _LOOSE if fits == _SHOWN and not _is_shown_here(state, one) else fits


def _is_shown_here(state: RunState, event: Event) -> bool:
    """Whether "Got it" is said of the attempt just before, as screens do."""
    last = state.last
    if last is None or event.learner_id != state.learner_id or event.body[0] != state.sitting:
        return False
    pack_id, _, _, skills, _ = last.entry.told
    return (
        event.lamport == state.sitting_lamport
        and event.body[1:3] == (pack_id, skills[0])
        and event.body[4:] == (state.log_id, last.seq)
    )


def _raw(frame: Frame, raw: bytes) -> bytes:
    """What is no event of this version, or what would be, as it is."""
    return frame.coder.raw(frame.models.raw_length, raw)


def _read_raw(frame: Frame) -> Decoded:
    raw = _raw(frame, b"")
    try:
        return Decoded(raw, parse_event(raw))
    except EventError as error:
        raise CodecError(f"A frame holds what is no event: {error}.") from error


def _made(event: Event) -> Decoded:
    try:
        return Decoded(bytes_of_decoded(event), event)
    except EventError as error:
        raise CodecError(f"A frame makes what is no event: {error}.") from error


def _sign_in(frame: Frame, state: RunState, event: Event | None) -> Event:
    """A sitting begins."""
    sitting, how = (b"", "") if event is None else event.body
    t_ms = 0 if event is None else event.t_ms
    if event is None:
        frame.who(state, b"", 0, sitting, begins=True)
    else:
        frame.who(state, event.learner_id or b"", event.lamport, sitting, begins=True)
    state.lamport = state.sitting_lamport
    state.last = state.group = None
    how = frame.word(_WHY_HOW, _HOWS, how)
    frame.moment(state, frame.models.gap_in if state.t_ms else frame.models.start, t_ms)
    return event or _event(state, Kind.SIGN_IN, (state.sitting, how))


def _sign_out(frame: Frame, state: RunState, event: Event | None) -> Event:
    """A sitting ends."""
    sitting, reason = (b"", "") if event is None else event.body
    _same_sitting(frame, state, event, sitting)
    reason = frame.word(_WHY_REASON, _REASONS, reason)
    frame.moment(state, frame.models.gap_out, 0 if event is None else event.t_ms)
    return event or _event(state, Kind.SIGN_OUT, (state.sitting, reason))


def _shown(frame: Frame, state: RunState, event: Event | None) -> Event:
    """ "Got it", said of the attempt before and its first skill."""
    last = state.last
    if last is None:
        raise CodecError("A frame says that a skill is known before any attempt.")
    rule = frame.word(_WHY_RULE, _RULES, "" if event is None else event.body[3])
    frame.moment(state, frame.models.gap_shown, 0 if event is None else event.t_ms)
    if event is not None:
        return event
    pack_id, _, _, skills, _ = last.entry.told
    state.lamport = state.sitting_lamport
    body = (state.sitting, pack_id, skills[0], rule, state.log_id, last.seq)
    return _event(state, Kind.MASTERY_SHOWN, body)


def _loose(frame: Frame, state: RunState, event: Event | None) -> Event:
    """Any other kind: its header in columns, its body raw but for the sitting in front."""
    coder, models = frame.coder, frame.models
    kind = coder.number(models.loose_kind, 0 if event is None else event.kind)
    version = coder.number(models.loose_version, 0 if event is None else event.version)
    learner_id = _loose_learner(frame, state, event)
    lamport = 0 if event is None else event.lamport - state.lamport
    state.lamport += coder.number(models.loose_lamport, lamport)
    frame.moment(state, models.gap_loose, 0 if event is None else event.t_ms)
    body = () if event is None else event.body
    is_in = bool(state.sitting) and body[:1] == (state.sitting,)
    is_in = bool(coder.symbol(models.loose_sitting, int(is_in)))
    raw = coder.raw(models.body_length, pack(body[is_in:]))
    if event is not None:
        return event
    rest = unpack(raw, limit=EVENT_BYTES_MAX)
    if not isinstance(rest, tuple):
        raise CodecError("A body in a frame is no array.")
    body = (state.sitting, *rest) if is_in else rest
    return Event(kind, version, learner_id, state.lamport, state.t_ms, body)


def _loose_learner(frame: Frame, state: RunState, event: Event | None) -> bytes | None:
    """Whom it is about: who sits there, another, or nobody."""
    who = _NOBODY
    if event is not None and event.learner_id is not None:
        who = _SAME if event.learner_id == state.learner_id else _ANOTHER
    who = frame.coder.symbol(frame.models.loose_who, who)
    if who == _NOBODY:
        return None
    if who == _ANOTHER:
        learner_id = b"" if event is None else event.learner_id or b""
        return frame.learner_id(frame.learner(learner_id))
    if state.learner < 0:
        raise CodecError("A frame goes on with a learner before any.")
    return state.learner_id


def _same_sitting(frame: Frame, state: RunState, event: Event | None, sitting: bytes) -> None:
    if event is None:
        frame.same_sitting(state, b"", 0, sitting)
    else:
        frame.same_sitting(state, event.learner_id or b"", event.lamport, sitting)


def _event(state: RunState, kind: Kind, body: tuple[object, ...]) -> Event:
    return Event(kind.value, 1, state.learner_id, state.lamport, state.t_ms, body)


_OTHERS: Final = {_SIGN_IN: _sign_in, _SIGN_OUT: _sign_out, _SHOWN: _shown, _LOOSE: _loose}
