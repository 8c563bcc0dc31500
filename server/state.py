"""What one running server holds: the object behind `app.state.darasa`.

Owns: putting the parts together for one classroom. Knows nothing of routes.
"""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b

from starlette.requests import HTTPConnection

from darasa.learning.classroom import Classroom
from darasa.learning.computers import take_names
from darasa.learning.presence import PresenceBoard
from darasa.server.asked import AskedBook
from darasa.server.config import Config
from darasa.server.drafts import Drafts
from darasa.server.handled import Handled
from darasa.server.kept_forms import KeptForms
from darasa.server.live import Live
from darasa.server.notes import Notes
from darasa.server.once import Once
from darasa.server.pids import Pids
from darasa.server.sessions import Sessions
from darasa.server.shared import Shared
from darasa.server.strangers import Neighbours
from darasa.server.undos import Undos
from darasa.sync import erased_rows
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.errors import StoreError
from darasa.sync.home import Home
from darasa.sync.ids import Role


@dataclass(frozen=True, slots=True)
class Darasa:
    """The parts of a running server.

    `hashing` runs operations that make secrets, one after the other; the hashes themselves are in
    the one line of the process (learning/signing_in/hashing.py). `exchanging` is held during an
    exchange with the hub.
    """

    classroom: Classroom
    config: Config
    board: PresenceBoard
    enrolment: EnrolDesk
    sessions: Sessions
    pids: Pids
    once: Once
    undos: Undos
    drafts: Drafts
    handled: Handled
    kept: KeptForms
    neighbours: Neighbours
    notes: Notes = field(default_factory=Notes)
    live: Live = field(default_factory=Live)
    shared: Shared = field(default_factory=Shared)
    asked: AskedBook = field(default_factory=AskedBook)
    hashing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "hashing"))
    exchanging: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_hub(self) -> bool:
        """True on the district's server."""
        return self.classroom.home.role is Role.HUB

    @property
    def cookie_name(self) -> str:
        """A name of its own for each node: ports of one machine share their cookies."""
        return f"darasa_{self.classroom.home.node_id[:4].hex()}"


def make_darasa(classroom: Classroom, config: Config, board: PresenceBoard | None) -> Darasa:
    """The parts for one classroom."""
    home, rng, clock = classroom.home, classroom.rng, classroom.clock
    return Darasa(
        classroom=classroom,
        config=config,
        board=classroom.presence if board is None else board,
        enrolment=EnrolDesk(
            home,
            classroom.store,
            clock=clock,
            rng=rng,
            on_enrolled=lambda: _note_names(classroom),
        ),
        sessions=Sessions(
            clock=clock, rng=rng, hours=config.session_hours, form_key=_form_key(home)
        ),
        drafts=Drafts(clock),
        pids=Pids(home.node_key.private_bytes()),
        once=Once(rng),
        undos=Undos(
            clock=clock,
            rng=rng,
            erased=lambda: classroom.store.read(erased_rows.digest, home.school_id),
        ),
        handled=Handled(clock),
        kept=KeptForms(clock=clock, rng=rng),
        neighbours=Neighbours(clock),
    )


def _form_key(home: Home) -> bytes:
    """A secret of this node that outlives a run: forms typed before a restart are known by it."""
    return blake2b(home.node_key.private_bytes(), digest_size=32, person=b"darasa/form").digest()


def _note_names(classroom: Classroom) -> None:
    """A node that joined has joined whatever becomes of this: the desk knows its name as well."""
    with contextlib.suppress(StoreError):
        take_names(classroom)


def darasa_of(request: HTTPConnection) -> Darasa:
    """The running server that a request reached."""
    darasa = request.app.state.darasa
    assert isinstance(darasa, Darasa)
    return darasa
