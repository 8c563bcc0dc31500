"""Keeps the server quick: how often Python looks for garbage that counting does not find.

Measured: a body of 7,500 events makes about 60,000 small values, none of which can be part of a
cycle, and Python looks through the young ones after every 700: a twentieth of taking a body in.
"""

import gc
from typing import Final

_YOUNG_MAX: Final = 20_000


def collect_seldom() -> None:
    """Look after every 20,000 new values, and never again at what is there by now."""
    gc.collect()
    gc.freeze()
    _, middle, old = gc.get_threshold()
    gc.set_threshold(_YOUNG_MAX, middle, old)
