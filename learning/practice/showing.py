"""From a set, its packs and a learner's state to what screens are given (views.py).

Owns: assembling values. Decides nothing and writes nothing; practice/sitting.py does.
"""

from collections.abc import Container, Sequence

from darasa.content_packs.grading import correct_text
from darasa.content_packs.instance import ItemInstance
from darasa.content_packs.lesson import Lesson
from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.learner_values import LearnerState, LessonPlace
from darasa.learning.lesson_time import is_hand_up
from darasa.learning.practice.set_run import OnScreen, Result, SetRun, counts
from darasa.learning.views import (
    Feedback,
    GoalView,
    Grown,
    HomeView,
    ItemView,
    LessonView,
    Phase,
    PlanKind,
    PlanRow,
    SetSummary,
    SkillStanding,
    Standing,
)

_NOT_SURES_BEFORE_SOLUTION = 2


def item_view(
    pack: Pack, run: SetRun, at: OnScreen, instance: ItemInstance, feedback: Feedback | None
) -> ItemView:
    """The item on the screen."""
    asked = at.skill or run.skill
    skill = asked if asked in instance.item.skills else instance.item.skills[0]
    lesson = pack.lesson_for(skill)
    return ItemView(
        instance=instance,
        skill=(pack.id, skill),
        skill_title=safe_line(pack.skills[skill].title),
        nth=run.nth,
        of=run.size,
        done=len(run.results),
        tries=at.tries,
        phase=at.phase,
        hints=instance.hints[: at.hints],
        hints_total=len(instance.hints),
        feedback=feedback,
        solution=solution_text(instance) if at.phase is Phase.SOLUTION else None,
        can_show_solution=can_show_solution(at, instance),
        has_lesson=lesson is not None,
        has_worked=at.phase is Phase.SOLUTION and lesson is not None and "worked" in lesson.forms,
        came_back=at.came_back,
        role=at.role,
        typed=at.typed,
    )


def can_show_solution(at: OnScreen, instance: ItemInstance) -> bool:
    """A second try is offered before it; one who is not sure after all hints may see it too."""
    if at.is_over:
        return False
    used_up = at.hints >= len(instance.hints)
    return at.tries > 0 or (used_up and at.not_sure >= _NOT_SURES_BEFORE_SOLUTION)


def solution_text(instance: ItemInstance) -> SafeText:
    """The worked solution, or the right answer where the pack has no more."""
    if instance.solution is not None:
        return instance.solution
    return correct_text(instance)


def set_summary(
    pack: Pack,
    run: SetRun,
    standings: Sequence[SkillStanding],
    plan: Sequence[PlanRow],
) -> SetSummary:
    """What a set brought: skills that moved, and how its items ended."""
    grown = _grown(run, standings)
    ended = counts(run)
    resting = safe_line(pack.skills[run.skill].title) if run.resting else None
    return SetSummary(
        grown=grown,
        tried=len(run.results),
        right_first=ended[Result.RIGHT_FIRST],
        after_hint=ended[Result.AFTER_HINT],
        later=ended[Result.LATER],
        not_yet=ended[Result.NOT_YET],
        tried_again=run.left_untried == 0 and ended[Result.RIGHT_FIRST] < len(run.results),
        resting=resting,
        next_up=tuple(row for row in plan if row.kind is not PlanKind.REST),
    )


def _grown(run: SetRun, standings: Sequence[SkillStanding]) -> tuple[Grown, ...]:
    """The set's own skill, those that were refreshed in it, and what else has moved."""
    before = dict(run.before)
    rows = {row.key[1]: row for row in standings if row.key[0] == run.pack}
    shown = []
    for skill in dict.fromkeys((run.skill, *run.reviewed, *run.got, *rows)):
        row = rows.get(skill)
        if row is None:
            continue
        was = Standing(before.get(skill, row.standing))
        told = skill == run.skill or skill in run.reviewed
        if told or skill in run.got:
            shown.append(Grown(row.key, row.title, was, row.standing))
    return tuple(shown)


def lesson_view(
    pack: Pack,
    lesson: Lesson,
    *,
    level: str,
    locale: str,
    place: LessonPlace | None,
    form: str = "main",
) -> LessonView:
    """A lesson at the level that is asked for, or the nearest it has, at the section she left."""
    text = lesson.text(level, locale, form=form)
    sections = text.sections
    section = place.section if place is not None else 1
    return LessonView(
        pack=pack.id,
        lesson=lesson.id,
        title=safe_line(text.title),
        level=text.level,
        locale=text.locale,
        levels=lesson.levels_in(text.locale, form=text.form),
        sections=sections,
        section=max(1, min(section, len(sections))),
        form=text.form,
    )


def home_view(
    plan: tuple[PlanRow, ...],
    state: LearnerState,
    *,
    worked: Container[int],
    today: int,
    stopped_ms: int | None,
    wall_ms: int,
    goal: GoalView | None = None,
) -> HomeView:
    """The home screen. `worked` are days on which something was tried, those of this week at least.

    Days are numbers (`date.toordinal`): the first and last weeks of the calendar have days that are
    no dates, and a wrong clock may be there. `wall_ms`: this computer's time, by which her own
    events are dated.
    """
    weekday = (today - 1) % 7  # day 1 was a Monday
    return HomeView(
        plan=plan,
        week=tuple(today - weekday + nth in worked for nth in range(7)),
        today=weekday,
        stopped_ms=stopped_ms,
        hand_up=is_hand_up(state, wall_ms),
        goal=goal,
    )
