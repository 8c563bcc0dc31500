"""Lessons within a sitting: which one opens, at which level, and the place that is kept of it.

Owns: that a lesson read while an item's answer is open is help with the skill, and that a worked
example read once the item is over is none. What a key does is decided in sitting.py.
"""

from msgspec.structs import replace

from darasa.content_packs.errors import PackError
from darasa.learning.evidence import SkillKey
from darasa.learning.kinds import LessonProgress
from darasa.learning.practice.desk import Desk, PracticeError
from darasa.learning.practice.showing import lesson_view
from darasa.learning.views import LessonView

MAIN, WORKED = "main", "worked"


def open_lesson(
    desk: Desk, key: SkillKey, *, level: str | None, locale: str, worked: bool
) -> LessonView | None:
    """The lesson of a skill; None when none can be read. `level` is kept for later."""
    pack = desk.pack(key[0])
    lesson = pack.lesson_for(key[1])
    if lesson is None or (worked and WORKED not in lesson.forms):
        return None
    place = desk.place if level is None else replace(desk.place, level=level)
    run = desk.open_run
    if run is not None and run.at is not None and run.pack == pack.id:
        asked = desk.instance(run, run.at).item.skills
        if not set(asked).isdisjoint(lesson.skills):
            place = replace(place, run=run.with_item(run.at.with_lesson()))
    known = None if worked else desk.state().lessons.get((pack.id, lesson.id))
    form = WORKED if worked else MAIN
    try:
        view = lesson_view(pack, lesson, level=place.level, locale=locale, place=known, form=form)
    except PackError:  # a worn disk costs the lesson, not the sitting; `doctor` names the course
        return None
    if place != desk.place:
        desk.save(place)
    return view


def keep_place(desk: Desk, view: LessonView, section: int) -> None:
    """Keep that she reached a section (from 1) of a lesson; of a worked example nothing is kept."""
    if not 1 <= section <= len(view.sections):
        raise PracticeError("the lesson has no such part")
    if view.form != MAIN:
        return
    desk.record(
        LessonProgress(
            sitting=desk.sitting,
            pack=view.pack,
            lesson=view.lesson,
            level=view.level,
            locale=view.locale,
            section=section,
            sections=len(view.sections),
        )
    )
