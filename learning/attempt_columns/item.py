"""Codec 1: the columns of one attempt, in both directions (see `attempt_columns`). Pure."""

from functools import lru_cache
from typing import Any, Final

from darasa.learning.attempt_columns.frame import Frame, LastTry, RunState
from darasa.learning.attempt_columns.models import VALUE_MODELS, pace_of
from darasa.learning.attempt_columns.tables import Answer, Entry, Group
from darasa.learning.kinds import Kind, Source
from darasa.sync.codec import CodecError, pack, packed_int
from darasa.sync.event import TIME_MS_LIMIT, Event
from darasa.sync.event_codec import Decoded

BODY_LENGTH: Final = 19
AGAIN, NEXT, OTHER_SKILL, _OTHER_PACK, _INLINE_OLD, _INLINE_NEW, FREE = range(7)
ATTEMPT_STEPS: Final = 7
AS_PREDICTED, _ONE, _MASK, _KNOWN, _TYPED, _WHOLE = range(6)
_NOT_YET: Final = 6
_NTH_LIMIT: Final = 2**32
_ATTEMPT: Final = Kind.ATTEMPT.value
PLAIN: Final = (Source.SCREEN.value, 0, None, False)
PLAIN_PACKED: Final = pack(PLAIN)[1:]
_HELP_MODEL_MAX: Final = 62
_HELP_BITS: Final = 8
_PLACES_MAX: Final = 16
_PAIR_BYTES: Final = 8

Body = tuple[Any, ...]
Found = tuple[Entry, int, tuple[int, ...] | None, int]
"""An item, which instance of it, its numbers if they are known by now, and which try."""
_BLANK: Final[Body] = (
    b"", "", "", b"", (), 0, 0, (), 0, False, (), "", 0, False, 0, 0, 0, None, False,
)  # fmt: skip


def code_attempt(frame: Frame, state: RunState, step: int, event: Event | None) -> Decoded | None:
    """One attempt whose item is found by `step`; `state` stands at it afterwards.

    Answers it when it was read. Raises CodecError.
    """
    is_again = step == AGAIN
    found = _item(frame, state, step, _BLANK if event is None else event.body)
    odd = event is not None and not _is_usual(state, event, *found[:2], is_again=is_again)
    odd = bool(frame.coder.symbol(frame.models.usual[is_again], int(odd)))
    return code_found(frame, state, event, found, is_again=is_again, is_odd=odd)


def code_found(
    frame: Frame,
    state: RunState,
    event: Event | None,
    found: Found,
    *,
    is_again: bool,
    is_odd: bool,
) -> Decoded | None:
    """The rest of an attempt whose item is `found`; `is_odd`: not all of it is as it mostly is."""
    coder, models, last = frame.coder, frame.models, state.last
    body, learner_id, lamport, t_ms = _BLANK, b"", 0, 0
    if event is not None:
        body, lamport, t_ms = event.body, event.lamport, event.t_ms
        learner_id = event.learner_id or b""
    entry, nth, values, try_nth = found
    base = last.help if is_again and last is not None else 0
    help_, shown_before, circumstances = base, False, PLAIN
    if is_odd:
        frame.same_sitting(state, learner_id, lamport, body[0])
        if values is None:
            values = _values(frame, body[7], drawn(state, entry, nth))
        help_ = _help(frame, int(is_again), base, body[12])
        shown_before = bool(coder.symbol(models.shown_before, int(body[13])))
        circumstances = _circumstances(frame, body[15:])
    elif state.learner < 0:
        raise CodecError("A frame goes on with a sitting before any.")
    elif values is None:
        by_pack = drawn(state, entry, nth)
        values = explicit_values(frame, body[7]) if by_pack is None else by_pack
    right, answer = _outcome(frame, entry, values, help_ > 0 or is_again, body)
    response = code_response(frame, state, body[14])
    column = 0 if last is None else 1 if is_again else 2 if last.right else 3
    gap = state.gap(t_ms) - body[14] // state.unit + 1
    gap = coder.number(models.gap[column], gap)
    state.t_ms += (gap - 1) * state.unit + response
    state.lamport = state.sitting_lamport
    state.last = LastTry(entry, nth, values, try_nth, right, help_, state.seq)
    state.group = entry.group
    state.met.nths[entry] = nth
    if event is not None:
        return None
    rest = (nth, values, try_nth, right, *answer, help_, shown_before, response, *circumstances)
    return _made(state, entry, rest)


