"""Difficulties from a fit for `darasa pack build`: reading the file, and saying what came of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.mastery_files import parameters_in

if TYPE_CHECKING:
    from darasa.content_packs.source import Source
    from darasa.learning.fits.pack_difficulties import Far, PackDifficulties

_FAR_SHOWN: Final = 10


def with_fit(source: "Source", file: Path) -> "tuple[Source, PackDifficulties]":
    """A sound source with the difficulties of a fit, and what came from where.

    Raises CommandError for a file that holds no such fit.
    """
    from darasa.content_packs.difficulties import with_difficulties
    from darasa.content_packs.safe_text import safe_line
    from darasa.content_packs.source import as_pack
    from darasa.learning.errors import FitError
    from darasa.learning.fits.pack_difficulties import pack_difficulties
    from darasa.learning.mastery.parameters import ParametersError

    try:
        found = pack_difficulties(as_pack(source), parameters_in(file))
    except (ParametersError, FitError) as error:
        said = safe_line(str(error).rstrip("."))
        raise CommandError(f"{file}: {said}.", Exit.BAD_INPUT) from error
    return with_difficulties(source, found.fitted_milli), found


def say(found: "PackDifficulties") -> None:
    """Print how many difficulties came from where, and which ones to look at."""
    click.echo("Difficulties:")
    click.echo(f"  {_items(found.from_answers)} from answers.")
    click.echo(f"  {_items(found.from_skills)} from other items of the same skill.")
    click.echo(f"  {_items(found.as_written)} as the author wrote.")
    for far in found.far[:_FAR_SHOWN]:
        click.echo(f"  {_far(far)}")
    if len(found.far) > _FAR_SHOWN:
        click.echo(f"  And {_items(len(found.far) - _FAR_SHOWN)} more like these.")


def _items(count: int) -> str:
    return f"{count} item" if count == 1 else f"{count} items"


def _far(far: "Far") -> str:
    word = "harder" if far.harder_milli > 0 else "easier"
    steps = abs(far.harder_milli) / 1_000
    return f"Look at {far.item}: written as {far.written}, answers say {steps:.1f} steps {word}."
