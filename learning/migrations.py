"""The tables `local_*` of `resume.py`, as append-only migrations (house-style.md section 7).

A migration is never changed once it has shipped; a new shape is a new one, and `resume.py` names
the last. Loading sqlite-utils takes long, so this is imported only when a store lacks one.
"""

from darasa.sync.sqlite_tools import Database, Migrations

MIGRATIONS = Migrations("learning")

_TABLES = (
    # the place of a learner in a set, as the client wrote it
    """CREATE TABLE local_place (learner_id BLOB PRIMARY KEY, place BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    # learners whom this machine made up before it joined a school
    "CREATE TABLE local_guest (learner_id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
    # learners who have signed in here: their events from elsewhere are asked for
    """CREATE TABLE local_seen (learner_id BLOB PRIMARY KEY, last_ms INTEGER NOT NULL)
    STRICT, WITHOUT ROWID""",
    # wrong secrets in a row; `failed_ms` is this machine's wall clock at the last one
    """CREATE TABLE local_tries (owner BLOB PRIMARY KEY, failures INTEGER NOT NULL,
    failed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
)


# what a learner chose with a one-use code here, until the school's list has it
_CHOSEN_HERE = """CREATE TABLE local_secret (learner_id BLOB PRIMARY KEY, sealed BLOB NOT NULL,
    code_mark BLOB NOT NULL) STRICT, WITHOUT ROWID"""


@MIGRATIONS()
def m0001_local(db: Database) -> None:
    """Places, guests, who signed in here, and wrong secrets."""
    for statement in _TABLES:
        db.execute(statement)


_PEOPLE = (
    # learners whom somebody made up at this machine, by the name she typed; `told`: the school has
    # been sent it
    """CREATE TABLE local_newcomer (learner_id BLOB PRIMARY KEY, name TEXT NOT NULL,
    told INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    # first secrets that can be printed again, sealed to the school key, until they are changed;
    # `made_for` is a hash of the verifier that they fit
    """CREATE TABLE local_first_secret (learner_id BLOB PRIMARY KEY, made_for BLOB NOT NULL,
    sealed BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    # when the staff signed in at this server
    """CREATE TABLE local_staff_use (teacher_id BLOB PRIMARY KEY, last_ms INTEGER NOT NULL,
    sign_ins INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
)


@MIGRATIONS()
def m0002_people(db: Database) -> None:
    """Newcomers, first secrets, and when the staff signed in."""
    for statement in _PEOPLE:
        db.execute(statement)


@MIGRATIONS()
def m0003_first_pins(db: Database) -> None:
    """First PINs that wait to be hashed, sealed under the secret of this machine."""
    db.execute(
        "CREATE TABLE local_first_pin (learner_id BLOB PRIMARY KEY, sealed BLOB NOT NULL)"
        " STRICT, WITHOUT ROWID"
    )


@MIGRATIONS()
def m0004_own_secret(db: Database) -> None:
    """Secrets that learners chose on this machine."""
    db.execute(_CHOSEN_HERE)


@MIGRATIONS()
def m0005_tries_seen(db: Database) -> None:
    """Events about wrong tries that a teacher has dealt with at this server, by their places."""
    db.execute(
        "CREATE TABLE local_tries_seen (log_id BLOB NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY (log_id, seq)) STRICT, WITHOUT ROWID"
    )
