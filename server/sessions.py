"""Who is signed in: sessions in memory behind a signed cookie.

Owns: opening, finding and closing sessions, and the tokens that each form carries. A restart signs
everyone out; whose form a token was for can be told all the same. Does not check passphrases
(learning's sign-in desk does) and knows no HTTP.
"""

import hmac
import threading
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from darasa.sync.clock import Clock
from darasa.sync.ids import Rng

SESSIONS_MAX: Final = 500  # a district has fewer officers, a school fewer teachers
_HOUR_MS: Final = 3_600_000
_HEX: Final = 32  # of a nonce, and of a signature


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. `token` goes into each of its forms."""

    session_id: str
    account: bytes  # record id of the teacher or officer
    name: str
    token: str
    ends_ms: int  # elapsed time of this run


class Sessions:
    """The signed-in browsers of one run of the server; safe to use from several threads."""

    def __init__(
        self, *, clock: Clock, rng: Rng, hours: int, form_key: bytes | None = None
    ) -> None:
        """`form_key`: 32 bytes that stay the same when the server starts anew."""
        self._clock = clock
        self._rng = rng
        self._lasts_ms = hours * _HOUR_MS
        self._key = rng(32)
        self._form_key = self._key if form_key is None else form_key
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, account: bytes, name: str) -> Session:
        """Begin a session; the oldest one goes when there are too many."""
        session_id = self._rng(16).hex()
        session = Session(
            session_id=session_id,
            account=account,
            name=name,
            token=self._form_token(self._rng(16).hex(), account.hex()),
            ends_ms=self._clock.elapsed_ms() + self._lasts_ms,
        )
        with self._lock:
            while len(self._open) >= SESSIONS_MAX:
                del self._open[next(iter(self._open))]
            self._open[session_id] = session
        return session

    def cookie_of(self, session: Session) -> str:
        """The value of the cookie: the id and its signature."""
        return f"{session.session_id}.{self._mac(f'session {session.session_id}')}"

    def find(self, cookie: str | None) -> Session | None:
        """The session that a cookie names; None when it is forged, closed or over."""
        session_id, _, signature = (cookie or "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._mac(f"session {session_id}").encode()):
            return None
        with self._lock:
            session = self._open.get(session_id)
            if session is not None and session.ends_ms <= self._clock.elapsed_ms():
                del self._open[session_id]
                return None
            return session

    def account_of(self, token: str) -> bytes | None:
        """Whose forms bear a token, also when the sign-in is over; None where it is made up."""
        nonce, account = token[:_HEX], token[_HEX:-_HEX]
        if not hmac.compare_digest(token.encode(), self._form_token(nonce, account).encode()):
            return None
        return bytes.fromhex(account)

    def is_open(self, session: Session) -> bool:
        """True until the session is closed or over."""
        with self._lock:
            held = self._open.get(session.session_id)
        return held is session and session.ends_ms > self._clock.elapsed_ms()

    def close(self, session: Session) -> None:
        """End it at once, everywhere."""
        with self._lock:
            self._open.pop(session.session_id, None)

    def close_of(self, account: bytes, *, but: Session | None = None) -> int:
        """End every session of one person, `but` this one; how many there were."""
        with self._lock:
            hers = [
                key
                for key, session in self._open.items()
                if session.account == account and session is not but
            ]
            for key in hers:
                del self._open[key]
        return len(hers)

    def count_of(self, account: bytes) -> int:
        """How many browsers one person is signed in on."""
        now_ms = self._clock.elapsed_ms()
        with self._lock:
            return sum(
                session.account == account and session.ends_ms > now_ms
                for session in self._open.values()
            )

    def new_visitor(self) -> str:
        """A nonce for someone who is not signed in, so that the sign-in form has a token too."""
        return self._rng(16).hex()

    def visitor_token(self, nonce: str) -> str:
        """The token that belongs to a visitor's nonce."""
        return self._mac(f"visitor {nonce}")

    def _form_token(self, nonce: str, account: str) -> str:
        return nonce + account + _mac(self._form_key, f"form {nonce} {account}")

    def _mac(self, text: str) -> str:
        return _mac(self._key, text)


def _mac(key: bytes, text: str) -> str:
    return blake2b(text.encode(), key=key, digest_size=16).hexdigest()
