"""Common wrong answers: what several learners answered alike, item by item. No names.

Owns: which wrong answers are the same, and how one of them is shown. Each learner counts once an
item, with her last wrong answer to it. Pure: what they tried comes as rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from darasa.content_packs.errors import PackError
from darasa.content_packs.grading import Picked, Response, Typed, grade, wrong_key
from darasa.content_packs.instance import redraw
from darasa.content_packs.numerals import read_number
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.content_packs.written_words import folded_words
from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.tried import Tried, TriedRow, Wrong

if TYPE_CHECKING:
    from darasa.content_packs.item import Item
    from darasa.content_packs.pack import Pack


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A wrong answer and how many learners gave it; `note` is what the pack says to it."""

    item: ItemKey
    skills: tuple[SkillKey, ...]
    asked: SafeText
    answered: SafeText
    note: SafeText
    learners: int


def wrong_answers(
    rows: Iterable[TriedRow],
    packs: "Mapping[str, Pack]",
    *,
    skill: SkillKey | None = None,
    least: int = 2,
) -> tuple[WrongAnswer, ...]:
    """Those that `least` learners gave, the commonest first. Typed words of fewer are not read on.

    `skill`: only to items that exercise it.
    """
    given: dict[tuple[ItemKey, tuple[str, ...]], list[Tried]] = defaultdict(list)
    for row in rows:
        for tried in row.items:
            if tried.wrong is not None and _is_of(tried, skill):
                given[(tried.pack, tried.item), _key(tried, tried.wrong, packs)].append(tried)
    common = [each for each in given.items() if len(each[1]) >= least]
    common.sort(key=lambda each: (-len(each[1]), each[0]))
    return tuple(_shown(key, some, packs) for (key, _), some in common)


def _is_of(tried: Tried, skill: SkillKey | None) -> bool:
    return skill is None or (tried.pack == skill[0] and skill[1] in tried.skills)


def _item(tried: Tried, wrong: Wrong, packs: "Mapping[str, Pack]") -> "Item | None":
    """The item as it was answered; None where the pack here has another version of it."""
    pack = packs.get(tried.pack)
    item = None if pack is None else pack.items.get(tried.item)
    return item if item is not None and item.version.startswith(wrong.version) else None


def _response(wrong: Wrong) -> Response:
    return Picked(wrong.picked) if wrong.picked else Typed(wrong.typed)


def _key(tried: Tried, wrong: Wrong, packs: "Mapping[str, Pack]") -> tuple[str, ...]:
    item = _item(tried, wrong, packs)
    if item is not None:
        try:
            return wrong_key(redraw(item, values=wrong.values), _response(wrong))
        except PackError:
            pass
    if wrong.picked:  # choices of another version are other choices
        return ("old", wrong.version.hex(), *(str(place) for place in wrong.picked))
    reading = read_number(wrong.typed)
    words = folded_words(wrong.typed) if reading is None else str(reading.value)
    return ("typed", words, *(str(value) for value in wrong.values))


def _shown(key: ItemKey, some: list[Tried], packs: "Mapping[str, Pack]") -> WrongAnswer:
    """One of them as an example: the one whose numbers come first."""
    tried, wrong = min(
        ((each, each.wrong) for each in some if each.wrong is not None),
        key=lambda pair: (pair[1].values, pair[1].typed),
    )
    item = _item(tried, wrong, packs)
    skills = tuple((tried.pack, skill) for skill in tried.skills)
    asked, answered, note = safe_line(tried.item), safe_line(wrong.typed), SafeText("")
    if item is None:
        if wrong.picked:
            answered = safe_line(", ".join(f"choice {place + 1}" for place in wrong.picked))
        return WrongAnswer(key, skills, asked, answered, note, len(some))
    try:
        instance = redraw(item, values=wrong.values)
    except PackError:
        return WrongAnswer(key, skills, asked, answered, note, len(some))
    if wrong.picked:
        known = [instance.choices[at] for at in wrong.picked if at < len(instance.choices)]
        answered = safe_line("; ".join(known))
    said = grade(instance, _response(wrong)).feedback
    return WrongAnswer(key, skills, safe_line(instance.prompt), answered, said or note, len(some))
