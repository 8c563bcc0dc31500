"""The session, sans I/O: rounds of one exchange between two nodes (PROTOCOL.md section 4).

`Asking` is the side that posts, `Answering` the side that is posted to, computer to school and
school to hub alike; a bundle or a simulator drives the same two. `receive(bytes)` yields a `Step`
a frame: the caller applies its writes in one transaction and only then goes on. Nothing here
touches a store, a clock, a socket or a random source; they come as a `View`, a number and an
`Rng`. A fault of the other side never raises: it ends the session, and `fault` has the sentence.
"""

from darasa.sync.session_answering import Answering
from darasa.sync.session_asking import Asking
from darasa.sync.session_view import Limits, Myself, Other, SessionEndedError, Step, View

__all__ = [
    "Answering",
    "Asking",
    "Limits",
    "Myself",
    "Other",
    "SessionEndedError",
    "Step",
    "View",
]
