"""The steps of a set that need a pack and a state: beginning one, the next item, an answer's event.

Owns: joining the planner's choice to the set on the screen. Pure; sitting.py holds the learner's
place and records.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace as replace_fields
from typing import Final

from msgspec.structs import replace

from darasa.content_packs.grading import Grade, Picked, Response, Typed, Verdict
from darasa.content_packs.instance import ItemInstance
from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.evidence import ItemKey, reading_ms
from darasa.learning.kinds import Attempt, Help, Source
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.mixing import SoFar, Turn, stepped_back, turns
from darasa.learning.planning.next_item import Before, Chosen, Rest, next_item
from darasa.learning.planning.plan_of_day import HARDER_ITEMS, set_size
from darasa.learning.planning.wording import words_in
from darasa.learning.practice.set_run import OnScreen, SetRun
from darasa.learning.views import ItemRole, Phase, SkillStanding
from darasa.sync.event import TIME_STEP_MS
from darasa.sync.ids import LearnerId

_TYPED_MAX: Final = 200
_RESPONSE_MS_MAX: Final = 2**40 // TIME_STEP_MS * TIME_STEP_MS


def new_set(
    pack: Pack,
    skill: str,
    standings: Sequence[SkillStanding],
    *,
    seed: bytes,
    first: bool,
    harder: bool = False,
) -> SetRun:
    """A set on one skill, nothing on the screen yet. `standings` are those of this pack.

    `harder`: a few of its challenges.
    """
    before = tuple((row.key[1], str(row.standing)) for row in standings if row.key[0] == pack.id)
    asked = next(row for row in standings if row.key == (pack.id, skill))
    size = min(HARDER_ITEMS, asked.challenges) if harder else set_size(asked.standing)
    return SetRun(
        pack=pack.id,
        skill=skill,
        size=size,
        seed=seed,
        before=before,
        first=first,
        role=ItemRole.HARDER if harder else ItemRole.SET,
    )


def serve(
    pack: Pack,
    run: SetRun,
    state: LearnerState,
    standings: Sequence[SkillStanding],
    *,
    learner_id: LearnerId,
    now_ms: int,
    withdrawn: Collection[ItemKey] = (),
) -> SetRun:
    """The set with its next item on the screen, or ended. `withdrawn` items are asked of nobody.

    It ends when it is full, when "Got it" was said of its skill, when the skill rests until
    tomorrow, and when nothing is left to ask. What was skipped comes back once before the end.
    `standings` are those of every pack.
    """
    if run.skill in run.got:
        return run.ended()
    if not run.is_full:
        run = run.returning()
        before = stepped_back(pack, state, _so_far(run), now_ms=now_ms)
        if before is not None:
            run = run.stepping_back(before)
        for turn in turns(pack, state, standings, _so_far(run), now_ms=now_ms):
            chosen = next_item(
                pack,
                state,
                turn.skill,
                _before(pack, run, turn, withdrawn),
                learner_id=learner_id,
                now_ms=now_ms,
            )
            if isinstance(chosen, Chosen):
                return run.showing(chosen.item.id, chosen.nth, skill=turn.skill, role=turn.role)
            if chosen is Rest.TOMORROW and turn.skill == run.skill:
                return run.ended(resting=True)
    return run.coming_back() if run.skipped else run.ended()


def reopened(run: SetRun, packs: Sequence[Pack]) -> SetRun | None:
    """A set that was cut, as its learner finds it again; None when its course or skill is gone.

    What was said after an answer is gone from the screen, so the question is asked again. Items
    and skills that a newer version of the course no longer has are left out.
    """
    pack = next((pack for pack in packs if pack.id == run.pack), None)
    if pack is None or run.skill not in pack.skills:
        return None
    at = run.at
    if at is not None and at.item not in pack.items:
        at = None
    elif at is not None and not at.is_over:
        at = replace(at, phase=Phase.ASK)
    skipped = tuple(aside for aside in run.skipped if aside.item in pack.items)
    steps = tuple(skill for skill in run.steps if skill in pack.skills)
    return replace(run, at=at, skipped=skipped, steps=steps)


def _so_far(run: SetRun) -> SoFar:
    return SoFar(
        skill=run.skill,
        role=run.role,
        is_refresh=run.is_refresh,
        done=len(run.results),
        first=run.first,
        not_yets=run.not_yets,
        last=None if run.last is None else Turn(*run.last),
        reviewed=run.reviewed,
        mixed=run.mixed,
        steps=run.steps,
        left=run.left,
        helped=run.helped,
        failed=run.failed,
    )


def _before(pack: Pack, run: SetRun, turn: Turn, withdrawn: Collection[ItemKey]) -> Before:
    """What the choice of an item in a skill depends on. What failed in another is none of it."""
    failed = None if run.failed is None else pack.items.get(run.failed)
    here = failed is not None and turn.skill in failed.skills
    return Before(
        seed=run.seed + bytes((len(run.results) % 256, len(run.skipped) % 256)),
        first=run.first or turn.role is ItemRole.NEEDED,
        harder=turn.role is ItemRole.HARDER,
        not_yets=run.not_yets,
        recent=tuple((run.pack, item) for item in run.recent),
        set_aside=(*((run.pack, at.item) for at in run.skipped), *withdrawn),
        helped=run.helped,
        failed=run.failed if here else None,
    )


def as_said(graded: Grade, *, right: bool) -> Grade:
    """What a learner is told of an answer that teachers may have overturned."""
    if right == (graded.verdict is Verdict.RIGHT):
        return graded
    verdict = Verdict.RIGHT if right else Verdict.NOT_YET
    return replace_fields(graded, verdict=verdict, feedback=None)  # the note is on the other one


def attempt_of(
    pack: Pack,
    at: OnScreen,
    instance: ItemInstance,
    response: Response,
    *,
    sitting: bytes,
    right: bool,
    response_ms: int,
    shown_before: bool,
) -> Attempt:
    """The event of one answer on the screen, alone at the keyboard.

    A first answer that came quicker than the question can be read says so; one to an item that
    came back does not, as its words were read before.
    """
    item = instance.item
    picked = response.choices if isinstance(response, Picked) else ()
    typed = response.text if isinstance(response, Typed) else ""
    return Attempt(
        sitting=sitting,
        pack=pack.id,
        item=item.id,
        item_version=item.version,
        skills=tuple(item.skills),
        difficulty_milli=difficulty_milli(item),
        nth=at.nth,
        values=tuple(instance.values),
        try_nth=at.tries + 1,
        right=right,
        picked=tuple(picked),
        typed=typed[:_TYPED_MAX],
        help=int(at.help) | _unread(at, item, response_ms),
        shown_before=shown_before,
        response_ms=max(0, min(response_ms - response_ms % TIME_STEP_MS, _RESPONSE_MS_MAX)),
        source=int(Source.SCREEN),
        partners=0,
        pair=None,
        supervised=False,
    )


def _unread(at: OnScreen, item: Item, response_ms: int) -> int:
    quick = response_ms < reading_ms(words_in(item))
    return int(Help.UNREAD) if quick and at.tries == 0 and not at.came_back else 0
