"""A set of about eight items as a value: which item is on the screen and what has become of it.

Owns: the phases of an item, the counts of a set, and their bytes (the learner's place, kept on this
machine only, so that a kill between two keys goes on at the same item of the same set). Pure. Does
not know packs, events or screens: practice/sitting.py asks and records, and moves this on.

    ask --answer--> feedback --try again / hint--> ask        a second try comes before the solution
     |                 |----show me--> solution --next-->
     |--hint--> ask    |----next, when right-->               three not-yets go to the solution
     |--skip--> (comes back at the end of the set, once)
"""

from enum import IntEnum
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from darasa.learning.kinds import Help
from darasa.learning.practice.placing_run import PlacingRun
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import ItemRole, Phase, Standing
from darasa.sync.codec import CodecError, convert, pack, unpack

TRIES_MAX: Final = 3
SEEN_DAYS: Final = 7
STEP_RIGHTS: Final = 2
"""So many right first, one after another, lead back from a skill that comes before."""

_FORMAT: Final = 1
_RECENT: Final = 4
_SEEN_MAX: Final = 200


class Result(IntEnum):
    """How an item of the set ended."""

    RIGHT_FIRST = 0
    AFTER_HINT = 1
    LATER = 2
    NOT_YET = 3


class OnScreen(Struct, frozen=True, array_like=True):
    """The item on the screen. `nth` is which instance of it; `skill` is "" for the set's own;
    `typed` is an answer that was not checked yet."""

    item: str
    nth: int
    phase: Phase = Phase.ASK
    tries: int = 0
    help: int = 0  # kinds.Help
    right: bool = False
    not_sure: int = 0
    came_back: bool = False
    skill: str = ""
    role: ItemRole = ItemRole.SET
    typed: str = ""

    @property
    def hints(self) -> int:
        """How many hints are shown."""
        return self.help & Help.HINTS

    @property
    def is_over(self) -> bool:
        """Right, or its solution was shown: only the next item is left."""
        return self.right or self.phase is Phase.SOLUTION

    def result(self) -> Result:
        """How it ended."""
        if not self.right:
            return Result.NOT_YET
        if self.help:
            return Result.AFTER_HINT
        return Result.RIGHT_FIRST if self.tries == 1 else Result.LATER

    def with_hint(self) -> "OnScreen":
        """One hint more, and back to the question."""
        hints = min(self.hints + 1, int(Help.HINTS))
        flags = self.help & ~int(Help.HINTS)
        return replace(self, help=flags | hints, phase=Phase.ASK)

    def with_answer(self, *, right: bool) -> "OnScreen":
        """A try: feedback, or the solution when it was the last."""
        tries = self.tries + 1
        last = not right and tries >= TRIES_MAX
        shown = self.help | Help.SOLUTION if last else self.help
        phase = Phase.SOLUTION if last else Phase.FEEDBACK
        return replace(self, tries=tries, right=right, phase=phase, help=int(shown), typed="")

    def with_lesson(self) -> "OnScreen":
        """Its lesson was read: help, while the answer is open."""
        return self if self.is_over else replace(self, help=int(self.help | Help.LESSON))

    def with_solution(self) -> "OnScreen":
        """The solution is shown."""
        return replace(self, phase=Phase.SOLUTION, help=int(self.help | Help.SOLUTION))


