"""`darasa learn`: the learner's client."""

import gc
from pathlib import Path

import click

from darasa.cli.options import home_option


@click.command()
@home_option
@click.option("--plain", is_flag=True, help="Line by line, for speech, Braille and old terminals.")
@click.option("--learner", metavar="NAME", help="Start at this learner's PIN.")
@click.option("--profile", help="The machine's profile, for example: ascii, mono.")
@click.option(
    "--card", type=click.Path(path_type=Path), hidden=True, help="A card to show at sign-in."
)
def learn(
    *, home: Path, plain: bool, learner: str | None, profile: str | None, card: Path | None
) -> int:
    """Open the learner's client on this computer.

    A folder that is no node yet becomes a computer, where a guest can practise at once.

    Example: darasa learn
    """
    gc.disable()  # the client enables it once it runs: collections are a tenth of its start
    from darasa.client_tui.run import learn as run_client

    text = None if card is None else card.read_text(encoding="utf-8")
    return run_client(home, plain=plain, learner=learner, profile=profile, card=text)