def _made(state: RunState, entry: Entry, rest: Body) -> Decoded:
    """An attempt that was read, as bytes and as values.

    Its bytes are joined from parts, most of which were met before: packing all of it anew takes
    three times as long.
    """
    t_ms = state.t_ms
    nth, values, try_nth, right, picked, typed, help_, shown_before, response, *circumstances = rest
    if not (-TIME_MS_LIMIT <= t_ms <= TIME_MS_LIMIT and 0 <= response <= TIME_MS_LIMIT):
        raise CodecError("A frame has a time that there is not.")
    canonical = b"".join(
        (
            state.head,
            packed_int(t_ms),
            state.body_head,
            entry.packed,
            packed_int(nth),
            _packed(values),
            packed_int(try_nth),
            b"\xc3" if right else b"\xc2",
            _packed(picked),
            _packed(typed),
            packed_int(help_),
            b"\xc3" if shown_before else b"\xc2",
            packed_int(response),
            PLAIN_PACKED if rest[9:] == PLAIN else pack(tuple(circumstances))[1:],
        )
    )
    body = (state.sitting, *entry.told, *rest)
    event = Event(_ATTEMPT, 1, state.learner_id, state.lamport, t_ms, body)
    return Decoded(canonical, event)


_packed = lru_cache(maxsize=4096, typed=True)(pack)


def _is_usual(state: RunState, event: Event, entry: Entry, nth: int, *, is_again: bool) -> bool:
    """Writing: whether all that is seldom otherwise is as it mostly is."""
    body = event.body
    if not state.goes_on(event.learner_id or b"", event.lamport, body[0]):
        return False
    if not is_again and drawn(state, entry, nth) not in {None, body[7]}:
        return False
    base = state.last.help if is_again and state.last is not None else 0
    return body[12] == base and body[13] is False and body[15:] == PLAIN


def step_of(frame: Frame, state: RunState, body: Body) -> int:
    """Writing: how the item of an attempt is found; FREE when its try is not the first one."""
    last = state.last
    if last is not None and last.told() == body[1:9]:
        return AGAIN
    return _where(frame, state, body)[0] if body[8] == 1 else FREE


def _where(frame: Frame, state: RunState, body: Body) -> tuple[int, Entry | None]:
    told = body[1:6]
    for table in frame.tables:
        entry = table.by_told.get(told)
        if entry is not None:
            if entry.group is state.group:
                return NEXT, entry
            is_same_pack = state.group is not None and state.group.table is table
            return (OTHER_SKILL if is_same_pack else _OTHER_PACK), entry
    place = frame.inline_place(told)
    return (_INLINE_NEW, None) if place < 0 else (_INLINE_OLD, frame.inline[place])


def _item(frame: Frame, state: RunState, step: int, body: Body) -> Found:
    coder, models, last = frame.coder, frame.models, state.last
    if step == AGAIN:
        if last is None:
            raise CodecError("A frame goes on with an item before any.")
        return last.entry, last.nth, last.values, last.try_nth + 1
    entry, try_nth = None, 1
    if step == FREE:
        step = coder.symbol(models.free_shape, _where(frame, state, body)[0] if body[8] else 0)
        try_nth = coder.number(models.try_nth, body[8])
    if coder.writing:
        _, entry = _where(frame, state, body)
    entry = _entry(frame, state, step, entry, body)
    before = state.met.nths.get(entry, 0)
    nth = before + 1 + coder.number(models.nth[before > 0], body[6] - before - 1)
    return entry, nth, None, try_nth


def _entry(frame: Frame, state: RunState, step: int, entry: Entry | None, body: Body) -> Entry:
    """The item that a step leads to."""
    if step == _INLINE_NEW:
        return frame.tell(body[1:6] if frame.coder.writing else ())
    if step == _INLINE_OLD:
        if not frame.inline:
            raise CodecError("A frame names an item before any.")
        place = 0 if entry is None else frame.inline_place(entry.told)
        return frame.inline[frame.choose("inline", len(frame.inline), place)]
    return frame.rank(state, group_of(frame, state, step, entry), entry)


def group_of(frame: Frame, state: RunState, step: int, entry: Entry | None) -> Group:
    """The group of an item of a dictionary. `entry`: the item that is written."""
    group = state.group
    if step != NEXT:
        table = group.table if group is not None else None
        if step == _OTHER_PACK:
            place = frame.tables.index(_group(entry).table) if entry is not None else 0
            if not frame.tables:
                raise CodecError("A frame names a pack that is not there.")
            table = frame.tables[frame.choose("table", len(frame.tables), place)]
        elif step != OTHER_SKILL:
            raise CodecError("A frame finds an item in a way that there is not.")
        if table is None or not table.groups:
            raise CodecError("A frame names a pack before any.")
        number = 0 if entry is None else _group(entry).number
        group = table.groups[frame.choose("group", len(table.groups), number)]
    if group is None:
        raise CodecError("A frame goes on with a skill before any.")
    return group


def _group(entry: Entry) -> Any:
    assert entry.group is not None
    return entry.group


def drawn(state: RunState, entry: Entry, nth: int) -> tuple[int, ...] | None:
    """The numbers that a dictionary draws for her; None when that is not known."""
    return entry.values(state.learner_id, nth) if 0 < nth < _NTH_LIMIT else None


def _values(
    frame: Frame, values: tuple[int, ...], drawn: tuple[int, ...] | None
) -> tuple[int, ...]:
    """The numbers of an instance: those that are drawn, or as they are."""
    if drawn is not None and not frame.coder.symbol(frame.models.drawn, int(values != drawn)):
        return drawn
    return explicit_values(frame, values)


