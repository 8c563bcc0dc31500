"""The server's side of joining: the open codes, their limits, and what a new node gets.

Codes live in memory only: 10 minutes, one node, one guess of an address and few in all: a machine
that has no code, and guesses or starts all the time, keeps no other one out. Safe to use from
several threads.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
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
TRY_STANDS_MS: Final = 5_000
"""A joiner finishes at once: when all tries are taken, one that stands so long makes room."""
STARTS_A_MINUTE: Final = 60
"""From there on an address that has started twice waits, and one that comes anew does not, up to
four times as many: a quarter of what the server could do."""
STARTS_MAX: Final = 240
_STARTS_ANEW: Final = 2
STARTS_AN_ADDRESS: Final = 20  # each takes 25 ms of the server; a whole lab may be behind one
GUESSES_MAX: Final = 8
"""So many addresses may be wrong about a code of 39 bits before it goes."""
_MINUTE_MS: Final = 60_000
_WORDS: Final = {Role.COMPUTER: "computers", Role.SCHOOL: "schools"}
_JOINS: Final = {Role.SCHOOL: Role.COMPUTER, Role.HUB: Role.SCHOOL}
_NO_CODE: Final = "No code is open here. Ask for a new one at the server, then try again."


@dataclass(slots=True)
class _Code:
    opened_ms: int
    guessed_by: set[str] = field(default_factory=set)


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
        self._codes: dict[str, _Code] = {}
        self._tries: list[_Try] = []
        self._starts: list[tuple[int, str]] = []

    def new_code(self) -> str:
        """A code to show, valid for 10 minutes and one node; the oldest goes when four are open."""
        with self._lock:
            self._forget_old()
            while len(self._codes) >= CODES_MAX:
                del self._codes[next(iter(self._codes))]
            code = new_code(self._rng)
            self._codes[code] = _Code(self._clock.elapsed_ms())
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
            codes = tuple(
                code for code, each in self._codes.items() if address not in each.guessed_by
            )
            if not codes:
                raise EnrolError(_NO_CODE)
            self._check_room(address, now)
            self._starts.append((now, address))
            side = EnrolServer(codes=codes, key=self._home.node_key, rng=self._rng)
            answer = side.start(request)
            self._tries.append(_Try(side, codes, now, address))
            return answer

    def _check_room(self, address: str, now: int) -> None:
        """Refuse whoever tries too often, or too much at once. Raises EnrolError."""
        theirs, everyones = sum(each == address for _, each in self._starts), len(self._starts)
        is_again = everyones >= STARTS_A_MINUTE and theirs >= _STARTS_ANEW
        if is_again or everyones >= STARTS_MAX or theirs >= STARTS_AN_ADDRESS:
            raise EnrolError("Too many machines try to join at once. Wait a minute.")
        theirs = sum(each.address == address for each in self._tries)
        is_full = len(self._tries) >= TRIES_MAX
        stands = is_full and now - self._tries[0].started_ms >= TRY_STANDS_MS
        if theirs >= TRIES_AN_ADDRESS or (is_full and not stands):
            raise EnrolError("Other machines are joining now. Try again in half a minute.")
        if stands:
            del self._tries[0]

    def finish(self, request: bytes) -> bytes:
        """The answer to FINISH; the node is enrolled when this returns. Raises EnrolError.

        A wrong code burns the codes it was tried against for that address, in all its open tries,
        and for all when enough others were wrong about them; a right one burns itself.
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
                self._note_guess(attempt)
                raise
            code = self._codes.get(attempt.codes[place])
            if code is None or attempt.address in code.guessed_by:
                raise EnrolError(_NO_CODE)
            del self._codes[attempt.codes[place]]
            welcome = attempt.side.welcome(request, place, self._enrol(joiner))
            self._on_enrolled()
            return welcome

    def _note_guess(self, attempt: _Try) -> None:
        for name in attempt.codes:
            code = self._codes.get(name)
            if code is not None:
                code.guessed_by.add(attempt.address)
                if len(code.guessed_by) >= GUESSES_MAX:
                    del self._codes[name]

    def _forget_old(self) -> int:
        """Drop codes and tries that are over; the time now."""
        now = self._clock.elapsed_ms()
        self._codes = {
            name: each for name, each in self._codes.items() if now - each.opened_ms < CODE_LIFE_MS
        }
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
