"""What an authority tells an asker of its scopes, written from sync/PROTOCOL.md section 7 alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .log import names, read_event, read_genesis
from .wire import ID, SEQ, SHORT, fields, hashed, need, octets, pack, rows, unpack, unsqueeze

CURSORS_MAX = 200
VALUE_BYTES_MAX = 48 * 1024

RECORDS = rows(fields(octets(most=64), lambda value: value), 5000)
COPIES = rows(fields(ID, SHORT, SEQ, ID, octets(), octets()), 5000)


@dataclass
class Scope:
    """One list, as far as it has come; `fresh`: what was named since the list began anew."""

    cursor: Any = None
    records: dict[bytes, Any] = field(default_factory=dict)
    fresh: set[bytes] | None = None


def key_of(scope: bytes) -> bytes:
    """By what a group names a scope."""
    return hashed(scope, 4)


@dataclass
class Feed:
    """All lists that an asker holds."""

    scopes: dict[bytes, Scope] = field(default_factory=dict)

    def groups(self) -> list[Any]:
        """The groups of a HELLO: scopes by where they are, those of rare cursors from nil."""
        places = {scope: pack(held.cursor) for scope, held in self.scopes.items()}
        common = {place for place, _ in Counter(places.values()).most_common(CURSORS_MAX - 1)}
        keys: dict[bytes, list[bytes]] = {}
        for scope, place in sorted(places.items()):
            keys.setdefault(place if place in common else pack(None), []).append(key_of(scope))
        return [[unpack(place), b"".join(some)] for place, some in keys.items()]

    def take(self, scope: bytes, begins: Any, ends: Any, packed: bytes) -> bool:
        """Take the records of one FEED frame; False: it is not of here and changes nothing."""
        held = self.scopes.get(scope)
        if held is None or (begins is not None and begins != held.cursor):
            return False
        records = dict(_read_records(scope, unsqueeze(packed)))
        if begins is None:
            held.fresh = set()
        if held.fresh is not None:
            held.fresh.update(records)
        for record_id, value in records.items():
            if value is None:
                held.records.pop(record_id, None)
            else:
                held.records[record_id] = value
        held.cursor = ends
        if ends[2] is None and held.fresh is not None:
            held.records = {one: held.records[one] for one in held.records if one in held.fresh}
            held.fresh = None
        return True

    def move(self, cursor: Any, keys: bytes) -> None:
        """Put the scopes of these keys at a cursor: nothing is new in them."""
        named = {keys[at : at + 4] for at in range(0, len(keys), 4)}
        for scope, held in self.scopes.items():
            if key_of(scope) in named:
                held.cursor = cursor

    def erase(self, learner_hash: bytes) -> None:
        """Drop the list of an erased learner, and copies that name her."""
        for scope in list(self.scopes):
            if scope[:1] == b"l" and hashed(scope[1:], 16) == learner_hash:
                del self.scopes[scope]
            elif scope[:1] == b"l":
                held = self.scopes[scope]
                gone = [one for one, copy in held.records.items() if names(copy[4], learner_hash)]
                for one in gone:
                    del held.records[one]


def _read_records(scope: bytes, clear: bytes) -> list[tuple[bytes, Any]]:
    records = unpack(clear)
    if scope[:1] != b"l":
        return [_read_record(*record) for record in RECORDS(records)]
    return [(pack(copy[1:4]), _read_copy(copy)) for copy in COPIES(records)]


def _read_record(record_id: bytes, value: Any) -> tuple[bytes, Any]:
    need(len(pack(value)) <= VALUE_BYTES_MAX + 5, "a record too large")
    return record_id, value


def _read_copy(copy: Sequence[Any]) -> Sequence[Any]:
    _, log_id, _, _, canonical, genesis = copy
    read_event(canonical)
    read_genesis(genesis)
    need(hashed(genesis, 16)[:8] == log_id, "a copy of another log")
    return copy
