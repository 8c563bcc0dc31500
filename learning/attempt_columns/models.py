"""What is likely in an attempt before any was seen: the first tables of codec 1's columns.

Owns: the columns and their prior weights. They are part of the format: another weight is another
codec. Pure.
"""

from collections.abc import Sequence
from typing import Final

from darasa.sync.column_models import (
    NUMBER_SYMBOLS,
    SEEN,
    Model,
    even,
    number_model,
    text_model,
)

CHOICE_MODEL_MAX: Final = 64
PACE_CLASSES: Final = 16
CHOICES: Final = ("learner at", "word at", "table", "group", "rank", "inline", "wrong", "known")
TEXT_LENGTHS: Final = 65
VALUE_MODELS: Final = 8
SHAPES: Final = 12
_PEAK: Final = (12, 12, 11, 10, 8, 6, 4, 3, 2)
_PACE_FIRST: Final = 8
_PACE_STEP: Final = 2


def _paced(pace: int) -> Model:
    """Response times of somebody whose last ones were of this class (0: none yet)."""
    if pace == 0:
        return number_model((15, 600))
    middle = _PACE_FIRST + _PACE_STEP * (pace - 1)
    near = [abs(symbol - middle) for symbol in range(NUMBER_SYMBOLS)]
    return Model([_PEAK[far] if far < len(_PEAK) else 1 for far in near])


# the next event: an attempt (again, next, another skill, another pack, an item told before in the
# frame, a new one, free), sign-in, sign-out, mastery shown, loose, raw
_SHAPES: Final = (
    (1, 4, 2, 20, 2, 4, 2, 30, 1, 1, 6, 2),  # at the start of a run
    (1, 4, 20, 30, 4, 8, 4, 1, 1, 1, 1, 1),  # after a sign-in
    (1, 60, 6, 1, 20, 8, 2, 1, 5, 7, 1, 1),  # after a right answer
    (70, 20, 2, 1, 8, 2, 2, 1, 2, 1, 1, 1),  # after a first try that was not yet right
    (50, 30, 2, 1, 8, 2, 2, 1, 2, 1, 1, 1),  # after a later one
    (1, 20, 40, 1, 20, 8, 2, 1, 12, 1, 1, 1),  # after "Got it"
    (1, 1, 1, 4, 1, 1, 1, 90, 1, 1, 2, 1),  # after a sign-out
    (1, 10, 4, 10, 8, 4, 2, 10, 4, 1, 60, 4),  # after anything else
)
# right (as predicted, one, mask, known, typed, whole), not yet (the same): by kind of item
_OUTCOMES: Final = (
    (24, 1, 1, 1, 12, 24, 1, 1, 1, 1, 8, 8),
    (48, 1, 1, 1, 1, 1, 1, 16, 1, 1, 1, 1),
    (48, 1, 1, 1, 1, 1, 1, 1, 16, 1, 1, 1),
    (44, 1, 1, 1, 4, 1, 1, 1, 1, 8, 8, 1),
)
# the same when there was a try or help before
_LATER: Final = (
    (20, 1, 1, 1, 12, 20, 1, 1, 1, 1, 10, 10),
    (40, 1, 1, 1, 1, 1, 1, 20, 1, 1, 1, 1),
    (40, 1, 1, 1, 1, 1, 1, 1, 20, 1, 1, 1),
    (38, 1, 1, 1, 4, 1, 1, 1, 1, 10, 10, 1),
)


