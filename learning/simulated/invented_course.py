"""An invented course in memory: skills that require each other, items of three difficulties.

Owns: its shape. Three strands, each skill resting on the one before it in its strand; the items
have numbers that are drawn anew, as those of the bundled courses. Pure.
"""

from typing import Final

from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import Answer, Item, Text, Var, with_version
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill

STRANDS: Final = 3
_DIFFICULTIES: Final = (1, 2, 3)


def invented_course(*, skills: int = 12, items_each: int = 3, pack_id: str = "invented") -> Pack:
    """`items_each` items of each difficulty for each skill; what is required comes first."""
    named = tuple(
        Skill(id=f"s{n}", title=f"Skill {n}", requires=(f"s{n - STRANDS}",) if n >= STRANDS else ())
        for n in range(skills)
    )
    items = tuple(
        _item(f"{skill.id}-{difficulty}-{n}", skill.id, difficulty)
        for skill in named
        for difficulty in _DIFFICULTIES
        for n in range(items_each)
    )
    return invented_pack(named, items, pack_id=pack_id, title="An invented course")


def _item(name: str, skill: str, difficulty: int) -> Item:
    ask = "What is @{a} + 1?"
    return with_version(
        Item(
            id=name,
            kind="answer",
            skills=(skill,),
            prompt=Text(ask, ask, ask),
            difficulty=difficulty,
            answers=(Answer("@{a + 1}", "number"),),
            vars=(Var("a", low="1", high="100000"),),
        )
    )
