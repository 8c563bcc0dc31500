"""The feed inside a session, both sides (PROTOCOL.md section 7).

The receiver names its cursors in HELLO, scopes by 4-byte keys; the authority answers FEED frames
for the scopes that the receiver may have, signed, from its cursor on. Nothing new is no frame.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from darasa.sync.codec import ARRAY_MAX, CodecError, pack, unpack
from darasa.sync.errors import LocalProtocolError
from darasa.sync.ids import NodeId
from darasa.sync.messages import GROUPS_MAX, CursorGroup, Feed, WireCursor
from darasa.sync.session_view import (
    FeedRow,
    KeepFeed,
    Limits,
    MoveCursors,
    Myself,
    Other,
    SessionEndedError,
    Step,
    View,
)
from darasa.sync.signing import verify
from darasa.sync.squeeze import expand, squeeze

SCOPE_KEY_BYTES: Final = 4
_ROWS_A_PAGE: Final = 1_000
_RATIO: Final = 4
_SCOPES_A_ROUND: Final = 2_000


def scope_key(scope: bytes) -> bytes:
    """The 4 bytes that name a scope in HELLO; two that share one are both fed: no harm."""
    return hashlib.blake2b(scope, digest_size=SCOPE_KEY_BYTES).digest()


def scope_keys(scopes: Iterable[bytes]) -> bytes:
    """Keys back to back, sorted: equal sets give equal bytes."""
    return b"".join(sorted(scope_key(scope) for scope in scopes))


def split_keys(keys: bytes) -> list[bytes]:
    """The keys of a group, one by one."""
    return [keys[at : at + SCOPE_KEY_BYTES] for at in range(0, len(keys), SCOPE_KEY_BYTES)]


@dataclass(slots=True)
class FeedOut:
    """The authority's side of one round."""

    me: Myself
    receiver: NodeId
    answers_to: bytes  # the signature of the receiver's HELLO
    view: View
    limits: Limits
    allowed: Sequence[bytes]
    groups: Sequence[CursorGroup]
    receiver_has: Mapping[bytes, int]  # of these logs, up to that event
    _left: int = 0
    _has_begun: bool = False
    _upto: int = 0

    def frames(self, budget: int) -> tuple[list[bytes], CursorGroup | None]:
        """FEED frames of at most `budget` bytes, one at least; and the cursor of all scopes then.

        The cursor is given only when it differs from what was named and every list is complete:
        frames without it say that there is more. It names the scopes that have nothing new; the
        others move by their frames, so that a frame which is taken out is missed.
        """
        self._left, self._upto = budget, self.view.last_ordinal()
        tag = self.view.transaction_tag(self._upto)
        if tag is None:
            return [], None
        made: list[bytes] = []
        quiet: list[bytes] = []
        complete = True
        named = self._named()
        for scope in self.allowed:
            if scope_key(scope) in named:
                frames, finished = self._scope(scope, named[scope_key(scope)], tag)
                made += frames
                complete = complete and finished
                if not frames:
                    quiet.append(scope)
        if not complete or not (made or quiet) or (not made and len(self.groups) == 1):
            return made, None
        return made, CursorGroup(WireCursor(self._upto, tag, None), scope_keys(quiet))

    def _named(self) -> dict[bytes, WireCursor | None]:
        """Scope key → cursor; None for one that this store does not hold: from the start."""
        named: dict[bytes, WireCursor | None] = {}
        cursors = [group.cursor for group in self.groups if group.cursor is not None]
        cut = {cursor.tag for cursor in cursors if cursor.after is not None}
        read_upto = self.view.transactions_of(cut) if cut else {}
        for group in self.groups:
            cursor = group.cursor
            if cursor is not None and not self._is_held(cursor, read_upto):
                cursor = None
            for key in split_keys(group.scope_keys):
                # two scopes that share a key and not a cursor: both from the start, none starves
                named[key] = cursor if named.get(key, cursor) == cursor else None
        return named

    def _is_held(self, cursor: WireCursor, read_upto: Mapping[bytes, int]) -> bool:
        """Whether this is the store that gave a cursor, or one that went on from it.

        In the middle of a list the tag is that of the transaction up to which the list was read: a
        store that was set back to before it may have, before that place, what came after it then.
        """
        if cursor.after is None:
            return self.view.transaction_tag(cursor.ordinal) == cursor.tag
        return cursor.ordinal <= read_upto.get(cursor.tag, -1)

    def _scope(
        self, scope: bytes, cursor: WireCursor | None, tag: bytes
    ) -> tuple[list[bytes], bool]:
        """Frames of one scope and whether its list is complete."""
        made: list[bytes] = []
        while True:
            rows = self._page(scope, cursor)
            if not rows and cursor is not None and cursor.after is None:
                return made, True
            frame, to = self._frame(scope, cursor, rows, tag)
            if len(frame) > self._left and self._has_begun:
                return made, False
            self._has_begun = True
            self._left -= len(frame)
            made.append(frame)
            if to.after is None:
                return made, True
            cursor = to

    def _page(self, scope: bytes, cursor: WireCursor | None) -> Sequence[FeedRow]:
        return self.view.feed_rows(
            scope, after=cursor, upto=self._upto, receiver_has=self.receiver_has, limit=_ROWS_A_PAGE
        )

    def _frame(
        self, scope: bytes, start: WireCursor | None, rows: Sequence[FeedRow], tag: bytes
    ) -> tuple[bytes, WireCursor]:
        """A frame of as many rows as fit, and the cursor after them."""
        target = self.limits.frame * _RATIO
        used, size = 0, 0
        while used < len(rows) and (used == 0 or size < target):
            size += len(pack(rows[used].record))
            used += 1
        while True:
            more = used < len(rows) or len(rows) == _ROWS_A_PAGE
            last = rows[used - 1] if more else None
            to = WireCursor(self._upto, tag, None)
            if last is not None:
                to = WireCursor(last.ordinal, tag, last.key)
            try:
                frame = self._signed(scope, start, to, rows[:used])
            except LocalProtocolError:
                if used <= 1:
                    raise
                frame = b""
            if frame and (used <= 1 or len(frame) <= self.limits.frame):
                return frame, to
            used //= 2

    def _signed(
        self, scope: bytes, start: WireCursor | None, to: WireCursor, rows: Sequence[FeedRow]
    ) -> bytes:
        records = squeeze(pack(tuple(row.record for row in rows)))
        unsigned = Feed(scope, start, to, records, bytes(64))
        raw = unsigned.signed_bytes(receiver=self.receiver, answers_to=self.answers_to)
        signature = self.me.key.sign("feed", raw)
        return Feed(scope, start, to, records, signature).to_frame()


