"""What a computer need not keep: its own old logs that are held twice above (sync.md section 9).

Owns when a log may go. Its events go all together and its tips stay, so that nothing is offered
with a hole and nothing is taken again as new. Schools and hubs keep all.
"""

import sqlite3
from typing import Final

from darasa.sync import events_table, feed, reads
from darasa.sync.chains import tips_of_log
from darasa.sync.event import header_of
from darasa.sync.rows import LOG_COLUMNS, LogRow, log_row

KEPT_DAYS: Final = 400
USED_DAYS: Final = 60
"""Days of use after a log before it goes, too: a clock that jumps to 2099 makes nothing old."""

DAY_MS: Final = 24 * 3_600_000
_LEVEL_TWO_COPIES: Final = 2


def note_day(connection: sqlite3.Connection, now_ms: int) -> None:
    """Note that the store is in use on this day."""
    connection.execute(
        "INSERT OR IGNORE INTO use_day (day, ordinal) VALUES (?, ?)",
        (now_ms // DAY_MS, reads.position(connection).ordinal),
    )


def prune_next(connection: sqlite3.Connection, *, author: bytes, now_ms: int) -> int:
    """Delete the events of the oldest log of `author` that may go; how many, 0 for no such log.

    It may when a signed receipt says of each tip that the school and a second holder have it, when
    the newest mark says that the server still had it then (it may have been set back since the
    receipt), when its last event is KEPT_DAYS old and USED_DAYS days of use came after it, and when
    the feed of no learner in it comes here: her state is folded from all her events.
    """
    row = connection.execute(  # by what was written when: a clock that was ahead has later days
        "SELECT ordinal FROM use_day ORDER BY ordinal DESC LIMIT 1 OFFSET ?", (USED_DAYS,)
    ).fetchone()
    if row is None:
        return 0
    query = (
        f"SELECT {LOG_COLUMNS} FROM log WHERE node_id = ? AND events > 0"  # noqa: S608
        " AND last_ordinal <= ? AND wall_ms < ? AND last_ordinal <= (SELECT held_ordinal"
        "  FROM mark_given WHERE mark_given.school_id = log.school_id"
        "  ORDER BY given_key DESC LIMIT 1) ORDER BY log_key"
    )
    old = connection.execute(query, (author, row[0], now_ms - KEPT_DAYS * DAY_MS))
    for log in map(log_row, old.fetchall()):
        if _may_go(connection, log, now_ms):
            connection.execute(
                "UPDATE log SET is_pruned = 1, events = 0 WHERE log_key = ?", (log.log_key,)
            )
            return events_table.forget(connection, log)
    return 0


def _may_go(connection: sqlite3.Connection, log: LogRow, now_ms: int) -> bool:
    tips = tips_of_log(connection, log)
    if not all(_is_held_twice(connection, log, tip.seq, tip.chain) for tip in tips):
        return False
    newest = reads.newest_of_log(connection, log)
    if newest is None or newest.happened_ms > now_ms - KEPT_DAYS * DAY_MS:
        return False
    prefix = len(feed.LEARNER_SCOPE)
    scopes = feed.held_scopes(connection)
    wanted = {scope[prefix:] for scope in scopes if scope.startswith(feed.LEARNER_SCOPE)}
    return not any(
        link.canonical is not None and header_of(link.canonical)[1] in wanted
        for link in events_table.links_from(connection, log)
    )


def _is_held_twice(connection: sqlite3.Connection, log: LogRow, seq: int, chain: bytes) -> bool:
    found = connection.execute(
        "SELECT 1 FROM receipt WHERE log_key = ? AND seq = ? AND chain8 = ? AND level >= ?",
        (log.log_key, seq, chain[:8], _LEVEL_TWO_COPIES),
    )
    return found.fetchone() is not None
