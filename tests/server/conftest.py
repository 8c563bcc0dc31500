"""A real school server and a real hub, each in a folder, behind Starlette's test client."""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from darasa.content_packs.build import build_pack
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.grading import correct_response, wrong_responses
from darasa.learning.classroom import Classroom
from darasa.learning.practice.sitting import Sitting
from darasa.server.app import create_app
from darasa.server.config import Config
from darasa.server.run import WebServer, bind
from darasa.sync.clock import ManualClock
from darasa.sync.contacts import PeerRow
from darasa.sync.home import Home, init_home, open_home
from darasa.sync.ids import NodeId, RecordId, Role
from darasa.sync.messages import Doing, PresenceRow
from darasa.sync.signing import NodeKey, issue_certificate
from darasa.sync.transport.tls import server_context

MORNING_MS = 1_800_000_000_000
TEACHER = "Grace Otieno"
PASSPHRASE = "river stone lamp"
NAMES = ("Amina Kazungu", "Baraka Mwita", "Juma Ali")
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\"&'{{7*7}}"


@dataclass
class Place:
    """One server: its classroom, its application, and a browser."""

    room: Classroom
    app: Starlette
    browser: TestClient

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.room.clock, ManualClock)
        return self.room.clock

    def token(self, path: str) -> str:
        """The form token on a page."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.browser.get(path).text)
        assert found, path
        return found.group(1)

    def sign_in(self, name: str = TEACHER, passphrase: str = PASSPHRASE) -> int:
        """Sign in through the form; the status of the answer, redirects not followed."""
        form = {"token": self.token("/sign-in"), "name": name, "passphrase": passphrase}
        return self.browser.post("/sign-in", data=form, follow_redirects=False).status_code

    def sign_in_at_once(self, name: str = TEACHER) -> None:
        """A session without the cost of a passphrase, for tests of what comes after."""
        darasa = self.app.state.darasa
        account = next(
            (row.record_id for row in self.room.people.teachers() if row.name == name), None
        ) or self.room.people.add_teacher(name, PASSPHRASE)
        session = darasa.sessions.open(account, name)
        self.browser.cookies.set(darasa.cookie_name, darasa.sessions.cookie_of(session))

    def post(self, path: str, page: str, **fields: str) -> int:
        """Send a form that stands on `page`."""
        form = {"token": self.token(page), **fields}
        return self.browser.post(path, data=form, follow_redirects=False).status_code

    @property
    def class_id(self) -> RecordId:
        return self.room.people.classes()[0].record_id

    def pid(self, name: str) -> str:
        return self.app.state.darasa.pids.pid_of(self.room.people.find(name).learner_id)

    def answer(self, name: str, *, right: bool, times: int = 1) -> None:
        """A learner answers items here, through the calls that keys make."""
        sitting = Sitting.begin(self.room, self.room.people.find(name).learner_id)
        sitting.start_set()
        for _ in range(times):
            self.clock.advance(20_000)
            view = sitting.current
            assert view is not None
            wrong = wrong_responses(view.instance)
            told = sitting.answer(correct_response(view.instance) if right else wrong[0])
            if told.can_try_again:
                sitting.try_again()
            else:
                sitting.next()
        sitting.sign_out("asked")

    def sit_down(self, name: str, computer: NodeId, *, doing: Doing = Doing.WORKING) -> None:
        """A computer says who sits there."""
        learner_id = self.room.people.find(name).learner_id
        pack = self.room.packs()[0]
        item = pack.items_of(next(iter(pack.skills)))[0]
        row = PresenceRow(learner_id, doing, 30_000, f"{pack.id}/{item.id}", 3, 8)
        self.app.state.darasa.board.hear(computer, [row])

    def add_computer(self, name: str) -> NodeKey:
        """Enrol a computer as a joined one leaves it."""
        key = NodeKey.generate(os.urandom)
        home = self.room.home
        certificate = issue_certificate(
            home.node_key,
            subject_public=key.public,
            role=Role.COMPUTER,
            school_id=home.school_id,
        )
        with self.room.store.transaction() as tx:
            tx.put_certificate(certificate)
            tx.put_peer(
                PeerRow(key.node_id, home.school_id, Role.COMPUTER, name, self.clock.wall_ms())
            )
        return key


MakePlace = Callable[..., Place]


@pytest.fixture(scope="session")
def school_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A school with a course, a teacher and a class; copied for each test."""
    folder = tmp_path_factory.mktemp("template") / "school"
    clock = ManualClock(MORNING_MS)
    home = init_home(folder, role=Role.SCHOOL, name="Kisima Primary", rng=os.urandom)
    with Classroom.open(home, clock=clock, rng=os.urandom) as room:
        key = home.node_key
        for course in bundled_courses():
            built = build_pack(course, sign=lambda raw: (key.public, key.sign("pack", raw)))
            room.shelf.install(built, trusted=[key.public])
        room.people.add_teacher(TEACHER, PASSPHRASE)
        class_id = room.people.add_class("5B")
        for name in NAMES:
            room.people.add_learner(name, class_id, pin="4711")
    return folder


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[MakePlace]:
    """make_place(home, config): an open classroom, its application and a browser."""
    with ExitStack() as stack:

        def make(home: Home, config: Config | None = None) -> Place:
            room = Classroom.open(home, clock=ManualClock(MORNING_MS), rng=os.urandom)
            stack.enter_context(room)
            app = create_app(room, config or Config())
            stack.callback(app.state.darasa.hashing.shutdown)
            browser = TestClient(app, client=("127.0.0.1", 50_000))
            browser.headers["accept"] = "text/html"
            stack.callback(browser.close)  # entering it would start the lifespan
            return Place(room, app, browser)

        yield make


@pytest.fixture
def serving() -> Callable[[Place], AbstractContextManager[str]]:
    """serving(place): its application on a real socket of this machine; the address."""

    @contextmanager
    def serve(place: Place) -> Iterator[str]:
        with closing(bind("127.0.0.1", 0)) as listener:
            home = place.room.home
            tls = server_context(home.write_channel_pem())
            server = WebServer(place.app, place.app.state.darasa.config, listener, tls)
            thread = threading.Thread(target=server.run_until_stopped)
            thread.start()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join(timeout=30)
                assert not thread.is_alive()

    return serve


@pytest.fixture
def school_home(school_folder: Path, tmp_path: Path) -> Home:
    return open_home(Path(shutil.copytree(school_folder, tmp_path / "school")))


@pytest.fixture
def school(make_place: MakePlace, school_home: Home) -> Place:
    return make_place(school_home)


@pytest.fixture
def hub(make_place: MakePlace, tmp_path: Path) -> Place:
    home = init_home(tmp_path / "hub", role=Role.HUB, name="Kisima District", rng=os.urandom)
    return make_place(home)
