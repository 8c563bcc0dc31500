"""What is known of one learner on one skill, and of one item: small values and their next values.

Owns the counts behind standing, mastery rule and alerts. Pure; each value is frozen and `after_…`
gives the next one. Does not know the order of events (learner_state.py) or packs.
"""

from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from darasa.learning.evidence import Evidence, Outcome

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
NIGHT_MS: Final = 16 * HOUR_MS
"""A gap that holds a night in every time zone, so "a day later" needs no knowledge of where."""

RECENT: Final = 5
INSTANCES_KEPT: Final = 64
"""Different drawn values remembered an item: enough for every rule, and a bound on the state."""

OBSERVED_KEPT: Final = 32
"""Times of observations remembered a skill; what was before all of a full list counts no more."""

SkillWord = Literal["learning", "got", "kept"]


class Judged(NamedTuple):
    """A teacher's word on a skill: "learning" or "got"; her record, if she was signed in; when."""

    word: str
    by: bytes | None
    ms: int


def days_between(earlier_ms: int, later_ms: int) -> int:
    """Nights between two moments: 16 hours are one day, 40 hours two. Never negative."""
    return max(0, later_ms - earlier_ms + DAY_MS - NIGHT_MS) // DAY_MS


class SkillState(Struct, frozen=True, array_like=True):
    """One learner, one skill. "Chances" are first tries, whatever they weigh.

    `recent` and `recent_reference` hold the last five counted outcomes, oldest first; the second
    only those on items of reference difficulty or harder. Times are milliseconds since 1970.
    """

    pack: str
    skill: str
    p_micro: int = 500_000  # of the reference item, by the model
    chances: int = 0
    attempts: int = 0  # counted first tries
    right_alone: int = 0
    instances: int = 0  # different instances among the counted
    recent: tuple[int, ...] = ()
    recent_reference: tuple[int, ...] = ()
    right_run: int = 0  # counted first tries right alone in a row
    not_yet_run: int = 0  # counted first tries not right alone in a row
    wrong_tries_run: int = 0  # every try counts, until one is right
    chances_without_three: int = 0  # chances since the last three right alone in a row
    chances_today: int = 0  # the same, since the last night
    last_ms: int | None = None  # the greatest time of a try
    last_right_ms: int | None = None  # the greatest time of one right that counts by itself
    shown_ms: int | None = None  # the least time at which a screen said "Got it"
    reviews: int = 0  # right alone a night or more after the last time, once shown
    not_sure_run: int = 0  # items in a row of which she said "not sure yet"
    not_sure_of: tuple[str, int] | None = None  # the last of them: item and instance
    observed: tuple[int, ...] = ()  # when teachers saw it, of what counts; the latest OBSERVED_KEPT
    judged: Judged | None = None  # what a teacher said; the model does not see it
    is_disputed: bool = False  # another teacher said something else at the same time
    not_sure_ms: int | None = None  # when she last was not sure, in that run

    @property
    def state(self) -> SkillWord:
        """learning, got or kept; both got and kept are monotone in the set of events.

        Shown is the least time over all `mastery_shown`, the last right the greatest over all
        attempts that count by themselves, those again in one sitting too: no further event, however
        it sorts, takes either word back.
        """
        if self.shown_ms is None:
            return "learning"
        last = self.last_right_ms
        return "kept" if last is not None and last - self.shown_ms >= NIGHT_MS else "got"

    def after_shown(self, happened_ms: int) -> "SkillState":
        """The state once a screen has said it."""
        return replace(self, shown_ms=_least(self.shown_ms, happened_ms))

    def after_not_sure(self, item: str, nth: int, *, happened_ms: int) -> "SkillState":
        """She is not sure of an item: no answer. Said again of the same one it is the same."""
        if self.not_sure_of == (item, nth):
            return self
        return replace(
            self,
            not_sure_run=self.not_sure_run + 1,
            not_sure_of=(item, nth),
            not_sure_ms=_greatest(self.not_sure_ms, happened_ms),
        )

    def after_try_at(self, item: str, nth: int, *, alone: bool) -> "SkillState":
        """Any try: it ends being not sure, but for one at that very item with help or not right."""
        if self.not_sure_of == (item, nth) and not alone:
            return self
        return replace(self, not_sure_run=0, not_sure_of=None, not_sure_ms=None)

    def takes_observation(self, happened_ms: int) -> bool:
        """Whether what a teacher saw then counts: at most one a day does, in any time zone."""
        if len(self.observed) >= OBSERVED_KEPT and happened_ms < self.observed[0]:
            return False
        return all(abs(happened_ms - each) >= NIGHT_MS for each in self.observed)

    def after_observation(self, happened_ms: int) -> "SkillState":
        """With one more observation that counts."""
        times = sorted((*self.observed, happened_ms))
        return replace(self, observed=tuple(times[-OBSERVED_KEPT:]))

    def after_right_alone(self, happened_ms: int) -> "SkillState":
        """With the time of an answer that is or was right and alone, whatever it weighs now."""
        return replace(self, last_right_ms=_greatest(self.last_right_ms, happened_ms))

    def after_withdrawn(self, happened_ms: int) -> "SkillState":
        """An answer to an item that was withdrawn says only that she was here."""
        return replace(self, last_ms=_greatest(self.last_ms, happened_ms))

    def after_later_try(self, *, right: bool, happened_ms: int) -> "SkillState":
        """A later try, or the same item again: it moves only what the live view looks at."""
        return replace(
            self,
            wrong_tries_run=0 if right else self.wrong_tries_run + 1,
            last_ms=_greatest(self.last_ms, happened_ms),
        )

    def after_chance(self, evidence: Evidence) -> "SkillState":
        """A first try, before what it weighs is looked at."""
        slept = self.last_ms is None or days_between(self.last_ms, evidence.happened_ms) > 0
        wrong = evidence.outcome is Outcome.NOT_YET
        return replace(
            self,
            chances=self.chances + 1,
            chances_without_three=self.chances_without_three + 1,
            chances_today=1 if slept else self.chances_today + 1,
            wrong_tries_run=self.wrong_tries_run + 1 if wrong else 0,
            last_ms=_greatest(self.last_ms, evidence.happened_ms),
        )

    def after_counted(self, evidence: Evidence, *, p_micro: int, fresh: bool) -> "SkillState":
        """A first try that counts. `fresh`: an instance not met before; `p_micro`: the model's."""
        alone = evidence.right_alone
        run = self.right_run + 1 if alone else 0
        reference = self.recent_reference
        if evidence.difficulty_milli <= 0:
            reference = _pushed(reference, evidence.outcome)
        counted = replace(
            self,
            p_micro=p_micro,
            attempts=self.attempts + 1,
            right_alone=self.right_alone + int(alone),
            instances=self.instances + int(fresh),
            recent=_pushed(self.recent, evidence.outcome),
            recent_reference=reference,
            right_run=run,
            not_yet_run=0 if alone else self.not_yet_run + 1,
        )
        if run >= 3:
            counted = replace(counted, chances_without_three=0, chances_today=0)
        return counted._after_right(evidence.happened_ms) if alone else counted

    def _after_right(self, happened_ms: int) -> "SkillState":
        last = self.last_right_ms
        review = self.shown_ms is not None and last is not None
        review = review and days_between(last or 0, happened_ms) >= 1
        return replace(
            self,
            reviews=self.reviews + int(review),
            last_right_ms=_greatest(last, happened_ms),
        )


