"""What a fit changes against another, for those who choose: how well it foretells, and which items
it holds for harder or easier.

Owns: the measures, over the answers that this node holds. Nobody's name and no single answer is in
them. Does not know pages.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.content_packs.item import difficulty_milli
from darasa.learning.fits.held_answers import held_answers
from darasa.learning.fits.signed_fit import open_fit
from darasa.learning.fold_rules import SHIPPED_RULES
from darasa.learning.mastery.base import ItemRef
from darasa.learning.mastery.parameters import Parameters
from darasa.learning.mastery.replay import Replay
from darasa.learning.mastery.rlf import Rlf
from darasa.learning.mastery.scores import Scores, Verdict, verdict

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack
    from darasa.learning.classroom import Classroom

ANSWERS_TRIED: Final = 5_000
"""Half a second, or five on the smallest server; more would change the figures by about one in a
hundred."""

MOVED_MICRO: Final = 20_000
"""Two in a hundred: less is hardly a difference to anyone."""


ENOUGH_ANSWERS: Final = 100
"""Fewer say nothing of how well something is foretold."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Two sets of parameters on the same answers, each foretold from those before it."""

    learners: int
    now: Scores
    before: Scores

    @property
    def verdict(self) -> Verdict | None:
        """Which foretells better; None where there are too few answers to say."""
        return verdict(self.now, self.before) if self.now.rows >= ENOUGH_ANSWERS else None


class Moved(Struct, frozen=True):
    """An item, and the chance (units of 1e-6) that who meets it first of all gets it right."""

    pack: str
    item: str
    before_micro: int
    now_micro: int


def parameters_of(room: "Classroom", fit_id: bytes | None) -> Parameters:
    """Those of a fit that holds; None: those that ship. Raises FitError."""
    if fit_id is None:
        return SHIPPED_RULES.model.parameters
    return open_fit(room.store.read(room.fits.signed, fit_id)).parameters


def tried_on_answers(room: "Classroom", now: Parameters, before: Parameters) -> Tried:
    """How well both foretell the answers held here; some may have gone into the fits themselves.

    Where no learner is but those of a practice class, they are tried on those.
    """
    rows = held_answers(room, limit=ANSWERS_TRIED)
    rows = rows or held_answers(room, invented=True, limit=ANSWERS_TRIED)
    scores = []
    for parameters in (now, before):
        scored = Scores()
        for answer, p_micro in Replay(Rlf(parameters), clock_ns=int).run(rows):
            scored.add(p_micro, right=answer.correct)
        scores.append(scored)
    return Tried(len({row.learner for row in rows}), *scores)


def moved_items(packs: "Iterable[Pack]", now: Parameters, before: Parameters) -> list[Moved]:
    """The items that one of them lists and whose chances lie apart, the furthest first."""
    listed = {(row.pack, row.name) for each in (now, before) for row in each.items}
    models = Rlf(before), Rlf(now)
    found = []
    for pack in packs:
        for item in pack.items.values():
            key = (pack.id, item.id)
            if key not in listed:
                continue
            skills = tuple((pack.id, skill) for skill in item.skills)
            ref = ItemRef(skills, difficulty_milli(item), key)
            then, since = (model.predict(model.start(), ref) for model in models)
            if abs(since - then) >= MOVED_MICRO:
                found.append(Moved(*key, then, since))
    return sorted(found, key=lambda each: (-abs(each.now_micro - each.before_micro), each.item))
