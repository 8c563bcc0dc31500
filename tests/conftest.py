"""What all tests share: how patient Hypothesis is, and the figures that the proofs have measured.

`make test` draws the same examples every time; DARASA_EXAMPLES=20 draws new ones, twenty times as
many.
"""

import os
from typing import Any

from hypothesis import settings


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line a test that recorded figures with `record_property`."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if getattr(report, "user_properties", None) and report.when == "call":
            figures = ", ".join(f"{name} {value}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figures}")


PATIENCE = int(os.environ.get("DARASA_EXAMPLES", "1"))
"""How many times as many examples as usual: 1 in `make test`, more and other ones in soak."""

settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "patient", max_examples=100 * PATIENCE, deadline=None, print_blob=True, database=None
)
settings.load_profile("steady" if PATIENCE == 1 else "patient")
