"""What a salvage kept apart, behind a gap: copies under a scope that no server has (salvage.py).

They fold as all copies do, and nobody is offered them: their log would have a hole. Functions over
a connection.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection
from typing import Final

from darasa.sync import events_table
from darasa.sync.rows import log_of_key

APART: Final = b"salvaged"
"""Their scope: no server has it, so nothing deletes them."""


def owed(
    connection: sqlite3.Connection,
    *,
    school_id: bytes | None,
    author: bytes | None,
    kinds: Collection[int] | None,
) -> Counter[bytes]:
    """How many events of each learner are here apart alone: in no log, and not fed from above.

    Nobody has said that it holds them. Cost: a look-up each; nothing where nothing was salvaged.
    """
    rows = connection.execute(
        "SELECT log_key, seq, chain, learner_id, kind FROM copy AS kept JOIN log USING (log_key)"
        " WHERE scope = ?1 AND learner_id IS NOT NULL"
        " AND (?2 IS NULL OR school_id = ?2) AND (?3 IS NULL OR node_id = ?3)"
        " AND NOT EXISTS (SELECT 1 FROM copy AS fed WHERE fed.log_key = kept.log_key"
        "  AND fed.seq = kept.seq AND fed.chain = kept.chain AND fed.scope <> kept.scope)",
        (APART, school_id, author),
    ).fetchall()
    return Counter(
        learner_id
        for log_key, seq, chain, learner_id, kind in rows
        if (kinds is None or kind in kinds)
        and not events_table.is_held(connection, log_of_key(connection, log_key), seq, chain)
    )