@dataclass(slots=True)
class FeedIn:
    """The receiver's side of a session."""

    me: Myself
    authority: Other
    view: View
    wanted: Sequence[bytes]
    answers_to: bytes = b""  # the signature of this round's HELLO
    records_in: int = 0
    _cursors: dict[bytes, WireCursor] = field(default_factory=dict)
    _is_fed: bool = False
    _is_complete: bool = False
    _page: int = 0  # of as many scopes as a round names
    _is_turned: bool = False  # that page was not named yet

    def __post_init__(self) -> None:
        held: Mapping[bytes, WireCursor] = self.view.cursors(self.authority.node_id)
        self._cursors = {scope: held[scope] for scope in self.wanted if scope in held}
        if len(self.wanted) > _SCOPES_A_ROUND:  # a stick has one page: those that wait longest
            self.wanted = sorted(self.wanted, key=self._ordinal)

    def _ordinal(self, scope: bytes) -> int:
        cursor = self._cursors.get(scope)
        return 0 if cursor is None else cursor.ordinal

    @property
    def more(self) -> bool:
        """Whether the last answer brought records, and not all, or some scopes are to be named."""
        return self._is_turned or (self._is_fed and not self._is_complete)

    def turn(self) -> None:
        """The answer said all of the scopes that were named: the next round names others."""
        if not self.more and (self._page + 1) * _SCOPES_A_ROUND < len(self.wanted):
            self._page += 1
            self._is_turned = True

    def _named(self) -> Sequence[bytes]:
        """The scopes that this round names. The answer has one group, so that is its limit, too."""
        first = self._page * _SCOPES_A_ROUND
        return self.wanted[first : first + _SCOPES_A_ROUND]

    def groups(self) -> tuple[CursorGroup, ...]:
        """The cursors for HELLO, scopes that share one together."""
        self._is_fed = self._is_complete = self._is_turned = False
        groups: dict[WireCursor | None, list[bytes]] = {}
        for scope in self._named():
            groups.setdefault(self._cursors.get(scope), []).append(scope)
        most = sorted(groups, key=lambda each: _worth(each, len(groups[each])), reverse=True)
        for cursor in [each for each in most if each is not None][GROUPS_MAX - 1 :]:
            groups.setdefault(None, []).extend(groups.pop(cursor))  # anew: costly, and right
        return tuple(CursorGroup(cursor, scope_keys(each)) for cursor, each in groups.items())

    def on_feed(self, feed: Feed) -> Step:
        """Records of one scope; those that do not go on from where this node is are ignored."""
        raw = feed.signed_bytes(receiver=self.me.key.node_id, answers_to=self.answers_to)
        if not verify(self.authority.public_key, "feed", raw, feed.signature):
            raise SessionEndedError("Records came that the joined server did not sign.")
        if feed.scope not in self.wanted:
            return Step()
        if feed.start is not None and feed.start != self._cursors.get(feed.scope):
            return Step()
        self._cursors[feed.scope] = feed.to
        self._is_fed = True
        records = records_of(feed)
        self.records_in += len(records)
        keep = KeepFeed(self.authority.node_id, feed.scope, feed.start, feed.to, records)
        return Step(writes=(keep,))

    def on_common(self, groups: Sequence[CursorGroup]) -> Step:
        """The answer is complete: these scopes are all at one cursor, so that HELLO stays short."""
        writes: list[MoveCursors] = []
        self._is_complete = bool(groups)
        for group in groups:
            keys = set(split_keys(group.scope_keys))
            if group.cursor is None or group.cursor.after is not None:
                continue
            moved = tuple(
                scope
                for scope in self._named()  # others may share a key with one of these
                if scope_key(scope) in keys
                and scope in self._cursors
                and self._cursors[scope] != group.cursor
                and self._cursors[scope].after is None
            )
            if moved:
                writes.append(MoveCursors(self.authority.node_id, moved, group.cursor))
                self._cursors.update(dict.fromkeys(moved, group.cursor))
        return Step(writes=tuple(writes))


def _worth(cursor: WireCursor | None, scopes: int) -> tuple[bool, int, int]:
    """What naming a cursor spares. In the middle of a list, and where one has just ended, most:
    named from nil in each round, the same list would begin anew in each and no other come.
    """
    if cursor is None:
        return False, scopes, 0
    return cursor.after is not None, scopes, cursor.ordinal


def records_of(feed: Feed) -> tuple[tuple[Any, ...], ...]:
    """The records of a FEED frame. Raises CodecError."""
    records = unpack(expand(feed.records))
    if not isinstance(records, tuple) or len(records) > ARRAY_MAX:
        raise CodecError("A list of records cannot be read.")
    if not all(isinstance(record, tuple) and len(record) >= 2 for record in records):
        raise CodecError("A record cannot be read.")
    return records
