"""One item drawn for one learner: which numbers, which order of the choices.

Owns: the draw (FORMAT.md section 6). It is a function of learner, item id and the number of the
instance alone, so that a screen, a sheet of paper and a teacher's page show the same. Pure.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from darasa.content_packs.errors import ExpressionError, InstanceError
from darasa.content_packs.expression import Condition, Number, condition, formula, whole
from darasa.content_packs.item import CHOICE_LENGTH_MAX, Item, Text, Var
from darasa.content_packs.safe_text import SafeText, safe_line, safe_text
from darasa.content_packs.template import fill

TRIES_MAX: Final = 1000
"""Draws before a `where` counts as never true; the build proves that far fewer do."""
TEXT_LENGTH_MAX: Final = 16_000
_DIGITS_MAX: Final = 12
_EIGHT_WORDS: Final = struct.Struct(">8Q")
_PERSON: Final = b"darasa-draw-1"


@dataclass(frozen=True, slots=True)
class ItemInstance:
    """An item with its numbers. `order` lists the choices as shown, by their place in the source.

    `choices` are in the order shown; all texts are ready to show.
    """

    item: Item
    nth: int
    values: tuple[int, ...]
    order: tuple[int, ...]
    prompt: SafeText
    choices: tuple[SafeText, ...]
    hints: tuple[SafeText, ...]
    solution: SafeText | None

    @property
    def names(self) -> dict[str, int]:
        """The drawn values by the names of their variables."""
        return _named(self.item, self.values)


def draw(item: Item, *, learner_id: bytes, nth: int) -> ItemInstance:
    """The `nth` instance (from 1) of an item for a learner. Raises InstanceError."""
    words = _words(learner_id, item.id, nth)
    values = draw_values(item, words)
    order = list(range(len(item.choices)))
    if not item.fixed_order:
        for last in range(len(order) - 1, 0, -1):
            other = next(words) % (last + 1)
            order[last], order[other] = order[other], order[last]
    return _instance(item, nth, values, tuple(order))


def redraw(
    item: Item, *, values: Sequence[int], order: Sequence[int] = (), nth: int = 1
) -> ItemInstance:
    """An instance that was drawn before, from its stored values.

    Without `order` the choices stand as in the source. Raises InstanceError when the values do
    not fit this version of the item.
    """
    if len(values) != len(item.vars):
        raise InstanceError(f"The numbers kept for item {item.id} fit another version of it.")
    places = tuple(order) or tuple(range(len(item.choices)))
    if sorted(places) != list(range(len(item.choices))):
        raise InstanceError(f"The order kept for item {item.id} fits another version of it.")
    return _instance(item, nth, tuple(values), places)


def draw_values(item: Item, words: Iterator[int]) -> tuple[int, ...]:
    """The values of an item's variables from a stream of 64-bit words. Raises InstanceError."""
    return Drawer(item).values(words)


class Drawer:
    """An item made ready to be drawn again and again: for whoever asks for many learners."""

    __slots__ = ("_item", "_name", "_plan", "_where")

    def __init__(self, item: Item) -> None:
        self._item = item
        self._name = _name_part(item.id)
        self._plan: list[_Step] | None = None
        self._where: list[Condition] = []

    def values_for(self, learner_id: bytes, nth: int) -> tuple[int, ...]:
        """The values of the `nth` instance for a learner. Raises InstanceError."""
        head = _learner_part(learner_id) + self._name + nth.to_bytes(4, "big")
        try:
            return self.values(iter(_eight_words(head, 0)))  # most draws take no more
        except StopIteration:
            return self.values(_words_after(head))

    def values(self, words: Iterator[int]) -> tuple[int, ...]:
        """The values of the variables from a stream of 64-bit words. Raises InstanceError."""
        if not self._item.vars:
            return ()
        try:
            plan = self._plan or self._prepared()
            where = self._where
            for _ in range(TRIES_MAX):
                values: dict[str, int] = {}
                for name, fixed, between, var in plan:
                    known = fixed or between(values) or possible(var, values)
                    count = len(known)
                    values[name] = known[next(words) % count if count > 1 else 0]
                for test in where:
                    if not test(values):
                        break
                else:
                    return tuple(values.values())
        except ExpressionError as error:
            raise InstanceError(error.what, remedy=error.remedy) from error
        raise InstanceError(
            f"`where` of item {self._item.id} was not true in {TRIES_MAX} draws.",
            remedy="Widen `vars`, or ask for less in `where`.",
        )

    def _prepared(self) -> "list[_Step]":
        self._where = [condition(test) for test in self._item.where]
        self._plan = [(var.name, _fixed(var), _between(var), var) for var in self._item.vars]
        return self._plan


