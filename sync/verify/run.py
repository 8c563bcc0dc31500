"""One plan, run: chaos, heal, check. The outcome is a function of the plan alone."""

import hashlib
import traceback
from collections.abc import Mapping
from random import Random
from typing import Final

from msgspec import Struct

from darasa.sync import reads
from darasa.sync.verify import updates
from darasa.sync.verify.by_stick import heal_by_stick, may_heal_by_stick
from darasa.sync.verify.checks import Findings, check, heal, survivors
from darasa.sync.verify.parts import BLOWS, HABITS
from darasa.sync.verify.plan import Action, Plan, plan_of
from darasa.sync.verify.schoolwork import Schoolwork
from darasa.sync.verify.world import BEGIN_MS, World

_MINUTE_MS: Final = 60_000


class Outcome(Struct, frozen=True):
    """What one seed came to. `problems` is empty when every invariant held."""

    seed: int
    is_stormy: bool
    lab_years: float
    events: int
    forks: int
    lost: int
    duplicated: int
    divergent: int
    faults: Mapping[str, int]
    marks: Mapping[str, int]
    problems: tuple[str, ...]
    digest: bytes

    @property
    def is_bad(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.problems or self.lost or self.duplicated or self.divergent)


def run_seed(
    seed: int, schoolwork: Schoolwork | None = None, *, is_stormy: bool = False
) -> Outcome:
    """The outcome of a seed's plan."""
    return run_plan(plan_of(seed, is_stormy=is_stormy), schoolwork)


def run_plan(plan: Plan, schoolwork: Schoolwork | None = None) -> Outcome:
    """Chaos, heal, check. An error that the engine should not raise is a problem like others.

    With `schoolwork` learners do real work, and it goes in codec 1: another world than without.
    """
    world = World(plan.seed, plan.shape, schoolwork)
    findings = Findings(world)
    try:
        for action in plan.actions:
            _act(world, action)
        world.random = Random(f"heal {plan.seed}")
        world.now_ms += _MINUTE_MS
        updates.settle(world)
        due = survivors(world)
        heard = world.erasures.heard() if world.erases else frozenset()
        if may_heal_by_stick(world):
            heal_by_stick(world)
        heal(world)
        findings = check(world, due, heard)
    except Exception as error:
        world.problem(_told_of(error))
    outcome = _outcome(plan, world, findings)
    world.close()
    return outcome


def _told_of(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({where.filename.rpartition('/')[2]}:{where.lineno})"


def _act(world: World, action: Action) -> None:
    world.random = Random(action.seed)
    world.now_ms = max(world.now_ms + 1, BEGIN_MS + action.at_min * _MINUTE_MS + world.passed_ms)
    machine = world.node(action.who)
    if action.what in HABITS:
        HABITS[action.what].do(world, machine, world.random, action.attempts)
    else:
        BLOWS[action.what].fall(world, machine, world.random)


def _outcome(plan: Plan, world: World, findings: Findings) -> Outcome:
    forks = len(world.hub.store.read(reads.forked_logs))
    digest = hashlib.blake2b(digest_size=16)
    for machine in world.machines:
        digest.update(machine.store.frontier_digest())
    for fact in (*world.trace, sorted(world.marks.items()), sorted(world.faults.items())):
        digest.update(repr(fact).encode())
    return Outcome(
        seed=plan.seed,
        is_stormy=plan.is_stormy,
        lab_years=plan.lab_years,
        events=len(world.written),
        forks=forks,
        lost=findings.lost,
        duplicated=findings.duplicated,
        divergent=findings.divergent,
        faults=dict(sorted(world.faults.items())),
        marks=dict(sorted(world.marks.items())),
        problems=tuple(world.problems),
        digest=digest.digest(),
    )
