"""Broken engines that mistake a flood: who is frozen, until when, and what is said of it."""

from damage import Patch, mutant

from darasa.sync import session_answering, writes
from darasa.sync.transport import responder


@mutant
def nobody_floods(put: Patch) -> None:
    put(responder, "charge", lambda *_: None)


@mutant
def released_node_counted_on(put: Patch) -> None:
    """Who is released has as much behind it as before, and is frozen again at once."""
    put(writes.quotas, "release", lambda connection, node_id: None)


@mutant
def frozen_without_a_word(put: Patch) -> None:
    """A frozen node is not told when to come again."""
    put(session_answering, "FROZEN_RETRY_S", None)
