"""`darasa verify-sync`: the deterministic simulation of the exchange, many districts at once."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import print_json

if TYPE_CHECKING:
    from darasa.sync.verify import Outcome, Plan

_SHRUNK_MAX: Final = 3
"""So many bad seeds are shrunk: each takes minutes, and one is mostly enough."""
_PROBLEMS_SHOWN: Final = 5


@click.command("verify-sync")
@click.option("--seeds", default=500, show_default=True, type=click.IntRange(1))
@click.option("--from", "first", default=0, show_default=True, type=click.IntRange(0))
@click.option("--jobs", type=click.IntRange(1), help="Processes; one for each core by default.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the schedules of bad seeds into this folder.",
)
@click.option(
    "--open",
    "known",
    default="",
    metavar="SEEDS",
    help="Seeds known to be bad, like 3,17: they are told, and must still be bad.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def verify_sync(
    seeds: int, first: int, jobs: int | None, keep: Path | None, known: str, *, as_json: bool
) -> int:
    """Run the exchange in simulated districts full of faults, and look for lost work.

    Each seed is a district of its own, and gives the same result every time.

    Example: darasa verify-sync --seeds 100
    """
    begun = time.monotonic()
    outcomes = sorted(_outcomes(range(first, first + seeds), jobs), key=lambda each: each.seed)
    still_open, mended = _known(outcomes, known)
    bad = [each for each in outcomes if each.is_bad and each.seed not in still_open]
    for nth, each in enumerate(bad):
        _tell(each, is_shrunk=nth < _SHRUNK_MAX, keep=keep)
    figures = _figures(outcomes) | {"seconds": round(time.monotonic() - begun, 1)}
    if as_json:
        print_json(figures)
    else:
        _print_figures(figures)
        for seed in still_open:
            click.echo(f"Seed {seed} is bad, which is known and open.")
        for seed in mended:
            click.echo(f"Seed {seed} is good now: take it off the list of those that are open.")
    return Exit.REFUSED if bad or mended or figures["unseen_marks"] else Exit.DONE


def _known(outcomes: "list[Outcome]", known: str) -> tuple[list[int], list[int]]:
    """Of the seeds that are said to be bad: those that are, and those that are not any more."""
    try:
        told = {int(each) for each in known.split(",") if each.strip()}
    except ValueError as error:
        raise CommandError("--open takes numbers of seeds, like 3,17.", Exit.BAD_INPUT) from error
    seen = [each for each in outcomes if each.seed in told]
    return (
        [each.seed for each in seen if each.is_bad],
        [each.seed for each in seen if not each.is_bad],
    )


def _outcomes(seeds: Iterable[int], jobs: int | None) -> "Iterator[Outcome]":
    """The outcome of every seed, as they come."""
    from rich.console import Console
    from rich.progress import track

    from darasa.learning.simulated.work import SimulatedWork
    from darasa.sync.verify import run_seed

    todo = list(seeds)
    console = Console(stderr=True)
    with _workers(jobs or os.cpu_count() or 1) as mapped:
        yield from track(
            mapped(partial(run_seed, schoolwork=SimulatedWork()), todo),
            description="Districts",
            total=len(todo),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )


@contextmanager
def _workers(jobs: int) -> Iterator[Any]:
    """What maps a function over seeds, in this process or in several."""
    if jobs == 1:
        yield map
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield pool.imap_unordered


def _tell(outcome: "Outcome", *, is_shrunk: bool, keep: Path | None) -> None:
    """Print a bad seed with its schedule, made short when `is_shrunk`."""
    from darasa.sync.verify.plan import plan_of

    click.echo(f"Seed {outcome.seed} is bad:", err=True)
    for problem in outcome.problems[:_PROBLEMS_SHOWN]:
        click.echo(f"    {problem}", err=True)
    plan = plan_of(outcome.seed)
    if is_shrunk:
        plan = _shorter(plan)
        click.echo(f"  Its schedule ({plan.shape}):", err=True)
        for action in plan.actions:
            click.echo(f"    {action}", err=True)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"seed-{outcome.seed}.json").write_text(plan.to_json())


def _shorter(plan: "Plan") -> "Plan":
    from darasa.learning.simulated.work import SimulatedWork
    from darasa.sync.verify.run import run_plan
    from darasa.sync.verify.shrink import shrunk

    return shrunk(plan, lambda each: run_plan(each, SimulatedWork()).is_bad)


def _figures(outcomes: "list[Outcome]") -> dict[str, Any]:
    """The sums of all seeds, and a digest that is the same for the same seeds."""
    import hashlib

    marks: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for each in outcomes:
        marks.update(each.marks)
        faults.update(each.faults)
    digest = hashlib.blake2b(b"".join(each.digest for each in outcomes), digest_size=16)
    return {
        "seeds": len(outcomes),
        "lab_years": round(sum(each.lab_years for each in outcomes), 2),
        "events": sum(each.events for each in outcomes),
        "faults": faults.total(),
        "forks": sum(each.forks for each in outcomes),
        "lost": sum(each.lost for each in outcomes),
        "duplicated": sum(each.duplicated for each in outcomes),
        "divergent": sum(each.divergent for each in outcomes),
        "marks": dict(sorted(marks.items())),
        "fault_classes": dict(sorted(faults.items())),
        "unseen_marks": _unseen(marks, len(outcomes)),
        "bad_seeds": [each.seed for each in outcomes if each.is_bad],
        "digest": digest.hexdigest(),
    }


def _unseen(marks: "Counter[str]", seeds: int) -> list[str]:
    """The marks that a long run should have met; a short one may miss some."""
    from darasa.sync.verify.marks import DUE_SEEDS, MARKS

    return sorted(MARKS.keys() - marks.keys()) if seeds >= DUE_SEEDS else []


def _print_figures(figures: dict[str, Any]) -> None:
    bad = figures["bad_seeds"]
    click.echo(
        f"{figures['seeds']} districts, {figures['lab_years']} lab-years,"
        f" {figures['events']} events, {figures['faults']} faults, {figures['forks']} forks,"
        f" {figures['seconds']} s."
    )
    click.echo(
        f"Lost {figures['lost']}, twice {figures['duplicated']}, different {figures['divergent']}."
    )
    for mark in figures["unseen_marks"]:
        click.echo(f"This run is no proof: it never met “{mark}”.")
    if not bad:
        click.echo("Every district ended with all its work, once.")
        return
    click.echo(f"Bad seeds: {', '.join(map(str, bad))}")
    click.echo(f"Try one alone:  darasa verify-sync --from {bad[0]} --seeds 1")
