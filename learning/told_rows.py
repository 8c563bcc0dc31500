"""On a computer: what its school says of nodes, of learners who are one and of items, by its feed.

Owns: filling lt_node, lt_alias and lt_mark there from lt_notice. A computer holds no logs of others
and few certificates, so it is told what the school works out (`deciding/rows.py`), and folds the
copies it has to the same states.
"""

import sqlite3

from darasa.learning.deciding.decisions import Hold
from darasa.learning.deciding.judging import hold_bytes, hold_of_bytes, node_rows
from darasa.learning.deciding.mark_rows import write_marks
from darasa.learning.deciding.refolding import Changed
from darasa.learning.deciding.rows import write_aliases
from darasa.learning.scopes import AliasValue, ItemValue, NodeValue, parse_value
from darasa.sync.ids import Role, SchoolId


def take_notices(connection: sqlite3.Connection, school_id: SchoolId) -> Changed:
    """Take over what the school says; who must be folded anew for it.

    A node that counts otherwise than before may have had a part in any learner who is known here.
    """
    before = node_rows(connection)
    roots: dict[bytes, bytes] = {}
    marks: list[ItemValue] = []
    connection.execute("DELETE FROM lt_node")
    nodes: dict[bytes, tuple[Role | None, Hold | None]] = {}
    for (raw,) in connection.execute("SELECT value FROM lt_notice").fetchall():
        value = parse_value(raw)
        if isinstance(value, NodeValue):
            role = Role(value.role) if value.role in set(Role) else None
            hold = None if value.hold is None else hold_of_bytes(value.hold)
            known = nodes.get(value.node_id, (None, None))[1]
            whole = hold.with_part(known) if hold is not None and known is not None else hold
            nodes[value.node_id] = (role, whole)
        elif isinstance(value, AliasValue) and value.learner_id != value.root:
            roots[value.learner_id] = value.root
        elif isinstance(value, ItemValue):
            marks.append(value)
    connection.executemany(
        "INSERT INTO lt_node VALUES (?, ?, ?, ?, 0)",
        [
            (
                school_id,
                node_id,
                None if role is None else str(role),
                None if hold is None else hold_bytes(hold),
            )
            for node_id, (role, hold) in nodes.items()
        ],
    )
    # one step: whoever is known by another id is known by no third
    roots = {other: root for other, root in roots.items() if root not in roots}
    changed = Changed(
        learners=write_aliases(connection, roots),
        items=write_marks(connection, school_id, marks),
    )
    if node_rows(connection) != before:
        rows = connection.execute("SELECT learner_id FROM lt_learner").fetchall()
        changed.learners |= {learner for (learner,) in rows}
    return changed
