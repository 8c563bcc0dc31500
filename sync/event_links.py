"""An event as a link of its log's chain: as it arrives, as it is kept, and what an erased one is.

The values that rows, packed runs and receiving share. Pure.
"""

from typing import Protocol

from msgspec import Struct

from darasa.sync.erased import ArrivedLeaf
from darasa.sync.event import Event, leaf_of
from darasa.sync.ids import Chain


class Link(Struct, frozen=True, gc=False):
    """An event as a link of its log's chain. `ordinal` is None while it is provisional.

    Of an erased event `canonical` is None and `erased_leaf` is what its chain was made of.
    """

    seq: int
    chain: Chain
    canonical: bytes | None
    ordinal: int | None
    erased_leaf: bytes | None = None

    @property
    def is_believed(self) -> bool:
        """Whether a signed head covers it."""
        return self.ordinal is not None

    @property
    def leaf(self) -> bytes:
        """What the chain is made of."""
        if self.canonical is not None:
            return leaf_of(self.canonical)
        assert self.erased_leaf is not None
        return self.erased_leaf


class EventRow(Struct, frozen=True, gc=False):
    """A link with what its row says of the event without parsing it."""

    link: Link
    learner_id: bytes | None
    kind: int
    lamport: int


class ArrivedEvent(Protocol):
    """One parsed event of a run, its chain computed by the receiver."""

    @property
    def seq(self) -> int:
        """Its number in the log, from 1."""

    @property
    def chain(self) -> Chain:
        """The chain with it."""

    @property
    def canonical(self) -> bytes:
        """Its bytes."""

    @property
    def event(self) -> Event:
        """Its bytes, parsed."""


Arriving = ArrivedEvent | ArrivedLeaf


def leaf_of_arriving(each: Arriving) -> bytes:
    """What the chain is made of."""
    return each.leaf if isinstance(each, ArrivedLeaf) else leaf_of(each.canonical)


def row_of_arriving(each: Arriving, ordinal: int | None) -> EventRow:
    """What came, as a row; ordinal None is provisional."""
    if isinstance(each, ArrivedLeaf):
        return EventRow(Link(each.seq, each.chain, None, ordinal, each.leaf), None, 0, 0)
    event = each.event
    link = Link(each.seq, each.chain, each.canonical, ordinal)
    return EventRow(link, event.learner_id, event.kind, event.lamport)
