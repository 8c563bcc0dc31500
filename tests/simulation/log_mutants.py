"""Broken engines that mistake what a node wrote itself: its logs, their school, their time."""

from typing import Any

from damage import Patch, mutant

from darasa.sync import adoption, chains, clock_rows, rows, store, writes
from darasa.sync.event import GENESIS_FORMAT, Genesis
from darasa.sync.local_log import LocalLog, Place
from darasa.sync.session_view import Myself


@mutant
def log_continued_after_a_restart(put: Patch) -> None:
    original = store.Store.begin_log

    def begin_log(self: Any, *, key: Any, school_id: bytes, **rest: Any) -> LocalLog:
        log = original(self, key=key, school_id=school_id, **rest)
        with self.reading() as connection:
            found = connection.execute(
                "SELECT log_id FROM log WHERE node_id = ? AND school_id = ? AND events > 0"
                " ORDER BY log_key DESC LIMIT 1",
                (key.node_id, school_id),
            ).fetchone()
            row = None if found is None else rows.find_log(connection, school_id, found[0])
            if row is not None:
                tip = chains.tips_of_log(connection, row)[-1]
                log.place = Place(row, tip.seq, tip.chain, log.clock.elapsed_ms())
        return log

    put(store.Store, "begin_log", begin_log)


@mutant
def log_without_a_nonce(put: Patch) -> None:
    """Every run begins the same log: no chance and no clock in its genesis."""

    def next_genesis(self: LocalLog) -> Genesis:
        return Genesis(GENESIS_FORMAT, self.node_id, bytes(8), 0, self.app_version)

    put(LocalLog, "next_genesis", next_genesis)
    put(writes.rows, "add_log", _once_known(rows.add_log))


def _once_known(original: Any) -> Any:
    def add_log(connection: Any, school_id: Any, genesis: Any, raw: bytes) -> Any:
        known = rows.find_log(connection, school_id, rows.log_id_of(raw))
        return known or original(connection, school_id, genesis, raw)

    return add_log


@mutant
def place_kept_after_a_rollback(put: Patch) -> None:
    def roll_back(self: Any, places: Any, schools: Any) -> None:
        del places, schools
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    put(store.Store, "_roll_back", roll_back)


@mutant
def log_kept_after_a_failed_commit(put: Patch) -> None:
    def commit(self: Any, schools: Any) -> None:
        del schools
        try:
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    put(store.Store, "_commit", commit)


@mutant
def adopted_events_not_offered(put: Patch) -> None:
    """Logs get their school, and their events keep the old place in the order of transactions."""

    def adopt(connection: Any, ordinal: int, school_id: bytes, log_ids: Any) -> int:
        before = {
            log_id: connection.execute(
                "SELECT last_ordinal FROM log WHERE log_id = ?", (log_id,)
            ).fetchone()
            for log_id in log_ids
        }
        adopted = original(connection, ordinal, school_id, log_ids)
        for log_id, row in before.items():
            if row is not None:
                connection.execute(
                    "UPDATE log SET last_ordinal = ? WHERE log_id = ?", (*row, log_id)
                )
                connection.execute(
                    "UPDATE event SET ordinal = ? WHERE ordinal IS NOT NULL AND log_key ="
                    " (SELECT log_key FROM log WHERE log_id = ?)",
                    (*row, log_id),
                )
        return adopted

    original = adoption.adopt
    put(adoption, "adopt", adopt)


@mutant
def logs_of_a_former_node_not_offered(put: Patch) -> None:
    """A copied machine that made a key of its own forgets what it wrote under the old one."""
    put(Myself, "own_ids", property(lambda self: (self.key.node_id,)))


@mutant
def clocks_corrected_by_what_came_last(put: Patch) -> None:
    """The time of a log is by the clock event that arrived last, not by the best."""

    best = "ORDER BY c.uncertainty_ms, c.lamport, said.log_id, c.seq, c.chain"
    assert best in clock_rows._COUNTS
    put(
        clock_rows,
        "_COUNTS",
        clock_rows._COUNTS.replace(best, "ORDER BY coalesce(c.ordinal, 0) DESC"),
    )
