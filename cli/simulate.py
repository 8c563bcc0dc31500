"""`darasa simulate-class`: fill a school server with believable work."""

import random
import time
from pathlib import Path

import click

from darasa.cli.options import classroom_at, home_option


@click.command("simulate-class")
@home_option
@click.option("--learners", default=30, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--attempts", default=60, show_default=True, help="About how many each.")
@click.option("--computers", default=10, show_default=True, type=click.IntRange(1, 200))
@click.option("--days", default=21, show_default=True, type=click.IntRange(1, 400))
@click.option("--seed", type=int, help="The same seed and day make the same class.")
def simulate_class(
    *, home: Path, learners: int, attempts: int, computers: int, days: int, seed: int | None
) -> None:
    """Let invented learners work on invented computers, through the code that real keys run.

    Example: darasa simulate-class --learners 30 --days 21 --seed 1
    """
    from darasa.learning.simulated.school_class import simulate_class as simulate

    began = time.monotonic()
    with classroom_at(home, writable=True) as room:
        made = simulate(
            room,
            learners=learners,
            attempts=attempts,
            computers=computers,
            days=days,
            seed=random.randrange(2**32) if seed is None else seed,  # noqa: S311 - invented data
        )
    click.echo(
        f"{learners} learners, {computers} computers, {days} days: {made.events} events "
        f"in {time.monotonic() - began:.1f} s."
    )
