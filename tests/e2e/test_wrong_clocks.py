"""Real programs on machines whose clocks are wrong: TLS, enrolment, exchange, copies, sticks."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

AT_S = {"1970": 60, "2023": 1_672_531_200, "2038": 2_147_483_640, "2100": 4_102_444_800}
AT_S["2232"] = 8_277_292_000  # the latest date that Linux lets a clock have
WORK = """
import os, sys
from pathlib import Path
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import SignIn
from darasa.sync.clock import SystemClock
from darasa.sync.home import open_home
with Classroom.open(open_home(Path(sys.argv[1])), clock=SystemClock(), rng=os.urandom) as room:
    for n in range(20):
        room.record.record((room.guest().learner_id, SignIn(bytes(8), "guest")))
    print(room.clock.wall_ms())
"""


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that gives a process another date."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None or not sys.platform.startswith("linux"):
        reason = "a machine with another date needs a C compiler and Linux"
        if os.environ.get("DARASA_NO_SKIPS"):
            pytest.fail(reason)
        pytest.skip(reason)
    made = tmp_path_factory.mktemp("shim") / "clock_shim.so"
    source = Path(__file__).with_name("clock_shim.c")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return made


@pytest.fixture
def machine(shim: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """machine("1970"): what is started inside runs on a machine with that date."""

    @contextmanager
    def at(name: str) -> Any:
        with monkeypatch.context() as patch:
            patch.setenv("LD_PRELOAD", str(shim))
            patch.setenv("CLOCK_SHIFT_S", str(AT_S[name] - int(time.time())))
            yield

    return at


def clock_lines(nodes: Any, home: str, code: int = 0) -> str:
    done = nodes.run("doctor", home=home, code=code)
    assert "Traceback" not in done.stderr
    return "\n".join(line for line in done.stdout.splitlines() if "clock" in line)


@pytest.mark.parametrize(
    ("computer", "school", "hub"),
    [("1970", "2100", "2038"), ("2232", "1970", "2023")],
)
def test_a_day_of_school_on_machines_with_three_wrong_dates(
    nodes: Any, machine: Any, tmp_path: Path, *, computer: str, school: str, hub: str
) -> None:
    folders = {name: tmp_path / name for name in ("stick", "disk")}
    for folder in folders.values():
        folder.mkdir()
    stick, disk = str(folders["stick"]), str(folders["disk"])
    with machine(hub):
        nodes.run("hub", "init", "--name", "Kisima District", home="hub")
        hub_server = nodes.serve("hub")
    with machine(school):
        nodes.run("school", "init", "--name", "Kisima Primary", home="school")
        nodes.join("school", hub_server.url, inviting="hub")
        school_server = nodes.serve("school")
    with machine(computer):
        nodes.join("pc", school_server.url, inviting="school")
        home = str(nodes.folder / "pc")
        done = subprocess.run(
            [sys.executable, "-c", WORK, home], capture_output=True, text=True, check=True
        )
        assert abs(int(done.stdout) / 1_000 - AT_S[computer]) < 600
        assert nodes.json("sync", home="pc")["ok"]
        assert nodes.json("status", home="pc")["unsent"] == 0
        nodes.run("bundle", "export", "--for", "school", "--all", stick, home="pc")
    with machine(school):
        assert nodes.json("bundle", "import", stick, home="school")["ok"]
        assert nodes.json("sync", home="school")["ok"]
        for _ in range(2):
            nodes.run("backup", disk, home="school")
        told = nodes.json("status", home="school")
        assert told["unsent"] == 0
        assert told["events"] >= 20
        (below,) = [peer for peer in told["peers"] if peer["role"] == "computer"]
        assert "Clock is" in below["clock"]
        nodes.run("bundle", "export", "--for", "computers", stick, home="school")
    with machine("1970" if school != "1970" else "2100"):
        nodes.run("backup", disk, home="school")  # the clock has leapt between two copies
        copies = nodes.json("restore", "--list", disk, home="school")["copies"]
        assert [each["number"] for each in copies] == [3, 2, 1]
        school_server.stop()
        assert "cannot be right" in clock_lines(nodes, "school", code=0)
    with machine(computer):
        assert nodes.json("bundle", "import", stick, home="pc")["ok"]
    with machine(hub):
        told = nodes.json("status", home="hub")
        assert told["events"] >= 20
        (below,) = told["peers"]
        assert "Clock is" in below["clock"]
