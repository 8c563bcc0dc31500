"""A learner shows that she knows a skill: two items, each asked once (planning/challenge.py).

Owns: the flow of one try. What is answered is on disk when a call returns; the last right answer,
that it was passed, and "Got it" are in one transaction. A try is not kept between sittings: one
that was cut was stopped, and weighs nothing.
"""

from typing import TYPE_CHECKING, Self

from darasa.content_packs.errors import InstanceError
from darasa.content_packs.grading import Response, Verdict
from darasa.content_packs.safe_text import safe_line
from darasa.learning.evidence import SkillKey
from darasa.learning.kinds import Challenge, MasteryShown, Payload
from darasa.learning.planning.challenge import RULE, challenge_items, may_try
from darasa.learning.practice.asking import Asked
from darasa.learning.practice.desk import PracticeError
from darasa.learning.trial_kinds import ChallengePhase
from darasa.learning.views import ItemView
from darasa.sync.event import StoredEvent

if TYPE_CHECKING:
    from darasa.learning.practice.desk import Desk


class ShowingSkill:
    """One try on one skill. Made by `begin`; over once `phase` is no longer BEGUN."""

    def __init__(self, desk: "Desk", key: SkillKey, items: tuple[Asked, ...]) -> None:
        self.key = key
        self.title = safe_line(desk.pack(key[0]).skills[key[1]].title)
        self.phase = ChallengePhase.BEGUN
        self._desk = desk
        self._items = items
        self._at = 0

    @classmethod
    def begin(cls, desk: "Desk", key: SkillKey) -> Self | None:
        """Begin a try, durably; None where it is not offered now."""
        pack, state = desk.pack(key[0]), desk.state()
        if not offered(desk, key):
            return None
        asked: list[Asked] = []
        try:
            items = challenge_items(
                pack, state, key[1], seed=desk.sitting, withdrawn=desk.withdrawn()
            )
            for item in items:
                nth = asked[-1].nth + 1 if asked and asked[-1].item.id == item.id else None
                asked.append(Asked(desk, pack, item, nth=nth))
        except InstanceError:  # a fault in the pack costs the try, not the lesson
            return None
        desk.record(Challenge(desk.sitting, *key, ChallengePhase.BEGUN))
        return cls(desk, key, tuple(asked))

    @property
    def current(self) -> ItemView | None:
        """The item on the screen; None once it is over."""
        if self.phase is not ChallengePhase.BEGUN:
            return None
        return self._items[self._at].view(self.key[1], nth=self._at + 1, of=len(self._items))

    def answer(self, response: Response) -> Verdict:
        """Check an answer. The first that is not right ends the try; the last right one passes it.

        One that is not understood, or right but to be written as asked, is no answer. Raises
        PracticeError once it is over, StoreError when it cannot be saved: nothing has changed.
        """
        asked = self._asked()
        verdict, attempt = asked.check(response)
        if attempt is None:
            return verdict
        right = verdict is Verdict.RIGHT
        if right and self._at + 1 < len(self._items):
            self._desk.record(attempt)
            self._at += 1
            self._items[self._at].is_shown()
        else:
            self._end(ChallengePhase.PASSED if right else ChallengePhase.FAILED, attempt)
        return verdict

    def not_sure(self) -> None:
        """ "I am not sure yet" ends it too."""
        self._end(ChallengePhase.FAILED, self._asked().not_sure())

    def stop(self) -> None:
        """She would rather not."""
        self._asked()
        self._end(ChallengePhase.STOPPED)

    def _end(self, phase: ChallengePhase, *said: Payload) -> None:
        ended = Challenge(self._desk.sitting, *self.key, phase)
        then = self._got_it if phase is ChallengePhase.PASSED else None
        self._desk.record_all((*said, ended), then=then)
        self.phase = phase

    def _got_it(self, evidence: StoredEvent) -> MasteryShown:
        return MasteryShown(
            sitting=self._desk.sitting,
            pack=self.key[0],
            skill=self.key[1],
            rule=RULE,
            evidence_log=evidence.log_id,
            evidence_seq=evidence.seq,
        )

    def _asked(self) -> Asked:
        if self.phase is not ChallengePhase.BEGUN:
            raise PracticeError("there is nothing to show now")
        return self._items[self._at]


def offered(desk: "Desk", key: SkillKey) -> bool:
    """Whether a learner may show a skill now."""
    now, withdrawn = desk.now_ms(), desk.withdrawn()
    return may_try(desk.pack(key[0]), desk.state(), key[1], now_ms=now, withdrawn=withdrawn)
