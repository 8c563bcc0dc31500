"""The types that fields of event bodies have, and how long they may be. Pure.

A body that does not fit them is kept and relayed and folds to nothing (kinds.py).
"""

from typing import Annotated, Final

from msgspec import Meta

U8 = Annotated[int, Meta(ge=0, le=255)]
Millis = Annotated[int, Meta(ge=0, le=2**40)]
Key = Annotated[str, Meta(min_length=1, max_length=120)]
Bytes8 = Annotated[bytes, Meta(min_length=8, max_length=8)]
Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]

SUPERSEDES_MAX: Final = 64
"""Chains that one op, or one word of a teacher, names as replaced."""

Supersedes = Annotated[tuple[Bytes8, ...], Meta(max_length=SUPERSEDES_MAX)]

Place = tuple[Bytes8, Annotated[int, Meta(ge=1, lt=2**40)], Bytes8]
"""`[log_id, seq, chain8]`: one event, or a tip."""

Skills = Annotated[tuple[Key, ...], Meta(min_length=1, max_length=8)]
Nth = Annotated[int, Meta(ge=1, le=2**20)]
"""Which instance of an item for this learner."""

Values = Annotated[tuple[int, ...], Meta(max_length=16)]
"""Drawn numbers of an instance, in the order of the item's vars."""

Picks = Annotated[tuple[U8, ...], Meta(max_length=16)]
"""Choices by their place in the source."""

Text200 = Annotated[str, Meta(max_length=200)]
