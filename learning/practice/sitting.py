"""The sitting of one learner: the flow behind every client's keys and every simulated learner.

Owns: what a key does. Each answer is on disk, with what it changed and the place in the set, before
`answer` returns; hints, skips and page turns are saved in the same call. Reads packs and state
through the classroom it is given. Does not draw, and does not know which client asks.
"""

from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from darasa.content_packs.grading import Response, Verdict, grade
from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import SkillKey
from darasa.learning.kinds import Attempt, ChoseLanguage, Hand, Help, NotMe, NotSure, SignOut
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.day_ends import day_of
from darasa.learning.planning.plan_of_day import OpenSet, plan_of_day
from darasa.learning.planning.standing import skill_standings, units
from darasa.learning.practice import challenging
from darasa.learning.practice.desk import Desk, PracticeError
from darasa.learning.practice.goals import GoalBook, first_open
from darasa.learning.practice.open_trial import leave_trial
from darasa.learning.practice.placing import FindingStart, with_start
from darasa.learning.practice.reading import keep_place, open_lesson
from darasa.learning.practice.set_run import OnScreen, SetRun, place_from
from darasa.learning.practice.showing import (
    can_show_solution,
    home_view,
    item_view,
    set_summary,
    solution_text,
)
from darasa.learning.practice.steps import as_said, attempt_of, new_set, reopened, serve
from darasa.learning.practice.work import work_view
from darasa.learning.views import (
    Feedback,
    HomeView,
    ItemRole,
    ItemView,
    LessonView,
    Phase,
    PlanKind,
    PlanRow,
    SetSummary,
    SkillStanding,
    UnitView,
    WorkView,
)
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

__all__ = ["PracticeError", "Sitting"]


