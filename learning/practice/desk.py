"""What a sitting has at hand: courses, the learner's state, her place, and the one way to record.

Owns: saving the place with the events it fits, and saying "Got it". What a key does is decided in
sitting.py, not here.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from darasa.content_packs.instance import ItemInstance, draw
from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.aliases import root_of
from darasa.learning.answer_rows import times_of
from darasa.learning.assigning.topics_for import topics_for
from darasa.learning.errors import LearningError
from darasa.learning.evidence import ItemKey, Mark, SkillKey, Why, why_of
from darasa.learning.kinds import Attempt, MasteryShown, Payload
from darasa.learning.learner_values import LearnerState
from darasa.learning.people.class_courses import packs_for
from darasa.learning.planning.day_ends import day_of
from darasa.learning.planning.mastery_rule import RULE, may_show
from darasa.learning.planning.plan_time import plan_now_ms
from darasa.learning.planning.topics import Topic
from darasa.learning.practice.set_run import (
    SEEN_DAYS,
    TRIES_MAX,
    OnScreen,
    Place,
    Seen,
    SetRun,
    place_bytes,
)
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import Phase
from darasa.sync.errors import StoreError
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


class PracticeError(LearningError):
    """A key that is not offered now: the client's mistake. Nothing has changed."""


class Desk:
    """One sitting's courses, state and place.

    The courses are those that her classes had at its beginning, and that of an open set: content
    that arrives or goes meanwhile is for the next sitting, so that no question changes between
    being shown and being answered. Where there was none, the first that come are its courses.
    """

    def __init__(
        self, classroom: "Classroom", learner_id: LearnerId, *, sitting: bytes, place: Place
    ) -> None:
        self.classroom = classroom
        self.learner_id = learner_id
        self.sitting = sitting
        self.place = place
        run = place.run
        self._in_use = () if run is None or run.over else (run.pack,)
        self._packs = packs_for(classroom, learner_id, in_use=self._in_use)
        self._drawn: tuple[str, ItemInstance] | None = None
        self._begun_ms = classroom.clock.elapsed_ms()
        self._contact_ms = _contact_ms(classroom)

    def now_ms(self) -> int:
        """The wall time that her plan goes by (plan_time.py)."""
        clock = self.classroom.clock
        since_ms = clock.elapsed_ms() - self._begun_ms
        return plan_now_ms(clock.wall_ms(), self._contact_ms, since_ms=since_ms)

    def elapsed_ms(self) -> int:
        """This machine's clock that never jumps."""
        return self.classroom.clock.elapsed_ms()

    def state(self) -> LearnerState:
        """Everything that this computer knows of the learner."""
        return self.classroom.state(self.learner_id)

    def days_worked(self) -> frozenset[int]:
        """The days of late on which something was tried (`date.toordinal`), in the time zone here.

        From the times of the answers: the days of the fold are in UTC (decision 0005).
        """
        now_ms, span_ms = self.now_ms(), 8 * DAY_MS  # a week, and whatever hour it is
        with self.classroom.store.reading() as connection:
            learner_id = root_of(connection, self.learner_id)
            times = times_of(
                connection, learner_id, after_ms=now_ms - span_ms, until_ms=now_ms + span_ms
            )
        return frozenset(day_of(each).toordinal() for each in times)

    def packs(self) -> Sequence[Pack]:
        """The courses."""
        if not self._packs:
            self._packs = packs_for(self.classroom, self.learner_id, in_use=self._in_use)
        return self._packs

    def topics(self) -> tuple[Topic, ...]:
        """What teachers have set for her, as it stands now."""
        return self.classroom.store.read(topics_for, self.learner_id)

    def pack(self, pack_id: str) -> Pack:
        """A course. Raises PracticeError when it is not here."""
        for pack in self.packs():
            if pack.id == pack_id:
                return pack
        raise PracticeError(f"no course {pack_id!r} on this computer")

    def key_of(self, skill: SkillKey | str) -> SkillKey:
        """The key of a skill, from itself or from an id. Raises PracticeError when unknown."""
        for pack in self.packs():
            if skill in pack.skills:
                return (pack.id, str(skill))
            if isinstance(skill, tuple) and skill[0] == pack.id and skill[1] in pack.skills:
                return skill
        raise PracticeError(f"no course has the skill {skill!r}")

    def instance(self, run: SetRun, at: OnScreen) -> ItemInstance:
        """The item on the screen with its numbers."""
        if self._drawn is not None:
            pack_id, drawn = self._drawn
            if (pack_id, drawn.item.id, drawn.nth) == (run.pack, at.item, at.nth):
                return drawn
        item = self.pack(run.pack).items[at.item]
        drawn = draw(item, learner_id=self.learner_id, nth=at.nth)
        self._drawn = (run.pack, drawn)
        return drawn

    @property
    def open_run(self) -> SetRun | None:
        """The set that is going on."""
        run = self.place.run
        return None if run is None or run.over else run

    def save(self, place: Place) -> None:
        """Keep the place; nothing changes when it cannot be kept."""
        self.classroom.record.save_place(self.learner_id, place_bytes(place))
        self.place = place

    def save_run(self, run: SetRun) -> None:
        """Keep a moved set."""
        self.save(self.placed(run))

    def placed(self, run: SetRun) -> Place:
        """The place with a moved set; once its solution is on the screen, that is remembered."""
        place = replace(self.place, run=run)
        if run.at is None or run.at.phase is not Phase.SOLUTION:
            return place
        values = self.instance(run, run.at).values
        return place.with_seen(Seen(run.pack, run.at.item, values, self.now_ms()))

    def record(self, payload: Payload, run: SetRun | None = None) -> StoredEvent:
        """One event, with the moved set in the same transaction: on disk on return."""
        place = None if run is None else self.placed(run)
        kept = None if place is None else (self.learner_id, place_bytes(place))
        [stored] = self.classroom.record.record((self.learner_id, payload), place=kept)
        if place is not None:
            self.place = place
        return stored

    def has_seen(self, run: SetRun, at: OnScreen) -> bool:
        """Whether she saw the solution to these numbers within seven days.

        Of another computer it is known where it came after the last try at an item without numbers.
        """
        instance, now_ms = self.instance(run, at), self.now_ms()
        if self.place.has_seen(run.pack, at.item, instance.values, now_ms):
            return True
        known = self.state().item((run.pack, at.item))
        is_over = known.last_try >= TRIES_MAX and not known.last_right
        is_recent = abs(now_ms - known.last_ms) <= SEEN_DAYS * DAY_MS
        return not instance.item.vars and is_over and is_recent

    def withdrawn(self) -> frozenset[ItemKey]:
        """The items that a teacher has withdrawn: nobody is asked them any more."""
        return self.classroom.item_marks().withdrawn(self.classroom.home.school_id)

    def closed_skills(self) -> frozenset[SkillKey]:
        """The skills of which every item is withdrawn."""
        withdrawn = self.withdrawn()
        return frozenset(
            (pack.id, skill)
            for pack in self.packs()
            if any(pack_id == pack.id for pack_id, _ in withdrawn)
            for skill in pack.skills
            if all((pack.id, item.id) in withdrawn for item in pack.items_of(skill))
        )

    def mark_of(self, attempt: Attempt) -> Mark:
        """What teachers have said of this answer, whoever gave it."""
        return self.classroom.item_marks().of_answer(self.classroom.home.school_id, attempt)

    def record_all(
        self,
        payloads: Sequence[Payload],
        *,
        place: Place | None = None,
        then: Callable[[StoredEvent], Payload] | None = None,
    ) -> None:
        """Events in one transaction, the place with them; `then` makes one more, which names the
        last of them."""
        kept = None if place is None else (self.learner_id, place_bytes(place))
        facts = [(self.learner_id, payload) for payload in payloads]
        self.classroom.record.record(*facts, place=kept, then=then)
        if place is not None:
            self.place = place

    def say_got_it(self, attempt: Attempt, stored: StoredEvent) -> SafeText | None:
        """Write `mastery_shown` for each skill whose rule this answer has met; the first's title.

        In a transaction of its own, after the answer is safe: when a power cut or a full disk comes
        between the two, the word is said after the next right answer.
        """
        run, mark = self.open_run, self.mark_of(attempt)
        counts = why_of(attempt, mark=mark) in (Why.COUNTS, Why.OVERTURNED)
        if run is None or not counts or not mark.right_of(attempt):
            return None
        pack, state = self.pack(run.pack), self.state()
        met = [
            skill
            for skill in attempt.skills
            if may_show(
                state.skill((pack.id, skill)),
                p_micro=pack.mastery.got_milli * 1_000,
                instances=pack.mastery.attempts_least,
                refitted=state.rules.are_refitted,
            )
        ]
        for skill in met:
            run = run.with_got(skill)
            shown = MasteryShown(
                sitting=self.sitting,
                pack=pack.id,
                skill=skill,
                rule=RULE,
                evidence_log=stored.log_id,
                evidence_seq=stored.seq,
            )
            try:
                self.record(shown, run)
            except StoreError:
                return None  # the answer is safe, and that is what its screen says
        return safe_line(pack.skills[met[0]].title) if met else None


def _contact_ms(classroom: "Classroom") -> int | None:
    """When this node last met the server above it."""
    peer = classroom.home.peer
    if peer is None:
        return None
    met = {each.node_id: each.last_contact_ms for each in classroom.store.peers()}
    return met.get(peer.node_id)
