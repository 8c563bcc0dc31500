"""`darasa learn`: the learner's client."""

from pathlib import Path

import click

from darasa.cli.options import home_option


@click.command()
@home_option
@click.option("--plain", is_flag=True, help="Line by line, for speech, Braille and old terminals.")
@click.option("--learner", metavar="NAME", help="Start at this learner's PIN.")
@click.option("--profile", help="The machine's profile, for example: ascii, mono.")
def learn(home: Path, *, plain: bool, learner: str | None, profile: str | None) -> int:
    """Open the learner's client on this computer.

    A folder that is no node yet becomes a computer, where a guest can practise at once.

    Example: darasa learn
    """
    from darasa.client_tui.run import learn as run_client

    return run_client(home, plain=plain, learner=learner, profile=profile)
