"""`darasa status`: what a node holds and what waits for whom."""

from pathlib import Path
from typing import Any

import click

from darasa.cli.options import home_option, print_json, read_node
from darasa.cli.stick_words import stick_lines
from darasa.sync.dates import local_time


@click.command()
@home_option
@click.option("--learner", metavar="NAME_OR_ID", help="Only what is known of this learner.")
@click.option("--json", "as_json", is_flag=True)
def status(home: Path, learner: str | None, *, as_json: bool) -> None:
    """What this node holds and what waits for whom. Only reads.

    Example: darasa status --learner "Amina Kazungu" --json
    """
    told = read_node(home, "status", {"learner": learner})
    if as_json:
        print_json(told)
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    from darasa.sync.database import SQLITE_SOUND

    click.echo(f"{told['name']} ({told['role']}), {told['version']}")
    if tuple(map(int, told["sqlite"].split("."))) < SQLITE_SOUND:
        click.echo(f"SQLite {told['sqlite']} is old: only one program may write here. One does.")
    click.echo(f"{told['events']} events in {told['logs']} logs, {told['learners']} learners.")
    for peer in told["peers"]:
        click.echo(
            f"{peer['name']} ({peer['role']}): last contact {_when(peer['last_contact'])}, "
            f"{peer['unsent']} to send."
            + (" Copied or moved." if peer["copied_from"] else "")
            + (" Held back: it sends too much." if peer["held_back"] else "")
            + (f" {peer['clock']}" if peer["clock"] else "")
        )
    for line in [*told["clock"]["doubts"], told["clock"]["words"]]:
        if line:
            click.echo(line)
    for line in stick_lines(told["stick"]):
        click.echo(line)
    if told["erased"]["learners"] and told["role"] == "school":
        click.echo(_erased(told["erased"]))
    _print_parameters(told)
    _print_care(told)
    if not told["peers"] and told["role"] != "hub":
        click.echo("This node has not joined a server yet.")


def _erased(told: dict[str, Any]) -> str:
    """How far an erasure has come; `hub` is None for a school that has none."""
    line = (
        f"{told['learners']} erased: {told['applied']} of {told['computers']} computers"
        " have applied it"
    )
    return line + {None: ".", True: ", the hub too.", False: ", the hub not yet."}[told["hub"]]


def _print_care(told: dict[str, Any]) -> None:
    """What waits for someone to look at it, when anything does."""
    ignored = sum(told["ignored"].values())
    if ignored:
        click.echo(f"{ignored} events are kept and do not count. See:  darasa people ignored")
    if told["conflicts"]:
        click.echo(f"{told['conflicts']} conflicts. See:  darasa people conflicts")
    if told["restricted"]:
        click.echo(f"{told['held_back']} removed or held back. See:  darasa computers list")


def _print_parameters(told: dict[str, Any]) -> None:
    """Only what is not as everywhere: a fit in use, one that is lacking, learners who wait."""
    if told["parameters_mode"] == "refit" or "-fit-" in told["parameters"]:
        click.echo(
            f"Learners are folded by version {told['parameters_version']} of the parameters."
        )
    if told["parameters_lacking"]:
        click.echo("The parameters of the school are not here yet. Those from before are used.")
    if told["to_fold_anew"]:
        click.echo(f"{told['to_fold_anew']} learners are folded anew in the background.")


def _when(wall_ms: int | None) -> str:
    if wall_ms is None:
        return "never"
    return local_time(wall_ms).strftime("%d %b %H:%M")
