"""The server's side of joining: the open codes, their limits, and what a new node gets.

Codes live in memory only: 10 minutes, one finished try. Safe to use from several threads.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from darasa.sync.clock import Clock
from darasa.sync.contacts import PeerRow
from darasa.sync.enrol import (
    CODES_MAX,
    EnrolError,
    EnrolServer,
    Joiner,
    Welcome,
    brought_certificates,
    issued_certificates,
    new_code,
)
from darasa.sync.home import Home
from darasa.sync.ids import NO_SCHOOL, Rng, Role, SchoolId, node_id_of
from darasa.sync.lineage import proved_line
from darasa.sync.signing import Certificate, issue_certificate
from darasa.sync.store import Store

CODE_LIFE_MS: Final = 10 * 60_000
TRY_LIFE_MS: Final = 30_000
TRIES_MAX: Final = 8
TRIES_AN_ADDRESS: Final = 2
"""Open at once; two of one address, so that nobody alone keeps the others out."""
STARTS_A_MINUTE: Final = 60
STARTS_AN_ADDRESS: Final = 20  # each takes 25 ms of the server; a whole lab may be behind one
_MINUTE_MS: Final = 60_000
_WORDS: Final = {Role.COMPUTER: "computers", Role.SCHOOL: "schools"}
_JOINS: Final = {Role.SCHOOL: Role.COMPUTER, Role.HUB: Role.SCHOOL}
_NO_CODE: Final = "No code is open here. Ask for a new one at the server, then try again."


@dataclass(slots=True)
class _Try:
    side: EnrolServer
    codes: tuple[str, ...]
    started_ms: int
    address: str


class EnrolDesk:
    """The open codes of one server. `on_enrolled` is called after each node that has joined."""

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        clock: Clock,
        rng: Rng,
        on_enrolled: Callable[[], object] = lambda: None,
    ) -> None:
        self._home = home
        self._store = store
        self._clock = clock
        self._rng = rng
        self._on_enrolled = on_enrolled
        self._lock = threading.Lock()
        self._codes: dict[str, int] = {}
        self._tries: list[_Try] = []
        self._starts: list[tuple[int, str]] = []

    def new_code(self) -> str:
        """A code to show, valid for 10 minutes and one try; the oldest goes when four are open."""
        with self._lock:
            self._forget_old()
            while len(self._codes) >= CODES_MAX:
                del self._codes[next(iter(self._codes))]
            code = new_code(self._rng)
            self._codes[code] = self._clock.elapsed_ms()
            return code

    def open_codes(self) -> tuple[str, ...]:
        """The codes that are still good, oldest first."""
        with self._lock:
            self._forget_old()
            return tuple(self._codes)

    def start(self, request: bytes, *, address: str = "") -> bytes:
        """The answer to START from a machine at an address. Raises EnrolError."""
        with self._lock:
            now = self._forget_old()
            self._check_room(address)
            if not self._codes:
                raise EnrolError(_NO_CODE)
            self._starts.append((now, address))
            codes = tuple(self._codes)
            side = EnrolServer(codes=codes, key=self._home.node_key, rng=self._rng)
            answer = side.start(request)
            self._tries.append(_Try(side, codes, now, address))
            return answer

    def _check_room(self, address: str) -> None:
        """Refuse whoever tries too often, or too much at once. Raises EnrolError."""
        theirs = sum(each == address for _, each in self._starts)
        if len(self._starts) >= STARTS_A_MINUTE or theirs >= STARTS_AN_ADDRESS:
            raise EnrolError("Too many machines try to join at once. Wait a minute.")
        theirs = sum(each.address == address for each in self._tries)
        if len(self._tries) >= TRIES_MAX or theirs >= TRIES_AN_ADDRESS:
            raise EnrolError("Other machines are joining now. Try again in half a minute.")

    def finish(self, request: bytes) -> bytes:
        """The answer to FINISH; the node is enrolled when this returns. Raises EnrolError.

        A wrong code burns the codes it was tried against, for all tries that are open; a right one
        burns itself. So each code takes one guess, however many try at once.
        """
        with self._lock:
            self._forget_old()
            attempt = next((each for each in self._tries if each.side.is_asked(request)), None)
            if attempt is None:
                raise EnrolError("That took too long. Ask for a new code, then try again.")
            self._tries.remove(attempt)
            try:
                place, joiner = attempt.side.proved(request)
            except EnrolError:
                for code in attempt.codes:
                    self._codes.pop(code, None)
                raise
            if self._codes.pop(attempt.codes[place], None) is None:
                raise EnrolError(_NO_CODE)
            welcome = attempt.side.welcome(request, place, self._enrol(joiner))
            self._on_enrolled()
            return welcome

    def _forget_old(self) -> int:
        """Drop codes and tries that are over; the time now."""
        now = self._clock.elapsed_ms()
        self._codes = {code: at for code, at in self._codes.items() if now - at < CODE_LIFE_MS}
        self._starts = [each for each in self._starts if now - each[0] < _MINUTE_MS]
        self._tries = [each for each in self._tries if now - each.started_ms < TRY_LIFE_MS]
        return now

    def _enrol(self, joiner: Joiner) -> Welcome:
        """Certify the node and keep who it is, durably, before it is told."""
        home = self._home
        role = _JOINS.get(home.role)
        if role is None or joiner.role != role:
            raise EnrolError(f"This server takes {_WORDS.get(role or Role.SCHOOL)} only.")
        school_id = home.school_id
        if role is Role.SCHOOL:
            if joiner.school_id in {None, NO_SCHOOL}:
                raise EnrolError("A school must say which school it is.")
            school_id = SchoolId(joiner.school_id or NO_SCHOOL)
            self._refuse_second_server(school_id, joiner.public_key)
        if role is Role.COMPUTER:
            brought = proved_line(joiner.public_key, brought_certificates(joiner))
        else:
            brought = issued_certificates(joiner)
        certificate = issue_certificate(
            home.node_key,
            subject_public=joiner.public_key,
            role=role,
            school_id=school_id,
            parent=brought[0].parent if role is Role.COMPUTER and brought else None,
        )
        if role is Role.SCHOOL and any(each.school_id != school_id for each in brought):
            raise EnrolError("A certificate that the school brings is of another school.")
        self._keep(joiner, certificate, brought)
        return Welcome(
            server_certificate=home.certificate.to_payload(),
            name=home.name,
            school_id=None if home.school_id == NO_SCHOOL else home.school_id,
            seal_public=home.seal_public,
            certificate=certificate.to_payload(),
            channel=(home.channel.number, home.channel.pin),
        )

    def _refuse_second_server(self, school_id: SchoolId, public_key: bytes) -> None:
        """A school's logs are under one key: another node may not write into them by its name."""
        joiner_id = node_id_of(public_key)
        for peer in self._store.peers():
            is_of_school = peer.role is Role.SCHOOL and peer.school_id == school_id
            if is_of_school and peer.node_id != joiner_id:
                raise EnrolError("Another server has joined as this school. Ask the district.")

    def _keep(
        self, joiner: Joiner, certificate: Certificate, brought: tuple[Certificate, ...]
    ) -> None:
        row = PeerRow(
            certificate.node_id,
            certificate.school_id,
            certificate.role,
            joiner.name,
            self._clock.wall_ms(),
        )
        with self._store.transaction() as tx:
            for each in (certificate, *brought):
                tx.put_certificate(each)
            tx.put_peer(row)
