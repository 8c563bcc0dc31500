"""The `darasa` command: finds the module of a subcommand and turns errors into sentences.

Owns: the list of commands, exit codes, `--debug`. Every command module is imported only when its
command runs, so that `darasa --help` and the learner's client start fast. Knows no feature.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import click

from darasa.cli.exits import Exit, exit_of
from darasa.cli.streams import settle_streams

# command -> (module, attribute, one line for the list)
COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "demo": ("demo", "demo", "A district on this machine, to try Darasa in five minutes."),
    "school": ("nodes", "school", "Make a school server."),
    "hub": ("nodes", "hub", "Make a district's hub."),
    "serve": ("serve", "serve", "Run the server of this node."),
    "invite": ("serve", "invite", "Show a code with which a computer or a school joins."),
    "join": ("join", "join", "Enrol this computer with a school, or a school with a hub."),
    "learn": ("learn", "learn", "Open the learner's client."),
    "teach": ("teach", "teach", "Open the teacher's pages on a joined computer."),
    "sync": ("sync", "sync", "Exchange with the server now."),
    "bundle": ("bundle", "bundle", "Carry work, lists and courses on a stick."),
    "status": ("status", "status", "What this node holds and what waits for whom."),
    "pack": ("pack", "pack", "Content packs: check, build, install, list."),
    "roster": ("roster", "roster", "Import a class list; join entries of one learner."),
    "people": ("people", "people", "Teachers, PINs and conflicts."),
    "computers": ("computers", "computers", "The computers: list, name, remove, accept."),
    "erase-learner": ("erase", "erase_learner", "Erase a learner's work and name for good."),
    "backup": ("backup", "backup", "Copy this server onto another disk."),
    "restore": ("backup", "restore", "Put a server back from a copy."),
    "simulate-class": ("simulate", "simulate_class", "Fill this node with believable work."),
    "report": ("report", "report", "What a teacher's page shows, as text or data."),
    "mark": ("marks", "mark", "A teacher's own word on answers, skills and questions."),
    "assign": ("assign", "assign", "What is set for a class or some of its learners."),
    "mastery": ("mastery", "mastery", "Predict answers, and fit the model to yours."),
    "doctor": ("doctor", "doctor", "Is everything fine?"),
    "verify-sync": ("verify_sync", "verify_sync", "Prove the exchange in simulated districts."),
    "bench": ("bench", "bench", "Measure the budgets."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"darasa.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the list without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="darasa")
def cli() -> None:
    """Darasa: learning for classrooms with weak links.

    Any command takes --debug, which shows where a fault of ours happened.

    Example: darasa demo
    """


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns its exit code. No traceback reaches a person."""
    debug = "--debug" in argv or os.environ.get("DARASA_DEBUG") == "1"
    try:
        words = [word for word in argv if word != "--debug"]
        result: Any = cli.main(args=words, prog_name="darasa", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.Abort:
        return Exit.REFUSED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return Exit.REFUSED
    except Exception as error:
        if debug:
            raise
        code, sentence = exit_of(error)
        click.echo(sentence, err=True)
        return code
    return int(result) if isinstance(result, int) else Exit.DONE


def main() -> NoReturn:
    """Entry point of the installed command."""
    settle_streams()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
