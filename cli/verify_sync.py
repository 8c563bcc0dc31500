"""`darasa verify-sync`: the deterministic simulation of the exchange, many districts at once."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from darasa.cli.budgets import print_table, row
from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import print_json

if TYPE_CHECKING:
    from darasa.sync.verify import Outcome, Plan
    from darasa.sync.verify.schoolwork import Schoolwork

_SHRUNK_MAX: Final = 3
"""So many bad seeds are shrunk: each takes minutes, and one is mostly enough."""
_PROBLEMS_SHOWN: Final = 5

_SOAK_DISTRICTS: Final = 20_000
_TEST_RUN_DISTRICTS: Final = 1_000
_TEST_RUN_MAX_S: Final = 300
_REACHED: Final = {
    "districts": ("districts", "seeds and storms"),
    "lab-years": ("lab_years", "years of one lab each"),
    "faults": ("faults", "of all classes"),
    "forks": ("forks", "kept at the hubs"),
}
"""What a run has to reach: the key of the figure, and what it counts."""
_LEAST: Final = {
    500: {"districts": 500, "lab-years": 80},
    _SOAK_DISTRICTS: {"districts": 20_000, "faults": 5_000_000, "forks": 1_000},
}
"""What a run of so many districts or more has to come to: sync.md section 13."""


@click.command("verify-sync")
@click.option("--seeds", default=500, show_default=True, type=click.IntRange(0))
@click.option(
    "--storms",
    default=0,
    type=click.IntRange(0),
    help="So many districts more, in which each fault comes five times as often.",
)
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
    help="Seeds known to be bad, like 3,17: they are told, and must still be bad. No storms.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def verify_sync(
    *,
    seeds: int,
    storms: int,
    first: int,
    jobs: int | None,
    keep: Path | None,
    known: str,
    as_json: bool,
) -> int:
    """Run the exchange in simulated districts full of faults, and look for lost work.

    Each seed is a district of its own, and gives the same result every time.

    Example: darasa verify-sync --seeds 100
    """
    if not seeds + storms:
        raise click.UsageError("No district is none: say --seeds or --storms.")
    begun = time.monotonic()
    todo = [
        *((seed, False) for seed in range(first, first + seeds)),
        *((seed, True) for seed in range(first, first + storms)),
    ]
    outcomes = sorted(_outcomes(todo, jobs), key=lambda each: (each.is_stormy, each.seed))
    still_open, mended = _known(outcomes, known)
    bad = [
        each for each in outcomes if each.is_bad and (each.is_stormy or each.seed not in still_open)
    ]
    for nth, each in enumerate(bad):
        _tell(each, is_shrunk=nth < _SHRUNK_MAX, keep=keep)
    figures = _figures(outcomes) | {"seconds": round(time.monotonic() - begun, 1)}
    budgets = _budgets(figures)
    if as_json:
        print_json(figures | {"budgets": budgets})
    else:
        print_table(budgets)
        _print_words(figures)
        for seed in still_open:
            click.echo(f"Seed {seed} is bad, which is known and open.")
        for seed in mended:
            click.echo(f"Seed {seed} is good now: take it off the list of those that are open.")
    short = [each for each in budgets if each["name"] in _REACHED and each["pass"] is False]
    is_wrong = bad or mended or short or figures["unseen_marks"]
    return Exit.REFUSED if is_wrong else Exit.DONE


def _known(outcomes: "list[Outcome]", known: str) -> tuple[list[int], list[int]]:
    """Of the seeds that are said to be bad: those that are, and those that are not any more."""
    try:
        told = {int(each) for each in known.split(",") if each.strip()}
    except ValueError as error:
        raise CommandError("--open takes numbers of seeds, like 3,17.", Exit.BAD_INPUT) from error
    seen = [each for each in outcomes if each.seed in told and not each.is_stormy]
    return (
        [each.seed for each in seen if each.is_bad],
        [each.seed for each in seen if not each.is_bad],
    )


def _outcomes(todo: Sequence[tuple[int, bool]], jobs: int | None) -> "Iterator[Outcome]":
    """The outcome of every district, each a seed and whether it is stormy, as they come."""
    from rich.console import Console
    from rich.progress import track

    from darasa.learning.simulated.work import SimulatedWork

    console = Console(stderr=True)
    with _workers(jobs or os.cpu_count() or 1) as mapped:
        yield from track(
            mapped(partial(_outcome, schoolwork=SimulatedWork()), todo),
            description="Districts",
            total=len(todo),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )


def _outcome(district: tuple[int, bool], schoolwork: "Schoolwork") -> "Outcome":
    from darasa.sync.verify import run_seed

    seed, is_stormy = district
    return run_seed(seed, schoolwork, is_stormy=is_stormy)


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

    click.echo(f"{'Stormy seed' if outcome.is_stormy else 'Seed'} {outcome.seed} is bad:", err=True)
    for problem in outcome.problems[:_PROBLEMS_SHOWN]:
        click.echo(f"    {problem}", err=True)
    plan = plan_of(outcome.seed, is_stormy=outcome.is_stormy)
    if is_shrunk:
        plan = _shorter(plan)
        click.echo(f"  Its schedule ({plan.shape}):", err=True)
        for action in plan.actions:
            click.echo(f"    {action}", err=True)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        name = f"{'storm' if outcome.is_stormy else 'seed'}-{outcome.seed}.json"
        (keep / name).write_text(plan.to_json())


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
        "districts": len(outcomes),
        "seeds": sum(not each.is_stormy for each in outcomes),
        "storms": sum(each.is_stormy for each in outcomes),
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
        "bad_seeds": [each.seed for each in outcomes if each.is_bad and not each.is_stormy],
        "bad_storms": [each.seed for each in outcomes if each.is_bad and each.is_stormy],
        "digest": digest.hexdigest(),
    }


def _unseen(marks: "Counter[str]", seeds: int) -> list[str]:
    """The marks that a long run should have met; a short one may miss some."""
    from darasa.sync.verify.marks import DUE_SEEDS, MARKS

    return sorted(MARKS.keys() - marks.keys()) if seeds >= DUE_SEEDS else []


def _budgets(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures of a run beside what one of its size has to come to."""
    districts = figures["districts"]
    least = next((_LEAST[size] for size in sorted(_LEAST, reverse=True) if districts >= size), {})
    within_s = _TEST_RUN_MAX_S if districts < _TEST_RUN_DISTRICTS else None
    return [
        *(
            row(name, figures[key], "", least.get(name), how, least=True)
            for name, (key, how) in _REACHED.items()
        ),
        row("lost", figures["lost"], "", 0, "events"),
        row("double", figures["duplicated"], "", 0, "events"),
        row("divergent", figures["divergent"], "", 0, "states and stores"),
        row("time", figures["seconds"], "s", within_s, "a clock on the wall", digits=0),
    ]


def _print_words(figures: dict[str, Any]) -> None:
    for mark in figures["unseen_marks"]:
        click.echo(f"This run is no proof: it never met “{mark}”.")
    if not figures["bad_seeds"] + figures["bad_storms"]:
        click.echo("Every district ended with all its work, once.")
    for name, alone in (("seeds", "--seeds 1"), ("storms", "--seeds 0 --storms 1")):
        if bad := figures[f"bad_{name}"]:
            click.echo(f"Bad {name}: {', '.join(map(str, bad))}")
            click.echo(f"Try one alone:  darasa verify-sync --from {bad[0]} {alone}")
