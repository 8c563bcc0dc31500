"""What trials come to in the fold: tries to skip by showing, and placements (trial_kinds.py).

Owns: which answers a trial holds, what is remembered of trials, and its canonical form. Pure and
frozen. An answer of a try is held back until it is known whether the try was passed; then it weighs
what any answer weighs, and otherwise nothing. An answer of a placement weighs nothing. Does not
know models or the counts of skills (folding.py).

What was remembered once stays, whatever comes later: the skills that placements took as known and
the courses in which one ended are sets that only grow, the time of a try is the greatest.
"""

from collections.abc import Mapping
from typing import Final, Self

from msgspec import Struct, field
from msgspec.structs import replace

from darasa.learning.evidence import Mark, SkillKey
from darasa.learning.kinds import Attempt, Challenge, NotSure, Placement
from darasa.learning.trial_kinds import ChallengePhase, PlacementPhase
from darasa.sync.event import StoredEvent

HELD_MAX: Final = 16
"""Answers of one try that are held back: two are asked."""

_ROWS_A_CHUNK: Final = 1_000  # the codec takes arrays of at most 5,000


class HeldBack(Struct, frozen=True, array_like=True):
    """An answer of an open try, with what the fold knew when it came."""

    attempt: Attempt
    happened_ms: int
    again: bool
    fresh: bool
    right: bool | None  # the three of its Mark
    ever_right: bool
    withdrawn: bool

    @property
    def mark(self) -> Mark:
        """What teachers have said of it."""
        return Mark(self.right, self.ever_right, self.withdrawn)


class OpenTrial(Struct, frozen=True, array_like=True):
    """The trial that was begun last and not ended. `skill` is None for a placement."""

    log_id: bytes
    sitting: bytes
    pack: str
    skill: str | None
    held: tuple[HeldBack, ...] = ()

    def has(self, stored: StoredEvent, said: Attempt | NotSure) -> bool:
        """Whether an answer was given in it."""
        here = (stored.log_id, said.sitting, said.pack) == (self.log_id, self.sitting, self.pack)
        return here and (self.skill is None or self.skill in said.skills)

    def is_of(self, stored: StoredEvent, said: Challenge | Placement) -> bool:
        """Whether this is the trial that an event ends."""
        skill = said.skill if isinstance(said, Challenge) else None
        key = (stored.log_id, said.sitting, said.pack, skill)
        return key == (self.log_id, self.sitting, self.pack, self.skill)

    def holding(self, answer: HeldBack) -> Self:
        """With one more answer held back."""
        return replace(self, held=(*self.held, answer)[:HELD_MAX])


class Trials(Struct, frozen=True):
    """All that is remembered of one learner's trials.

    `tried` has the greatest time at which a try on a skill was begun; `placed` the skills that
    placements took as known, `found` the courses in which one was ended or stopped.
    """

    open: OpenTrial | None = None
    tried: Mapping[SkillKey, int] = field(default_factory=dict)
    placed: frozenset[SkillKey] = frozenset()
    found: frozenset[str] = frozenset()

    def after(self, stored: StoredEvent, said: Challenge | Placement) -> "Trials":
        """A trial begins or goes on, or the one that is open ends."""
        if isinstance(said, Challenge):
            return self._after_challenge(stored, said)
        return self._after_placement(stored, said)

    def _after_challenge(self, stored: StoredEvent, said: Challenge) -> "Trials":
        if said.phase != ChallengePhase.BEGUN:
            return self._without(stored, said)
        key = (said.pack, said.skill)
        tried = {**self.tried, key: max(stored.happened_ms, self.tried.get(key, 0))}
        opened = OpenTrial(stored.log_id, said.sitting, said.pack, said.skill)
        return replace(self, open=opened, tried=tried)

    def _after_placement(self, stored: StoredEvent, said: Placement) -> "Trials":
        if said.phase == PlacementPhase.BEGUN:
            opened = OpenTrial(stored.log_id, said.sitting, said.pack, None)
            return replace(self, open=opened)
        known = {(said.pack, skill) for skill in said.known}
        ended = self._without(stored, said)
        return replace(ended, placed=self.placed | known, found=self.found | {said.pack})

    def passed(self, stored: StoredEvent, said: Challenge | Placement) -> tuple[HeldBack, ...]:
        """The answers that weigh now; none unless the event says that the open try was passed."""
        if self.open is None or not isinstance(said, Challenge):
            return ()
        if said.phase != ChallengePhase.PASSED:
            return ()
        return self.open.held if self.open.is_of(stored, said) else ()

    def _without(self, stored: StoredEvent, said: Challenge | Placement) -> "Trials":
        ended = self.open is not None and self.open.is_of(stored, said)
        return replace(self, open=None) if ended else self

    def encoded(self) -> "EncodedTrials":
        """As canonical arrays."""
        tried = sorted((*key, at_ms) for key, at_ms in self.tried.items())
        placed = sorted(self.placed)
        return EncodedTrials(
            open=self.open,
            tried=tuple(
                tuple(tried[at : at + _ROWS_A_CHUNK]) for at in range(0, len(tried), _ROWS_A_CHUNK)
            ),
            placed=tuple(
                tuple(placed[at : at + _ROWS_A_CHUNK])
                for at in range(0, len(placed), _ROWS_A_CHUNK)
            ),
            found=tuple(sorted(self.found)),
        )

    @classmethod
    def decoded(cls, encoded: "EncodedTrials") -> Self:
        """The inverse of `encoded`."""
        return cls(
            open=encoded.open,
            tried={row[:2]: row[2] for chunk in encoded.tried for row in chunk},
            placed=frozenset(key for chunk in encoded.placed for key in chunk),
            found=frozenset(encoded.found),
        )


NO_TRIALS: Final = Trials()


class EncodedTrials(Struct, frozen=True, array_like=True):
    """The canonical arrays of `Trials`: rows by name, in chunks."""

    open: OpenTrial | None
    tried: tuple[tuple[tuple[str, str, int], ...], ...]
    placed: tuple[tuple[SkillKey, ...], ...]
    found: tuple[str, ...]
