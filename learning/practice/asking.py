"""One item on the screen, asked once: without hints, a second try or a solution.

Owns: the item as a screen is given it, what its answer is, and the events of it. What follows from
an answer is for whoever asks (challenging.py, placing.py).
"""

from typing import TYPE_CHECKING

from darasa.content_packs.grading import Response, Verdict, grade
from darasa.content_packs.instance import ItemInstance, draw
from darasa.content_packs.item import Item
from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import safe_line
from darasa.learning.kinds import Attempt, NotSure
from darasa.learning.planning.next_item import fresh_nth
from darasa.learning.practice.set_run import OnScreen
from darasa.learning.practice.steps import attempt_of
from darasa.learning.views import ItemView, Phase

if TYPE_CHECKING:
    from darasa.learning.practice.desk import Desk


class Asked:
    """An item that is asked now. Raises InstanceError for one that cannot be drawn."""

    def __init__(self, desk: "Desk", pack: Pack, item: Item, *, nth: int | None = None) -> None:
        """`nth`: the instance that was on the screen before; None: one that is new to her."""
        if nth is None:
            nth = fresh_nth(pack, desk.state(), item, desk.learner_id)
        self.item = item
        self.nth = nth
        self.instance: ItemInstance = draw(item, learner_id=desk.learner_id, nth=nth)
        self._desk = desk
        self._pack = pack
        self._asked_ms = desk.elapsed_ms()

    def view(self, skill: str, *, nth: int, of: int) -> ItemView:
        """As a screen is given it."""
        return ItemView(
            instance=self.instance,
            skill=(self._pack.id, skill),
            skill_title=safe_line(self._pack.skills[skill].title),
            nth=nth,
            of=of,
            done=nth - 1,
            tries=0,
            phase=Phase.ASK,
            hints=(),
            hints_total=0,
            feedback=None,
            solution=None,
            can_show_solution=False,
            has_lesson=False,
        )

    def is_shown(self) -> None:
        """It comes to the screen now: its response time starts."""
        self._asked_ms = self._desk.elapsed_ms()

    def check(self, response: Response) -> tuple[Verdict, Attempt | None]:
        """What an answer is, what teachers said of it being heard, and its event.

        None for one that is not understood, or is to be written as asked: that is no answer.
        """
        verdict = grade(self.instance, response).verdict
        if verdict not in (Verdict.RIGHT, Verdict.NOT_YET):
            return verdict, None
        attempt = self._attempt(response, right=verdict is Verdict.RIGHT)
        right = self._desk.mark_of(attempt).right_of(attempt)
        return Verdict.RIGHT if right else Verdict.NOT_YET, attempt

    def not_sure(self) -> NotSure:
        """The event of "I am not sure yet"."""
        skills = tuple(self.item.skills)
        return NotSure(self._desk.sitting, self._pack.id, self.item.id, skills, self.nth)

    def _attempt(self, response: Response, *, right: bool) -> Attempt:
        desk = self._desk
        place, now = desk.place, desk.now_ms()
        return attempt_of(
            self._pack,
            OnScreen(self.item.id, self.nth),
            self.instance,
            response,
            sitting=desk.sitting,
            right=right,
            response_ms=desk.elapsed_ms() - self._asked_ms,
            shown_before=place.has_seen(self._pack.id, self.item.id, self.instance.values, now),
        )
