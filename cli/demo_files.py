"""Where the demo's things lie in its folder, and what it remembers between runs.

Owns: names of files and the facts that the card tells. Knows nothing of processes.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from darasa.cli.cable import CableSwitch
from darasa.cli.exits import CommandError

_FACTS: Final = "demo.json"
_CARD: Final = "card.txt"


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """Invented people's secrets, and who is in trouble today (ids in hexadecimal)."""

    teacher: str
    passphrase: str
    officer: str
    officer_passphrase: str
    learner: str
    learner_id: str
    pin: str
    stuck: tuple[str, ...]
    hand_up: tuple[str, ...]


def cable_of(folder: Path) -> CableSwitch:
    """The switch of the cable between the learner's computer and the school."""
    return CableSwitch(folder / "cable-is-cut")


def is_made(folder: Path) -> bool:
    """Whether the district is there: the facts are written last, so all beside them is whole."""
    return (folder / _FACTS).exists()


def save_facts(folder: Path, facts: DemoFacts) -> None:
    """Write the facts, whole or not at all, for this account's eyes only."""
    _write(folder / _FACTS, json.dumps(asdict(facts)))


def save_card(folder: Path, card: str) -> Path:
    """Write the card where the client finds it: it tells secrets, so not in a command line."""
    _write(folder / _CARD, card)
    return folder / _CARD


def _write(path: Path, text: str) -> None:
    waiting = path.with_name(f"{path.name}.new")
    waiting.touch(0o600)
    waiting.write_text(text, encoding="utf-8")
    waiting.rename(path)


def read_facts(folder: Path) -> DemoFacts:
    """The facts. Raises CommandError when another version made the demo."""
    try:
        facts = DemoFacts(**json.loads((folder / _FACTS).read_text()))
    except (TypeError, ValueError) as error:
        raise CommandError(
            f"Another version of Darasa made the demo in {folder}. Start anew:  darasa demo --fresh"
        ) from error
    return facts
