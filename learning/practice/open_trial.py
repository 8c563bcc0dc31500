"""A trial that was left on its screen ends before a set of its course begins.

Owns: that step. Without it the answers of the set would be taken for answers of the trial, which
weigh nothing (trials.py). A placement goes on later all the same, with what was answered in it.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from darasa.learning.kinds import Challenge, Placement
from darasa.learning.trial_kinds import ChallengePhase, PlacementPhase

if TYPE_CHECKING:
    from darasa.learning.practice.desk import Desk


def leave_trial(desk: "Desk", pack_id: str) -> None:
    """End, durably, what goes on of this sitting in a course. Raises StoreError."""
    trial = desk.state().trials.open
    if trial is None or (trial.sitting, trial.pack) != (desk.sitting, pack_id):
        return
    if trial.skill is not None:
        stopped = ChallengePhase.STOPPED
        desk.record(Challenge(desk.sitting, pack_id, trial.skill, stopped))
        return
    run, place = desk.place.placing, None
    if run is not None and run.pack == pack_id:
        place = replace(desk.place, placing=replace(run, left=True))
    ended = Placement(desk.sitting, pack_id, PlacementPhase.STOPPED, ())
    desk.record_all((ended,), place=place)
