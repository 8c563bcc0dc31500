"""`darasa mastery`: predictions for any file of answers, and parameters fitted to one."""

import importlib.util
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from darasa.cli.exits import CommandError, Exit
from darasa.cli.mastery_files import (
    answers_in,
    is_long,
    parameters_in,
    predictions_into,
    write_whole,
)
from darasa.cli.mastery_node import adopt, fits, refit, save, use
from darasa.cli.options import print_json

if TYPE_CHECKING:
    from darasa.learning.mastery.answers_csv import Answer
    from darasa.learning.mastery.base import Model
    from darasa.learning.mastery.fitting.answers import Answers
    from darasa.learning.mastery.parameters import Parameters
    from darasa.learning.mastery.replay import Replay
    from darasa.learning.mastery.scores import Scores

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_MODELS: Final = ["rlf", "m-of-n", "bkt", "elo", "best-lr"]
_DIGITS: Final = 4


@click.group()
def mastery() -> None:
    """The model that tells what a learner knows: try it on any answers, fit it to yours.

    Example: darasa mastery predict answers.csv --json
    """


for _command in (refit, fits, adopt, use, save):
    mastery.add_command(_command)


@mastery.command()
@click.argument("file", type=_FILE)
@click.option("--params", type=_FILE, help="Parameters that `mastery fit` wrote.")
@click.option("--model", type=click.Choice(_MODELS), help="Another model, to compare; rlf if none.")
@click.option(
    "--difficulties-only",
    is_flag=True,
    help="Of --params take the difficulties alone, with the weights that ship: as with a pack.",
)
@click.option("--out", type=_FILE, help="Write each row's prediction into this CSV file.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def predict(
    file: Path,
    params: Path | None,
    model: str | None,
    *,
    difficulties_only: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Predict each answer of a CSV file from those before it, and say how well that went.

    The header is learner,skill,item,correct,timestamp; rows are in the order they happened.

    Example: darasa mastery predict answers.csv --params fitted.json --out predicted.csv
    """
    from darasa.learning.mastery.scores import Scores

    chosen = _model(params, model, difficulties_only=difficulties_only)
    with _told("Counting the answers", file):
        answers_of = Counter(answer.learner for answer in answers_in(file))
    rows = answers_of.total()
    replay = _replay(chosen, answers_of)
    scores = Scores()
    with (
        _shown(replay.run(answers_in(file)), rows) as predicted,
        predictions_into(out) as write,
    ):
        for nth, (answer, p_micro) in enumerate(predicted, 1):
            scores.add(p_micro, right=answer.correct)
            if write is not None:
                write(nth, answer, p_micro)
    _print_figures(_figures(scores, replay), as_json=as_json)


@mastery.command()
@click.argument("file", type=_FILE)
@click.option("--out", type=_FILE, required=True, help="Where to write the parameters.")
@click.option("--model", type=click.Choice(_MODELS), default=_MODELS[0], show_default=True)
@click.option("--before", type=_FILE, help="The parameters in use until now, to compare with.")
@click.option("--name", help="What to call them; the name of FILE if left out.")
@click.option("--report", type=_FILE, help="Write the report into REPORT.txt and REPORT.svg.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def fit(
    file: Path,
    out: Path,
    *,
    model: str,
    before: Path | None,
    name: str | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Fit item and skill parameters to the answers of a CSV file. Wants the extra `hub`.

    The report says how good they are on learners left out, and what changed.

    Example: darasa mastery fit answers.csv --out fitted.json --report fitted
    """
    if importlib.util.find_spec("scipy") is None:
        raise CommandError("Fitting wants numpy and scipy:  pip install 'darasa[hub]'")
    from darasa.learning.mastery.fitting.answers import Answers

    begun = time.monotonic()
    name = (name or file.name.split(".")[0])[:64] or "fitted"
    with _told("Reading the answers", file):
        answers = Answers.of(answers_in(file))
    if not answers.rows:
        raise CommandError(f"{file} holds no answers to fit.", Exit.BAD_INPUT)
    figures = {
        "rows": len(answers),
        "learners": len(answers.learners),
        "items": len(answers.items),
        "skills": len(answers.skills),
        "model": model,
    }
    if model == _MODELS[0]:
        found, more = _fit_rlf(answers, name, before, report, as_json=as_json)
    else:
        found, more = _fit_peer(model, answers, name), {}
    write_whole(out, found.to_bytes())
    seconds = round(time.monotonic() - begun, 2)
    figures |= {**more, "digest": found.digest(), "seconds": seconds, "out": str(out)}
    if as_json:
        print_json(figures)
    else:
        click.echo(f"Fitted {len(answers):,} answers in {seconds} s; written to {out}.")


def _fit_rlf(
    answers: "Answers", name: str, before: Path | None, report: Path | None, *, as_json: bool
) -> "tuple[Parameters, dict[str, Any]]":
    """RLF's parameters, and their figures beside those of the parameters before."""
    from rich.console import Console

    from darasa.learning.mastery.fitting import report as reports
    from darasa.learning.mastery.fitting.fit import fit_rlf, held_out_rows

    earlier = _model(before, None, difficulties_only=False)
    version = 1 if before is None else earlier.version + 1
    console = Console(stderr=True)
    with console.status("Fitting") as status:
        made = fit_rlf(
            answers,
            name=name,
            version=version,
            source=f"{len(answers)} answers of {len(answers.learners)} learners",
            told=lambda step: status.update(f"Fitting: {step}"),
        )
    replay = _replay(earlier)
    compared = reports.Before(earlier.parameters, _scored(replay.run(held_out_rows(answers))))
    if report is not None:
        text = reports.as_text(made, compared)
        write_whole(report.with_name(report.name + ".txt"), text.encode())
        svg = reports.as_svg(made, compared)
        write_whole(report.with_name(report.name + ".svg"), svg.encode())
    if not as_json:
        click.echo(reports.as_text(made, compared))
    now = reports.figures(made.held_out)
    return made.parameters, {
        "folds": made.folds,
        "held_out_rows": made.held_out.rows,
        **now,
        "before": reports.figures(compared.held_out),
    }


def _fit_peer(model: str, answers: "Answers", name: str) -> "Parameters":
    from darasa.learning.mastery.fitting.peers import fit_peer
    from darasa.learning.mastery.parameters import ParametersError

    try:
        return fit_peer(model, answers, name=name)
    except ParametersError as error:
        raise CommandError(f"{error}.") from error


def _model(params: Path | None, model: str | None, *, difficulties_only: bool) -> "Model[Any]":
    """The model that the options name, with its parameters."""
    from darasa.content_packs.safe_text import safe_line
    from darasa.learning.mastery.models import model_of
    from darasa.learning.mastery.parameters import ParametersError

    try:
        return model_of(_parameters(params, model, difficulties_only=difficulties_only))
    except ParametersError as error:
        said = safe_line(str(error))  # it may quote the file
        raise CommandError(f"{params or model}: {said}.", Exit.BAD_INPUT) from error


def _parameters(params: Path | None, model: str | None, *, difficulties_only: bool) -> "Parameters":
    from darasa.learning.mastery.models import shipped
    from darasa.learning.mastery.parameters import ParametersError
    from darasa.learning.mastery.shipped import with_difficulties

    if params is None:
        if difficulties_only:
            raise click.UsageError("--difficulties-only goes with --params.")
        return shipped(model or _MODELS[0])
    found = parameters_in(params)
    if model is not None and model != found.model:
        raise ParametersError(f"it is for {found.model}, not for {model}")
    return with_difficulties(found) if difficulties_only else found


@contextmanager
def _told(what: str, file: Path) -> Iterator[None]:
    """Say what goes on while a long file is read, where a person looks on."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or not is_long(file):
        yield
        return
    with console.status(what):
        yield


@contextmanager
def _shown(predicted: Iterable[Any], rows: int) -> Iterator[Iterable[Any]]:
    """The same, with a progress bar where a person looks on and it takes long."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield track(
        predicted,
        description="Answers",
        total=rows,
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _replay(model: "Model[Any]", answers_of: "Counter[str] | None" = None) -> "Replay":
    from darasa.learning.mastery.replay import Replay

    return Replay(model, answers_of=answers_of, clock_ns=time.process_time_ns)


def _scored(predicted: "Iterable[tuple[Answer, int]]") -> "Scores":
    from darasa.learning.mastery.scores import Scores

    scores = Scores()
    for answer, p_micro in predicted:
        scores.add(p_micro, right=answer.correct)
    return scores


def _figures(scores: "Scores", replay: "Replay") -> dict[str, Any]:
    figures = {"auc": scores.auc(), "rmse": scores.rmse(), "log_loss": scores.log_loss()}
    rounded = {k: None if v is None else round(v, 6) for k, v in figures.items()}
    each = replay.busy_ns / 1_000 / scores.rows if scores.rows else None
    calibration = scores.calibration_error()
    return {
        "rows": scores.rows,
        **rounded,
        "us_per_event": None if each is None else round(each, 2),
        "calibration_error": None if calibration is None else round(calibration, 6),
    }


_WORDS: Final = {
    "rows": "answers",
    "auc": "AUC: a right one is given more than a wrong one",
    "rmse": "root of the mean squared error",
    "log_loss": "log-loss",
    "us_per_event": "microseconds an answer",
    "calibration_error": "calibration error, 10 bins",
}


def _print_figures(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    for name, words in _WORDS.items():
        value = figures[name]
        shown = (
            "none" if value is None else f"{value:.{_DIGITS}g}" if value != int(value) else value
        )
        click.echo(f"{words:50} {shown}")