class Sitting:
    """One learner at one computer, from sign-in to sign-out. Made by `Sitting.begin`."""

    def __init__(self, desk: Desk, *, stopped_ms: int | None, locale: str) -> None:
        self.learner = desk.classroom.people.find_id(desk.learner_id)
        self.goals = GoalBook(desk)
        self._desk = desk
        self._stopped_ms = stopped_ms
        self._locale = locale
        self._fresh = True  # no item of this sitting has come yet
        self._asked_ms = desk.elapsed_ms()
        self._feedback: Feedback | None = None

    @classmethod
    def begin(
        cls, classroom: "Classroom", learner_id: LearnerId, *, how: str = "pin", locale: str = "en"
    ) -> Self:
        """Begin a sitting, durably; she is where she stopped on this computer, if anywhere.

        `how` is as `kinds.SignIn` has it. Raises StoreError when nothing can be saved.
        """
        before = classroom.state(learner_id)
        kept = classroom.place(learner_id)
        sitting = classroom.record.sign_in(learner_id, how)
        place = place_from(kept, sitting)
        desk = Desk(classroom, learner_id, sitting=sitting, place=place)
        stopped_ms = None
        if place.run is not None and not place.run.over:
            desk.place = replace(place, run=reopened(place.run, desk.packs()))
            if before.sitting is not None and before.sitting.ended_ms is None:
                stopped_ms = max((t.happened_ms for t in before.tail), default=None)
        return cls(desk, stopped_ms=stopped_ms, locale=locale)

    @property
    def state(self) -> LearnerState:
        """Everything that this computer knows of her, other computers' events included."""
        return self._desk.state()

    @property
    def sitting(self) -> bytes:
        """The id of the sitting, as in its events."""
        return self._desk.sitting

    @property
    def has_courses(self) -> bool:
        """Whether there is anything to practise from: a new computer may wait for its packs."""
        return bool(self._desk.packs())

    def standings(self) -> tuple[SkillStanding, ...]:
        """Every skill of every course, in order."""
        state, now = self.state, self._desk.now_ms()
        return tuple(
            row for pack in self._desk.packs() for row in skill_standings(pack, state, now)
        )

    def plan(self) -> tuple[PlanRow, ...]:
        """The plan of the day."""
        run = self._desk.open_run
        open_set = OpenSet((run.pack, run.skill), run.nth, run.size) if run else None
        standings = self.standings()
        rows = plan_of_day(
            standings,
            open_set=open_set,
            now_ms=self._desk.now_ms(),
            topics=self._desk.topics(),
            goals=self.goals.wanted(standings),
            closed=self._desk.closed_skills(),
        )
        return with_start(self._desk, rows)

    def home(self) -> HomeView:
        """The home screen. "Last time stopped at" is said the first time only."""
        stopped, self._stopped_ms = self._stopped_ms, None
        goal = first_open(self.goals.views(self.standings()))
        wall_ms = self._desk.classroom.clock.wall_ms()
        return home_view(
            self.plan(),
            self.state,
            worked=self._desk.days_worked(),
            today=day_of(self._desk.now_ms()).toordinal(),
            stopped_ms=stopped,
            wall_ms=wall_ms,
            goal=goal,
        )

    def map(self) -> list[UnitView]:
        """The progress map: every unit of every course."""
        state, now = self.state, self._desk.now_ms()
        return [
            unit
            for pack in self._desk.packs()
            for unit in units(pack, skill_standings(pack, state, now))
        ]

    def may_show(self, key: SkillKey) -> bool:
        """Whether "Show that you know it" is offered for a skill."""
        return challenging.offered(self._desk, key)

    def show_skill(self, key: SkillKey) -> challenging.ShowingSkill | None:
        """Begin to show that she knows a skill; None where it is not offered now."""
        return challenging.ShowingSkill.begin(self._desk, self._desk.key_of(key))

    def find_start(self) -> FindingStart | None:
        """Begin the placement that the plan offers, or go on with it; None where none is."""
        return FindingStart.begin(self._desk)

    def work(self) -> WorkView:
        """Where is my work?"""
        return work_view(self._desk.classroom, self._desk.learner_id)

    @property
    def current(self) -> ItemView | None:
        """The item on the screen; None between sets."""
        run = self._desk.open_run
        if run is None or run.at is None:
            return None
        instance = self._desk.instance(run, run.at)
        return item_view(self._desk.pack(run.pack), run, run.at, instance, self._feedback)

    def start_set(
        self, skill: SkillKey | str | None = None, *, harder: bool = False
    ) -> ItemView | None:
        """Begin a set on a skill (its key, or its id where only one course has it), or go on.

        None, or the skill of the open set: go on where she stopped. None without an open set: the
        first line of the plan. `harder`: its challenges. Returns None when there is nothing to
        practise. Raises PracticeError for a skill that no course has.
        """
        run = self._desk.open_run
        if skill is not None:
            key = self._desk.key_of(skill)
        elif run is not None:
            key = (run.pack, run.skill)
        else:
            no_set = (PlanKind.REST, PlanKind.START)
            planned = next((row for row in self.plan() if row.kind not in no_set), None)
            if planned is None or planned.key is None:
                return None
            key, harder = planned.key, planned.kind is PlanKind.HARDER
        leave_trial(self._desk, key[0])
        is_other = run is None or key != (run.pack, run.skill)
        if run is None or is_other or (harder and run.role is not ItemRole.HARDER):
            return self._serve(self._new_set(key, harder=harder))
        if run.at is None or run.at.is_over:
            return self._serve(run.finished())
        self._ask()
        return self.current

    def answer(self, response: Response) -> Feedback:
        """Check an answer: it is on disk when this returns.

        An answer that is not understood, or right but to be written as asked, is no try. What a
        teacher said of such an answer goes before the course; the event says what that says. Raises
        PracticeError while no item is being asked, StoreError when it cannot be saved (the item
        stays as it was).
        """
        run, at = self._unfinished()
        if at.phase is not Phase.ASK:
            raise PracticeError("no answer is asked for now")
        instance = self._desk.instance(run, at)
        graded = grade(instance, response)
        saved_ms, got = None, None
        right = graded.verdict is Verdict.RIGHT
        if right or graded.verdict is Verdict.NOT_YET:
            attempt = self._attempt(run, at, response, right=right)
            graded = as_said(graded, right=self._desk.mark_of(attempt).right_of(attempt))
            right = graded.verdict is Verdict.RIGHT
            at = at.with_answer(right=right)
            stored = self._desk.record(attempt, run.with_item(at))
            self._fresh = False
            saved_ms, got = stored.happened_ms, self._desk.say_got_it(attempt, stored)
        self._feedback = Feedback(
            verdict=graded.verdict,
            text=graded.feedback,
            read_as=graded.read_as,
            saved_ms=saved_ms,
            can_try_again=not at.is_over,
            with_help=right and at.help != Help.NONE,
            got=got,
        )
        return self._feedback

    def keep_typed(self, typed: str) -> None:
        """Keep an answer that is half typed: it is there when the item is on the screen again.

        Nothing is kept while no answer is asked for. Raises StoreError.
        """
        run = self._desk.open_run
        at = None if run is None else run.at
        if run is None or at is None or at.is_over or at.phase is not Phase.ASK:
            return
        if typed != at.typed:
            self._desk.save_run(run.with_item(replace(at, typed=typed)))

    def try_again(self) -> ItemView:
        """Ask the same item once more. Raises PracticeError when it is over."""
        run, at = self._unfinished()
        self._desk.save_run(run.with_item(replace(at, phase=Phase.ASK)))
        self._ask()
        return self._view()

    def hint(self) -> SafeText | None:
        """Show the next hint and ask again; None when there are no more."""
        run, at = self._unfinished()
        hints = self._desk.instance(run, at).hints
        if at.hints >= len(hints):
            return None
        self._desk.save_run(run.with_item(at.with_hint()))
        if at.phase is Phase.FEEDBACK:
            self._ask()
        return hints[at.hints]

    def not_sure(self) -> SafeText | None:
        """ "I am not sure yet": no answer and no try; it opens the next hint, if there is one.

        The first time that she says it of an item is on record when this returns.
        """
        run, at = self._unfinished()
        instance = self._desk.instance(run, at)
        hint = instance.hints[at.hints] if at.hints < len(instance.hints) else None
        was_asked = at.phase is Phase.ASK
        moved = replace(at if hint is None else at.with_hint(), not_sure=min(at.not_sure + 1, 255))
        if at.not_sure:
            self._desk.save_run(run.with_item(moved))
        else:
            item = instance.item
            said = NotSure(self._desk.sitting, run.pack, item.id, tuple(item.skills), at.nth)
            self._desk.record(said, run.with_item(moved))
        if hint is not None and not was_asked:
            self._ask()
        return hint

    def show_me(self) -> SafeText:
        """Show the worked solution. Raises PracticeError before a second try could be offered."""
        run, at = self._unfinished()
        instance = self._desk.instance(run, at)
        if not can_show_solution(at, instance):
            raise PracticeError("a try, or every hint, comes before the solution")
        self._desk.save_run(run.with_item(at.with_solution()))
        return solution_text(instance)

    def skip(self) -> ItemView | None:
        """Set the item aside; it comes back once before the end of the set."""
        run, at = self._on_screen()
        return self._serve(run.finished() if at.is_over else run.skipping())

    def next(self) -> ItemView | None:
        """The next item, None at the end of the set. While an item is not over, that item."""
        run, at = self._on_screen()
        return self._serve(run.finished()) if at.is_over else self._view()

    def summary(self) -> SetSummary:
        """What the set that ended last has brought. Raises PracticeError when there was none."""
        run = self._desk.place.run
        if run is None:
            raise PracticeError("there was no set")
        return set_summary(self._desk.pack(run.pack), run, self.standings(), self.plan())

    def lesson(
        self,
        skill: SkillKey | str | None = None,
        *,
        level: str | None = None,
        worked: bool = False,
    ) -> LessonView | None:
        """The lesson of a skill, or of the item on the screen; None when there is none.

        Read while the item's answer is open it is help with the skill. `level` is kept for later.
        `worked`: its problems that are done step by step.
        """
        view = self.current
        if skill is not None:
            key = self._desk.key_of(skill)
        elif view is not None:
            key = view.skill
        else:
            return None
        return open_lesson(self._desk, key, level=level, locale=self._locale, worked=worked)

    def lesson_progress(self, view: LessonView, section: int) -> None:
        """Keep that she reached a section (from 1) of a lesson."""
        keep_place(self._desk, view, section)

    def hand(self, *, up: bool) -> None:
        """Ask for the teacher, or take it back."""
        run = self._desk.open_run
        skill = run.skill if run is not None else ""
        item = run.at.item if run is not None and run.at is not None else ""
        self._desk.record(Hand(self._desk.sitting, up, skill, item))

    def not_me(self, other: bytes) -> None:
        """An earlier sitting was not hers (`earlier_sittings`): the teacher is told, no more."""
        self._desk.record(NotMe(self._desk.sitting, other))

    def choose_language(self, code: str) -> None:
        """The language of her screens from now on, at every computer."""
        self._desk.record(ChoseLanguage(self._desk.sitting, code))

    def sign_out(self, reason: str = "asked") -> None:
        """End the sitting; her place stays. `reason`: "asked", "idle", "someone-else", "closed"."""
        self._desk.record(SignOut(self._desk.sitting, reason))

    def _new_set(self, key: SkillKey, *, harder: bool) -> SetRun:
        desk = self._desk
        pack, state = desk.pack(key[0]), self.state
        standings = skill_standings(pack, state, desk.now_ms())
        seed = desk.sitting + state.attempts.to_bytes(4, "big")
        return new_set(pack, key[1], standings, seed=seed, first=self._fresh, harder=harder)

    def _serve(self, run: SetRun) -> ItemView | None:
        """Put the next item of a set on the screen, or end it; durable on return."""
        desk = self._desk
        now, learner_id = desk.now_ms(), desk.learner_id
        pack = desk.pack(run.pack)
        moved = serve(
            pack,
            run,
            self.state,
            self.standings(),
            learner_id=learner_id,
            now_ms=now,
            withdrawn=desk.withdrawn(),
        )
        desk.save_run(moved)
        self._ask()
        return self.current

    def _ask(self) -> None:
        """An item is shown now: its response time starts, what was said before is gone."""
        self._asked_ms = self._desk.elapsed_ms()
        self._feedback = None

    def _attempt(self, run: SetRun, at: OnScreen, response: Response, *, right: bool) -> Attempt:
        desk = self._desk
        instance = desk.instance(run, at)
        return attempt_of(
            desk.pack(run.pack),
            at,
            instance,
            response,
            sitting=desk.sitting,
            right=right,
            response_ms=desk.elapsed_ms() - self._asked_ms,
            shown_before=desk.has_seen(run, at),
        )

    def _view(self) -> ItemView:
        view = self.current
        if view is None:
            raise PracticeError("no item is on the screen")
        return view

    def _on_screen(self) -> tuple[SetRun, OnScreen]:
        run = self._desk.open_run
        if run is None or run.at is None:
            raise PracticeError("no item is on the screen")
        return run, run.at

    def _unfinished(self) -> tuple[SetRun, OnScreen]:
        run, at = self._on_screen()
        if at.is_over:
            raise PracticeError("the item on the screen is over")
        return run, at