def explicit_values(frame: Frame, values: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of an instance as they are."""
    coder, models = frame.coder, frame.models
    count = coder.symbol(models.value_count, len(values))
    values = values if coder.writing else (0,) * count
    return tuple(
        coder.number(models.values[min(at, VALUE_MODELS - 1)], value)
        for at, value in enumerate(values)
    )


def _help(frame: Frame, again: int, base: int, help_: int) -> int:
    """Help before an answer: mostly none, or that of the try before and a hint more."""
    more = (help_ - base) % 256
    far = frame.coder.symbol(frame.models.help[again], min(more, _HELP_MODEL_MAX + 1))
    if far > _HELP_MODEL_MAX:
        far = frame.coder.bits(_HELP_BITS, more)
    return (base + far) % 256


def _outcome(
    frame: Frame, entry: Entry, values: tuple[int, ...], is_later: bool, body: Body
) -> tuple[bool, Answer]:
    """Right or not yet, and the answer: the right one, a known wrong one, or as it is."""
    model = frame.models.outcome[entry.kind + 4 * is_later]
    if not frame.coder.writing:
        return read_outcome(frame, entry, values, frame.coder.symbol(model, 0))
    right, answer = body[9], (body[10], body[11])
    predicted = entry.right(values)
    wrongs = entry.known_wrong(values) if answer[1] and answer != predicted else []
    how = _how(entry, predicted, wrongs, answer)
    frame.coder.symbol(model, how if right else how + _NOT_YET)
    if how != AS_PREDICTED:
        _explicit(frame, entry, how, wrongs, answer)
        if right:
            entry.was_right(values, answer)
    return right, answer


def read_outcome(
    frame: Frame, entry: Entry, values: tuple[int, ...], how: int
) -> tuple[bool, Answer]:
    """Reading: right or not yet, and the answer. Raises CodecError."""
    right = how < _NOT_YET
    how %= _NOT_YET
    if how == AS_PREDICTED:
        predicted = entry.right(values)
        if predicted is None:
            raise CodecError("A frame has an answer that nothing tells.")
        return right, predicted
    wrongs = entry.known_wrong(values) if how == _KNOWN else []
    answer = _explicit(frame, entry, how, wrongs, ((), ""))
    if right:
        entry.was_right(values, answer)
    return right, answer


def _how(entry: Entry, predicted: Answer | None, wrongs: list[str], answer: Answer) -> int:
    """Writing: the cheapest way to say an answer."""
    picked, typed = answer
    if answer == predicted:
        return AS_PREDICTED
    if not picked:
        return _KNOWN if typed in wrongs else _TYPED
    if not typed and 0 < entry.choices <= _PLACES_MAX and set(picked) <= set(range(entry.choices)):
        if len(picked) == 1 and picked[0] not in entry.right_set:
            return _ONE
        if picked == tuple(sorted(set(picked))):
            return _MASK
    return _WHOLE


def _explicit(frame: Frame, entry: Entry, how: int, wrongs: list[str], answer: Answer) -> Answer:
    coder, models = frame.coder, frame.models
    picked, typed = answer
    if how == _ONE:
        others = entry.wrongs
        if not others:
            raise CodecError("A frame has a choice that is not there.")
        place = others.index(picked[0]) if coder.writing else 0
        return (others[frame.choose("wrong", len(others), place)],), ""
    if how == _MASK:
        given = set(picked)
        marks = [
            coder.symbol(models.mask[at in entry.right_set], int(at in given))
            for at in range(entry.choices)
        ]
        return tuple(at for at, mark in enumerate(marks) if mark), ""
    if how == _KNOWN:
        if not wrongs:
            raise CodecError("A frame has an answer that nothing tells.")
        place = wrongs.index(typed) if coder.writing else 0
        return (), wrongs[frame.choose("known", len(wrongs), place)]
    if how == _WHOLE:
        count = coder.symbol(models.pick_count, len(picked))
        picked = picked if coder.writing else (0,) * count
        picked = tuple(coder.number(models.pick, place) for place in picked)
    return picked, frame.text(typed)


def _circumstances(frame: Frame, given: Body) -> Body:
    """Source, partners, pair and supervision: mostly alone at a screen."""
    coder, models = frame.coder, frame.models
    if not coder.symbol(models.plain, int(given != PLAIN)):
        return PLAIN
    source, partners, pair, supervised = given
    source = coder.symbol(models.source, source)
    partners = coder.symbol(models.partners, partners)
    supervised = bool(coder.bits(1, int(supervised)))
    if coder.bits(1, int(pair is not None)):
        return source, partners, frame.plain(pair or b"", _PAIR_BYTES), supervised
    return source, partners, None, supervised


def code_response(frame: Frame, state: RunState, response_ms: int) -> int:
    """The response time, near the pace of her last ones."""
    met, unit = state.met, state.unit
    pace = met.pace
    model = frame.models.response[pace_of(pace // unit) if pace else 0]
    response_ms = frame.coder.number(model, response_ms // unit) * unit
    met.pace = (3 * pace + response_ms) >> 2 if pace else response_ms
    return response_ms
