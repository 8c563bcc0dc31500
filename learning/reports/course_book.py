"""What reports need of the installed packs, looked up once: titles, words, hints, skills of things.

Pure. Owns the look-ups, and how presence names an item or a lesson (`pack/id`). A node that lacks a
pack still reports: what it does not know is shown by its id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from darasa.content_packs.errors import PackError
from darasa.content_packs.instance import TEXT_LENGTH_MAX, redraw
from darasa.content_packs.safe_text import SafeText, safe_line, safe_text
from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.kinds import Attempt
from darasa.learning.planning.wording import words_in
from darasa.learning.reports.alerts import Course

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack

ABOUT_CHARS_MAX: Final = 120
_CHANGED: Final = "(changed since)"


def about_of(pack_id: str, thing_id: str) -> str:
    """How presence names an item, a lesson or a skill of a pack."""
    return f"{pack_id}/{thing_id}"[:ABOUT_CHARS_MAX]


@dataclass(frozen=True, slots=True)
class About:
    """What a presence row is about, as far as the packs here tell."""

    title: SafeText
    skill: SkillKey | None = None
    item: ItemKey | None = None


class CourseBook:
    """All installed packs as one book."""

    def __init__(self, packs: "Mapping[str, Pack]", course: Course) -> None:
        self._packs = packs
        self.course = course

    @classmethod
    def of(cls, packs: "Sequence[Pack]") -> Self:
        """The book of these packs."""
        items = [(pack.id, item) for pack in packs for item in pack.items.values()]
        return cls(
            {pack.id: pack for pack in packs},
            Course(
                titles={
                    (pack.id, skill.id): safe_line(skill.title)
                    for pack in packs
                    for skill in pack.skills.values()
                },
                words={(pack_id, item.id): words_in(item) for pack_id, item in items},
                hints={(pack_id, item.id): len(item.hints) for pack_id, item in items},
            ),
        )

    @property
    def packs(self) -> "tuple[Pack, ...]":
        """The packs, by id."""
        return tuple(self._packs[pack_id] for pack_id in sorted(self._packs))

    def title(self, key: SkillKey) -> SafeText:
        """The title of a skill; its id when no pack here has it."""
        return self.course.titles.get(key) or safe_line(key[1])

    def about(self, about: str) -> About:
        """What presence names: `pack/id`, or an id alone, which the first pack that has it means.

        An item is shown by the title of its skill, a lesson or a skill by its own.
        """
        pack_id, slash, thing_id = about.partition("/")
        packs = [self._packs[pack_id]] if pack_id in self._packs and slash else list(self.packs)
        for pack in packs:
            found = self._in_pack(pack, thing_id if slash else about)
            if found is not None:
                return found
        return About(safe_line(thing_id or about) if about else SafeText(""))

    def _in_pack(self, pack: "Pack", thing_id: str) -> About | None:
        if thing_id in pack.items:
            skill = (pack.id, pack.items[thing_id].skills[0])
            return About(self.title(skill), skill, (pack.id, thing_id))
        if thing_id in pack.lessons:
            lesson = pack.lessons[thing_id]
            first = (pack.id, lesson.skills[0]) if lesson.skills else None
            return About(safe_line(lesson.title), first)
        if thing_id in pack.skills:
            return About(self.title((pack.id, thing_id)), (pack.id, thing_id))
        return None

    def asked(self, attempt: Attempt) -> SafeText:
        """The question with the numbers it had; the item's id when this pack has it no longer.

        One that was worded anew since says so: who reads the answer would take it for wrong or
        right to another question.
        """
        pack = self._packs.get(attempt.pack)
        item = None if pack is None else pack.items.get(attempt.item)
        if item is None:
            return safe_line(attempt.item)
        if item.version != attempt.item_version and item.vars:
            return safe_line(f"{attempt.item} {_CHANGED}")
        try:
            prompt = redraw(item, values=attempt.values, nth=attempt.nth).prompt
        except PackError:
            return safe_line(attempt.item)
        if item.version == attempt.item_version:
            return prompt
        return safe_text(f"{prompt} {_CHANGED}", length_max=2 * TEXT_LENGTH_MAX)

    def answered(self, attempt: Attempt) -> SafeText:
        """What was typed, or the text of what was picked."""
        if attempt.typed:
            return safe_line(attempt.typed)
        pack = self._packs.get(attempt.pack)
        item = None if pack is None else pack.items.get(attempt.item)
        texts: list[str] = []
        if item is not None and item.version == attempt.item_version:
            try:
                choices = redraw(item, values=attempt.values, nth=attempt.nth).choices
            except PackError:
                choices = ()
            texts = [choices[place] for place in attempt.picked if place < len(choices)]
        if len(texts) < len(attempt.picked):
            texts = [f"choice {place + 1}" for place in attempt.picked]
        return safe_text("; ".join(texts))
