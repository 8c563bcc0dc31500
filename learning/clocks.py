"""Clocks that are wrong, in words: those of the computers, and this server's own (R5).

Owns: when a clock is worth a sentence, and the sentence. Nothing here moves a time or refuses work:
times are corrected by clock events, which other people's doubts do not touch. Reads only, but for
`set_time`, which is of this server alone.
"""

from statistics import median_low
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.learning.errors import NotHereError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.records import SERVER_CLOCK
from darasa.sync import peer_clocks
from darasa.sync.dates import local_time, span_words
from darasa.sync.ids import NodeId, RecordId, Role
from darasa.sync.set_time import By
from darasa.sync.steered_clock import JUMP_MS, SteeredClock, machine_ms_of
from darasa.sync.timekeeping import is_believable
from darasa.sync.transport.timekeeper import Timekeeper

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

OFF_MS: Final = 5 * 60_000
"""A clock that is off by less misleads nobody: pages show minutes, and times are corrected."""
_AGREE_MS: Final = 10 * 60_000
_AGREE_LEAST: Final = 3
_BATTERY_MS: Final = 24 * 3_600_000
_LATE_MS: Final = 3_600_000
_BELOW: Final = {Role.HUB: Role.SCHOOL, Role.SCHOOL: Role.COMPUTER}
_WORDS: Final = {Role.COMPUTER: "computers", Role.SCHOOL: "schools"}
_MY_NAME: Final = {Role.HUB: "hub", Role.SCHOOL: "server", Role.COMPUTER: "computer"}


class OwnClock(Struct, frozen=True):
    """What is to be known of the clock of this node.

    `doubts` are sentences, the weightiest first. `agreed_ms` is the time that most of the nodes
    below agree on, when it is another one. `set_by`: whose word this node goes by, not its machine.
    """

    wall_ms: int
    machine_ms: int
    set_by: By | None
    doubts: tuple[str, ...]
    agreed_ms: int | None

    @property
    def doubt(self) -> str:
        """The one sentence for a page, or empty."""
        return self.doubts[0] if self.doubts else ""


def off_words(off_ms: int | None) -> str:
    """What a node's clock lacks and what to do; empty for one that is right or never said."""
    if off_ms is None or abs(off_ms) < OFF_MS:
        return ""
    which = "slow" if off_ms < 0 else "fast"
    todo = "Set it, or change its battery." if abs(off_ms) >= _BATTERY_MS else "Set it."
    return f"Clock is {span_words(off_ms)} {which}. {todo}"


def clocks_below(room: "Classroom") -> dict[NodeId, int]:
    """By how much the clock of each node below this server was later than its own, when heard."""
    below = _BELOW.get(room.home.role)
    said = room.store.read(peer_clocks.all_clocks)
    return {
        peer.node_id: said[peer.node_id]
        for peer in room.store.peers()
        if peer.role is below and peer.node_id in said
    }


def own_clock(room: "Classroom") -> OwnClock:
    """What this node's own clock is like, by all that it has heard."""
    wall_ms, machine_ms = room.clock.wall_ms(), machine_ms_of(room.clock)
    said = room.clock.said if isinstance(room.clock, SteeredClock) else None
    offs = clocks_below(room)
    agreed_ms = _agreed(offs, wall_ms)
    found = (
        _cannot_be(room, wall_ms),
        "" if agreed_ms is None else _they_agree(room, offs, wall_ms, agreed_ms),
        "" if said is not None else _was_later(room, offs, wall_ms),
        _above_differs(room, wall_ms, machine_ms),
        "" if said is not None else _leapt(room, wall_ms, machine_ms),
    )
    return OwnClock(
        wall_ms=wall_ms,
        machine_ms=machine_ms,
        set_by=None if said is None else said.by,
        doubts=tuple(each for each in found if each),
        agreed_ms=agreed_ms,
    )


def set_by_words(own: OwnClock) -> str:
    """Whose word this node goes by, plainly; empty while it goes by its machine."""
    if own.set_by is None:
        return ""
    who = "a person set it" if own.set_by is By.PERSON else "the server above said so"
    off = off_words(own.machine_ms - own.wall_ms) or "Its machine's clock differs a little."
    return f"It goes by another time than its machine: {who}. {off}"


