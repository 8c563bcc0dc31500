"""The file of erased learners and the store, joined when a node opens (sync.md section 10).

A store that was put back from an old copy has forgotten who was erased since. What the file beside
it knows is applied before anything is served, and a file that was lost is written again. Records
count here only under the school's signature: at a school its own key, at a computer its server's,
at a hub a key that it certified as that school's.
"""

from typing import TYPE_CHECKING

from darasa.sync import erased_rows, erasing
from darasa.sync.contacts import certificates_by
from darasa.sync.erased import ErasedRecord
from darasa.sync.erased_file import read_erased
from darasa.sync.ids import Role

if TYPE_CHECKING:
    from darasa.sync.home import Home
    from darasa.sync.hooks import Hooks
    from darasa.sync.store import Store


def join_erased(home: "Home", store: "Store", hooks: "Hooks") -> int:
    """Apply what the file knows and the store does not; answer how many records that were.

    Raises StoreError.
    """
    new = forgotten(home, store)
    if new:
        with store.transaction() as tx:
            erasing.erase(tx, hooks, new)
    erasing.keep_in_file(store.erased_file, store.read(erased_rows.records))
    store.clean_up()  # what a crash, a reader or a full disk left to do
    return len(new)


def note_beginning(home: "Home", store: "Store", *, is_new: bool) -> None:
    """A school whose file is gone, and its store new or older, may have forgotten someone.

    Until its hub has told, nothing is fed to computers, which keep their lists meanwhile. A school
    that has no hub is not held up. Raises StoreError.
    """
    is_school = home.role is Role.SCHOOL
    if not is_school or home.is_in_memory or home.erased_path.exists():
        return
    if (is_new or store.read(erased_rows.records)) and home.peer is not None:
        with store.transaction() as tx:
            tx.note_erased_unheard(has_hub=True)


def forgotten(home: "Home", store: "Store") -> tuple[ErasedRecord, ...]:
    """The believed records of the file that the store lacks."""
    if store.erased_file is None:
        return ()
    held = {(each.school_id, each.learner_hash) for each in store.read(erased_rows.records)}
    told = read_erased(store.erased_file)
    new = (each for each in sorted(told) if (each.school_id, each.learner_hash) not in held)
    return tuple(each for each in new if _is_believed(home, store, each))


def _is_believed(home: "Home", store: "Store", record: ErasedRecord) -> bool:
    return any(record.is_signed_by(key) for key in _keys_of(home, store, record.school_id))


def _keys_of(home: "Home", store: "Store", school_id: bytes) -> list[bytes]:
    """The keys that speak for a school here."""
    if home.role is Role.HUB:
        given = store.read(certificates_by, home.node_id)
        return [
            each.public_key
            for each in given
            if each.role is Role.SCHOOL and each.school_id == school_id
        ]
    if school_id != home.school_id:
        return []
    if home.role is Role.SCHOOL:
        return [home.node_key.public]
    return [] if home.peer is None else [home.peer.public_key]
