"""What a hash costs at one server: measured once a machine, kept beside its keys.

Owns: the file `sign-in-cost.json` of a server's folder, and when it holds no longer: on another
machine. Does not know how a cost is found (`hashing.py`).
"""

import contextlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from darasa.learning.signing_in.hashing import (
    MEMORY_KIB_MAX,
    PASSES_MAX,
    SMALLEST,
    Cost,
    Costs,
    calibrated,
    measured_ms,
)
from darasa.sync.fingerprint import Fingerprint, read_fingerprint
from darasa.sync.home_files import FIRST_KEY, write_whole
from darasa.sync.ids import Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.sync.home import Home

log = logging.getLogger(__name__)

FILE: Final = "sign-in-cost.json"
_MEMINFO: Final = Path("/proc/meminfo")


class _Kept(msgspec.Struct, frozen=True):
    machine: Fingerprint
    learners: Cost
    teachers: Cost


def kept_costs(home: "Home") -> Costs:
    """What was measured on this machine; the smallest where nothing was, and at a computer.

    Secrets that are chosen at a computer cost what the school's do: it checks others' too.
    """
    found = None if home.role is Role.COMPUTER else _read(home)
    return Costs() if found is None else found


def measure_costs(room: "Classroom") -> Costs:
    """At the start of a server: measure unless it was done on this machine; a second or two.

    New secrets cost that from now on. Measured again next time is what came out smallest, on a
    machine that was perhaps busy then, and what could not be kept.
    """
    home = room.home
    found = _read(home)
    if found is None or found.learners == SMALLEST:
        found = calibrated(measured_ms, free_mib=_free_mib())
        log.info("hashing learners=%s teachers=%s", found.learners, found.teachers)
        if not home.is_in_memory:
            with contextlib.suppress(OSError):
                kept = _Kept(_machine(home), *found)
                write_whole(home.path / FILE, msgspec.json.encode(kept))
    room.people.costs = found
    return found


def _read(home: "Home") -> Costs | None:
    if home.is_in_memory:
        return None
    try:
        kept = msgspec.json.decode((home.path / FILE).read_bytes(), type=_Kept)
        is_elsewhere = kept.machine.is_elsewhere(_machine(home))
    except (OSError, msgspec.MsgspecError):
        return None
    is_sane = all(
        SMALLEST.memory_kib <= cost.memory_kib <= MEMORY_KIB_MAX
        and SMALLEST.passes <= cost.passes <= PASSES_MAX
        for cost in (kept.learners, kept.teachers)
    )
    return Costs(kept.learners, kept.teachers) if is_sane and not is_elsewhere else None


def _machine(home: "Home") -> Fingerprint:
    return read_fingerprint(home.path / "keys" / FIRST_KEY, home.node_id)


def _free_mib(meminfo: Path = _MEMINFO) -> float:
    """Memory that programs could have; 0 where it cannot be told."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1024
    return 0.0