class SetRun(Struct, frozen=True, array_like=True):
    """A set on one skill. `before` holds the standing of each skill of the pack when it began.

    Some of its items are of other skills (planning/mixing.py): `reviewed` and `mixed` name them,
    and `last` says where the item before came from. `steps` are the skills that she stepped back to
    from those that are `left`, the deepest last.
    """

    pack: str
    skill: str
    size: int
    seed: bytes
    before: tuple[tuple[str, str], ...]
    first: bool  # no item of the sitting came before it
    at: OnScreen | None = None
    results: tuple[int, ...] = ()
    recent: tuple[str, ...] = ()  # items last on the screen, oldest first
    skipped: tuple[OnScreen, ...] = ()
    not_yets: int = 0  # items in a row whose first answer was not yet
    helped: str | None = None
    failed: str | None = None
    left_untried: int = 0  # items left after one not-yet, without a second try
    got: tuple[str, ...] = ()  # skills whose "Got it" was said in this set
    over: bool = False
    resting: bool = False
    role: ItemRole = ItemRole.SET  # HARDER: a set of challenges
    last: tuple[str, ItemRole] | None = None
    reviewed: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    step_rights: int = 0  # right first, one after another, on the last of `steps`

    @property
    def nth(self) -> int:
        """The place in the set of the item on the screen, from 1."""
        return min(len(self.results) + 1, self.size)

    @property
    def is_refresh(self) -> bool:
        """Whether its skill was one to refresh when it began."""
        return dict(self.before).get(self.skill) == Standing.REFRESH

    def showing(
        self, item: str, nth: int, *, skill: str = "", role: ItemRole = ItemRole.SET
    ) -> "SetRun":
        """With a new item on the screen, of the set's own skill or of another."""
        return replace(
            self,
            at=OnScreen(item, nth, skill=skill, role=role),
            recent=(*self.recent, item)[-_RECENT:],
            reviewed=(*self.reviewed, skill) if role is ItemRole.REVIEW else self.reviewed,
            mixed=(*self.mixed, skill) if role is ItemRole.MIXED else self.mixed,
        )

    def with_item(self, at: OnScreen) -> "SetRun":
        """With the item on the screen moved on."""
        return replace(self, at=at)

    def finished(self) -> "SetRun":
        """With the item on the screen counted and taken away. One that was never tried is not."""
        at = self.at
        if at is None or at.tries == 0:
            return replace(self, at=None)
        result = at.result()
        bad = result is Result.NOT_YET
        return replace(
            self,
            at=None,
            results=(*self.results, int(result)),
            first=False,
            not_yets=self.not_yets + 1 if bad or at.tries > 1 else 0,
            helped=at.item if result is Result.AFTER_HINT else None,
            failed=at.item if bad and at.tries >= TRIES_MAX else None,
            left_untried=self.left_untried + int(bad and at.tries == 1),
            last=(at.skill or self.skill, at.role),
            step_rights=self.step_rights + 1 if result is Result.RIGHT_FIRST else 0,
        )

    def stepping_back(self, skill: str) -> "SetRun":
        """With a skill that comes before the one at hand, until two are right there."""
        here = self.steps[-1] if self.steps else self.skill
        return replace(self, steps=(*self.steps, skill), left=(*self.left, here), step_rights=0)

    def returning(self) -> "SetRun":
        """Back at the skill from which she stepped back last, where two were right."""
        if not self.steps or self.step_rights < STEP_RIGHTS:
            return self
        return replace(self, steps=self.steps[:-1], step_rights=0)

    def skipping(self) -> "SetRun":
        """With the item on the screen set aside; one that came back already is let go."""
        at = self.at
        if at is None or at.came_back:
            let_go = int(at is not None and at.tries == 0)
            return replace(self.finished(), size=self.size - let_go)
        kept = replace(at, phase=Phase.ASK, came_back=True)
        return replace(self, at=None, skipped=(*self.skipped, kept), first=False)

    def coming_back(self) -> "SetRun":
        """With the first of the skipped items on the screen again, hints and tries as they were."""
        at, *rest = self.skipped
        recent = (*self.recent, at.item)[-_RECENT:]
        return replace(self, at=at, skipped=tuple(rest), recent=recent)

    @property
    def is_full(self) -> bool:
        """Whether nothing but what was skipped is left of it."""
        return len(self.results) + len(self.skipped) >= self.size

    def ended(self, *, resting: bool = False) -> "SetRun":
        """The end of the set: only its summary is left."""
        return replace(self, at=None, skipped=(), over=True, resting=resting)

    def with_got(self, skill: str) -> "SetRun":
        """With one more skill whose "Got it" was said."""
        return replace(self, got=(*self.got, skill))


class Seen(Struct, frozen=True, array_like=True):
    """An instance whose solution she saw here, and when."""

    pack: str
    item: str
    values: tuple[int, ...]
    seen_ms: int


class Place(Struct, frozen=True, array_like=True):
    """All that this machine keeps of a learner's place. `sitting` is that which wrote it last."""

    sitting: bytes
    run: SetRun | None = None
    seen: tuple[Seen, ...] = ()
    level: str = "middle"  # the reading level she last chose
    placing: PlacingRun | None = None  # a placement that goes on

    def has_seen(self, pack_id: str, item: str, values: tuple[int, ...], now_ms: int) -> bool:
        """Whether she saw the solution of these numbers within seven days.

        By a clock that was further ahead it was not: answers would weigh nothing until then.
        """
        return any(
            (s.pack, s.item, s.values) == (pack_id, item, values)
            and abs(now_ms - s.seen_ms) <= SEEN_DAYS * DAY_MS
            for s in self.seen
        )

    def with_seen(self, seen: Seen) -> "Place":
        """With one more; those of more than seven days before it, or after, are forgotten."""
        kept = tuple(s for s in self.seen if abs(s.seen_ms - seen.seen_ms) <= SEEN_DAYS * DAY_MS)
        return replace(self, seen=(*kept, seen)[-_SEEN_MAX:])


def place_bytes(place: Place) -> bytes:
    """The place as bytes."""
    return pack((_FORMAT, msgspec.to_builtins(place, builtin_types=(bytes,))))


def place_from(raw: bytes | None, sitting: bytes) -> Place:
    """The place in bytes; a new one when there is none, or another version wrote it."""
    if raw is not None:
        try:
            value = unpack(raw)
            if isinstance(value, tuple) and value[:1] == (_FORMAT,):
                return replace(convert(value[1], Place), sitting=sitting)
        except (CodecError, ValueError, IndexError):
            pass  # a place is a convenience: without it she starts a new set
    return Place(sitting)


def counts(run: SetRun) -> dict[Result, int]:
    """How many items of the set ended in each way."""
    return {result: run.results.count(int(result)) for result in Result}
