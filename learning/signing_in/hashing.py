"""Argon2id, one hash at a time in one thread of the process, and what a hash costs here.

Owns: the one line in which all hashes of this process stand (forty sign-ins at a bell then need the
memory of one), and the calibration of their cost toward a quarter of a second. Does not know
verifiers, or whose secret it is.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from darasa.learning.signing_in.one_line import Line

HASHING: Final = Line("hashing")
"""The one worker of this process."""

DIGEST_BYTES: Final = 32
LANES: Final = 1
TARGET_MS: Final = 250.0
PASSES_MAX: Final = 16
MEMORY_KIB_MAX: Final = 256 * 1024
"""A verifier that arrives may ask for no more: hashing must not fill a small machine."""
_TEACHER_MIB: Final = 64
_FREE_MIB_FOR_TEACHERS: Final = 4 * _TEACHER_MIB
_TIMES: Final = 3  # a machine that starts is busy: the best of these counts


class Cost(NamedTuple):
    """What one hash takes: memory in KiB, and passes over it."""

    memory_kib: int
    passes: int


SMALLEST: Final = Cost(19 * 1024, 2)
"""OWASP's minimum for Argon2id; nothing here costs less."""


class Costs(NamedTuple):
    """What new secrets cost at a node."""

    learners: Cost = SMALLEST
    teachers: Cost = SMALLEST


def argon2id(secret: str, salt: bytes, cost: Cost) -> bytes:
    """The digest of a secret (32 bytes), after all hashes that were asked for before it."""
    return HASHING.run(lambda: _argon2id(secret, salt, cost))


def _argon2id(secret: str, salt: bytes, cost: Cost) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # late: a client starts without

    argon = Argon2id(
        salt=salt,
        length=DIGEST_BYTES,
        iterations=cost.passes,
        lanes=LANES,
        memory_cost=cost.memory_kib,
    )
    return argon.derive(secret.encode("utf-8", "replace"))


def measured_ms(cost: Cost) -> float:
    """How long one hash takes here now; the best of three."""
    return min(_once_ms(cost) for _ in range(_TIMES))


def _once_ms(cost: Cost) -> float:
    def timed() -> float:
        begun = time.perf_counter()
        _argon2id("calibration", b"calibration", cost)
        return (time.perf_counter() - begun) * 1_000

    return HASHING.run(timed)


def calibrated(took_ms: Callable[[Cost], float], *, free_mib: float) -> Costs:
    """What hashes should cost on a machine: as many passes as fit into a quarter of a second.

    Learners' stay at 19 MiB, which the smallest lab computer and the memory of its client have
    room for; teachers', which servers alone check, take 64 MiB where four times that is free.
    Never below `SMALLEST`. Cost: `took_ms` is asked two or four times.
    """
    learners = _with_passes(SMALLEST, took_ms)
    if free_mib < _FREE_MIB_FOR_TEACHERS:
        return Costs(learners, learners)
    return Costs(learners, _with_passes(Cost(_TEACHER_MIB * 1024, SMALLEST.passes), took_ms))


def _with_passes(least: Cost, took_ms: Callable[[Cost], float]) -> Cost:
    """More passes of the same memory, by a line through two measurements.

    On a busy machine the line may be flat or fall: a pass costs half of its share at least.
    """
    first_ms, many_ms = took_ms(least), took_ms(least._replace(passes=2 * least.passes))
    few_ms = min(first_ms, many_ms)
    if few_ms >= TARGET_MS or few_ms <= 0:  # slow enough, or a clock that tells nothing
        return least
    pass_ms = max(many_ms - few_ms, few_ms / 2) / least.passes
    more = int((TARGET_MS - few_ms) / pass_ms)
    return least._replace(passes=min(PASSES_MAX, least.passes + more))
