"""The proofs beside the simulated districts, at full size: a test's own run and its own figures.

Broken engines, power cuts, kills, spoilt frames (sync.md section 13). What pytest records of a
run is read back; a test that fails is a row that is not met. DARASA_KILLS=1000 kills ten times
as often; the other settings of these tests can be given the same way.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from darasa.cli.budgets import row

TESTS = Path(__file__).parent.parent / "tests"
MUTANT_TESTS = {
    "test_a_broken_engine_is_caught": "districts",
    "test_what_districts_do_not_tell_a_story_tells": "a named test",
}


class Ran:
    """One run of some tests: what failed, and the figures that each recorded, by its name."""

    def __init__(self, tests: Path, *, only: str = "", **settings: str) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            record = Path(scratch) / "record.xml"
            command = [sys.executable, "-m", "pytest", "-q", "-k", only]
            command += ["-o", "junit_family=xunit1", f"--junitxml={record}"]
            done = subprocess.run(
                [*command, str(tests)],
                env={**settings, **os.environ},
                stdout=sys.stderr,
                check=False,
            )
            cases = list(ElementTree.parse(record).iter("testcase")) if record.exists() else []
        self.cases = [(each.get("name", "").partition("[")[0], each) for each in cases]
        failed = sum(_ended(case) in {"failure", "error"} for _, case in self.cases)
        self.failed = max(failed, int(done.returncode != 0))

    def recorded(self, test: str, name: str) -> list[int]:
        """The figure of that name from each run of that test."""
        return [
            int(each.get("value", ""))
            for ran, case in self.cases
            for each in case.iter("property")
            if ran == test and each.get("name") == name
        ]

    def passed(self, test: str) -> int:
        """How many runs of that test ended well."""
        return sum(ran == test and not _ended(case) for ran, case in self.cases)


def _ended(case: ElementTree.Element) -> str:
    """How a test ended: "failure", "error" or "skipped"; empty when it passed."""
    return next((each.tag for each in case if each.tag in {"failure", "error", "skipped"}), "")


def main() -> None:
    """Print the rows as JSON; what pytest says goes to the other output."""
    json.dump([*mutant_rows(), *power_rows(), *kill_rows(), *frame_rows()], sys.stdout)


def mutant_rows() -> list[dict[str, Any]]:
    """Engines that were broken on purpose."""
    only = " or ".join(MUTANT_TESTS)
    ran = Ran(TESTS / "simulation/test_mutants.py", only=only, DARASA_MUTANTS="all")
    caught = {who: ran.passed(test) for test, who in MUTANT_TESTS.items()}
    how = ", ".join(f"{count} by {who}" for who, count in caught.items())
    seeds = ran.recorded("test_a_broken_engine_is_caught", "seeds")
    return [
        row("broken engines caught", sum(caught.values()), "", 30, how, least=True),
        row("broken engines not caught", ran.failed, "", 0, "of all"),
        row("seeds for the hardest", max(seeds, default=None), "", 500, "each calm and in a storm"),
    ]


def power_rows() -> list[dict[str, Any]]:
    """Power cuts at every write and flush of a recorded store."""
    ran = Ran(TESTS / "powerloss", DARASA_POWER_TRIALS="20000")
    test = "test_no_power_cut_loses_what_was_acknowledged"
    unflushed = "test_a_store_that_does_not_flush_its_commits_is_found_out"
    found = sum(ran.recorded(unflushed, "lost"))
    how = f"every write and flush; a store without flushes lost {found}"
    return [
        row("power cuts", sum(ran.recorded(test, "trials")), "", 20_000, how, least=True),
        row("acknowledged events lost", sum(ran.recorded(test, "lost")), "", 0, "by power cuts"),
        row("tests of power cuts that failed", ran.failed, "", 0, ""),
    ]


def kill_rows() -> list[dict[str, Any]]:
    """Real processes, killed while they work."""
    ran = Ran(TESTS / "kills")
    test = "test_kill_9_and_broken_links_lose_and_double_nothing"
    how = f"and {sum(ran.recorded(test, 'cuts'))} links cut"
    return [
        row("kills of real processes", sum(ran.recorded(test, "kills")), "", 100, how, least=True),
        row("tests of kills that failed", ran.failed, "", 0, "a lost or double event fails one"),
    ]


def frame_rows() -> list[dict[str, Any]]:
    """Spoilt frames, given to the production engine over real stores."""
    ran = Ran(TESTS / "fuzz", DARASA_FUZZ="1000000")
    test = "test_no_spoilt_frame_crashes_a_node_or_is_believed"
    how = f"{sum(ran.recorded(test, 'reached_the_store'))} changed what is in a store"
    return [
        row("spoilt frames", sum(ran.recorded(test, "frames")), "", 1_000_000, how, least=True),
        row("crashes", sum(ran.recorded(test, "crashes")), "", 0, "by spoilt frames"),
        row("spoilt frames believed", sum(ran.recorded(test, "accepted")), "", 0, ""),
        row("tests of spoilt bytes that failed", ran.failed, "", 0, "frames and decoders"),
    ]


if __name__ == "__main__":
    main()
