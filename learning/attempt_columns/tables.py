"""What the packs of a node predict of an attempt, as codec 1 asks for it.

Owns: the items of a dictionary in groups by their first skill, the numbers that an instance has,
its right answer and its known wrong ones. An item that no pack here has predicts nothing but what
the frame itself has said of it. Pure.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Self

from darasa.content_packs.errors import PackError
from darasa.content_packs.instance import Drawer
from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.template import filler
from darasa.sync.codec import pack

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack

Answer = tuple[tuple[int, ...], str]
"""What was picked, by places in the source, and what was typed."""

KIND_CODES: Final = {"choice": 1, "multiple": 2, "answer": 3}


class Entry:
    """One item. `told` is what every attempt on it says again: pack, id, version, skills, logit."""

    __slots__ = (
        "_drawer", "_drawn",
        "_filled", "_names", "_right", "_rights", "choices", "group", "item", "kind", "packed",
        "right_set", "told", "wrongs",
    )  # fmt: skip

    def __init__(self, told: tuple[Any, ...], item: Item | None = None) -> None:
        self.told = told
        self.packed = pack(told)[1:]  # the elements alone
        self.item = item
        self.kind = 0 if item is None else KIND_CODES[item.kind]
        self.choices = 0 if item is None else len(item.choices)
        self.group: Group | None = None
        self.right_set: tuple[int, ...] = ()
        if item is not None:
            self.right_set = tuple(at for at, one in enumerate(item.choices) if one.right)
        self.wrongs = [at for at in range(self.choices) if at not in self.right_set]
        self._drawn: tuple[bytes, int, tuple[int, ...] | None] = (b"", 0, None)
        self._drawer = None if item is None else Drawer(item)
        self._names = [] if item is None else [var.name for var in item.vars]
        self._rights: dict[tuple[int, ...], Answer] = {}
        self._right: Answer | None = None  # of an item that has no numbers
        if item is not None and not item.answers:
            self._right = (self.right_set, "")
        self._filled: tuple[tuple[int, ...], str] | None = None

    def values(self, learner_id: bytes, nth: int) -> tuple[int, ...] | None:
        """The numbers that the `nth` instance has for a learner; None when that is not known."""
        item = self.item
        if item is None or self._drawer is None:
            return None
        if not self._names:
            return ()
        of_whom, which, values = self._drawn
        if which != nth or of_whom != learner_id:
            try:
                values = self._drawer.values_for(learner_id, nth)
            except (PackError, OverflowError):
                values = None
            self._drawn = (learner_id, nth, values)  # at once: threads share the tables of packs
        return values

    def right(self, values: tuple[int, ...]) -> Answer | None:
        """The right answer of an instance, or that which was right before in this frame."""
        if self._right is not None:
            return self._right
        if self.item is None or len(values) != len(self._names):
            return self._rights.get(values)
        filled = self._filled
        if filled is None or filled[0] != values:  # a second try asks for the same
            filled = self._filled = (values, self._fill(self.item.answers[0].value, values))
        return (), filled[1]

    def was_right(self, values: tuple[int, ...], answer: Answer) -> None:
        """An answer that was right: the first guess the next time, where no pack tells better."""
        if self.item is None:
            self._rights[values] = answer

    def known_wrong(self, values: tuple[int, ...]) -> list[str]:
        """The wrong answers that the author expected, as they would be typed."""
        item = self.item
        if item is None or len(values) != len(self._names):
            return []
        return [self._fill(wrong.value, values) for wrong in item.wrong]

    def _fill(self, template: str, values: tuple[int, ...]) -> str:
        if "@{" not in template:
            return template
        try:
            return filler(template)(dict(zip(self._names, values, strict=True)))
        except (PackError, OverflowError):
            return ""


class Group:
    """Items that come one after the other: those of one skill of one pack."""

    __slots__ = ("entries", "number", "table")

    def __init__(self, table: "Table", number: int) -> None:
        self.table = table
        self.number = number
        self.entries: list[Entry] = []


class Table:
    """The items of one dictionary; those of a pack never change and may be shared."""

    def __init__(self, name: bytes, entries: Sequence[Entry]) -> None:
        self.name = name
        self.groups: list[Group] = []
        self.by_told: dict[tuple[Any, ...], Entry] = {}
        by_skill: dict[str, Group] = {}
        for entry in entries:
            skill = entry.told[3][0]
            if skill not in by_skill:
                by_skill[skill] = Group(self, len(by_skill))
                self.groups.append(by_skill[skill])
            group = by_skill[skill]
            entry.group = group
            group.entries.append(entry)
            self.by_told[entry.told] = entry

    @classmethod
    def of(cls, course: "Pack") -> Self:
        """The table of a pack."""
        entries = [Entry(_told(course.id, item), item) for item in course.items.values()]
        return cls(course.dictionary, entries)


def _told(pack_id: str, item: Item) -> tuple[Any, ...]:
    return pack_id, item.id, item.version, tuple(item.skills), difficulty_milli(item)
