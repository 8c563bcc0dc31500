"""`darasa mastery refit`, `fits`, `adopt`, `use` and `save`: the parameters of a school or hub."""

import base64
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.mastery_files import write_whole
from darasa.cli.options import classroom_at, home_option, on_node, print_json, read_node

if TYPE_CHECKING:
    from darasa.learning.fits.making import Made

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_ID_SHOWN: Final = 8


@click.command()
@home_option
@click.option("--pack", metavar="ID", help="Only the items and skills of this pack.")
@click.option("--name", help="What to call the fit; the name of this server if left out.")
@click.option("--report", type=_FILE, help="Write the report into REPORT.txt and REPORT.svg.")
@click.option("--dry-run", is_flag=True, help="Fit and report, and keep nothing.")
@click.option("--invented", is_flag=True, help="From invented learners alone, to try it.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def refit(
    home: Path,
    pack: str | None,
    name: str | None,
    report: Path | None,
    *,
    dry_run: bool,
    invented: bool,
    as_json: bool,
) -> None:
    """Fit parameters to the answers that this school or hub holds. Wants the extra `hub`.

    The fit is signed and kept here. Nobody is folded by it before a school adopts it.

    Example: darasa mastery refit --pack fractions --report fractions
    """
    if importlib.util.find_spec("scipy") is None:
        raise CommandError("Fitting wants numpy and scipy:  pip install 'darasa[hub]'")
    from darasa.learning.mastery.fitting import report as reports

    made, signed = _made(home, pack, name, invented=invented)
    text = reports.as_text(made.fit, made.before)
    if report is not None:
        write_whole(report.with_name(report.name + ".txt"), text.encode())
        svg = reports.as_svg(made.fit, made.before)
        write_whole(report.with_name(report.name + ".svg"), svg.encode())
    kept = None
    if not dry_run:
        kept = on_node(home, "keep-fit", {"signed": base64.b64encode(signed).decode()})
    if as_json:
        print_json(_figures(made, kept))
        return
    click.echo(text)
    if kept is None:
        click.echo("Nothing was kept.")
    else:
        click.echo(f"Kept as version {kept['version']}. A school takes it into use with")
        click.echo(f"  darasa mastery adopt {kept['fit_id'][:_ID_SHOWN]}")


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True)
def fits(home: Path, *, as_json: bool) -> None:
    """The fits that are known here, and by which one learners are folded.

    Example: darasa mastery fits
    """
    told = read_node(home, "fits", {})
    if as_json:
        print_json(told)
        return
    for row in told["fits"]:
        click.echo(_line(row))
    if not any(row["in_use"] for row in told["fits"]):
        click.echo("Learners are folded by the parameters that ship with the program.")
    if told["parameters_lacking"]:
        click.echo("The parameters of the school are not here yet. Those from before are used.")
    if told["to_fold_anew"]:
        click.echo(f"{told['to_fold_anew']} learners are folded anew in the background.")


@click.command()
@click.argument("version")
@home_option
@click.option("--stay", is_flag=True, help="Take no newer one without a word, between terms too.")
@click.option("--json", "as_json", is_flag=True)
def adopt(version: str, home: Path, *, stay: bool, as_json: bool) -> None:
    """Fold this school's learners by a fit from now on: by its version, or how its id begins.

    What screens have said stays said. Computers follow at their next contact.

    Example: darasa mastery adopt 3
    """
    told = on_node(home, "adopt-fit", {"version": version, "stays": stay})
    if as_json:
        print_json(told)
        return
    click.echo(f"Learners are folded by version {told['version']} of {told['name']} from now on.")
    if told["to_fold_anew"]:
        click.echo(f"{told['to_fold_anew']} learners are folded anew in the background.")
    click.echo("To go back:  darasa mastery use shipped")


