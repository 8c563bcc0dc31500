import sqlite3

from darasa.learning import resume
from darasa.learning.migrations import MIGRATIONS
from darasa.sync.ids import Rng
from darasa.sync.store import Store


def test_the_newest_migration_is_the_last_one(rng: Rng) -> None:
    with Store.open(None, rng=rng) as store:
        assert not store.read(resume.is_current)
        store.migrate(MIGRATIONS)
        assert store.read(resume.is_current)
        names = store.read(_applied)
    assert names[-1] == resume.NEWEST_MIGRATION


def _applied(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = 'learning' ORDER BY rowid"
    )
    return [name for (name,) in rows]