def _flag(of: int, count: int = 2) -> Model:
    """A column of which value 0 comes nearly always: `of` times as often as the others."""
    return Model((SEEN * of, *[SEEN // 2] * (count - 1)))


_FLAG: Final = _flag(10)
_UNIT: Final = Model((16, 16, 32, 16))
_SITTING: Final = _flag(10, 3)
_SHAPE: Final = [Model([4 * weight for weight in weights]) for weights in _SHAPES]
_OUTCOME: Final = [Model([2 * weight for weight in weights]) for weights in (*_OUTCOMES, *_LATER)]
_USUAL: Final = [_flag(10), _flag(5)]
_NTH: Final = [Model((48, 16, 8, 4, 4, *[1] * (NUMBER_SYMBOLS - 5)))] * 2
_HELP: Final = [Model((24, 24, 12, 4, *[1] * 60)), Model((16, 24, 8, 4, *[1] * 60))]
_RESPONSE: Final = [_paced(pace) for pace in range(PACE_CLASSES)]
_GAP: Final = [
    number_model((0, 900)),
    number_model((4, 400)),
    number_model((4, 400)),
    number_model((20, 900)),
]
_ANY: Final = number_model()
_SMALL: Final = number_model((0, 12))
_LAMPORT: Final = number_model((0, 300))
_MINUTES: Final = number_model((10, 60_000))
_NOW: Final = number_model((0, 1))
_LENGTH: Final = number_model((20, 300))
_VALUES: Final = [_SMALL] * VALUE_MODELS
_MASKS: Final = [Model((16, 4)), Model((4, 16))]
_TEXT_LENGTH: Final = Model((1, 16, 10, 10, 6, 6, 4, 4, *[1] * (TEXT_LENGTHS - 8)))
_TEXT: Final = text_model()
_WORDS: Final = [Model((16, 4, 4, 4, 4, 4, 4, 8))] * 3


def _all(models: Sequence[Model]) -> list[Model]:
    return [model.fresh() for model in models]


class Choices(dict[int, Model]):
    """The tables of a column of choices, by how many there are to choose from."""

    def __missing__(self, count: int) -> Model:
        made = self[count] = even(count)
        return made


class Models:
    """The tables of one frame; each begins as its prior."""

    def __init__(self) -> None:
        self.unit = _UNIT.fresh()
        self.shape = _all(_SHAPE)
        self.free_shape = even(SHAPES)
        self.usual = _all(_USUAL)
        self.same = _FLAG.fresh()
        self.learner = even(3)
        self.lamport = _LAMPORT.fresh()
        self.lamport_again = _SMALL.fresh()
        self.sitting = _SITTING.fresh()
        self.sitting_back = _LAMPORT.fresh()
        self.words = _all(_WORDS)
        self.try_nth = _SMALL.fresh()
        self.nth = _all(_NTH)
        self.drawn = _FLAG.fresh()
        self.value_count = even(17)
        self.values = _all(_VALUES)
        self.help = _all(_HELP)
        self.shown_before = _FLAG.fresh()
        self.outcome = _all(_OUTCOME)
        self.mask = _all(_MASKS)
        self.text_length = _TEXT_LENGTH.fresh()
        self.text = _TEXT.fresh()
        self.pick_count = even(17)
        self.pick = _SMALL.fresh()
        self.plain = _FLAG.fresh()
        self.source = even(3)
        self.partners = even(3)
        self.response = _all(_RESPONSE)
        self.gap = _all(_GAP)
        self.gap_in = _MINUTES.fresh()
        self.gap_out = _LAMPORT.fresh()
        self.gap_shown = _NOW.fresh()
        self.gap_loose = _LAMPORT.fresh()
        self.start = _MINUTES.fresh()
        self.loose_kind = _ANY.fresh()
        self.loose_version = _NOW.fresh()
        self.loose_who = even(3)
        self.loose_lamport = _NOW.fresh()
        self.loose_sitting = even(2)
        self.body_length = _LENGTH.fresh()
        self.raw_length = _LENGTH.fresh()
        self.told_length = _LENGTH.fresh()
        self.far = _ANY.fresh()
        self.choices = {column: Choices() for column in CHOICES}
        self.groups, self.ranks = self.choices["group"], self.choices["rank"]

    def choice(self, column: str, count: int) -> Model:
        """The table of a choice of one of `count` things, at most CHOICE_MODEL_MAX."""
        return self.choices[column][count]


def pace_of(pace: int) -> int:
    """The class of a response time: one for each half octave."""
    if pace < _PACES_KEPT:
        return _PACES[max(pace, 0)]
    return PACE_CLASSES - 1


def _pace_of(pace: int) -> int:
    if pace < 8:
        return 1
    length = pace.bit_length()
    half = 2 * (length - 4) + ((pace >> (length - 2)) & 1)
    return min(1 + half, PACE_CLASSES - 1)


_PACES_KEPT: Final = 1 << 10  # from there on all are of the last class
_PACES: Final = bytes(_pace_of(pace) for pace in range(_PACES_KEPT))
