"""A learner finds her start in a course (planning/placement.py).

Owns: the flow of a placement, when it is offered, and its line in the plan. Each answer is on disk,
with the place in the placement, when a call returns: one that was cut goes on at the same item of
the same computer, in a later sitting too.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from darasa.content_packs.errors import InstanceError
from darasa.content_packs.grading import Response, Verdict
from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.evidence import SkillKey
from darasa.learning.kinds import Payload, Placement
from darasa.learning.planning.placement import (
    ITEMS_ABOUT,
    ITEMS_MOST,
    Given,
    can_place,
    is_new_to,
    known_by,
    next_item_of,
)
from darasa.learning.planning.plan_of_day import LINES_MAX
from darasa.learning.practice.asking import Asked
from darasa.learning.practice.desk import PracticeError
from darasa.learning.practice.placing_run import PlacingRun
from darasa.learning.reports.said import Said, said
from darasa.learning.trial_kinds import KNOWN_MAX, PlacementPhase
from darasa.learning.views import ItemView, PlanKind, PlanRow

if TYPE_CHECKING:
    from darasa.learning.practice.desk import Desk


class FindingStart:
    """One placement. Made by `begin`; over once `known` is not None."""

    def __init__(self, desk: "Desk", pack: Pack, run: PlacingRun, asked: Asked) -> None:
        self.course: SafeText = safe_line(pack.title)
        self.known: tuple[SkillKey, ...] | None = None
        self.stopped = False
        self._desk = desk
        self._pack = pack
        self._run = run
        self._asked: Asked | None = asked

    @classmethod
    def begin(cls, desk: "Desk") -> Self | None:
        """Begin the one that is offered, or go on with it, durably; None where none is offered.

        One with nothing left to ask, in a newer version of its course, ends with what was answered.
        """
        pack = offered(desk)
        if pack is None:
            return None
        run = desk.place.placing
        given = () if run is None or run.pack != pack.id else run.given
        kept = run if run is not None and run.pack == pack.id and run.item in pack.items else None
        asked = _asked(desk, pack, given, kept)
        if asked is None:
            _end(desk, pack, PlacementPhase.ENDED, given)
            return None
        run = PlacingRun(pack.id, desk.sitting, asked.item.id, asked.nth, given)
        begun = Placement(desk.sitting, pack.id, PlacementPhase.BEGUN, ())
        desk.record_all((begun,), place=replace(desk.place, placing=run))
        return cls(desk, pack, run, asked)

    @property
    def pack_id(self) -> str:
        """The course's id."""
        return self._pack.id

    @property
    def current(self) -> ItemView | None:
        """The item on the screen; None once it is over."""
        if self._asked is None:
            return None
        nth = len(self._run.given) + 1
        skill = self._asked.item.skills[0]
        return self._asked.view(
            skill, nth=nth, of=ITEMS_ABOUT if nth <= ITEMS_ABOUT else ITEMS_MOST
        )

    def answer(self, response: Response) -> Verdict:
        """Check an answer, and go on to the next item or the end; nothing is said of it.

        One that is not understood, or right but to be written as asked, is no answer. Raises
        PracticeError once it is over, StoreError when it cannot be saved: nothing has changed.
        """
        asked = self._now()
        verdict, attempt = asked.check(response)
        if attempt is not None:
            self._take(attempt, right=verdict is Verdict.RIGHT)
        return verdict

    def not_sure(self) -> None:
        """ "I am not sure yet": an answer here, and no right one."""
        self._take(self._now().not_sure(), right=False)

    def stop(self) -> None:
        """End it here: what was answered so far says where she starts."""
        self._now()
        self._end(PlacementPhase.STOPPED, self._run.given)

    def _take(self, said: Payload, *, right: bool) -> None:
        given = (*self._run.given, Given(self._now().item.id, right))
        asked = _asked(self._desk, self._pack, given, None)
        if asked is None:
            self._end(PlacementPhase.ENDED, given, said)
            return
        run = replace(self._run, given=given, item=asked.item.id, nth=asked.nth)
        self._desk.record_all((said,), place=replace(self._desk.place, placing=run))
        self._run, self._asked = run, asked

    def _end(self, phase: PlacementPhase, given: tuple[Given, ...], *said: Payload) -> None:
        known = _end(self._desk, self._pack, phase, given, *said)
        self.known = tuple((self._pack.id, skill) for skill in known)
        self.stopped = phase is PlacementPhase.STOPPED
        self._asked = None

    def _now(self) -> Asked:
        if self._asked is None:
            raise PracticeError("the placement is over")
        return self._asked


def _end(
    desk: "Desk", pack: Pack, phase: PlacementPhase, given: tuple[Given, ...], *said: Payload
) -> tuple[str, ...]:
    """Write the end of a placement, after what else is said; the skills that it takes as known."""
    known = known_by(pack, desk.state(), given)[:KNOWN_MAX]
    ended = Placement(desk.sitting, pack.id, phase, known)
    desk.record_all((*said, ended), place=replace(desk.place, placing=None))
    return known


def offered(desk: "Desk") -> Pack | None:
    """The course whose start is to be found: that of a placement that was cut or left, else the
    first in which nothing was answered and no placement has ended."""
    state, run = desk.state(), desk.place.placing
    ended = set(state.trials.found)
    if run is not None and run.left:
        ended.discard(run.pack)
    packs = [p for p in desk.packs() if can_place(p) and p.id not in ended]
    if run is not None:
        for pack in packs:
            if pack.id == run.pack:
                return pack
    return next((pack for pack in packs if is_new_to(pack, state)), None)


def with_start(desk: "Desk", rows: Sequence[PlanRow]) -> tuple[PlanRow, ...]:
    """The plan with the line of the placement: first when it goes on, else before the choice."""
    pack = offered(desk) if rows else None
    if pack is None:
        return tuple(rows)
    run = desk.place.placing
    if run is not None and run.pack == pack.id:
        why = said("You stopped in the middle. You may stop again at any time.")
        row = _row(said("Find your start: go on where you stopped"), why)
        return (row, *rows[:-1][: LINES_MAX - 2], rows[-1])
    why = said("It is no test. It finds what you know of {course}.", course=pack.title)
    row = _row(said("Find your start: about 10 items; you may stop"), why)
    return (*rows[:-1][: LINES_MAX - 2], row, rows[-1])


def _row(title: Said, why: Said) -> PlanRow:
    return PlanRow(PlanKind.START, None, safe_line(title.text), None, (why,))


def _asked(
    desk: "Desk", pack: Pack, given: tuple[Given, ...], kept: PlacingRun | None
) -> Asked | None:
    """The item to ask now: the one that was on the screen, or the next; None when it is enough."""
    left_out = [item for pack_id, item in desk.withdrawn() if pack_id == pack.id]
    if kept is not None and kept.item in left_out:
        kept = None
    while True:
        item = pack.items[kept.item] if kept is not None else None
        if item is None:
            item = next_item_of(pack, desk.state(), given, seed=desk.learner_id, left_out=left_out)
        if item is None:
            return None
        try:
            return Asked(desk, pack, item, nth=kept.nth if kept is not None else None)
        except InstanceError:  # a fault in the pack costs its item, not the placement
            kept = None
            left_out.append(item.id)
