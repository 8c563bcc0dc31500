import os

from darasa.server.notes import Notes
from darasa.server.sessions import Sessions
from darasa.sync.clock import ManualClock


def test_a_note_is_taken_once_and_only_by_its_session() -> None:
    sessions = Sessions(clock=ManualClock(0), rng=os.urandom, hours=8)
    one, two = sessions.open(b"t" * 16, "Grace"), sessions.open(b"u" * 16, "Peter")
    notes = Notes()
    notes.put(one, "pin", "4711")
    assert notes.take(two, "pin") is None
    assert notes.take(one, "pin") == "4711"
    assert notes.take(one, "pin") is None
