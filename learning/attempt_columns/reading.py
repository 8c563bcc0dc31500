"""Codec 1, reading: the attempts that most of a frame is, without a call for each column.

`attempt_columns` and `attempt_item` say what each column is, once for both directions. Nine of ten
events are attempts of the sitting that goes on, on items of a dictionary, with the numbers that it
draws: here the same columns are read in the same order by one function, which makes few objects.
Whatever is otherwise goes back to the general path, from where it is. A writer has only that one,
and checks every frame by reading it here: the two cannot part unseen. Pure.
"""

from typing import Any, Final

from darasa.learning.attempt_columns.frame import Frame, LastTry, RunState
from darasa.learning.attempt_columns.item import (
    AGAIN,
    AS_PREDICTED,
    OTHER_SKILL,
    PLAIN,
    PLAIN_PACKED,
    Found,
    code_found,
    drawn,
    explicit_values,
    read_outcome,
)
from darasa.learning.attempt_columns.models import CHOICE_MODEL_MAX, pace_of
from darasa.learning.attempt_columns.tables import Entry
from darasa.learning.kinds import Kind
from darasa.sync.codec import SMALL, SMALL_MAX, CodecError, pack, packed_int
from darasa.sync.event import TIME_MS_LIMIT, Event
from darasa.sync.event_codec import Decoded

_ATTEMPT: Final = Kind.ATTEMPT.value
_YES, _NO = b"\xc3", b"\xc2"
_NONE, _EMPTY, _NO_HELP = b"\x90", b"\xa0", b"\x00"
_ARRAYS: Final = tuple(bytes((0x90 + length,)) for length in range(16))
_TEXTS: Final = tuple(bytes((0xA0 + length,)) for length in range(32))


def read_attempt(frame: Frame, state: RunState, step: int) -> tuple[Decoded, LastTry]:
    """One attempt whose item is found by `step`: AGAIN, NEXT or OTHER_SKILL; `state.last` too.

    As `attempt_item.code_attempt`, column by column. Raises CodecError.
    """
    symbol, number = frame.coder.symbol, frame.coder.number
    models, met, last = frame.models, state.met, state.last
    values: tuple[int, ...] | None = None
    if step == AGAIN:
        if last is None:
            raise CodecError("A frame goes on with an item before any.")
        entry, nth, values, try_nth = last.entry, last.nth, last.values, last.try_nth + 1
        later, help_, column = 4, last.help, 1
    else:
        group = state.group
        if group is None:
            raise CodecError("A frame goes on with a skill before any.")
        if step == OTHER_SKILL:
            groups = group.table.groups
            count = len(groups)
            found = (
                symbol(models.groups[count], 0) if count <= CHOICE_MODEL_MAX else frame.far(count)
            )
            group = groups[found]
        order = met.orders.get(group) or met.order(group)
        count = len(order)
        rank = symbol(models.ranks[count], 0) if count <= CHOICE_MODEL_MAX else frame.far(count)
        entry = order.pop(rank)
        order.append(entry)
        nth, try_nth = met.nths.get(entry, 0), 1
        nth += 1 + number(models.nth[nth > 0], 0)
        later, help_, column = 0, 0, 0 if last is None else 2 if last.right else 3
    odd = symbol(models.usual[step == AGAIN], 0)
    if odd or state.learner < 0:
        return _unusual(frame, state, step, (entry, nth, values, try_nth), is_odd=bool(odd))
    if values is None:
        values = drawn(state, entry, nth)
        if values is None:
            values = explicit_values(frame, ())
    how = symbol(models.outcome[entry.kind + later], 0)
    if how == AS_PREDICTED and (predicted := entry.right(values)) is not None:
        right, answer = True, predicted
    else:
        right, answer = read_outcome(frame, entry, values, how)
    pace, unit = met.pace, state.unit
    response = number(models.response[pace_of(pace // unit) if pace else 0], 0) * unit
    met.pace = (3 * pace + response) >> 2 if pace else response
    gap = number(models.gap[column], 0)
    state.t_ms += (gap - 1) * unit + response
    state.lamport, state.group = state.sitting_lamport, entry.group
    last = state.last = LastTry(entry, nth, values, try_nth, right, help_, state.seq)
    met.nths[entry] = nth
    rest = (nth, values, try_nth, right, *answer, help_, False, response)
    return _made(state, entry, rest), last


def _unusual(
    frame: Frame, state: RunState, step: int, found: Found, *, is_odd: bool
) -> tuple[Decoded, LastTry]:
    """What is not as it mostly is, or has no sitting to go on, by the general path."""
    made = code_found(frame, state, None, found, is_again=step == AGAIN, is_odd=is_odd)
    assert made is not None
    assert state.last is not None
    return made, state.last


def _made(state: RunState, entry: Entry, rest: tuple[Any, ...]) -> Decoded:
    """A plain attempt, as bytes and as values.

    Its bytes are joined from parts, most of which were met before: packing all of it anew takes
    three times as long.
    """
    t_ms = state.t_ms
    nth, values, try_nth, right, picked, typed, help_, _, response = rest
    if not (-TIME_MS_LIMIT <= t_ms <= TIME_MS_LIMIT and 0 <= response <= TIME_MS_LIMIT):
        raise CodecError("A frame has a time that there is not.")
    canonical = b"".join(
        (
            state.head,
            packed_int(t_ms),
            state.body_head,
            entry.packed,
            SMALL[nth] if 0 <= nth <= SMALL_MAX else packed_int(nth),
            _packed_numbers(values) if values else _NONE,
            SMALL[try_nth] if 0 <= try_nth <= SMALL_MAX else packed_int(try_nth),
            _YES if right else _NO,
            _packed_numbers(picked) if picked else _NONE,
            _packed_text(typed) if typed else _EMPTY,
            packed_int(help_) if help_ else _NO_HELP,
            _NO,
            packed_int(response),
            PLAIN_PACKED,
        )
    )
    body = (state.sitting, *entry.told, *rest, *PLAIN)
    return Decoded(canonical, Event(_ATTEMPT, 1, state.learner_id, state.lamport, t_ms, body))


def _packed_numbers(numbers: tuple[int, ...]) -> bytes:
    try:
        raw = bytes(numbers)
    except (ValueError, OverflowError):  # not all are below 256
        return pack(numbers)
    if raw.isascii() and len(raw) < len(_ARRAYS):
        return _ARRAYS[len(raw)] + raw
    return pack(numbers)


def _packed_text(text: str) -> bytes:
    raw = text.encode()
    return _TEXTS[len(raw)] + raw if len(raw) < len(_TEXTS) else pack(text)
