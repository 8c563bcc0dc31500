"""On a computer: what its school says of nodes and of learners who are one, from the feed.

Owns: filling lt_node and lt_alias there from lt_notice. A computer holds no logs of others and few
certificates, so it is told what the school works out (`decision_rows.py`), and folds the copies it
has to the same states.
"""

import sqlite3

from darasa.learning.decision_rows import write_aliases
from darasa.learning.judging import node_rows
from darasa.learning.refolding import Changed
from darasa.learning.scopes import AliasValue, NodeValue, parse_value
from darasa.sync.ids import Role, SchoolId


def take_notices(connection: sqlite3.Connection, school_id: SchoolId) -> Changed:
    """Take over what the school says; who must be folded anew for it.

    A node that counts otherwise than before may have had a part in any learner who is known here.
    """
    before = node_rows(connection)
    roots: dict[bytes, bytes] = {}
    connection.execute("DELETE FROM lt_node")
    for (raw,) in connection.execute("SELECT value FROM lt_notice").fetchall():
        value = parse_value(raw)
        if isinstance(value, NodeValue):
            role = value.role if value.role in set(Role) else None
            connection.execute(
                "INSERT OR IGNORE INTO lt_node VALUES (?, ?, ?, ?, 0)",
                (school_id, value.node_id, role, value.hold),
            )
        elif isinstance(value, AliasValue) and value.learner_id != value.root:
            roots[value.learner_id] = value.root
    # one step: whoever is known by another id is known by no third
    roots = {other: root for other, root in roots.items() if root not in roots}
    changed = Changed(learners=write_aliases(connection, roots))
    if node_rows(connection) != before:
        rows = connection.execute("SELECT learner_id FROM lt_learner").fetchall()
        changed.learners |= {learner for (learner,) in rows}
    return changed
