"""No spoilt bytes crash the engine or a decoder, and none make a node believe what nobody signed.

DARASA_FUZZ sets how many spoilt frames (20,000; a million in soak), DARASA_FUZZ_SEED which.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from darasa.sync import session_in
from darasa.sync.messages import MESSAGES

HERE = Path(__file__).parent
FRAMES = int(os.environ.get("DARASA_FUZZ", "20000"))
SEED = int(os.environ.get("DARASA_FUZZ_SEED", "1"))
PROCESSES = 2
WITHIN_S = 24 * 3600
GROWN_KB_MAX = 32 * 1024
"""What a process may grow by, with one body and in all: a few sessions of 8 MB, and SQLite."""


def started(program: str, count: int, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / program), str(count), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    printed, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0
    return dict(json.loads(printed))


def test_no_spoilt_frame_crashes_a_node_or_is_believed(
    record_property: Callable[[str, object], None],
) -> None:
    seeds = range(SEED * PROCESSES, (SEED + 1) * PROCESSES)
    running = [started("fuzz.py", FRAMES // PROCESSES, seed) for seed in seeds]
    found = [result_of(each) for each in running]
    frames = sum(each["frames"] for each in found)
    seconds = max(each["seconds"] for each in found)
    record_property("frames", frames)
    record_property("frames_per_s", round(frames / seconds))
    record_property("reached_the_store", sum(each["changed"] for each in found))
    for name in ("crashes", "accepted"):
        record_property(name, sum(each[name] for each in found))
    for name in ("grown_kb", "swollen_kb"):
        record_property(name, max(each[name] for each in found))
    record_property("seconds", round(seconds, 1))
    assert [each["bad"] for each in found] == [[], []]
    assert frames >= FRAMES
    for each in found:
        assert {int(kind) for kind in each["types"]} == set(MESSAGES), (
            "a frame type is not recorded"
        )
        assert each["changed"] > each["cases"] // 10  # the spoiling is not so coarse
        assert each["grown_kb"] <= GROWN_KB_MAX
        assert each["swollen_kb"] <= GROWN_KB_MAX


def test_an_engine_that_believes_heads_nobody_signed_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Frames that are moved as they were are forgiven; what is made up is not."""
    monkeypatch.syspath_prepend(str(HERE))
    fuzz = importlib.import_module("fuzz")
    monkeypatch.setattr(session_in, "check_heads", lambda signed, public_key: True)
    assert fuzz.main(3_000, 5, None).accepted


def test_no_bytes_crash_a_decoder(record_property: Callable[[str, object], None]) -> None:
    found = result_of(started("decoders.py", max(500, FRAMES // 40), SEED))
    for name in ("decoders", "tried", "crashes"):
        record_property(name, found[name])
    record_property("seconds", round(found["seconds"], 1))
    assert found["bad"] == []


@pytest.mark.parametrize("seed", [3])
def test_a_case_is_the_same_whenever_it_is_run(seed: int) -> None:
    """A finding names a number; that number alone must bring it back."""
    program = [sys.executable, str(HERE / "fuzz.py"), "0", str(seed), "5"]
    told = [subprocess.run(program, capture_output=True, check=True).stdout for _ in range(2)]
    first, second = (json.loads(each) | {"swollen_kb": 0} for each in told)
    assert first["cases"] == 1
    assert first == second
