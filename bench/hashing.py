"""What sign-in costs: one hash by its calibrated cost, and forty at a bell (threat-model 4).

The memory of the bell is measured in a process of its own: its peak while forty threads ask at
once, less what it held before.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from darasa.cli.budgets import row
from darasa.learning.signing_in.hashing import SMALLEST, calibrated, measured_ms

BELL_MB_MAX = 64
LEARNERS = 40
SCRIPT = f"""
import random, threading, time
from pathlib import Path
from darasa.learning.signing_in.verifier import make_verifier

def figure(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024

verifier = make_verifier("4821", random.Random(1).randbytes)
before = figure("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
threads = [threading.Thread(target=verifier.fits, args=("4821",)) for _ in range({LEARNERS})]
begun = time.perf_counter()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(figure("VmHWM") - before, time.perf_counter() - begun)
"""


def rows() -> list[dict[str, Any]]:
    """The rows of this bench."""
    begun = time.perf_counter()
    costs = calibrated(measured_ms, free_mib=1_000)
    took_s = time.perf_counter() - begun
    how = "the best of three, {} MiB and {} passes"
    learners, teachers = costs
    found = [
        row("calibration", took_s, "s", None, "once a machine, beside the start of the server"),
        row("least hash", measured_ms(SMALLEST), "ms", None, how.format(19, 2), digits=0),
        row(
            "learner's hash",
            measured_ms(learners),
            "ms",
            None,
            how.format(learners.memory_kib // 1024, learners.passes),
            digits=0,
        ),
        row(
            "teacher's hash",
            measured_ms(teachers),
            "ms",
            None,
            how.format(teachers.memory_kib // 1024, teachers.passes),
            digits=0,
        ),
    ]
    if not Path("/proc/self/clear_refs").exists():
        return [*found, row("memory of a bell", None, "MiB", BELL_MB_MAX, "needs /proc")]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    peak, seconds = map(float, done.stdout.split())
    words = f"{LEARNERS} threads at once, peak less what was held before"
    return [
        *found,
        row("memory of a bell", peak, "MiB", BELL_MB_MAX, words, digits=1),
        row("time of a bell", seconds, "s", None, f"{LEARNERS} at the least cost"),
    ]


if __name__ == "__main__":
    print(json.dumps(rows()))
