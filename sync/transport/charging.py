"""Quotas where events come in: by link, by stick, by a neighbour (PROTOCOL.md section 17).

Owns that a run is counted against who brought it before it is stored, and that who brings too much
is held back. The numbers are `quotas`'.
"""

from collections.abc import Mapping

from darasa.sync.ids import Role
from darasa.sync.messages import EndCode
from darasa.sync.quotas import Brought, Quota, take
from darasa.sync.session import Answering, Step
from darasa.sync.session_answering import FROZEN_RETRY_S, FROZEN_SENTENCE
from darasa.sync.session_view import KeepEvents
from darasa.sync.store import Store, Tx


def charge(
    tx: Tx, step: Step, session: Answering, quotas: Mapping[Role, Quota], wall_ms: int
) -> None:
    """Count the runs of a step, before they are stored. Raises QuotaError: the step is undone."""
    other = session.other
    quota = None if other is None else quotas.get(other.role)
    if other is None or quota is None:
        return
    runs = [
        Brought(write.school_id, write.log_id, write.events)
        for write in step.writes
        if isinstance(write, KeepEvents)
    ]
    if runs:
        take(tx.connection, other.node_id, quota, runs, wall_ms=wall_ms)


def freeze(store: Store, session: Answering, wall_ms: int) -> None:
    """What came before stays; nothing more is taken until a person releases the node."""
    assert session.other is not None
    session.stop(FROZEN_SENTENCE, code=EndCode.FROZEN, retry_after_s=FROZEN_RETRY_S)
    with store.transaction() as tx:
        tx.freeze_node(session.other.node_id, wall_ms)