@click.command()
@click.argument("what", type=click.Choice(["shipped"]))
@home_option
@click.option("--json", "as_json", is_flag=True)
def use(what: str, home: Path, *, as_json: bool) -> None:
    """Fold this school's learners by the parameters that ship with the program.

    Example: darasa mastery use shipped
    """
    del what
    told = on_node(home, "use-shipped", {})
    if as_json:
        print_json(told)
    else:
        click.echo("Learners are folded by the shipped parameters from now on.")


@click.command()
@click.argument("version")
@click.argument("file", type=_FILE)
@home_option
def save(version: str, file: Path, home: Path) -> None:
    """Write a fit that is known here into a file, as `mastery fit` does: by version or id.

    For `pack build --difficulties`, and to compare it with others.

    Example: darasa mastery save 3 fitted.json
    """
    from darasa.learning.fits.adopting import find_fit
    from darasa.learning.fits.signed_fit import open_fit

    with classroom_at(home, writable=False) as room:
        row = find_fit(room, version)
        signed = room.store.read(room.fits.signed, row.fit_id)
    write_whole(file, open_fit(signed).parameters.to_bytes())
    click.echo(f"{file}: version {row.version}, {row.items} items, {row.skills} skills.")


def _made(
    home: Path, pack: str | None, name: str | None, *, invented: bool
) -> "tuple[Made, bytes]":
    """The fit and its signed bytes; the node is only read, so its server may go on."""
    from rich.console import Console

    from darasa.learning.fits.adopting import newest_here, next_version
    from darasa.learning.fits.held_answers import held_answers
    from darasa.learning.fits.making import make_fit
    from darasa.learning.fits.signed_fit import sign_fit
    from darasa.sync.ids import Role

    console = Console(stderr=True)
    with classroom_at(home, writable=False) as room, console.status("Reading") as status:
        if room.home.role is Role.COMPUTER:
            raise CommandError("Fits are made at a school server or a hub.")
        if pack is not None and pack not in {each.id for each in room.packs()}:
            status.update("Reading, a pack that is not installed here")
        rows = held_answers(
            room,
            pack=pack,
            invented=invented,
            told=lambda done, of: status.update(f"Reading learner {done + 1} of {of}"),
        )
        if pack is not None and not any(row.item[0] == pack for row in rows):
            raise CommandError(f"Nobody here has answered anything of {pack}.", Exit.NOT_FOUND)
        base, in_use = newest_here(room), room.store.read(room.fits.rules).model.parameters
        made = make_fit(
            rows,
            base if room.home.role is Role.HUB else in_use,
            base=base,
            name=(name or pack or room.home.name)[:64],
            version=next_version(room),
            pack=pack,
            told=lambda step: status.update(f"Fitting: {step}"),
        )
        now_ms = room.clock.wall_ms()
        return made, sign_fit(made.fit.parameters, room.home.node_key, made_ms=now_ms)


def _figures(made: "Made", kept: dict[str, Any] | None) -> dict[str, Any]:
    from darasa.learning.mastery.fitting.report import figures

    fit = made.fit
    return {
        "rows": fit.rows,
        "learners": fit.learners,
        "items": len(fit.parameters.items),
        "skills": len(fit.parameters.skills),
        "weights_fitted": fit.is_refit,
        "held_out_rows": fit.held_out.rows,
        **figures(fit.held_out),
        "before": figures(made.before.held_out),
        "version": fit.parameters.version,
        "fit_id": None if kept is None else kept["fit_id"],
    }


def _line(row: dict[str, Any]) -> str:
    from darasa.sync.dates import local_time

    short = row["fit_id"][:_ID_SHOWN]
    if row["fault"]:
        return f"{'refused':9}{short}  {row['fault']}"
    when = local_time(row["made_ms"]).strftime("%d %b %Y")
    mark = "in use" if row["in_use"] else ""
    return (
        f"{mark:9}{short}  version {row['version']} of {row['name']}, {when}, by {row['maker']}:"
        f" {row['items']} items, {row['skills']} skills. {row['source']}"
    )