_Between = Callable[[Mapping[str, int]], range | None]
_Step = tuple[str, Sequence[int] | None, _Between, Var]


def _fixed(var: Var) -> Sequence[int] | None:
    """The values of a variable that is told by plain numbers, as most are; else None."""
    told = var.options or (var.low, var.high)
    if not all(each.isascii() and each.isdecimal() and len(each) <= _DIGITS_MAX for each in told):
        return None
    if var.options:
        return [int(option) for option in var.options]
    return range(int(var.low), int(var.high) + 1) or None  # an empty one is told with its remedy


def _between(var: Var) -> _Between:
    """What `possible` says of a variable between two ends; None for what it is to look at."""
    if var.options:
        return lambda _: None
    low_of, high_of = formula(var.low), formula(var.high)

    def between(values: Mapping[str, int]) -> range | None:
        low, high = low_of(values), high_of(values)
        return range(low, high + 1) if type(low) is type(high) is int else None

    return between


def words_for(learner_id: bytes, item_id: str, nth: int) -> Iterator[int]:
    """The endless stream of 64-bit words that a draw takes from (FORMAT.md section 6)."""
    return _words(learner_id, item_id, nth)


def _words(learner_id: bytes, item_id: str, nth: int) -> Iterator[int]:
    return _words_after(_learner_part(learner_id) + _name_part(item_id) + nth.to_bytes(4, "big"))


def _learner_part(learner_id: bytes) -> bytes:
    return bytes([len(learner_id)]) + learner_id


def _name_part(item_id: str) -> bytes:
    name = item_id.encode()
    return len(name).to_bytes(2, "big") + name


def _words_after(head: bytes) -> Iterator[int]:
    for block in range(2**32):
        yield from _eight_words(head, block)


def _eight_words(head: bytes, block: int) -> tuple[int, ...]:
    digest = blake2b(head + block.to_bytes(4, "big"), person=_PERSON).digest()
    return _EIGHT_WORDS.unpack(digest)


def possible(var: Var, values: Mapping[str, int]) -> Sequence[int]:
    """What a variable may be, given those before it; never empty. Raises InstanceError."""
    if var.options:
        return [_whole(formula(option)(values), var) for option in var.options]
    low = _whole(formula(var.low)(values), var)
    high = low if var.high == var.low else _whole(formula(var.high)(values), var)
    if high < low:
        raise InstanceError(
            f"`{var.name} = {var.low}..{var.high}` can be empty: here it is {low}..{high}.",
            remedy="Change the ends so that the second is never below the first.",
        )
    return range(low, high + 1)


def _whole(value: Number, var: Var) -> int:
    number = whole(value)
    if number is None:
        raise InstanceError(
            f"`{var.name}` in `vars` came out as {value}, which is not a whole number.",
            remedy="Use // instead of /, or other ends.",
        )
    return number


def _named(item: Item, values: Sequence[int]) -> dict[str, int]:
    return dict(zip((var.name for var in item.vars), values, strict=True))


def _instance(
    item: Item, nth: int, values: tuple[int, ...], order: tuple[int, ...]
) -> ItemInstance:
    named = _named(item, values)
    try:
        return ItemInstance(
            item=item,
            nth=nth,
            values=values,
            order=order,
            prompt=shown(item.prompt, named),
            choices=tuple(_shown_choice(item.choices[at].text, named) for at in order),
            hints=tuple(shown(hint, named) for hint in item.hints),
            solution=None if item.solution is None else shown(item.solution, named),
        )
    except ExpressionError as error:
        raise InstanceError(error.what, remedy=error.remedy) from error


def _shown_choice(text: Text, values: Mapping[str, int]) -> SafeText:
    """A choice whole, and on one line: what sets it apart may stand at its end."""
    return safe_line(fill(text.plain, values), length_max=2 * CHOICE_LENGTH_MAX)


def shown(text: Text, values: Mapping[str, int]) -> SafeText:
    """The plain form of a text with its numbers, ready to show. Raises ExpressionError."""
    return safe_text(fill(text.plain, values), length_max=TEXT_LENGTH_MAX)
