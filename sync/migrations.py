"""The tables of the store, as append-only migrations (house-style.md section 7).

A migration is never changed once it has shipped; a new shape is a new one. The tables themselves
are in `schema.py`; here is their order, and what has to be moved from an earlier shape.
"""

from darasa.sync import clock_rows, learner_events, schema
from darasa.sync.clock_events import KIND as CLOCK
from darasa.sync.event import parse_event
from darasa.sync.ids import NO_SCHOOL, LogId, NodeId
from darasa.sync.rows import LogRow
from darasa.sync.sqlite_tools import Database, Migrations

MIGRATIONS = Migrations("sync")


@MIGRATIONS()
def m0001_logs(db: Database) -> None:
    """Transactions, logs, events and tips."""
    db.executescript(schema.LOGS)


@MIGRATIONS()
def m0002_trust(db: Database) -> None:
    """Signed heads, certificates and peers."""
    db.executescript(schema.TRUST)


@MIGRATIONS()
def m0003_contacts(db: Database) -> None:
    """Marks and receipts."""
    db.executescript(schema.CONTACTS)


@MIGRATIONS()
def m0004_feed(db: Database) -> None:
    """The feed on both sides, and copies."""
    db.executescript(schema.FEED)


@MIGRATIONS()
def m0005_packing(db: Database) -> None:
    """Packed runs beside the rows; they move there later, a few at a time (packing.py)."""
    db.executescript(schema.PACKING)


@MIGRATIONS()
def m0006_ranges(db: Database) -> None:
    """Who brought provisional events, and how far this store's events are held elsewhere."""
    db.executescript(schema.EXCHANGE)


@MIGRATIONS()
def m0007_nodes(db: Database) -> None:
    """Clock events and corrected time, parents of nodes."""
    db.executescript(schema.NODES)
    _note_old_clock_rows(db)


def _note_old_clock_rows(db: Database) -> None:
    """Clock events that an older program kept without knowing what they say."""
    held = [
        (log_key, link.seq, link.chain, link.canonical, link.ordinal)
        for log_key, link in learner_events.of_kinds(db.conn, (CLOCK,))
    ]
    held += db.conn.execute(
        "SELECT log_key, seq, chain, canonical, NULL FROM copy WHERE kind = ?", (CLOCK,)
    ).fetchall()
    for log_key, seq, chain, canonical, ordinal in held:
        assert canonical is not None  # nobody's: never erased
        log = LogRow(log_key, NO_SCHOOL, LogId(b""), NodeId(b""), 0, b"")  # its number is enough
        stored = log.stored(seq, chain, canonical, parse_event(canonical))
        clock_rows.note(db.conn, log, (stored,), ordinal=ordinal)


@MIGRATIONS()
def m0008_stick(db: Database) -> None:
    """Questions on sticks, on both sides."""
    db.executescript(schema.STICK)


@MIGRATIONS()
def m0009_erasure(db: Database) -> None:
    """Erased learners."""
    db.executescript(schema.ERASURE)


@MIGRATIONS()
def m0010_unheard(db: Database) -> None:
    """A store that may have forgotten who is erased."""
    db.executescript(schema.UNHEARD)


@MIGRATIONS()
def m0011_peer_clocks(db: Database) -> None:
    """How far the clocks of other nodes are from ours."""
    db.executescript(schema.PEER_CLOCKS)
