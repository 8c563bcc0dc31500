"""Invented fits for tests: other weights than those that ship, and difficulties of some items."""

from __future__ import annotations

import random

from msgspec.structs import replace

from darasa.learning.fits.adopting import keep_fit
from darasa.learning.fits.signed_fit import sign_fit
from darasa.learning.mastery.parameters import NamedValues, Parameters
from darasa.learning.mastery.shipped import WARM

MADE_MS = 1_799_000_000_000


def parameters(version: int = 1, *, items: int = 3, name: str = "fractions") -> Parameters:
    """Another model for each version."""
    rng = random.Random(version)
    return replace(
        WARM,
        name=name,
        version=version,
        mode="refit",
        weights={**WARM.weights, "intercept": 100_000 * version},
        skills=(NamedValues("fractions", "add", (600_000, 20_000)),),
        items=tuple(
            NamedValues("fractions", f"q{n}", (rng.randrange(3_000_000), rng.randrange(500_000)))
            for n in range(1, items + 1)
        ),
        source="invented",
    )


def made_at(room, version: int = 1, *, items: int = 3) -> bytes:
    """A fit that this server made and offers; its id."""
    signed = sign_fit(parameters(version, items=items), room.home.node_key, made_ms=MADE_MS)
    return keep_fit(room, signed).fit_id
