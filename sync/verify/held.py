"""Machines that a server holds back because they brought too much, and the oracle of that.

Nobody is frozen for little, who is frozen is told when to come again, and in the end all has come.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from darasa.sync.contacts import certificates_of
from darasa.sync.held_back import FROZEN, held_back
from darasa.sync.ids import NodeId, Role
from darasa.sync.quotas import Quota
from darasa.sync.transport.exchange import ExchangeReport

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.meeting import Meeting
    from darasa.sync.verify.world import World

_NODE_DAYS: Final = 3
_SCHOOL_DAYS: Final = 4
_RELEASES_MAX: Final = 40


def quotas_of(log_day: int) -> dict[Role, Quota]:
    """What servers of a district take, from the number for one day of a log; 0 is no limit."""
    if not log_day:
        return {}
    return {
        Role.COMPUTER: Quota(log_day, _NODE_DAYS * log_day),
        Role.SCHOOL: Quota(None, _SCHOOL_DAYS * log_day),
    }


def line_of(server: "Machine", machine: "Machine") -> tuple[NodeId, ...]:
    """For whom a server may hold a machine back: itself, and, of a copy that the server has not
    confirmed, or was set back to before it did, all that it came from (PROTOCOL.md section 14). An
    exchange may confirm it.
    """
    home = machine.home
    given = server.store.read(certificates_of, home.node_id)
    is_known = any(each.issuer == server.home.node_id for each in given)
    return (home.node_id,) if is_known else tuple(home.own_ids)


def is_frozen(server: "Machine", line: Iterable[NodeId]) -> bool:
    """Whether a server holds any of these back."""
    return not server.store.read(held_back, FROZEN).keys().isdisjoint(line)


def let_go(world: "World", server: "Machine") -> None:
    """A person has looked, and releases all that are held back."""
    for node_id in server.store.read(held_back, FROZEN):
        with server.store.transaction() as tx:
            tx.release_node(node_id)
        world.mark("node let go")


def exchange_let_go(world: "World", asker: "Machine") -> ExchangeReport | None:
    """An exchange, and again after each time that the server holds the asker back."""
    for _ in range(_RELEASES_MAX):
        server = world.server_of(asker)
        line = line_of(server, asker)
        report = world.exchange(asker)
        if report is None or report.ok or not is_frozen(server, line):
            return report
        let_go(world, server)
    return report


def check_frozen(
    world: "World", meeting: "Meeting", report: ExchangeReport, *, is_clean: bool
) -> None:
    """Who is held back is told when to come again, and has written more than a day may have."""
    world.mark("node frozen")
    asker = meeting.asker
    if is_clean and (report.ok or not report.retry_after_s):
        world.problem(f"{asker} was frozen, and was not told so")
    twins = world.twins_of(asker) or [asker]
    wrote = set().union(*(each.ever | each.disk.holds for each in twins))
    if len(wrote) <= world.shape.quota:
        world.problem(f"{asker} was frozen for {len(wrote)} events")
