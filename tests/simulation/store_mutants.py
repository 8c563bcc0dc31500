"""Broken engines that lose what a store holds: in packing it, pruning it, or salvaging it."""

from typing import Any
from unittest.mock import patch

from damage import Patch, mutant
from msgspec.structs import replace

from darasa.sync import (
    contacts,
    event_rows,
    packing,
    pruning,
    rows,
    salvage,
    session_store,
    wreckage,
)
from darasa.sync.ids import Chain


@mutant
def rows_deleted_before_they_are_packed(put: Patch) -> None:
    """One row more goes than went into the packed run."""
    original = event_rows.delete_to

    def delete_to(connection: Any, log_key: int, seq: int) -> int:
        return original(connection, log_key, seq + 1)

    put(packing.event_rows, "delete_to", delete_to)


@mutant
def fork_packed_as_if_straight(put: Patch) -> None:
    """Packing takes the first of two events at one place, and the other goes."""
    original = packing._straight

    def straight(rows_found: Any, end: int, chain: Chain) -> Any:
        first: dict[int, Any] = {}
        for row in rows_found:
            first.setdefault(row.link.seq, row)
        return original(list(first.values()), end, chain)

    put(packing, "_straight", straight)


@mutant
def provisional_packed_too(put: Patch) -> None:
    """Packing takes events that wait for a head for believed ones."""
    original = packing._straight

    def straight(rows_found: Any, end: int, chain: Chain) -> Any:
        return original(
            [
                replace(row, link=replace(row.link, ordinal=row.link.ordinal or 1))
                for row in rows_found
            ],
            end,
            chain,
        )

    put(packing, "_straight", straight)


@mutant
def pruned_without_a_receipt(put: Patch) -> None:
    """Old work goes though nobody said that two others hold it."""
    put(pruning, "_is_held_twice", lambda *_: True)


@mutant
def pruned_before_its_time(put: Patch) -> None:
    put(pruning, "KEPT_DAYS", 30)
    put(pruning, "USED_DAYS", 3)


@mutant
def pruned_on_a_word_from_before_a_set_back(put: Patch) -> None:
    """What a server has told that it lost goes all the same, for it once said the hub has it."""
    original = pruning.prune_next

    def prune_next(connection: Any, **how: Any) -> int:
        connection.execute(
            "INSERT INTO mark_given (school_id, peer, mark, held_ordinal)"
            " SELECT DISTINCT school_id, x'', x'', 1 << 40 FROM log"
        )
        gone = original(connection, **how)
        connection.execute("DELETE FROM mark_given WHERE peer = x''")
        return gone

    put(pruning, "prune_next", prune_next)


@mutant
def pruned_log_forgotten_whole(put: Patch) -> None:
    """With the events of a log its tips go: it looks like one that is still to be told."""
    original = pruning.events_table.forget

    def forget(connection: Any, log: Any) -> int:
        connection.execute("DELETE FROM tip WHERE log_key = ?", (log.log_key,))
        connection.execute("UPDATE log SET is_pruned = 0 WHERE log_key = ?", (log.log_key,))
        return original(connection, log)

    put(pruning.events_table, "forget", forget)


@mutant
def pruned_log_promised(put: Patch) -> None:
    """Logs whose events a computer has dropped are named as if it could send them."""

    def offered_logs(self: Any, *, after: int) -> Any:
        with patch.object(rows, "is_pruned", lambda *_: False):
            return original(self, after=after)

    original = session_store.StoreView.offered_logs
    put(session_store.StoreView, "offered_logs", offered_logs)


@mutant
def salvage_forgets_signed_heads(put: Patch) -> None:
    put(salvage, "_true_statements", lambda *found: [])


@mutant
def salvaged_hub_offers_what_nobody_signed(put: Patch) -> None:
    put(salvage, "_under_heads", lambda log_id, whole, proved: (whole, []))


@mutant
def salvage_bridges_gaps(put: Patch) -> None:
    """What was saved behind a lost event goes back into its log."""
    original = salvage._verified

    def verified(log: Any, events: Any) -> Any:
        whole, apart = original(log, events)
        return [*whole, *apart], []

    put(salvage, "_verified", verified)


@mutant
def salvage_forgets_what_was_apart(put: Patch) -> None:
    """What an earlier salvage kept behind a gap is gone with the next."""
    put(wreckage, "APART", b"")


@mutant
def apart_counts_as_sent(put: Patch) -> None:
    """What lies behind a gap, and was offered to nobody, is not said to be owed."""
    put(contacts.apart, "owed", lambda *_, **how: {})


@mutant
def damaged_event_hides_the_copys(put: Patch) -> None:
    """Of an event that is damaged here and whole in the copy nothing is kept."""

    def last_fitting(some: Any, before: Any) -> Any:
        return some[-1] if not before or salvage._follows(some[-1], before) else None

    put(salvage, "_last_fitting", last_fitting)
