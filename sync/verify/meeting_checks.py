"""What must hold of one exchange: it ends, is bounded, and goes well when nothing goes wrong."""

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

from darasa.sync import reads
from darasa.sync.transport.exchange import ExchangeReport
from darasa.sync.verify.disk import Place
from darasa.sync.verify.held import check_frozen
from darasa.sync.verify.releases import speaks
from darasa.sync.verify.removals import removed_at

if TYPE_CHECKING:
    from darasa.sync.verify.meeting import Meeting
    from darasa.sync.verify.world import World

ROUNDS_MAX: Final = 3
"""What an exchange takes, but for forks, bodies that are full, and what a fault makes dearer."""

_BYTES_MAX: Final = 8 << 20


def check_refused(
    world: "World", meeting: "Meeting", report: ExchangeReport, came: AbstractSet[Place]
) -> None:
    """A computer that was removed, or that came from one, is not served."""
    asker, server = meeting.asker, meeting.server
    if report.ok or came or report.events_in or report.records_in:
        world.problem(f"{server} served {asker}, which was removed")
    is_copy = asker.home.node_id not in removed_at(server)
    world.mark("child of a removed computer refused" if is_copy else "removed computer refused")


def check_session(
    world: "World", meeting: "Meeting", report: ExchangeReport, *, is_clean: bool
) -> None:
    """A session is bounded, whatever happens; a clean one goes well (sync.md I12, I13)."""
    asker = meeting.asker
    if report.bytes_out + report.bytes_in > _BYTES_MAX:
        world.problem(f"{asker}: a session of {report.bytes_out} bytes out")
    if meeting.was_frozen:
        check_frozen(world, meeting, report, is_clean=is_clean)
    elif meeting.is_to_wait:
        if is_clean and (report.ok or not report.retry_after_s):
            world.problem(f"{asker}: the server was busy, and that was not heard")
    elif not speaks(asker.release, meeting.server.release):
        world.mark("versions apart")
        if report.ok:
            world.problem(f"{asker}: no version in common, and all went well")
    elif is_clean:
        _check_clean(world, meeting, report)


def _check_clean(world: "World", meeting: "Meeting", report: ExchangeReport) -> None:
    """All went well, in few rounds."""
    asker = meeting.asker
    if not report.ok:
        world.problem(f"{asker}: a clean exchange failed: {report.error}")
    forks = len(asker.store.read(reads.forked_logs)) if report.rounds > ROUNDS_MAX else 0
    full = 3 * (report.bytes_out + report.bytes_in) // meeting.limits.body
    allowed = ROUNDS_MAX + meeting.more_rounds + forks + full
    if report.rounds > allowed:
        world.problem(f"{asker}: {report.rounds} rounds, {allowed} expected")
