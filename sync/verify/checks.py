"""The end of every simulated world: the network heals, and then nothing may be missing or double.

`heal` lets all nodes exchange over a whole network until nothing is left to say. `check` compares
what the stores then hold with the oracle, and every node with every other (I1-I14 of sync.md).
"""

import sqlite3
from collections.abc import Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync import audit, feed, reads
from darasa.sync.erased_rows import is_unheard
from darasa.sync.event import StoredEvent
from darasa.sync.ids import Role
from darasa.sync.lineage import is_child
from darasa.sync.verify import by_stick, fold, gone, held
from darasa.sync.verify.disk import Place
from darasa.sync.verify.erasures import Record, leaves_of, links_of
from darasa.sync.verify.fold import EMPTY, NOBODY, Folded
from darasa.sync.verify.machine import UNKNOWN_KIND
from darasa.sync.verify.meeting import Meeting
from darasa.sync.verify.removals import is_refused
from darasa.sync.verify.sticks import Way

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

Told = tuple[Place, bytes, int]
"""An event as a learner's state knows it: where, its canonical bytes, when it happened."""

_PASSES_MAX: Final = 16  # each clock that is measured twice as well is one more thing to tell
_SHOWN: Final = 3
_REPLAYED: Final = 3


class Findings:
    """What a check found, counted as `verify-sync` prints it."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.lost = 0
        self.duplicated = 0
        self.divergent = 0

    def missing(self, machine: "Machine", places: Iterable[Place]) -> None:
        """Events that survive on a disk and are not where they belong."""
        lacking = sorted(places)
        self.lost += len(lacking)
        if lacking:
            self.world.problem(f"{machine} lacks {len(lacking)}: {_shown(lacking)}")

    def double(self, machine: "Machine", what: str, count: int) -> None:
        """Something is there, or was told, more than once."""
        if count:
            self.duplicated += count
            self.world.problem(f"{machine}: {count} {what} more than once")

    def differs(self, machine: "Machine", what: str) -> None:
        """Two that should be equal are not."""
        self.divergent += 1
        self.world.problem(f"{machine}: {what}")


def _shown(places: list[Place]) -> str:
    return ", ".join(f"{log.hex()}/{seq}" for log, seq, _ in places[:_SHOWN])


def survivors(world: "World") -> dict[str, set[Place]]:
    """What each server must hold once all is healed: a school what any disk holds of it now, its
    computers', its own or the hub's; and the hub what any school must hold.
    """
    for server in (world.hub, *world.schools):
        if server.is_salvaged:
            gone.note_joined(server)
    due = {school.name: set(school.disk.holds) for school in world.schools}
    for computer in world.computers:
        if not is_refused(world, computer):
            due[world.server_of(computer).name] |= computer.disk.holds
    for place in world.hub.disk.holds:
        due.get(world.school_of_log[place[0]], set()).add(place)
    due[world.hub.name] = world.hub.disk.holds.union(*due.values())
    return due


def heal(world: "World") -> None:
    """Everyone exchanges until nothing is left to say.

    A node is quiet when an exchange moved nothing, until its server hears of something new.
    """
    waiting = world.computers
    for _ in range(_PASSES_MAX):
        restless: set[str] = set()
        for machine in (*waiting, *world.schools):  # a school may write when it is asked
            if is_refused(world, machine):
                world.exchange(machine)
                continue
            before = _heard(world, machine)
            report = held.exchange_let_go(world, machine)
            if report is None or not report.ok:
                return  # the world has noted why
            if report.events_out:
                restless.add(world.server_of(machine).name)
            if report.events_out or report.events_in or report.records_in:
                restless.add(machine.name)
            if _heard(world, machine) != before:  # lists are fed to those who know the same
                restless |= {machine.name, world.server_of(machine).name}
            if world.server_of(machine).store.read(is_unheard):
                restless.add(machine.name)  # its server feeds nobody before the hub has told
            if world.removes and is_child(machine.home.certificate):
                restless.add(machine.name)  # its school is still to confirm it
        waiting = [
            each for each in world.computers if restless & {each.name, world.server_of(each).name}
        ]
        if not restless:
            return
    world.problem(f"after {_PASSES_MAX} times around there is still something to send")


def _heard(world: "World", machine: "Machine") -> list[frozenset[Record]]:
    """Whom a machine and its server know to be erased."""
    both = (machine, world.server_of(machine)) if world.erases else ()
    return [world.erasures.known(each) for each in both]


def check(
    world: "World", due: Mapping[str, set[Place]], heard: frozenset[Record] = frozenset()
) -> Findings:
    """Compare all stores with the oracle and with each other; `heard`: who is erased."""
    findings = Findings(world)
    for server in (*world.schools, world.hub):
        _check_server(findings, server, due[server.name])
    for school in world.schools:
        _check_pair(findings, school)
    for computer in world.computers:
        if is_refused(world, computer):
            _check_refused(findings, computer)
        else:
            _check_computer(findings, computer)
    _check_promises(findings)
    if world.erases:
        world.erasures.check(findings, heard)
    _check_replays(findings)
    if world.erases:
        world.erasures.check_stores(findings)
    return findings


def _leaves(server: "Machine", school_id: bytes | None = None) -> set[Place]:
    return leaves_of(server, school_id) if server.world.erases else set()


def _place(event: StoredEvent) -> Place:
    return (event.log_id, event.seq, event.chain)


def _check_server(findings: Findings, server: "Machine", due: set[Place]) -> None:
    """Every survivor is there once, as it was written, and nothing else (I4, I9, I10)."""
    world = findings.world
    found = server.store.events_after(0)
    held = {_place(each): each.canonical for each in found}
    findings.double(server, "events are held", len(found) - len(held))
    findings.missing(server, due - held.keys() - _leaves(server))
    for place, canonical in held.items():
        if world.written.get(place) != canonical:
            findings.differs(server, f"holds {_shown([place])}, which nobody wrote so")
    believed = set().union(*(each.ever for each in world.schools))
    relayed = {_place(each) for each in found if each.author != server.home.node_id}
    if server is world.hub and not relayed <= believed:
        findings.differs(server, "was told what its school did not believe")
    if server is world.hub and any(each.event.kind == UNKNOWN_KIND for each in found):
        world.mark("unknown kind kept")
    forked = server.store.read(reads.forked_logs)
    if forked and not world.may_fork:
        findings.differs(server, "holds a log with two tips, and no running machine was copied")
    if forked:
        world.mark("fork kept at the hub" if server is world.hub else "fork kept")
    _check_health(findings, server)
    _check_folds(findings, server)


def _check_health(findings: Findings, machine: "Machine") -> None:
    """Chains and sums recomputed are those stored (I1, I2)."""
    with machine.store.reading() as connection:
        for damage in audit.audit(connection):
            findings.differs(machine, f"log {damage.log_id.hex()}/{damage.seq}: {damage.what}")


def _check_folds(findings: Findings, machine: "Machine") -> None:
    """What was folded event by event is what folding all of them anew gives (I6, I7)."""
    with machine.store.reading() as connection:
        kept = fold.folded(connection)
        for learner in dict.fromkeys([*kept, *reads.learners(connection)]):
            if learner != NOBODY:
                anew = fold.recomputed(connection, learner)
                _compare(findings, machine, kept.get(learner, EMPTY), anew)
        if machine.role is not Role.COMPUTER:
            nobodys = fold.recomputed_nobodys(connection)
            _compare(findings, machine, kept.get(NOBODY, EMPTY), nobodys)


def _compare(findings: Findings, machine: "Machine", kept: Folded, anew: Folded) -> None:
    if kept.told > anew.told:
        findings.double(machine, "events were told", kept.told - anew.told)
    elif kept.told < anew.told:
        findings.differs(machine, f"{anew.told - kept.told} events were never told")
    elif kept.total != anew.total:
        findings.differs(machine, "was told of other events than it holds")
    elif not kept.is_stale and kept.digest != anew.digest:
        findings.differs(machine, "a learner's state is not the fold of her events")


def _check_pair(findings: Findings, school: "Machine") -> None:
    """Equal sets have equal digests, and give every learner an equal state (I7)."""
    hub = findings.world.hub
    school_id = school.home.school_id
    here = {_place(each) for each in school.store.events_after(0)}
    there = {_place(each) for each in hub.store.events_after(0, school_id=school_id)}
    here |= _leaves(school)
    there |= _leaves(hub, school_id)
    if here != there:
        findings.differs(school, f"holds other events than the hub has of it: {len(here ^ there)}")
    digests = school.store.frontier_digest(), hub.store.frontier_digest(school_id)
    if (digests[0] == digests[1]) != (here == there):
        findings.differs(school, "the digest of its frontier says otherwise than its events")
    with school.store.reading() as mine, hub.store.reading() as theirs:
        records = feed.records(mine, b"h")
        if not _feeds_nothing(theirs) and records != feed.published(theirs, b"h"):
            findings.differs(school, "the hub's records are not those of the hub")


def _check_refused(findings: Findings, computer: "Machine") -> None:
    """What a removed computer wrote is not lost: it is all still there."""
    held = {(log.log_id, link.seq, link.chain) for log, link in links_of(computer)}
    findings.missing(computer, computer.disk.holds - held)
    _check_health(findings, computer)
    _check_folds(findings, computer)


def _check_computer(findings: Findings, computer: "Machine") -> None:
    """Its records and its learners' events are those of its school; nothing waits (section 7)."""
    school = findings.world.server_of(computer)
    unfed = gone.unfed(school)
    with computer.store.reading() as here, school.store.reading() as there:
        is_new = _feeds_nothing(there)
        for scope in fold.wanted(here):
            if scope.startswith(b"l"):
                hers, theirs = _hers(here, scope), _hers(there, scope)
                aside = gone.apart(here) - {place for place, *_ in theirs}
                aside |= unfed - {place for place, *_ in hers}
                if _without(aside, hers) != _without(aside, theirs):
                    findings.differs(
                        computer, f"has other events of {scope[1:5].hex()}… than its school"
                    )
            elif not is_new and feed.records(here, scope) != feed.published(there, scope):
                findings.differs(computer, f"has other records of {scope!r} than its school")
    held = {(each.log_id, each.seq, each.chain) for each in computer.store.events_after(0)}
    apart = computer.store.read(gone.unproved) - held
    unsent = computer.store.unsent(school.home.node_id).total
    if unsent != len(apart):
        findings.differs(computer, f"thinks that {unsent} events were not sent")
    _check_health(findings, computer)
    _check_folds(findings, computer)


