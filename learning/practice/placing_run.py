"""A placement that is going on, as a value: what this machine keeps of it between two keys.

Pure. Does not know packs, events or screens (practice/placing.py).
"""

from msgspec import Struct

from darasa.learning.planning.placement import Given


class PlacingRun(Struct, frozen=True, array_like=True):
    """The answers so far, and the item on the screen. `sitting` is that in which it was begun or
    went on last; `left`: an event has ended it there, so that other work counts, but it goes on."""

    pack: str
    sitting: bytes
    item: str
    nth: int
    given: tuple[Given, ...] = ()
    left: bool = False