def set_time(room: "Classroom", account: RecordId | None, *, wall_ms: int | None) -> None:
    """At a server: it is `wall_ms` now; None: go by the machine again. Who did it is in the log.

    Only this server goes by it. Its own events keep their times; those of computers that a clock
    years ahead had dated move with it. Raises PeopleError for a time that cannot be, NotHereError.
    """
    clock = room.clock
    if room.home.role is Role.COMPUTER or not isinstance(clock, SteeredClock):
        raise NotHereError("The time is set at a running server.")
    if wall_ms is not None and not is_believable(wall_ms):
        raise PeopleError("That date cannot be right. Look at the year.")
    was_ms = clock.wall_ms()
    if wall_ms is None:
        clock.unset()
    else:
        clock.set_by_person(wall_ms)
    with room.store.transaction() as tx:
        for log in room.store.local_logs:
            log.abandon()  # the next event begins one that knows the right time
        tx.forget_clocks()
    keeper = Timekeeper(room.store, room.log, hooks=room.hooks, clock=clock)
    keeper.set_by(clock.wall_ms() - was_ms, school_id=room.home.school_id)
    seen = room.people.record_of(room.home.node_id).chains(SERVER_CLOCK)
    who = "" if account is None else account.hex()
    how = "unset" if wall_ms is None else f"{clock.wall_ms() - was_ms:+d}"
    room.record.record((None, Op(room.home.node_id, SERVER_CLOCK, f"{how} {who}", seen)))


def set_by_whom(room: "Classroom") -> str:
    """The name of who last set or unset this server's clock, by the log; empty for nobody."""
    said = str(room.people.record_of(room.home.node_id).shown(SERVER_CLOCK) or "")
    _how, _, account = said.partition(" ")
    try:
        row = room.people.teacher(RecordId(bytes.fromhex(account))) if account else None
    except ValueError:
        return ""
    return "" if row is None else row.name


def _agreed(offs: dict[NodeId, int], wall_ms: int) -> int | None:
    """The time that more than half of them, and at least three, say; None when it is ours."""
    if len(offs) < _AGREE_LEAST:
        return None
    middle = median_low(offs.values())
    with_it = sum(abs(off - middle) <= _AGREE_MS for off in offs.values())
    is_news = abs(middle) >= _AGREE_MS and is_believable(wall_ms + middle)
    return (
        wall_ms + middle if is_news and with_it >= _AGREE_LEAST and _most(with_it, offs) else None
    )


def _most(count: int, offs: dict[NodeId, int]) -> bool:
    return 2 * count > len(offs)


def _cannot_be(room: "Classroom", wall_ms: int) -> str:
    if is_believable(wall_ms):
        return ""
    mine = _MY_NAME[room.home.role]
    return f"The date of this {mine} is {_date(wall_ms)}. That cannot be right."


def _they_agree(room: "Classroom", offs: dict[NodeId, int], wall_ms: int, agreed_ms: int) -> str:
    off_ms = agreed_ms - wall_ms
    count = sum(abs(off - off_ms) <= _AGREE_MS for off in offs.values())
    below, mine = _WORDS[_BELOW[room.home.role]], _MY_NAME[room.home.role]
    which = "slow" if off_ms > 0 else "fast"
    return f"{count} of {len(offs)} {below} say this {mine} is {span_words(off_ms)} {which}."


def _was_later(room: "Classroom", offs: dict[NodeId, int], wall_ms: int) -> str:
    """It was later than now when a node was heard; unless most that are heard agree with us."""
    right = sum(abs(off) < OFF_MS for off in offs.values())
    heard = [each.last_contact_ms for each in room.store.peers() if each.last_contact_ms]
    latest_ms = max(heard, default=wall_ms)
    if latest_ms - wall_ms < _LATE_MS or (right and _most(right, offs)):
        return ""
    mine = _MY_NAME[room.home.role]
    return f"This {mine} was in use on {_date(latest_ms)}, which is later than now."


def _above_differs(room: "Classroom", wall_ms: int, machine_ms: int) -> str:
    """The server above says another time than this node goes by."""
    peer = room.home.peer
    off_ms = None if peer is None else room.store.read(peer_clocks.all_clocks).get(peer.node_id)
    if peer is None or off_ms is None or not is_believable(machine_ms + off_ms):
        return ""
    differs_ms = wall_ms - (machine_ms + off_ms)
    if abs(differs_ms) < OFF_MS:
        return ""
    which = "fast" if differs_ms > 0 else "slow"
    above = _MY_NAME[peer.role]
    mine = _MY_NAME[room.home.role]
    return f"The {above} says this {mine}'s clock is {span_words(differs_ms)} {which}."


def _leapt(room: "Classroom", wall_ms: int, machine_ms: int) -> str:
    if abs(machine_ms - wall_ms) <= JUMP_MS:
        return ""
    mine = _MY_NAME[room.home.role]
    return f"The clock of this {mine} leapt by {span_words(machine_ms - wall_ms)} while in use."


def _date(wall_ms: int) -> str:
    there = local_time(wall_ms)
    return f"{there.day} {there:%b} {there.year}"