class ItemState(Struct, frozen=True, array_like=True):
    """One learner, one item. `instances` are the different values drawn that were counted."""

    pack: str
    item: str
    nth_max: int = 0  # greatest instance number met
    chances: int = 0
    outcome: int = 0  # of the last first try
    last_ms: int = 0  # the greatest time of a try
    last_sitting: bytes = b""
    last_nth: int = 0
    last_try: int = 0
    last_right: bool = False
    instances: tuple[tuple[int, ...], ...] = ()  # sorted, at most INSTANCES_KEPT

    @property
    def is_tried(self) -> bool:
        """Whether she ever answered it; of one that she was only not sure of there is a row too."""
        return self.nth_max > 0

    def with_instance(self, values: tuple[int, ...]) -> "ItemState":
        """With these values among the counted."""
        if values in self.instances or len(self.instances) >= INSTANCES_KEPT:
            return self
        return replace(self, instances=tuple(sorted((*self.instances, values))))


def _pushed(recent: tuple[int, ...], outcome: Outcome) -> tuple[int, ...]:
    return (*recent, int(outcome))[-RECENT:]


def _least(known: int | None, new: int) -> int:
    return new if known is None else min(known, new)


def _greatest(known: int | None, new: int) -> int:
    return new if known is None else max(known, new)