def _feeds_nothing(authority: sqlite3.Connection) -> bool:
    """Whether it has no cursor to give yet: it is new, or was set back to when it was."""
    return reads.position(authority).ordinal == 0


def _hers(connection: sqlite3.Connection, scope: bytes) -> list[Told]:
    return [
        (_place(each), each.canonical, each.happened_ms)
        for each in reads.events_of(connection, scope[1:])
    ]


def _without(aside: set[Place], told: list[Told]) -> list[Told]:
    return [each for each in told if each[0] not in aside]


def _check_promises(findings: Findings) -> None:
    """A receipted event is at the issuer if the issuer knows the mark (I5)."""
    from darasa.sync import contacts

    world = findings.world
    for server in (*world.schools, world.hub):
        held = {_place(each) for each in server.store.events_after(0)} | _leaves(server)
        with server.store.reading() as connection:
            for each in world.observer.promises:
                if each.server is not server or not contacts.knows_mark(
                    connection, each.school_id, each.asker, each.mark
                ):
                    continue
                for tip in each.tips:
                    place = world.place_of(tip)
                    broken = (
                        [] if place is None else [p for p in world.up_to(place) if p not in held]
                    )
                    findings.missing(server, broken)


def _check_replays(findings: Findings) -> None:
    """Delivering bodies again changes nothing (I3), once what no disk had any more has come in.

    A body may need what another one brings, so that takes as many times around as there are bodies.
    """
    world = findings.world
    for server in (*world.schools, world.hub):
        carrier = Meeting(world, server, server, limits=world.limits, random=Random(0))
        old = world.observer.old_bodies(server)
        bodies = [*world.observer.late_bodies(server), *old[-_REPLAYED:]]
        sticks = by_stick.old_sticks(world, server)
        for _ in range(len(bodies) + len(sticks) + 1):
            before = _told(server)
            for body in bodies:
                carrier.delivered(body)
            for bundle in sticks:
                world.pockets.taken(server, bundle, Way())
            if _told(server) == before:
                break
        else:
            findings.differs(server, "old bodies change something each time they come")
        _check_folds(findings, server)


def _told(server: "Machine") -> tuple[bytes, int, dict[bytes, Folded]]:
    with server.store.reading() as connection:
        return reads.digest(connection), reads.event_count(connection), fold.folded(connection)
